/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where credentials come from. A chain of providers answers with an immutable snapshot; one that must ask (a file, a
 * network, a program) is run on the control thread, once for all who wait. */

#include "auth/auth-profile.h"
#include "base/base-settings.h"

typedef struct
{
  gatomicrefcount refs;
  char *access_key_id;
  char *secret_access_key;
  char *session_token; /* nullable */
  gint64 expires;      /* wall clock, microseconds; S3D_TIME_UNKNOWN: never */
  const char *source;  /* static: "the environment", "the profile", for errors and -vv */
} S3dCredentials;

S3dCredentials *s3d_credentials_new (const char *access_key_id, const char *secret_access_key,
                                     const char *session_token, const char *source);
void s3d_credentials_unref (S3dCredentials *credentials);
S3dCredentials *s3d_credentials_ref (S3dCredentials *credentials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dCredentials, s3d_credentials_unref)

typedef enum
{
  S3D_CREDENTIALS_READY,
  S3D_CREDENTIALS_ANONYMOUS, /* asked for: do not sign */
  S3D_CREDENTIALS_WAIT,      /* the waiter will be called */
  S3D_CREDENTIALS_FAILED
} S3dCredentialsState;

/* One place to look at. */
typedef struct
{
  /* NULL without @error: there are none here, and @tried was told what was looked at. NULL with @error: there should
   * have been. Never two at once. */
  S3dCredentials *(*fetch) (gpointer data, GString *tried, GError **error);
  gpointer data;
  GDestroyNotify free;
  gboolean blocks; /* only fetched on the control thread */
} S3dCredentialProvider;

typedef struct _S3dCredentialChain S3dCredentialChain;
typedef void (*S3dCredentialsWaiter) (gpointer data);

/* Takes what the providers hold; those that do not block are asked here. */
S3dCredentialChain *s3d_credential_chain_new (const S3dCredentialProvider *providers, guint n_providers);
/* AWS: explicit, environment, shared config and credentials files with profiles; anonymous on request. */
S3dCredentialChain *s3d_credential_chain_new_aws (S3dSettings *settings, const S3dProfile *profile);
S3dCredentialChain *s3d_credential_chain_ref (S3dCredentialChain *chain);
void s3d_credential_chain_unref (S3dCredentialChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dCredentialChain, s3d_credential_chain_unref)

/* Never blocks. WAIT: @waiter is called later, once, on any thread; without one, ask again with one. */
S3dCredentialsState s3d_credential_chain_get (S3dCredentialChain *chain, S3dCredentials **credentials,
                                              S3dCredentialsWaiter waiter, gpointer data, GError **error);
/* The service rejected @stale as expired: the next get fetches anew, once for all that hold it. */
void s3d_credential_chain_invalidate (S3dCredentialChain *chain, S3dCredentials *stale);

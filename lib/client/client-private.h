/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of S3dlioClient, shared by the files that implement its operations. An operation is planned as a
 * sequence of the engine, then run: for a blocking caller, or for a GTask. */

#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-options.h>

#include "base/base-budget.h"
#include "base/base-settings.h"
#include "engine/engine-sequence.h"

/* A name resolved: the store that has it and the parsed URI. */
typedef struct
{
  S3dStore *store;
  S3dlioUri *uri;
} S3dTarget;

#define S3D_TARGET_INIT { NULL, NULL }

void s3d_target_clear (S3dTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dTarget, s3d_target_clear)

typedef enum
{
  S3D_NAME_OBJECT,    /* must have a key */
  S3D_NAME_PREFIX,    /* must have a container, may have a key */
  S3D_NAME_CONTAINER, /* must have a container and no key */
  S3D_NAME_SERVICE    /* only the scheme and the endpoint matter */
} S3dNameKind;

/* FALSE with target->uri: the name is good, but its store cannot be opened. */
gboolean s3d_client_resolve (S3dlioClient *client, const char *text, S3dNameKind kind, S3dTarget *target,
                             GError **error);
/* Of all its stores, see s3d_store_add_open_uploads(). */
void s3d_client_add_open_uploads (S3dlioClient *client, GPtrArray *uploads);
S3dBudget *s3d_client_get_budget (S3dlioClient *client);
S3dSettings *s3d_client_get_settings (S3dlioClient *client);

/* INVALID for a path that is empty. */
gboolean s3d_client_check_path (const char *path, GError **error);

/* INVALID for an offset or a length that cannot be. */
gboolean s3d_client_check_range (gint64 offset, gint64 length, GError **error);
/* The ETag that what is read must have, borrowed; NULL: any, as "*" is where what is read must be there anyway. */
const char *s3d_client_source_match (S3dlioOptions *options);

/* Runs @sequence and waits. A NULL one is a plan that failed, with @error set, or without one where it
 * refused an argument by g_return_val_if_fail(). Errors are prefixed "WHAT URI: ". */
gboolean s3d_client_run (S3dSequence *sequence, const char *what, const char *uri, S3dlioOptions *options,
                         GCancellable *cancellable, GError **error);

/* Runs @sequence for a task of @source (the client, or a lister) with the source tag @tag; takes @sequence, or @error
 * where it is NULL. @what is static. */
void s3d_client_run_async (gpointer source, S3dSequence *sequence, GError *error, const char *what, const char *uri,
                           S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data, gpointer tag);
/* @sequence: set also when it failed, unless the plan failed (NULL then). (transfer none) */
gboolean s3d_client_run_finish (gpointer source, GAsyncResult *result, gpointer tag, S3dSequence **sequence,
                                GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The AWS providers: the settings, the environment, and the profile in the shared files.
 *
 * Order as https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html has it, with one refinement
 * that the AWS tools have too: a profile that was chosen by hand beats keys that lie in the environment. The
 * environment is read once, when the chain is made, so that no other thread reads it later; files are read again, on
 * the control thread, when the service calls their keys expired (some tools write fresh ones there). */

#include "config.h"

#include "auth/auth-credentials.h"
#include "base/base-env.h"
#include "base/base-error.h"

/* Settings that ask for providers which are not built here. */
static const char *const unsupported_settings[] = { "role_arn", "credential_process", "sso_session", "sso_start_url",
                                                    "web_identity_token_file" };

typedef struct
{
  char *access_key_id, *secret_access_key, *session_token;
  const char *key_name, *secret_name; /* what the places are called */
  const char *source;
  const char *skipped; /* why this place does not count; NULL: it does */
} Keys;

typedef struct
{
  S3dSettings *settings;
  S3dCredentials *first; /* what the profile had when the store was opened; NULL later */
  char *unsupported;
  char *description;
} Profile;

static void
keys_free (gpointer data)
{
  Keys *keys = data;

  g_free (keys->access_key_id);
  g_free (keys->secret_access_key);
  g_free (keys->session_token);
  g_free (keys);
}

static gboolean
half_a_pair (const char *key, const char *secret, const char *key_name, const char *secret_name, const char *where,
             GError **error)
{
  if ((key == NULL) == (secret == NULL))
    return FALSE;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS, "%s has %s, but no %s", where,
               key != NULL ? key_name : secret_name, key != NULL ? secret_name : key_name);
  return TRUE;
}

static S3dCredentials *
fetch_keys (gpointer data, GString *tried, GError **error)
{
  const Keys *keys = data;

  if (keys->skipped == NULL)
    {
      if (half_a_pair (keys->access_key_id, keys->secret_access_key, keys->key_name, keys->secret_name, keys->source,
                       error))
        return NULL;
      if (keys->access_key_id != NULL)
        return s3d_credentials_new (keys->access_key_id, keys->secret_access_key, keys->session_token, keys->source);
    }
  g_string_append_printf (tried, "%s (%s, %s%s%s)", keys->source, keys->key_name, keys->secret_name,
                          keys->skipped != NULL ? "; " : "", keys->skipped != NULL ? keys->skipped : "");
  return NULL;
}

static void
profile_free (gpointer data)
{
  Profile *profile = data;

  g_clear_pointer (&profile->settings, s3d_settings_unref);
  g_clear_pointer (&profile->first, s3d_credentials_unref);
  g_free (profile->unsupported);
  g_free (profile->description);
  g_free (profile);
}

static S3dCredentials *
profile_keys (const S3dProfile *profile, GError **error)
{
  const char *key = s3d_profile_get (profile, "aws_access_key_id");
  const char *secret = s3d_profile_get (profile, "aws_secret_access_key");

  if (half_a_pair (key, secret, "aws_access_key_id", "aws_secret_access_key", s3d_profile_describe (profile), error))
    return NULL;
  if (key == NULL)
    return NULL;
  return s3d_credentials_new (key, secret, s3d_profile_get (profile, "aws_session_token"), "the profile");
}

static S3dCredentials *
fetch_profile (gpointer data, GString *tried, GError **error)
{
  Profile *self = data;

  if (self->first != NULL)
    return g_steal_pointer (&self->first);

  g_autoptr (S3dProfile) profile = s3d_profile_load (self->settings, error);
  if (profile == NULL)
    return NULL;
  g_autoptr (GError) local = NULL;
  S3dCredentials *credentials = profile_keys (profile, &local);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else if (credentials == NULL)
    {
      g_string_append (tried, self->description);
      if (self->unsupported != NULL)
        g_string_append_printf (tried, " (it uses %s, which is not supported)", self->unsupported);
    }
  return credentials;
}

static S3dCredentialProvider
explicit_provider (const S3dSettings *settings)
{
  Keys *keys = g_new0 (Keys, 1);

  keys->access_key_id = g_strdup (settings->access_key_id);
  keys->secret_access_key = g_strdup (settings->secret_access_key);
  keys->session_token = g_strdup (settings->session_token);
  keys->key_name = "access-key-id";
  keys->secret_name = "secret-access-key";
  keys->source = "the configuration";
  return (S3dCredentialProvider){ .fetch = fetch_keys, .data = keys, .free = keys_free };
}

static S3dCredentialProvider
environment_provider (const S3dSettings *settings)
{
  Keys *keys = g_new0 (Keys, 1);
  g_autofree char *profile = s3d_env_get ("AWS_PROFILE");

  keys->access_key_id = s3d_env_get ("AWS_ACCESS_KEY_ID");
  keys->secret_access_key = s3d_env_get ("AWS_SECRET_ACCESS_KEY");
  keys->session_token = s3d_env_get ("AWS_SESSION_TOKEN");
  keys->key_name = "AWS_ACCESS_KEY_ID";
  keys->secret_name = "AWS_SECRET_ACCESS_KEY";
  keys->source = "the environment";
  if (settings->profile != NULL && g_strcmp0 (settings->profile, profile) != 0)
    keys->skipped = "passed over for the profile that was asked for";
  return (S3dCredentialProvider){ .fetch = fetch_keys, .data = keys, .free = keys_free };
}

static S3dCredentialProvider
profile_provider (S3dSettings *settings, const S3dProfile *profile)
{
  Profile *self = g_new0 (Profile, 1);

  self->settings = s3d_settings_ref (settings);
  self->first = profile_keys (profile, NULL);
  self->description = g_strdup (s3d_profile_describe (profile));
  for (guint i = 0; i < G_N_ELEMENTS (unsupported_settings) && self->unsupported == NULL; i++)
    {
      if (s3d_profile_get (profile, unsupported_settings[i]) != NULL)
        self->unsupported = g_strdup (unsupported_settings[i]);
    }
  return (S3dCredentialProvider){ .fetch = fetch_profile, .data = self, .free = profile_free };
}

S3dCredentialChain *
s3d_credential_chain_new_aws (S3dSettings *settings, const S3dProfile *profile)
{
  if (settings->no_sign_request)
    return s3d_credential_chain_new (NULL, 0);
  const S3dCredentialProvider providers[] = { explicit_provider (settings), environment_provider (settings),
                                              profile_provider (settings, profile) };
  return s3d_credential_chain_new (providers, G_N_ELEMENTS (providers));
}

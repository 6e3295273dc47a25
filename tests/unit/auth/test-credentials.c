/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain: order of providers, what is said when there are none, and fetching in the background. */

#include "config.h"

#include "auth/auth-credentials.h"
#include "base/base-error.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE (30 * G_USEC_PER_SEC)
#define HOUR (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* ---- AWS ---- */

typedef struct
{
  char *dir, *credentials;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("s3dlio-credentials-XXXXXX", NULL);
  fixture->credentials = g_build_filename (fixture->dir, "credentials", NULL);
  g_autofree char *config = g_build_filename (fixture->dir, "config", NULL);
  g_setenv ("AWS_CONFIG_FILE", config, TRUE);
  g_setenv ("AWS_SHARED_CREDENTIALS_FILE", fixture->credentials, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unsetenv ("AWS_ACCESS_KEY_ID");
  g_unsetenv ("AWS_SECRET_ACCESS_KEY");
  g_unsetenv ("AWS_SESSION_TOKEN");
  g_unsetenv ("AWS_PROFILE");
  g_unlink (fixture->credentials);
  g_rmdir (fixture->dir);
  g_free (fixture->credentials);
  g_free (fixture->dir);
}

static void
write_credentials (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_file_set_contents (fixture->credentials, text, -1, &error);
  g_assert_no_error (error);
}

static S3dCredentialChain *
open_chain (S3dSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_atomic_ref_count_init (&settings->refs);
  g_atomic_ref_count_inc (&settings->refs); /* it lives on the stack */
  g_autoptr (S3dProfile) profile = s3d_profile_load (settings, &error);
  g_assert_no_error (error);
  return s3d_credential_chain_new_aws (settings, profile);
}

static void
assert_key (S3dSettings *settings, const char *key, const char *token)
{
  g_autoptr (S3dCredentialChain) chain = open_chain (settings);
  g_autoptr (S3dCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  S3dCredentialsState state = s3d_credential_chain_get (chain, &credentials, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (state, ==, S3D_CREDENTIALS_READY);
  g_assert_cmpstr (credentials->access_key_id, ==, key);
  g_assert_cmpstr (credentials->session_token, ==, token);
}

static void
assert_failed (S3dSettings *settings, const char *const *words)
{
  g_autoptr (S3dCredentialChain) chain = open_chain (settings);
  g_autoptr (S3dCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, NULL, NULL, &error), ==, S3D_CREDENTIALS_FAILED);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS);
  for (; *words != NULL; words++)
    g_assert_nonnull (strstr (error->message, *words));
  g_assert_null (strstr (error->message, "HUSH"));
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  S3dSettings explicit = { .access_key_id = (char *) "EXPLICIT", .secret_access_key = (char *) "s" };
  S3dSettings plain = { 0 };
  write_credentials (fixture, "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n"
                              "aws_session_token = T\n");
  assert_key (&plain, "FILE", "T");
  g_setenv ("AWS_ACCESS_KEY_ID", "ENVIRONMENT", TRUE);
  g_setenv ("AWS_SECRET_ACCESS_KEY", "s", TRUE);
  assert_key (&plain, "ENVIRONMENT", NULL);
  g_setenv ("AWS_SESSION_TOKEN", "ET", TRUE);
  assert_key (&plain, "ENVIRONMENT", "ET");
  assert_key (&explicit, "EXPLICIT", NULL);
}

static void
test_chosen_profile (Fixture *fixture, gconstpointer data)
{
  S3dSettings settings = { .profile = (char *) "work" };
  write_credentials (fixture, "[work]\naws_access_key_id = WORK\naws_secret_access_key = s\n");
  g_setenv ("AWS_ACCESS_KEY_ID", "ENVIRONMENT", TRUE);
  g_setenv ("AWS_SECRET_ACCESS_KEY", "s", TRUE);
  assert_key (&settings, "WORK", NULL);
  g_setenv ("AWS_PROFILE", "work", TRUE); /* then both are of the environment */
  assert_key (&settings, "ENVIRONMENT", NULL);
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  const char *const words[] = { "AWS_ACCESS_KEY_ID", "access-key-id", fixture->credentials, "no such file",
                                "--no-sign-request", NULL };
  S3dSettings settings = { 0 };
  assert_failed (&settings, words);
}

static void
test_half (Fixture *fixture, gconstpointer data)
{
  const char *const in_environment[] = { "AWS_SECRET_ACCESS_KEY", "no AWS_ACCESS_KEY_ID", NULL };
  const char *const in_file[] = { "aws_access_key_id", "no aws_secret_access_key", fixture->credentials, NULL };
  S3dSettings settings = { 0 };
  write_credentials (fixture, "[default]\naws_access_key_id = A\n");
  assert_failed (&settings, in_file);
  g_setenv ("AWS_SECRET_ACCESS_KEY", "HUSH", TRUE);
  assert_failed (&settings, in_environment);
}

static void
test_unsupported (Fixture *fixture, gconstpointer data)
{
  const char *const words[] = { "credential_process", "not supported", NULL };
  S3dSettings settings = { 0 };
  write_credentials (fixture, "[default]\ncredential_process = cat HUSH\n");
  assert_failed (&settings, words);
}

static void
test_anonymous (Fixture *fixture, gconstpointer data)
{
  S3dSettings settings = { .no_sign_request = TRUE };
  g_setenv ("AWS_ACCESS_KEY_ID", "ENVIRONMENT", TRUE);
  g_autoptr (S3dCredentialChain) chain = open_chain (&settings);
  g_autoptr (S3dCredentials) credentials = NULL;
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, NULL, NULL, NULL), ==, S3D_CREDENTIALS_ANONYMOUS);
  g_assert_null (credentials);
}

/* ---- Waiting ----
 *
 * What the control thread uses is static: it lets go of a chain only after it has called the waiters. */

typedef struct
{
  GMutex lock;
  GCond changed;
  guint fetches, woken;
  gboolean open; /* the provider may answer */
  gboolean fail;
  gint64 lifetime; /* of what it gives; 0: for ever */
} Gate;

static S3dCredentials *
fetch_at_gate (gpointer data, GString *tried, GError **error)
{
  Gate *gate = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate->lock);
  gate->fetches++;
  g_cond_broadcast (&gate->changed);
  while (!gate->open)
    g_cond_wait (&gate->changed, &gate->lock);
  if (gate->fail)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS, "the gate is shut");
      return NULL;
    }
  g_autofree char *key = g_strdup_printf ("KEY%u", gate->fetches);
  S3dCredentials *credentials = s3d_credentials_new (key, "s", NULL, "the gate");
  if (gate->lifetime != 0)
    credentials->expires = g_get_real_time () + gate->lifetime;
  return credentials;
}

static void
count_wake (gpointer data)
{
  Gate *gate = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate->lock);
  gate->woken++;
  g_cond_broadcast (&gate->changed);
}

static void
wait_for (Gate *gate, const guint *count, guint n)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate->lock);
  while (*count < n)
    g_assert_true (g_cond_wait_until (&gate->changed, &gate->lock, deadline));
}

static void
open_gate (Gate *gate)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gate->lock);
  gate->open = TRUE;
  g_cond_broadcast (&gate->changed);
}

static S3dCredentialChain *
gate_chain (Gate *gate)
{
  const S3dCredentialProvider provider = { .fetch = fetch_at_gate, .data = gate, .blocks = TRUE };
  return s3d_credential_chain_new (&provider, 1);
}

static void
assert_gate_key (S3dCredentialChain *chain, const char *key)
{
  g_autoptr (S3dCredentials) credentials = NULL;
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, NULL, NULL, NULL), ==, S3D_CREDENTIALS_READY);
  g_assert_cmpstr (credentials->access_key_id, ==, key);
}

static void
test_one_fetch_for_all (void)
{
  static Gate gate = { 0 };
  g_autoptr (S3dCredentials) credentials = NULL;
  g_autoptr (S3dCredentialChain) chain = gate_chain (&gate);
  g_assert_cmpuint (gate.fetches, ==, 0);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, count_wake, &gate, NULL), ==,
                     S3D_CREDENTIALS_WAIT);
  wait_for (&gate, &gate.fetches, 1);
  g_assert_cmpuint (gate.woken, ==, 0);
  open_gate (&gate);
  wait_for (&gate, &gate.woken, 10);
  assert_gate_key (chain, "KEY1");
  g_assert_cmpuint (gate.fetches, ==, 1);
}

static void
test_failure_is_told (void)
{
  static Gate gate = { .open = TRUE, .fail = TRUE };
  g_autoptr (S3dCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dCredentialChain) chain = gate_chain (&gate);
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, count_wake, &gate, NULL), ==, S3D_CREDENTIALS_WAIT);
  wait_for (&gate, &gate.woken, 1);
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, count_wake, &gate, &error), ==,
                   S3D_CREDENTIALS_FAILED);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS);
  g_assert_cmpuint (gate.fetches, ==, 1);
}

static void
test_invalidated_once (void)
{
  static Gate gate = { .open = TRUE };
  g_autoptr (S3dCredentials) stale = NULL;
  g_autoptr (S3dCredentials) none = NULL;
  g_autoptr (S3dCredentialChain) chain = gate_chain (&gate);
  s3d_credential_chain_get (chain, &none, count_wake, &gate, NULL);
  wait_for (&gate, &gate.woken, 1);
  g_assert_cmpint (s3d_credential_chain_get (chain, &stale, NULL, NULL, NULL), ==, S3D_CREDENTIALS_READY);

  s3d_credential_chain_invalidate (chain, stale);
  g_assert_cmpint (s3d_credential_chain_get (chain, &none, count_wake, &gate, NULL), ==, S3D_CREDENTIALS_WAIT);
  wait_for (&gate, &gate.woken, 2);
  assert_gate_key (chain, "KEY2");
  s3d_credential_chain_invalidate (chain, stale); /* somebody who still held the old ones */
  assert_gate_key (chain, "KEY2");
}

static void
test_refreshed_ahead (void)
{
  static Gate gate = { .open = TRUE, .lifetime = 60 * G_USEC_PER_SEC };
  g_autoptr (S3dCredentials) none = NULL;
  g_autoptr (S3dCredentialChain) chain = gate_chain (&gate);
  s3d_credential_chain_get (chain, &none, count_wake, &gate, NULL);
  wait_for (&gate, &gate.woken, 1);

  g_mutex_lock (&gate.lock);
  gate.open = FALSE;
  gate.lifetime = HOUR;
  g_mutex_unlock (&gate.lock);
  assert_gate_key (chain, "KEY1"); /* good for a minute, so nobody waits */
  wait_for (&gate, &gate.fetches, 2);
  assert_gate_key (chain, "KEY1");
  open_gate (&gate);
  for (gint64 deadline = g_get_monotonic_time () + PATIENCE;;)
    {
      g_autoptr (S3dCredentials) now = NULL;
      s3d_credential_chain_get (chain, &now, NULL, NULL, NULL);
      if (strcmp (now->access_key_id, "KEY2") == 0)
        break;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
}

static void
test_expired_is_not_used (void)
{
  static Gate gate = { .open = TRUE, .lifetime = G_USEC_PER_SEC };
  g_autoptr (S3dCredentials) credentials = NULL;
  g_autoptr (S3dCredentialChain) chain = gate_chain (&gate);
  s3d_credential_chain_get (chain, &credentials, count_wake, &gate, NULL);
  wait_for (&gate, &gate.woken, 1);
  g_assert_cmpint (s3d_credential_chain_get (chain, &credentials, count_wake, &gate, NULL), ==, S3D_CREDENTIALS_WAIT);
  wait_for (&gate, &gate.woken, 2);
}

static void
test_file_is_read_again (Fixture *fixture, gconstpointer data)
{
  static Gate gate = { 0 };
  static S3dSettings settings = { 0 };
  g_autoptr (S3dCredentials) old = NULL;
  g_autoptr (S3dCredentials) none = NULL;
  write_credentials (fixture, "[default]\naws_access_key_id = OLD\naws_secret_access_key = s\n");
  g_autoptr (S3dCredentialChain) chain = open_chain (&settings);
  g_assert_cmpint (s3d_credential_chain_get (chain, &old, NULL, NULL, NULL), ==, S3D_CREDENTIALS_READY);
  write_credentials (fixture, "[default]\naws_access_key_id = NEW\naws_secret_access_key = s\n");
  s3d_credential_chain_invalidate (chain, old);
  g_assert_cmpint (s3d_credential_chain_get (chain, &none, count_wake, &gate, NULL), ==, S3D_CREDENTIALS_WAIT);
  wait_for (&gate, &gate.woken, 1);
  assert_gate_key (chain, "NEW");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/auth/credentials/explicit-beats-environment-beats-file", test_order);
  ADD ("/auth/credentials/profile-chosen-by-hand-beats-environment", test_chosen_profile);
  ADD ("/auth/credentials/none-says-where-it-looked", test_none);
  ADD ("/auth/credentials/half-a-pair-is-an-error", test_half);
  ADD ("/auth/credentials/provider-not-built-is-named", test_unsupported);
  ADD ("/auth/credentials/anonymous-only-when-asked-for", test_anonymous);
  ADD ("/auth/credentials/expired-file-is-read-again", test_file_is_read_again);
  g_test_add_func ("/auth/credentials/one-fetch-for-all-who-wait", test_one_fetch_for_all);
  g_test_add_func ("/auth/credentials/failure-is-told-to-who-waits", test_failure_is_told);
  g_test_add_func ("/auth/credentials/invalidated-once-for-all-holders", test_invalidated_once);
  g_test_add_func ("/auth/credentials/refreshed-before-they-expire", test_refreshed_ahead);
  g_test_add_func ("/auth/credentials/expired-ones-are-not-used", test_expired_is_not_used);
  return g_test_run ();
}

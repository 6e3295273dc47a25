/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of credential providers: asked in order, the first that has some wins.
 *
 * A get never blocks. What is known is handed out; what is about to expire is fetched anew meanwhile; where nothing
 * is known the caller waits, and one fetch on the control thread serves all who do. Fetches never overlap.
 *
 * Thread-safe. Snapshots are immutable and ref-counted; waiters are called with no lock held. */

#include "config.h"

#include "auth/auth-credentials.h"

#include "base/base-error.h"
#include "base/base-pool.h"
#include "base/base-time.h"

/* Refreshed this long before they expire; used, if that fails, until shortly before. */
#define REFRESH_AHEAD (5 * 60 * G_USEC_PER_SEC)
#define EXPIRY_MARGIN (10 * G_USEC_PER_SEC)
/* A failed fetch is not repeated for this long. */
#define FAILURE_HOLDS (5 * G_USEC_PER_SEC)

typedef struct
{
  S3dCredentialsWaiter func;
  gpointer data;
} Waiter;

struct _S3dCredentialChain
{
  gatomicrefcount refs;
  gboolean anonymous;
  S3dCredentialProvider *providers;
  guint n_providers;

  GMutex lock;
  S3dCredentials *current;
  GError *error;     /* of the last fetch */
  gint64 error_time; /* monotonic */
  gboolean fetching;
  GArray *waiters;
  S3dPool *pool;
};

S3dCredentials *
s3d_credentials_new (const char *access_key_id, const char *secret_access_key, const char *session_token,
                     const char *source)
{
  S3dCredentials *credentials = g_new0 (S3dCredentials, 1);

  g_atomic_ref_count_init (&credentials->refs);
  credentials->access_key_id = g_strdup (access_key_id);
  credentials->secret_access_key = g_strdup (secret_access_key);
  credentials->session_token = g_strdup (session_token);
  credentials->expires = S3D_TIME_UNKNOWN;
  credentials->source = source;
  return credentials;
}

S3dCredentials *
s3d_credentials_ref (S3dCredentials *credentials)
{
  g_atomic_ref_count_inc (&credentials->refs);
  return credentials;
}

void
s3d_credentials_unref (S3dCredentials *credentials)
{
  if (credentials == NULL || !g_atomic_ref_count_dec (&credentials->refs))
    return;
  g_free (credentials->access_key_id);
  g_free (credentials->secret_access_key);
  g_free (credentials->session_token);
  g_free (credentials);
}

/* NULL without @error when one that blocks has its turn and @may_block is FALSE. */
static S3dCredentials *
ask_providers (S3dCredentialChain *chain, gboolean may_block, GError **error)
{
  g_autoptr (GString) tried = g_string_new (NULL);

  for (guint i = 0; i < chain->n_providers; i++)
    {
      const S3dCredentialProvider *provider = &chain->providers[i];
      g_autoptr (GError) local = NULL;

      if (provider->blocks && !may_block)
        return NULL;
      if (tried->len > 0)
        g_string_append (tried, ", ");
      S3dCredentials *credentials = provider->fetch (provider->data, tried, &local);
      if (credentials != NULL)
        return credentials;
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
    }
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS,
               "no credentials found: looked at %s; for public data use --no-sign-request",
               tried->str);
  return NULL;
}

static void
store_result (S3dCredentialChain *chain, S3dCredentials *credentials, GError *error)
{
  g_clear_error (&chain->error);
  chain->error = error;
  chain->error_time = g_get_monotonic_time ();
  if (credentials == NULL)
    return;
  g_clear_pointer (&chain->current, s3d_credentials_unref);
  chain->current = credentials;
}

S3dCredentialChain *
s3d_credential_chain_new (const S3dCredentialProvider *providers, guint n_providers)
{
  S3dCredentialChain *chain = g_new0 (S3dCredentialChain, 1);

  g_atomic_ref_count_init (&chain->refs);
  g_mutex_init (&chain->lock);
  chain->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  chain->providers = g_memdup2 (providers, n_providers * sizeof *providers);
  chain->n_providers = n_providers;
  chain->anonymous = n_providers == 0;
  if (!chain->anonymous)
    {
      GError *error = NULL;
      S3dCredentials *credentials = ask_providers (chain, FALSE, &error);

      store_result (chain, credentials, error);
    }
  return chain;
}

S3dCredentialChain *
s3d_credential_chain_ref (S3dCredentialChain *chain)
{
  g_atomic_ref_count_inc (&chain->refs);
  return chain;
}

void
s3d_credential_chain_unref (S3dCredentialChain *chain)
{
  if (chain == NULL || !g_atomic_ref_count_dec (&chain->refs))
    return;
  for (guint i = 0; i < chain->n_providers; i++)
    {
      if (chain->providers[i].free != NULL)
        chain->providers[i].free (chain->providers[i].data);
    }
  g_free (chain->providers);
  g_clear_pointer (&chain->current, s3d_credentials_unref);
  g_clear_error (&chain->error);
  g_array_unref (chain->waiters);
  g_clear_pointer (&chain->pool, s3d_pool_unref);
  g_mutex_clear (&chain->lock);
  g_free (chain);
}

/* On the control thread. */
static void
fetch (gpointer data)
{
  g_autoptr (S3dCredentialChain) chain = data;
  GError *error = NULL;
  S3dCredentials *credentials = ask_providers (chain, TRUE, &error);

  g_mutex_lock (&chain->lock);
  store_result (chain, credentials, error);
  chain->fetching = FALSE;
  g_autoptr (GArray) waiters = chain->waiters;
  chain->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  g_mutex_unlock (&chain->lock);

  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->func (waiter->data);
    }
}

/* Under the lock. */
static void
begin_fetch (S3dCredentialChain *chain)
{
  if (chain->fetching)
    return;
  chain->fetching = TRUE;
  if (chain->pool == NULL)
    chain->pool = s3d_pool_get (S3D_POOL_CONTROL);
  s3d_pool_push (chain->pool, fetch, s3d_credential_chain_ref (chain));
}

/* Under the lock: whether the last fetch failed, and asking again at once would be of no use. */
static gboolean
failed_lately (S3dCredentialChain *chain)
{
  return chain->error != NULL && g_get_monotonic_time () - chain->error_time < FAILURE_HOLDS;
}

/* Under the lock. */
static gboolean
current_is_good (S3dCredentialChain *chain)
{
  if (chain->current == NULL)
    return FALSE;
  if (chain->current->expires == S3D_TIME_UNKNOWN)
    return TRUE;
  gint64 left = chain->current->expires - g_get_real_time ();
  if (left < REFRESH_AHEAD && !failed_lately (chain))
    begin_fetch (chain);
  return left > EXPIRY_MARGIN;
}

S3dCredentialsState
s3d_credential_chain_get (S3dCredentialChain *chain, S3dCredentials **credentials, S3dCredentialsWaiter waiter,
                          gpointer data, GError **error)
{
  if (chain->anonymous)
    return S3D_CREDENTIALS_ANONYMOUS;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&chain->lock);
  if (current_is_good (chain))
    {
      *credentials = s3d_credentials_ref (chain->current);
      return S3D_CREDENTIALS_READY;
    }
  if (!chain->fetching && failed_lately (chain))
    {
      g_propagate_error (error, g_error_copy (chain->error));
      return S3D_CREDENTIALS_FAILED;
    }
  if (waiter != NULL)
    {
      Waiter entry = { .func = waiter, .data = data };

      g_array_append_val (chain->waiters, entry);
    }
  begin_fetch (chain);
  return S3D_CREDENTIALS_WAIT;
}

void
s3d_credential_chain_invalidate (S3dCredentialChain *chain, S3dCredentials *stale)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&chain->lock);

  if (chain->current != stale || stale == NULL)
    return;
  g_clear_pointer (&chain->current, s3d_credentials_unref);
  g_clear_error (&chain->error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* S3dlioClient: the public face. It holds the configuration's snapshot, the memory budget and the stores that have
 * been opened, one an endpoint; the operations stand in the s3dlio-client-*.c files. Any thread; a store, once
 * opened, lives as long as the client. */

#include "config.h"

#include "client/client-backends.h"
#include "client/client-private.h"
#include "engine/engine-call.h"
#include "s3dlio/s3dlio-error.h"

struct _S3dlioClient
{
  GObject parent_instance;

  S3dlioConfig *config;
  S3dSettings *settings;
  S3dBudget *budget;

  GMutex lock;
  GHashTable *stores; /* "scheme://authority" → S3dStore */
};

G_DEFINE_FINAL_TYPE (S3dlioClient, s3dlio_client, G_TYPE_OBJECT)

static void
s3dlio_client_finalize (GObject *object)
{
  S3dlioClient *self = S3DLIO_CLIENT (object);

  g_clear_pointer (&self->stores, g_hash_table_unref);
  g_clear_pointer (&self->budget, s3d_budget_unref);
  g_clear_pointer (&self->settings, s3d_settings_unref);
  g_clear_object (&self->config);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (s3dlio_client_parent_class)->finalize (object);
}

static void
s3dlio_client_class_init (S3dlioClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = s3dlio_client_finalize;
}

static void
s3dlio_client_init (S3dlioClient *self)
{
  g_mutex_init (&self->lock);
  self->stores = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) s3d_store_unref);
}

/**
 * s3dlio_client_new:
 * @config: (nullable): the settings, or %NULL for those of the environment and the defaults
 * @error: return location for an error
 *
 * Makes a client. The settings are read once, here: a later change of @config has no effect on it. No thread is started
 * and no connection made before the first operation.
 *
 * Returns: (transfer full): a new client, or %NULL with @error: %S3DLIO_ERROR_INVALID names the setting that is wrong;
 *   of a variable that only S3 reads the first operation on S3 says so
 *
 * Since: 0.9
 */
S3dlioClient *
s3dlio_client_new (S3dlioConfig *config, GError **error)
{
  g_autoptr (S3dlioConfig) own = config != NULL ? g_object_ref (config) : s3dlio_config_new ();
  g_autoptr (S3dSettings) settings = s3d_settings_new (own, error);
  S3dlioClient *self;

  if (settings == NULL)
    return NULL;

  self = g_object_new (S3DLIO_TYPE_CLIENT, NULL);
  self->budget = s3d_budget_new (settings->memory_budget);
  self->settings = g_steal_pointer (&settings);
  self->config = g_steal_pointer (&own);
  return self;
}

/**
 * s3dlio_supports_scheme:
 * @scheme: a scheme as [method@S3dlio.Uri.get_scheme] gives it
 *
 * Whether there is a backend for a scheme. Of those that a URI may have some have none in this version: operations on
 * them are %S3DLIO_ERROR_UNSUPPORTED.
 *
 * Returns: %TRUE if objects of that scheme can be read and written
 *
 * Since: 0.9
 */
gboolean
s3dlio_supports_scheme (const char *scheme)
{
  g_return_val_if_fail (scheme != NULL, FALSE);

  return s3d_backend_for_scheme (scheme) != NULL;
}

/**
 * s3dlio_client_get_config:
 * @client: a client
 *
 * The settings that a client was made with.
 *
 * Returns: (transfer none): the configuration that @client was made from
 *
 * Since: 0.9
 */
S3dlioConfig *
s3dlio_client_get_config (S3dlioClient *client)
{
  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);

  return client->config;
}

S3dBudget *
s3d_client_get_budget (S3dlioClient *client)
{
  return client->budget;
}

S3dSettings *
s3d_client_get_settings (S3dlioClient *client)
{
  return client->settings;
}

void
s3d_target_clear (S3dTarget *target)
{
  g_clear_pointer (&target->store, s3d_store_unref);
  g_clear_pointer (&target->uri, s3dlio_uri_unref);
}

static gboolean
check_name (S3dlioUri *uri, const char *text, S3dNameKind kind, GError **error)
{
  const char *complaint = NULL;

  if (kind != S3D_NAME_SERVICE && uri->container == NULL)
    complaint = "it names no container";
  else if (kind == S3D_NAME_OBJECT && *uri->key == '\0')
    complaint = "it names a container, not an object: the key is missing";
  else if (kind == S3D_NAME_CONTAINER && *uri->key != '\0')
    complaint = "it names an object, not a container";

  if (complaint == NULL)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s: %s", text, complaint);
  return FALSE;
}

static S3dStore *
open_store (S3dlioClient *client, S3dlioUri *uri, GError **error)
{
  g_autofree char *endpoint = g_strconcat (uri->scheme, "://", uri->authority, NULL);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&client->lock);
  S3dStore *store = g_hash_table_lookup (client->stores, endpoint);
  const S3dBackend *backend;

  if (store != NULL)
    return s3d_store_ref (store);

  backend = s3d_backend_for_scheme (uri->scheme);
  if (backend == NULL)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "this version has no backend for %s://", uri->scheme);
      return NULL;
    }

  store = backend->open (uri, client->settings, error);
  if (store == NULL)
    return NULL;

  g_hash_table_insert (client->stores, g_steal_pointer (&endpoint), store);
  return s3d_store_ref (store);
}

void
s3d_client_add_open_uploads (S3dlioClient *client, GPtrArray *uploads)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&client->lock);
  GHashTableIter iter;
  gpointer store;

  g_hash_table_iter_init (&iter, client->stores);
  while (g_hash_table_iter_next (&iter, NULL, &store))
    s3d_store_add_open_uploads (store, uploads);
}

gboolean
s3d_client_resolve (S3dlioClient *client, const char *text, S3dNameKind kind, S3dTarget *target, GError **error)
{
  g_autoptr (S3dlioUri) uri = NULL;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  uri = s3dlio_uri_parse (text, error);
  if (uri == NULL || !check_name (uri, text, kind, error))
    return FALSE;

  target->uri = g_steal_pointer (&uri);
  target->store = open_store (client, target->uri, error);
  return target->store != NULL;
}

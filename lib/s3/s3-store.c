/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The S3 store: its table of operations, and opening one.
 *
 * Opening reads the AWS files once (region, endpoint, keys, trust); nothing is sent. Stores of one configuration share
 * its transport. Where a bucket's requests go is worked out once a bucket, and again when the service names its region.
 *
 * Thread-safe. The store owns all that it holds; ops keep it alive. */

#include "config.h"

#include "s3/s3-private.h"
#include "s3/s3.h"

#include <string.h>

#define MAX_PLACES 1024

static void
store_free (S3dStore *parent)
{
  S3dS3Store *store = (S3dS3Store *) parent;

  g_clear_pointer (&store->endpoint, s3d_s3_endpoint_free);
  g_clear_pointer (&store->chain, s3d_credential_chain_unref);
  g_clear_pointer (&store->signer, s3d_sigv4_free);
  g_clear_pointer (&store->places, g_hash_table_unref);
  g_clear_pointer (&store->http, s3d_http_unref);
  g_clear_pointer (&store->pool, s3d_pool_unref);
  g_mutex_clear (&store->lock);
  g_free (store);
}

static const S3dStoreClass s3_class = {
  .name = "s3",
  .start = {
    [S3D_OP_READ] = s3d_s3_start_read,
    [S3D_OP_STAT] = s3d_s3_start_stat,
    [S3D_OP_WRITE] = s3d_s3_start_write,
    [S3D_OP_DELETE] = s3d_s3_start_delete,
    [S3D_OP_DELETE_MANY] = s3d_s3_start_delete_many,
    [S3D_OP_LIST] = s3d_s3_start_list,
    [S3D_OP_COPY] = s3d_s3_start_copy,
    [S3D_OP_UPLOAD_BEGIN] = s3d_s3_start_upload_begin,
    [S3D_OP_UPLOAD_PART] = s3d_s3_start_upload_part,
    [S3D_OP_UPLOAD_PART_COPY] = s3d_s3_start_upload_part_copy,
    [S3D_OP_UPLOAD_COMPLETE] = s3d_s3_start_upload_complete,
    [S3D_OP_UPLOAD_ABORT] = s3d_s3_start_upload_abort,
    [S3D_OP_UPLOAD_LIST] = s3d_s3_start_upload_list,
    [S3D_OP_CONTAINER_CREATE] = s3d_s3_start_container_create,
    [S3D_OP_CONTAINER_DELETE] = s3d_s3_start_container_delete,
    [S3D_OP_CONTAINER_LIST] = s3d_s3_start_container_list,
  },
  .max_write = 5 * G_GUINT64_CONSTANT (1073741824),
  .max_copy = 5 * G_GUINT64_CONSTANT (1073741824),
  .min_part_size = 5 * 1048576,
  .max_part_size = 5 * G_GUINT64_CONSTANT (1073741824),
  .max_parts = 10000,
  .max_delete = 1000,
  .part_copy = s3d_s3_part_copy,
  .free = store_free,
};

S3dStore *
s3d_s3_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error)
{
  if (settings->s3_error != NULL)
    {
      g_propagate_error (error, g_error_copy (settings->s3_error));
      return NULL;
    }

  g_autoptr (S3dProfile) profile = s3d_profile_load (settings, error);
  if (profile == NULL)
    return NULL;
  g_autoptr (S3dSettings) own = s3d_settings_with_profile (settings, s3d_profile_get (profile, "max_attempts"),
                                                            s3d_profile_get (profile, "ca_bundle"), error);
  if (own == NULL)
    return NULL;
  g_autoptr (S3dS3Endpoint) endpoint = s3d_s3_endpoint_new (uri, own, profile, error);
  if (endpoint == NULL)
    return NULL;

  S3dS3Store *store = g_new0 (S3dS3Store, 1);
  s3d_store_init (&store->parent, &s3_class, own, "s3");
  g_mutex_init (&store->lock);
  store->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) s3d_s3_place_unref);
  store->endpoint = g_steal_pointer (&endpoint);
  store->chain = s3d_credential_chain_new_aws (own, profile);
  store->signer = s3d_sigv4_new ("s3");
  store->pool = s3d_pool_get (S3D_POOL_DOWNLOAD);
  store->http = s3d_http_get (own);
  return &store->parent;
}

/* Under the lock. */
static S3dS3Place *
keep_place (S3dS3Store *store, const char *bucket, const char *region)
{
  S3dS3Place *place = s3d_s3_place_new (store->endpoint, bucket, region);

  if (g_hash_table_size (store->places) >= MAX_PLACES)
    g_hash_table_remove_all (store->places);
  g_hash_table_replace (store->places, g_strdup (bucket), place);
  return s3d_s3_place_ref (place);
}

S3dS3Place *
s3d_s3_store_get_place (S3dS3Store *store, const char *bucket)
{
  const char *name = bucket != NULL ? bucket : "";
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);
  S3dS3Place *place = g_hash_table_lookup (store->places, name);

  return place != NULL ? s3d_s3_place_ref (place) : keep_place (store, name, NULL);
}

S3dS3Place *
s3d_s3_store_learn_region (S3dS3Store *store, const char *bucket, const char *region)
{
  const char *name = bucket != NULL ? bucket : "";
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);
  S3dS3Place *place = g_hash_table_lookup (store->places, name);

  if (place != NULL && strcmp (place->region, region) == 0)
    return s3d_s3_place_ref (place);
  g_debug ("bucket %s is in region %s", name, region);
  return keep_place (store, name, region);
}

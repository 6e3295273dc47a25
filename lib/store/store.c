/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all stores share: references, capabilities, and the start of an op. Any thread; a store lives as long as
 * somebody holds it or an op of it runs. */

#include "config.h"

#include "store/store.h"

#include "base/base-error.h"

static const char *const op_names[S3D_OP_N_KINDS] = {
  [S3D_OP_READ] = "reading objects",
  [S3D_OP_STAT] = "the facts of an object",
  [S3D_OP_WRITE] = "writing objects",
  [S3D_OP_DELETE] = "deleting objects",
  [S3D_OP_DELETE_MANY] = "deleting many objects at once",
  [S3D_OP_DELETE_TREE] = "deleting trees",
  [S3D_OP_LIST] = "listing objects",
  [S3D_OP_COPY] = "copying inside the store",
  [S3D_OP_RENAME] = "renaming objects",
  [S3D_OP_UPLOAD_BEGIN] = "uploads in parts",
  [S3D_OP_UPLOAD_PART] = "uploads in parts",
  [S3D_OP_UPLOAD_PART_COPY] = "copies in parts",
  [S3D_OP_UPLOAD_COMPLETE] = "uploads in parts",
  [S3D_OP_UPLOAD_ABORT] = "uploads in parts",
  [S3D_OP_UPLOAD_LIST] = "lists of unfinished uploads",
  [S3D_OP_CONTAINER_CREATE] = "creating containers",
  [S3D_OP_CONTAINER_DELETE] = "deleting containers",
  [S3D_OP_CONTAINER_LIST] = "listing containers",
};

void
s3d_store_init (S3dStore *store, const S3dStoreClass *klass, S3dSettings *settings, const char *scheme)
{
  g_atomic_ref_count_init (&store->refs);
  store->klass = klass;
  store->settings = s3d_settings_ref (settings);
  store->scheme = scheme;
  g_mutex_init (&store->lock);
  store->open_uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
}

S3dStore *
s3d_store_ref (S3dStore *store)
{
  g_atomic_ref_count_inc (&store->refs);

  return store;
}

void
s3d_store_unref (S3dStore *store)
{
  S3dSettings *settings = store->settings;

  if (!g_atomic_ref_count_dec (&store->refs))
    return;

  g_ptr_array_unref (store->open_uploads);
  g_mutex_clear (&store->lock);
  store->klass->free (store);
  s3d_settings_unref (settings);
}

S3dPartCopy
s3d_store_part_copy (S3dStore *store, S3dlioUri *from)
{
  if (!s3d_store_can (store, S3D_OP_UPLOAD_PART_COPY))
    return S3D_PART_COPY_NONE;

  return store->klass->part_copy != NULL ? store->klass->part_copy (store, from) : S3D_PART_COPY_HELD;
}

gboolean
s3d_store_can (S3dStore *store, S3dOpKind kind)
{
  return store->klass->start[kind] != NULL;
}

gboolean
s3d_store_start (S3dStore *store, S3dOp *op, GError **error)
{
  if (!s3d_store_can (store, op->kind))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "%s does not support %s", store->klass->name,
                   op_names[op->kind]);
      return FALSE;
    }

  if (!s3d_op_goes_on (op, error))
    return FALSE;

  s3d_op_ref (op);
  op->store = s3d_store_ref (store);
  op->facts.started = g_get_monotonic_time ();
  store->klass->start[op->kind] (store, op);

  return TRUE;
}

static gboolean
is_upload (S3dlioObjectInfo *info, const char *uri, const char *id)
{
  return g_strcmp0 (s3dlio_object_info_get_uri (info), uri) == 0
         && g_strcmp0 (s3dlio_object_info_get_attribute (info, "upload-id"), id) == 0;
}

void
s3d_store_watch_uploads (S3dStore *store, const S3dOp *op)
{
  gboolean ends = op->kind == S3D_OP_UPLOAD_COMPLETE || op->kind == S3D_OP_UPLOAD_ABORT;
  gboolean gone = g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_autofree char *uri = NULL;

  if ((!ends && op->kind != S3D_OP_UPLOAD_BEGIN) || (op->error != NULL && !(ends && gone))
      || store->klass->local_path != NULL)
    return;

  uri = s3dlio_uri_to_string (op->target);
  g_mutex_lock (&store->lock);
  if (!ends)
    {
      S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_UPLOAD, uri, -1, g_get_real_time (), NULL);

      s3d_object_info_set_attribute (info, "upload-id", op->upload_id);
      g_ptr_array_add (store->open_uploads, info);
    }
  for (guint i = store->open_uploads->len; ends && i > 0; i--)
    {
      if (is_upload (g_ptr_array_index (store->open_uploads, i - 1), uri, op->upload_id))
        g_ptr_array_remove_index_fast (store->open_uploads, i - 1);
    }
  g_mutex_unlock (&store->lock);
}

void
s3d_store_add_open_uploads (S3dStore *store, GPtrArray *uploads)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);

  for (guint i = 0; i < store->open_uploads->len; i++)
    g_ptr_array_add (uploads, s3dlio_object_info_ref (g_ptr_array_index (store->open_uploads, i)));
}

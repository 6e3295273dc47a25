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
s3d_store_init (S3dStore *store,
                const S3dStoreClass *klass,
                S3dSettings *settings,
                const char *scheme)
{
  g_atomic_ref_count_init (&store->refs);
  store->klass = klass;
  store->settings = s3d_settings_ref (settings);
  store->scheme = scheme;
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

  store->klass->free (store);
  s3d_settings_unref (settings);
}

gboolean
s3d_store_can (S3dStore *store,
               S3dOpKind kind)
{
  return store->klass->start[kind] != NULL;
}

gboolean
s3d_store_start (S3dStore *store,
                 S3dOp *op,
                 GError **error)
{
  if (!s3d_store_can (store, op->kind))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "%s does not support %s", store->klass->name,
                   op_names[op->kind]);
      return FALSE;
    }

  if (s3d_op_is_cancelled (op))
    {
      g_propagate_error (error, s3d_error_new_cancelled ());
      return FALSE;
    }

  s3d_op_ref (op);
  op->store = s3d_store_ref (store);
  op->facts.started = g_get_monotonic_time ();
  store->klass->start[op->kind] (store, op);

  return TRUE;
}

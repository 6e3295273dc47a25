/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* file:// – files of the local file system, as objects whose key is their path.
 *
 * Every op is one job on the range pool, where it may block; cancelling is seen between its pieces. A directory is a
 * prefix, never an object: reading it finds nothing, deleting it is refused. A store holds no state but unfinished
 * uploads. Any thread. */

#include "config.h"

#include "file/file-private.h"
#include "file/file.h"

#include <errno.h>
#include <unistd.h>

/* Nothing is gained by larger or fewer parts than asked for. */
#define MAX_PART_SIZE (G_GUINT64_CONSTANT (1) << 40)
#define MAX_PARTS 1000000
#define MAX_DELETE 1000

static gboolean
run_stat (S3dOp *op, GError **error)
{
  const char *path = s3dlio_uri_get_key (op->target);
  g_autofree char *uri = s3dlio_uri_to_string (op->target);
  gboolean slash = g_str_has_suffix (path, "/");
  struct stat now;

  if ((op->no_follow ? lstat (path, &now) : stat (path, &now)) != 0)
    {
      s3d_error_set_path (error, errno, "stat", path);
      return FALSE;
    }
  if (S_ISDIR (now.st_mode) && !slash)
    {
      s3d_error_set_about (error, S3DLIO_ERROR_NOT_FOUND, path, "is a directory");
      return FALSE;
    }

  op->info = s3d_file_info (slash ? S3DLIO_OBJECT_TYPE_PREFIX : S3DLIO_OBJECT_TYPE_OBJECT, uri, &now);

  return TRUE;
}

/* A link goes, and what it points to stays. */
static gboolean
remove_one (const char *path, GError **error)
{
  struct stat now;
  int err;

  if (unlink (path) == 0 || errno == ENOENT || errno == ENOTDIR)
    return TRUE;

  err = errno;
  if (lstat (path, &now) == 0 && S_ISDIR (now.st_mode))
    s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "is a directory, and not deleted");
  else
    s3d_error_set_path (error, err, "delete", path);

  return FALSE;
}

/* A link has no ETag that could be asked for. */
static gboolean
run_delete (S3dOp *op, GError **error)
{
  const char *path = s3dlio_uri_get_key (op->target);
  struct stat now;

  if (op->if_match != NULL && lstat (path, &now) == 0 && !s3d_file_check_match (path, &now, op->if_match, error))
    return FALSE;

  return remove_one (path, error);
}

static gboolean
run_delete_many (S3dOp *op, GError **error)
{
  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = &g_array_index (op->keys, S3dKey, i);

      if (!s3d_op_goes_on (op, error))
        return FALSE;
      key->state = remove_one (key->key, &key->error) ? S3D_KEY_GONE : S3D_KEY_FAILED;
    }

  return TRUE;
}

static gboolean
must_copy (const char *path, GError **error)
{
  s3d_error_set_about (error, S3DLIO_ERROR_UNSUPPORTED, path, "is no regular file, and not renamed");

  return FALSE;
}

/* Whether @target may be replaced by a rename: by its name it is a regular file that is another one, or nothing. */
static gboolean
check_renamed (const char *target, const struct stat *source, gboolean no_clobber, GError **error)
{
  struct stat there;

  if (g_str_has_suffix (target, "/"))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, target, "names a directory, not a file");
      return FALSE;
    }
  /* Of two names of one file rename(2) would keep both. */
  if (stat (target, &there) == 0 && there.st_dev == source->st_dev && there.st_ino == source->st_ino)
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, target, "would be renamed onto itself");
      return FALSE;
    }

  return no_clobber || lstat (target, &there) != 0 || S_ISREG (there.st_mode) || must_copy (target, error);
}

/* Regular files alone: what else there is at the target is written to, not replaced, and links are not followed. */
static gboolean
run_rename (S3dOp *op, GError **error)
{
  const char *from = s3dlio_uri_get_key (op->from);
  const char *to = s3dlio_uri_get_key (op->target);
  g_autofree char *uri = s3dlio_uri_to_string (op->target);
  S3dAtomicFlags flags = S3D_ATOMIC_MAKE_PARENTS;
  struct stat now;

  if (lstat (from, &now) != 0)
    {
      s3d_error_set_path (error, errno, "rename", from);
      return FALSE;
    }
  if (S_ISDIR (now.st_mode))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_NOT_FOUND, from, "is a directory");
      return FALSE;
    }

  if (op->no_clobber)
    flags |= S3D_ATOMIC_NO_CLOBBER;
  if (op->store->settings->fsync)
    flags |= S3D_ATOMIC_FSYNC;
  if ((!S_ISREG (now.st_mode) && !must_copy (from, error)) || !s3d_file_check_match (from, &now, op->if_match, error)
      || !check_renamed (to, &now, op->no_clobber, error) || !s3d_atomic_rename (from, to, flags, error))
    return FALSE;

  op->info = s3d_file_info (S3DLIO_OBJECT_TYPE_OBJECT, uri, &now);

  return TRUE;
}

static gboolean (*const jobs[S3D_OP_N_KINDS]) (S3dOp *op, GError **error) = {
  [S3D_OP_READ] = s3d_file_run_read,
  [S3D_OP_STAT] = run_stat,
  [S3D_OP_WRITE] = s3d_file_run_write,
  [S3D_OP_DELETE] = run_delete,
  [S3D_OP_DELETE_MANY] = run_delete_many,
  [S3D_OP_DELETE_TREE] = s3d_file_run_delete_tree,
  [S3D_OP_LIST] = s3d_file_run_list,
  [S3D_OP_COPY] = s3d_file_run_copy,
  [S3D_OP_RENAME] = run_rename,
  [S3D_OP_UPLOAD_BEGIN] = s3d_file_run_upload_begin,
  [S3D_OP_UPLOAD_COMPLETE] = s3d_file_run_upload_complete,
  [S3D_OP_UPLOAD_ABORT] = s3d_file_run_upload_abort,
  [S3D_OP_UPLOAD_LIST] = s3d_file_run_list,
};

static void
run_op (gpointer data)
{
  S3dOp *op = data;
  GError *error = NULL;

  if (s3d_op_goes_on (op, &error))
    jobs[op->kind](op, &error);

  s3d_op_complete (op, error);
}

static void
start_op (S3dStore *store, S3dOp *op)
{
  s3d_pool_push (((S3dFileStore *) store)->pool, run_op, op);
}

static char *
local_path (S3dStore *store, S3dlioUri *uri)
{
  return g_strdup (s3dlio_uri_get_key (uri));
}

static void
file_free (S3dStore *store)
{
  S3dFileStore *self = (S3dFileStore *) store;

  g_hash_table_unref (self->uploads);
  g_mutex_clear (&self->lock);
  s3d_pool_unref (self->pool);
  g_free (self);
}

static const S3dStoreClass file_class = {
  .name = "file",
  .start = {
    [S3D_OP_READ] = start_op,
    [S3D_OP_STAT] = start_op,
    [S3D_OP_WRITE] = start_op,
    [S3D_OP_DELETE] = start_op,
    [S3D_OP_DELETE_MANY] = start_op,
    [S3D_OP_DELETE_TREE] = start_op,
    [S3D_OP_LIST] = start_op,
    [S3D_OP_COPY] = start_op,
    [S3D_OP_RENAME] = start_op,
    [S3D_OP_UPLOAD_BEGIN] = start_op,
    [S3D_OP_UPLOAD_PART] = s3d_file_start_upload_part,
    [S3D_OP_UPLOAD_COMPLETE] = start_op,
    [S3D_OP_UPLOAD_ABORT] = start_op,
    [S3D_OP_UPLOAD_LIST] = start_op,
  },
  .max_write = G_MAXINT64,
  .max_copy = G_MAXINT64,
  .min_part_size = 1,
  .max_part_size = MAX_PART_SIZE,
  .max_parts = MAX_PARTS,
  .max_delete = MAX_DELETE,
  .local_path = local_path,
  .check_local = s3d_file_check_match,
  .free = file_free,
};

S3dStore *
s3d_file_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error)
{
  S3dFileStore *self = g_new0 (S3dFileStore, 1);

  g_mutex_init (&self->lock);
  self->uploads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, s3d_file_upload_unref);
  self->pool = s3d_pool_get (S3D_POOL_RANGE);
  s3d_store_init (&self->parent, &file_class, settings, "file");

  return &self->parent;
}

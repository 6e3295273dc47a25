/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LIST: a tree of directories as a sorted list of keys, page by page. UPLOAD_LIST: the temporary files in it, which
 * killed processes left behind or others are writing.
 *
 * Between two pages the walk stands in the cursor, as a stack of directories, each read and sorted: memory is that of
 * the widest chain, and one descriptor is open at a time. Entries are looked at when their turn comes, so that what has
 * gone by then is left out. The prefix is a literal string: of "/tmp/da" the directory is "/tmp/", and only what begins
 * with "da" counts there.
 *
 * Symbolic links are followed (unless the op says no): a directory that is one of those above it is not entered again.
 * A directory that cannot be read is an error that names it, after all that comes before it has been given. Runs on the
 * range pool, one page at a time. */

#include "config.h"

#include "base/base-time.h"
#include "file/file-private.h"

#include <errno.h>
#include <string.h>

#define PAGE_SIZE 1000

typedef struct
{
  GPtrArray *stack; /* of S3dFileDirectory; the last is where we are */
  GString *text;    /* the URI in the making */
  gsize place;      /* how much of it is that of the last directory */
} Walk;

static void
walk_free (gpointer data)
{
  Walk *walk = data;

  g_ptr_array_unref (walk->stack);
  g_string_free (walk->text, TRUE);
  g_free (walk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Walk, walk_free)

static S3dFileDirectory *
walk_top (const Walk *walk)
{
  return walk->stack->len > 0 ? g_ptr_array_index (walk->stack, walk->stack->len - 1) : NULL;
}

/* The URI of the directory that is now the last. */
static void
set_place (Walk *walk, S3dOp *op)
{
  const S3dFileDirectory *top = walk_top (walk);
  g_autofree char *root = s3d_uri_root (op->target);

  if (top == NULL)
    return;

  g_string_assign (walk->text, root);
  s3d_uri_append_key (op->target, walk->text, top->path);
  walk->place = walk->text->len;
}

static Walk *
walk_new (S3dOp *op, GError **error)
{
  g_autoptr (Walk) walk = g_new0 (Walk, 1);
  const char *prefix = s3dlio_uri_get_key (op->target);
  const char *slash = strrchr (prefix, '/');
  g_autofree char *path = slash != NULL ? g_strndup (prefix, (gsize) (slash - prefix) + 1) : g_strdup ("/");
  S3dFileDirectory *root;

  walk->stack = g_ptr_array_new_with_free_func (s3d_file_directory_free);
  walk->text = g_string_new (NULL);
  root = s3d_file_directory_read (path, slash != NULL ? slash + 1 : prefix, op->no_follow, op, error);
  if (root == NULL)
    return NULL;

  g_ptr_array_add (walk->stack, root);
  set_place (walk, op);

  return g_steal_pointer (&walk);
}

static gboolean
is_above (const Walk *walk, const S3dFileDirectory *directory)
{
  for (guint i = 0; i < walk->stack->len; i++)
    {
      const S3dFileDirectory *other = g_ptr_array_index (walk->stack, i);

      if (other->inode == directory->inode && other->device == directory->device)
        return TRUE;
    }

  return FALSE;
}

/* It may have been removed since its name was read. */
static gboolean
has_gone (const char *path)
{
  struct stat now;

  return stat (path, &now) != 0 ? errno == ENOENT || errno == ENOTDIR : !S_ISDIR (now.st_mode);
}

static gboolean
descend (Walk *walk, S3dFileDirectory *top, S3dOp *op, GError **error)
{
  g_autofree char *path = g_strconcat (top->path, g_ptr_array_index (top->names, top->next), NULL);
  g_autoptr (S3dFileDirectory) below = NULL;
  GError *failure = NULL;

  below = s3d_file_directory_read (path, "", op->no_follow, op, &failure);
  if (below == NULL && g_error_matches (failure, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND) && has_gone (path))
    g_clear_error (&failure);
  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return FALSE;
    }

  top->next++;
  if (below == NULL || is_above (walk, below))
    return TRUE;

  s3d_file_directory_rest (top);
  g_ptr_array_add (walk->stack, g_steal_pointer (&below));
  set_place (walk, op);

  return TRUE;
}

/* Its name is all that identifies it. */
static S3dlioObjectInfo *
upload_info (const char *uri, const char *name, const struct stat *stat)
{
  S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_UPLOAD, uri, (gint64) stat->st_size,
                                                s3d_file_mtime (stat), NULL);

  s3d_object_info_set_attribute (info, "upload-id", name);

  return info;
}

static void
add_entry (Walk *walk, S3dFileDirectory *top, const char *name, gboolean is_directory, S3dOp *op)
{
  struct stat stat;

  if (!is_directory && !s3d_file_directory_stat (top, name, op->no_follow, &stat))
    return;

  g_string_truncate (walk->text, walk->place);
  s3d_uri_append_key (op->target, walk->text, name);
  if (op->kind == S3D_OP_UPLOAD_LIST)
    {
      if (!is_directory && S_ISREG (stat.st_mode))
        g_ptr_array_add (op->items, upload_info (walk->text->str, name, &stat));
      return;
    }

  g_ptr_array_add (op->items, is_directory ? s3d_object_info_new (S3DLIO_OBJECT_TYPE_PREFIX, walk->text->str, -1,
                                                                  S3D_TIME_UNKNOWN, NULL)
                                           : s3d_file_info (S3DLIO_OBJECT_TYPE_OBJECT, walk->text->str, &stat));
}

/* Leaves the directories that have no more entries. */
static void
ascend (Walk *walk, S3dOp *op)
{
  guint before = walk->stack->len;

  for (S3dFileDirectory *top = walk_top (walk); top != NULL && top->next == top->names->len; top = walk_top (walk))
    g_ptr_array_set_size (walk->stack, (int) walk->stack->len - 1);
  if (walk->stack->len < before)
    set_place (walk, op);
}

static gboolean
fill_page (Walk *walk, S3dOp *op, guint page, GError **error)
{
  ascend (walk, op);
  while (walk->stack->len > 0 && op->items->len < page)
    {
      S3dFileDirectory *top = walk_top (walk);
      const char *name = g_ptr_array_index (top->names, top->next);
      gboolean is_directory = g_str_has_suffix (name, "/");

      if (!s3d_op_goes_on (op, error) || (is_directory && op->recursive && !descend (walk, top, op, error)))
        return FALSE;
      if (!is_directory || !op->recursive)
        {
          top->next++;
          add_entry (walk, top, name, is_directory, op);
        }
      ascend (walk, op);
    }

  return TRUE;
}

gboolean
s3d_file_run_list (S3dOp *op, GError **error)
{
  guint page = op->page_size > 0 ? op->page_size : PAGE_SIZE;
  Walk *walk = op->cursor->state;
  g_autoptr (GError) failure = NULL;

  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  if (walk == NULL)
    {
      walk = walk_new (op, error);
      if (walk == NULL)
        return FALSE;
      op->cursor->state = walk;
      op->cursor->state_free = walk_free;
    }

  if (!fill_page (walk, op, page, &failure)
      && (op->items->len == 0 || g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }

  /* A directory that cannot be read still comes next: if pages are wanted after this one, the next meets it again. */
  if (walk->stack->len == 0)
    {
      s3d_cursor_clear (op->cursor);
      op->cursor->at_end = TRUE;
    }

  return TRUE;
}

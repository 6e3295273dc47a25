/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DELETE_TREE: what is below a directory, whatever it is, and the directories that are empty then, the first one too.
 *
 * Every step starts at the descriptor of the directory that it is in and follows no symbolic link: what is renamed or
 * replaced meanwhile cannot lead out of the tree. Between two pages the walk stands in the cursor, as a stack of open
 * directories, the deepest path of the tree. Runs on the range pool, one page at a time. */

#include "config.h"

#include "file/file-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGE_SIZE 1000

typedef struct
{
  DIR *stream;
  gsize length;     /* of its path */
  gboolean kept;    /* something in it stays */
  gboolean removed; /* something has gone since its entries were begun to be read */
} Level;

typedef struct
{
  GArray *levels; /* of Level; the last is where we are */
  GString *path;  /* of the last, without a "/" at its end; for names in errors too */
} Walk;

static void
level_clear (gpointer data)
{
  closedir (((Level *) data)->stream);
}

static void
walk_free (gpointer data)
{
  Walk *walk = data;

  g_array_unref (walk->levels);
  g_string_free (walk->path, TRUE);
  g_free (walk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Walk, walk_free)

static Level *
walk_top (Walk *walk)
{
  return walk->levels->len > 0 ? &g_array_index (walk->levels, Level, walk->levels->len - 1) : NULL;
}

static gboolean
enter (Walk *walk, int parent, const char *name)
{
  int fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Level level = { .stream = fd >= 0 ? fdopendir (fd) : NULL, .length = walk->path->len };
  int saved = errno;

  if (level.stream != NULL)
    g_array_append_val (walk->levels, level);
  else if (fd >= 0)
    close (fd);
  errno = saved;

  return level.stream != NULL;
}

static gboolean
is_root (const char *path)
{
  struct stat root, now;

  return stat ("/", &root) == 0 && stat (path, &now) == 0 && root.st_dev == now.st_dev && root.st_ino == now.st_ino;
}

/* A walk without a level when there is no such directory. */
static Walk *
walk_new (const char *path, GError **error)
{
  g_autoptr (Walk) walk = g_new0 (Walk, 1);
  struct stat now;

  walk->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (walk->levels, level_clear);
  walk->path = g_string_new (path);
  /* With a slash at its end a symbolic link would be followed. */
  while (walk->path->len > 1 && g_str_has_suffix (walk->path->str, "/"))
    g_string_truncate (walk->path, walk->path->len - 1);

  if (is_root (walk->path->str))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "is the root of the file system, and not deleted");
      return NULL;
    }
  if (enter (walk, AT_FDCWD, walk->path->str) || errno == ENOENT)
    return g_steal_pointer (&walk);

  if (errno != ENOTDIR && errno != ELOOP)
    s3d_error_set_path (error, errno, "open", path);
  else if (lstat (walk->path->str, &now) == 0 && S_ISLNK (now.st_mode))
    s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "is a symbolic link, and not followed");
  else
    return g_steal_pointer (&walk); /* nothing is below a file */

  return NULL;
}

/* What stands at walk->path stays, unless it had gone before. */
static void
keep (Walk *walk, int err, const char *what, S3dOp *op)
{
  S3dKey key = { .state = S3D_KEY_FAILED };
  Level *top = walk_top (walk);

  if (err == ENOENT)
    return;

  if (top != NULL)
    top->kept = TRUE;
  key.key = g_strdup (walk->path->str);
  s3d_error_set_path (&key.error, err, what, key.key);
  g_array_append_val (op->keys, key);
}

/* The directory of the last level has no more entries. */
static void
leave (Walk *walk, S3dOp *op)
{
  Level last = *walk_top (walk);
  Level *above;

  if (!last.kept && last.removed)
    {
      /* Some file systems skip entries when others go meanwhile. */
      walk_top (walk)->removed = FALSE;
      rewinddir (last.stream);
      return;
    }

  g_array_set_size (walk->levels, walk->levels->len - 1);
  above = walk_top (walk);
  g_string_truncate (walk->path, last.length);
  if (last.kept)
    {
      if (above != NULL)
        above->kept = TRUE;
    }
  else if (unlinkat (above != NULL ? dirfd (above->stream) : AT_FDCWD,
                     above != NULL ? walk->path->str + above->length + 1 : walk->path->str, AT_REMOVEDIR) == 0)
    {
      if (above != NULL)
        above->removed = TRUE;
    }
  else
    {
      keep (walk, errno, "delete", op);
    }
  if (above != NULL)
    g_string_truncate (walk->path, above->length);
}

static gboolean
is_directory (int parent, const struct dirent *entry)
{
  struct stat now;

  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;

  return fstatat (parent, entry->d_name, &now, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (now.st_mode);
}

static void
remove_entry (Walk *walk, const struct dirent *entry, S3dOp *op)
{
  Level *top = walk_top (walk);
  int parent = dirfd (top->stream);
  S3dKey key = { .state = S3D_KEY_GONE };

  g_string_append_c (walk->path, '/');
  g_string_append (walk->path, entry->d_name);
  if (is_directory (parent, entry))
    {
      if (enter (walk, parent, entry->d_name))
        return;
      keep (walk, errno, "open", op);
    }
  else if (unlinkat (parent, entry->d_name, 0) == 0)
    {
      top->removed = TRUE;
      key.key = g_strdup (walk->path->str);
      g_array_append_val (op->keys, key);
    }
  else
    {
      keep (walk, errno, "delete", op);
    }
  g_string_truncate (walk->path, top->length);
}

/* One entry, or the end of a directory. */
static void
walk_on (Walk *walk, S3dOp *op)
{
  const struct dirent *entry;

  errno = 0;
  entry = readdir (walk_top (walk)->stream);
  if (entry == NULL && errno != 0)
    keep (walk, errno, "list", op);
  if (entry == NULL)
    leave (walk, op);
  else if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
    remove_entry (walk, entry, op);
}

gboolean
s3d_file_run_delete_tree (S3dOp *op, GError **error)
{
  guint page = op->page_size > 0 ? op->page_size : PAGE_SIZE;
  Walk *walk = op->cursor->state;

  op->keys = s3d_keys_new (page);
  if (walk == NULL)
    {
      walk = walk_new (s3dlio_uri_get_key (op->target), error);
      if (walk == NULL)
        return FALSE;
      op->cursor->state = walk;
      op->cursor->state_free = walk_free;
    }

  while (walk->levels->len > 0 && op->keys->len < page)
    {
      if (!s3d_op_goes_on (op, error))
        return FALSE;
      walk_on (walk, op);
    }

  if (walk->levels->len == 0)
    {
      s3d_cursor_clear (op->cursor);
      op->cursor->at_end = TRUE;
    }

  return TRUE;
}

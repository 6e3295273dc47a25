/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys become files below one directory, and nowhere else. Keys are untrusted: whoever may write to a bucket chooses
 * them. One thread. */

#include "config.h"

#include "tool-names.h"

#include <string.h>
#include <sys/stat.h>

struct _ToolTree
{
  char *root; /* without a slash at the end; "" is "/" */
  /* Keys of objects that the current key begins with, the shortest first: in byte order all that begin alike stand
   * together, so that this is all that a clash between "a" and "a/b" needs. */
  GPtrArray *objects;
  char *checked; /* the directory that was looked at last, which holds no symbolic link below the root */
};

ToolTree *
tool_tree_new (const char *root)
{
  ToolTree *tree = g_new0 (ToolTree, 1);
  gsize length = strlen (root);

  while (length > 0 && root[length - 1] == '/')
    length--;
  tree->root = g_strndup (root, length);
  tree->objects = g_ptr_array_new_with_free_func (g_free);
  return tree;
}

void
tool_tree_free (ToolTree *tree)
{
  g_free (tree->root);
  g_free (tree->checked);
  g_ptr_array_unref (tree->objects);
  g_free (tree);
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, why);
  return FALSE;
}

/* A "." is refused because two keys would be one file. */
static gboolean
check_key (const char *key, GError **error)
{
  g_auto (GStrv) parts = NULL;

  if (*key == '\0')
    return refuse (error, "the key has no name below the source");

  parts = g_strsplit (key, "/", -1);
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      const gboolean last = parts[i + 1] == NULL;

      if (*parts[i] == '\0' && !(last && i > 0))
        return refuse (error, i == 0 ? "the key begins with '/'; not written to a file"
                                     : "the key holds '//'; not written to a file");
      if (strcmp (parts[i], "..") == 0 || strcmp (parts[i], ".") == 0)
        return refuse (error, "the key has a component '.' or '..'; not written to a file");
    }

  return TRUE;
}

static gboolean
check_clash (ToolTree *tree, const char *key, GError **error)
{
  GPtrArray *objects = tree->objects;

  while (objects->len > 0 && !g_str_has_prefix (key, g_ptr_array_index (objects, objects->len - 1)))
    g_ptr_array_remove_index (objects, objects->len - 1);

  for (guint i = 0; i < objects->len; i++)
    {
      const char *object = g_ptr_array_index (objects, i);

      if (key[strlen (object)] == '/')
        {
          g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS,
                       "there is an object '%s' too, and a file cannot be a directory", object);
          return FALSE;
        }
    }

  if (!g_str_has_suffix (key, "/"))
    g_ptr_array_add (objects, g_strdup (key));
  return TRUE;
}

/* Every directory between the root and @path that is there. */
static gboolean
check_directories (ToolTree *tree, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  struct stat st;

  if (g_strcmp0 (tree->checked, parent) == 0)
    return TRUE;

  for (const char *slash = strchr (path + strlen (tree->root) + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *directory = g_strndup (path, (gsize) (slash - path));

      /* What is not there, or cannot be looked at, is the affair of who writes there. */
      if (lstat (directory, &st) != 0)
        break;
      if (S_ISDIR (st.st_mode))
        continue;

      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS,
                   S_ISLNK (st.st_mode) ? "%s is a symbolic link; not written through it" : "%s is no directory",
                   directory);
      return FALSE;
    }

  g_free (tree->checked);
  tree->checked = g_steal_pointer (&parent);
  return TRUE;
}

static gboolean
check_target (const char *path, GError **error)
{
  struct stat st;

  if (lstat (path, &st) != 0)
    return TRUE;
  if (S_ISLNK (st.st_mode) || S_ISDIR (st.st_mode))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS,
                   S_ISDIR (st.st_mode) ? "%s is a directory" : "%s is a symbolic link; not written through it", path);
      return FALSE;
    }

  return TRUE;
}

char *
tool_tree_place (ToolTree *tree, const char *key, gboolean dry_run, GError **error)
{
  g_autofree char *path = NULL;

  if (!check_key (key, error) || !check_clash (tree, key, error))
    return NULL;

  path = g_strconcat (tree->root, "/", key, NULL);
  if (!check_directories (tree, path, error))
    return NULL;
  if (g_str_has_suffix (key, "/") ? !dry_run && !tool_make_directories (path, error) : !check_target (path, error))
    return NULL;

  return g_steal_pointer (&path);
}

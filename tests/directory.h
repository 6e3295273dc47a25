/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What tests do with directories, whichever library they link. */

#include <glib/gstdio.h>

/* What is there, links themselves and not what they point at. */
static inline void
directory_remove (const char *path)
{
  g_autoptr (GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      directory_remove (inner);
    }
  g_remove (path);
}

static inline guint
directory_count (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

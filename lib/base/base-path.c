/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Links, the directories that files are in, and files that others may change. Blocking; any thread; keeps nothing. */

#include "config.h"

#include "base/base-path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_FOLLOWED 40 /* as the kernel does */

char *
s3d_path_follow_links (const char *path)
{
  g_autofree char *here = g_strdup (path);

  for (guint i = 0; i < LINKS_FOLLOWED; i++)
    {
      char link[PATH_MAX];
      ssize_t n = readlink (here, link, sizeof link - 1);
      g_autofree char *dir = NULL;
      char *next;

      if (n < 0)
        return errno == EINVAL || errno == ENOENT ? g_steal_pointer (&here) : NULL;

      link[n] = '\0';
      dir = g_path_get_dirname (here);
      next = g_path_is_absolute (link) ? g_strdup (link) : g_build_filename (dir, link, NULL);
      g_free (here);
      here = next;
    }

  errno = ELOOP;
  return NULL;
}

gboolean
s3d_path_make_dirs (const char *path, guint *made)
{
  g_autofree char *parent = NULL;

  if (mkdir (path, 0777) == 0)
    {
      *made += 1;
      return TRUE;
    }
  if (errno == EEXIST)
    return TRUE;
  if (errno != ENOENT)
    return FALSE;

  parent = g_path_get_dirname (path);
  if (g_str_equal (parent, path) || !s3d_path_make_dirs (parent, made))
    return FALSE;
  if (mkdir (path, 0777) != 0 && errno != EEXIST)
    return FALSE;

  *made += 1;
  return TRUE;
}

static int
sync_dir (const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int err = 0;

  if (fd < 0)
    return errno;
  if (fsync (fd) != 0 && errno != EINVAL)
    err = errno;
  close (fd);

  return err;
}

int
s3d_path_sync_dirs (const char *path, guint made)
{
  g_autofree char *dir = g_path_get_dirname (path);
  int err = sync_dir (dir);

  for (guint i = 0; i < made && err == 0; i++)
    {
      char *parent = g_path_get_dirname (dir);

      g_free (dir);
      dir = parent;
      err = sync_dir (dir);
    }

  return err;
}

int
s3d_path_open (const char *path)
{
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  const int fd = open (path, flags | O_NONBLOCK);

  return fd < 0 && errno == EWOULDBLOCK ? open (path, flags) : fd;
}

gboolean
s3d_path_is_unchanged (const struct stat *before, const struct stat *after)
{
  return before->st_size == after->st_size && before->st_mtim.tv_sec == after->st_mtim.tv_sec
         && before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

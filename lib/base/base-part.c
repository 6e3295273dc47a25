/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names and locks of interrupted transfers. The lock is flock(2) on the part: it goes with the process, however that
 * ends. The part is renamed to its target in the end, so what was locked may be a finished file by then: only when the
 * name still leads to it does the lock count. The names can be guessed, and their directory may be everybody's (/tmp):
 * nothing that another user could have laid there is written to or believed.
 *
 * Blocking; any thread. */

#include "config.h"

#include "base/base-part.h"

#include "base/base-digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100

char *
s3d_part_name (const char *name, const char *suffix)
{
  guint8 digest[S3D_SHA256_SIZE];
  char hex[2 * S3D_SHA256_SIZE + 1];

  /* By the longer suffix, so that a part and its journal differ in it alone: who finds one looks for the other. */
  if (strlen (name) + sizeof "." S3D_JOURNAL_SUFFIX - 1 > NAME_MAX)
    {
      s3d_sha256 (name, strlen (name), digest);
      s3d_hex (digest, sizeof digest, hex);
      name = hex;
    }

  return g_strconcat (".", name, suffix, NULL);
}

gboolean
s3d_part_is_name (const char *name)
{
  return name[0] == '.' && (g_str_has_suffix (name, S3D_PART_SUFFIX) || g_str_has_suffix (name, S3D_JOURNAL_SUFFIX));
}

gboolean
s3d_part_is_ours (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid ();
}

static gboolean
is_still_named (int dir, const char *name, int fd)
{
  struct stat named, opened;

  return fstatat (dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat (fd, &opened) == 0
         && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* What is there, or something new (@made). -1 with errno. */
static int
open_or_make (int dir, const char *name, mode_t mode, gboolean *made)
{
  int fd = openat (dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

  *made = fd >= 0;
  if (fd < 0 && errno == EEXIST)
    fd = openat (dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

  return fd;
}

/* 0: it is the part, locked. ENOENT: the name leads elsewhere by now. Else errno. What is not ours is taken away. */
static int
take (int dir, const char *name, int fd, gboolean made)
{
  if (!made && !s3d_part_is_ours (fd))
    return !is_still_named (dir, name, fd) || unlinkat (dir, name, 0) == 0 ? ENOENT : errno;
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    return errno;

  return is_still_named (dir, name, fd) ? 0 : ENOENT;
}

int
s3d_part_open (int dir, const char *name, mode_t mode)
{
  int err = ENOENT;

  for (guint i = 0; i < TRIES && err == ENOENT; i++)
    {
      gboolean made;
      int fd = open_or_make (dir, name, mode, &made);

      err = fd >= 0 ? take (dir, name, fd, made) : errno;
      if (err == 0)
        return fd;

      if (fd >= 0)
        close (fd);
      else if (err == ELOOP || err == EACCES) /* a symbolic link, or a file that we may not read */
        err = unlinkat (dir, name, 0) == 0 ? ENOENT : err;
    }

  errno = err;
  return -1;
}

/* What @path belongs to: of a journal its part, which has the lock. */
static char *
locked_path (const char *path)
{
  g_autofree char *stem = NULL;

  if (!g_str_has_suffix (path, S3D_JOURNAL_SUFFIX))
    return g_strdup (path);

  stem = g_strndup (path, strlen (path) - strlen (S3D_JOURNAL_SUFFIX));
  return g_strconcat (stem, S3D_PART_SUFFIX, NULL);
}

int
s3d_part_remove (const char *path)
{
  g_autofree char *locked = locked_path (path);
  int fd = open (locked, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  int err = 0;

  if (fd < 0 && errno != ENOENT && errno != ELOOP)
    return errno;
  /* A part and its journal may be taken away at once; who writes has the lock alone. */
  if (fd >= 0 && flock (fd, LOCK_SH | LOCK_NB) != 0)
    err = errno;
  /* It may have got its own name meanwhile. */
  else if ((fd < 0 || is_still_named (AT_FDCWD, locked, fd)) && unlink (path) != 0 && errno != ENOENT)
    err = errno;
  if (fd >= 0)
    close (fd);

  return err;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that appear whole or not at all. The bytes go to a file without a name (O_TMPFILE, see open(2)), which is
 * linked when it is whole: straight to its target when there is none yet, else to a temporary name that is renamed
 * over it. So a process that is killed leaves nothing, but between those two calls. Where the file system or a
 * missing /proc does not allow that, a dot-file beside the target takes its place.
 *
 * Blocking; one thread at a time. The object owns its descriptors. The umask is never asked for (it could only be
 * read by setting it, which other threads would see): the kernel applies it when the file is made. */

#include "config.h"

#include "base/base-file.h"

#include "base/base-error.h"
#include "base/base-part.h"
#include "base/base-path.h"
#include "base/base-time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_TRIED 100
#define TEMPORARY_PREFIX ".s3dlio-"

struct _S3dAtomicFile
{
  char *path;   /* as given, for errors */
  char *target; /* @path with the links at its end followed */
  char *name;   /* the last component of @target */
  char *temporary; /* dot-file in @dir, or NULL: the file has no name yet */
  int dir;      /* O_PATH; -1 when the target is written in place */
  int fd;
  guint made;   /* directories made for it */
  S3dAtomicFlags flags;
  gboolean exists;
  struct stat stat; /* of the target, when it exists */
};

static S3dAtomicFile *
file_free (S3dAtomicFile *file)
{
  if (file->fd >= 0)
    close (file->fd);
  if (file->dir >= 0)
    close (file->dir);
  g_free (file->path);
  g_free (file->target);
  g_free (file->name);
  g_free (file->temporary);
  g_free (file);

  return NULL;
}

/* --- the directory --- */

static int
open_dir (const char *path)
{
  return open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
file_open_dir (S3dAtomicFile *file, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (file->target);

  file->dir = open_dir (dir);
  if (file->dir < 0 && errno == ENOENT && (file->flags & S3D_ATOMIC_MAKE_PARENTS) != 0)
    {
      if (!s3d_path_make_dirs (dir, &file->made))
        {
          s3d_error_set_path (error, errno, "make the directory", dir);
          return FALSE;
        }
      file->dir = open_dir (dir);
    }
  if (file->dir >= 0)
    return TRUE;

  s3d_error_set_path (error, errno, "write into", dir);
  return FALSE;
}

/* --- opening --- */

/* A name that nobody else uses; the short form fits wherever the target's own name does. */
static char *
random_name (void)
{
  return g_strdup_printf (TEMPORARY_PREFIX "%08x%08x", g_random_int (), g_random_int ());
}

gboolean
s3d_atomic_file_is_temporary (const char *name)
{
  gsize prefix = strlen (TEMPORARY_PREFIX);

  if (s3d_part_is_name (name))
    return TRUE;

  return strncmp (name, TEMPORARY_PREFIX, prefix) == 0 && strlen (name) == prefix + 16
         && strspn (name + prefix, "0123456789abcdef") == 16;
}

static mode_t
new_mode (const S3dAtomicFile *file)
{
  return (file->flags & S3D_ATOMIC_EXECUTABLE) != 0 ? 0777 : 0666;
}

/* What has a name while it is written is no more open than what it replaces; it gets that one's mode in the end. */
static mode_t
named_mode (const S3dAtomicFile *file)
{
  return file->exists ? 0600 : new_mode (file);
}

static gboolean
file_make_part (S3dAtomicFile *file, GError **error)
{
  g_autofree char *name = s3d_part_name (file->name, S3D_PART_SUFFIX);

  file->fd = s3d_part_open (file->dir, name, named_mode (file));
  if (file->fd >= 0 && (!file->exists || fchmod (file->fd, named_mode (file)) == 0))
    {
      file->temporary = g_steal_pointer (&name);
      return TRUE;
    }

  if (file->fd < 0 && errno == EWOULDBLOCK)
    s3d_error_set_about (error, S3DLIO_ERROR_UNAVAILABLE, file->path,
                         "is being written by another get that can be resumed");
  else
    s3d_error_set_path (error, errno, "write", file->path);

  return FALSE;
}

static gboolean
file_make_named (S3dAtomicFile *file, GError **error)
{
  for (guint i = 0; i < NAMES_TRIED; i++)
    {
      g_autofree char *name = random_name ();

      file->fd = openat (file->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, named_mode (file));
      if (file->fd >= 0)
        {
          /* So that who removes what was left behind can tell that it was not. */
          (void) flock (file->fd, LOCK_EX | LOCK_NB);
          file->temporary = g_steal_pointer (&name);
          return TRUE;
        }
      if (errno != EEXIST)
        break;
    }

  s3d_error_set_path (error, errno, "write", file->path);
  return FALSE;
}

/* Tests take the second way by setting S3DLIO_TEST_NO_TMPFILE. */
static gboolean
may_link_nameless (void)
{
  return access ("/proc/self/fd", X_OK) == 0 && g_getenv ("S3DLIO_TEST_NO_TMPFILE") == NULL;
}

static gboolean
file_make (S3dAtomicFile *file, GError **error)
{
  if ((file->flags & S3D_ATOMIC_PART) != 0)
    return file_make_part (file, error);

  if (may_link_nameless ())
    {
      file->fd = openat (file->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, new_mode (file));
      if (file->fd >= 0)
        return TRUE;
      if (errno == EACCES || errno == EPERM || errno == ENOSPC || errno == EDQUOT || errno == EROFS || errno == EMFILE)
        {
          s3d_error_set_path (error, errno, "write", file->path);
          return FALSE;
        }
    }

  return file_make_named (file, error);
}

static gboolean
file_open_in_place (S3dAtomicFile *file, GError **error)
{
  if ((file->flags & S3D_ATOMIC_PART) != 0)
    {
      s3d_error_set_about (error, S3DLIO_ERROR_UNSUPPORTED, file->path,
                           "is no regular file: what is written to it cannot be resumed");
      return FALSE;
    }

  file->fd = open (file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (file->fd >= 0)
    return TRUE;

  s3d_error_set_path (error, errno, "write", file->path);
  return FALSE;
}

static gboolean
file_prepare (S3dAtomicFile *file, GError **error)
{
  file->exists = stat (file->path, &file->stat) == 0;
  if (!file->exists && errno != ENOENT)
    {
      s3d_error_set_path (error, errno, "write", file->path);
      return FALSE;
    }
  if (file->exists && (file->flags & S3D_ATOMIC_NO_CLOBBER) != 0)
    {
      s3d_error_set_about (error, S3DLIO_ERROR_EXISTS, file->path, "exists already");
      return FALSE;
    }
  if (file->exists && S_ISDIR (file->stat.st_mode))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, file->path, "is a directory");
      return FALSE;
    }
  if (file->exists && !S_ISREG (file->stat.st_mode))
    return file_open_in_place (file, error);

  file->target = s3d_path_follow_links (file->path);
  if (file->target == NULL)
    {
      s3d_error_set_path (error, errno, "write", file->path);
      return FALSE;
    }
  if (g_str_has_suffix (file->target, "/"))
    {
      s3d_error_set_path (error, EISDIR, "write", file->path);
      return FALSE;
    }

  file->name = g_path_get_basename (file->target);
  return file_open_dir (file, error) && file_make (file, error);
}

S3dAtomicFile *
s3d_atomic_file_open (const char *path, S3dAtomicFlags flags, GError **error)
{
  S3dAtomicFile *file = g_new0 (S3dAtomicFile, 1);

  file->path = g_strdup (path);
  file->flags = flags;
  file->dir = -1;
  file->fd = -1;

  return file_prepare (file, error) ? file : file_free (file);
}

int
s3d_atomic_file_get_fd (S3dAtomicFile *file)
{
  return file->fd;
}

gboolean
s3d_atomic_file_can_seek (S3dAtomicFile *file)
{
  return file->dir >= 0 || lseek (file->fd, 0, SEEK_CUR) >= 0;
}

void
s3d_atomic_file_set_no_clobber (S3dAtomicFile *file)
{
  file->flags |= S3D_ATOMIC_NO_CLOBBER;
  /* What was there at the open may have gone; publishing finds out, and a new file has a mode of its own. */
  if (file->dir >= 0)
    file->exists = FALSE;
}

/* --- publishing --- */

/* Gives the nameless file a name: 0, or errno. */
static int
link_fd (S3dAtomicFile *file, const char *name)
{
  char self[64];

  g_snprintf (self, sizeof self, "/proc/self/fd/%d", file->fd);
  return linkat (AT_FDCWD, self, file->dir, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

static int
link_temporary (S3dAtomicFile *file)
{
  int err = EEXIST;

  for (guint i = 0; i < NAMES_TRIED && err == EEXIST; i++)
    {
      g_autofree char *name = random_name ();

      err = link_fd (file, name);
      if (err == 0)
        file->temporary = g_steal_pointer (&name);
    }

  return err;
}

/* @from becomes @to, which must not be there; both relative to @dir. */
static int
rename_new (int dir, const char *from, const char *to)
{
  int err;

  if (renameat2 (dir, from, dir, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return errno;

  err = linkat (dir, from, dir, to, 0) == 0 ? 0 : errno;
  if (err == 0)
    (void) unlinkat (dir, from, 0);
  return err;
}

/* 0, or errno. Afterwards @temporary is set only if that name is still there. */
static int
publish (S3dAtomicFile *file)
{
  gboolean fresh = !file->exists;
  int err = EEXIST;

  if (file->temporary == NULL)
    {
      if (fresh)
        err = link_fd (file, file->name);
      if (err != EEXIST || (file->flags & S3D_ATOMIC_NO_CLOBBER) != 0)
        return err;
      err = link_temporary (file);
      if (err != 0)
        return err;
    }

  if ((file->flags & S3D_ATOMIC_NO_CLOBBER) != 0)
    err = rename_new (file->dir, file->temporary, file->name);
  else
    err = renameat (file->dir, file->temporary, file->dir, file->name) == 0 ? 0 : errno;
  if (err == 0)
    g_clear_pointer (&file->temporary, g_free);

  return err;
}

/* A new file takes the place of the old: it gets its mode (without set-id, which writing would have cleared) and,
 * where we may, its owner. */
static int
copy_mode (S3dAtomicFile *file)
{
  mode_t mode = file->stat.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO | S_ISVTX);
  struct stat mine;

  if (!file->exists)
    return 0;
  if (fstat (file->fd, &mine) != 0)
    return errno;

  if ((mine.st_uid != file->stat.st_uid || mine.st_gid != file->stat.st_gid)
      && fchown (file->fd, file->stat.st_uid, file->stat.st_gid) != 0 && errno != EPERM && errno != EINVAL)
    return errno;
  if ((mine.st_mode & 07777) != mode && fchmod (file->fd, mode) != 0)
    return errno;

  return 0;
}

static int
set_mtime (int fd, gint64 mtime)
{
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

  if (mtime == S3D_TIME_UNKNOWN)
    return 0;

  times[1].tv_sec = (time_t) s3d_time_to_seconds (mtime, 8 * sizeof (time_t), &times[1].tv_nsec);
  return futimens (fd, times) == 0 ? 0 : errno;
}

/* Errors of writes that the kernel had put off (NFS, quotas) come from close(). */
static int
close_fd (S3dAtomicFile *file)
{
  int fd = file->fd;

  file->fd = -1;
  return close (fd) == 0 || errno == EINTR ? 0 : errno;
}

static int
commit_in_place (S3dAtomicFile *file)
{
  if ((file->flags & S3D_ATOMIC_NO_CLOBBER) != 0)
    return EEXIST;
  if ((file->flags & S3D_ATOMIC_FSYNC) != 0 && fsync (file->fd) != 0 && errno != EINVAL && errno != EROFS)
    return errno;

  return close_fd (file);
}

static int
commit_file (S3dAtomicFile *file, gint64 mtime)
{
  gboolean sync = (file->flags & S3D_ATOMIC_FSYNC) != 0;
  int err = copy_mode (file);

  if (err == 0)
    err = set_mtime (file->fd, mtime);
  if (err == 0 && sync && fsync (file->fd) != 0)
    err = errno;
  /* A nameless file is gone once closed; a named one can tell here that its writes failed, before it is published. */
  if (err == 0 && file->temporary != NULL)
    err = close_fd (file);
  if (err == 0)
    err = publish (file);
  if (err == 0 && sync)
    err = s3d_path_sync_dirs (file->target, file->made);

  return err;
}

gboolean
s3d_atomic_file_commit (S3dAtomicFile *file, gint64 mtime, GError **error)
{
  int err = file->dir < 0 ? commit_in_place (file) : commit_file (file, mtime);

  if (err == EEXIST)
    s3d_error_set_about (error, S3DLIO_ERROR_EXISTS, file->path, "exists already");
  else if (err != 0)
    s3d_error_set_path (error, err, "write", file->path);

  s3d_atomic_file_discard (file);
  return err == 0;
}

void
s3d_atomic_file_discard (S3dAtomicFile *file)
{
  if (file->temporary != NULL)
    (void) unlinkat (file->dir, file->temporary, 0);
  file_free (file);
}

void
s3d_atomic_file_keep (S3dAtomicFile *file)
{
  file_free (file);
}

int
s3d_atomic_file_get_dir (S3dAtomicFile *file)
{
  return file->dir;
}

const char *
s3d_atomic_file_get_name (S3dAtomicFile *file)
{
  return file->name;
}

/* --- renaming --- */

static int
rename_file (const char *from, const char *to, S3dAtomicFlags flags)
{
  if ((flags & S3D_ATOMIC_NO_CLOBBER) != 0)
    return rename_new (AT_FDCWD, from, to);

  return rename (from, to) == 0 ? 0 : errno;
}

gboolean
s3d_atomic_rename (const char *from, const char *to, S3dAtomicFlags flags, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (to);
  guint made = 0;
  int err = rename_file (from, to, flags);

  if (err == ENOENT && (flags & S3D_ATOMIC_MAKE_PARENTS) != 0)
    err = s3d_path_make_dirs (dir, &made) ? rename_file (from, to, flags) : errno;
  if (err == 0 && (flags & S3D_ATOMIC_FSYNC) != 0)
    err = s3d_path_sync_dirs (to, made);
  if (err == 0 && (flags & S3D_ATOMIC_FSYNC) != 0)
    err = s3d_path_sync_dirs (from, 0);
  if (err == 0)
    return TRUE;

  if (err == EEXIST && (flags & S3D_ATOMIC_NO_CLOBBER) != 0)
    s3d_error_set_about (error, S3DLIO_ERROR_EXISTS, to, "exists already");
  else if (err == EXDEV)
    g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "it takes a copy to another file system");
  else
    s3d_error_set_path (error, err, "rename to", to);
  return FALSE;
}

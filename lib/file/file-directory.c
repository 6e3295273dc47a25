/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A directory as a list of sorted names. Object stores sort by the bytes of whole keys, where a directory is a name
 * with a "/" behind it: "a-b" < "a/…" < "a0". So the names carry that slash, and what an entry is has to be known
 * before it is sorted. The kernel says so for nearly all; only symbolic links, and entries of file systems that do not
 * tell, cost a stat. Devices, FIFOs, sockets and links to nowhere are left out, and so are the temporary names of
 * atomic files, which a list of unfinished uploads is about.
 *
 * One thread at a time. At most one descriptor, which can be given back between two uses. */

#include "config.h"

#include "file/file-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EVERY 1024 /* entries between two looks at whether the op was cancelled */

typedef enum
{
  ENTRY_NONE,
  ENTRY_FILE,
  ENTRY_DIRECTORY
} Entry;

static Entry
entry_of_mode (mode_t mode)
{
  if (S_ISDIR (mode))
    return ENTRY_DIRECTORY;

  return S_ISREG (mode) || S_ISLNK (mode) ? ENTRY_FILE : ENTRY_NONE;
}

static Entry
entry_of (int fd, const struct dirent *dirent, gboolean no_follow)
{
  struct stat stat;

  switch (dirent->d_type)
    {
    case DT_REG:
      return ENTRY_FILE;
    case DT_DIR:
      return ENTRY_DIRECTORY;
    case DT_LNK:
    case DT_UNKNOWN:
      if (fstatat (fd, dirent->d_name, &stat, no_follow ? AT_SYMLINK_NOFOLLOW : 0) != 0)
        return ENTRY_NONE;
      return entry_of_mode (stat.st_mode);
    default:
      return ENTRY_NONE;
    }
}

static gboolean
is_wanted (const char *name, const char *filter)
{
  return strcmp (name, ".") != 0 && strcmp (name, "..") != 0 && g_str_has_prefix (name, filter);
}

/* Of unfinished uploads there are the temporary files alone, of all else everything but these. */
static gboolean
is_listed (const char *name, Entry entry, const S3dOp *op)
{
  gboolean temporary = s3d_atomic_file_is_temporary (name);

  if (op->kind != S3D_OP_UPLOAD_LIST || entry == ENTRY_DIRECTORY)
    return entry != ENTRY_NONE && !temporary;

  return entry == ENTRY_FILE && temporary;
}

static void
add_name (S3dFileDirectory *directory, const char *name, Entry entry)
{
  char slashed[sizeof ((struct dirent *) NULL)->d_name + 1];
  gsize length = strlen (name);

  memcpy (slashed, name, length);
  if (entry == ENTRY_DIRECTORY)
    slashed[length++] = '/';
  slashed[length] = '\0';
  g_ptr_array_add (directory->names, g_string_chunk_insert_len (directory->chunk, slashed, (gssize) length));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
read_names (S3dFileDirectory *directory, DIR *stream, const char *filter, gboolean no_follow, S3dOp *op, GError **error)
{
  for (guint i = 0;; i++)
    {
      const struct dirent *dirent;
      Entry entry;

      if (i % LOOK_EVERY == 0 && !s3d_op_goes_on (op, error))
        return FALSE;

      errno = 0;
      dirent = readdir (stream);
      if (dirent == NULL && errno == 0)
        return TRUE;
      if (dirent == NULL)
        {
          s3d_error_set_path (error, errno, "list", directory->path);
          return FALSE;
        }

      if (!is_wanted (dirent->d_name, filter))
        continue;
      entry = entry_of (directory->fd, dirent, no_follow);
      if (is_listed (dirent->d_name, entry, op))
        add_name (directory, dirent->d_name, entry);
    }
}

static int
open_directory (const char *path)
{
  return open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A stream with a descriptor of its own, which goes when it is closed. */
static DIR *
open_stream (int fd)
{
  int own = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  DIR *stream = own >= 0 ? fdopendir (own) : NULL;
  int saved = errno;

  if (own >= 0 && stream == NULL)
    close (own);
  errno = saved;

  return stream;
}

S3dFileDirectory *
s3d_file_directory_read (const char *path, const char *filter, gboolean no_follow, S3dOp *op, GError **error)
{
  g_autoptr (S3dFileDirectory) directory = g_new0 (S3dFileDirectory, 1);
  struct stat stat;
  DIR *stream;
  gboolean complete;

  directory->path = g_strdup (path);
  directory->names = g_ptr_array_new ();
  directory->chunk = g_string_chunk_new (4096);
  directory->fd = open_directory (path);
  stream = directory->fd >= 0 && fstat (directory->fd, &stat) == 0 ? open_stream (directory->fd) : NULL;
  if (stream == NULL)
    {
      s3d_error_set_path (error, errno, "list", path);
      return NULL;
    }

  directory->device = stat.st_dev;
  directory->inode = stat.st_ino;
  complete = read_names (directory, stream, filter, no_follow, op, error);
  closedir (stream);
  if (!complete)
    return NULL;

  g_ptr_array_sort (directory->names, compare_names);

  return g_steal_pointer (&directory);
}

gboolean
s3d_file_directory_stat (S3dFileDirectory *directory, const char *name, gboolean no_follow, struct stat *stat)
{
  if (directory->fd < 0)
    directory->fd = open_directory (directory->path);
  if (directory->fd < 0 || fstatat (directory->fd, name, stat, no_follow ? AT_SYMLINK_NOFOLLOW : 0) != 0)
    return FALSE;

  return entry_of_mode (stat->st_mode) == ENTRY_FILE;
}

void
s3d_file_directory_rest (S3dFileDirectory *directory)
{
  if (directory->fd >= 0)
    close (directory->fd);
  directory->fd = -1;
}

void
s3d_file_directory_free (gpointer data)
{
  S3dFileDirectory *directory = data;

  s3d_file_directory_rest (directory);
  g_free (directory->path);
  g_ptr_array_unref (directory->names);
  g_string_chunk_free (directory->chunk);
  g_free (directory);
}

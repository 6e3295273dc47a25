/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of requests: bytes, borrowed memory, or a piece of a file. Immutable after they are made and read without
 * a position of their own, so that any threads may read one at once. Borrowed memory and descriptors outlive the
 * source; a slice keeps the whole that it is of. */

#include "config.h"

#include "base/base-source.h"

#include "base/base-error.h"
#include "base/base-path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct _S3dSource
{
  gatomicrefcount refs;
  GBytes *bytes;       /* keeps @memory */
  const guint8 *memory; /* NULL: a file */
  int fd;
  gboolean owns_fd;
  guint64 offset;
  guint64 length;
  S3dSource *whole; /* of a slice */
  char *path;       /* nullable: of a whole file, which must stay as it was found */
  struct stat found;
};

static S3dSource *
source_new (const guint8 *memory, guint64 length)
{
  S3dSource *source = g_new0 (S3dSource, 1);

  g_atomic_ref_count_init (&source->refs);
  source->memory = memory;
  source->length = length;
  source->fd = -1;
  return source;
}

/* NULL means a file, so that nothing needs an address too. */
static const guint8 *
address_of (gconstpointer data)
{
  return data != NULL ? data : (gconstpointer) "";
}

S3dSource *
s3d_source_new_bytes (GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  S3dSource *source = source_new (address_of (data), size);

  source->bytes = g_bytes_ref (bytes);
  return source;
}

S3dSource *
s3d_source_new_memory (gconstpointer data, gsize size)
{
  return source_new (address_of (data), size);
}

S3dSource *
s3d_source_new_file (int fd, guint64 offset, guint64 length)
{
  S3dSource *source = source_new (NULL, length);

  source->fd = fd;
  source->offset = offset;
  return source;
}

S3dSource *
s3d_source_new_path_take (int fd, const char *path, const struct stat *found)
{
  S3dSource *source = s3d_source_new_file (fd, 0, (guint64) found->st_size);

  source->owns_fd = TRUE;
  source->path = g_strdup (path);
  source->found = *found;
  return source;
}

S3dSource *
s3d_source_new_slice (S3dSource *whole, guint64 offset, guint64 length)
{
  S3dSource *source = source_new (NULL, length);

  g_assert (offset <= whole->length && length <= whole->length - offset);

  source->whole = s3d_source_ref (whole);
  if (whole->memory != NULL)
    source->memory = whole->memory + offset;
  source->fd = whole->fd;
  source->offset = whole->offset + offset;
  return source;
}

S3dSource *
s3d_source_ref (S3dSource *source)
{
  g_atomic_ref_count_inc (&source->refs);
  return source;
}

void
s3d_source_unref (S3dSource *source)
{
  if (!g_atomic_ref_count_dec (&source->refs))
    return;

  g_clear_pointer (&source->bytes, g_bytes_unref);
  g_clear_pointer (&source->whole, s3d_source_unref);
  g_free (source->path);
  if (source->owns_fd)
    close (source->fd);
  g_free (source);
}

guint64
s3d_source_get_length (S3dSource *source)
{
  return source->length;
}

gconstpointer
s3d_source_peek (S3dSource *source)
{
  return source->memory;
}

gboolean
s3d_source_check_file (int fd, const char *path, const struct stat *found, GError **error)
{
  struct stat now;

  if (fstat (fd, &now) != 0)
    {
      s3d_error_set_path (error, errno, "read", path);
      return FALSE;
    }
  if (s3d_path_is_unchanged (found, &now))
    return TRUE;

  s3d_error_set_about (error, S3DLIO_ERROR_INTEGRITY, path, "changed while it was read");
  return FALSE;
}

/* The source that is the whole file behind this one. */
static const S3dSource *
root_of (const S3dSource *source)
{
  while (source->whole != NULL)
    source = source->whole;

  return source;
}

static char *
name_of (const S3dSource *source)
{
  const S3dSource *root = root_of (source);

  return root->path != NULL ? g_filename_display_name (root->path) : g_strdup ("the file");
}

static gssize
read_file (S3dSource *source, guint64 offset, guint8 *buffer, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size)
    {
      ssize_t n = pread (source->fd, buffer + done, size - done, (off_t) (source->offset + offset + done));
      g_autofree char *name = NULL;

      if (n > 0)
        {
          done += (gsize) n;
          continue;
        }
      if (n < 0 && errno == EINTR)
        continue;
      name = name_of (source);
      if (n < 0)
        s3d_error_set_errno (error, errno, "cannot read %s at %" G_GUINT64_FORMAT, name,
                             source->offset + offset + done);
      else
        g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                     "%s changed while it was read: it ends at %" G_GUINT64_FORMAT ", not at %" G_GUINT64_FORMAT, name,
                     source->offset + offset + done, source->offset + source->length);
      return -1;
    }

  return (gssize) done;
}

gssize
s3d_source_read (S3dSource *source, guint64 offset, gpointer buffer, gsize size, GError **error)
{
  const S3dSource *root = root_of (source);
  gssize n;

  if (offset >= source->length)
    return 0;

  size = (gsize) MIN ((guint64) MIN (size, G_MAXSSIZE), source->length - offset);
  if (source->memory != NULL)
    {
      memcpy (buffer, source->memory + offset, size);
      return (gssize) size;
    }

  n = read_file (source, offset, buffer, size, error);
  if (n < 0 || root->path == NULL || offset + size < source->length)
    return n;

  return s3d_source_check_file (root->fd, root->path, &root->found, error) ? n : -1;
}

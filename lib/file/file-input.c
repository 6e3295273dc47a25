/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file that is read: opened, found to be what was asked for, and at the end found to be the same still.
 *
 * Regular files and block devices have a size, and can be read anywhere. Files of /proc say that they are empty and are
 * not: their end tells. FIFOs, terminals and other devices are streams, with neither size nor place: they can be
 * copied, but are no objects to read ranges of. Streams are never waited for in the kernel, so that cancelling works.
 * One thread at a time; the descriptor is the input's, the path its URI's. */

#include "config.h"

#include "base/base-memory.h"
#include "base/base-path.h"
#include "file/file-private.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define BUFFER_SIZE (256 * 1024) /* small enough to stay in the processor's cache between read and write */
#define WAIT_BYTES_MSEC 50

static gboolean
check_kind (const char *path, const struct stat *stat, gboolean streams, GError **error)
{
  if (S_ISREG (stat->st_mode) || S_ISBLK (stat->st_mode))
    return TRUE;
  if (streams && (S_ISFIFO (stat->st_mode) || S_ISCHR (stat->st_mode)))
    return TRUE;

  if (S_ISDIR (stat->st_mode))
    s3d_error_set_about (error, S3DLIO_ERROR_NOT_FOUND, path, "is a directory");
  else
    s3d_error_set_about (error, S3DLIO_ERROR_UNSUPPORTED, path, "is neither a file nor a block device");

  return FALSE;
}

static gint64
find_size (const S3dFileInput *input)
{
  char byte;

  if (input->stream)
    return -1;
  if (!S_ISREG (input->stat.st_mode))
    return lseek (input->fd, 0, SEEK_END);
  if (input->stat.st_size > 0)
    return input->stat.st_size;

  return pread (input->fd, &byte, 1, 0) > 0 ? -1 : 0;
}

gboolean
s3d_file_input_open (S3dFileInput *input, S3dlioUri *uri, const char *if_match, gboolean streams, GError **error)
{
  input->path = s3dlio_uri_get_key (uri);
  if (stat (input->path, &input->stat) != 0)
    {
      s3d_error_set_path (error, errno, "read", input->path);
      return FALSE;
    }
  if (!check_kind (input->path, &input->stat, streams, error))
    return FALSE;

  input->fd = s3d_path_open (input->path);
  if (input->fd < 0 || fstat (input->fd, &input->stat) != 0)
    {
      s3d_error_set_path (error, errno, "read", input->path);
      return FALSE;
    }
  if (!check_kind (input->path, &input->stat, streams, error)
      || !s3d_file_check_match (input->path, &input->stat, if_match, error))
    return FALSE;

  input->stream = S_ISFIFO (input->stat.st_mode) || S_ISCHR (input->stat.st_mode);
  input->size = find_size (input);

  return TRUE;
}

/* TRUE: there are bytes, or the end, or an error. A FIFO that nobody has written to yet is waited for too. */
static gboolean
wait_for_bytes (S3dFileInput *input, S3dOp *op, GError **error)
{
  struct pollfd pollfd = { .fd = input->fd, .events = POLLIN };

  while (s3d_op_goes_on (op, error))
    {
      if (poll (&pollfd, 1, WAIT_BYTES_MSEC) > 0)
        return TRUE;
    }

  return FALSE;
}

gssize
s3d_file_input_read (S3dFileInput *input, S3dOp *op, gpointer buffer, gsize size, guint64 offset, GError **error)
{
  ssize_t n;

  do
    {
      if (input->stream && !wait_for_bytes (input, op, error))
        return -1;
      n = input->stream ? read (input->fd, buffer, size) : pread (input->fd, buffer, size, (off_t) offset);
    }
  while (n < 0 && (errno == EINTR || (errno == EAGAIN && input->stream)));

  if (n < 0)
    s3d_error_set_path (error, errno, "read", input->path);

  return n;
}

gboolean
s3d_file_input_check (S3dFileInput *input, const char *if_match, GError **error)
{
  struct stat now;

  if (input->stream)
    return TRUE;

  if (fstat (input->fd, &now) != 0)
    {
      s3d_error_set_path (error, errno, "read", input->path);
      return FALSE;
    }

  if (s3d_path_is_unchanged (&input->stat, &now))
    return TRUE;

  s3d_error_set_about (error, if_match != NULL ? S3DLIO_ERROR_PRECONDITION : S3DLIO_ERROR_INTEGRITY, input->path,
                      "changed while it was read");

  return FALSE;
}

void
s3d_file_input_clear (S3dFileInput *input)
{
  if (input->fd >= 0)
    close (input->fd);
  input->fd = -1;
}

gboolean
s3d_file_buffer_alloc (S3dFileBuffer *buffer, guint64 wanted, GError **error)
{
  if (buffer->data != NULL)
    return TRUE;

  buffer->size = (gsize) CLAMP (wanted, 1, BUFFER_SIZE);
  buffer->data = s3d_memory_alloc (buffer->size, error);

  return buffer->data != NULL;
}

void
s3d_file_buffer_clear (S3dFileBuffer *buffer)
{
  if (buffer->data != NULL)
    s3d_memory_free (buffer->data, buffer->size);
  buffer->data = NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file that is written, whole or not at all (base/base-file.h): the directories above it are made, and what is there
 * is replaced at the end, if the conditions of the op still hold. Between the last look at If-Match and the rename
 * there is a moment in which others may write: file systems have no such condition. No-clobber has no such moment.
 *
 * What cannot seek (FIFO, terminal) is written in order, without ever waiting in the kernel, so that cancelling works.
 * One thread at a time, but for s3d_file_output_write() into a file that seeks. */

#include "config.h"

#include "base/base-time.h"
#include "file/file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define WRITE_PIECE (8 * S3D_FILE_PIECE)
#define WAIT_READER_USEC 20000
#define WAIT_ROOM_MSEC 50

gboolean
s3d_file_check_target (const char *path, const char *if_match, GError **error)
{
  struct stat now;

  if (if_match == NULL)
    return TRUE;

  if (stat (path, &now) != 0)
    {
      s3d_error_set_path (error, errno, "replace", path);
      return FALSE;
    }

  return s3d_file_check_match (path, &now, if_match, error);
}

/* A descriptor that keeps the FIFO open until ours is, or -1: nothing to wait for, or @error. */
static int
wait_for_reader (const char *path, S3dOp *op, GError **error)
{
  struct stat now;
  int fd = -1;

  if (stat (path, &now) != 0 || !S_ISFIFO (now.st_mode))
    return -1;

  while (s3d_op_goes_on (op, error))
    {
      fd = open (path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0 || errno != ENXIO)
        break;
      g_usleep (WAIT_READER_USEC);
    }

  return fd;
}

static void
look_at (S3dFileOutput *output)
{
  struct stat now;

  output->fd = s3d_atomic_file_get_fd (output->file);
  output->in_order = !s3d_atomic_file_can_seek (output->file);
  output->regular = fstat (output->fd, &now) == 0 && S_ISREG (now.st_mode);

  /* Opened by us alone, so that the flag is nobody else's. */
  if (output->in_order)
    (void) fcntl (output->fd, F_SETFL, fcntl (output->fd, F_GETFL) | O_NONBLOCK);
}

gboolean
s3d_file_output_open (S3dFileOutput *output, S3dOp *op, gboolean no_clobber, GError **error)
{
  const char *path = s3dlio_uri_get_key (op->target);
  S3dAtomicFlags flags = S3D_ATOMIC_MAKE_PARENTS;
  g_autoptr (GError) stopped = NULL;
  int reader;

  if (g_str_has_suffix (path, "/"))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "names a directory, not a file");
      return FALSE;
    }

  if (op->store->settings->fsync)
    flags |= S3D_ATOMIC_FSYNC;
  if (op->kind == S3D_OP_COPY)
    flags |= S3D_ATOMIC_EXECUTABLE;
  if (no_clobber)
    flags |= S3D_ATOMIC_NO_CLOBBER;

  reader = no_clobber ? -1 : wait_for_reader (path, op, &stopped);
  if (stopped != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&stopped));
      return FALSE;
    }

  output->file = s3d_atomic_file_open (path, flags, error);
  if (reader >= 0)
    close (reader);
  if (output->file == NULL)
    return FALSE;

  output->path = g_strdup (path);
  look_at (output);

  return TRUE;
}

/* How much of it was written; 0: there is no room yet. */
static gssize
write_some (S3dFileOutput *output, const guint8 *data, gsize size, guint64 offset, GError **error)
{
  struct pollfd pollfd = { .fd = output->fd, .events = POLLOUT };
  ssize_t n = output->in_order ? write (output->fd, data, size) : pwrite (output->fd, data, size, (off_t) offset);

  if (n > 0 || (n < 0 && errno == EINTR))
    return MAX (n, 0);

  if (n < 0 && errno == EAGAIN)
    {
      (void) poll (&pollfd, 1, WAIT_ROOM_MSEC);
      return 0;
    }

  s3d_error_set_path (error, n == 0 ? ENOSPC : errno, "write", output->path);

  return -1;
}

gboolean
s3d_file_output_write (S3dFileOutput *output, S3dOp *op, gconstpointer data, gsize size, guint64 offset, GError **error)
{
  const guint8 *bytes = data;

  while (size > 0)
    {
      gssize n = s3d_op_goes_on (op, error) ? write_some (output, bytes, MIN (size, WRITE_PIECE), offset, error) : -1;

      if (n < 0)
        return FALSE;

      bytes += n;
      size -= (gsize) n;
      offset += (guint64) n;
      op->facts.bytes += (guint64) n;
    }

  return TRUE;
}

gboolean
s3d_file_output_send (S3dFileOutput *output, S3dOp *op, S3dSource *source, guint64 offset, GError **error)
{
  g_auto (S3dFileBuffer) buffer = { NULL, 0 };
  guint64 length = source != NULL ? s3d_source_get_length (source) : 0;
  gconstpointer memory = source != NULL ? s3d_source_peek (source) : NULL;

  if (length == 0)
    return TRUE;
  if (memory != NULL)
    return s3d_file_output_write (output, op, memory, (gsize) length, offset, error);
  if (!s3d_file_buffer_alloc (&buffer, length, error))
    return FALSE;

  for (guint64 at = 0; at < length;)
    {
      gssize n = s3d_source_read (source, at, buffer.data, buffer.size, error);

      if (n == 0)
        g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "the source ended before its length");
      if (n <= 0 || !s3d_file_output_write (output, op, buffer.data, (gsize) n, offset + at, error))
        return FALSE;
      at += (guint64) n;
    }

  return TRUE;
}

gboolean
s3d_file_output_commit (S3dFileOutput *output, S3dOp *op, const char *if_match, GError **error)
{
  g_autofree char *uri = s3dlio_uri_to_string (op->target);
  gboolean done = s3d_file_check_target (output->path, if_match, error);
  struct stat now;
  int fd;

  if (!done)
    {
      s3d_file_output_clear (output);
      return FALSE;
    }

  /* What the file has become is known when all is done, and by its name it might be another's already. */
  fd = fcntl (output->fd, F_DUPFD_CLOEXEC, 0);
  done = s3d_atomic_file_commit (g_steal_pointer (&output->file), S3D_TIME_UNKNOWN, error);
  if (done && fd >= 0 && fstat (fd, &now) == 0)
    {
      g_clear_pointer (&op->info, s3dlio_object_info_unref);
      op->info = s3d_file_info (S3DLIO_OBJECT_TYPE_OBJECT, uri, &now);
    }
  if (fd >= 0)
    close (fd);
  s3d_file_output_clear (output);

  return done;
}

void
s3d_file_output_clear (S3dFileOutput *output)
{
  g_clear_pointer (&output->file, s3d_atomic_file_discard);
  g_clear_pointer (&output->path, g_free);
  output->fd = -1;
}

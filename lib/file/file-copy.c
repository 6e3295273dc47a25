/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* COPY: one file into another, in the kernel where it can: as a clone that shares its blocks (FICLONE, see
 * ioctl_ficlone(2)), else by copy_file_range(2), which servers of network file systems do on their side, else by
 * reading and writing. Holes stay holes. The copy is a new file: what the source's permissions and the umask allow,
 * and its own time unless the op preserves that of the source. Runs on the range pool; cancelling is seen between
 * pieces. */

#include "config.h"

#include "file/file-private.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define KERNEL_PIECE (16 * S3D_FILE_PIECE)

static gboolean
is_beyond_kernel (int err)
{
  return err == EXDEV || err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == EPERM || err == EBADF
         || err == ETXTBSY;
}

/* How much was copied; 0: do it by hand. */
static gssize
copy_in_kernel (S3dFileCopy *copy, guint64 from, guint64 to, guint64 length, GError **error)
{
  off_t in = (off_t) from;
  off_t out = (off_t) to;
  ssize_t n;

  do
    n = copy_file_range (copy->input->fd, &in, copy->output->fd, &out, (gsize) MIN (length, KERNEL_PIECE), 0);
  while (n < 0 && errno == EINTR);

  if (n > 0)
    {
      copy->op->facts.bytes += (guint64) n;
      return n;
    }
  if (n == 0 || is_beyond_kernel (errno))
    return 0;

  s3d_error_set_path (error, errno, "write", copy->output->path);

  return -1;
}

/* How much was copied; 0: the source ends here. */
static gssize
copy_by_hand (S3dFileCopy *copy, guint64 from, guint64 to, guint64 length, GError **error)
{
  gssize n;

  if (!s3d_file_buffer_alloc (&copy->buffer, length, error))
    return -1;

  n = s3d_file_input_read (copy->input, copy->op, copy->buffer.data, (gsize) MIN (length, copy->buffer.size), from,
                           error);
  if (n > 0 && !s3d_file_output_write (copy->output, copy->op, copy->buffer.data, (gsize) n, to, error))
    return -1;

  return n;
}

gboolean
s3d_file_copy_bytes (S3dFileCopy *copy, guint64 from, guint64 to, guint64 length, GError **error)
{
  guint64 done = 0;

  while (done < length)
    {
      gssize n = 0;

      if (!s3d_op_goes_on (copy->op, error))
        return FALSE;
      if (!copy->by_hand)
        n = copy_in_kernel (copy, from + done, to + done, length - done, error);
      if (n == 0)
        {
          copy->by_hand = TRUE;
          n = copy_by_hand (copy, from + done, to + done, length - done, error);
        }
      if (n == 0)
        s3d_error_set_about (error, S3DLIO_ERROR_INTEGRITY, copy->input->path, "shrank while it was read");
      if (n <= 0)
        return FALSE;

      done += (guint64) n;
    }

  return TRUE;
}

/* The data between the holes. */
static gboolean
copy_sparse (S3dFileCopy *copy, GError **error)
{
  off_t size = (off_t) copy->input->size;
  off_t at = 0;

  while (at < size)
    {
      off_t data = lseek (copy->input->fd, at, SEEK_DATA);
      off_t hole = data >= 0 ? lseek (copy->input->fd, data, SEEK_HOLE) : -1;

      if (data < 0 && errno == ENXIO)
        break;
      if (data < 0)
        data = at;
      if (hole <= data)
        hole = size;
      if (!s3d_file_copy_bytes (copy, (guint64) data, (guint64) data, (guint64) (MIN (hole, size) - data), error))
        return FALSE;
      at = hole;
    }

  if (ftruncate (copy->output->fd, size) == 0)
    return TRUE;

  s3d_error_set_path (error, errno, "write", copy->output->path);

  return FALSE;
}

/* Until the end of what does not tell its size. */
static gboolean
copy_to_end (S3dFileCopy *copy, GError **error)
{
  guint64 at = 0;
  gssize n;

  do
    {
      n = s3d_op_goes_on (copy->op, error) ? copy_by_hand (copy, at, at, S3D_FILE_PIECE, error) : -1;
      at += (guint64) MAX (n, 0);
    }
  while (n > 0);

  return n == 0;
}

static gboolean
copy_body (S3dFileCopy *copy, GError **error)
{
  gint64 size = copy->input->size;

  if (size < 0)
    return copy_to_end (copy, error);

  copy->by_hand = copy->output->in_order;
  if (!copy->output->regular || !S_ISREG (copy->input->stat.st_mode))
    return s3d_file_copy_bytes (copy, 0, 0, (guint64) size, error);

  if (size > 0 && ioctl (copy->output->fd, FICLONE, copy->input->fd) == 0)
    {
      copy->op->facts.bytes += (guint64) size;
      return TRUE;
    }

  return copy_sparse (copy, error);
}

static gboolean
check_not_same (S3dOp *op, const S3dFileInput *input, GError **error)
{
  const char *path = s3dlio_uri_get_key (op->target);
  struct stat there;

  if (stat (path, &there) != 0 || there.st_ino != input->stat.st_ino || there.st_dev != input->stat.st_dev)
    return TRUE;

  s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "would be copied onto itself");

  return FALSE;
}

/* Shares of other systems, and file systems in user space, may keep no modes. */
static gboolean
set_mode (int fd, mode_t mode)
{
  return fchmod (fd, mode) == 0 || errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;
}

/* Before the first byte, so that nobody may read in the copy what he may not in the source. One that replaces a file
 * gets that one's mode in the end. */
static gboolean
limit_mode (const S3dFileCopy *copy, GError **error)
{
  const mode_t from = copy->input->stat.st_mode;
  const mode_t allowed = S_ISREG (from) ? from & (S_IRWXU | S_IRWXG | S_IRWXO) : 0666;
  struct stat now;

  if (!copy->output->regular)
    return TRUE;
  if (fstat (copy->output->fd, &now) == 0
      && ((now.st_mode & 0777 & ~allowed) == 0 || set_mode (copy->output->fd, now.st_mode & allowed)))
    return TRUE;

  s3d_error_set_path (error, errno, "set the mode of", copy->output->path);

  return FALSE;
}

static gboolean
keep_time (const S3dFileCopy *copy, GError **error)
{
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, copy->input->stat.st_mtim };

  if (!copy->op->preserve_mtime || !copy->output->regular || copy->input->stream)
    return TRUE;
  if (futimens (copy->output->fd, times) == 0)
    return TRUE;

  s3d_error_set_path (error, errno, "set the time of", copy->output->path);

  return FALSE;
}

/* What was committed has all of it. */
static gboolean
check_size (const S3dOp *op, const S3dFileInput *input, GError **error)
{
  gint64 size = op->info != NULL ? s3dlio_object_info_get_size (op->info) : -1;

  if (size < 0 || input->size < 0 || size == input->size)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
               "%" G_GINT64_FORMAT " bytes were copied, but the copy has %" G_GINT64_FORMAT, input->size, size);

  return FALSE;
}

gboolean
s3d_file_run_copy (S3dOp *op, GError **error)
{
  g_auto (S3dFileInput) input = S3D_FILE_INPUT_INIT;
  g_auto (S3dFileOutput) output = { .fd = -1 };
  S3dFileCopy copy = { .op = op, .input = &input, .output = &output };
  gboolean copied;

  if (!s3d_file_input_open (&input, op->from, op->if_match, TRUE, error) || !check_not_same (op, &input, error)
      || !s3d_file_output_open (&output, op, op->no_clobber, error))
    return FALSE;

  copied = limit_mode (&copy, error) && copy_body (&copy, error);
  s3d_file_buffer_clear (&copy.buffer);

  return copied && s3d_file_input_check (&input, op->if_match, error) && keep_time (&copy, error)
         && s3d_file_output_commit (&output, op, NULL, error) && check_size (op, &input, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* READ: bytes of a file, through the page cache, into a sink; straight into its memory where it has some. Ranges have
 * the meaning of RFC 9110, 14, but that an offset at the very end gives nothing. A file of unknown size is given whole,
 * as by a server that does not know ranges. Runs on the range pool; the sink is the op's. */

#include "config.h"

#include "file/file-private.h"

#include <fcntl.h>

static gboolean
plan_range (S3dOp *op, const S3dFileInput *input, GError **error)
{
  gint64 size = input->size;
  g_autofree char *predicate = NULL;

  op->total = size;
  if (size < 0)
    return TRUE;

  if (op->offset > size)
    {
      predicate = g_strdup_printf ("has %" G_GINT64_FORMAT " bytes, fewer than the offset %" G_GINT64_FORMAT, size,
                                   op->offset);
      s3d_error_set_about (error, S3DLIO_ERROR_RANGE, input->path, predicate);
      return FALSE;
    }

  op->range_offset = op->offset >= 0 ? op->offset : MAX (size + op->offset, 0);
  op->range_length = size - op->range_offset;
  if (op->length >= 0)
    op->range_length = MIN (op->range_length, op->length);

  return TRUE;
}

static gboolean
refuse_short (S3dOp *op, const S3dFileInput *input, gint64 at, GError **error)
{
  g_autofree char *predicate = NULL;

  predicate = g_strdup_printf ("shrank: it ends at %" G_GINT64_FORMAT ", not at %" G_GINT64_FORMAT, at, input->size);
  s3d_error_set_about (error, op->if_match != NULL ? S3DLIO_ERROR_PRECONDITION : S3DLIO_ERROR_INTEGRITY, input->path,
                      predicate);

  return FALSE;
}

/* The next bytes at @at, at most @wanted: how many, 0 at the end, -1 with @error. */
static gssize
send_piece (S3dOp *op, S3dFileInput *input, S3dFileBuffer *buffer, gint64 at, gsize wanted, GError **error)
{
  gsize room = wanted;
  gpointer place = s3d_sink_get_buffer (op->sink, &room);
  gssize n;

  if (place == NULL && !s3d_file_buffer_alloc (buffer, wanted, error))
    return -1;

  room = MIN (wanted, place != NULL ? room : buffer->size);
  n = s3d_file_input_read (input, op, place != NULL ? place : buffer->data, room, (guint64) at, error);
  if (n > 0 && place != NULL)
    s3d_sink_commit (op->sink, (gsize) n);
  else if (n > 0 && !s3d_sink_write (op->sink, buffer->data, (gsize) n, error))
    return -1;

  return n;
}

static gboolean
send_body (S3dOp *op, S3dFileInput *input, GError **error)
{
  g_auto (S3dFileBuffer) buffer = { NULL, 0 };
  gint64 at = op->range_offset;
  gint64 end = op->range_length >= 0 ? at + op->range_length : G_MAXINT64;

  if (!s3d_sink_begin (op->sink, op->range_length, error))
    return FALSE;

  if (op->range_length > S3D_FILE_PIECE)
    (void) posix_fadvise (input->fd, at, op->range_length, POSIX_FADV_SEQUENTIAL);

  while (at < end)
    {
      gssize n = s3d_op_goes_on (op, error)
                   ? send_piece (op, input, &buffer, at, (gsize) MIN (end - at, S3D_FILE_PIECE), error)
                   : -1;

      if (n < 0)
        return FALSE;
      if (n == 0 && op->range_length >= 0)
        return refuse_short (op, input, at, error);
      if (n == 0)
        break;

      at += n;
      op->facts.bytes += (guint64) n;
    }

  return s3d_file_input_check (input, op->if_match, error);
}

gboolean
s3d_file_run_read (S3dOp *op, GError **error)
{
  g_auto (S3dFileInput) input = S3D_FILE_INPUT_INIT;
  g_autofree char *uri = NULL;

  if (!s3d_file_input_open (&input, op->target, op->if_match, FALSE, error) || !plan_range (op, &input, error))
    return FALSE;

  uri = s3dlio_uri_to_string (op->target);
  g_clear_pointer (&op->info, s3dlio_object_info_unref);
  op->info = s3d_file_info (S3DLIO_OBJECT_TYPE_OBJECT, uri, &input.stat);
  op->facts.first_byte = g_get_monotonic_time ();

  if (op->ready != NULL && !op->ready (op, op->ready_data, error))
    return FALSE;

  return op->sink == NULL || send_body (op, &input, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading: GetObject, whole or a range, and HeadObject.
 *
 * What an answer says about its range is believed only when it fits what was asked and how much comes: a server or
 * cache that sends other bytes gives an INTEGRITY error, never wrong data. One that ignores the range and sends the
 * whole object with a 200 is reported as what it is, for the caller to cut.
 *
 * Follows RFC 9110 §14 and https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html. Runs on a loop thread.
 */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

#define BULK_READ (512 * 1024)

static gboolean refuse (S3dS3Job *job, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The transport passes on what it is told here as it is. */
static gboolean
refuse (S3dS3Job *job, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  const char *request_id = s3d_http_request_get_response_header (job->request, "x-amz-request-id");
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "%s; request id %s (HTTP %u, %s)", text,
               request_id != NULL ? request_id : "none", s3d_http_request_get_status (job->request),
               job->place->origin);
  return FALSE;
}

static gboolean
is_ranged (const S3dOp *op)
{
  return op->offset != 0 || op->length >= 0;
}

/* As far as that can be told: of the last bytes there may be fewer. */
static gboolean
is_asked_for (const S3dOp *op, gint64 first, gint64 last, gint64 total)
{
  const gint64 length = last - first + 1;

  if (op->offset < 0)
    return (total < 0 || last == total - 1) && (length == -op->offset || (first == 0 && length < -op->offset));
  return first == op->offset && (op->length < 0 || length <= op->length);
}

static gboolean
take_range (S3dS3Job *job, gint64 content_length, GError **error)
{
  S3dOp *op = job->op;
  const char *text = s3d_http_request_get_response_header (job->request, "content-range");
  gint64 first, last, total;

  if (!is_ranged (op))
    return refuse (job, error, "a part of the object came where all of it was asked for");
  if (!s3d_s3_parse_content_range (text, &first, &last, &total) || first < 0)
    return refuse (job, error, "a Content-Range that cannot be read: %s", text != NULL ? text : "none");
  if (!is_asked_for (op, first, last, total))
    return refuse (job, error, "asked for %" G_GINT64_FORMAT " bytes at %" G_GINT64_FORMAT ", got Content-Range %s",
                   op->length, op->offset, text);
  if (content_length >= 0 && content_length != last - first + 1)
    return refuse (job, error, "Content-Range %s with a Content-Length of %" G_GINT64_FORMAT, text, content_length);
  op->total = total;
  op->range_offset = first;
  op->range_length = last - first + 1;
  return TRUE;
}

static gboolean
read_headers (S3dS3Job *job, GError **error)
{
  S3dOp *op = job->op;
  guint status = s3d_http_request_get_status (job->request);
  gint64 content_length = s3d_http_request_get_content_length (job->request);

  if (status == 206)
    {
      if (!take_range (job, content_length, error))
        return FALSE;
    }
  else
    {
      op->range_offset = 0;
      op->range_length = op->total = content_length;
    }

  g_clear_pointer (&op->info, s3dlio_object_info_unref);
  op->info = s3d_s3_info_from_headers (job, op->total);
  if (op->ready != NULL && !op->ready (op, op->ready_data, error))
    return FALSE;
  if (op->sink == NULL)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "there is nowhere to put the object's bytes");
      return FALSE;
    }
  s3d_http_request_set_sink (job->request, op->sink);
  return TRUE;
}

/* The transport compares with Content-Length; this holds for answers without one, too. */
static gboolean
read_ended (S3dS3Job *job, GError **error)
{
  S3dOp *op = job->op;

  if (*error != NULL || op->sink == NULL || op->range_length < 0 || op->sink->written == (guint64) op->range_length)
    return FALSE;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
               "%" G_GUINT64_FORMAT " bytes came of %" G_GINT64_FORMAT " (%s)", op->sink->written, op->range_length,
               job->place->origin);
  op->resumable = TRUE;
  return FALSE;
}

static const S3dS3Verb read_verb = { .method = "GET", .headers = read_headers, .ended = read_ended };

void
s3d_s3_start_read (S3dStore *store, S3dOp *op)
{
  const gint64 most = op->offset < 0 ? -op->offset : op->length;

  op->total = op->range_length = -1;
  S3dS3Job *job = s3d_s3_job_new (store, op, &read_verb, op->target->key, NULL);
  s3d_s3_job_require_key (job);
  if (is_ranged (op))
    {
      char range[64];

      if (op->length >= 0)
        g_snprintf (range, sizeof range, "bytes=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, op->offset,
                    op->offset + MIN (op->length - 1, G_MAXINT64 - op->offset));
      else
        g_snprintf (range, sizeof range, "bytes=%" G_GINT64_FORMAT "%s", op->offset, op->offset < 0 ? "" : "-");
      s3d_http_request_set_header (job->request, "range", range);
    }
  s3d_s3_job_set_etag (job, "if-match", op->if_match);
  s3d_http_request_set_stall_timeout (job->request, op->stall_ms);
  s3d_http_request_set_bulk (job->request, most == -1 || most >= BULK_READ);
  s3d_s3_job_start (job);
}

static S3dHttpVerdict
stat_answer (S3dS3Job *job, GError **error)
{
  S3dOp *op = job->op;

  if (!s3d_s3_check_sum_header (job, error))
    return S3D_HTTP_FINAL;
  if (*op->target->key != '\0')
    op->info = s3d_s3_info_from_headers (job, s3d_http_request_get_content_length (job->request));
  else
    {
      g_autofree char *uri = s3d_uri_root (op->target);

      op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_CONTAINER, uri, -1, S3D_TIME_UNKNOWN, NULL);
    }
  return S3D_HTTP_FINAL;
}

static const S3dS3Verb stat_verb = { .method = "HEAD", .answer = stat_answer };

void
s3d_s3_start_stat (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &stat_verb, op->target->key, NULL);

  if (op->sum.known)
    s3d_http_request_set_header (job->request, "x-amz-checksum-mode", "ENABLED");
  s3d_s3_job_start (job);
}

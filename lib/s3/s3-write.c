/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing one object in one request.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html. Runs on a loop thread.
 */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

/* A condition that fails after a lost answer may fail because of what this very request wrote. */
static gboolean
write_ended (S3dS3Job *job, GError **error)
{
  if (g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS) && s3d_s3_job_attempts (job) > 1)
    g_prefix_error (error, "an earlier attempt, whose answer was lost, may have written it: ");
  return FALSE;
}

static S3dHttpVerdict
write_answer (S3dS3Job *job, GError **error)
{
  S3dOp *op = job->op;
  const char *version = s3d_http_request_get_response_header (job->request, "x-amz-version-id");
  g_autofree char *etag = s3d_s3_etag_from_headers (job->request);
  g_autofree char *uri = s3dlio_uri_to_string (op->target);
  guint64 size = s3d_source_get_length (op->source);
  /* Whatever said 200 (a portal, a proxy) did not store it: mv would delete the source. */
  if (etag == NULL)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service took the object without giving an ETag");
      return S3D_HTTP_FINAL;
    }
  if (!s3d_s3_check_sum_header (job, error))
    return S3D_HTTP_FINAL;
  op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, (gint64) size, S3D_TIME_UNKNOWN, etag);
  if (version != NULL)
    s3d_object_info_set_attribute (op->info, "version-id", version);
  return S3D_HTTP_FINAL;
}

static const S3dS3Verb write_verb = { .method = "PUT", .answer = write_answer, .ended = write_ended };

void
s3d_s3_start_write (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &write_verb, op->target->key, NULL);
  s3d_s3_job_require_key (job);
  s3d_s3_job_set_attributes (job, op->attributes);
  if (op->no_clobber)
    s3d_http_request_set_header (job->request, "if-none-match", "*");
  s3d_s3_job_set_etag (job, "if-match", op->if_match);
  s3d_s3_job_set_body (job);
  s3d_s3_job_start (job);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing one object in one request.
 *
 * Ceph RGW 16 compares the If-Match of a PUT, with its quotes, with an ETag that has none, and refuses whatever is
 * there, also when there is nothing. So one HEAD looks into a refusal. Where it is Ceph that answers, and the ETag is
 * the one that was asked for, the condition goes once more, without quotes, which every release of Ceph understands; to
 * this endpoint all later ones go so. The decision stays the service's.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html. Runs on a loop thread. */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

static const S3dS3Verb look_verb;

/* A condition that fails after a lost answer may fail because of what this very request wrote. */
static gboolean
write_ended (S3dS3Job *job, GError **error)
{
  gboolean refused = g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);

  if ((refused || g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS)) && s3d_s3_job_was_sent_before (job))
    g_prefix_error (error, "an earlier attempt, whose answer was lost, may have written it: ");
  if (!refused || job->op->if_match == NULL || job->store->endpoint->amazon || job->step > 0)
    return FALSE;
  job->error = g_steal_pointer (error);
  s3d_s3_job_again (job, &look_verb);
  return TRUE;
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
s3d_s3_job_set_target_etag (S3dS3Job *job)
{
  const char *etag = job->op->if_match;

  job->bare_etag = g_atomic_int_get (&job->store->bare_etags) || g_strcmp0 (etag, "*") == 0;
  if (etag != NULL && job->bare_etag && s3d_s3_is_header_value (etag))
    s3d_http_request_set_header (job->request, "if-match", etag);
  else
    s3d_s3_job_set_etag (job, "if-match", etag);
}

static void
prepare_write (S3dS3Job *job)
{
  s3d_s3_job_set_attributes (job, job->op->attributes);
  if (job->op->no_clobber)
    s3d_http_request_set_header (job->request, "if-none-match", "*");
  s3d_s3_job_set_target_etag (job);
  s3d_s3_job_set_body (job);
}

static S3dHttpVerdict
look_answer (S3dS3Job *job, G_GNUC_UNUSED GError **error)
{
  g_autofree char *etag = s3d_s3_etag_from_headers (job->request);

  if (s3d_http_request_get_response_header (job->request, "x-rgw-object-type") != NULL
      && g_strcmp0 (etag, job->op->if_match) == 0)
    g_atomic_int_set (&job->store->bare_etags, TRUE);
  return S3D_HTTP_FINAL;
}

/* It was refused for good, unless look_answer() has found the reason. */
static gboolean
look_ended (S3dS3Job *job, GError **error)
{
  /* That there is none is what other services say at once. */
  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND))
    return FALSE;
  if (*error == NULL && !job->bare_etag && g_atomic_int_get (&job->store->bare_etags))
    {
      g_clear_error (&job->error);
      s3d_s3_job_again (job, &write_verb);
      prepare_write (job);
      return TRUE;
    }
  g_clear_error (error);
  *error = g_steal_pointer (&job->error);
  return FALSE;
}

static const S3dS3Verb look_verb = { .method = "HEAD", .answer = look_answer, .ended = look_ended };

void
s3d_s3_start_write (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &write_verb, op->target->key, NULL);

  s3d_s3_job_require_key (job);
  prepare_write (job);
  s3d_s3_job_start (job);
}

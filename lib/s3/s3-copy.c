/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copying inside the service: an object in one request, or a range of one as a part of an upload.
 *
 * Not every service heeds If-None-Match on a copy, and one that does not would overwrite in silence. So a copy that
 * may not replace anything looks first, with a HEAD, and sends the condition all the same: where it is heeded,
 * nothing slips in between. The condition on the source is sent under two names, as Ceph RGW reads it under one of
 * its own.
 *
 * Ceph RGW 16 heeds no condition on the source of a part, and decodes its name twice: "a%41" copies "aA", and "a%/b"
 * ends the gateway's process. So of all but Amazon parts are taken to be copied blindly, and none are asked of a source
 * with a "%" in its key.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and
 * API_UploadPartCopy.html. Runs on a loop thread. */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

#include <string.h>

typedef struct
{
  char *etag;
  gint64 mtime;
} Result;

static void
read_copy_element (const char *path, const char *text, gpointer data)
{
  Result *result = data;

  if (strcmp (path, "ETag") == 0)
    {
      g_free (result->etag);
      result->etag = s3d_s3_parse_etag (text);
    }
  else if (strcmp (path, "LastModified") == 0)
    result->mtime = s3d_time_parse_rfc3339 (text);
}

/* Both answers have the same fields; @root is of the document. */
static S3dHttpVerdict
read_result (S3dS3Job *job, const char *root, Result *result, GError **error)
{
  *result = (Result){ .mtime = S3D_TIME_UNKNOWN };
  return s3d_s3_job_read_document (job, root, read_copy_element, result, error);
}

static S3dHttpVerdict
copy_answer (S3dS3Job *job, GError **error)
{
  Result result;
  S3dHttpVerdict verdict = read_result (job, "CopyObjectResult", &result, error);
  g_autofree char *etag = result.etag;
  g_autofree char *uri = s3dlio_uri_to_string (job->op->target);
  const char *version = s3d_http_request_get_response_header (job->request, "x-amz-version-id");

  if (*error != NULL)
    return verdict;
  job->op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, -1, result.mtime, etag);
  if (version != NULL)
    s3d_object_info_set_attribute (job->op->info, "version-id", version);
  return verdict;
}

static const S3dS3Verb copy_verb = { .method = "PUT", .answer = copy_answer };

static void
set_copy_source (S3dS3Job *job)
{
  S3dOp *op = job->op;
  g_autofree char *source = s3d_s3_copy_source (op->from->container, op->from->key);

  s3d_http_request_set_header (job->request, "x-amz-copy-source", source);
}

static void
prepare_copy (S3dS3Job *job)
{
  S3dOp *op = job->op;

  set_copy_source (job);
  s3d_s3_job_set_etag (job, "x-amz-copy-source-if-match", op->if_match);
  if (!job->store->endpoint->amazon)
    s3d_s3_job_set_etag (job, "x-amz-copy-if-match", op->if_match);
  if (op->no_clobber)
    s3d_http_request_set_header (job->request, "if-none-match", "*");
  if (op->attributes != NULL)
    s3d_http_request_set_header (job->request, "x-amz-metadata-directive", "REPLACE");
  s3d_s3_job_set_attributes (job, op->attributes);
}

static S3dHttpVerdict
look_answer (S3dS3Job *job, GError **error)
{
  g_autofree char *uri = s3dlio_uri_to_string (job->op->target);

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "%s exists already", uri);
  return S3D_HTTP_FINAL;
}

static gboolean
look_ended (S3dS3Job *job, GError **error)
{
  if (*error != NULL)
    return FALSE;
  s3d_s3_job_again (job, &copy_verb);
  prepare_copy (job);
  *error = g_steal_pointer (&job->error);
  return *error == NULL;
}

static const S3dS3Verb look_verb = {
  .method = "HEAD", .answer = look_answer, .forgive = s3d_s3_job_forgive_missing, .ended = look_ended
};

void
s3d_s3_start_copy (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, op->no_clobber ? &look_verb : &copy_verb, op->target->key, NULL);

  s3d_s3_job_require_key (job);
  if (!op->no_clobber && job->error == NULL)
    prepare_copy (job);
  s3d_s3_job_start (job);
}

/* --- parts --- */

S3dPartCopy
s3d_s3_part_copy (S3dStore *store, S3dlioUri *from)
{
  if (((S3dS3Store *) store)->endpoint->amazon)
    return S3D_PART_COPY_HELD;
  return strchr (from->key, '%') == NULL ? S3D_PART_COPY_BLIND : S3D_PART_COPY_NONE;
}

static S3dHttpVerdict
part_answer (S3dS3Job *job, GError **error)
{
  Result result;
  S3dHttpVerdict verdict = read_result (job, "CopyPartResult", &result, error);
  g_autofree char *etag = result.etag;

  if (*error == NULL && etag == NULL)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service copied part %u without giving an ETag",
                 job->op->part_number);
  g_free (job->op->etag);
  job->op->etag = g_steal_pointer (&etag);
  return verdict;
}

static const S3dS3Verb part_verb = { .method = "PUT", .answer = part_answer };

void
s3d_s3_start_upload_part_copy (S3dStore *store, S3dOp *op)
{
  g_autofree char *query = s3d_s3_upload_query (op);
  S3dS3Job *job = s3d_s3_job_new (store, op, &part_verb, op->target->key, query);
  g_autofree char *range = g_strdup_printf ("bytes=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, op->offset,
                                            op->offset + op->length - 1);

  s3d_http_request_set_header (job->request, "x-amz-copy-source-range", range);
  set_copy_source (job);
  if (job->store->endpoint->amazon)
    s3d_s3_job_set_etag (job, "x-amz-copy-source-if-match", op->if_match);
  s3d_s3_job_start (job);
}

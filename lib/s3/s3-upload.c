/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multipart uploads: begin, part, complete, abort.
 *
 * A complete whose answer is lost is sent again, and then the upload is gone, or the condition that the target be
 * missing fails, or (Ceph RGW 16) the completion is said to be under way for ever. One look at the object then tells
 * whether it is what this upload would have made (the ETag is that of its parts), and that is success.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html. Runs on a loop thread. */

#include "config.h"

#include "base/base-crc32c.h"
#include "base/base-digest.h"
#include "base/base-time.h"
#include "base/base-xml.h"
#include "s3/s3-private.h"

#include <string.h>

#define MD5_SIZE 16

char *
s3d_s3_upload_query (const S3dOp *op)
{
  g_autoptr (GString) query = g_string_new (NULL);

  if (op->kind == S3D_OP_UPLOAD_PART || op->kind == S3D_OP_UPLOAD_PART_COPY)
    g_string_append_printf (query, "partNumber=%u&", op->part_number);
  g_string_append (query, "uploadId=");
  s3d_uri_encode (query, op->upload_id, FALSE);
  return g_string_free (g_steal_pointer (&query), FALSE);
}

/* --- begin --- */

static void
read_begin_element (const char *path, const char *text, gpointer data)
{
  S3dOp *op = data;

  if (strcmp (path, "UploadId") != 0 || *text == '\0')
    return;
  g_free (op->upload_id);
  op->upload_id = g_strdup (text);
}

static S3dHttpVerdict
begin_answer (S3dS3Job *job, GError **error)
{
  S3dHttpVerdict verdict =
      s3d_s3_job_read_document (job, "InitiateMultipartUploadResult", read_begin_element, job->op, error);

  job->op->whole_sum =
      g_strcmp0 (s3d_http_request_get_response_header (job->request, "x-amz-checksum-type"), "FULL_OBJECT") == 0;
  if (*error == NULL && job->op->upload_id == NULL)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service began an upload without an UploadId");
  return verdict;
}

static const S3dS3Verb begin_verb = { .method = "POST", .answer = begin_answer };

void
s3d_s3_start_upload_begin (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &begin_verb, op->target->key, "uploads");

  s3d_s3_job_require_key (job);
  s3d_s3_job_set_attributes (job, op->attributes);
  if (job->store->endpoint->checksums && op->from == NULL)
    {
      s3d_http_request_set_header (job->request, "x-amz-checksum-algorithm", "CRC32C");
      s3d_http_request_set_header (job->request, "x-amz-checksum-type", "FULL_OBJECT");
    }
  s3d_s3_job_start (job);
}

/* --- part --- */

static S3dHttpVerdict
part_answer (S3dS3Job *job, GError **error)
{
  g_free (job->op->etag);
  job->op->etag = s3d_s3_etag_from_headers (job->request);
  if (job->op->etag == NULL)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service took part %u without giving an ETag",
                 job->op->part_number);
  else
    s3d_s3_check_sum_header (job, error);
  return S3D_HTTP_FINAL;
}

static const S3dS3Verb part_verb = { .method = "PUT", .answer = part_answer };

void
s3d_s3_start_upload_part (S3dStore *store, S3dOp *op)
{
  g_autofree char *query = s3d_s3_upload_query (op);
  S3dS3Job *job = s3d_s3_job_new (store, op, &part_verb, op->target->key, query);

  s3d_s3_job_set_body (job);
  s3d_s3_job_start (job);
}

/* --- complete --- */

/* What the ETag of the object will be, when those of the parts are MD5s; else NULL. */
static char *
expected_etag (const S3dOp *op)
{
  guint n = op->part_etags->len;
  g_autofree guint8 *digests = g_malloc ((gsize) n * MD5_SIZE);

  for (guint i = 0; i < n; i++)
    {
      const char *etag = g_ptr_array_index (op->part_etags, i);

      if (strlen (etag) != 2 * MD5_SIZE)
        return NULL;
      for (guint k = 0; k < MD5_SIZE; k++)
        {
          int byte = s3d_unhex (etag + 2 * k);

          if (byte < 0)
            return NULL;
          digests[i * MD5_SIZE + k] = (guint8) byte;
        }
    }
  g_autofree char *base64 = s3d_md5_base64 (digests, (gsize) n * MD5_SIZE);
  gsize size;
  g_autofree guint8 *digest = g_base64_decode (base64, &size);
  char hex[2 * MD5_SIZE + 1];
  s3d_hex (digest, MIN (size, MD5_SIZE), hex);
  return g_strdup_printf ("%s-%u", hex, n);
}

typedef struct
{
  char *etag; /* Ceph RGW gives an empty one now and then */
  char *checksum;
} Completed;

static void
completed_clear (Completed *completed)
{
  g_free (completed->etag);
  g_free (completed->checksum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Completed, completed_clear)

static void
read_complete_element (const char *path, const char *text, gpointer data)
{
  Completed *completed = data;

  if (strcmp (path, "ETag") == 0)
    {
      g_free (completed->etag);
      completed->etag = s3d_s3_parse_etag (text);
    }
  else if (strcmp (path, "ChecksumCRC32C") == 0)
    {
      g_free (completed->checksum);
      completed->checksum = g_strdup (text);
    }
}

static S3dHttpVerdict
complete_answer (S3dS3Job *job, GError **error)
{
  g_auto (Completed) completed = { NULL, NULL };
  g_autofree char *uri = s3dlio_uri_to_string (job->op->target);
  S3dHttpVerdict verdict =
      s3d_s3_job_read_document (job, "CompleteMultipartUploadResult", read_complete_element, &completed, error);
  const char *version = s3d_http_request_get_response_header (job->request, "x-amz-version-id");

  if (*error != NULL || !s3d_s3_check_sum (job->op, completed.checksum, error))
    return verdict;
  job->op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, -1, S3D_TIME_UNKNOWN, completed.etag);
  if (version != NULL)
    s3d_object_info_set_attribute (job->op->info, "version-id", version);
  return verdict;
}

static S3dHttpVerdict
look_answer (S3dS3Job *job, GError **error)
{
  g_autofree char *expected = expected_etag (job->op);
  g_autofree char *etag = s3d_s3_etag_from_headers (job->request);

  if (expected != NULL && g_strcmp0 (expected, etag) == 0)
    {
      g_clear_error (&job->error);
      job->op->info = s3d_s3_info_from_headers (job, s3d_http_request_get_content_length (job->request));
    }
  return S3D_HTTP_FINAL;
}

/* It was as it seemed, unless look_answer() has found the object. */
static gboolean
look_ended (S3dS3Job *job, GError **error)
{
  g_clear_error (error);
  if (job->error != NULL)
    g_prefix_error (&job->error, "an earlier attempt, whose answer was lost, may have completed it: ");
  *error = g_steal_pointer (&job->error);
  return FALSE;
}

static const S3dS3Verb look_verb = { .method = "HEAD", .answer = look_answer, .ended = look_ended };

static gboolean
complete_ended (S3dS3Job *job, GError **error)
{
  gboolean answered = s3d_http_request_get_status (job->request) != 0;

  if (*error == NULL || !s3d_s3_job_was_sent_before (job) || !answered || (*error)->domain != S3DLIO_ERROR)
    return FALSE;
  job->error = g_steal_pointer (error);
  s3d_s3_job_again (job, &look_verb);
  return TRUE;
}

static const S3dS3Verb complete_verb = { .method = "POST", .answer = complete_answer, .ended = complete_ended };

static void
append_sum (GString *xml, guint32 crc)
{
  char text[S3D_CRC32C_TEXT_SIZE];

  s3d_crc32c_to_text (crc, text);
  g_string_append_printf (xml, "<ChecksumCRC32C>%s</ChecksumCRC32C>", text);
}

/* The service computes it, too, and the size, and refuses to join parts that come to anything else. */
static void
set_whole_sum (S3dS3Job *job)
{
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, job->op->sum.size);

  s3d_http_request_set_header (job->request, "x-amz-checksum-type", "FULL_OBJECT");
  s3d_http_request_set_header (job->request, "x-amz-mp-object-size", size);
  s3d_s3_set_sum (job, job->op->sum.crc32c, job->op->sum.size);
}

void
s3d_s3_start_upload_complete (S3dStore *store, S3dOp *op)
{
  g_autofree char *query = s3d_s3_upload_query (op);
  S3dS3Job *job = s3d_s3_job_new (store, op, &complete_verb, op->target->key, query);
  gboolean summed = s3d_s3_join_sums (op);
  GString *xml = g_string_new ("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

  for (guint i = 0; i < op->part_etags->len; i++)
    {
      g_string_append_printf (xml, "<Part><PartNumber>%u</PartNumber><ETag>&quot;", i + 1);
      s3d_xml_append_escaped (xml, g_ptr_array_index (op->part_etags, i));
      g_string_append (xml, "&quot;</ETag>");
      if (summed)
        append_sum (xml, g_array_index (op->part_sums, S3dSum, i).crc32c);
      g_string_append (xml, "</Part>");
    }
  g_string_append (xml, "</CompleteMultipartUpload>");
  s3d_s3_job_set_xml (job, xml);
  if (summed && op->whole_sum)
    set_whole_sum (job);
  if (op->no_clobber)
    s3d_http_request_set_header (job->request, "if-none-match", "*");
  s3d_s3_job_set_target_etag (job);
  s3d_s3_job_start (job);
}

/* --- abort --- */

static gboolean
abort_forgive (S3dS3Job *job, const S3dS3Failure *failure)
{
  return s3d_s3_failure_is (failure, "NoSuchUpload");
}

static const S3dS3Verb abort_verb = { .method = "DELETE", .forgive = abort_forgive };

void
s3d_s3_start_upload_abort (S3dStore *store, S3dOp *op)
{
  g_autofree char *query = s3d_s3_upload_query (op);

  s3d_s3_job_start (s3d_s3_job_new (store, op, &abort_verb, op->target->key, query));
}

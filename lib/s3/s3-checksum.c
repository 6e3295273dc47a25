/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checksums that go with what is written: CRC32C, in a header, as it is known before the request is sent. The hash that
 * the signature covers, where it is wanted, is computed in the same pass over the body.
 *
 * A part has its own, and the whole that of its parts combined. Services from before 2025 know, of an upload, only the
 * COMPOSITE kind: the CRC32C of the parts' CRC32Cs, with "-" and their number; what they tell is compared all the same.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html. Runs on the
 * thread that the job is on. */

#include "config.h"

#include "base/base-crc32c.h"
#include "base/base-digest.h"
#include "s3/s3-private.h"

#include <string.h>

#define HEADER "x-amz-checksum-crc32c"
#define PIECE (256 * 1024)

void
s3d_s3_set_sum (S3dS3Job *job, guint32 crc, guint64 size)
{
  char text[S3D_CRC32C_TEXT_SIZE];

  s3d_crc32c_to_text (crc, text);
  s3d_http_request_set_header (job->request, HEADER, text);
  job->op->sum = (S3dSum){ .known = TRUE, .crc32c = crc, .size = size };
}

static gboolean
wants_hash (const S3dS3Job *job)
{
  switch (job->store->parent.settings->sign_payload)
    {
    case S3D_ALWAYS:
      return TRUE;
    case S3D_NEVER:
      return FALSE;
    case S3D_AUTO:
    default:
      return !job->store->endpoint->tls;
    }
}

gboolean
s3d_s3_hash_body (S3dS3Job *job, GError **error)
{
  S3dSource *source = s3d_http_request_get_source (job->request);
  guint64 length = s3d_source_get_length (source);
  const char *memory = s3d_source_peek (source);
  g_autofree char *buffer = memory == NULL ? g_malloc (PIECE) : NULL;
  S3dSha256 *sha = wants_hash (job) ? s3d_sha256_new () : NULL;
  guint8 digest[S3D_SHA256_SIZE];
  guint64 offset = 0;
  guint32 crc = 0;

  while (offset < length && !s3d_op_is_cancelled (job->op))
    {
      gssize n = (gssize) MIN (length - offset, PIECE);

      if (memory == NULL)
        n = s3d_source_read (source, offset, buffer, (gsize) n, error);
      if (n <= 0)
        break;
      const char *piece = memory != NULL ? memory + offset : buffer;
      if (sha != NULL)
        s3d_sha256_update (sha, piece, (gsize) n);
      if (job->wants_sum)
        crc = s3d_crc32c (crc, piece, (gsize) n);
      offset += (guint64) n;
    }
  if (sha != NULL)
    {
      s3d_sha256_free (sha, digest);
      s3d_hex (digest, sizeof digest, job->payload_hash);
    }
  if (job->wants_sum)
    s3d_s3_set_sum (job, crc, length);
  return offset == length;
}

gboolean
s3d_s3_hash_body_at_once (S3dS3Job *job, guint64 limit)
{
  S3dSource *source = s3d_http_request_get_source (job->request);
  guint64 length = source != NULL ? s3d_source_get_length (source) : 0;
  gboolean quick = length <= limit && (length == 0 || s3d_source_peek (source) != NULL);

  strcpy (job->payload_hash, length == 0 ? S3D_SHA256_EMPTY_HEX : S3D_UNSIGNED_PAYLOAD);
  if (source == NULL || (!job->wants_sum && (length == 0 || !wants_hash (job))))
    return TRUE;
  return quick && s3d_s3_hash_body (job, NULL);
}

gboolean
s3d_s3_join_sums (S3dOp *op)
{
  S3dSum whole = { .known = op->part_sums != NULL && op->part_sums->len == op->part_etags->len };

  for (guint i = 0; whole.known && i < op->part_sums->len; i++)
    {
      const S3dSum *part = &g_array_index (op->part_sums, S3dSum, i);

      whole.known = part->known;
      whole.crc32c = s3d_crc32c_combine (whole.crc32c, part->crc32c, part->size);
      whole.size += part->size;
    }
  op->sum = whole;
  return whole.known;
}

static char *
composite (const GArray *parts)
{
  char text[S3D_CRC32C_TEXT_SIZE];
  guint32 crc = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      guint32 part = GUINT32_TO_BE (g_array_index (parts, S3dSum, i).crc32c);

      crc = s3d_crc32c (crc, &part, sizeof part);
    }
  s3d_crc32c_to_text (crc, text);
  return g_strdup_printf ("%s-%u", text, parts->len);
}

gboolean
s3d_s3_check_sum (const S3dOp *op, const char *told, GError **error)
{
  char text[S3D_CRC32C_TEXT_SIZE];

  if (told == NULL || !op->sum.known)
    return TRUE;
  s3d_crc32c_to_text (op->sum.crc32c, text);
  g_autofree char *of_parts = op->part_sums != NULL ? composite (op->part_sums) : NULL;
  if (strcmp (told, text) == 0 || g_strcmp0 (told, of_parts) == 0)
    return TRUE;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
               "the service has the CRC32C \"%s\" for what was sent with \"%s\"", told, text);
  return FALSE;
}

gboolean
s3d_s3_check_sum_header (S3dS3Job *job, GError **error)
{
  return s3d_s3_check_sum (job->op, s3d_http_request_get_response_header (job->request, HEADER), error);
}

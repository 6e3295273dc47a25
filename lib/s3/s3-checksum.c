/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checksums that go with what is written: CRC32C, in a header, as it is known before the request is sent.
 *
 * A part has its own, and the whole that of its parts combined. Services from before 2025 know, of an upload, only the
 * COMPOSITE kind: the CRC32C of the parts' CRC32Cs, with "-" and their number; what they tell is compared all the same.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html. Runs on the
 * thread that the job is on.
 */

#include "config.h"

#include "base/base-crc32c.h"
#include "s3/s3-private.h"

#include <string.h>

#define HEADER "x-amz-checksum-crc32c"

void
s3d_s3_set_sum (S3dS3Job *job, guint32 crc, guint64 size)
{
  char text[S3D_CRC32C_TEXT_SIZE];
  s3d_crc32c_to_text (crc, text);
  s3d_http_request_set_header (job->request, HEADER, text);
  job->op->sum = (S3dSum){ .known = TRUE, .crc32c = crc, .size = size };
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

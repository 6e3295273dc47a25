/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* WRITE: a whole file out of a source. Files hold bytes and a time: content type, metadata and the other attributes of
 * objects are not kept. Runs on the range pool. */

#include "config.h"

#include "file/file-private.h"

gboolean
s3d_file_run_write (S3dOp *op, GError **error)
{
  g_auto (S3dFileOutput) output = { .fd = -1 };

  /* Now, so that nothing is written in vain, and once more at the end. */
  return s3d_file_check_target (s3dlio_uri_get_key (op->target), op->if_match, error)
         && s3d_file_output_open (&output, op, op->no_clobber, error)
         && s3d_file_output_send (&output, op, op->source, 0, error)
         && s3d_file_output_commit (&output, op, op->if_match, error);
}

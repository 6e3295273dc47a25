/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Error construction shared by every floor. Thread-safe. */

#include <s3dlio/s3dlio-error.h>

/* Maps an errno to a code, the same way for every backend (ENOENT → NOT_FOUND, EACCES → DENIED,
 * ENOSPC/EDQUOT/EFBIG → NO_SPACE, EEXIST → EXISTS, ECONNRESET → NETWORK, …). */
S3dlioError s3d_error_code_from_errno (int err);

/* Sets @error to "<formatted>: <strerror (err)>" with the code of @err. */
void s3d_error_set_errno (GError **error, int err, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* The same of paths, as much as can be shown of one that is not UTF-8: "cannot <what> <path>: <strerror (err)>", and
 * "<path> <predicate>". */
void s3d_error_set_path (GError **error, int err, const char *what, const char *path);
void s3d_error_set_about (GError **error, S3dlioError code, const char *path, const char *predicate);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The error domain and the names of its codes.
 * Constants only: any thread, nothing to free. */

#include "config.h"

#include "s3dlio/s3dlio-error.h"

/**
 * s3dlio_error_quark:
 *
 * The error domain of the library, see %S3DLIO_ERROR.
 *
 * Returns: the quark
 *
 * Since: 0.9
 */
GQuark
s3dlio_error_quark (void)
{
  static gsize quark; /* G_DEFINE_QUARK() lets threads race */

  if (g_once_init_enter (&quark))
    g_once_init_leave (&quark, g_quark_from_static_string ("s3dlio-error-quark"));

  return (GQuark) quark;
}

static const char *const code_names[] = {
  [S3DLIO_ERROR_NOT_FOUND] = "not-found",
  [S3DLIO_ERROR_EXISTS] = "exists",
  [S3DLIO_ERROR_PRECONDITION] = "precondition",
  [S3DLIO_ERROR_DENIED] = "denied",
  [S3DLIO_ERROR_CREDENTIALS] = "credentials",
  [S3DLIO_ERROR_THROTTLED] = "throttled",
  [S3DLIO_ERROR_UNAVAILABLE] = "unavailable",
  [S3DLIO_ERROR_NETWORK] = "network",
  [S3DLIO_ERROR_TIMED_OUT] = "timed-out",
  [S3DLIO_ERROR_INTEGRITY] = "integrity",
  [S3DLIO_ERROR_RANGE] = "range",
  [S3DLIO_ERROR_INVALID] = "invalid",
  [S3DLIO_ERROR_UNSUPPORTED] = "unsupported",
  [S3DLIO_ERROR_NO_SPACE] = "no-space",
  [S3DLIO_ERROR_FAILED] = "failed",
};

/**
 * s3dlio_error_code_to_string:
 * @code: a code of %S3DLIO_ERROR
 *
 * The name of an error code as it stands in logs and in the command's JSON: "not-found", "timed-out".
 *
 * Returns: (transfer none): a constant string; "failed" for a code that this version does not know
 *
 * Since: 0.9
 */
const char *
s3dlio_error_code_to_string (S3dlioError code)
{
  const guint index = (guint) code;

  return index < G_N_ELEMENTS (code_names) ? code_names[index] : code_names[S3DLIO_ERROR_FAILED];
}

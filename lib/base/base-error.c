/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place where an errno becomes an error code, so that all backends map alike.
 * Any thread; keeps nothing. */

#include "config.h"

#include "base/base-error.h"

#include <errno.h>

/* All others are S3DLIO_ERROR_FAILED. */
static const struct
{
  int err;
  S3dlioError code;
} errnos[] = {
  { ENOENT, S3DLIO_ERROR_NOT_FOUND },
  { ENOTDIR, S3DLIO_ERROR_NOT_FOUND },
  { ESTALE, S3DLIO_ERROR_NOT_FOUND }, /* NFS: the file was removed under us */
  { EEXIST, S3DLIO_ERROR_EXISTS },
  { ENOTEMPTY, S3DLIO_ERROR_EXISTS },
  { EACCES, S3DLIO_ERROR_DENIED },
  { EPERM, S3DLIO_ERROR_DENIED },
  { EROFS, S3DLIO_ERROR_DENIED },
  { ENOSPC, S3DLIO_ERROR_NO_SPACE },
  { EDQUOT, S3DLIO_ERROR_NO_SPACE },
  { EFBIG, S3DLIO_ERROR_NO_SPACE },
  { ENOMEM, S3DLIO_ERROR_NO_SPACE },
  { ECONNREFUSED, S3DLIO_ERROR_NETWORK },
  { ECONNRESET, S3DLIO_ERROR_NETWORK },
  { ECONNABORTED, S3DLIO_ERROR_NETWORK },
  { ENOTCONN, S3DLIO_ERROR_NETWORK },
  { EPIPE, S3DLIO_ERROR_NETWORK },
  { ENETDOWN, S3DLIO_ERROR_NETWORK },
  { ENETUNREACH, S3DLIO_ERROR_NETWORK },
  { ENETRESET, S3DLIO_ERROR_NETWORK },
  { EHOSTDOWN, S3DLIO_ERROR_NETWORK },
  { EHOSTUNREACH, S3DLIO_ERROR_NETWORK },
  { ETIMEDOUT, S3DLIO_ERROR_TIMED_OUT },
  { EINVAL, S3DLIO_ERROR_INVALID },
  { EISDIR, S3DLIO_ERROR_INVALID },
  { ELOOP, S3DLIO_ERROR_INVALID },
  { ENAMETOOLONG, S3DLIO_ERROR_INVALID },
  { EILSEQ, S3DLIO_ERROR_INVALID },
  { ENOSYS, S3DLIO_ERROR_UNSUPPORTED },
  { EOPNOTSUPP, S3DLIO_ERROR_UNSUPPORTED },
  { ENOTSUP, S3DLIO_ERROR_UNSUPPORTED },
  { EXDEV, S3DLIO_ERROR_UNSUPPORTED },
};

S3dlioError
s3d_error_code_from_errno (int err)
{
  for (gsize i = 0; i < G_N_ELEMENTS (errnos); i++)
    {
      if (errnos[i].err == err)
        return errnos[i].code;
    }

  return S3DLIO_ERROR_FAILED;
}

void
s3d_error_set_errno (GError **error, int err, const char *format, ...)
{
  g_autofree char *what = NULL;
  g_autofree char *valid = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  valid = g_utf8_make_valid (what, -1); /* a path in it may be no text */
  g_set_error (error, S3DLIO_ERROR, (int) s3d_error_code_from_errno (err), "%s: %s", valid, g_strerror (err));
}

void
s3d_error_set_path (GError **error, int err, const char *what, const char *path)
{
  g_autofree char *name = g_filename_display_name (path);

  s3d_error_set_errno (error, err, "cannot %s %s", what, name);
}

void
s3d_error_set_about (GError **error, S3dlioError code, const char *path, const char *predicate)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, S3DLIO_ERROR, (int) code, "%s %s", name, predicate);
}

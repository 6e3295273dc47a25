/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place where an errno becomes an error code, so that all backends map alike.
 * Any thread; keeps nothing. */

#include "config.h"

#include <errno.h>

#include "base/base-error.h"

S3dlioError
s3d_error_code_from_errno (int err)
{
  switch (err)
    {
    case ENOENT:
    case ENOTDIR:
    case ESTALE: /* NFS: the file was removed under us */
      return S3DLIO_ERROR_NOT_FOUND;

    case EEXIST:
    case ENOTEMPTY:
      return S3DLIO_ERROR_EXISTS;

    case EACCES:
    case EPERM:
    case EROFS:
      return S3DLIO_ERROR_DENIED;

    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
      return S3DLIO_ERROR_NO_SPACE;

    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case EPIPE:
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
      return S3DLIO_ERROR_NETWORK;

    case ETIMEDOUT:
      return S3DLIO_ERROR_TIMED_OUT;

    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EILSEQ:
      return S3DLIO_ERROR_INVALID;

    case ENOSYS:
    case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP:
#endif
    case EXDEV:
      return S3DLIO_ERROR_UNSUPPORTED;

    default:
      return S3DLIO_ERROR_FAILED;
    }
}

void
s3d_error_set_errno (GError **error, int err, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, S3DLIO_ERROR, (int) s3d_error_code_from_errno (err), "%s: %s", what, g_strerror (err));
}

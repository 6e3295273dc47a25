/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3DLIO_ERROR:
 *
 * Error domain of the library; its codes are [error@S3dlio.Error]. A cancelled operation reports
 * %G_IO_ERROR_CANCELLED in %G_IO_ERROR instead, untouched.
 *
 * Since: 0.9
 */
#define S3DLIO_ERROR (s3dlio_error_quark ())

/**
 * S3dlioError:
 * @S3DLIO_ERROR_NOT_FOUND: the object or container does not exist
 * @S3DLIO_ERROR_EXISTS: it exists already, and the call asked that it should not
 * @S3DLIO_ERROR_PRECONDITION: it exists, but is not what If-Match (or the like) asked for
 * @S3DLIO_ERROR_DENIED: the credentials do not allow this
 * @S3DLIO_ERROR_CREDENTIALS: there are no credentials, or the service does not accept them
 * @S3DLIO_ERROR_THROTTLED: the service asked to slow down, and did so until the attempts were used
 * up
 * @S3DLIO_ERROR_UNAVAILABLE: the service failed (5xx) until the attempts were used up
 * @S3DLIO_ERROR_NETWORK: the service could not be reached, or the connection broke
 * @S3DLIO_ERROR_TIMED_OUT: no byte came for the stall timeout, or no connection for the connect
 * timeout
 * @S3DLIO_ERROR_INTEGRITY: what arrived is not what was sent: short, changed in between, or wrong
 * checksum
 * @S3DLIO_ERROR_RANGE: the offset lies behind the end of the object
 * @S3DLIO_ERROR_INVALID: an argument, URI, option or setting is wrong; the message names it
 * @S3DLIO_ERROR_UNSUPPORTED: the backend cannot do this
 * @S3DLIO_ERROR_NO_SPACE: the disk, quota or the caller's buffer is too small
 * @S3DLIO_ERROR_FAILED: anything else; the message says what
 *
 * What went wrong, in terms of what a caller can do about it. All backends map their own errors
 * alike.
 *
 * Since: 0.9
 */
typedef enum
{
  S3DLIO_ERROR_NOT_FOUND,
  S3DLIO_ERROR_EXISTS,
  S3DLIO_ERROR_PRECONDITION,
  S3DLIO_ERROR_DENIED,
  S3DLIO_ERROR_CREDENTIALS,
  S3DLIO_ERROR_THROTTLED,
  S3DLIO_ERROR_UNAVAILABLE,
  S3DLIO_ERROR_NETWORK,
  S3DLIO_ERROR_TIMED_OUT,
  S3DLIO_ERROR_INTEGRITY,
  S3DLIO_ERROR_RANGE,
  S3DLIO_ERROR_INVALID,
  S3DLIO_ERROR_UNSUPPORTED,
  S3DLIO_ERROR_NO_SPACE,
  S3DLIO_ERROR_FAILED
} S3dlioError;

S3DLIO_AVAILABLE_IN_0_9
GQuark s3dlio_error_quark (void);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_error_code_to_string (S3dlioError code);

G_END_DECLS

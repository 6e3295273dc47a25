/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Failures of S3: the XML of its errors, what its codes mean, and what can be done about them.
 *
 * Codes that are not in the table, and answers without one, mean what their HTTP status means. An error in the body
 * of a 200 is as good as a 500 then.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what Ceph RGW and MinIO add to it.
 * Pure functions; any thread. */

#include "config.h"

#include "s3/s3-error.h"

#include "base/base-xml.h"
#include "s3/s3-wire.h"

#include <string.h>

#define MAX_MESSAGE 400

typedef struct
{
  const char *code;
  S3dlioError meaning;
  S3dS3Cure cure;
} Code;

static const Code codes[] = {
  { "AccessDenied", S3DLIO_ERROR_DENIED, S3D_S3_CURE_NONE },
  { "AccountProblem", S3DLIO_ERROR_DENIED, S3D_S3_CURE_NONE },
  { "AllAccessDisabled", S3DLIO_ERROR_DENIED, S3D_S3_CURE_NONE },
  { "AuthorizationHeaderMalformed", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_REGION },
  { "BadDigest", S3DLIO_ERROR_INTEGRITY, S3D_S3_CURE_RESEND },
  { "BandwidthLimitExceeded", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "BucketAlreadyExists", S3DLIO_ERROR_EXISTS, S3D_S3_CURE_NONE },
  { "BucketAlreadyOwnedByYou", S3DLIO_ERROR_EXISTS, S3D_S3_CURE_NONE },
  { "BucketNotEmpty", S3DLIO_ERROR_PRECONDITION, S3D_S3_CURE_NONE },
  { "ConditionalRequestConflict", S3DLIO_ERROR_PRECONDITION, S3D_S3_CURE_RETRY },
  { "EntityTooLarge", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "EntityTooSmall", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "ExpiredToken", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_TOKEN },
  { "ExpiredTokenException", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_TOKEN },
  { "IllegalLocationConstraintException", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "IncompleteBody", S3DLIO_ERROR_INTEGRITY, S3D_S3_CURE_RETRY },
  { "InsufficientStorage", S3DLIO_ERROR_NO_SPACE, S3D_S3_CURE_NONE },
  { "InternalError", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY },
  { "InternalFailure", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY },
  { "InvalidAccessKeyId", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "InvalidArgument", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidBucketName", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidClientTokenId", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "InvalidDigest", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidLocationConstraint", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidObjectState", S3DLIO_ERROR_FAILED, S3D_S3_CURE_NONE },
  { "InvalidPart", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidPartOrder", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidRange", S3DLIO_ERROR_RANGE, S3D_S3_CURE_NONE },
  { "InvalidRequest", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidSecurity", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "InvalidStorageClass", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "InvalidToken", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "InvalidURI", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "KeyTooLongError", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "MalformedXML", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "MetadataTooLarge", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE },
  { "MethodNotAllowed", S3DLIO_ERROR_UNSUPPORTED, S3D_S3_CURE_NONE },
  { "MissingSecurityHeader", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "NoSuchBucket", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE },
  { "NoSuchKey", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE },
  { "NoSuchUpload", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE },
  { "NoSuchVersion", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE },
  { "NotImplemented", S3DLIO_ERROR_UNSUPPORTED, S3D_S3_CURE_NONE },
  { "NotSignedUp", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "OperationAborted", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY },
  { "PermanentRedirect", S3DLIO_ERROR_FAILED, S3D_S3_CURE_REGION },
  { "PreconditionFailed", S3DLIO_ERROR_PRECONDITION, S3D_S3_CURE_NONE },
  { "QuotaExceeded", S3DLIO_ERROR_NO_SPACE, S3D_S3_CURE_NONE },
  { "Redirect", S3DLIO_ERROR_FAILED, S3D_S3_CURE_REGION },
  { "RequestLimitExceeded", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "RequestThrottled", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "RequestTimeTooSkewed", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_CLOCK },
  { "RequestTimeout", S3DLIO_ERROR_TIMED_OUT, S3D_S3_CURE_RETRY },
  { "ServerBusy", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "ServiceUnavailable", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY },
  { "SignatureDoesNotMatch", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "SlowDown", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "SlowDownRead", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "SlowDownWrite", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "TemporaryRedirect", S3DLIO_ERROR_FAILED, S3D_S3_CURE_REGION },
  { "Throttling", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "ThrottlingException", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "TokenRefreshRequired", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_TOKEN },
  { "TooManyBuckets", S3DLIO_ERROR_FAILED, S3D_S3_CURE_NONE },
  { "TooManyRequests", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN },
  { "UnauthorizedAccess", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE },
  { "XAmzContentSHA256Mismatch", S3DLIO_ERROR_INTEGRITY, S3D_S3_CURE_RESEND },
  { "XMinioStorageFull", S3DLIO_ERROR_NO_SPACE, S3D_S3_CURE_NONE },
};

static const char *
status_text (guint status)
{
  switch (status)
    {
    case 301:
    case 302:
    case 307:
    case 308:
      return "the service sends us elsewhere";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "the service failed";
    }
}

void
s3d_s3_skip_blanks (const char **text, gsize *size)
{
  while (*size > 0 && g_ascii_isspace (**text))
    {
      (*text)++;
      (*size)--;
    }
}

/* One line of text that can be shown. */
static char *
presentable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (char *p = valid; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        *p = ' ';
    }
  if (g_utf8_strlen (valid, -1) > MAX_MESSAGE)
    *g_utf8_offset_to_pointer (valid, MAX_MESSAGE) = '\0';
  g_strstrip (valid);
  if (g_str_has_suffix (valid, ".")) /* more follows */
    valid[strlen (valid) - 1] = '\0';
  return g_strdup (valid);
}

static void
take_text (char **field, const char *text)
{
  if (*field == NULL && *text != '\0')
    *field = presentable (text);
}

static gboolean
read_element (const char *path, const char *text, gpointer data, GError **error)
{
  S3dS3Failure *failure = data;

  if (g_str_has_prefix (path, "ErrorResponse/"))
    path += strlen ("ErrorResponse/");
  if (!g_str_has_prefix (path, "Error/"))
    return TRUE;
  path += strlen ("Error/");
  if (strcmp (path, "Code") == 0)
    take_text (&failure->code, text);
  else if (strcmp (path, "Message") == 0)
    take_text (&failure->message, text);
  else if (strcmp (path, "RequestId") == 0)
    take_text (&failure->request_id, text);
  else if (strcmp (path, "Region") == 0)
    take_text (&failure->region, text);
  else if (strcmp (path, "Condition") == 0)
    take_text (&failure->condition, text);
  else if (strcmp (path, "ActualObjectSize") == 0)
    {
      guint64 size;

      if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &size, NULL))
        failure->actual_size = (gint64) size;
    }
  return TRUE;
}

/* What cannot be read as XML (a proxy's HTML) leaves the fields as they are. */
static void
read_body (S3dS3Failure *failure, const char *body, gsize size)
{
  static const S3dXmlHandler handler = { .close = read_element };

  s3d_s3_skip_blanks (&body, &size);
  if (size > 0 && *body == '<')
    s3d_xml_parse (body, size, &handler, failure, NULL);
}

static void
read_headers (S3dS3Failure *failure, S3dHttpRequest *request)
{
  gint64 first, last, total;
  const char *request_id = s3d_http_request_get_response_header (request, "x-amz-request-id");
  const char *region = s3d_http_request_get_response_header (request, "x-amz-bucket-region");
  const char *range = s3d_http_request_get_response_header (request, "content-range");

  if (request_id != NULL)
    take_text (&failure->request_id, request_id);
  if (region != NULL)
    take_text (&failure->region, region);
  if (failure->status == 416 && s3d_s3_parse_content_range (range, &first, &last, &total) && first < 0)
    failure->actual_size = total;
}

static void
interpret_status (S3dS3Failure *failure)
{
  guint status = failure->status < 300 ? 500 : failure->status;

  failure->meaning = s3d_http_error_code (status);
  switch (s3d_http_verdict_for_status (status))
    {
    case S3D_HTTP_THROTTLED:
      failure->cure = S3D_S3_CURE_SLOW_DOWN;
      break;
    case S3D_HTTP_RETRY:
      failure->cure = S3D_S3_CURE_RETRY;
      break;
    default:
      /* An answer to HEAD has no body, but its headers may name the region. */
      failure->cure = S3D_S3_CURE_NONE;
      if (failure->region != NULL && (status < 401 || status == 403))
        failure->cure = S3D_S3_CURE_REGION;
      break;
    }
}

static gboolean
interpret_code (S3dS3Failure *failure)
{
  for (guint i = 0; failure->code != NULL && i < G_N_ELEMENTS (codes); i++)
    {
      if (strcmp (codes[i].code, failure->code) == 0)
        {
          failure->meaning = codes[i].meaning;
          failure->cure = codes[i].cure;
          return TRUE;
        }
    }
  return FALSE;
}

static void
interpret (S3dS3Failure *failure)
{
  if (!interpret_code (failure))
    interpret_status (failure);
}

void
s3d_s3_failure_parse (S3dS3Failure *failure, guint status, const char *body, gsize size)
{
  *failure = (S3dS3Failure){ .status = status, .actual_size = -1 };
  read_body (failure, body, size);
  interpret (failure);
}

void
s3d_s3_failure_read (S3dS3Failure *failure, S3dHttpRequest *request)
{
  gsize size;
  const char *body = s3d_http_request_get_body (request, &size);

  s3d_s3_failure_parse (failure, s3d_http_request_get_status (request), body, body != NULL ? size : 0);
  read_headers (failure, request);
  interpret (failure);
}

void
s3d_s3_failure_of_key (S3dS3Failure *failure, S3dHttpRequest *request, const char *code, const char *message)
{
  *failure = (S3dS3Failure){ .status = s3d_http_request_get_status (request), .actual_size = -1 };
  take_text (&failure->code, code != NULL ? code : "");
  take_text (&failure->message, message != NULL ? message : "");
  read_headers (failure, request);
  failure->meaning = S3DLIO_ERROR_FAILED;
  interpret_code (failure);
}

void
s3d_s3_failure_clear (S3dS3Failure *failure)
{
  g_free (failure->code);
  g_free (failure->message);
  g_free (failure->request_id);
  g_free (failure->region);
  g_free (failure->condition);
}

gboolean
s3d_s3_failure_is (const S3dS3Failure *failure, const char *code)
{
  return failure->code != NULL && strcmp (failure->code, code) == 0;
}

void
s3d_s3_failure_set_error (const S3dS3Failure *failure, GError **error)
{
  g_autoptr (GString) text = g_string_new (failure->code);

  if (failure->code == NULL)
    g_string_append (text, status_text (failure->status));
  if (failure->message != NULL)
    g_string_append_printf (text, ": %s", failure->message);
  if (failure->request_id != NULL)
    g_string_append_printf (text, "; request id %s", failure->request_id);
  g_set_error_literal (error, S3DLIO_ERROR, failure->meaning, text->str);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Statuses, libcurl's codes and Retry-After turned into our codes, verdicts and messages. Pure functions; errors
 * belong to the caller. Messages hold no target and no header: a signature could be in there. RFC 9110 §10.2.3,
 * §15. */

#include "config.h"

#include "http/http-errors.h"

#include "base/base-time.h"
#include "http/http-core.h"

#include <string.h>

S3dlioError
s3d_http_error_code (guint status)
{
  switch (status)
    {
    case 400:
      return S3DLIO_ERROR_INVALID;
    case 401:
      return S3DLIO_ERROR_CREDENTIALS;
    case 403:
      return S3DLIO_ERROR_DENIED;
    case 404:
    case 410:
      return S3DLIO_ERROR_NOT_FOUND;
    case 405:
    case 501:
    case 505:
      return S3DLIO_ERROR_UNSUPPORTED;
    case 407:
      return S3DLIO_ERROR_NETWORK; /* the proxy's */
    case 408:
      return S3DLIO_ERROR_TIMED_OUT;
    case 304:
    case 412:
      return S3DLIO_ERROR_PRECONDITION;
    case 416:
      return S3DLIO_ERROR_RANGE;
    case 429:
      return S3DLIO_ERROR_THROTTLED;
    case 507:
      return S3DLIO_ERROR_NO_SPACE;
    default:
      return status >= 500 ? S3DLIO_ERROR_UNAVAILABLE : S3DLIO_ERROR_FAILED;
    }
}

S3dHttpVerdict
s3d_http_verdict_for_status (guint status)
{
  if (status == 429 || status == 503)
    return S3D_HTTP_THROTTLED;
  if (status == 408 || (status >= 500 && status != 501 && status != 505))
    return S3D_HTTP_RETRY;
  return S3D_HTTP_FINAL;
}

gboolean
s3d_http_outcome_is_transient (const S3dHttpOutcome *outcome)
{
  if (outcome->error != NULL)
    return FALSE;
  if (outcome->stalled)
    return TRUE;
  switch ((int) outcome->result)
    {
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9, which is to say garbage */
      return outcome->sends > 0;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING: /* a chunk that is none */
    case CURLE_PROXY:
      return TRUE;
    default:
      return FALSE;
    }
}

static const char *
describe (CURLcode result, S3dlioError *code)
{
  *code = S3DLIO_ERROR_NETWORK;
  switch ((int) result)
    {
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "the proxy's name is not known";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the host's name is not known";
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return "no connection";
    case CURLE_OPERATION_TIMEDOUT:
      *code = S3DLIO_ERROR_TIMED_OUT;
      return "no connection in time";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "the server's certificate is not trusted";
    case CURLE_SSL_CONNECT_ERROR:
      return "no TLS connection";
    case CURLE_SSL_CACERT_BADFILE:
      *code = S3DLIO_ERROR_INVALID;
      return "the CA bundle (ca-bundle) cannot be read";
    case CURLE_URL_MALFORMAT:
      *code = S3DLIO_ERROR_INVALID;
      return "the endpoint is not a URL";
    case CURLE_GOT_NOTHING:
      return "the connection was closed without an answer";
    case CURLE_PARTIAL_FILE:
      return "the answer ended early";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return "the answer is not HTTP";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return "the connection broke";
    default:
      *code = S3DLIO_ERROR_FAILED;
      return "the request failed";
    }
}

/* In libcurl's words, which end in "Couldn't connect to server" (as it is spelt in 7.88) where the system's say why. */
static char *
get_detail (const S3dHttpOutcome *outcome, const S3dHttpRequest *request)
{
  const char *vague = strstr (outcome->detail, curl_easy_strerror (CURLE_COULDNT_CONNECT));

  if (outcome->result == CURLE_SSL_CACERT_BADFILE && request->core->options.ca_file != NULL)
    return g_strdup (request->core->options.ca_file);
  if (outcome->detail[0] == '\0')
    return g_strdup (curl_easy_strerror (outcome->result));
  if (vague != NULL && outcome->os_errno != 0)
    return g_strdup_printf ("%.*s%s", (int) (vague - outcome->detail), outcome->detail,
                            g_strerror (outcome->os_errno));
  return g_strdup (outcome->detail);
}

GError *
s3d_http_outcome_to_error (const S3dHttpOutcome *outcome, S3dHttpRequest *request)
{
  g_autofree char *detail = get_detail (outcome, request);
  g_autoptr (GString) message = g_string_new (NULL);
  S3dlioError code = S3DLIO_ERROR_TIMED_OUT;

  if (outcome->error != NULL)
    return g_error_copy (outcome->error);
  if (outcome->stalled)
    g_string_printf (message, "no byte for %g s", request->stall_timeout_ms / 1000.0);
  else
    g_string_append (message, describe (outcome->result, &code));
  if (outcome->taken > 0 && request->content_length > 0)
    g_string_append_printf (message, ", after %" G_GUINT64_FORMAT " of %" G_GINT64_FORMAT " bytes", outcome->taken,
                            request->content_length);
  if (!outcome->stalled)
    g_string_append_printf (message, ": %s", detail);
  return g_error_new_literal (S3DLIO_ERROR, (int) code, message->str);
}

GError *
s3d_http_error_complete (GError *error, S3dHttpRequest *request, const char *note)
{
  g_autoptr (GError) bare = error;
  guint attempts = request->attempts_made + request->tries;
  g_autoptr (GString) where = g_string_new (NULL);

  if (request->status != 0)
    g_string_append_printf (where, "HTTP %u, ", request->status);
  g_string_append (where, request->host->label);
  if (attempts > 1)
    g_string_append_printf (where, ", after %u attempts", attempts);
  if (note != NULL)
    g_string_append_printf (where, "; %s", note);
  return g_error_new (bare->domain, bare->code, "%s (%s)", bare->message, where->str);
}

guint
s3d_http_retry_after_ms (S3dHttpRequest *request)
{
  const char *text = s3d_http_headers_get (&request->answer, "retry-after");
  const char *date;
  gint64 until, now;
  guint64 seconds;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &seconds, NULL))
    return (guint) MIN (seconds * 1000, S3D_BACKOFF_CAP_MS);
  until = s3d_time_parse_http (text);
  if (until == S3D_TIME_UNKNOWN)
    return 0;
  /* By the server's clock where it tells it: ours may be off. */
  date = s3d_http_headers_get (&request->answer, "date");
  now = date != NULL ? s3d_time_parse_http (date) : S3D_TIME_UNKNOWN;
  if (now == S3D_TIME_UNKNOWN)
    now = g_get_real_time ();
  return (guint) CLAMP ((until - now) / 1000, 0, S3D_BACKOFF_CAP_MS);
}

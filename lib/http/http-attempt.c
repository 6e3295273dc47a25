/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A request's attempts: sign, send, judge, and again or done. Everything runs on the thread of the request's loop,
 * the hooks too; core->lock is taken only inside the core's functions. Until done the transport holds a reference
 * on the request.
 *
 * What is sent again: what failed before the sink took a byte, also when its answer may be what was lost. So requests
 * must be ones that may arrive twice; a second answer that the first arrival explains is for the hooks to recognise.
 * What broke off after the first byte is the engine's: it resumes. */

#include "config.h"

#include "http/http-attempt.h"

#include "http/http-errors.h"
#include "http/http-loop.h"
#include "http/http-redirect.h"
#include "http/http-transfer.h"

#include <string.h>

/* Trouble is told after so many failed attempts, or before so long a wait; then no more of that host for a while. */
#define TELL_ATTEMPTS 5
#define TELL_DELAY_MS 3000
#define SILENT_SECONDS 10

/* --- the end --- */

/* A line a request, for who listens; without the query, which may hold a signature. */
static void
tell (const S3dHttpRequest *request)
{
  int path_length = (int) strcspn (request->target, "?");

  if (g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    return;

  g_debug ("%s %s%.*s: %u, %" G_GUINT64_FORMAT " bytes in %.1f ms, attempts: %u%s%s", request->method,
           request->host->label, path_length, request->target, request->status, request->facts.bytes,
           (double) (request->facts.ended - request->facts.started) / 1000, request->facts.attempts,
           request->error != NULL ? "; " : "", request->error != NULL ? request->error->message : "");
}

static void
finish (S3dHttpRequest *request, GError *error)
{
  request->error = error;
  request->facts.ended = g_get_monotonic_time ();
  tell (request);
  s3d_http_core_leave (request->core, request, S3D_HTTP_DONE);
  request->hooks->done (request, request->data);
  s3d_http_request_unref (request);
}

static void
finish_cancelled (S3dHttpRequest *request)
{
  finish (request, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled"));
}

static void
finish_failed (S3dHttpRequest *request, GError *error, const char *note)
{
  finish (request, s3d_http_error_complete (error, request, note));
}

static void
finish_well (S3dHttpRequest *request)
{
  s3d_retry_bucket_give (request->host->bucket, request->token);
  finish (request, NULL);
}

void
s3d_http_attempt_fail_unstarted (S3dHttpRequest *request)
{
  request->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "no event loop could be started");
  request->facts.ended = g_get_monotonic_time ();
  request->hooks->done (request, request->data);
  s3d_http_request_unref (request);
}

/* --- again --- */

static void
again_now (S3dHttpRequest *request)
{
  if (s3d_http_core_leave (request->core, request, S3D_HTTP_WAITING))
    s3d_http_core_requeue (request->core, request);
  else
    finish_cancelled (request);
}

static guint
most_attempts (S3dHttpRequest *request, gboolean stranger)
{
  guint most = request->core->settings->retries;

  if (stranger && request->core->settings->retries_are_default)
    most = MIN (most, S3D_HTTP_STRANGER_ATTEMPTS);
  return request->max_attempts > 0 ? MIN (most, request->max_attempts) : most;
}

/* Trouble that lasts, for who waits and wonders: not the first few failures, which cost no time, unless these do; and
 * of many requests that fail there one. */
static void
tell_trouble (S3dHttpRequest *request, const GError *error, guint attempts, guint most, guint delay_ms)
{
  gboolean slow = delay_ms >= TELL_DELAY_MS || g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT);
  gint now = (gint) (g_get_monotonic_time () / G_TIME_SPAN_SECOND);
  gint silent_until = g_atomic_int_get (&request->host->silent_until);

  if ((attempts < TELL_ATTEMPTS && !slow) || now < silent_until
      || !g_atomic_int_compare_and_exchange (&request->host->silent_until, silent_until, now + SILENT_SECONDS))
    return;
  g_info ("%s: %s; trying again (attempt %u of %u)", request->host->label, error->message, attempts + 1, most);
}

/* @error: with what it fails when it may not be tried again. */
static void
again_later (S3dHttpLoop *loop, S3dHttpRequest *request, GError *error, guint at_least_ms)
{
  guint attempts = request->attempts_made + request->tries;
  gboolean stranger = !g_atomic_int_get (&request->host->answered);
  guint most = most_attempts (request, stranger);
  guint delay_ms;

  if (attempts >= most)
    {
      finish_failed (request, error, stranger && attempts > 1 ? "it has never answered" : NULL);
      return;
    }
  if (!s3d_retry_bucket_take (request->host->bucket))
    {
      finish_failed (request, error, "too much fails there to try again");
      return;
    }
  request->token = TRUE;
  delay_ms = MAX (s3d_backoff_delay_ms (attempts), at_least_ms);
  g_debug ("%s to %s: %s; attempt %u in %u ms", request->method, request->host->label, error->message, attempts + 1,
           delay_ms);
  tell_trouble (request, error, attempts, most, delay_ms);
  g_error_free (error);
  s3d_http_redirect_forget (request);
  request->due = g_get_monotonic_time () + delay_ms * G_TIME_SPAN_MILLISECOND;
  if (s3d_http_core_leave (request->core, request, S3D_HTTP_WAITING))
    s3d_http_loop_add_timer (loop, request);
  else
    finish_cancelled (request);
}

/* --- judging --- */

static gboolean
is_success (const S3dHttpRequest *request)
{
  return request->status >= 200 && request->status < 300;
}

static void
judge_answer (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  GError *error = NULL;
  S3dHttpVerdict verdict;

  if (s3d_http_redirect_follow (request))
    {
      again_now (request);
      return;
    }
  if (is_success (request) && request->sink != NULL)
    {
      finish_well (request);
      return;
    }
  verdict = request->hooks->classify (request, request->data, &error);
  if (verdict == S3D_HTTP_FINAL && error == NULL)
    {
      finish_well (request);
      return;
    }
  if (error == NULL)
    error = g_error_new_literal (S3DLIO_ERROR, (int) s3d_http_error_code (request->status), "the service failed");
  if (verdict == S3D_HTTP_THROTTLED)
    request->facts.throttled++;

  if (verdict == S3D_HTTP_RETRY_NOW && !request->mended)
    {
      request->mended = TRUE;
      g_error_free (error);
      s3d_http_redirect_forget (request);
      again_now (request);
    }
  else if (verdict == S3D_HTTP_THROTTLED || verdict == S3D_HTTP_RETRY)
    again_later (loop, request, error, s3d_http_retry_after_ms (request));
  else
    finish_failed (request, error, NULL);
}

static void
judge_breakage (S3dHttpLoop *loop, S3dHttpRequest *request, const S3dHttpOutcome *outcome)
{
  gboolean transient = s3d_http_outcome_is_transient (outcome);
  gboolean committed = request->begun && is_success (request) && request->sink->written > 0;
  GError *error = s3d_http_outcome_to_error (outcome, request);

  if (committed)
    request->resumable = transient;
  if (!transient || committed)
    finish_failed (request, error, NULL);
  else
    again_later (loop, request, error, 0);
}

static void
judge (S3dHttpLoop *loop, S3dHttpRequest *request, S3dHttpOutcome *outcome)
{
  gboolean whole = outcome->result == CURLE_OK && !outcome->stalled;

  request->facts.attempts += MAX (outcome->sends, 1);
  request->facts.bytes = outcome->moved;
  if (outcome->headers_done && !g_atomic_int_get (&request->host->answered))
    g_atomic_int_set (&request->host->answered, TRUE);
  if (outcome->error != NULL && outcome->foreign)
    finish (request, g_steal_pointer (&outcome->error));
  /* An error's status says enough, even when its body was cut off. */
  else if (whole || (outcome->error == NULL && outcome->headers_done && request->status >= 300 && !outcome->stalled))
    judge_answer (loop, request);
  else
    judge_breakage (loop, request, outcome);
  g_clear_error (&outcome->error);
}

/* --- sending --- */

/* Takes the transfer off the wire and keeps what it came to. */
static void
end_transfer (S3dHttpLoop *loop, S3dHttpTransfer *transfer, S3dHttpOutcome *outcome)
{
  S3dHttpRequest *request = transfer->request;

  s3d_http_transfer_stop (transfer);
  outcome->headers_done = transfer->headers_done;
  outcome->sends = transfer->sends;
  outcome->taken = transfer->taken;
  outcome->moved = request->source != NULL ? transfer->sent : transfer->taken;
  outcome->foreign = transfer->foreign_error;
  outcome->error = g_steal_pointer (&transfer->error);
  memcpy (outcome->detail, transfer->detail, sizeof outcome->detail);
  s3d_http_loop_give_transfer (loop, transfer);
}

static void
send_request (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  S3dHttpTransfer *transfer;
  GError *error = NULL;

  if (strcmp (s3d_http_request_effective_origin (request), request->host->origin) != 0)
    {
      again_now (request); /* the sign hook chose another host: that one's room counts */
      return;
    }
  if (request->redirects == 0)
    request->tries++;
  s3d_http_request_forget_answer (request);
  transfer = s3d_http_loop_take_transfer (loop);
  if (s3d_http_transfer_start (transfer, request, &error))
    return;
  s3d_http_loop_give_transfer (loop, transfer);
  finish_failed (request, error, NULL);
}

static void
fail_unsigned (S3dHttpRequest *request, GError *error)
{
  if (error == NULL)
    error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS, "the request could not be signed");
  finish (request, error);
}

void
s3d_http_attempt_start (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  /* Woken while the hook still said WAIT: it is asked again. */
  while (s3d_http_core_enter (request->core, request))
    {
      S3dHttpSign sign = S3D_HTTP_SIGN_READY;
      GError *error = NULL;

      if (request->hooks->sign != NULL && !request->foreign)
        sign = request->hooks->sign (request, request->data, &error);
      if (sign == S3D_HTTP_SIGN_READY)
        {
          send_request (loop, request);
          return;
        }
      if (sign == S3D_HTTP_SIGN_FAILED)
        {
          fail_unsigned (request, error);
          return;
        }
      if (s3d_http_core_leave (request->core, request, S3D_HTTP_PARKED))
        return;
    }
  finish_cancelled (request);
}

void
s3d_http_attempt_transfer_ended (S3dHttpLoop *loop, CURL *easy, CURLcode result)
{
  S3dHttpOutcome outcome = { .result = result };
  S3dHttpTransfer *transfer = s3d_http_transfer_from_easy (easy);
  S3dHttpRequest *request = transfer->request;
  long os_errno = 0;

  if (result == CURLE_COULDNT_CONNECT)
    curl_easy_getinfo (easy, CURLINFO_OS_ERRNO, &os_errno);
  outcome.os_errno = (int) os_errno;
  end_transfer (loop, transfer, &outcome);
  judge (loop, request, &outcome);
}

void
s3d_http_attempt_check_stalls (S3dHttpLoop *loop)
{
  gint64 now = s3d_http_loop_get_now (loop);
  GList *next;

  for (GList *l = s3d_http_loop_get_active (loop)->head; l != NULL; l = next)
    {
      S3dHttpTransfer *transfer = l->data;
      S3dHttpRequest *request = transfer->request;
      S3dHttpOutcome outcome = { .result = CURLE_OPERATION_TIMEDOUT, .stalled = TRUE };

      next = l->next;
      if (!s3d_http_transfer_is_stalled (transfer, now))
        continue;
      end_transfer (loop, transfer, &outcome);
      judge (loop, request, &outcome);
    }
}

void
s3d_http_attempt_look_at (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  S3dHttpOutcome outcome = { 0 };

  switch (s3d_http_core_look_at (request->core, request, loop))
    {
    case S3D_HTTP_RUNNING:
      if (request->transfer == NULL)
        return;
      end_transfer (loop, request->transfer, &outcome);
      request->facts.attempts += MAX (outcome.sends, 1);
      g_clear_error (&outcome.error);
      finish_cancelled (request);
      return;
    case S3D_HTTP_WAITING:
      s3d_http_loop_remove_timer (loop, request);
      finish_cancelled (request);
      return;
    case S3D_HTTP_PARKED:
      s3d_http_core_requeue (request->core, request); /* woken, or cancelled: found out when it is started */
      return;
    default:
      return;
    }
}

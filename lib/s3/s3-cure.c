/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be done about a failure.
 *
 * One that a retry mends is left to the transport, with its backoff. Some are mended on the spot, each once, and sent
 * again at once: a clock that is off, credentials that have expired, a bucket that is in another region, a body that
 * was damaged on its way. What was learnt of clock and region is the store's: only the requests that were on their way
 * before the first answer came pay for it; those that wait for their turn look again when they are signed.
 *
 * Runs on a loop thread. */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

#include <string.h>

/* Services allow 15 minutes; so much apart, a refusal without a reason is about the clock. */
#define SUSPICIOUS_SKEW (5 * 60)

/* Seconds that the service's clock was ahead when it answered; FALSE: it did not say. */
static gboolean
measure_skew (S3dHttpRequest *request, gint64 *seconds)
{
  const char *date = s3d_http_request_get_response_header (request, "date");
  gint64 theirs = date != NULL ? s3d_time_parse_http (date) : S3D_TIME_UNKNOWN;

  *seconds = (theirs - g_get_real_time ()) / G_USEC_PER_SEC;
  return theirs != S3D_TIME_UNKNOWN && ABS (*seconds) < G_MAXINT;
}

static gboolean
mend_clock (S3dS3Job *job)
{
  gint64 skew;

  if (job->clock_mended || !measure_skew (job->request, &skew))
    return FALSE;
  job->clock_mended = TRUE;
  g_debug ("the clock of %s is %" G_GINT64_FORMAT " s ahead; signing with its time", job->place->origin, skew);
  g_atomic_int_set (&job->store->clock_offset, (gint) skew);
  return TRUE;
}

static gboolean
mend_token (S3dS3Job *job)
{
  if (job->token_mended || job->credentials == NULL)
    return FALSE;
  job->token_mended = TRUE;
  s3d_credential_chain_invalidate (job->store->chain, job->credentials);
  return TRUE;
}

static gboolean
mend_region (S3dS3Job *job, const char *region)
{
  /* It becomes part of a host name. */
  if (job->region_mended || region == NULL || !s3d_s3_is_region (region) || strcmp (region, job->place->region) == 0)
    return FALSE;
  job->region_mended = TRUE;
  g_autoptr (S3dS3Place) place = s3d_s3_store_learn_region (job->store, job->op->target->container, region);
  s3d_s3_job_move (job, place);
  return TRUE;
}

void
s3d_s3_job_move (S3dS3Job *job, S3dS3Place *place)
{
  g_autofree char *target = g_strdup (s3d_http_request_get_target (job->request));

  s3d_s3_place_unref (job->place);
  job->place = s3d_s3_place_ref (place);
  s3d_http_request_set_target (job->request, place->origin, target);
}

/* An answer to HEAD says why in its status alone. */
static gboolean
mend_unexplained (S3dS3Job *job, const S3dS3Failure *failure)
{
  gint64 skew;

  if (failure->code != NULL || job->credentials == NULL)
    return FALSE;
  if (failure->status == 403 && measure_skew (job->request, &skew))
    {
      skew -= g_atomic_int_get (&job->store->clock_offset);
      return ABS (skew) > SUSPICIOUS_SKEW && mend_clock (job);
    }
  return (failure->status == 400 || failure->status == 401) && job->credentials->session_token != NULL
         && mend_token (job);
}

S3dHttpVerdict
s3d_s3_job_cure (S3dS3Job *job, const S3dS3Failure *failure)
{
  gboolean mended = FALSE;

  switch (failure->cure)
    {
    case S3D_S3_CURE_RETRY:
      return S3D_HTTP_RETRY;
    case S3D_S3_CURE_SLOW_DOWN:
      return S3D_HTTP_THROTTLED;
    case S3D_S3_CURE_CLOCK:
      mended = mend_clock (job);
      break;
    case S3D_S3_CURE_TOKEN:
      mended = mend_token (job);
      break;
    case S3D_S3_CURE_REGION:
      mended = mend_region (job, failure->region) || mend_unexplained (job, failure);
      break;
    case S3D_S3_CURE_RESEND:
      mended = !job->body_mended;
      job->body_mended = TRUE;
      break;
    case S3D_S3_CURE_NONE:
    default:
      mended = mend_unexplained (job, failure);
      break;
    }
  if (!mended)
    return S3D_HTTP_FINAL;
  /* The transport does not send at once more than once. */
  return job->n_mended++ == 0 ? S3D_HTTP_RETRY_NOW : S3D_HTTP_RETRY;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What went wrong, in words and in what may be done about it. */

#include "http/http-private.h"

/* What became of an attempt, taken out of its transfer. */
typedef struct
{
  CURLcode result;
  gboolean stalled;
  gboolean headers_done;
  guint sends;
  int os_errno; /* of connect(), 0: not said */
  guint64 taken; /* body bytes of the answer */
  guint64 moved; /* body bytes in the direction that counts */
  GError *error;
  gboolean foreign; /* @error is a hook's, the sink's or the source's: passed on as it is */
  char detail[CURL_ERROR_SIZE];
} S3dHttpOutcome;

/* Whether another attempt may mend it. */
gboolean s3d_http_outcome_is_transient (const S3dHttpOutcome *outcome);
/* The error of an attempt that brought no whole answer. */
GError *s3d_http_outcome_to_error (const S3dHttpOutcome *outcome, S3dHttpRequest *request);
/* What the answer's Retry-After asks for, in ms; 0: nothing. */
guint s3d_http_retry_after_ms (S3dHttpRequest *request);

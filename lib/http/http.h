/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The transport: event loops over libcurl's multi-socket interface and epoll, connections that
 * live, retries, stall timeouts.
 *
 * One S3dHttp a configuration. Loops (threads) start with the first request, at most one a core
 * and 8, a further one only when the others are saturated; all end with the last reference.
 * Never more than `connections` to one host, nor more than `max-total-requests` in flight; the
 * rest waits in order. Knows nothing of credentials. */

#include "base/base-error.h"
#include "base/base-settings.h"
#include "http/http-request.h"

typedef struct _S3dHttp S3dHttp;

/* The transport of these settings: the same one for the same snapshot (a new reference). */
S3dHttp *s3d_http_get (S3dSettings *settings);
/* any thread, its loops included. No request may be in flight. */
void s3d_http_unref (S3dHttp *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dHttp, s3d_http_unref)

/* Queues @request; done comes later, never inside. Any thread. */
void s3d_http_submit (S3dHttp *http, S3dHttpRequest *request);
/* Ends it soon, with G_IO_ERROR_CANCELLED, wherever it stands (queued, waiting to retry,
 * resolving, in mid-body). Any thread. */
void s3d_http_cancel (S3dHttp *http, S3dHttpRequest *request);
/* After a sign hook that answered WAIT. Any thread. */
void s3d_http_wake (S3dHttp *http, S3dHttpRequest *request);

/* The code that a bare HTTP status stands for. */
S3dlioError s3d_http_error_code (guint status);
/* Whether a bare status is worth another attempt: FINAL, RETRY or THROTTLED (408, 429, 5xx but
 * 501 and 505). */
S3dHttpVerdict s3d_http_verdict_for_status (guint status);

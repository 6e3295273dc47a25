/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Retry policy: exponential backoff with full jitter, and a token bucket that stops retries when
 * everything fails, so that a sick service is not hammered. A retry takes a token and, when it
 * succeeds, gives it back; so one request failing in six is sustained for ever, while a service
 * that is down costs at most the bucket's capacity of retries. */

#include <glib.h>

#define S3D_BACKOFF_BASE_MS 100
#define S3D_BACKOFF_CAP_MS 20000
#define S3D_RETRY_TOKENS 500
#define S3D_RETRY_COST 5

/* A delay in [0, min (cap, base × 2^(attempt-1))] ms, where @attempt attempts have been made. */
guint s3d_backoff_delay_ms (guint attempt);

typedef struct _S3dRetryBucket S3dRetryBucket; /* thread-safe */
S3dRetryBucket *s3d_retry_bucket_new (guint tokens, guint cost);
void s3d_retry_bucket_free (S3dRetryBucket *bucket);
gboolean s3d_retry_bucket_take (S3dRetryBucket *bucket); /* FALSE: do not retry */
/* a success; TRUE: the retry's cost comes back, else 1 */
void s3d_retry_bucket_give (S3dRetryBucket *bucket, gboolean after_retry);

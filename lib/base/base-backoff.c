/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long to wait before a retry, and whether there should be one: exponential backoff with full jitter, a token
 * bucket. Any thread. */

#include "config.h"

#include "base/base-backoff.h"

#include <sys/random.h>
#include <unistd.h>

/* Forked children inherit the state of GLib's generator: they would all retry in the same instants. */
static guint32
random_bits (void)
{
  guint32 bits = 0;

  if (getrandom (&bits, sizeof bits, GRND_NONBLOCK) == (ssize_t) sizeof bits)
    return bits;

  return (guint32) (g_get_monotonic_time () ^ ((gint64) getpid () * 2654435761));
}

guint
s3d_backoff_delay_ms (guint attempt)
{
  const guint doublings = MIN (MAX (attempt, 1) - 1, 16);
  const guint64 ceiling = MIN ((guint64) S3D_BACKOFF_CAP_MS, (guint64) S3D_BACKOFF_BASE_MS << doublings);

  return (guint) (((guint64) random_bits () * (ceiling + 1)) >> 32);
}

struct _S3dRetryBucket
{
  GMutex lock;
  guint capacity;
  guint cost;
  guint tokens;
};

S3dRetryBucket *
s3d_retry_bucket_new (guint tokens, guint cost)
{
  S3dRetryBucket *bucket = g_new0 (S3dRetryBucket, 1);

  g_mutex_init (&bucket->lock);
  bucket->capacity = tokens;
  bucket->tokens = tokens;
  bucket->cost = cost;

  return bucket;
}

void
s3d_retry_bucket_free (S3dRetryBucket *bucket)
{
  g_mutex_clear (&bucket->lock);
  g_free (bucket);
}

gboolean
s3d_retry_bucket_take (S3dRetryBucket *bucket)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&bucket->lock);

  if (bucket->tokens < bucket->cost)
    return FALSE;
  bucket->tokens -= bucket->cost;

  return TRUE;
}

void
s3d_retry_bucket_give (S3dRetryBucket *bucket, gboolean after_retry)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&bucket->lock);
  const guint given = after_retry ? bucket->cost : 1;

  bucket->tokens = MIN (bucket->capacity, bucket->tokens + given);
}

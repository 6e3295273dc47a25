/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Delays before retries, and the bucket that ends them. */

#include "config.h"

#include "base/base-backoff.h"

static void
test_bounds (void)
{
  for (guint attempt = 0; attempt < 40; attempt++)
    {
      const guint doublings = MAX (attempt, 1) - 1;
      const guint bound = MIN (S3D_BACKOFF_CAP_MS, S3D_BACKOFF_BASE_MS << MIN (doublings, 8));
      guint least = G_MAXUINT, most = 0;

      for (guint i = 0; i < 2000; i++)
        {
          const guint delay = s3d_backoff_delay_ms (attempt);

          least = MIN (least, delay);
          most = MAX (most, delay);
        }
      /* Full jitter: both ends are come near to. A miss has a probability of 0.9^2000. */
      g_assert_cmpuint (most, <=, bound);
      g_assert_cmpuint (most, >, bound / 10 * 9);
      g_assert_cmpuint (least, <, bound / 10);
    }
}

static void
test_exhausted (void)
{
  S3dRetryBucket *bucket = s3d_retry_bucket_new (S3D_RETRY_TOKENS, S3D_RETRY_COST);
  guint retries = 0;

  while (s3d_retry_bucket_take (bucket))
    retries++;
  g_assert_cmpuint (retries, ==, S3D_RETRY_TOKENS / S3D_RETRY_COST);

  /* Each success gives one token. */
  for (guint i = 0; i < S3D_RETRY_COST - 1; i++)
    s3d_retry_bucket_give (bucket, FALSE);
  g_assert_false (s3d_retry_bucket_take (bucket));
  s3d_retry_bucket_give (bucket, FALSE);
  g_assert_true (s3d_retry_bucket_take (bucket));

  s3d_retry_bucket_free (bucket);
}

static void
test_sustained (void)
{
  S3dRetryBucket *bucket = s3d_retry_bucket_new (S3D_RETRY_TOKENS, S3D_RETRY_COST);

  for (guint request = 0; request < 100000; request++)
    {
      if (request % 6 == 0)
        g_assert_true (s3d_retry_bucket_take (bucket));
      s3d_retry_bucket_give (bucket, request % 6 == 0);
    }

  s3d_retry_bucket_free (bucket);
}

static void
test_capped (void)
{
  S3dRetryBucket *bucket = s3d_retry_bucket_new (10, 5);

  for (guint i = 0; i < 100; i++)
    s3d_retry_bucket_give (bucket, TRUE);
  g_assert_true (s3d_retry_bucket_take (bucket));
  g_assert_true (s3d_retry_bucket_take (bucket));
  g_assert_false (s3d_retry_bucket_take (bucket));

  s3d_retry_bucket_free (bucket);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/backoff/full-jitter-below-a-doubling-bound", test_bounds);
  g_test_add_func ("/base/backoff/a-service-that-is-down-costs-the-bucket-at-most", test_exhausted);
  g_test_add_func ("/base/backoff/one-failing-in-six-is-sustained", test_sustained);
  g_test_add_func ("/base/backoff/the-bucket-never-overflows", test_capped);

  return g_test_run ();
}

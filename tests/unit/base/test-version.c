/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The version macros and their counterparts at run time. */

#include "config.h"

#include "s3dlio/s3dlio-version.h"

static void
test_same_as_headers (void)
{
  g_assert_cmpstr (s3dlio_get_version (), ==, PACKAGE_VERSION);
  g_assert_cmpstr (s3dlio_get_version (), ==, S3DLIO_VERSION_STRING);
  g_assert_true (s3dlio_check_version (S3DLIO_MAJOR_VERSION, S3DLIO_MINOR_VERSION,
                                       S3DLIO_MICRO_VERSION));
}

static void
test_order (void)
{
  const guint major = S3DLIO_MAJOR_VERSION;
  const guint minor = S3DLIO_MINOR_VERSION;
  const guint micro = S3DLIO_MICRO_VERSION;

  g_assert_true (s3dlio_check_version (0, 0, 0));
  g_assert_true (s3dlio_check_version (0, 8, 99));
  g_assert_false (s3dlio_check_version (major, minor, micro + 1));
  g_assert_false (s3dlio_check_version (major, minor + 1, 0));
  g_assert_false (s3dlio_check_version (major + 1, 0, 0));

  g_assert_true (S3DLIO_CHECK_VERSION (0, 8, 99));
  g_assert_true (S3DLIO_CHECK_VERSION (0, 9, 0));
  g_assert_false (S3DLIO_CHECK_VERSION (0, 9, 99));
  g_assert_false (S3DLIO_CHECK_VERSION (1, 0, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/version/same-as-headers", test_same_as_headers);
  g_test_add_func ("/base/version/major-before-minor-before-micro", test_order);

  return g_test_run ();
}

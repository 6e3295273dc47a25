/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Times in the forms that services use. */

#include "config.h"

#include "base/base-time.h"

#include <string.h>

#define NOV_1994 (G_GINT64_CONSTANT (784111777) * G_USEC_PER_SEC)
#define DAY (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

static void
test_http (void)
{
  const char *wrong[] = {
    "",
    "yesterday",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT ",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nvm 1994 08:49:37 GMT",
  };

  g_assert_cmpint (s3d_time_parse_http ("Sun, 06 Nov 1994 08:49:37 GMT"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_http ("Sunday, 06-Nov-94 08:49:37 GMT"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_http ("Sun Nov  6 08:49:37 1994"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_http ("Sat Nov 26 08:49:37 1994"), ==, NOV_1994 + 20 * DAY);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_cmpint (s3d_time_parse_http (wrong[i]), ==, S3D_TIME_UNKNOWN);
}

static void
test_rfc3339 (void)
{
  const char *wrong[] = {
    "",
    "2026-11-20",
    "2026-11-20T10:00:00",
    "2026-13-20T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2026-11-20T10:00:00.Z",
    "2026-11-20T10:00:00Zz",
    "2026-11-20T10:00:00+0100",
    "2026-11-20T1:00:00Z",
  };

  g_assert_cmpint (s3d_time_parse_rfc3339 ("1994-11-06T08:49:37Z"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1994-11-06T08:49:37.000Z"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1994-11-06t08:49:37.1234567z"), ==, NOV_1994 + 123456);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1994-11-06 10:49:37+02:00"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1994-11-06T03:19:37-05:30"), ==, NOV_1994);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1970-01-01T00:00:00Z"), ==, 0);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("1969-12-31T23:59:59.500000Z"), ==, -500000);
  g_assert_cmpint (s3d_time_parse_rfc3339 ("2016-12-31T23:59:60Z"), ==,
                   s3d_time_parse_rfc3339 ("2017-01-01T00:00:00Z"));
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_cmpint (s3d_time_parse_rfc3339 (wrong[i]), ==, S3D_TIME_UNKNOWN);
}

static void
check_against_glib (gint64 seconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (seconds);
  g_autofree char *text = g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *expected_basic = g_date_time_format (date, "%Y%m%dT%H%M%SZ");
  char basic[17];

  g_assert_cmpint (s3d_time_parse_rfc3339 (text), ==, seconds * G_USEC_PER_SEC);
  s3d_time_to_basic (seconds * G_USEC_PER_SEC, basic);
  g_assert_cmpstr (basic, ==, expected_basic);
}

static void
test_text (void)
{
  /* Every day of 1900 to 2300, at changing times of the day. */
  for (gint64 day = -25567; day < 120529; day++)
    check_against_glib (day * 86400 + (day * 7919 + 86400000) % 86400);
}

static void
check_seconds (gint64 usec, guint bits, gint64 seconds, long nanoseconds)
{
  long nsec = -1;

  g_assert_cmpint (s3d_time_to_seconds (usec, bits, &nsec), ==, seconds);
  g_assert_cmpint (nsec, ==, nanoseconds);
}

/* 2038-01-19T03:14:07Z is the last second of 32 bits. */
static void
test_seconds (void)
{
  const gint64 second = G_USEC_PER_SEC;

  check_seconds (NOV_1994 + 1200, 32, NOV_1994 / second, 1200000);
  check_seconds (-500000, 32, -1, 500000000);
  check_seconds (-second, 64, -1, 0);
  check_seconds (G_MAXINT32 * second + 999999, 32, G_MAXINT32, 999999000);
  check_seconds ((G_MAXINT32 + G_GINT64_CONSTANT (1)) * second, 32, G_MAXINT32, 0);
  check_seconds ((G_MAXINT32 + G_GINT64_CONSTANT (1)) * second, 64, G_MAXINT32 + G_GINT64_CONSTANT (1), 0);
  check_seconds (G_MAXINT64, 32, G_MAXINT32, 0);
  check_seconds (G_MININT64, 32, G_MININT32, 0);
  check_seconds (G_MAXINT64, 64, G_MAXINT64 / second, 775807000);
  check_seconds (G_MININT64, 64, G_MININT64 / second - 1, 224192000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/time/http-dates-in-three-forms", test_http);
  g_test_add_func ("/base/time/rfc3339-with-fraction-and-offset", test_rfc3339);
  g_test_add_func ("/base/time/text-agrees-with-glib-on-every-day", test_text);
  g_test_add_func ("/base/time/seconds-never-wrap", test_seconds);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a body may rely on, whichever sink it goes to. */

#include "config.h"

#include "base/base-sink.h"
#include "s3dlio/s3dlio-error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
put (S3dSink *sink, const char *text)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = s3d_sink_write (sink, text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

static void
test_memory_takes_what_fits (void)
{
  char buffer[8] = "zzzzzzz";
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (buffer, 5);
  g_autoptr (GError) error = NULL;
  gsize size = 100;
  char *place;

  g_assert_true (s3d_sink_begin (sink, 5, &error));
  put (sink, "ab");
  place = s3d_sink_get_buffer (sink, &size);
  g_assert_true (place == buffer + 2);
  g_assert_cmpuint (size, ==, 3);
  memcpy (place, "cd", 2);
  g_assert_cmpuint (sink->written, ==, 2);
  s3d_sink_commit (sink, 2);
  g_assert_cmpuint (sink->written, ==, 4);

  g_assert_false (s3d_sink_write (sink, "ef", 2, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  put (sink, "e");
  g_assert_null (s3d_sink_get_buffer (sink, &size));
  g_assert_cmpmem (buffer, 8, "abcdezz", 8);
}

static void
test_memory_too_small_is_told_at_begin (void)
{
  char buffer[4];
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (buffer, sizeof buffer);
  g_autoptr (GError) error = NULL;

  g_assert_false (s3d_sink_begin (sink, 1234, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "1234"));
}

static void
test_growing_is_exact_when_length_is_known (void)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (1 << 20);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size = 1 << 20;

  g_assert_true (s3d_sink_begin (sink, 4, &error));
  memcpy (s3d_sink_get_buffer (sink, &size), "data", 4);
  g_assert_cmpuint (size, ==, 4);
  s3d_sink_commit (sink, 4);

  bytes = s3d_sink_steal_bytes (sink);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "data", 4);
}

static void
test_growing_takes_unknown_length_up_to_limit (void)
{
  const gsize limit = 1000 * 1000;
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (limit);
  g_autofree char *piece = g_malloc (1000);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  const char *data;
  gsize size = 1;

  g_assert_true (s3d_sink_begin (sink, -1, &error));
  for (guint i = 0; i < 1000; i++)
    {
      memset (piece, (int) (i % 251), 1000);
      g_assert_true (s3d_sink_write (sink, piece, 1000, &error));
    }
  g_assert_null (s3d_sink_get_buffer (sink, &size));
  g_assert_false (s3d_sink_write (sink, "x", 1, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);

  bytes = s3d_sink_steal_bytes (sink);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpuint (size, ==, limit);
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint ((guint8) data[i], ==, i / 1000 % 251);
}

static void
test_growing_refuses_above_limit_at_begin (void)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (10);
  g_autoptr (GError) error = NULL;

  g_assert_false (s3d_sink_begin (sink, 11, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
}

static void
test_growing_empty (void)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (10);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (s3d_sink_begin (sink, 0, NULL));
  bytes = s3d_sink_steal_bytes (sink);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_restart_forgets (void)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (100);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (s3d_sink_begin (sink, -1, NULL));
  put (sink, "wrong and long");
  g_assert_true (s3d_sink_restart (sink));
  g_assert_cmpuint (sink->written, ==, 0);
  g_assert_true (s3d_sink_begin (sink, 5, NULL));
  put (sink, "right");

  bytes = s3d_sink_steal_bytes (sink);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "right", 5);
}

static void
test_file_writes_at_offset (void)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-sink-XXXXXX", &name, NULL);
  g_autoptr (S3dSink) late = s3d_sink_new_file (fd, 4);
  g_autoptr (S3dSink) early = s3d_sink_new_file (fd, 0);
  char text[16];
  gsize size = 10;

  g_assert_true (s3d_sink_begin (late, 4, NULL));
  put (late, "5");
  put (late, "678");
  g_assert_true (s3d_sink_begin (early, 4, NULL));
  g_assert_null (s3d_sink_get_buffer (early, &size));
  put (early, "xxxx");
  g_assert_true (s3d_sink_restart (early));
  put (early, "1234");

  g_assert_cmpint (pread (fd, text, sizeof text, 0), ==, 8);
  g_assert_cmpmem (text, 8, "12345678", 8);
  close (fd);
  g_unlink (name);
}

static void
test_file_failure_is_an_error (void)
{
  int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  g_autoptr (S3dSink) sink = s3d_sink_new_file (fd, 0);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_false (s3d_sink_write (sink, "x", 1, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_cmpuint (sink->written, ==, 0);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/sink/memory/takes-what-fits", test_memory_takes_what_fits);
  g_test_add_func ("/base/sink/memory/too-small-is-told-at-begin", test_memory_too_small_is_told_at_begin);
  g_test_add_func ("/base/sink/growing/exact-when-length-is-known", test_growing_is_exact_when_length_is_known);
  g_test_add_func ("/base/sink/growing/unknown-length-up-to-limit", test_growing_takes_unknown_length_up_to_limit);
  g_test_add_func ("/base/sink/growing/above-limit-is-refused-at-begin", test_growing_refuses_above_limit_at_begin);
  g_test_add_func ("/base/sink/growing/empty", test_growing_empty);
  g_test_add_func ("/base/sink/restart-forgets", test_restart_forgets);
  g_test_add_func ("/base/sink/file/writes-at-offset", test_file_writes_at_offset);
  g_test_add_func ("/base/sink/file/failure-is-an-error", test_file_failure_is_an_error);

  return g_test_run ();
}

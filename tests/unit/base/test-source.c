/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies of requests read the same at every attempt, or fail. */

#include "config.h"

#include "base/base-source.h"
#include "s3dlio/s3dlio-error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
check_reads (S3dSource *source, const char *text)
{
  gsize length = strlen (text);
  char buffer[64];

  g_assert_cmpuint (s3d_source_get_length (source), ==, length);
  for (guint attempt = 0; attempt < 2; attempt++)
    {
      for (gsize offset = 0; offset <= length; offset++)
        {
          gssize n = s3d_source_read (source, offset, buffer, 3, NULL);

          g_assert_cmpint (n, ==, (gssize) MIN (3, length - offset));
          g_assert_cmpmem (buffer, (gsize) n, text + offset, (gsize) n);
        }
    }
  g_assert_cmpint (s3d_source_read (source, length + 100, buffer, 3, NULL), ==, 0);
}

static void
test_memory (void)
{
  g_autoptr (S3dSource) source = s3d_source_new_memory ("0123456789", 10);

  check_reads (source, "0123456789");
  g_assert_cmpmem (s3d_source_peek (source), 10, "0123456789", 10);
}

static void
test_bytes_are_kept (void)
{
  GBytes *bytes = g_bytes_new ("abcdef", 6);
  g_autoptr (S3dSource) source = s3d_source_new_bytes (bytes);
  g_autoptr (S3dSource) second = s3d_source_ref (source);

  g_bytes_unref (bytes);
  check_reads (second, "abcdef");
}

static void
test_empty_is_in_memory (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new (NULL, 0);
  g_autoptr (S3dSource) source = s3d_source_new_bytes (bytes);
  g_autoptr (S3dSource) borrowed = s3d_source_new_memory (NULL, 0);

  check_reads (source, "");
  check_reads (borrowed, "");
  g_assert_nonnull (s3d_source_peek (source));
  g_assert_nonnull (s3d_source_peek (borrowed));
}

static void
test_file_piece (void)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-source-XXXXXX", &name, NULL);
  g_autoptr (S3dSource) source = s3d_source_new_file (fd, 3, 5);

  g_assert_cmpint (write (fd, "0123456789", 10), ==, 10);
  check_reads (source, "34567");
  g_assert_null (s3d_source_peek (source));
  close (fd);
  g_unlink (name);
}

static void
test_file_that_shrank_fails (void)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-source-XXXXXX", &name, NULL);
  g_autoptr (S3dSource) source = s3d_source_new_file (fd, 0, 10);
  g_autoptr (GError) error = NULL;
  char buffer[10];

  g_assert_cmpint (write (fd, "0123456", 7), ==, 7);
  g_assert_cmpint (s3d_source_read (source, 0, buffer, 7, NULL), ==, 7);
  g_assert_cmpint (s3d_source_read (source, 5, buffer, 5, &error), ==, -1);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  close (fd);
  g_unlink (name);
}

static void
test_file_failure_is_an_error (void)
{
  g_autoptr (S3dSource) source = s3d_source_new_file (-1, 0, 10);
  g_autoptr (GError) error = NULL;
  char buffer[10];

  g_assert_cmpint (s3d_source_read (source, 0, buffer, 10, &error), ==, -1);
  g_assert_nonnull (error);
  g_assert_true (error->domain == S3DLIO_ERROR);
}

/* Of the file behind @fd (taken), which gets @text. */
static S3dSource *
new_path_source (int fd, const char *text)
{
  struct stat found;

  g_assert_cmpint (write (fd, text, strlen (text)), ==, strlen (text));
  g_assert_no_errno (fstat (fd, &found));
  return s3d_source_new_path_take (fd, "/some/where", &found);
}

/* What is done to a file between its first byte and its last, leaves the bytes of that piece alone. */
static void
check_change (int (*change) (int fd))
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-source-XXXXXX", &name, NULL);
  g_autoptr (S3dSource) whole = new_path_source (fd, "0123456789");
  g_autoptr (S3dSource) slice = s3d_source_new_slice (whole, 0, 5);
  g_autoptr (S3dSource) piece = s3d_source_new_slice (slice, 1, 3);
  S3dSource *sources[] = { slice, piece, whole };
  char buffer[10];

  check_reads (slice, "01234");
  check_reads (whole, "0123456789");
  g_assert_no_errno (change (fd));
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      g_autoptr (GError) error = NULL;
      gsize length = s3d_source_get_length (sources[i]);

      g_assert_cmpint (s3d_source_read (sources[i], 0, buffer, length - 1, NULL), >, 0);
      g_assert_cmpint (s3d_source_read (sources[i], length - 1, buffer, 1, &error), ==, -1);
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
      g_assert_nonnull (strstr (error->message, "/some/where changed"));
    }
  g_unlink (name);
}

static int
grow (int fd)
{
  return pwrite (fd, "x", 1, 10) == 1 ? 0 : -1;
}

static int
shrink (int fd)
{
  return ftruncate (fd, 9);
}

static int
touch (int fd)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1700000000 } };

  return futimens (fd, times);
}

static void
test_file_that_changed_fails (void)
{
  check_change (grow);
  check_change (shrink);
  check_change (touch);
}

static void
test_slice_outlives_the_whole (void)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-source-XXXXXX", &name, NULL);
  S3dSource *whole = new_path_source (fd, "0123456");
  S3dSource *slice = s3d_source_new_slice (whole, 3, 3);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abcdef", 6);
  g_autoptr (S3dSource) memory = s3d_source_new_bytes (bytes);
  g_autoptr (S3dSource) part = s3d_source_new_slice (memory, 4, 2);
  char buffer[10];

  s3d_source_unref (whole);
  g_assert_cmpuint (s3d_source_get_length (slice), ==, 3);
  g_assert_null (s3d_source_peek (slice));
  g_assert_cmpint (s3d_source_read (slice, 1, buffer, 10, NULL), ==, 2);
  g_assert_cmpmem (buffer, 2, "45", 2);
  s3d_source_unref (slice);
  g_assert_cmpint (write (fd, "x", 1), ==, -1); /* closed with the last of them */
  g_unlink (name);

  g_assert_cmpmem (s3d_source_peek (part), s3d_source_get_length (part), "ef", 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/source/memory", test_memory);
  g_test_add_func ("/base/source/bytes-are-kept", test_bytes_are_kept);
  g_test_add_func ("/base/source/empty-is-in-memory", test_empty_is_in_memory);
  g_test_add_func ("/base/source/file/piece", test_file_piece);
  g_test_add_func ("/base/source/file/that-shrank-fails", test_file_that_shrank_fails);
  g_test_add_func ("/base/source/file/that-changed-fails", test_file_that_changed_fails);
  g_test_add_func ("/base/source/slice-outlives-the-whole", test_slice_outlives_the_whole);
  g_test_add_func ("/base/source/file/failure-is-an-error", test_file_failure_is_an_error);

  return g_test_run ();
}

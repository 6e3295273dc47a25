/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading files, and asking for their facts. */

#include "config.h"

#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE ((gsize) 5 * 1024 * 1024 + 12345)

static S3dOp *
range_op (Fixture *fixture, const char *name, gint64 offset, gint64 length)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_READ, name);

  op->offset = offset;
  op->length = length;

  return op;
}

static void
check_range (Fixture *fixture, gint64 offset, gint64 length, const char *expected)
{
  g_autoptr (S3dOp) op = range_op (fixture, "ten", offset, length);
  char memory[16] = "";
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (memory, sizeof memory - 1);

  op->sink = sink;
  fixture_run_ok (fixture, op);
  g_assert_cmpstr (memory, ==, expected);
  g_assert_cmpint (op->total, ==, 10);
  g_assert_cmpint (op->range_offset, ==, offset);
  g_assert_cmpint (op->range_length, ==, (gint64) strlen (expected));
  g_assert_cmpuint (op->facts.bytes, ==, strlen (expected));
}

static void
test_ranges (Fixture *fixture, gconstpointer data)
{
  fixture_make (fixture, "ten", "0123456789");
  check_range (fixture, 0, -1, "0123456789");
  check_range (fixture, 0, 10, "0123456789");
  check_range (fixture, 3, 4, "3456");
  check_range (fixture, 3, -1, "3456789");
  check_range (fixture, 9, 1, "9");
  check_range (fixture, 8, 100, "89");
  check_range (fixture, 8, G_MAXINT64, "89");
  check_range (fixture, 10, 1, "");
  check_range (fixture, 10, -1, "");
}

static void
test_range_behind_the_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = range_op (fixture, "ten", 11, 1);

  fixture_make (fixture, "ten", "0123456789");
  fixture_run_bad (fixture, op, S3DLIO_ERROR_RANGE, "/ten has 10 bytes, fewer than the offset 11");
  g_assert_cmpint (op->total, ==, 10);
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = range_op (fixture, "empty", 0, 8 << 20);
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (10);

  fixture_make (fixture, "empty", "");
  op->sink = sink;
  fixture_run_ok (fixture, op);
  g_assert_cmpint (op->total, ==, 0);
  g_assert_cmpint (op->range_length, ==, 0);
}

static void
test_large_into_memory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = range_op (fixture, "large", 7, (gint64) LARGE - 10);
  g_autofree char *memory = g_malloc (LARGE);
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (memory, LARGE - 10);

  fixture_make_large (fixture, "large", LARGE);
  op->sink = sink;
  fixture_run_ok (fixture, op);
  fixture_assert_large (memory, 7, LARGE - 10);
}

static void
test_large_into_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = range_op (fixture, "large", 7, -1);
  g_autofree char *path = fixture_path (fixture, "copy");
  g_autofree char *contents = NULL;
  int fd = g_open (path, O_CREAT | O_RDWR, 0600);
  g_autoptr (S3dSink) sink = s3d_sink_new_file (fd, 3);
  gsize length;

  fixture_make_large (fixture, "large", LARGE);
  op->sink = sink;
  fixture_run_ok (fixture, op);
  close (fd);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpuint (length, ==, LARGE - 7 + 3);
  fixture_assert_large (contents + 3, 7, LARGE - 7);
}

static void
test_errors_name_the_path (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_READ, "d/missing");
  g_autoptr (S3dOp) below = fixture_op (fixture, S3D_OP_READ, "d/file/below");
  g_autoptr (S3dOp) slash = fixture_op (fixture, S3D_OP_READ, "d/file/");
  g_autoptr (S3dOp) directory = fixture_op (fixture, S3D_OP_READ, "d");
  g_autofree char *path = fixture_path (fixture, "d/missing");

  fixture_make (fixture, "d/file", "x");
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, path);
  fixture_run_bad (fixture, below, S3DLIO_ERROR_NOT_FOUND, "/d/file/below");
  fixture_run_bad (fixture, slash, S3DLIO_ERROR_NOT_FOUND, "/d/file/");
  fixture_run_bad (fixture, directory, S3DLIO_ERROR_NOT_FOUND, "is a directory");
}

static void
test_if_match (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) good = fixture_op (fixture, S3D_OP_READ, "file");
  g_autoptr (S3dOp) bad = fixture_op (fixture, S3D_OP_READ, "file");
  g_autofree char *other = NULL;

  fixture_make (fixture, "file", "one");
  good->if_match = fixture_etag (fixture, "file");
  bad->if_match = fixture_etag (fixture, "file");
  fixture_run_ok (fixture, good);
  g_assert_cmpstr (s3dlio_object_info_get_etag (good->info), ==, good->if_match);

  fixture_make (fixture, "file", "two");
  other = fixture_etag (fixture, "file");
  g_assert_cmpstr (other, !=, bad->if_match);
  fixture_run_bad (fixture, bad, S3DLIO_ERROR_PRECONDITION, other);
}

static gboolean
shrink (S3dOp *op, gpointer data, GError **error)
{
  return truncate (s3dlio_uri_get_key (op->target), 5) == 0;
}

static gboolean
overwrite (S3dOp *op, gpointer data, GError **error)
{
  int fd = g_open (s3dlio_uri_get_key (op->target), O_WRONLY, 0);
  gboolean written = pwrite (fd, "X", 1, 1) == 1;
  /* Clocks of file systems tick slowly. */
  struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = 12345 } };

  written = written && futimens (fd, times) == 0;
  close (fd);

  return written;
}

static void
check_change (Fixture *fixture, S3dOpReady ready, gboolean if_match, S3dlioError code)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "file");
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (100);

  fixture_make (fixture, "file", "0123456789");
  op->sink = sink;
  op->ready = ready;
  op->if_match = if_match ? fixture_etag (fixture, "file") : NULL;
  fixture_run_bad (fixture, op, code, "/file ");
}

static void
test_change_is_seen (Fixture *fixture, gconstpointer data)
{
  check_change (fixture, shrink, FALSE, S3DLIO_ERROR_INTEGRITY);
  check_change (fixture, shrink, TRUE, S3DLIO_ERROR_PRECONDITION);
  check_change (fixture, overwrite, FALSE, S3DLIO_ERROR_INTEGRITY);
  check_change (fixture, overwrite, TRUE, S3DLIO_ERROR_PRECONDITION);
}

static gboolean
replace (S3dOp *op, gpointer data, GError **error)
{
  return g_file_set_contents (s3dlio_uri_get_key (op->target), "other", -1, error);
}

static void
test_replaced_is_read_whole (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "file");
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (100);
  g_autoptr (GBytes) bytes = NULL;

  fixture_make (fixture, "file", "0123456789");
  op->sink = sink;
  op->ready = replace;
  fixture_run_ok (fixture, op);
  bytes = s3d_sink_steal_bytes (sink);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "0123456789", 10);
}

static void
test_special_files_are_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = fixture_path (fixture, "fifo");
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("file:///dev/zero", NULL);
  g_autoptr (S3dOp) fifo = range_op (fixture, "fifo", 0, 10);
  g_autoptr (S3dOp) zero = range_op (fixture, "", 0, 10);

  g_assert_no_errno (mkfifo (path, 0600));
  fixture_run_bad (fixture, fifo, S3DLIO_ERROR_UNSUPPORTED, path);
  s3dlio_uri_unref (zero->target);
  zero->target = s3dlio_uri_ref (uri);
  fixture_run_bad (fixture, zero, S3DLIO_ERROR_UNSUPPORTED, "/dev/zero");
}

static void
test_proc_is_read_to_its_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("file:///proc/self/status", NULL);
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "");
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (1 << 20);

  s3dlio_uri_unref (op->target);
  op->target = s3dlio_uri_ref (uri);
  op->sink = sink;
  fixture_run_ok (fixture, op);
  g_assert_cmpint (op->total, ==, -1);
  g_assert_cmpint (op->range_length, ==, -1);
  g_assert_cmpuint (sink->written, >, 100);
}

typedef struct
{
  S3dSink sink;
  S3dOp *op;
  guint n_writes;
} CancellingSink;

static gboolean
cancelling_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  CancellingSink *self = (CancellingSink *) sink;

  if (++self->n_writes == 2)
    s3d_op_cancel (self->op);

  return TRUE;
}

static void
test_cancelled_in_mid_body (Fixture *fixture, gconstpointer data)
{
  static const S3dSinkClass klass = { .write = cancelling_write };
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "large");
  CancellingSink sink = { .sink = { .klass = &klass }, .op = op };

  fixture_make_large (fixture, "large", LARGE);
  op->sink = &sink.sink;
  fixture_run (fixture, op);
  g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (sink.n_writes, ==, 2);
}

static void
test_small_sink_refuses (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "file");
  char memory[4] = "abc";
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (memory, 3);

  fixture_make (fixture, "file", "0123456789");
  op->sink = sink;
  fixture_run_bad (fixture, op, S3DLIO_ERROR_NO_SPACE, "10 bytes");
  g_assert_cmpstr (memory, ==, "abc");
}

static void
test_stat (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) file = fixture_op (fixture, S3D_OP_STAT, "d/a b");
  g_autoptr (S3dOp) link = fixture_op (fixture, S3D_OP_STAT, "link");
  g_autoptr (S3dOp) slash = fixture_op (fixture, S3D_OP_STAT, "d/");
  g_autoptr (S3dOp) directory = fixture_op (fixture, S3D_OP_STAT, "d");
  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_STAT, "x");
  g_autofree char *path = fixture_path (fixture, "d/a b");
  g_autofree char *uri = g_strdup_printf ("file://%s/d/a%%20b", fixture->dir);
  struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1700000000, .tv_nsec = 123456789 } };

  fixture_make (fixture, "d/a b", "hello");
  fixture_make_link (fixture, "d/a b", "link");
  g_assert_no_errno (utimensat (AT_FDCWD, path, times, 0));

  fixture_run_ok (fixture, file);
  g_assert_cmpint (s3dlio_object_info_get_object_type (file->info), ==, S3DLIO_OBJECT_TYPE_OBJECT);
  g_assert_cmpstr (s3dlio_object_info_get_uri (file->info), ==, uri);
  g_assert_cmpint (s3dlio_object_info_get_size (file->info), ==, 5);
  g_assert_cmpint (s3dlio_object_info_get_mtime (file->info), ==, G_GINT64_CONSTANT (1700000000123456));
  g_assert_nonnull (s3dlio_object_info_get_etag (file->info));

  fixture_run_ok (fixture, link);
  g_assert_cmpint (s3dlio_object_info_get_size (link->info), ==, 5);
  fixture_run_ok (fixture, slash);
  g_assert_cmpint (s3dlio_object_info_get_object_type (slash->info), ==, S3DLIO_OBJECT_TYPE_PREFIX);
  g_assert_cmpint (s3dlio_object_info_get_size (slash->info), ==, -1);
  fixture_run_bad (fixture, directory, S3DLIO_ERROR_NOT_FOUND, "is a directory");
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, fixture->dir);
}

static void
test_local_path (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("file:///tmp/a%20b%FF", NULL);
  g_autofree char *path = fixture->store->klass->local_path (fixture->store, uri);

  g_assert_cmpstr (path, ==, "/tmp/a b\xff");
}

static void
test_no_containers (Fixture *fixture, gconstpointer data)
{
  g_assert_false (s3d_store_can (fixture->store, S3D_OP_CONTAINER_CREATE));
  g_assert_false (s3d_store_can (fixture->store, S3D_OP_CONTAINER_DELETE));
  g_assert_false (s3d_store_can (fixture->store, S3D_OP_CONTAINER_LIST));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/read/ranges-are-clamped-and-empty-at-the-end", test_ranges);
  fixture_add ("/file/read/offset-behind-the-end-is-range-and-tells-the-size", test_range_behind_the_end);
  fixture_add ("/file/read/empty-file-is-empty", test_empty);
  fixture_add ("/file/read/large-file-lands-in-memory", test_large_into_memory);
  fixture_add ("/file/read/large-file-lands-in-a-file", test_large_into_file);
  fixture_add ("/file/read/errors-name-the-path", test_errors_name_the_path);
  fixture_add ("/file/read/if-match", test_if_match);
  fixture_add ("/file/read/change-while-reading-is-an-error", test_change_is_seen);
  fixture_add ("/file/read/replaced-file-is-read-as-it-was", test_replaced_is_read_whole);
  fixture_add ("/file/read/special-files-are-refused", test_special_files_are_refused);
  fixture_add ("/file/read/file-without-size-is-read-to-its-end", test_proc_is_read_to_its_end);
  fixture_add ("/file/read/cancelled-in-mid-body", test_cancelled_in_mid_body);
  fixture_add ("/file/read/small-buffer-is-refused-untouched", test_small_sink_refuses);
  fixture_add ("/file/stat/file-link-and-directory", test_stat);
  fixture_add ("/file/store/local-path-is-decoded", test_local_path);
  fixture_add ("/file/store/has-no-containers", test_no_containers);

  return g_test_run ();
}

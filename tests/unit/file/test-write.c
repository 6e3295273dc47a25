/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing and deleting files. */

#include "config.h"

#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE ((gsize) 3 * 1024 * 1024 + 4321)

static S3dOp *
write_op (Fixture *fixture, const char *name, const char *text)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_WRITE, name);

  op->source = fixture_source (text);

  return op;
}

static void
test_new (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = write_op (fixture, "a/b/c", "hello");
  g_autofree char *etag = NULL;

  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "a/b/c", "hello");
  fixture_assert_names (fixture, "a");
  etag = fixture_etag (fixture, "a/b/c");
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, etag);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 5);
  g_assert_cmpuint (op->facts.bytes, ==, 5);
}

static int n_synced;

/* In the place of the C library's. */
int
fsync (int fd)
{
  g_atomic_int_inc (&n_synced);

  return (int) syscall (SYS_fsync, fd);
}

static void
test_synced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) before = write_op (fixture, "a", "hello");
  g_autoptr (S3dOp) op = write_op (fixture, "b", "hello");

  n_synced = 0;
  fixture_run_ok (fixture, before);
  g_assert_cmpint (n_synced, ==, 0);

  fixture->settings->fsync = TRUE;
  fixture_run_ok (fixture, op);
  /* The file, and the directory that has its name. */
  g_assert_cmpint (n_synced, ==, 2);
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) none = fixture_op (fixture, S3D_OP_WRITE, "none");
  g_autoptr (S3dOp) empty = write_op (fixture, "empty", "");

  fixture_run_ok (fixture, none);
  fixture_run_ok (fixture, empty);
  fixture_assert_text (fixture, "none", "");
  fixture_assert_text (fixture, "empty", "");
}

static void
test_from_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "copy");
  g_autofree char *path = fixture_path (fixture, "large");
  g_autofree char *copy = fixture_path (fixture, "copy");
  g_autofree char *contents = NULL;
  gsize length;
  int fd;

  fixture_make_large (fixture, "large", LARGE);
  fd = g_open (path, O_RDONLY, 0);
  op->source = s3d_source_new_file (fd, 10, LARGE - 10);
  fixture_run_ok (fixture, op);
  close (fd);
  g_assert_true (g_file_get_contents (copy, &contents, &length, NULL));
  g_assert_cmpuint (length, ==, LARGE - 10);
  fixture_assert_large (contents, 10, LARGE - 10);
}

static void
test_failed_source (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "target");
  g_autofree char *path = fixture_path (fixture, "short");
  int fd;

  fixture_make (fixture, "short", "12345");
  fixture_make (fixture, "target", "old");
  fd = g_open (path, O_RDONLY, 0);
  op->source = s3d_source_new_file (fd, 0, 10);
  fixture_run_bad (fixture, op, S3DLIO_ERROR_INTEGRITY, "changed while it was read");
  close (fd);
  fixture_assert_text (fixture, "target", "old");
  fixture_assert_names (fixture, "short target");
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "fifo");
  g_autofree char *bytes = g_malloc0 (LARGE);

  op->source = s3d_source_new_memory (bytes, LARGE);
  fixture_cancel_into_fifo (fixture, op, "fifo");
}

static void
test_fifo_without_reader (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = write_op (fixture, "fifo", "text");
  g_autofree char *path = fixture_path (fixture, "fifo");

  g_assert_no_errno (mkfifo (path, 0600));
  fixture_start (fixture, op);
  s3d_op_cancel (op);
  fixture_wait (op);
  g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_fifo (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "fifo");
  g_autofree char *path = fixture_path (fixture, "fifo");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *bytes = NULL;
  g_autoptr (GByteArray) all = NULL;
  GThread *reader;

  fixture_make_large (fixture, "from", LARGE);
  g_assert_true (g_file_get_contents (from, &bytes, NULL, NULL));
  g_assert_no_errno (mkfifo (path, 0600));
  reader = g_thread_new ("reader", fixture_read_all, path);
  op->source = s3d_source_new_memory (bytes, LARGE);
  fixture_run_ok (fixture, op);
  all = g_thread_join (reader);
  g_assert_cmpmem (all->data, all->len, bytes, LARGE);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, -1);
}

static void
test_no_clobber (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) first = write_op (fixture, "file", "one");
  g_autoptr (S3dOp) second = write_op (fixture, "file", "two");

  first->no_clobber = second->no_clobber = TRUE;
  fixture_run_ok (fixture, first);
  fixture_run_bad (fixture, second, S3DLIO_ERROR_EXISTS, "/file ");
  fixture_assert_text (fixture, "file", "one");
}

static void
test_if_match (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) good = write_op (fixture, "file", "two");
  g_autoptr (S3dOp) stale = write_op (fixture, "file", "three");
  g_autoptr (S3dOp) missing = write_op (fixture, "other", "x");

  fixture_make (fixture, "file", "one");
  good->if_match = fixture_etag (fixture, "file");
  stale->if_match = fixture_etag (fixture, "file");
  missing->if_match = g_strdup ("*");
  fixture_run_ok (fixture, good);
  fixture_run_bad (fixture, stale, S3DLIO_ERROR_PRECONDITION, "/file ");
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, "/other");
  fixture_assert_text (fixture, "file", "two");
  fixture_assert_names (fixture, "file");
}

static void
test_bad_targets (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) directory = write_op (fixture, "d", "x");
  g_autoptr (S3dOp) slash = write_op (fixture, "e/", "x");
  g_autoptr (S3dOp) below = write_op (fixture, "d/file/below", "x");

  fixture_make (fixture, "d/file", "x");
  fixture_run_bad (fixture, directory, S3DLIO_ERROR_INVALID, "is a directory");
  fixture_run_bad (fixture, slash, S3DLIO_ERROR_INVALID, "names a directory");
  fixture_run (fixture, below);
  g_assert_nonnull (below->error);
  g_assert_nonnull (strstr (below->error->message, "/d/file"));
  fixture_assert_names (fixture, "d");
}

static void
test_attributes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = write_op (fixture, "file", "x");

  op->attributes = s3d_attributes_new ();
  op->attributes->content_type = g_strdup ("text/plain");
  fixture_run_ok (fixture, op);
  g_assert_null (s3dlio_object_info_get_attribute (op->info, "content-type"));
}

static void
test_link_target (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = write_op (fixture, "link", "new");
  g_autofree char *path = fixture_path (fixture, "link");

  fixture_make (fixture, "file", "old");
  fixture_make_link (fixture, "file", "link");
  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "new");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
}

static void
test_delete (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) file = fixture_op (fixture, S3D_OP_DELETE, "d/file");
  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_DELETE, "d/file");
  g_autoptr (S3dOp) below = fixture_op (fixture, S3D_OP_DELETE, "d/other/below");
  g_autoptr (S3dOp) slash = fixture_op (fixture, S3D_OP_DELETE, "d/other/");
  g_autoptr (S3dOp) link = fixture_op (fixture, S3D_OP_DELETE, "link");

  fixture_make (fixture, "d/file", "x");
  fixture_make (fixture, "d/other", "x");
  fixture_make_link (fixture, "d", "link");
  fixture_run_ok (fixture, file);
  fixture_run_ok (fixture, missing);
  fixture_run_ok (fixture, below);
  fixture_run_ok (fixture, slash);
  fixture_run_ok (fixture, link);
  fixture_assert_names (fixture, "d");
  fixture_assert_text (fixture, "d/other", "x");
}

static void
test_delete_directory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) full = fixture_op (fixture, S3D_OP_DELETE, "d");
  g_autoptr (S3dOp) slash = fixture_op (fixture, S3D_OP_DELETE, "d/");
  g_autoptr (S3dOp) file = fixture_op (fixture, S3D_OP_DELETE, "d/file");
  g_autoptr (S3dOp) empty = fixture_op (fixture, S3D_OP_DELETE, "d");

  fixture_make (fixture, "d/file", "x");
  fixture_run_bad (fixture, full, S3DLIO_ERROR_INVALID, "/d is a directory");
  fixture_run_bad (fixture, slash, S3DLIO_ERROR_INVALID, "/d/ is a directory");
  fixture_assert_text (fixture, "d/file", "x");
  fixture_run_ok (fixture, file);
  fixture_run_bad (fixture, empty, S3DLIO_ERROR_INVALID, "/d is a directory");
  fixture_assert_names (fixture, "d");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/write/new-file-and-its-directories", test_new);
  fixture_add ("/file/write/empty-file", test_empty);
  fixture_add ("/file/write/synced-as-set", test_synced);
  fixture_add ("/file/write/from-a-descriptor", test_from_file);
  fixture_add ("/file/write/failed-source-leaves-the-old-file-alone", test_failed_source);
  fixture_add ("/file/write/fifo-takes-all-in-order", test_fifo);
  fixture_add ("/file/write/full-fifo-can-be-cancelled", test_cancelled);
  fixture_add ("/file/write/fifo-without-reader-can-be-cancelled", test_fifo_without_reader);
  fixture_add ("/file/write/no-clobber", test_no_clobber);
  fixture_add ("/file/write/if-match", test_if_match);
  fixture_add ("/file/write/directories-are-no-targets", test_bad_targets);
  fixture_add ("/file/write/attributes-are-not-kept", test_attributes);
  fixture_add ("/file/write/link-is-followed", test_link_target);
  fixture_add ("/file/delete/exactly-one-and-missing-is-fine", test_delete);
  fixture_add ("/file/delete/never-a-directory", test_delete_directory);

  return g_test_run ();
}

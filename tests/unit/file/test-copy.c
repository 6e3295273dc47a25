/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copying files. */

#include "config.h"

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE ((gsize) 20 * 1024 * 1024 + 777)

static void
assert_equal (const char *path, const char *other)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  gsize one_size, two_size;

  g_assert_true (g_file_get_contents (path, &one, &one_size, NULL));
  g_assert_true (g_file_get_contents (other, &two, &two_size, NULL));
  g_assert_cmpuint (one_size, ==, two_size);
  g_assert_true (memcmp (one, two, one_size) == 0);
}

static void
test_copy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "a/b/to");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *to = fixture_path (fixture, "a/b/to");
  g_autofree char *etag = NULL;

  fixture_make_large (fixture, "from", LARGE);
  fixture_run_ok (fixture, op);
  assert_equal (from, to);
  etag = fixture_etag (fixture, "a/b/to");
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, etag);
  g_assert_cmpuint (op->facts.bytes, ==, LARGE);
}

static void
test_small (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) small = fixture_op_from (fixture, S3D_OP_COPY, "small", "to");
  g_autoptr (S3dOp) empty = fixture_op_from (fixture, S3D_OP_COPY, "empty", "to");

  fixture_make (fixture, "small", "x");
  fixture_make (fixture, "empty", "");
  fixture_run_ok (fixture, small);
  fixture_assert_text (fixture, "to", "x");
  fixture_run_ok (fixture, empty);
  fixture_assert_text (fixture, "to", "");
}

/* Another file system, where there is one. */
static void
test_across (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_strdup ("/dev/shm/s3dlio-file-XXXXXX");
  g_autofree char *dir = g_strdup (g_mkdtemp (made) ? made : fixture->dir);
  g_autofree char *to = g_build_filename (dir, "to", NULL);
  g_autofree char *from = fixture_path (fixture, "from");
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "to");
  g_autoptr (S3dlioUri) uri = s3dlio_uri_with_key (op->target, to);

  fixture_make_large (fixture, "from", LARGE);
  s3dlio_uri_unref (op->target);
  op->target = s3dlio_uri_ref (uri);
  fixture_run_ok (fixture, op);
  assert_equal (from, to);
  g_unlink (to);
  g_rmdir (dir);
  g_mkdir (fixture->dir, 0700);
}

static void
test_without_size (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "", "to");
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("file:///proc/version", NULL);
  g_autofree char *to = fixture_path (fixture, "to");

  s3dlio_uri_unref (op->from);
  op->from = s3dlio_uri_ref (uri);
  fixture_run_ok (fixture, op);
  assert_equal ("/proc/version", to);
}

static void
test_sparse (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "to");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *to = fixture_path (fixture, "to");
  int fd = g_open (from, O_CREAT | O_RDWR, 0600);
  struct stat stat_from, stat_to;

  g_assert_cmpint (pwrite (fd, "begin", 5, 0), ==, 5);
  g_assert_cmpint (pwrite (fd, "middle", 6, 16 << 20), ==, 6);
  g_assert_no_errno (ftruncate (fd, 32 << 20));
  g_assert_no_errno (fstat (fd, &stat_from));
  close (fd);
  fixture_run_ok (fixture, op);
  assert_equal (from, to);
  g_assert_no_errno (stat (to, &stat_to));
  g_assert_cmpint (stat_to.st_blocks, <=, stat_from.st_blocks + 16);
}

static void
test_onto_itself (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) same = fixture_op_from (fixture, S3D_OP_COPY, "file", "file");
  g_autoptr (S3dOp) soft = fixture_op_from (fixture, S3D_OP_COPY, "file", "soft");
  g_autoptr (S3dOp) hard = fixture_op_from (fixture, S3D_OP_COPY, "file", "hard");
  g_autofree char *path = fixture_path (fixture, "file");
  g_autofree char *other = fixture_path (fixture, "hard");

  fixture_make (fixture, "file", "text");
  fixture_make_link (fixture, "file", "soft");
  g_assert_no_errno (link (path, other));
  fixture_run_bad (fixture, same, S3DLIO_ERROR_INVALID, "onto itself");
  fixture_run_bad (fixture, soft, S3DLIO_ERROR_INVALID, "onto itself");
  fixture_run_bad (fixture, hard, S3DLIO_ERROR_INVALID, "onto itself");
  fixture_assert_text (fixture, "file", "text");
}

static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) good = fixture_op_from (fixture, S3D_OP_COPY, "from", "new");
  g_autoptr (S3dOp) stale = fixture_op_from (fixture, S3D_OP_COPY, "from", "new");
  g_autoptr (S3dOp) there = fixture_op_from (fixture, S3D_OP_COPY, "from", "old");
  g_autoptr (S3dOp) missing = fixture_op_from (fixture, S3D_OP_COPY, "none", "new");
  g_autoptr (S3dOp) directory = fixture_op_from (fixture, S3D_OP_COPY, "d", "new");

  fixture_make (fixture, "from", "text");
  fixture_make (fixture, "old", "old");
  fixture_make (fixture, "d/file", "x");
  good->if_match = fixture_etag (fixture, "from");
  stale->if_match = fixture_etag (fixture, "old");
  there->no_clobber = TRUE;
  fixture_run_ok (fixture, good);
  fixture_run_bad (fixture, stale, S3DLIO_ERROR_PRECONDITION, "/from ");
  fixture_run_bad (fixture, there, S3DLIO_ERROR_EXISTS, "/old ");
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, "/none");
  fixture_run_bad (fixture, directory, S3DLIO_ERROR_NOT_FOUND, "is a directory");
  fixture_assert_text (fixture, "new", "text");
  fixture_assert_text (fixture, "old", "old");
}

static void
test_mode_and_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) plain = fixture_op_from (fixture, S3D_OP_COPY, "from", "plain");
  g_autoptr (S3dOp) kept = fixture_op_from (fixture, S3D_OP_COPY, "from", "kept");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *plain_path = fixture_path (fixture, "plain");
  g_autofree char *kept_path = fixture_path (fixture, "kept");
  struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1700000000, .tv_nsec = 123456789 } };
  mode_t mask = umask (027);
  struct stat now;

  fixture_make (fixture, "from", "text");
  g_assert_no_errno (chmod (from, 0751));
  g_assert_no_errno (utimensat (AT_FDCWD, from, times, 0));
  kept->preserve_mtime = TRUE;
  fixture_run_ok (fixture, plain);
  fixture_run_ok (fixture, kept);
  umask (mask);
  g_assert_no_errno (stat (plain_path, &now));
  g_assert_cmpint (now.st_mode & 07777, ==, 0750);
  g_assert_cmpint (now.st_mtim.tv_sec, >, 1700000000);
  g_assert_no_errno (stat (kept_path, &now));
  g_assert_cmpint (now.st_mtim.tv_sec, ==, 1700000000);
  g_assert_cmpint (now.st_mtim.tv_nsec, ==, 123456789);
}

/* In the place of that of the C library: of a file system that keeps no modes, or of another user's. */
static int fchmod_errno;

int
fchmod (int fd, mode_t mode)
{
  if (fchmod_errno == 0)
    return (int) syscall (SYS_fchmod, fd, mode);

  errno = fchmod_errno;
  return -1;
}

static void
test_without_modes (Fixture *fixture, gconstpointer data)
{
  const int errors[] = { EPERM, EOPNOTSUPP, ENOSYS };

  fixture_make (fixture, "from", "text");
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autofree char *to = g_strdup_printf ("to-%zu", i);
      g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", to);

      fchmod_errno = errors[i];
      fixture_run_ok (fixture, op);
      fchmod_errno = 0;
      fixture_assert_text (fixture, to, "text");
    }
}

static void
test_into_fifo (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "fifo");
  g_autofree char *path = fixture_path (fixture, "fifo");
  g_autoptr (GByteArray) all = NULL;
  GThread *reader;

  fixture_make_large (fixture, "from", LARGE);
  g_assert_no_errno (mkfifo (path, 0600));
  reader = g_thread_new ("reader", fixture_read_all, path);
  fixture_run_ok (fixture, op);
  all = g_thread_join (reader);
  g_assert_cmpuint (all->len, ==, LARGE);
  fixture_assert_large ((const char *) all->data, 0, LARGE);
}

/* Its reader changes the source before it takes more than a pipe holds. */
static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "fifo");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *path = fixture_path (fixture, "fifo");
  g_autofree guint8 *buffer = g_malloc (LARGE);
  struct pollfd pollfd = { .events = POLLIN };
  int file;

  fixture_make_large (fixture, "from", LARGE);
  g_assert_no_errno (mkfifo (path, 0600));
  pollfd.fd = g_open (path, O_RDONLY | O_NONBLOCK, 0);
  fixture_start (fixture, op);
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  file = g_open (from, O_WRONLY | O_APPEND, 0);
  g_assert_cmpint (write (file, "x", 1), ==, 1);
  close (file);
  while (poll (&pollfd, 1, -1) == 1 && read (pollfd.fd, buffer, LARGE) > 0)
    continue;
  close (pollfd.fd);

  fixture_wait (op);
  g_assert_error (op->error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_nonnull (strstr (op->error->message, "/from changed while it was read"));
}

static gpointer
write_slowly (gpointer path)
{
  int fd = g_open (path, O_WRONLY, 0);

  g_assert_cmpint (write (fd, "one,", 4), ==, 4);
  g_thread_yield ();
  g_assert_cmpint (write (fd, "two", 3), ==, 3);
  close (fd);

  return NULL;
}

static void
test_from_fifo (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "fifo", "to");
  g_autofree char *path = fixture_path (fixture, "fifo");
  GThread *writer;

  g_assert_no_errno (mkfifo (path, 0600));
  fixture_start (fixture, op);
  writer = g_thread_new ("writer", write_slowly, path);
  fixture_wait (op);
  g_thread_join (writer);
  g_assert_no_error (op->error);
  fixture_assert_text (fixture, "to", "one,two");
}

static void
test_from_ended_pipe (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "", "to");
  g_autofree char *text = NULL;
  g_autoptr (S3dlioUri) uri = NULL;
  int ends[2];

  g_assert_no_errno (pipe (ends));
  g_assert_cmpint (write (ends[1], "text", 4), ==, 4);
  close (ends[1]);
  text = g_strdup_printf ("file:///dev/fd/%d", ends[0]);
  uri = s3dlio_uri_parse (text, NULL);
  s3dlio_uri_unref (op->from);
  op->from = s3dlio_uri_ref (uri);
  fixture_run_ok (fixture, op);
  close (ends[0]);
  fixture_assert_text (fixture, "to", "text");
}

static void
test_from_silence (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "fifo", "to");
  g_autofree char *path = fixture_path (fixture, "fifo");
  int fd;

  g_assert_no_errno (mkfifo (path, 0600));
  fixture_start (fixture, op);
  fd = g_open (path, O_WRONLY, 0); /* waits until it is being read */
  s3d_op_cancel (op);
  fixture_wait (op);
  close (fd);
  g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture_assert_names (fixture, "fifo");
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "fifo");

  fixture_make_large (fixture, "from", LARGE);
  fixture_cancel_into_fifo (fixture, op, "fifo");
}

static void
test_into_device (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_COPY, "from", "null");

  fixture_make (fixture, "from", "text");
  fixture_make_link (fixture, "/dev/null", "null");
  fixture_run_ok (fixture, op);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/copy/large-file", test_copy);
  fixture_add ("/file/copy/small-and-empty-file", test_small);
  fixture_add ("/file/copy/across-file-systems", test_across);
  fixture_add ("/file/copy/source-without-size-to-its-end", test_without_size);
  fixture_add ("/file/copy/holes-stay-holes", test_sparse);
  fixture_add ("/file/copy/onto-itself-is-refused", test_onto_itself);
  fixture_add ("/file/copy/conditions", test_conditions);
  fixture_add ("/file/copy/new-mode-and-time-unless-kept", test_mode_and_time);
  fixture_add ("/file/copy/to-a-file-system-without-modes", test_without_modes);
  fixture_add ("/file/copy/of-what-changes-fails", test_changes);
  fixture_add ("/file/copy/into-a-fifo", test_into_fifo);
  fixture_add ("/file/copy/into-a-device", test_into_device);
  fixture_add ("/file/copy/from-a-fifo", test_from_fifo);
  fixture_add ("/file/copy/from-a-pipe-that-has-ended", test_from_ended_pipe);
  fixture_add ("/file/copy/from-a-silent-fifo-can-be-cancelled", test_from_silence);
  fixture_add ("/file/copy/can-be-cancelled", test_cancelled);

  return g_test_run ();
}

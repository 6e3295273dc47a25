/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files appear whole or not at all, with and without O_TMPFILE. */

#include "config.h"

#include "base/base-file.h"
#include "base/base-time.h"
#include "directory.h"
#include "s3dlio/s3dlio-error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char *dir;
  char *path; /* in it, not made yet */
} Fixture;

/* @data: not NULL where O_TMPFILE is to be missing. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("s3dlio-file-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "target", NULL);
  if (data != NULL)
    g_setenv ("S3DLIO_TEST_NO_TMPFILE", "1", TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unsetenv ("S3DLIO_TEST_NO_TMPFILE");
  directory_remove (fixture->dir);
  g_free (fixture->dir);
  g_free (fixture->path);
}

static S3dAtomicFile *
open_and_write (const char *path, S3dAtomicFlags flags, const char *text)
{
  g_autoptr (GError) error = NULL;
  S3dAtomicFile *file = s3d_atomic_file_open (path, flags, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (s3d_atomic_file_get_fd (file), text, strlen (text)), ==, (gssize) strlen (text));

  return file;
}

static void
commit (S3dAtomicFile *file)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = s3d_atomic_file_commit (file, S3D_TIME_UNKNOWN, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

static void
assert_text (const char *path, const char *text)
{
  g_autofree char *found = NULL;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
}

static guint
mode_of (const char *path)
{
  struct stat st;

  g_assert_cmpint (stat (path, &st), ==, 0);
  return st.st_mode & 07777;
}

static void
test_new_file (Fixture *fixture, gconstpointer data)
{
  mode_t old = umask (027);
  S3dAtomicFile *file = open_and_write (fixture->path, S3D_ATOMIC_FSYNC, "whole");

  g_assert_true (s3d_atomic_file_can_seek (file));
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  commit (file);
  umask (old);

  assert_text (fixture->path, "whole");
  g_assert_cmpuint (mode_of (fixture->path), ==, 0640);
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
}

static void
test_replaced_file_keeps_its_mode (Fixture *fixture, gconstpointer data)
{
  S3dAtomicFile *file;

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_cmpint (chmod (fixture->path, 0751), ==, 0);
  file = open_and_write (fixture->path, S3D_ATOMIC_NONE, "new text");
  assert_text (fixture->path, "old");
  commit (file);

  assert_text (fixture->path, "new text");
  g_assert_cmpuint (mode_of (fixture->path), ==, 0751);
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
}

static void
test_discard_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  s3d_atomic_file_discard (open_and_write (fixture->path, S3D_ATOMIC_NONE, "half"));
  g_assert_cmpuint (directory_count (fixture->dir), ==, 0);

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  s3d_atomic_file_discard (open_and_write (fixture->path, S3D_ATOMIC_NONE, "half"));
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
  assert_text (fixture->path, "old");
}

static void
test_no_clobber (Fixture *fixture, gconstpointer data)
{
  S3dAtomicFile *file = open_and_write (fixture->path, S3D_ATOMIC_NO_CLOBBER, "mine");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "theirs", -1, NULL));
  g_assert_false (s3d_atomic_file_commit (file, S3D_TIME_UNKNOWN, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, fixture->path));
  assert_text (fixture->path, "theirs");
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
  g_clear_error (&error);

  g_assert_null (s3d_atomic_file_open (fixture->path, S3D_ATOMIC_NO_CLOBBER, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);

  g_unlink (fixture->path);
  commit (open_and_write (fixture->path, S3D_ATOMIC_NO_CLOBBER, "mine"));
  assert_text (fixture->path, "mine");
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
}

/* Two that write a new file at once: the later commit wins, as with rename. */
static void
test_target_appears_meanwhile (Fixture *fixture, gconstpointer data)
{
  S3dAtomicFile *first = open_and_write (fixture->path, S3D_ATOMIC_NONE, "first");
  S3dAtomicFile *second = open_and_write (fixture->path, S3D_ATOMIC_NONE, "second");

  commit (second);
  assert_text (fixture->path, "second");
  commit (first);
  assert_text (fixture->path, "first");
  g_assert_cmpuint (directory_count (fixture->dir), ==, 1);
}

static void
test_symlink_is_followed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = g_build_filename (fixture->dir, "link", NULL);
  g_autofree char *second = g_build_filename (fixture->dir, "link2", NULL);

  g_assert_cmpint (symlink ("target", link), ==, 0);
  g_assert_cmpint (symlink (link, second), ==, 0);

  commit (open_and_write (second, S3D_ATOMIC_NONE, "made"));
  g_assert_true (g_file_test (second, G_FILE_TEST_IS_SYMLINK));
  assert_text (fixture->path, "made");

  commit (open_and_write (second, S3D_ATOMIC_NONE, "replaced"));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_IS_SYMLINK));
  assert_text (fixture->path, "replaced");
  g_assert_cmpuint (directory_count (fixture->dir), ==, 3);
}

static void
test_symlink_loop_is_an_error (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("target", fixture->path), ==, 0);
  g_assert_null (s3d_atomic_file_open (fixture->path, S3D_ATOMIC_NONE, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, fixture->path));
}

static void
test_parents (Fixture *fixture, gconstpointer data)
{
  g_autofree char *deep = g_build_filename (fixture->path, "b", "c", "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (s3d_atomic_file_open (deep, S3D_ATOMIC_NONE, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_cmpuint (directory_count (fixture->dir), ==, 0);

  commit (open_and_write (deep, S3D_ATOMIC_MAKE_PARENTS | S3D_ATOMIC_FSYNC, "deep"));
  assert_text (deep, "deep");
}

static void
test_mtime (Fixture *fixture, gconstpointer data)
{
  const gint64 times[] = { 784111777123456, 0, -1500001, 4102444800000000 /* 2100, not in 32 bits */ };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      struct stat st;

      g_assert_true (s3d_atomic_file_commit (open_and_write (fixture->path, S3D_ATOMIC_NONE, "x"), times[i], NULL));
      g_assert_cmpint (stat (fixture->path, &st), ==, 0);
      g_assert_cmpint ((gint64) st.st_mtim.tv_sec * G_USEC_PER_SEC + st.st_mtim.tv_nsec / 1000, ==, times[i]);
    }
}

static void
test_directory_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (s3d_atomic_file_open (fixture->dir, S3D_ATOMIC_NONE, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, fixture->dir));
}

static void
test_long_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strnfill (255, 'n');
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

  commit (open_and_write (path, S3D_ATOMIC_NONE, "one"));
  commit (open_and_write (path, S3D_ATOMIC_NONE, "two"));
  assert_text (path, "two");
}

static void
test_devices_are_written_in_place (void)
{
  S3dAtomicFile *file = open_and_write ("/dev/null", S3D_ATOMIC_FSYNC, "nothing");
  struct stat st;

  commit (file);
  g_assert_cmpint (stat ("/dev/null", &st), ==, 0);
  g_assert_true (S_ISCHR (st.st_mode));
}

static gpointer
read_fifo (gpointer path)
{
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
test_fifos_are_written_in_place (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  S3dAtomicFile *file;
  GThread *reader;

  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  reader = g_thread_new ("reader", read_fifo, fixture->path);
  file = open_and_write (fixture->path, S3D_ATOMIC_NONE, "through");
  g_assert_false (s3d_atomic_file_can_seek (file));
  commit (file);
  text = g_thread_join (reader);
  g_assert_cmpstr (text, ==, "through");
}

static void
test_killed_writer_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  int probe = open (fixture->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  int fds[2], status;
  char byte;
  pid_t pid;

  if (probe < 0)
    {
      g_test_skip ("no O_TMPFILE on this file system");
      return;
    }
  close (probe);

  g_assert_cmpint (pipe (fds), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      open_and_write (fixture->path, S3D_ATOMIC_NONE, "half");
      (void) !write (fds[1], "x", 1);
      for (;;)
        pause ();
    }
  g_assert_cmpint (read (fds[0], &byte, 1), ==, 1);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  close (fds[0]);
  close (fds[1]);
  g_assert_cmpuint (directory_count (fixture->dir), ==, 0);
}

static gpointer
write_deep (gpointer path)
{
  commit (open_and_write (path, S3D_ATOMIC_MAKE_PARENTS, "deep"));
  return NULL;
}

static void
test_parents_by_many_threads (Fixture *fixture, gconstpointer data)
{
  for (guint round = 0; round < 20; round++)
    {
      GThread *threads[8];
      char *paths[8];

      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        {
          paths[i] = g_strdup_printf ("%s/%u/a/b/%u", fixture->dir, round, i);
          threads[i] = g_thread_new ("writer", write_deep, paths[i]);
        }
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        {
          g_thread_join (threads[i]);
          assert_text (paths[i], "deep");
          g_free (paths[i]);
        }
    }
}

typedef void (*Test) (Fixture *fixture, gconstpointer data);

/* Each promise is kept on file systems without O_TMPFILE too. */
static void
add_both (const char *name, Test test)
{
  g_autofree char *nameless = g_strconcat ("/base/file/tmpfile/", name, NULL);
  g_autofree char *named = g_strconcat ("/base/file/dot-file/", name, NULL);

  g_test_add (nameless, Fixture, NULL, set_up, test, tear_down);
  g_test_add (named, Fixture, "no O_TMPFILE", set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_both ("new-file", test_new_file);
  add_both ("replaced-file-keeps-its-mode", test_replaced_file_keeps_its_mode);
  add_both ("discard-leaves-nothing", test_discard_leaves_nothing);
  add_both ("no-clobber", test_no_clobber);
  add_both ("target-appears-meanwhile", test_target_appears_meanwhile);
  add_both ("symlink-is-followed", test_symlink_is_followed);
  add_both ("symlink-loop-is-an-error", test_symlink_loop_is_an_error);
  add_both ("parents", test_parents);
  add_both ("mtime", test_mtime);
  add_both ("directory-is-refused", test_directory_is_refused);
  add_both ("long-name", test_long_name);
  add_both ("parents-by-many-threads", test_parents_by_many_threads);
  g_test_add_func ("/base/file/devices-are-written-in-place", test_devices_are_written_in_place);
  g_test_add ("/base/file/fifos-are-written-in-place", Fixture, NULL, set_up, test_fifos_are_written_in_place,
              tear_down);
  g_test_add ("/base/file/killed-writer-leaves-nothing", Fixture, NULL, set_up, test_killed_writer_leaves_nothing,
              tear_down);

  return g_test_run ();
}

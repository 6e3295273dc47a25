/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renaming files: the very file gets another name, or it is said that this takes a copy. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_rename (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_RENAME, "from", "a/b/to");
  g_autoptr (S3dOp) over = fixture_op_from (fixture, S3D_OP_RENAME, "a/b/to", "there");
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *to = fixture_path (fixture, "a/b/to");
  struct stat before, after;

  fixture_make (fixture, "from", "text");
  fixture_make (fixture, "there", "other");
  g_assert_no_errno (stat (from, &before));
  over->if_match = fixture_etag (fixture, "from");
  fixture_run_ok (fixture, op);
  g_assert_no_errno (stat (to, &after));
  g_assert_cmpuint (before.st_ino, ==, after.st_ino);
  g_assert_cmpint (before.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, over->if_match);
  fixture_run_ok (fixture, over);
  fixture_assert_text (fixture, "there", "text");
  fixture_assert_names (fixture, "a there");
}

static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) there = fixture_op_from (fixture, S3D_OP_RENAME, "from", "there");
  g_autoptr (S3dOp) stale = fixture_op_from (fixture, S3D_OP_RENAME, "from", "there");
  g_autoptr (S3dOp) free_name = fixture_op_from (fixture, S3D_OP_RENAME, "from", "free");
  g_autoptr (S3dOp) missing = fixture_op_from (fixture, S3D_OP_RENAME, "missing", "there");

  fixture_make (fixture, "from", "text");
  fixture_make (fixture, "there", "other");
  there->no_clobber = free_name->no_clobber = TRUE;
  stale->if_match = g_strdup ("other");
  fixture_run_bad (fixture, there, S3DLIO_ERROR_EXISTS, "/there exists");
  fixture_run_bad (fixture, stale, S3DLIO_ERROR_PRECONDITION, "/from has the ETag");
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, "/missing");
  fixture_assert_text (fixture, "from", "text");
  fixture_assert_text (fixture, "there", "other");
  fixture_run_ok (fixture, free_name);
  fixture_assert_names (fixture, "free there");
}

/* rename(2) would end well and keep both names. */
static void
test_onto_itself (Fixture *fixture, gconstpointer data)
{
  const char *const names[] = { "from", "hard", "soft" };
  g_autofree char *from = fixture_path (fixture, "from");
  g_autofree char *hard = fixture_path (fixture, "hard");

  fixture_make (fixture, "from", "text");
  fixture_make_link (fixture, "from", "soft");
  g_assert_no_errno (link (from, hard));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_RENAME, "from", names[i]);

      fixture_run_bad (fixture, op, S3DLIO_ERROR_INVALID, "onto itself");
    }
  fixture_assert_names (fixture, "from hard soft");
}

static void
test_takes_a_copy (Fixture *fixture, gconstpointer data)
{
  const char *const names[][2] = { { "from", "soft" }, { "from", "fifo" }, { "soft", "to" }, { "fifo", "to" } };
  g_autofree char *fifo = fixture_path (fixture, "fifo");

  fixture_make (fixture, "from", "text");
  fixture_make (fixture, "behind", "other");
  fixture_make_link (fixture, "behind", "soft");
  g_assert_no_errno (mkfifo (fifo, 0600));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_RENAME, names[i][0], names[i][1]);

      fixture_run_bad (fixture, op, S3DLIO_ERROR_UNSUPPORTED, "no regular file");
    }
  fixture_assert_names (fixture, "behind fifo from soft");
}

/* Another file system, where there is one. */
static void
test_across (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dir = g_strdup ("/dev/shm/s3dlio-file-XXXXXX");
  g_autoptr (S3dOp) op = fixture_op_from (fixture, S3D_OP_RENAME, "from", "to");
  g_autofree char *to = NULL;
  struct stat here, there;

  if (!g_mkdtemp (dir) || stat (dir, &there) != 0 || stat (fixture->dir, &here) != 0 || here.st_dev == there.st_dev)
    {
      g_test_skip ("there is but one file system");
      g_rmdir (dir);
      return;
    }

  to = g_build_filename (dir, "to", NULL);
  g_free (op->target->key);
  op->target->key = g_strdup (to);
  fixture_make (fixture, "from", "text");
  fixture_run_bad (fixture, op, S3DLIO_ERROR_UNSUPPORTED, "another file system");
  fixture_assert_names (fixture, "from");
  g_rmdir (dir);
}

static void
test_directories (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) source = fixture_op_from (fixture, S3D_OP_RENAME, "d", "to");
  g_autoptr (S3dOp) slash = fixture_op_from (fixture, S3D_OP_RENAME, "from", "to/");

  fixture_make (fixture, "from", "text");
  fixture_make (fixture, "d/file", "x");
  fixture_run_bad (fixture, source, S3DLIO_ERROR_NOT_FOUND, "/d is a directory");
  fixture_run_bad (fixture, slash, S3DLIO_ERROR_INVALID, "/to/ names a directory");
  fixture_assert_names (fixture, "d from");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/rename/is-the-very-file", test_rename);
  fixture_add ("/file/rename/conditions", test_conditions);
  fixture_add ("/file/rename/onto-itself-is-refused", test_onto_itself);
  fixture_add ("/file/rename/of-or-onto-what-is-no-file-takes-a-copy", test_takes_a_copy);
  fixture_add ("/file/rename/across-file-systems-takes-a-copy", test_across);
  fixture_add ("/file/rename/directories-are-no-objects", test_directories);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What removing a tree promises: all that is below the directory and nothing beside it, whatever is replaced by a
 * symbolic link meanwhile; what cannot go is named and stays. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <unistd.h>

/* One page of at most @page entries; what became of them stands in its keys. */
static S3dOp *
page_op (Fixture *fixture, const char *name, S3dCursor *cursor, guint page)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_DELETE_TREE, name);

  op->recursive = TRUE;
  op->cursor = cursor;
  op->page_size = page;
  return op;
}

/* All pages. How many have gone, and, in @failed (nullable), what stays: "PATH: WHY" a line. */
static guint
remove_tree (Fixture *fixture, const char *name, GString *failed)
{
  S3dCursor cursor = { 0 };
  guint gone = 0;

  while (!cursor.at_end)
    {
      g_autoptr (S3dOp) op = page_op (fixture, name, &cursor, 10);

      fixture_run_ok (fixture, op);
      g_assert_cmpuint (op->keys->len, <=, 11);
      for (guint i = 0; i < op->keys->len; i++)
        {
          const S3dKey *key = &g_array_index (op->keys, S3dKey, i);

          g_assert_true ((key->state == S3D_KEY_FAILED) == (key->error != NULL));
          gone += key->state == S3D_KEY_GONE;
          if (key->error == NULL)
            continue;
          g_assert_nonnull (failed);
          g_string_append_printf (failed, "%s\n", key->error->message);
        }
    }
  s3d_cursor_clear (&cursor);
  return gone;
}

static void
test_all_below (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 35; i++)
    {
      g_autofree char *name = g_strdup_printf ("tree/%u/%u/file", i % 5, i);

      fixture_make (fixture, name, "x");
    }
  fixture_make (fixture, "tree/file", "x");
  fixture_make (fixture, "treehouse/file", "x");
  g_assert_cmpuint (remove_tree (fixture, "tree", NULL), ==, 36);
  fixture_assert_names (fixture, "treehouse");
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  fixture_make (fixture, "file", "x");
  g_assert_cmpuint (remove_tree (fixture, "missing", NULL), ==, 0);
  g_assert_cmpuint (remove_tree (fixture, "missing/deeper/", NULL), ==, 0);
  /* Nothing is below a file. */
  g_assert_cmpuint (remove_tree (fixture, "file", NULL), ==, 0);
  fixture_assert_text (fixture, "file", "x");
}

static void
test_links (Fixture *fixture, gconstpointer data)
{
  g_autofree char *aside = fixture_path (fixture, "aside");
  g_autofree char *file = fixture_path (fixture, "aside/kept");
  S3dCursor cursor = { 0 };

  fixture_make (fixture, "aside/kept", "x");
  fixture_make (fixture, "tree/sub/file", "x");
  fixture_make_link (fixture, aside, "tree/to-directory");
  fixture_make_link (fixture, file, "tree/sub/to-file");
  fixture_make_link (fixture, "nowhere", "tree/sub/to-nothing");
  fixture_make_link (fixture, aside, "link");
  g_assert_cmpuint (remove_tree (fixture, "tree", NULL), ==, 4);
  fixture_assert_text (fixture, "aside/kept", "x");

  for (guint slash = 0; slash < 2; slash++)
    {
      g_autoptr (S3dOp) op = page_op (fixture, slash ? "link/" : "link", &cursor, 10);

      fixture_run_bad (fixture, op, S3DLIO_ERROR_INVALID, "symbolic link");
    }
  fixture_assert_text (fixture, "aside/kept", "x");
  fixture_assert_names (fixture, "aside link");
}

/* Between two pages the directory that the walk is in, or is about to enter, becomes a link to another one. */
static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  static const char *const replaced[] = { "tree", "tree/a", "tree/b" };
  g_autofree char *aside = fixture_path (fixture, "aside");

  for (guint i = 0; i < G_N_ELEMENTS (replaced); i++)
    {
      S3dCursor cursor = { 0 };
      g_autofree char *path = fixture_path (fixture, replaced[i]);
      g_autofree char *moved = fixture_path (fixture, "moved");

      fixture_make (fixture, "aside/a/kept", "x");
      fixture_make (fixture, "aside/b/kept", "x");
      fixture_make (fixture, "aside/kept", "x");
      for (guint n = 0; n < 40; n++)
        {
          g_autofree char *name = g_strdup_printf ("tree/%c/%u", n % 2 == 0 ? 'a' : 'b', n);

          fixture_make (fixture, name, "x");
        }

      g_autoptr (S3dOp) first = page_op (fixture, "tree", &cursor, 10);
      fixture_run_ok (fixture, first);
      g_assert_false (cursor.at_end);
      g_assert_no_errno (rename (path, moved));
      g_assert_no_errno (symlink (aside, path));
      while (!cursor.at_end)
        {
          g_autoptr (S3dOp) op = page_op (fixture, "tree", &cursor, 10);

          fixture_run_ok (fixture, op);
        }
      s3d_cursor_clear (&cursor);

      fixture_assert_text (fixture, "aside/a/kept", "x");
      fixture_assert_text (fixture, "aside/b/kept", "x");
      fixture_assert_text (fixture, "aside/kept", "x");
      g_remove (path);
      g_rmdir (path);
      remove_tree (fixture, "tree", NULL);
      remove_tree (fixture, "moved", NULL);
      fixture_assert_names (fixture, "aside");
    }
}

static void
test_permissions (Fixture *fixture, gconstpointer data)
{
  g_autofree char *locked = fixture_path (fixture, "tree/locked");
  g_autofree char *unreadable = fixture_path (fixture, "tree/unreadable");
  g_autoptr (GString) failed = g_string_new (NULL);

  fixture_be_nobody (fixture, TRUE);
  fixture_make (fixture, "tree/locked/file", "x");
  fixture_make (fixture, "tree/unreadable/file", "x");
  fixture_make (fixture, "tree/other/file", "x");
  g_assert_no_errno (g_chmod (locked, 0500));
  g_assert_no_errno (g_chmod (unreadable, 0000));
  g_assert_cmpuint (remove_tree (fixture, "tree", failed), ==, 1);
  g_test_message ("%s", failed->str);
  g_assert_nonnull (strstr (failed->str, "tree/locked/file"));
  g_assert_nonnull (strstr (failed->str, "tree/unreadable"));
  g_assert_nonnull (strstr (failed->str, "ermission denied"));
  g_assert_no_errno (g_chmod (locked, 0700));
  g_assert_no_errno (g_chmod (unreadable, 0700));
  fixture_assert_text (fixture, "tree/locked/file", "x");
  fixture_assert_text (fixture, "tree/unreadable/file", "x");
  g_assert_cmpuint (remove_tree (fixture, "tree", NULL), ==, 2);
  g_assert_true (fixture_is_empty (fixture));
  fixture_be_nobody (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/remove/all-that-is-below", test_all_below);
  fixture_add ("/file/remove/of-what-is-missing-is-no-error", test_missing);
  fixture_add ("/file/remove/links-are-not-followed", test_links);
  fixture_add ("/file/remove/replaced-directory-leads-nowhere-else", test_replaced);
  fixture_add ("/file/remove/what-cannot-go-is-named", test_permissions);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listing trees of files as an object store would. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  Fixture *fixture;
  S3dCursor cursor;
  GString *names; /* what came, without the directory */
  guint n_pages;
  guint n_items;
  gboolean recursive;
  gboolean no_follow;
  guint page_size;
} List;

static void
list_clear (List *list)
{
  s3d_cursor_clear (&list->cursor);
  if (list->names)
    g_string_free (list->names, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (List, list_clear)

static void
add_items (List *list, GPtrArray *items)
{
  g_autofree char *root = g_strdup_printf ("file://%s/", list->fixture->dir);

  for (guint i = 0; i < items->len; i++)
    {
      S3dlioObjectInfo *info = g_ptr_array_index (items, i);
      const char *uri = s3dlio_object_info_get_uri (info);
      gboolean is_prefix = s3dlio_object_info_get_object_type (info) == S3DLIO_OBJECT_TYPE_PREFIX;

      g_assert_true (g_str_has_prefix (uri, root));
      g_assert_true (is_prefix == g_str_has_suffix (uri, "/"));
      g_assert_true (is_prefix == (s3dlio_object_info_get_size (info) < 0) || list->no_follow);
      g_string_append_printf (list->names, "%s%s", list->names->len > 0 ? " " : "", uri + strlen (root));
      list->n_items++;
    }
}

static S3dOp *
list_page (List *list, const char *prefix)
{
  S3dOp *op = fixture_op (list->fixture, S3D_OP_LIST, prefix);

  if (!list->names)
    list->names = g_string_new (NULL);
  op->recursive = list->recursive;
  op->no_follow = list->no_follow;
  op->page_size = list->page_size;
  op->cursor = &list->cursor;
  fixture_run (list->fixture, op);
  list->n_pages++;
  if (op->items)
    add_items (list, op->items);

  return op;
}

static void
check_list (List *list, const char *prefix, const char *expected)
{
  while (!list->cursor.at_end)
    {
      g_autoptr (S3dOp) op = list_page (list, prefix);

      g_assert_no_error (op->error);
      g_assert_true (list->page_size == 0 || op->items->len <= list->page_size);
    }
  g_assert_cmpstr (list->names->str, ==, expected);
  g_assert_null (list->cursor.state);
}

static void
check (Fixture *fixture, gboolean recursive, const char *prefix, const char *expected)
{
  g_auto (List) list = { .fixture = fixture, .recursive = recursive };

  check_list (&list, prefix, expected);
  g_assert_cmpuint (list.n_pages, ==, 1);
}

static void
make_tree (Fixture *fixture)
{
  fixture_make (fixture, "a-b", "1");
  fixture_make (fixture, "a/x", "22");
  fixture_make (fixture, "a/y/z", "333");
  fixture_make (fixture, "a/y-z", "333");
  fixture_make (fixture, "a0", "4444");
  fixture_make (fixture, "B", "");
  fixture_make (fixture, ".hidden", "");
  fixture_make (fixture, "b/c/d/e", "");
}

static void
test_byte_order (Fixture *fixture, gconstpointer data)
{
  make_tree (fixture);
  check (fixture, TRUE, "", ".hidden B a-b a/x a/y-z a/y/z a0 b/c/d/e");
}

static void
test_split (Fixture *fixture, gconstpointer data)
{
  make_tree (fixture);
  check (fixture, FALSE, "", ".hidden B a-b a/ a0 b/");
  check (fixture, FALSE, "a/", "a/x a/y-z a/y/");
}

static void
test_literal_prefix (Fixture *fixture, gconstpointer data)
{
  make_tree (fixture);
  check (fixture, FALSE, "a", "a-b a/ a0");
  check (fixture, TRUE, "a", "a-b a/x a/y-z a/y/z a0");
  check (fixture, TRUE, "a/y", "a/y-z a/y/z");
  check (fixture, FALSE, "a/y", "a/y-z a/y/");
  check (fixture, FALSE, "a0", "a0");
  check (fixture, TRUE, "nothing", "");
  check (fixture, TRUE, "*", "");
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  make_tree (fixture);
  for (guint size = 1; size <= 9; size++)
    {
      g_auto (List) list = { .fixture = fixture, .recursive = TRUE, .page_size = size };

      check_list (&list, "", ".hidden B a-b a/x a/y-z a/y/z a0 b/c/d/e");
      g_assert_cmpuint (list.n_pages, ==, (8 + size - 1) / size);
    }
}

static void
test_facts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *etag = NULL;
  S3dCursor cursor = { NULL };
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_LIST, "a0");
  g_autoptr (S3dOp) stat = fixture_op (fixture, S3D_OP_STAT, "a0");
  S3dlioObjectInfo *info;

  make_tree (fixture);
  fixture_run_ok (fixture, stat);
  op->cursor = &cursor;
  fixture_run_ok (fixture, op);
  info = g_ptr_array_index (op->items, 0);
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, 4);
  g_assert_cmpint (s3dlio_object_info_get_mtime (info), ==, s3dlio_object_info_get_mtime (stat->info));
  g_assert_cmpstr (s3dlio_object_info_get_etag (info), ==, s3dlio_object_info_get_etag (stat->info));
  s3d_cursor_clear (&cursor);
}

static void
test_missing_root (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { NULL };
  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_LIST, "none/x");
  g_autoptr (S3dOp) file = fixture_op (fixture, S3D_OP_LIST, "a0/");

  make_tree (fixture);
  missing->cursor = file->cursor = &cursor;
  fixture_run_bad (fixture, missing, S3DLIO_ERROR_NOT_FOUND, "/none/");
  fixture_run_bad (fixture, file, S3DLIO_ERROR_NOT_FOUND, "/a0/");
  s3d_cursor_clear (&cursor);
}

static void
test_links (Fixture *fixture, gconstpointer data)
{
  g_auto (List) list = { .fixture = fixture, .recursive = TRUE, .no_follow = TRUE };

  fixture_make (fixture, "a/x", "1");
  fixture_make (fixture, "a/sub/y", "1");
  fixture_make_link (fixture, ".", "a/self");
  fixture_make_link (fixture, "../..", "a/sub/up");
  fixture_make_link (fixture, "a", "b");
  fixture_make_link (fixture, "a/x", "c");
  fixture_make_link (fixture, "nowhere", "d");
  fixture_make_link (fixture, "e", "e");

  check (fixture, TRUE, "", "a/sub/y a/x b/sub/y b/x c");
  check (fixture, FALSE, "", "a/ b/ c");
  check (fixture, FALSE, "b/", "b/self/ b/sub/ b/x");
  check_list (&list, "", "a/self a/sub/up a/sub/y a/x b c d e");
}

static void
test_special_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = fixture_path (fixture, "fifo");

  fixture_make (fixture, "file", "1");
  fixture_make (fixture, ".s3dlio-0123456789abcdef", "half");
  fixture_make (fixture, ".s3dlio-0123456789abcdeg", "whole");
  fixture_make (fixture, ".s3dlio-0123", "whole");
  g_assert_no_errno (mkfifo (path, 0600));
  fixture_make_link (fixture, "fifo", "link");
  fixture_make_link (fixture, "/dev/null", "null");
  check (fixture, TRUE, "", ".s3dlio-0123 .s3dlio-0123456789abcdeg file");
}

static void
test_odd_names (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "a b", "a#?%41", "new\nline", "\xc3\xa9", "\xff\xfe", NULL };
  S3dCursor cursor = { NULL };
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_LIST, "");

  for (guint i = 0; names[i]; i++)
    fixture_make (fixture, names[i], names[i]);
  op->cursor = &cursor;
  fixture_run_ok (fixture, op);
  g_assert_cmpuint (op->items->len, ==, 5);
  for (guint i = 0; names[i]; i++)
    {
      const char *text = s3dlio_object_info_get_uri (g_ptr_array_index (op->items, i));
      g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (text, NULL);
      g_autofree char *path = fixture_path (fixture, names[i]);
      g_autofree char *as_glib = g_filename_to_uri (path, NULL, NULL);
      g_autofree char *read = NULL;

      g_assert_cmpstr (text, ==, as_glib);
      g_assert_cmpstr (s3dlio_uri_get_key (uri), ==, path);
      read = fixture_read (fixture, names[i]);
      g_assert_cmpstr (read, ==, names[i]);
    }
  s3d_cursor_clear (&cursor);
}

static void
lock_directory (Fixture *fixture, const char *name, gboolean locked)
{
  g_autofree char *path = fixture_path (fixture, name);

  if (!locked)
    fixture_be_nobody (fixture, FALSE);
  g_assert_no_errno (chmod (path, locked ? 0 : 0755));
  if (locked)
    fixture_be_nobody (fixture, TRUE);
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_auto (List) list = { .fixture = fixture, .recursive = TRUE };
  g_autoptr (S3dOp) first = NULL;
  g_autoptr (S3dOp) second = NULL;

  fixture_make (fixture, "a", "1");
  fixture_make (fixture, "b/c/d", "1");
  fixture_make (fixture, "b/locked/x", "1");
  fixture_make (fixture, "e", "1");
  lock_directory (fixture, "b/locked", TRUE);
  check (fixture, FALSE, "", "a b/ e");
  check (fixture, FALSE, "b/", "b/c/ b/locked/");

  first = list_page (&list, "");
  g_assert_no_error (first->error);
  g_assert_false (list.cursor.at_end);
  g_assert_cmpstr (list.names->str, ==, "a b/c/d");
  second = list_page (&list, "");
  lock_directory (fixture, "b/locked", FALSE);
  g_assert_error (second->error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_nonnull (strstr (second->error->message, "/b/locked/"));
}

static void
test_vanishing (Fixture *fixture, gconstpointer data)
{
  g_auto (List) list = { .fixture = fixture, .recursive = TRUE, .page_size = 1 };
  g_autofree char *file = fixture_path (fixture, "b");
  g_autofree char *inner = fixture_path (fixture, "c/d");
  g_autofree char *directory = fixture_path (fixture, "c");
  g_autoptr (S3dOp) first = NULL;

  fixture_make (fixture, "a", "1");
  fixture_make (fixture, "b", "1");
  fixture_make (fixture, "c/d", "1");
  fixture_make (fixture, "e", "1");
  first = list_page (&list, "");
  g_assert_no_error (first->error);
  g_assert_no_errno (g_unlink (file));
  g_assert_no_errno (g_unlink (inner));
  g_assert_no_errno (g_rmdir (directory));
  check_list (&list, "", "a e");
}

static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  g_auto (List) list = { .fixture = fixture, .recursive = TRUE, .page_size = 4 };
  g_autoptr (S3dOp) op = NULL;

  make_tree (fixture);
  op = list_page (&list, "");
  g_assert_no_error (op->error);
  g_assert_nonnull (list.cursor.state);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;

  return n;
}

static void
test_deep (Fixture *fixture, gconstpointer data)
{
  g_auto (List) list = { .fixture = fixture, .recursive = TRUE, .page_size = 1 };
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *last = NULL;
  g_autoptr (S3dOp) first = NULL;
  g_autoptr (S3dOp) second = NULL;
  guint before;

  for (guint i = 0; i < 200; i++)
    g_string_append (name, "d/");
  last = g_strconcat (name->str, "file", NULL);
  fixture_make (fixture, last, "1");
  fixture_make (fixture, "z", "1");

  before = count_descriptors ();
  first = list_page (&list, "");
  g_assert_no_error (first->error);
  g_assert_cmpuint (count_descriptors (), <=, before + 1);
  second = list_page (&list, "");
  g_assert_no_error (second->error);
  g_assert_true (list.cursor.at_end);
  g_assert_cmpuint (list.n_items, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/list/byte-order-of-whole-keys", test_byte_order);
  fixture_add ("/file/list/split-at-slashes", test_split);
  fixture_add ("/file/list/prefix-is-literal", test_literal_prefix);
  fixture_add ("/file/list/pages-join-without-gap", test_pages);
  fixture_add ("/file/list/facts-are-those-of-stat", test_facts);
  fixture_add ("/file/list/missing-directory-is-not-found", test_missing_root);
  fixture_add ("/file/list/links-are-followed-and-loops-survived", test_links);
  fixture_add ("/file/list/special-and-temporary-files-are-left-out", test_special_files);
  fixture_add ("/file/list/any-name-comes-back-right", test_odd_names);
  fixture_add ("/file/list/unreadable-directory-is-named-after-what-came-before", test_unreadable);
  fixture_add ("/file/list/what-vanishes-meanwhile-is-left-out", test_vanishing);
  fixture_add ("/file/list/can-be-dropped-between-pages", test_dropped);
  fixture_add ("/file/list/deep-trees-hold-one-descriptor", test_deep);

  return g_test_run ();
}

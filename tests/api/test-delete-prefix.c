/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What deleting below a prefix promises, on every endpoint: all that lies below its "/" and nothing beside it, page by
 * page; of files, the tree, and nothing that a symbolic link leads to. */

#include "config.h"

#include "delete-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
prefix_ends_at_a_slash (ApiTest *test)
{
  const char *keys[] = { "fo", "foo/a", "foo/b/c", "foo0", "foobar", "foobaz/x", NULL };
  const char *left[] = { "fo", "foo0", "foobar", "foobaz/x", NULL };
  const char *object[] = { "foo", "foo/", NULL };
  const char *left_with_object[] = { "fo", "foo", "foo0", "foobar", "foobaz/x", NULL };

  for (guint slash = 0; slash < 2; slash++)
    {
      g_auto (Told) told = { NULL };
      g_autoptr (GError) error = NULL;

      told_init (&told);
      put_all (test, keys);
      if (!is_file (test))
        put_all (test, object);
      g_assert_true (delete_prefix (test, slash ? "foo/" : "foo", &told, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (told.deleted, ==, is_file (test) ? 2 : 3);
      assert_told (test, &told, "foo/a", -1);
      assert_told (test, &told, "foo/b/c", -1);
      assert_left (test, is_file (test) ? left : left_with_object);
    }
}

static void
prefix_of_nothing (ApiTest *test)
{
  const char *keys[] = { "other", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, keys);
  g_assert_true (delete_prefix (test, "missing", &told, &error));
  g_assert_no_error (error);
  g_assert_true (delete_prefix (test, "other", &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 0);
  assert_left (test, keys);
}

static void
prefix_of_a_whole_container (ApiTest *test)
{
  g_autofree char *container = api_new_container (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);
  guint64 deleted = 0;

  s3dlio_client_create_container (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *uri = g_strdup_printf ("%s/%u/x", container, i);

      s3dlio_client_put (test->client, uri, bytes, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
    }
  g_assert_true (s3dlio_client_delete_prefix (test->client, container, NULL, &deleted, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (deleted, ==, 3);
  g_assert_true (s3dlio_client_delete_container (test->client, container, NULL, NULL, &error));
  g_assert_no_error (error);

  g_assert_false (s3dlio_client_delete_prefix (test->client, container, NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
}

static void
prefix_costs_pages_and_batches (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("dir/key-", 3210);
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_numbered (test, keys);
  g_assert_true (delete_prefix (test, "dir", &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 3210);
  g_assert_cmpuint (g_hash_table_size (told.errors), ==, 3210);
  if (test->server != NULL)
    {
      g_assert_cmpuint (api_count (test, "ListObjectsV2"), ==, 4);
      g_assert_cmpuint (api_count (test, "DeleteObjects"), ==, 4);
      g_assert_cmpuint (api_count (test, NULL), ==, 8);
    }
  assert_left (test, nothing);
}

static void
prefix_with_a_list_that_breaks (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("dir/key-", 2500);
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_numbered (test, keys);
  ts_server_add_fault (test->server, "op=ListObjectsV2 nth=2- action=status status=403 code=AccessDenied");
  g_assert_false (delete_prefix (test, "dir", &told, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_cmpuint (told.deleted, ==, 1000);
  g_assert_cmpuint (told.failed, ==, 0);
  g_assert_cmpuint (ts_server_count_objects (test->server, "suite"), >=, 1500);
}

static void
prefix_tells_failures (ApiTest *test)
{
  const char *keys[] = { "dir/bad", "dir/good", "dir/sub/good", NULL };
  const char *left[] = { "dir/bad", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, keys);
  ts_server_add_fault (test->server, "action=delete-error code=AccessDenied match=*bad");
  g_assert_false (delete_prefix (test, "dir", &told, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_cmpuint (told.deleted, ==, 2);
  g_assert_cmpuint (told.failed, ==, 1);
  assert_told (test, &told, "dir/bad", S3DLIO_ERROR_DENIED);
  assert_left (test, left);
}

static void
cancelled_in_mid_way (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("dir/key-", 4000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer failed;

  told_init (&told);
  put_numbered (test, keys);
  ts_server_add_fault (test->server, "op=DeleteObjects nth=2- action=hold");
  s3dlio_client_delete_prefix_async (test->client, api_uri (test, "dir"), told.options, cancellable, on_ready,
                                     &result);
  g_assert_true (ts_server_wait_held (test->server, 3, 30000));
  while (g_hash_table_size (told.errors) < 1000)
    g_main_context_iteration (NULL, TRUE);

  g_cancellable_cancel (cancellable);
  wait_for (&result);
  g_assert_false (s3dlio_client_delete_prefix_finish (test->client, result, &told.deleted, &told.failed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ts_server_release (test->server);

  /* The first batch that came was acknowledged; of the others nobody knows. */
  g_assert_cmpuint (told.deleted, ==, 1000);
  g_assert_cmpuint (told.failed, ==, 3000);
  g_hash_table_iter_init (&iter, told.errors);
  while (g_hash_table_iter_next (&iter, NULL, &failed))
    g_assert_true (failed == NULL || g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

/* ---- Files ---- */

static void
make_file (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (parent, 0700));
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
}

static gboolean
delete_tree (ApiTest *test, const char *path, guint64 *deleted, GError **error)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);

  return s3dlio_client_delete_prefix (test->client, uri, NULL, deleted, NULL, NULL, error);
}

static void
trees_never_follow_links (ApiTest *test)
{
  const char *tree = api_path (test, "tree"), *aside = api_path (test, "aside"), *link = api_path (test, "link");
  g_autofree char *kept = g_build_filename (aside, "kept", NULL);
  g_autofree char *inner = g_build_filename (tree, "sub", "link", NULL);
  g_autofree char *fifo = g_build_filename (tree, "fifo", NULL);
  g_autofree char *slashed = g_strconcat (link, "/", NULL);
  g_autoptr (GError) error = NULL;
  guint64 deleted = 0;

  make_file (tree, "sub/deep/file");
  make_file (aside, "kept");
  g_assert_no_errno (symlink (aside, inner));
  g_assert_no_errno (symlink (tree, link));
  g_assert_no_errno (mkfifo (fifo, 0600));

  g_assert_false (delete_tree (test, link, &deleted, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (delete_tree (test, slashed, &deleted, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);

  g_assert_true (delete_tree (test, tree, &deleted, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (deleted, ==, 3);
  g_assert_false (g_file_test (tree, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
}

static void
trees_keep_what_cannot_go (ApiTest *test)
{
  const char *tree = api_path (test, "locked-tree");
  g_autofree char *locked = g_build_filename (tree, "a", "locked", NULL);
  g_autofree char *file = g_build_filename (locked, "file", NULL);
  g_autofree char *other = g_build_filename (tree, "b", NULL);
  g_autoptr (GError) error = NULL;
  guint64 deleted = 0;

  if (geteuid () == 0)
    return; /* root may delete anything */

  make_file (tree, "a/locked/file");
  make_file (tree, "b/file");
  g_assert_no_errno (g_chmod (locked, 0500));
  g_assert_false (delete_tree (test, tree, &deleted, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, "locked/file"));
  g_assert_cmpuint (deleted, ==, 1);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  g_assert_no_errno (g_chmod (locked, 0700));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/delete-prefix/ends-at-a-slash", API_ANY, prefix_ends_at_a_slash);
  api_add ("/delete-prefix/of-nothing", API_ANY, prefix_of_nothing);
  api_add ("/delete-prefix/of-a-whole-container", API_CONTAINERS, prefix_of_a_whole_container);
  api_add ("/delete-prefix/costs-pages-and-batches", API_ANY, prefix_costs_pages_and_batches);
  api_add ("/delete-prefix/with-a-list-that-breaks", API_SERVER, prefix_with_a_list_that_breaks);
  api_add ("/delete-prefix/tells-failures", API_SERVER, prefix_tells_failures);
  api_add ("/delete-prefix/cancelled-in-mid-way", API_SERVER, cancelled_in_mid_way);
  api_add ("/delete-prefix/trees-never-follow-links", API_SLOW, trees_never_follow_links);
  api_add ("/delete-prefix/trees-keep-what-cannot-go", API_SLOW, trees_keep_what_cannot_go);

  return api_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists and buckets. */

#include "config.h"

#include "base/base-time.h"
#include "s3-fixture.h"

#include <string.h>

static S3dOp *
list_page (Fixture *fixture, const char *prefix, gboolean recursive, guint page_size, S3dCursor *cursor)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_LIST, prefix);
  op->recursive = recursive;
  op->page_size = page_size;
  op->cursor = cursor;
  fixture_run (fixture, op);
  return op;
}

/* All pages: the keys, "/" and "*" after prefixes, joined by blanks. */
static char *
list_all (Fixture *fixture, const char *prefix, gboolean recursive, guint page_size)
{
  S3dCursor cursor = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, "bucket/");
  g_autofree char *root = s3dlio_uri_to_string (uri);
  while (!cursor.at_end)
    {
      g_autoptr (S3dOp) op = list_page (fixture, prefix, recursive, page_size, &cursor);
      assert_ok (op);
      for (guint i = 0; i < op->items->len; i++)
        {
          S3dlioObjectInfo *info = g_ptr_array_index (op->items, i);
          const char *item = s3dlio_object_info_get_uri (info);
          gboolean is_prefix = s3dlio_object_info_get_object_type (info) == S3DLIO_OBJECT_TYPE_PREFIX;
          g_assert_true (g_str_has_prefix (item, root));
          g_string_append (text, text->len > 0 ? " " : "");
          g_string_append (text, item + strlen (root));
          g_string_append (text, is_prefix ? "*" : "");
        }
    }
  s3d_cursor_clear (&cursor);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_list (Fixture *fixture, const char *prefix, gboolean recursive, guint page_size, const char *expected)
{
  g_autofree char *text = list_all (fixture, prefix, recursive, page_size);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_items (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  fixture_put (fixture, "key", "xyz");
  g_autoptr (S3dOp) op = list_page (fixture, "", TRUE, 0, &cursor);
  assert_ok (op);
  g_assert_cmpuint (op->items->len, ==, 1);
  S3dlioObjectInfo *info = g_ptr_array_index (op->items, 0);
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, 3);
  g_assert_cmpstr (s3dlio_object_info_get_etag (info), ==, "d16fb36f0911f878998c136191af705e");
  g_assert_cmpint (ABS (s3dlio_object_info_get_mtime (info) - g_get_real_time ()), <, 60 * G_USEC_PER_SEC);
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "storage-class"), ==, "STANDARD");
  g_assert_true (cursor.at_end);
  g_assert_null (cursor.token);
}

static void
test_prefix (Fixture *fixture, gconstpointer data)
{
  static const char *const keys[] = { "a", "a/1", "a/2/x", "a/2/y", "a.b", "aXb", "b" };
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    fixture_put (fixture, keys[i], "xyz");
  assert_list (fixture, "", TRUE, 0, "a a.b a/1 a/2/x a/2/y aXb b");
  assert_list (fixture, "", FALSE, 0, "a a.b a/* aXb b");
  assert_list (fixture, "a", FALSE, 0, "a a.b a/* aXb");
  assert_list (fixture, "a/", FALSE, 0, "a/1 a/2/*");
  assert_list (fixture, "a/", TRUE, 0, "a/1 a/2/x a/2/y");
  assert_list (fixture, "a.", TRUE, 0, "a.b"); /* no regular expression */
  assert_list (fixture, "none", TRUE, 0, "");
  for (guint size = 1; size < 5; size++)
    assert_list (fixture, "", FALSE, size, "a a.b a/* aXb b");
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%04u", i);
      fixture_put (fixture, key, "xyz");
    }
  ts_server_reset_ledger (fixture->server);
  g_autofree char *text = list_all (fixture, "", TRUE, 0);
  g_auto (GStrv) keys = g_strsplit (text, " ", -1);
  g_assert_cmpuint (g_strv_length (keys), ==, 2500);
  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *key = g_strdup_printf ("k%04u", i);
      g_assert_cmpstr (keys[i], ==, key);
    }
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 3);
}

static void
test_missing_bucket (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, "nobucket/");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_LIST, "");
  s3dlio_uri_unref (op->target);
  op->target = s3dlio_uri_ref (uri);
  op->cursor = &cursor;
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_NOT_FOUND, "NoSuchBucket", NULL);
  g_assert_false (cursor.at_end);
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  fixture_put (fixture, "key", "xyz");
  ts_server_add_fault (fixture->server, "nth=1-2 action=garbage");
  g_autoptr (S3dOp) op = list_page (fixture, "", TRUE, 0, &cursor);
  assert_ok (op);
  g_assert_cmpuint (op->items->len, ==, 1);
  g_assert_cmpuint (op->facts.attempts, ==, 3);
}

static void
test_error_in_ok (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  fixture_put (fixture, "key", "xyz");
  ts_server_add_fault (fixture->server, "nth=1 action=ok-error code=SlowDown spaces=3");
  g_autoptr (S3dOp) op = list_page (fixture, "", TRUE, 0, &cursor);
  assert_ok (op);
  g_assert_cmpuint (op->facts.attempts, ==, 2);
  g_assert_cmpuint (op->facts.throttled, ==, 1);

  s3d_cursor_clear (&cursor);
  ts_server_add_fault (fixture->server, "action=ok-error code=AccessDenied");
  g_autoptr (S3dOp) denied = list_page (fixture, "", TRUE, 0, &cursor);
  assert_failed (denied, S3DLIO_ERROR_DENIED, "AccessDenied", NULL);
  g_assert_false (cursor.at_end);
}

/* ---- Buckets ---- */

static S3dOp *
bucket_op (Fixture *fixture, S3dOpKind kind, const char *name)
{
  g_autofree char *path = g_strconcat (name, *name != '\0' ? "/" : "", NULL);
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, path);
  S3dOp *op = fixture_op (fixture, kind, "");
  s3dlio_uri_unref (op->target);
  op->target = s3dlio_uri_ref (uri);
  return op;
}

static void
test_buckets (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  g_autoptr (S3dOp) create = bucket_op (fixture, S3D_OP_CONTAINER_CREATE, "another");
  fixture_run (fixture, create);
  assert_ok (create);
  g_assert_true (ts_server_has_bucket (fixture->server, "another"));
  assert_sent (fixture, "CreateBucket", "content-length", "0");

  g_autoptr (S3dOp) list = bucket_op (fixture, S3D_OP_CONTAINER_LIST, "");
  list->cursor = &cursor;
  fixture_run (fixture, list);
  assert_ok (list);
  g_assert_true (cursor.at_end);
  g_assert_cmpuint (list->items->len, ==, 2);
  g_autofree char *expected = s3dlio_uri_to_string (create->target);
  S3dlioObjectInfo *info = g_ptr_array_index (list->items, 0);
  g_assert_cmpstr (s3dlio_object_info_get_uri (info), ==, expected);
  g_assert_cmpint (s3dlio_object_info_get_object_type (info), ==, S3DLIO_OBJECT_TYPE_CONTAINER);
  g_assert_cmpint (s3dlio_object_info_get_mtime (info), >, 0);

  g_autoptr (S3dOp) delete = bucket_op (fixture, S3D_OP_CONTAINER_DELETE, "another");
  fixture_run (fixture, delete);
  assert_ok (delete);
  g_assert_false (ts_server_has_bucket (fixture->server, "another"));
}

static void
test_bucket_refusals (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=CreateBucket action=status status=409 code=BucketAlreadyOwnedByYou");
  g_autoptr (S3dOp) again = bucket_op (fixture, S3D_OP_CONTAINER_CREATE, "bucket");
  fixture_run (fixture, again);
  assert_failed (again, S3DLIO_ERROR_EXISTS, "BucketAlreadyOwnedByYou", NULL);

  fixture_put (fixture, "key", "xyz");
  g_autoptr (S3dOp) full = bucket_op (fixture, S3D_OP_CONTAINER_DELETE, "bucket");
  fixture_run (fixture, full);
  assert_failed (full, S3DLIO_ERROR_PRECONDITION, "BucketNotEmpty", NULL);
  g_assert_true (ts_server_has_bucket (fixture->server, "bucket"));

  g_autoptr (S3dOp) missing = bucket_op (fixture, S3D_OP_CONTAINER_DELETE, "nobucket");
  fixture_run (fixture, missing);
  assert_failed (missing, S3DLIO_ERROR_NOT_FOUND, "NoSuchBucket", NULL);
  g_autoptr (S3dOp) nothing = bucket_op (fixture, S3D_OP_CONTAINER_DELETE, "");
  fixture_run (fixture, nothing);
  assert_failed (nothing, S3DLIO_ERROR_INVALID, "names no bucket", NULL);
}

/* What was done, but its answer lost, is no failure the second time. */
static void
test_bucket_answers_lost (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=CreateBucket nth=1 action=reset applied=yes");
  ts_server_add_fault (fixture->server,
                       "op=CreateBucket nth=2 action=status status=409 code=BucketAlreadyOwnedByYou");
  ts_server_add_fault (fixture->server, "op=DeleteBucket nth=1 action=reset applied=yes");
  g_autoptr (S3dOp) create = bucket_op (fixture, S3D_OP_CONTAINER_CREATE, "another");
  fixture_run (fixture, create);
  assert_ok (create);
  g_assert_cmpuint (create->facts.attempts, ==, 2);
  g_autoptr (S3dOp) delete = bucket_op (fixture, S3D_OP_CONTAINER_DELETE, "another");
  fixture_run (fixture, delete);
  assert_ok (delete);
  g_assert_cmpuint (delete->facts.attempts, ==, 2);
}

static void
test_region (void)
{
  Fixture fixture = { 0 };
  TestServerOptions options = { .region = "eu-west-1" };
  fixture_open (&fixture, &options, "region=eu-west-1");
  g_autoptr (S3dOp) create = bucket_op (&fixture, S3D_OP_CONTAINER_CREATE, "another");
  fixture_run (&fixture, create);
  assert_ok (create);
  assert_sent (&fixture, "CreateBucket", "content-type", "application/xml");
  g_clear_pointer (&create, s3d_op_unref);
  fixture_close (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/s3/list/what-an-item-tells", test_items);
  ADD ("/s3/list/prefix-is-literal-and-split-at-slashes", test_prefix);
  ADD ("/s3/list/pages-of-1000-in-order", test_pages);
  ADD ("/s3/list/missing-bucket", test_missing_bucket);
  ADD ("/s3/list/garbage-is-asked-for-again", test_garbage);
  ADD ("/s3/list/error-in-a-200-is-an-error", test_error_in_ok);
  ADD ("/s3/bucket/create-list-delete", test_buckets);
  ADD ("/s3/bucket/refusals", test_bucket_refusals);
  ADD ("/s3/bucket/lost-answer-is-no-failure", test_bucket_answers_lost);
  g_test_add_func ("/s3/bucket/region-constraint", test_region);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What deleting many promises, on every endpoint: exactly what was named or lies below the prefix, whatever its key; in
 * as few requests as there can be; and nobody is told that something is gone which is not. */

#include "config.h"

#include "api-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What the caller was told. */
typedef struct
{
  GThread *thread;
  GHashTable *errors; /* uri → GError, or NULL */
  guint64 deleted, failed;
  S3dlioOptions *options;
} Told;

static void
on_deleted (const char *uri, const GError *error, gpointer data)
{
  Told *told = data;

  g_assert_true (g_thread_self () == told->thread);
  g_assert_true (g_hash_table_insert (told->errors, g_strdup (uri), error != NULL ? g_error_copy (error) : NULL));
}

static void
free_error (gpointer error)
{
  g_clear_error ((GError **) &error);
}

static void
told_init (Told *told)
{
  *told = (Told){ .thread = g_thread_self () };
  told->errors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_error);
  told->options = s3dlio_options_new ();
  s3dlio_options_set_deleted (told->options, on_deleted, told, NULL);
}

static void
told_clear (Told *told)
{
  g_hash_table_unref (told->errors);
  s3dlio_options_unref (told->options);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static void
assert_told (ApiTest *test, const Told *told, const char *key, int code)
{
  gpointer error = NULL;

  g_assert_true (g_hash_table_lookup_extended (told->errors, api_uri (test, key), NULL, &error));
  if (code < 0)
    g_assert_null (error);
  else
    g_assert_error ((GError *) error, S3DLIO_ERROR, code);
}

/* The URIs of @keys, NULL-terminated. */
static GPtrArray *
uris_of (ApiTest *test, const char *const *keys)
{
  GPtrArray *uris = g_ptr_array_new ();

  for (; *keys != NULL; keys++)
    g_ptr_array_add (uris, (char *) api_uri (test, *keys));
  g_ptr_array_add (uris, NULL);
  return uris;
}

static gboolean
delete_many (ApiTest *test, S3dlioClient *client, const char *const *keys, Told *told, GError **error)
{
  g_autoptr (GPtrArray) uris = uris_of (test, keys);

  return s3dlio_client_delete_many (client, (const char *const *) uris->pdata, told->options, &told->deleted,
                                    &told->failed, NULL, error);
}

static gboolean
delete_prefix (ApiTest *test, const char *key, Told *told, GError **error)
{
  return s3dlio_client_delete_prefix (test->client, api_uri (test, key), told->options, &told->deleted, &told->failed,
                                      NULL, error);
}

static void
put_all (ApiTest *test, const char *const *keys)
{
  for (; *keys != NULL; keys++)
    api_put (test, *keys, 0, 0);
}

/* "%s%05u" of 0 to n-1, ended by NULL. */
static char **
numbered (const char *prefix, guint n)
{
  char **keys = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    keys[i] = g_strdup_printf ("%s%05u", prefix, i);
  return keys;
}

static void
put_numbered (ApiTest *test, char **keys)
{
  put_all (test, (const char *const *) keys);
  if (test->server != NULL)
    api_forget (test);
}

/* @expected: the keys that are left, in byte order, ended by NULL. */
static void
assert_left (ApiTest *test, const char *const *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = s3dlio_client_list (test->client, test->root, S3DLIO_LIST_RECURSIVE, NULL, NULL,
                                                    &error);
  guint n = 0;

  /* Of files, the directory itself may have gone. */
  if (g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND) && *expected == NULL)
    return;

  g_assert_no_error (error);
  for (; *expected != NULL; expected++, n++)
    {
      g_assert_cmpuint (n, <, items->len);
      g_assert_cmpstr (s3dlio_object_info_get_uri (items->pdata[n]), ==, api_uri (test, *expected));
    }
  g_assert_cmpuint (items->len, ==, n);
}

static const char *const nothing[] = { NULL };

static gboolean
is_file (ApiTest *test)
{
  return g_str_has_prefix (test->root, "file:");
}

/* ---- Many ---- */

static void
many_are_exactly_these (ApiTest *test)
{
  const char *keys[] = { "a", "a.bak", "ab", "b/c", "b/d", NULL };
  const char *named[] = { "a", "b/d", "missing", NULL };
  const char *left[] = { "a.bak", "ab", "b/c", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, keys);
  g_assert_true (delete_many (test, test->client, named, &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 3);
  g_assert_cmpuint (told.failed, ==, 0);
  g_assert_cmpuint (g_hash_table_size (told.errors), ==, 3);
  assert_told (test, &told, "a", -1);
  assert_told (test, &told, "b/d", -1);
  assert_told (test, &told, "missing", -1);
  assert_left (test, left);
}

/* Each is deleted beside a key that a careless writer or reader of XML would take for it. */
static void
many_odd_keys (ApiTest *test)
{
  const char *odd[] = {
    "odd/c\rr", "odd/c\r\nrlf", "odd/n\nl", "odd/t\tab", "odd/ lead", "odd/trail ", "odd/\n", "odd/a&b<c>\"d'e",
    "odd/&amp;", "odd/]]>", "odd/one\x01two", "odd/esc\x1b", "odd/us\x1f", "odd/del\x7f", "odd/fffe\xef\xbf\xbe",
    "odd/ffff\xef\xbf\xbf", "odd/🎉", "odd/grün", "odd/%41", "odd/a+b", "odd/a?b#c", "odd/..x", "odd/x..", NULL,
  };
  const char *odder[] = { "odd//double", "odd/x/../y", "odd/./dot", "odd/end/", NULL };
  const char *near[] = { "odd/&", "odd/A", "odd/a b", "odd/c\nr", "odd/c\nrlf", "odd/lead", "odd/trail", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, odd);
  put_all (test, near);
  if (!is_file (test))
    put_all (test, odder);

  g_assert_true (delete_many (test, test->client, odd, &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, G_N_ELEMENTS (odd) - 1);
  if (!is_file (test))
    {
      g_assert_true (delete_many (test, test->client, odder, &told, &error));
      g_assert_no_error (error);
    }
  assert_left (test, near);
}

static void
many_in_any_stores (ApiTest *test)
{
  const char *path = api_path (test, "a file");
  g_autofree char *file = g_filename_to_uri (path, NULL, NULL);
  const char *memory = "mem://delete-mix/key", *kept = "mem://delete-mix/kept";
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);
  g_autoptr (GError) error = NULL;
  const char *uris[] = { api_uri (test, "one"), memory, file, api_uri (test, "two"), NULL };
  const char *keys[] = { "one", "two", NULL };

  if (!s3dlio_client_create_container (test->client, "mem://delete-mix", NULL, NULL, &error))
    g_clear_error (&error); /* another endpoint's run of this test has made it */
  put_all (test, keys);
  s3dlio_client_put (test->client, memory, bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  s3dlio_client_put (test->client, kept, bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));

  g_assert_true (s3dlio_client_delete_many (test->client, uris, NULL, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_left (test, nothing);
  g_assert_false (s3dlio_client_exists (test->client, memory, NULL, NULL, &error));
  g_assert_true (s3dlio_client_exists (test->client, kept, NULL, NULL, &error));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
many_with_a_wrong_name_are_left_alone (ApiTest *test)
{
  const char *keys[] = { "a", "b", NULL };
  const char *uris[] = { api_uri (test, "a"), api_uri (test, "b"), "nonsense", NULL };
  g_autoptr (GError) error = NULL;
  guint64 deleted = 7, failed = 7;

  put_all (test, keys);
  g_assert_false (s3dlio_client_delete_many (test->client, uris, NULL, &deleted, &failed, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_cmpuint (deleted, ==, 0);
  g_assert_cmpuint (failed, ==, 0);
  assert_left (test, keys);
}

static void
many_of_none (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (s3dlio_client_delete_many (test->client, nothing, NULL, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
many_keys_are_one_request_a_thousand (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("key-", 2345);
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_numbered (test, keys);
  g_assert_true (delete_many (test, test->client, (const char *const *) keys, &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 2345);
  g_assert_cmpuint (g_hash_table_size (told.errors), ==, 2345);
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, NULL), ==, 3);
  assert_left (test, nothing);
}

static void
one_key_is_one_plain_request (ApiTest *test)
{
  const char *keys[] = { "one", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  g_assert_true (delete_many (test, test->client, keys, &told, &error));
  g_assert_cmpuint (api_count (test, "DeleteObject"), ==, 1);
  g_assert_cmpuint (api_count (test, NULL), ==, 1);
}

static void
batches_carry_their_digest (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("key-", 3);
  g_autoptr (GPtrArray) requests = NULL;
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;
  const TsRequest *request;

  told_init (&told);
  put_numbered (test, keys);
  g_assert_true (delete_many (test, test->client, (const char *const *) keys, &told, &error));
  g_assert_no_error (error);

  /* The server has compared it with the body; a wrong or missing one is refused. */
  requests = ts_server_get_requests (test->server, "DeleteObjects");
  g_assert_cmpuint (requests->len, ==, 1);
  request = requests->pdata[0];
  g_assert_cmpuint (request->status, ==, 200);
  g_assert_nonnull (ts_request_get_header (request, "content-md5"));
}

static void
failures_are_told_by_key (ApiTest *test)
{
  const char *keys[] = { "bad-1", "bad-2", "good-1", "good-2", NULL };
  const char *left[] = { "bad-1", "bad-2", NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, keys);
  api_forget (test);
  ts_server_add_fault (test->server, "action=delete-error code=AccessDenied match=*bad*");
  g_assert_false (delete_many (test, test->client, keys, &told, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, "2 of 4"));
  g_assert_nonnull (strstr (error->message, "bad-1: AccessDenied"));
  g_assert_nonnull (strstr (error->message, "127.0.0.1"));
  g_assert_cmpuint (told.deleted, ==, 2);
  g_assert_cmpuint (told.failed, ==, 2);
  assert_told (test, &told, "bad-1", S3DLIO_ERROR_DENIED);
  assert_told (test, &told, "bad-2", S3DLIO_ERROR_DENIED);
  assert_told (test, &told, "good-1", -1);
  assert_told (test, &told, "good-2", -1);
  g_assert_cmpuint (api_count (test, NULL), ==, 1);
  assert_left (test, left);
}

static void
failed_keys_alone_are_tried_again (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("key-", 100);
  g_autoptr (GPtrArray) requests = NULL;
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;
  const TsRequest *first, *second;

  told_init (&told);
  put_numbered (test, keys);
  ts_server_add_fault (test->server, "op=DeleteObjects nth=1 action=delete-error code=SlowDown match=*7");
  g_assert_true (delete_many (test, test->client, (const char *const *) keys, &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 100);

  requests = ts_server_get_requests (test->server, NULL);
  g_assert_cmpuint (requests->len, ==, 2);
  first = requests->pdata[0];
  second = requests->pdata[1];
  g_assert_cmpuint (second->bytes_in * 5, <, first->bytes_in);
  assert_left (test, nothing);
}

static void
patience_ends_by_key (ApiTest *test)
{
  const char *keys[] = { "busy", "good-1", "good-2", NULL };
  const char *left[] = { "busy", NULL };
  g_autoptr (S3dlioClient) client = api_client_with (test, "retries=3", NULL);
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  put_all (test, keys);
  api_forget (test);
  ts_server_add_fault (test->server, "action=delete-error code=InternalError match=*busy");
  g_assert_false (delete_many (test, client, keys, &told, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "after 3 attempts"));
  g_assert_cmpuint (told.deleted, ==, 2);
  assert_told (test, &told, "busy", S3DLIO_ERROR_UNAVAILABLE);
  assert_told (test, &told, "good-1", -1);
  g_assert_cmpuint (api_count (test, NULL), ==, 3);
  assert_left (test, left);
}

static void
good_status_with_an_error_is_none (ApiTest *test)
{
  const char *keys[] = { "a", "b", NULL };
  g_auto (Told) told = { NULL };
  g_auto (Told) again = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  told_init (&again);
  put_all (test, keys);
  ts_server_add_fault (test->server, "op=DeleteObjects nth=1 action=ok-error code=AccessDenied");
  ts_server_add_fault (test->server, "op=DeleteObjects nth=2 action=ok-error code=InternalError");
  ts_server_add_fault (test->server, "op=DeleteObjects nth=3 action=garbage");
  g_assert_false (delete_many (test, test->client, keys, &told, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_cmpuint (told.failed, ==, 2);
  assert_told (test, &told, "a", S3DLIO_ERROR_DENIED);
  assert_told (test, &told, "b", S3DLIO_ERROR_DENIED);
  assert_left (test, keys);

  g_assert_true (delete_many (test, test->client, keys, &again, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (api_count (test, "DeleteObjects"), ==, 4);
  assert_left (test, nothing);
}

static void
store_without_batches (ApiTest *test)
{
  static const char *const refusals[] = {
    "op=DeleteObjects action=status status=405 code=MethodNotAllowed",
    "op=DeleteObjects action=status status=501 code=NotImplemented",
    "op=DeleteObjects action=status status=501 body='' type=text/plain",
  };
  g_auto (GStrv) keys = numbered ("key-", 50);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (S3dlioClient) client = api_client_with (test, NULL);

      g_test_message ("%s", refusals[i]);
      ts_server_clear_faults (test->server);
      put_numbered (test, keys);
      ts_server_add_fault (test->server, refusals[i]);
      for (guint round = 0; round < 2; round++)
        {
          g_auto (Told) told = { NULL };
          g_autoptr (GError) error = NULL;

          told_init (&told);
          g_assert_true (delete_many (test, client, (const char *const *) keys, &told, &error));
          g_assert_no_error (error);
          g_assert_cmpuint (told.deleted, ==, 50);
        }
      /* It is asked once. */
      g_assert_cmpuint (api_count (test, "DeleteObjects"), ==, 1);
      g_assert_cmpuint (api_count (test, "DeleteObject"), ==, 100);
      assert_left (test, nothing);
    }
}

static void
single_answers_are_read_to_the_end (ApiTest *test)
{
  g_autofree char *container = api_new_container (test);
  const char *keys[] = { "one", NULL };
  g_autoptr (GError) error = NULL;

  put_all (test, keys);
  ts_server_add_fault (test->server, "op=DeleteObject,CreateBucket,DeleteBucket nth=1-3 action=ok-error "
                                     "code=AccessDenied");
  g_assert_false (s3dlio_client_delete (test->client, api_uri (test, "one"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_create_container (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_delete_container (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_clear_error (&error);

  /* A portal's page. */
  ts_server_clear_faults (test->server);
  ts_server_add_fault (test->server, "action=status status=200 type=text/html body='<html>Log in</html>'");
  g_assert_false (s3dlio_client_delete (test->client, api_uri (test, "one"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_create_container (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
  g_clear_error (&error);

  ts_server_clear_faults (test->server);
  ts_server_add_fault (test->server, "op=DeleteObject nth=1 action=ok-error code=InternalError");
  g_assert_true (s3dlio_client_delete (test->client, api_uri (test, "one"), NULL, NULL, &error));
  g_assert_no_error (error);
  assert_left (test, nothing);
}

/* ---- Below a prefix ---- */

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

/* ---- How they run ---- */

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_progress (gint64 done, gint64 total, gpointer data)
{
  gint64 *seen = data;

  g_assert_cmpint (done, >=, seen[0]);
  seen[0] = done;
  seen[1] = total;
}

static void
async_tells_in_the_callers_context (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("dir/key-", 1500);
  g_autoptr (GPtrArray) uris = uris_of (test, (const char *const *) keys);
  g_autoptr (GAsyncResult) many = NULL, prefix = NULL;
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;
  gint64 seen[2] = { 0, 0 };

  told_init (&told);
  s3dlio_options_set_progress (told.options, on_progress, seen, NULL);
  put_all (test, (const char *const *) keys);
  s3dlio_client_delete_many_async (test->client, (const char *const *) uris->pdata, told.options, NULL, on_ready,
                                   &many);
  wait_for (&many);
  g_assert_true (s3dlio_client_delete_many_finish (test->client, many, &told.deleted, &told.failed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 1500);
  g_assert_cmpint (seen[0], ==, 1500);
  g_assert_cmpint (seen[1], ==, 1500);

  g_hash_table_remove_all (told.errors);
  seen[0] = 0;
  put_all (test, (const char *const *) keys);
  s3dlio_client_delete_prefix_async (test->client, test->root, told.options, NULL, on_ready, &prefix);
  wait_for (&prefix);
  g_assert_true (s3dlio_client_delete_prefix_finish (test->client, prefix, &told.deleted, &told.failed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 1500);
  g_assert_cmpuint (g_hash_table_size (told.errors), ==, 1500);
  g_assert_cmpint (seen[0], ==, 1500);
  g_assert_cmpint (seen[1], ==, 1500);
  assert_left (test, nothing);
}

static void
cancelled_in_mid_way (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("dir/key-", 3500);
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

  /* The first batch was acknowledged; of the others nobody knows. */
  g_assert_cmpuint (told.deleted, ==, 1000);
  g_assert_cmpuint (told.failed, ==, 2500);
  g_hash_table_iter_init (&iter, told.errors);
  while (g_hash_table_iter_next (&iter, NULL, &failed))
    g_assert_true (failed == NULL || g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

static void
batches_run_side_by_side (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("key-", 5000);
  g_autoptr (S3dlioClient) client = api_client_with (test, "connections=3", NULL);
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;

  told_init (&told);
  ts_server_add_fault (test->server, "op=DeleteObjects action=latency ms=200");
  g_assert_true (delete_many (test, client, (const char *const *) keys, &told, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "DeleteObjects"), >, 1);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "DeleteObjects"), <=, 3);
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

  api_add ("/delete-many/is-of-exactly-these", API_ANY, many_are_exactly_these);
  api_add ("/delete-many/odd-keys", API_ANY, many_odd_keys);
  api_add ("/delete-many/in-any-stores", API_ANY, many_in_any_stores);
  api_add ("/delete-many/with-a-wrong-name-deletes-nothing", API_ANY, many_with_a_wrong_name_are_left_alone);
  api_add ("/delete-many/of-none", API_ANY, many_of_none);
  api_add ("/delete-many/one-request-a-thousand", API_ANY, many_keys_are_one_request_a_thousand);
  api_add ("/delete-many/of-one-is-one-plain-request", API_SERVER, one_key_is_one_plain_request);
  api_add ("/delete-many/carries-its-digest", API_SERVER, batches_carry_their_digest);
  api_add ("/delete-many/failures-are-told-by-key", API_SERVER, failures_are_told_by_key);
  api_add ("/delete-many/failed-keys-alone-are-tried-again", API_SERVER, failed_keys_alone_are_tried_again);
  api_add ("/delete-many/patience-ends-by-key", API_SERVER, patience_ends_by_key);
  api_add ("/delete-many/good-status-with-an-error-is-none", API_SERVER, good_status_with_an_error_is_none);
  api_add ("/delete-many/store-without-batches", API_SERVER, store_without_batches);
  api_add ("/delete-many/runs-side-by-side", API_SERVER, batches_run_side_by_side);
  api_add ("/delete/answers-are-read-to-the-end", API_SERVER, single_answers_are_read_to_the_end);
  api_add ("/delete-prefix/ends-at-a-slash", API_ANY, prefix_ends_at_a_slash);
  api_add ("/delete-prefix/of-nothing", API_ANY, prefix_of_nothing);
  api_add ("/delete-prefix/of-a-whole-container", API_CONTAINERS, prefix_of_a_whole_container);
  api_add ("/delete-prefix/costs-pages-and-batches", API_ANY, prefix_costs_pages_and_batches);
  api_add ("/delete-prefix/with-a-list-that-breaks", API_SERVER, prefix_with_a_list_that_breaks);
  api_add ("/delete-prefix/tells-failures", API_SERVER, prefix_tells_failures);
  api_add ("/delete-prefix/cancelled-in-mid-way", API_SERVER, cancelled_in_mid_way);
  api_add ("/delete-many/async-tells-in-the-callers-context", API_ANY, async_tells_in_the_callers_context);
  api_add ("/delete-prefix/trees-never-follow-links", API_SLOW, trees_never_follow_links);
  api_add ("/delete-prefix/trees-keep-what-cannot-go", API_SLOW, trees_keep_what_cannot_go);

  return api_run ();
}

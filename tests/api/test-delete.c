/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What deleting many promises, on every endpoint: exactly what was named, whatever its key; in as few requests as there
 * can be; and nobody is told that something is gone which is not. */

#include "config.h"

#include "delete-fixture.h"

#include <string.h>

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
count_unsupported (const char *uri, const GError *error, gpointer data)
{
  if (error == NULL)
    return;

  g_assert_cmpstr (uri, ==, "gs://bucket/key");
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);
  ++*(guint *) data;
}

static void
many_without_a_store_fail_alone (ApiTest *test)
{
  const char *keys[] = { "a", "b", NULL };
  const char *uris[] = { "gs://bucket/key", api_uri (test, "a"), "gs://bucket/key", api_uri (test, "b"), NULL };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  guint64 deleted = 7, failed = 7;
  guint told = 0;

  put_all (test, keys);
  s3dlio_options_set_deleted (options, count_unsupported, &told, NULL);
  g_assert_false (s3dlio_client_delete_many (test->client, uris, options, &deleted, &failed, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);
  g_assert_cmpuint (deleted, ==, 2);
  g_assert_cmpuint (failed, ==, 2);
  g_assert_cmpuint (told, ==, 2);
  assert_left (test, nothing);
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

/* What a service cannot be asked about is counted here: a line of the log a request. */
static void
count_request (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  gint *counts = data; /* of all, of batches */

  if (strstr (message, "attempts: 1") == NULL)
    return;

  g_atomic_int_inc (&counts[0]);
  if (g_str_has_prefix (message, "POST "))
    g_atomic_int_inc (&counts[1]);
}

/* Few of them are there, as that makes no difference. */
static void
ten_thousand_are_ten_requests (ApiTest *test)
{
  g_auto (GStrv) keys = numbered ("key-", 10000);
  const char *some[] = { keys[0], keys[999], keys[1000], keys[9999], NULL };
  g_auto (Told) told = { NULL };
  g_autoptr (GError) error = NULL;
  const gint expected = g_str_has_prefix (test->root, "s3:") ? 10 : 0;
  gint counts[2] = { 0, 0 };
  guint handler;

  told_init (&told);
  put_all (test, some);
  g_log_set_debug_enabled (TRUE);
  handler = g_log_set_handler ("s3dlio", G_LOG_LEVEL_DEBUG, count_request, counts);
  g_assert_true (delete_many (test, test->client, (const char *const *) keys, &told, &error));
  g_log_remove_handler ("s3dlio", handler);
  g_log_set_debug_enabled (FALSE);
  g_assert_no_error (error);
  g_assert_cmpuint (told.deleted, ==, 10000);
  g_assert_cmpint (counts[1], ==, expected);
  g_assert_cmpint (counts[0], ==, expected);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/delete-many/is-of-exactly-these", API_ANY, many_are_exactly_these);
  api_add ("/delete-many/odd-keys", API_ANY, many_odd_keys);
  api_add ("/delete-many/in-any-stores", API_ANY, many_in_any_stores);
  api_add ("/delete-many/without-a-store-fails-alone", API_ANY, many_without_a_store_fail_alone);
  api_add ("/delete-many/with-a-wrong-name-deletes-nothing", API_ANY, many_with_a_wrong_name_are_left_alone);
  api_add ("/delete-many/of-none", API_ANY, many_of_none);
  api_add ("/delete-many/one-request-a-thousand", API_ANY, many_keys_are_one_request_a_thousand);
  api_add ("/delete-many/ten-thousand-are-ten-requests", API_S3, ten_thousand_are_ten_requests);
  api_add ("/delete-many/of-one-is-one-plain-request", API_SERVER, one_key_is_one_plain_request);
  api_add ("/delete-many/carries-its-digest", API_SERVER, batches_carry_their_digest);
  api_add ("/delete-many/failures-are-told-by-key", API_SERVER, failures_are_told_by_key);
  api_add ("/delete-many/failed-keys-alone-are-tried-again", API_SERVER, failed_keys_alone_are_tried_again);
  api_add ("/delete-many/patience-ends-by-key", API_SERVER, patience_ends_by_key);
  api_add ("/delete-many/good-status-with-an-error-is-none", API_SERVER, good_status_with_an_error_is_none);
  api_add ("/delete-many/store-without-batches", API_SERVER, store_without_batches);
  api_add ("/delete-many/runs-side-by-side", API_SERVER, batches_run_side_by_side);
  api_add ("/delete/answers-are-read-to-the-end", API_SERVER, single_answers_are_read_to_the_end);
  api_add ("/delete-many/async-tells-in-the-callers-context", API_ANY, async_tells_in_the_callers_context);

  return api_run ();
}

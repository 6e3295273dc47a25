/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What renaming promises: the object is at its new name with all that it had, and gone from its old one; and whatever
 * goes wrong, each version of it is at one of them. */

#include "config.h"

#include "api-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024 * 1024)

static void
assert_pattern (ApiTest *test, const char *uri, gsize size, guint32 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (test->client, uri, NULL, NULL, &error);

  g_assert_no_error (error);
  api_assert_pattern (bytes, size, seed);
}

static void
assert_missing (ApiTest *test, const char *uri)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_exists (test->client, uri, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_renames (ApiTest *test, const char *from, const char *to)
{
  g_autoptr (GError) error = NULL;

  s3dlio_client_rename (test->client, from, to, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_missing (test, from);
}

static void
assert_refuses (ApiTest *test, const char *from, const char *to, S3dlioOptions *options, S3dlioError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_rename (test->client, from, to, options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, (int) code);
}

static void
moves_and_replaces (ApiTest *test)
{
  const gsize sizes[] = { 0, 10, 20 * MIB };

  api_put (test, "a b/new", 5, 9);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      api_put (test, "old+%", sizes[i], i);
      assert_renames (test, api_uri (test, "old+%"), api_uri (test, "a b/new"));
      assert_pattern (test, api_uri (test, "a b/new"), sizes[i], i);
    }
}

static void
carries_what_it_has (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GBytes) bytes = api_bytes (100, 1);
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, "text/x-test");
  s3dlio_options_set_metadata (options, "colour", "blue");
  s3dlio_client_put (test->client, api_uri (test, "old"), bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_renames (test, api_uri (test, "old"), api_uri (test, "new"));
  info = s3dlio_client_stat (test->client, api_uri (test, "new"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "content-type"), ==, "text/x-test");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "colour"), ==, "blue");
}

static void
between_stores (ApiTest *test)
{
  const gsize sizes[] = { 0, 10, 20 * MIB };

  api_make_elsewhere (test);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      api_put (test, "object", sizes[i], i);
      assert_renames (test, api_uri (test, "object"), API_ELSEWHERE "/there");
      assert_renames (test, API_ELSEWHERE "/there", api_uri (test, "back"));
      assert_pattern (test, api_uri (test, "back"), sizes[i], i);
    }
}

static void
no_clobber_leaves_both (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;

  api_make_elsewhere (test);
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
  api_put (test, "old", 10, 1);
  api_put (test, "new", 11, 2);
  assert_refuses (test, api_uri (test, "old"), api_uri (test, "new"), options, S3DLIO_ERROR_EXISTS);
  s3dlio_client_copy (test->client, api_uri (test, "new"), API_ELSEWHERE "/new", NULL, NULL, &error);
  g_assert_no_error (error);
  assert_refuses (test, api_uri (test, "old"), API_ELSEWHERE "/new", options, S3DLIO_ERROR_EXISTS);
  assert_pattern (test, api_uri (test, "old"), 10, 1);
  assert_pattern (test, api_uri (test, "new"), 11, 2);

  s3dlio_client_rename (test->client, api_uri (test, "old"), api_uri (test, "free"), options, NULL, &error);
  g_assert_no_error (error);
  assert_pattern (test, api_uri (test, "free"), 10, 1);
}

static void
refuses (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  api_make_elsewhere (test);
  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "0123456789abcdef0123456789abcdef");
  api_put (test, "object", 10, 1);
  assert_refuses (test, api_uri (test, "object"), api_uri (test, "object"), NULL, S3DLIO_ERROR_INVALID);
  assert_refuses (test, api_uri (test, "missing"), api_uri (test, "new"), NULL, S3DLIO_ERROR_NOT_FOUND);
  assert_refuses (test, api_uri (test, "missing"), API_ELSEWHERE "/never", NULL, S3DLIO_ERROR_NOT_FOUND);
  assert_refuses (test, api_uri (test, "object"), api_uri (test, "new"), options, S3DLIO_ERROR_PRECONDITION);
  assert_refuses (test, api_uri (test, "object"), API_ELSEWHERE "/never", options, S3DLIO_ERROR_PRECONDITION);
  assert_pattern (test, api_uri (test, "object"), 10, 1);
  assert_missing (test, api_uri (test, "new"));
  assert_missing (test, API_ELSEWHERE "/never");
}

typedef struct
{
  GMainLoop *loop;
  gboolean renamed;
  GError *error;
} Ended;

static void
ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Ended *end = data;

  end->renamed = s3dlio_client_rename_finish (S3DLIO_CLIENT (source), result, &end->error);
  g_main_loop_quit (end->loop);
}

static void
asynchronously (ApiTest *test)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Ended end = { loop, FALSE, NULL };

  api_put (test, "old", 10, 1);
  s3dlio_client_rename_async (test->client, api_uri (test, "old"), api_uri (test, "new"), NULL, cancellable, ended,
                              &end);
  g_main_loop_run (loop);
  g_assert_no_error (end.error);
  g_assert_true (end.renamed);
  assert_missing (test, api_uri (test, "old"));

  g_cancellable_cancel (cancellable);
  s3dlio_client_rename_async (test->client, api_uri (test, "new"), api_uri (test, "old"), NULL, cancellable, ended,
                              &end);
  g_main_loop_run (loop);
  g_assert_error (end.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&end.error);
  assert_pattern (test, api_uri (test, "new"), 10, 1);
}

/* Its ETag is asked for once before and once after: where the caller knows it, once. */
static void
in_as_few_requests_as_is_safe (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "old", 10, 1);
  api_forget (test);
  assert_renames (test, api_uri (test, "old"), api_uri (test, "new"));
  g_assert_cmpuint (api_count (test, NULL), ==, 4 + 1);
  g_assert_cmpuint (api_count (test, "CopyObject"), ==, 1);
  g_assert_cmpuint (api_count (test, "DeleteObject"), ==, 1);

  info = s3dlio_client_stat (test->client, api_uri (test, "new"), NULL, NULL, &error);
  g_assert_no_error (error);
  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (info));
  api_forget (test);
  s3dlio_client_rename (test->client, api_uri (test, "new"), api_uri (test, "old"), options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (api_count (test, NULL), ==, 3);
}

static void
what_is_written_meanwhile_stays (ApiTest *test)
{
  const char *const faults[] = { "op=HeadObject nth=2 action=overwrite", "op=DeleteObject nth=1 action=overwrite" };

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr (GBytes) left = NULL;
      g_autoptr (GError) error = NULL;

      api_put (test, "old", 10, 1);
      ts_server_add_fault (test->server, faults[i]);
      g_assert_false (
          s3dlio_client_rename (test->client, api_uri (test, "old"), api_uri (test, "new"), NULL, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
      g_assert_nonnull (strstr (error->message, "it was copied, but its source is left"));
      g_clear_error (&error);
      ts_server_clear_faults (test->server);

      assert_pattern (test, api_uri (test, "new"), 10, 1);
      left = s3dlio_client_get (test->client, api_uri (test, "old"), NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (left, NULL), 10, 0, 1), <, 10);
    }
}

/* After its last byte was read, which is too late for the copy, but not for the source. */
static void
file_that_changes_meanwhile_stays (ApiTest *test)
{
  g_autoptr (GBytes) bytes = api_bytes (20 * MIB, 1);
  const char *path = api_path (test, "file");
  g_autofree char *from = g_filename_to_uri (path, NULL, NULL);
  g_autoptr (GError) error = NULL;
  struct stat left;
  GThread *thread;

  g_file_set_contents (path, g_bytes_get_data (bytes, NULL), 20 * MIB, &error);
  g_assert_no_error (error);
  ts_server_add_fault (test->server, "op=CompleteMultipartUpload nth=1 action=hold");
  thread = api_grow_when_held (test, path);
  g_assert_false (s3dlio_client_rename (test->client, from, api_uri (test, "new"), NULL, NULL, &error));
  g_thread_join (thread);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
  g_assert_no_errno (stat (path, &left));
  g_assert_cmpint (left.st_size, ==, 20 * MIB + 1);
  assert_pattern (test, api_uri (test, "new"), 20 * MIB, 1);
}

/* Its new name would have other bytes behind it, or none. */
static void
link_is_not_moved (ApiTest *test)
{
  const char *path = api_path (test, "file");
  const char *link = api_path (test, "link");
  g_autofree char *from = g_filename_to_uri (link, NULL, NULL);
  g_autoptr (GError) error = NULL;
  struct stat left;

  g_file_set_contents (path, "text", 4, &error);
  g_assert_no_error (error);
  (void) unlink (link);
  g_assert_no_errno (symlink (path, link));
  assert_refuses (test, from, api_uri (test, "new"), NULL, S3DLIO_ERROR_UNSUPPORTED);
  assert_missing (test, api_uri (test, "new"));
  g_assert_no_errno (lstat (link, &left));
}

/* What is written there cannot be read again. */
static void
nothing_is_moved_into_a_fifo (ApiTest *test)
{
  const char *path = api_path (test, "file");
  const char *fifo = api_path (test, "fifo");
  g_autofree char *from = g_filename_to_uri (path, NULL, NULL);
  g_autofree char *to = g_filename_to_uri (fifo, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, "text", 4, &error);
  g_assert_no_error (error);
  (void) unlink (fifo);
  g_assert_no_errno (mkfifo (fifo, 0600));
  api_put (test, "object", 10, 1);
  assert_refuses (test, from, to, NULL, S3DLIO_ERROR_UNSUPPORTED);
  assert_refuses (test, api_uri (test, "object"), to, NULL, S3DLIO_ERROR_UNSUPPORTED);
  assert_pattern (test, api_uri (test, "object"), 10, 1);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/rename/moves-and-replaces", API_ANY, moves_and_replaces);
  api_add ("/rename/carries-what-it-has", API_CONTAINERS, carries_what_it_has);
  api_add ("/rename/between-stores", API_ANY, between_stores);
  api_add ("/rename/no-clobber-leaves-both", API_ANY, no_clobber_leaves_both);
  api_add ("/rename/refuses-what-would-lose", API_ANY, refuses);
  api_add ("/rename/asynchronously", API_ANY, asynchronously);
  api_add ("/rename/nothing-is-moved-into-a-fifo", API_ANY, nothing_is_moved_into_a_fifo);
  api_add ("/rename/link-is-not-moved", API_ANY, link_is_not_moved);
  api_add ("/rename/in-as-few-requests-as-is-safe", API_SERVER, in_as_few_requests_as_is_safe);
  api_add ("/rename/what-is-written-meanwhile-stays", API_SERVER, what_is_written_meanwhile_stays);
  api_add ("/rename/file-that-changes-meanwhile-stays", API_SERVER, file_that_changes_meanwhile_stays);

  return api_run ();
}

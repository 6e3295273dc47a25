/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a get to a file that can be resumed promises, on every endpoint. A file that must not grow further stands for
 * what interrupts it: that works the same way, and at the same byte, wherever the bytes come from. */

#include "config.h"

#include "api-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define SIZE (40 * MIB + 7)
#define CHUNK (8 * MIB) /* range-chunk-size of s3, and its threshold */

static S3dlioOptions *
resuming (void)
{
  S3dlioOptions *options = s3dlio_options_new ();

  s3dlio_options_set_boolean (options, S3DLIO_OPTION_RESUME, TRUE);
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_PRESERVE_MTIME, TRUE);
  return options;
}

static gboolean
get (ApiTest *test, S3dlioClient *client, GError **error)
{
  g_autoptr (S3dlioOptions) options = resuming ();

  return s3dlio_client_get_to_file (client, api_uri (test, "object"), api_path (test, "file"), options, NULL, error);
}

static gboolean
is_there (ApiTest *test, const char *name)
{
  return g_file_test (api_path (test, name), G_FILE_TEST_EXISTS);
}

static void
assert_kept (ApiTest *test)
{
  g_assert_false (is_there (test, "file"));
  g_assert_true (is_there (test, ".file.s3dlio-part"));
  g_assert_true (is_there (test, ".file.s3dlio-journal"));
}

static void
assert_whole (ApiTest *test, gsize size, guint32 seed)
{
  g_autofree char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (api_path (test, "file"), &text, &length, NULL));
  g_assert_cmpuint (length, ==, size);
  g_assert_cmpuint (ts_pattern_check ((const guint8 *) text, length, 0, seed), ==, length);
  g_assert_false (is_there (test, ".file.s3dlio-part"));
  g_assert_false (is_there (test, ".file.s3dlio-journal"));
}

static void
limit_files (rlim_t size)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = MIN (size, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
interrupt (ApiTest *test, rlim_t size)
{
  /* One range after the other, so that all before @size is there. */
  g_autoptr (S3dlioClient) client = api_client_with (test, "max-concurrent-ranges=1", NULL);
  g_autoptr (GError) error = NULL;

  limit_files (size);
  g_assert_false (get (test, client, &error));
  limit_files (RLIM_INFINITY);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  assert_kept (test);
}

static guint64
bytes_asked_for (ApiTest *test)
{
  g_autoptr (GPtrArray) requests = ts_server_get_requests (test->server, "GetObject");
  guint64 n = 0;

  for (guint i = 0; i < requests->len; i++)
    {
      const char *range = ts_request_get_header (g_ptr_array_index (requests, i), "range");
      guint64 first, last;

      g_assert_nonnull (range);
      g_assert_cmpint (sscanf (range, "bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, &first, &last), ==, 2);
      n += last - first + 1;
    }

  return n;
}

static void
goes_on (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioObjectInfo) info = NULL;
  struct stat st;

  api_put (test, "object", SIZE, 1);
  interrupt (test, 20 * MIB);
  interrupt (test, 30 * MIB);
  get (test, test->client, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 1);

  info = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (stat (api_path (test, "file"), &st), ==, 0);
  g_assert_cmpint (st.st_mtime, ==, s3dlio_object_info_get_mtime (info) / G_USEC_PER_SEC);
}

static void
object_that_changed_begins_anew (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", SIZE, 1);
  interrupt (test, 20 * MIB);
  api_put (test, "object", SIZE, 2);
  get (test, test->client, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 2);
}

static void
uninterrupted_is_a_get (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, CHUNK, CHUNK + 1, SIZE };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;

      api_put (test, "object", sizes[i], i);
      get (test, test->client, &error);
      g_assert_no_error (error);
      assert_whole (test, sizes[i], i);
    }
}

/* --- with our server's ledger --- */

static void
costs_no_more_requests (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", SIZE, 1);
  api_forget (test);
  get (test, test->client, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ts_server_count (test->server, NULL), ==, 6);
  g_assert_cmpuint (bytes_asked_for (test), ==, SIZE);
}

static void
cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_get_to_file_finish (S3DLIO_CLIENT (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) data = TRUE;
}

/* What the journal says is there. */
static guint64
bytes_noted (ApiTest *test)
{
  g_autofree char *text = NULL;
  guint64 n = 0;

  g_assert_true (g_file_get_contents (api_path (test, ".file.s3dlio-journal"), &text, NULL, NULL));
  for (const char *line = strstr (text, "\nhave "); line != NULL; line = strstr (line + 1, "\nhave "))
    n += g_ascii_strtoull (strchr (line + 6, ' '), NULL, 10);

  return n;
}

/* Of three ranges a little is there when it is cancelled, of the others what had come. */
static void
cancelled_re_reads_a_chunk_a_range_at_most (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (S3dlioOptions) options = resuming ();
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;
  guint64 noted;

  api_put (test, "object", SIZE, 1);
  api_forget (test);
  ts_server_add_fault (test->server, "op=GetObject from=16M action=stall after=100000");
  s3dlio_client_get_to_file_async (test->client, api_uri (test, "object"), api_path (test, "file"), options,
                                   cancellable, cancelled, &ended);
  g_assert_true (ts_server_wait_count (test->server, "GetObject", 6, 30000));
  g_assert_true (ts_server_wait_held (test->server, 3, 30000));
  g_cancellable_cancel (cancellable);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  assert_kept (test);
  noted = bytes_noted (test);
  ts_server_clear_faults (test->server);
  ts_server_release (test->server);
  g_assert_true (ts_server_wait_idle (test->server, 30000));

  api_forget (test);
  get (test, test->client, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 1);
  g_assert_cmpuint (bytes_asked_for (test), <=, SIZE - noted);
  g_assert_cmpuint (noted, >, 0);
}

static void
asks_for_the_rest_under_if_match (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = resuming ();
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GError) error = NULL;
  guint64 noted;

  api_put (test, "object", SIZE, 1);
  interrupt (test, 20 * MIB);
  noted = bytes_noted (test);
  g_assert_cmpuint (noted, >, 19 * MIB);
  g_assert_true (ts_server_wait_idle (test->server, 30000));
  api_forget (test);
  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "*"); /* the version of before is one of any */
  s3dlio_client_get_to_file (test->client, api_uri (test, "object"), api_path (test, "file"), options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (bytes_asked_for (test), ==, SIZE - noted);
  requests = ts_server_get_requests (test->server, NULL);
  g_assert_cmpuint (requests->len, ==, 3);
  for (guint i = 0; i < requests->len; i++)
    {
      const TsRequest *request = g_ptr_array_index (requests, i);

      g_assert_cmpstr (request->operation, ==, "GetObject");
      g_assert_nonnull (ts_request_get_header (request, "if-match"));
    }
  assert_whole (test, SIZE, 1);
}

/* It is another version from the middle of the resumed get on. */
static void
changed_while_it_goes_on_fails (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "max-concurrent-ranges=1", NULL);
  g_autoptr (GError) error = NULL;

  api_put (test, "object", SIZE, 1);
  interrupt (test, 20 * MIB);
  ts_server_add_fault (test->server, "op=GetObject nth=2 action=overwrite");
  g_assert_false (get (test, client, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_false (is_there (test, "file"));
  ts_server_clear_faults (test->server);

  g_clear_error (&error);
  api_put (test, "object", SIZE, 2);
  get (test, test->client, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 2);
}

static void
other_chunks_will_do (ApiTest *test)
{
  g_autoptr (S3dlioClient) other = api_client_with (test, "range-chunk-size=1Mi", "range-split-threshold=3Mi",
                                                    "max-concurrent-ranges=2", NULL);
  g_autoptr (GError) error = NULL;

  api_put (test, "object", SIZE, 1);
  interrupt (test, 20 * MIB);
  get (test, other, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 1);
}

static void
second_at_once_is_refused (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (S3dlioOptions) options = resuming ();
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;

  api_put (test, "object", SIZE, 1);
  ts_server_add_fault (test->server, "op=GetObject action=hold");
  s3dlio_client_get_to_file_async (test->client, api_uri (test, "object"), api_path (test, "file"), options,
                                   cancellable, cancelled, &ended);
  g_assert_true (ts_server_wait_held (test->server, 1, 30000));
  g_assert_false (get (test, test->client, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  g_cancellable_cancel (cancellable);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  ts_server_clear_faults (test->server);
  ts_server_release (test->server);

  g_clear_error (&error);
  get (test, test->client, &error);
  g_assert_no_error (error);
  assert_whole (test, SIZE, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN);

  api_add ("/resume/goes-on", API_ANY, goes_on);
  api_add ("/resume/object-that-changed-begins-anew", API_ANY, object_that_changed_begins_anew);
  api_add ("/resume/uninterrupted-is-a-get", API_ANY, uninterrupted_is_a_get);
  api_add ("/resume/other-chunks-will-do", API_ANY, other_chunks_will_do);
  api_add ("/resume/costs-no-more-requests", API_SERVER, costs_no_more_requests);
  api_add ("/resume/cancelled-re-reads-a-chunk-a-range-at-most", API_SERVER,
           cancelled_re_reads_a_chunk_a_range_at_most);
  api_add ("/resume/asks-for-the-rest-under-if-match", API_SERVER, asks_for_the_rest_under_if_match);
  api_add ("/resume/changed-while-it-goes-on-fails", API_SERVER, changed_while_it_goes_on_fails);
  api_add ("/resume/second-at-once-is-refused", API_SERVER, second_at_once_is_refused);

  return api_run ();
}

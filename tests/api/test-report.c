/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reports promise: they come once, when the transfer has ended, and say what our server's ledger says. */

#include "config.h"

#include "api-fixture.h"

#define MIB (1024 * 1024)
#define SIZE (20 * MIB)

typedef struct
{
  S3dlioReport *report;
  guint calls;
  GThread *thread;
} Told;

static void
on_report (S3dlioReport *report, gpointer data)
{
  Told *told = data;

  g_clear_pointer (&told->report, s3dlio_report_unref);
  told->report = s3dlio_report_ref (report);
  told->calls++;
  told->thread = g_thread_self ();
}

static void
told_clear (Told *told)
{
  g_clear_pointer (&told->report, s3dlio_report_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static S3dlioOptions *
reporting (Told *told)
{
  S3dlioOptions *options = s3dlio_options_new ();

  s3dlio_options_set_report (options, on_report, told, NULL);
  return options;
}

static void
assert_number (const Told *told, const char *name, gint64 wanted)
{
  g_test_message ("%s", name);
  g_assert_cmpint (s3dlio_report_get_number (told->report, name), ==, wanted);
}

/* Everywhere: what was moved, once, in the calling thread. */
static void
comes_once (ApiTest *test)
{
  g_auto (Told) told = { NULL };
  g_autoptr (S3dlioOptions) options = reporting (&told);
  g_autoptr (GBytes) bytes = api_bytes (1000, 1);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;

  s3dlio_client_put (test->client, api_uri (test, "small"), bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (told.calls, ==, 1);
  g_assert_true (told.thread == g_thread_self ());
  assert_number (&told, S3DLIO_REPORT_BYTES, 1000);
  assert_number (&told, S3DLIO_REPORT_RETRIES, 0);
  assert_number (&told, S3DLIO_REPORT_PARTS, 0);
  assert_number (&told, S3DLIO_REPORT_RANGES, -1);
  assert_number (&told, "no such number", -1);
  g_assert_cmpint (s3dlio_report_get_number (told.report, S3DLIO_REPORT_ELAPSED), >=, 0);

  names = s3dlio_report_list_names (told.report);
  g_assert_true (g_strv_contains ((const char *const *) names, S3DLIO_REPORT_REQUESTS));
  g_assert_false (g_strv_contains ((const char *const *) names, S3DLIO_REPORT_PART_SIZE));
}

static void
counts_ranges (ApiTest *test)
{
  g_auto (Told) told = { NULL };
  g_autoptr (S3dlioOptions) options = reporting (&told);
  g_autoptr (S3dlioClient) client
      = api_client_with (test, "range-split-threshold=1Mi", "range-chunk-size=4Mi", "max-concurrent-ranges=3", NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "large", SIZE, 1);
  api_forget (test);
  bytes = s3dlio_client_get (client, api_uri (test, "large"), options, NULL, &error);
  g_assert_no_error (error);
  assert_number (&told, S3DLIO_REPORT_RANGES, api_count (test, "GetObject"));
  assert_number (&told, S3DLIO_REPORT_REQUESTS, api_count (test, NULL));
  assert_number (&told, S3DLIO_REPORT_RANGES, 6);
  assert_number (&told, S3DLIO_REPORT_RANGE_SPLIT_THRESHOLD, MIB);
  assert_number (&told, S3DLIO_REPORT_RANGE_CHUNK_SIZE, 4 * MIB);
  assert_number (&told, S3DLIO_REPORT_MAX_CONCURRENT_RANGES, 3);
  assert_number (&told, S3DLIO_REPORT_PARTS, -1);
}

static void
counts_parts (ApiTest *test)
{
  g_auto (Told) told = { NULL };
  g_autoptr (S3dlioOptions) options = reporting (&told);
  g_autoptr (S3dlioClient) client
      = api_client_with (test, "multipart-threshold=8Mi", "part-size=6Mi", "concurrent-parts=2", NULL);
  g_autoptr (GBytes) bytes = api_bytes (SIZE, 1);
  g_autoptr (GError) error = NULL;

  s3dlio_client_put (client, api_uri (test, "large"), bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_number (&told, S3DLIO_REPORT_PARTS, api_count (test, "UploadPart"));
  assert_number (&told, S3DLIO_REPORT_REQUESTS, api_count (test, NULL));
  assert_number (&told, S3DLIO_REPORT_PARTS, 4);
  assert_number (&told, S3DLIO_REPORT_MULTIPART_THRESHOLD, 8 * MIB);
  assert_number (&told, S3DLIO_REPORT_PART_SIZE, 6 * MIB);
  assert_number (&told, S3DLIO_REPORT_CONCURRENT_PARTS, 2);
}

typedef struct
{
  Told *told;
  GAsyncResult *result;
  guint calls_before;
} Waiter;

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  Waiter *waiter = data;

  waiter->calls_before = waiter->told->calls;
  waiter->result = g_object_ref (result);
}

/* Also of what failed, before the callback; and not of what never began. */
static void
tells_of_failures (ApiTest *test)
{
  g_auto (Told) told = { NULL };
  g_autoptr (S3dlioOptions) options = reporting (&told);
  Waiter waiter = { .told = &told };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  s3dlio_client_get_async (test->client, api_uri (test, "nothing"), options, NULL, on_ready, &waiter);
  while (waiter.result == NULL)
    g_main_context_iteration (NULL, TRUE);
  bytes = s3dlio_client_get_finish (test->client, waiter.result, &error);
  g_object_unref (waiter.result);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_cmpuint (waiter.calls_before, ==, 1);
  g_assert_cmpuint (told.calls, ==, 1);
  assert_number (&told, S3DLIO_REPORT_BYTES, 0);

  g_clear_error (&error);
  s3dlio_client_get (test->client, "no-uri", options, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_cmpuint (told.calls, ==, 1);

  g_clear_error (&error);
  s3dlio_client_delete (test->client, api_uri (test, "nothing"), options, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
}

static void
tells_retries (ApiTest *test)
{
  g_auto (Told) told = { NULL };
  g_autoptr (S3dlioOptions) options = reporting (&told);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "small", 1000, 1);
  ts_server_add_fault (test->server, "op=GetObject count=2 action=status status=503 code=SlowDown");
  api_forget (test);
  bytes = s3dlio_client_get (test->client, api_uri (test, "small"), options, NULL, &error);
  g_assert_no_error (error);
  assert_number (&told, S3DLIO_REPORT_REQUESTS, 3);
  assert_number (&told, S3DLIO_REPORT_RETRIES, 2);
  assert_number (&told, S3DLIO_REPORT_THROTTLED, 2);
  assert_number (&told, S3DLIO_REPORT_RANGES, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/report/comes-once", API_ANY, comes_once);
  api_add ("/report/ranges-are-those-of-the-ledger", API_SERVER, counts_ranges);
  api_add ("/report/parts-are-those-of-the-ledger", API_SERVER, counts_parts);
  api_add ("/report/tells-of-failures", API_ANY, tells_of_failures);
  api_add ("/report/tells-retries", API_SERVER, tells_retries);

  return api_run ();
}

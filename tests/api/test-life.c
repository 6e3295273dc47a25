/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a client promises a process, on every endpoint: asynchronous calls in the caller's context, cancellation that is
 * seen at once, progress, threads and descriptors given back, and a library that works in a forked child. */

#include "config.h"

#include "api-fixture.h"
#include "directory.h"

#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024 * 1024)

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **place = data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

/* Runs the context until the result is there: the test is the caller whose context it is. */
static GAsyncResult *
wait_for (GMainContext *context, GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (context, TRUE);
  return *result;
}

static void
async_calls_back_in_the_callers_context (ApiTest *test)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) put = NULL;
  g_autoptr (GAsyncResult) get = NULL;
  g_autoptr (GAsyncResult) stat = NULL;
  g_autoptr (GAsyncResult) list = NULL;
  g_autoptr (GBytes) bytes = api_bytes (20 * MIB, 1);
  g_autoptr (GBytes) back = NULL;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  const char *uri = api_uri (test, "object");

  g_main_context_push_thread_default (context);
  s3dlio_client_put_async (test->client, uri, bytes, NULL, NULL, on_ready, &put);
  s3dlio_client_put_finish (test->client, wait_for (context, &put), NULL, &error);
  g_assert_no_error (error);

  s3dlio_client_get_async (test->client, uri, NULL, NULL, on_ready, &get);
  s3dlio_client_stat_async (test->client, uri, NULL, NULL, on_ready, &stat);
  s3dlio_client_list_async (test->client, test->root, S3DLIO_LIST_RECURSIVE, NULL, NULL, on_ready, &list);
  g_assert_null (get);

  back = s3dlio_client_get_finish (test->client, wait_for (context, &get), &error);
  g_assert_no_error (error);
  api_assert_pattern (back, 20 * MIB, 1);
  info = s3dlio_client_stat_finish (test->client, wait_for (context, &stat), &error);
  g_assert_no_error (error);
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, 20 * MIB);
  items = s3dlio_client_list_finish (test->client, wait_for (context, &list), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 1);
  g_main_context_pop_thread_default (context);
}

static void
async_errors_come_in_finish (ApiTest *test)
{
  const char *names[] = { "nonsense", NULL };
  g_autoptr (GAsyncResult) bad = NULL;
  g_autoptr (GAsyncResult) missing = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_client_get_async (test->client, names[0], NULL, NULL, on_ready, &bad);
  g_assert_null (bad);
  g_assert_null (s3dlio_client_get_finish (test->client, wait_for (NULL, &bad), &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);

  s3dlio_client_get_async (test->client, api_uri (test, "missing"), NULL, NULL, on_ready, &missing);
  g_assert_null (s3dlio_client_get_finish (test->client, wait_for (NULL, &missing), &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
}

static void
cancelled_before_the_start (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (s3dlio_client_get (test->client, api_uri (test, "object"), NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  s3dlio_client_get_async (test->client, api_uri (test, "object"), NULL, cancellable, on_ready, &result);
  g_assert_null (s3dlio_client_get_finish (test->client, wait_for (NULL, &result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
cancelled_when_every_range_is_stalled (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *buffer = g_malloc (64 * MIB);

  api_put (test, "object", 64 * MIB, 1);
  ts_server_add_fault (test->server, "op=GetObject nth=2- action=stall after=1000");
  s3dlio_client_get_into_async (test->client, api_uri (test, "object"), 0, -1, buffer, 64 * MIB, NULL, cancellable,
                                on_ready, &result);
  g_assert_true (ts_server_wait_held (test->server, 4, 30000));
  g_cancellable_cancel (cancellable);
  g_assert_false (s3dlio_client_get_into_finish (test->client, wait_for (NULL, &result), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ts_server_release (test->server);
}

/* stall-timeout would be an hour: it is range-timeout that ends what stalls. */
static void
stalled_range_goes_on_after_range_timeout (ApiTest *test)
{
  static const char *const knobs[] = { "range-timeout=0.2", "s3-range-timeout=0.2" };

  for (gsize i = 0; i < G_N_ELEMENTS (knobs); i++)
    {
      g_autoptr (S3dlioClient) client
          = api_client_with (test, "stall-timeout=3600", knobs[i], "range-chunk-size=4Mi", NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;

      api_put (test, "object", 20 * MIB, 1);
      api_forget (test);
      ts_server_clear_faults (test->server);
      ts_server_add_fault (test->server, "op=GetObject nth=1 action=stall"); /* the first, before its answer */
      ts_server_add_fault (test->server, "op=GetObject nth=3 action=stall after=1000"); /* a later one, in its body */
      bytes = s3dlio_client_get (client, api_uri (test, "object"), NULL, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (bytes, 20 * MIB, 1);
      /* More where the machine is so slow that what goes on looks stalled. */
      g_assert_cmpuint (api_count (test, "GetObject"), >=, 1 + 3 + 2);
    }
}

static void
range_that_always_stalls_times_out (ApiTest *test)
{
  g_autoptr (S3dlioClient) client
      = api_client_with (test, "stall-timeout=3600", "range-timeout=0.2", "retries=2", NULL);
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 1000, 1);
  api_forget (test);
  ts_server_add_fault (test->server, "op=GetObject action=stall");
  g_assert_null (s3dlio_client_get (client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "no byte for 0.2 s"));
  g_assert_nonnull (strstr (error->message, "after 2 attempts"));
  g_assert_cmpuint (api_count (test, "GetObject"), ==, 2);
}

/* One whole read is a transfer like any other. */
static void
stall_timeout_holds_without_ranges (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "stall-timeout=0.2", "range-timeout=3600", "retries=1",
                                                     "enable-range-engine=no", NULL);
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 1000, 1);
  ts_server_add_fault (test->server, "op=GetObject action=stall");
  g_assert_null (s3dlio_client_get (client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT);
}

typedef struct
{
  GThread *thread;
  gint64 done, total;
  guint calls;
} Seen;

static void
on_progress (gint64 done, gint64 total, gpointer data)
{
  Seen *seen = data;

  g_assert_true (g_thread_self () == seen->thread);
  g_assert_cmpint (done, >=, seen->done);
  seen->done = done;
  seen->total = total;
  seen->calls++;
}

static void
progress_ends_at_the_whole (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = api_bytes (40 * MIB, 1);
  g_autoptr (GError) error = NULL;
  Seen seen = { .thread = g_thread_self () };

  s3dlio_options_set_progress (options, on_progress, &seen, NULL);
  s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (seen.calls, >, 0);
  g_assert_cmpint (seen.done, ==, 40 * MIB);

  seen = (Seen){ .thread = g_thread_self () };
  s3dlio_client_get_to_file_async (test->client, api_uri (test, "object"), api_path (test, "file"), options, NULL,
                                   on_ready, &result);
  s3dlio_client_get_to_file_finish (test->client, wait_for (NULL, &result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (seen.done, ==, 40 * MIB);
  g_assert_cmpint (seen.total, ==, 40 * MIB);
}

/* The library names its threads; those of the test server are other people's. */
static guint
count_own_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint n = 0;

  while ((task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/comm", task);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "s3d-"))
        n++;
    }
  return n;
}

/* What has been told to end is gone soon, not at once: the bound is on hanging alone. Two looks in a row, because one
 * can miss both a thread that ends and the one that it started to tidy up behind it. */
static gboolean
falls_to (guint (*count) (void), guint expected)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  guint looks = 0;

  while (looks < 2 && g_get_monotonic_time () < deadline)
    {
      looks = count () <= expected ? looks + 1 : 0;
      g_thread_yield ();
    }
  return looks == 2;
}

static guint
count_descriptors (void)
{
  return directory_count ("/proc/self/fd");
}

static void
use_a_client (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, NULL);
  g_autoptr (GBytes) bytes = api_bytes (20 * MIB, 1);
  g_autoptr (GBytes) back = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_client_put (client, api_uri (test, "object"), bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  back = s3dlio_client_get (client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_own_threads (), >, 0);
}

static void
last_unref_gives_threads_and_descriptors_back (ApiTest *test)
{
  guint descriptors;

  g_clear_object (&test->client);
  use_a_client (test);
  g_assert_true (falls_to (count_own_threads, 0));
  if (test->server != NULL)
    g_assert_true (ts_server_wait_open (test->server, 0, 20000));
  descriptors = count_descriptors ();

  for (guint i = 0; i < 3; i++)
    use_a_client (test);

  g_assert_true (falls_to (count_own_threads, 0));
  g_assert_true (falls_to (count_descriptors, descriptors));
}

static void
new_client_starts_nothing (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = NULL;

  g_clear_object (&test->client);
  g_assert_true (falls_to (count_own_threads, 0));
  client = api_client_with (test, NULL);
  g_assert_cmpuint (count_own_threads (), ==, 0);
}

static int
work_in_child (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (S3dlioClient) fresh = NULL;

  /* With the client of the parent, and with a new one. */
  bytes = s3dlio_client_get (test->client, api_uri (test, "object"), NULL, NULL, &error);
  if (bytes == NULL || g_bytes_get_size (bytes) != 20 * MIB)
    return 1;

  g_clear_pointer (&bytes, g_bytes_unref);
  fresh = api_client_with (test, NULL);
  bytes = s3dlio_client_get (fresh, api_uri (test, "object"), NULL, NULL, &error);
  return bytes != NULL && g_bytes_get_size (bytes) == 20 * MIB ? 0 : 2;
}

/* As another program: what only the parent's threads knew of is no leak of the child's, as valgrind would have it. */
G_NORETURN static void
leave_child (const char *program)
{
  execlp (program, program, NULL);
  _exit (1);
}

/* The server is in this process: its threads are not in the child, but they serve it from the parent. */
static void
forked_child_works (ApiTest *test)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("ThreadSanitizer ends a forked child that starts threads");
  return;
#endif
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int status;
  pid_t child;

  if (g_str_has_prefix (test->root, "mem:"))
    {
      g_test_skip ("a child has a memory of its own");
      return;
    }

  api_put (test, "object", 20 * MIB, 1);
  child = fork ();
  if (child == 0)
    leave_child (work_in_child (test) == 0 ? "true" : "false");

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);

  /* The parent's connections are still good. */
  bytes = s3dlio_client_get (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  api_assert_pattern (bytes, 20 * MIB, 1);
}

static gpointer
hammer (gpointer data)
{
  ApiTest *test = data;
  const char *uri = test->root;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s%p-%u", uri, (gpointer) g_thread_self (), i);
      g_autoptr (GBytes) bytes = api_bytes (i * 100, i);
      g_autoptr (GBytes) back = NULL;
      g_autoptr (GError) error = NULL;

      s3dlio_client_put (test->client, key, bytes, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      back = s3dlio_client_get (test->client, key, NULL, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (back, i * 100, i);
    }
  return NULL;
}

static void
one_client_serves_many_threads (ApiTest *test)
{
  GThread *threads[8];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("hammer", hammer, test);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/client/starts-nothing", API_ANY, new_client_starts_nothing);
  api_add ("/client/last-unref-gives-threads-and-descriptors-back", API_ANY,
           last_unref_gives_threads_and_descriptors_back);
  api_add ("/client/serves-many-threads", API_ANY, one_client_serves_many_threads);
  api_add ("/client/works-in-a-forked-child", API_ANY, forked_child_works);
  api_add ("/async/calls-back-in-the-callers-context", API_ANY, async_calls_back_in_the_callers_context);
  api_add ("/async/errors-come-in-finish", API_ANY, async_errors_come_in_finish);
  api_add ("/cancel/before-the-start", API_ANY, cancelled_before_the_start);
  api_add ("/cancel/when-every-range-is-stalled", API_SERVER, cancelled_when_every_range_is_stalled);
  api_add ("/stall/range-goes-on-after-range-timeout", API_SERVER, stalled_range_goes_on_after_range_timeout);
  api_add ("/stall/range-that-always-stalls-times-out", API_SERVER, range_that_always_stalls_times_out);
  api_add ("/stall/stall-timeout-holds-without-ranges", API_SERVER, stall_timeout_holds_without_ranges);
  api_add ("/progress/ends-at-the-whole", API_ANY, progress_ends_at_the_whole);

  return api_run ();
}

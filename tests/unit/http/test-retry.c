/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is tried again, how often and when; signing before each attempt; stalls. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <sys/socket.h>

typedef struct
{
  int n_bad;           /* answers before the good one */
  guint status;        /* of them; 0: the connection is closed instead */
  const char *headers; /* of them */
  int n;               /* atomic: requests */
} Script;

static void
follow_script (RawConnection *connection, gpointer data)
{
  Script *script = data;

  while (raw_read_request (connection))
    {
      if (g_atomic_int_add (&script->n, 1) >= script->n_bad)
        raw_answer (connection, 200, "", "good");
      else if (script->status == 0)
        return;
      else
        raw_answer (connection, script->status, script->headers != NULL ? script->headers : "", "bad");
    }
}

static Call *
run_script (World *world, const char *method, Script *script)
{
  Call *call;

  world_set_up (world, follow_script, script);
  call = call_new (world->http, method, world->url, "/");
  call_run (call);
  return call;
}

static void
test_recovers (gconstpointer data)
{
  Script script = { .n_bad = 2, .status = GPOINTER_TO_UINT (data) };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run_script (&world, "GET", &script);
  const S3dFacts *facts = s3d_http_request_get_facts (call->request);
  gboolean throttles = script.status == 429 || script.status == 503;

  call_assert_body (call, "good");
  g_assert_cmpint (call->n_signed, ==, 3);
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 3);
  g_assert_cmpuint (facts->attempts, ==, 3);
  g_assert_cmpuint (facts->throttled, ==, throttles ? 2 : 0);
}

static void
test_gives_up (void)
{
  Script script = { .n_bad = 100, .status = 500 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run_script (&world, "GET", &script);
  g_autofree char *message = g_strdup_printf ("Code500 (HTTP 500, %s, after 3 attempts)",
                                              world.url + strlen ("http://"));

  call_assert_error (call, S3DLIO_ERROR_UNAVAILABLE, NULL);
  g_assert_cmpstr (call_error (call)->message, ==, message);
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 3);
}

static void
test_final (void)
{
  static const guint statuses[] = { 400, 403, 404, 412, 416, 501 };

  for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      Script script = { .n_bad = 100, .status = statuses[i] };
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = run_script (&world, "GET", &script);

      call_assert_error (call, s3d_http_error_code (statuses[i]), NULL);
      g_assert_cmpint (g_atomic_int_get (&script.n), ==, 1);
    }
}

static void
test_attempts_made (void)
{
  Script script = { .n_bad = 100, .status = 500 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "GET", world.url, "/");
  s3d_http_request_set_attempts_made (call->request, 2);
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_UNAVAILABLE, "after 3 attempts");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 1);
}

static void
test_refused (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autofree char *url = NULL;

  world_set_up (&world, follow_script, NULL);
  url = g_strdup (world.url);
  g_clear_pointer (&world.server, raw_server_free);
  call = call_new (world.http, "GET", url, "/secret?X-Amz-Signature=abc");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "onnection refused");
  call_assert_error (call, S3DLIO_ERROR_NETWORK, url + strlen ("http://"));
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "after 3 attempts");
  g_assert_null (strstr (call_error (call)->message, "secret"));
  world.server = raw_server_new (follow_script, NULL);
}

/* Ten attempts, which nobody chose. */
static S3dSettings *
default_settings (void)
{
  S3dSettings *settings = fixture_settings ();

  settings->retries = 10;
  settings->retries_are_default = TRUE;
  return settings;
}

static void
test_stranger (void)
{
  Script script = { .n_bad = 100 };
  g_auto (World) world = { .settings = default_settings () };
  g_autoptr (Call) call = run_script (&world, "GET", &script);

  call_assert_error (call, S3DLIO_ERROR_NETWORK, "after 5 attempts; it has never answered");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 5);
}

static void
test_stranger_by_hand (void)
{
  Script script = { .n_bad = 5 };
  g_auto (World) world = { .settings = default_settings () };
  g_autoptr (Call) call = NULL;

  world.settings->retries = 6;
  world.settings->retries_are_default = FALSE;
  call = run_script (&world, "GET", &script);
  call_assert_body (call, "good");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 6);
}

/* The answer may be an error: somebody is there. */
static void
test_acquaintance (void)
{
  Script script = { .n_bad = 5 };
  g_auto (World) world = { .settings = default_settings () };
  g_autoptr (Call) first = NULL;
  g_autoptr (Call) call = NULL;

  world_set_up (&world, follow_script, &script);
  script.status = 404;
  first = call_new (world.http, "GET", world.url, "/");
  call_run (first);
  call_assert_error (first, S3DLIO_ERROR_NOT_FOUND, NULL);
  script.status = 0;
  script.n_bad = 1 + 5;
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "good");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 1 + 6);
}

/* Answers one request a connection, then closes it when the next one has come. */
static void
die_when_reused (RawConnection *connection, gpointer data)
{
  if (!raw_read_request (connection))
    return;
  raw_answer (connection, 200, "", "good");
  raw_read_request (connection);
}

static void
test_stale (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (S3dSource) source = s3d_source_new_memory ("body", 4);

  world.settings = fixture_settings ();
  world.settings->retries = 1;
  world_set_up (&world, die_when_reused, NULL);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (Call) call = call_new (world.http, i < 2 ? "GET" : "PUT", world.url, "/");

      if (i >= 2)
        s3d_http_request_set_source (call->request, source);
      call_run (call);
      call_assert_body (call, "good");
    }
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 4);
}

static gint64
elapsed_ms (Call *call)
{
  const S3dFacts *facts = s3d_http_request_get_facts (call->request);

  return (facts->ended - facts->started) / 1000;
}

static void
test_retry_after (void)
{
  static const char *const headers[] = {
    "Retry-After: 1\r\n",
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      Script script = { .n_bad = 1, .status = 503, .headers = headers[i] };
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = run_script (&world, "GET", &script);

      call_assert_body (call, "good");
      g_assert_cmpint (elapsed_ms (call), >=, 1000);
    }
}

/* One host fails, and its retries stop; another host's go on. */
static void
test_bucket (void)
{
  Script bad = { .n_bad = G_MAXINT, .status = 500 };
  Script shaky = { .n_bad = 2, .status = 500 };
  g_auto (World) world = { 0 };
  g_autoptr (RawServer) other = raw_server_new (follow_script, &shaky);
  g_autoptr (Call) call = NULL;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  world_set_up (&world, follow_script, &bad);
  for (guint i = 0; i < 200; i++)
    {
      g_ptr_array_add (calls, call_new (world.http, "GET", world.url, "/"));
      call_start (calls->pdata[i]);
    }
  for (guint i = 0; i < 200; i++)
    {
      call_wait (calls->pdata[i]);
      g_assert_error (call_error (calls->pdata[i]), S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
    }
  /* 500 tokens, 5 a retry. */
  g_assert_cmpint (g_atomic_int_get (&bad.n), ==, 200 + 100);

  call = call_new (world.http, "GET", raw_server_get_url (other), "/");
  call_run (call);
  call_assert_body (call, "good");
}

static S3dHttpVerdict
mend (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS, "ExpiredToken");
  if (call->data != NULL)
    s3d_http_request_set_target (request, call->data, "/mended");
  return S3D_HTTP_RETRY_NOW;
}

static void
test_retry_now (void)
{
  Script script = { .n_bad = 1, .status = 400 };
  Script good = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (RawServer) other = raw_server_new (follow_script, &good);
  g_autoptr (Call) call = NULL;

  world.settings = fixture_settings ();
  world.settings->retries = 1;
  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "POST", world.url, "/");
  call->classify = mend;
  call->data = (gpointer) raw_server_get_url (other);
  call_run (call);
  call_assert_body (call, "good");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&good.n), ==, 1);
  g_assert_cmpint (call->n_signed, ==, 2);
}

static void
test_retry_now_once (void)
{
  Script script = { .n_bad = 100, .status = 400 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "GET", world.url, "/");
  call->classify = mend;
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_CREDENTIALS, "ExpiredToken");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 2);
}

/* --- signing --- */

static S3dHttpSign
sign_with_count (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;
  g_autofree char *value = g_strdup_printf ("signature %d of attempt", call->n_signed);

  s3d_http_request_set_header (request, "Authorization", value);
  return S3D_HTTP_SIGN_READY;
}

static void
check_signature (RawConnection *connection, gpointer data)
{
  Script *script = data;

  while (raw_read_request (connection))
    {
      int n = g_atomic_int_add (&script->n, 1) + 1;
      g_autofree char *seen = raw_get_header (connection, "authorization");
      g_autofree char *expected = g_strdup_printf ("signature %d of attempt", n);

      g_assert_cmpstr (seen, ==, expected);
      raw_answer (connection, n < 3 ? 500 : 200, "", "good");
    }
}

static void
test_signed_anew (void)
{
  Script script = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, check_signature, &script);
  call = call_new (world.http, "GET", world.url, "/");
  call->sign = sign_with_count;
  call_run (call);
  call_assert_body (call, "good");
}

static S3dHttpSign
sign_never (S3dHttpRequest *request, gpointer data, GError **error)
{
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS, "no credentials anywhere");
  return S3D_HTTP_SIGN_FAILED;
}

static void
test_sign_failed (void)
{
  Script script = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "GET", world.url, "/");
  call->sign = sign_never;
  call_run (call);
  g_assert_error (call_error (call), S3DLIO_ERROR, S3DLIO_ERROR_CREDENTIALS);
  g_assert_cmpstr (call_error (call)->message, ==, "no credentials anywhere");
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 0);
}

typedef struct
{
  Call *call;
  int ready; /* atomic */
  GThread *thread;
} Refresh;

static gpointer
refresh_thread (gpointer data)
{
  Refresh *refresh = data;

  g_usleep (20 * 1000);
  g_atomic_int_set (&refresh->ready, TRUE);
  s3d_http_wake (refresh->call->http, refresh->call->request);
  return NULL;
}

static S3dHttpSign
sign_after_refresh (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;
  Refresh *refresh = call->data;

  if (g_atomic_int_get (&refresh->ready))
    return S3D_HTTP_SIGN_READY;
  if (refresh->thread == NULL)
    refresh->thread = g_thread_new ("refresh", refresh_thread, refresh);
  return S3D_HTTP_SIGN_WAIT;
}

static S3dHttpSign
sign_woken_before (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  if (call->n_signed > 1)
    return S3D_HTTP_SIGN_READY;
  s3d_http_wake (call->http, request);
  return S3D_HTTP_SIGN_WAIT;
}

/* The parked ones hold no room: with room for one, another request passes them. */
static void
test_sign_wait (void)
{
  Script script = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) early = NULL;
  Refresh refresh = { 0 };

  world.settings = fixture_settings ();
  world.settings->max_total_requests = 1;
  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "GET", world.url, "/");
  refresh.call = call;
  call->sign = sign_after_refresh;
  call->data = &refresh;
  early = call_new (world.http, "GET", world.url, "/");
  early->sign = sign_woken_before;
  call_start (call);
  call_run (early);
  call_assert_body (early, "good");
  g_assert_cmpint (early->n_signed, ==, 2);
  call_wait (call);
  call_assert_body (call, "good");
  g_assert_cmpint (call->n_signed, ==, 2);
  g_thread_join (refresh.thread);
}

static S3dHttpSign
sign_to_elsewhere (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  s3d_http_request_set_target (request, call->data, "/elsewhere");
  return S3D_HTTP_SIGN_READY;
}

static void
test_sign_moves (void)
{
  Script script = { 0 }, other_script = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (RawServer) other = raw_server_new (follow_script, &other_script);
  g_autoptr (Call) call = NULL;

  world_set_up (&world, follow_script, &script);
  call = call_new (world.http, "GET", world.url, "/");
  call->sign = sign_to_elsewhere;
  call->data = (gpointer) raw_server_get_url (other);
  call_run (call);
  call_assert_body (call, "good");
  g_assert_cmpint (g_atomic_int_get (&script.n), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&other_script.n), ==, 1);
}

/* --- stalls --- */

/* Says what it is told, then nothing. */
static void
stall (RawConnection *connection, gpointer data)
{
  if (!raw_read_head (connection))
    return;
  raw_send (connection, data);
  raw_wait_for_close (connection);
}

static void
test_stall (gconstpointer data)
{
  const char *text = data;
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  gboolean in_body = strstr (text, "\r\n\r\n") != NULL;

  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 200;
  world.settings->retries = 2;
  world_set_up (&world, stall, (gpointer) text);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_TIMED_OUT, "no byte for 0.2 s");
  g_assert_cmpint (s3d_http_request_is_resumable (call->request), ==, in_body);
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, in_body ? 1 : 2);
}

/* The request's own timeout beats that of the settings, also when the loop has others to wait for. */
static void
test_own_stall (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) patient = NULL;
  g_autoptr (Call) call = NULL;

  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 3600 * 1000;
  world.settings->retries = 2;
  world_set_up (&world, stall, (gpointer) "");
  patient = call_new (world.http, "GET", world.url, "/");
  s3d_http_submit (world.http, patient->request);
  call = call_new (world.http, "GET", world.url, "/");
  s3d_http_request_set_stall_timeout (call->request, 200);
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_TIMED_OUT, "no byte for 0.2 s");
  g_assert_cmpuint (s3d_http_request_get_facts (call->request)->attempts, ==, 2);
  s3d_http_cancel (world.http, patient->request);
  call_wait (patient);
}

/* Reads nothing of a body that is larger than the kernel's buffers. */
static void
read_nothing (RawConnection *connection, gpointer data)
{
  GMutex *gate = data;

  if (!raw_read_head (connection))
    return;
  g_mutex_lock (gate);
  g_mutex_unlock (gate);
}

static void
test_stalled_upload (void)
{
  gsize size = 64 * 1024 * 1024;
  g_autofree char *bytes = g_malloc0 (size);
  g_autoptr (S3dSource) source = s3d_source_new_memory (bytes, size);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  GMutex gate;

  g_mutex_init (&gate);
  g_mutex_lock (&gate);
  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 300;
  world.settings->retries = 1;
  world_set_up (&world, read_nothing, &gate);
  call = call_new (world.http, "PUT", world.url, "/");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_TIMED_OUT, "no byte for 0.3 s");
  g_mutex_unlock (&gate);
}

/* Takes and gives a byte every 50 ms, longer than the stall timeout in all. */
static void
go_slowly (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    {
      raw_send (connection, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
      for (guint i = 0; i < 12; i++)
        {
          g_usleep (50 * 1000);
          raw_send (connection, "x");
        }
    }
}

static void
test_slow (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 400;
  world_set_up (&world, go_slowly, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "xxxxxxxxxxxx");
  g_assert_cmpint (elapsed_ms (call), >=, 600);
}

/* Reads 64 KiB every 20 ms: the upload takes longer than the stall timeout, most of it out of the kernel's buffers. */
static void
read_slowly (RawConnection *connection, gpointer data)
{
  gsize size = GPOINTER_TO_SIZE (data), done;
  char buffer[65536];
  int window = 256 * 1024;

  setsockopt (connection->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
  if (!raw_read_head (connection))
    return;
  for (done = connection->rest->len; done < size;)
    {
      gssize n = raw_read (connection, buffer, sizeof buffer);

      if (n <= 0)
        return;
      done += (gsize) n;
      g_usleep (20 * 1000);
    }
  raw_answer (connection, 200, "", "good");
}

static void
test_slow_upload (void)
{
  gsize size = 6 * 1024 * 1024;
  g_autofree char *bytes = g_malloc0 (size);
  g_autoptr (S3dSource) source = s3d_source_new_memory (bytes, size);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 800;
  world.settings->retries = 1;
  world_set_up (&world, read_slowly, GSIZE_TO_POINTER (size));
  call = call_new (world.http, "PUT", world.url, "/");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  call_assert_body (call, "good");
}

/* Half of the body, and the rest while the client's loop is held up. */
static void
send_halves (RawConnection *connection, gpointer data)
{
  int *held_up = data;

  while (raw_read_request (connection))
    {
      if (g_atomic_int_get (held_up))
        {
          raw_answer (connection, 200, "", "good");
          continue;
        }
      raw_send (connection, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ngood");
      while (!g_atomic_int_get (held_up))
        g_usleep (1000);
      raw_send (connection, "good");
    }
}

static S3dHttpSign
hold_up (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  g_atomic_int_set ((int *) call->data, TRUE);
  g_usleep (600 * 1000); /* three times the stall timeout */
  return S3D_HTTP_SIGN_READY;
}

static void
test_held_up (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) other = NULL;
  int held_up = FALSE;

  world.settings = fixture_settings ();
  world.settings->stall_timeout_ms = 200;
  world_set_up (&world, send_halves, &held_up);
  call = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  while (g_atomic_int_get (&call->n_headers) == 0)
    g_thread_yield ();
  other = call_new (world.http, "GET", world.url, "/");
  other->sign = hold_up;
  other->data = &held_up;
  call_run (other);
  call_wait (call);
  call_assert_body (call, "goodgood");
  call_assert_body (other, "good");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/http/retry/closed-connection", GUINT_TO_POINTER (0), test_recovers);
  g_test_add_data_func ("/http/retry/status-408", GUINT_TO_POINTER (408), test_recovers);
  g_test_add_data_func ("/http/retry/status-429", GUINT_TO_POINTER (429), test_recovers);
  g_test_add_data_func ("/http/retry/status-500", GUINT_TO_POINTER (500), test_recovers);
  g_test_add_data_func ("/http/retry/status-503", GUINT_TO_POINTER (503), test_recovers);
  g_test_add_func ("/http/retry/attempts-end", test_gives_up);
  g_test_add_func ("/http/retry/what-no-retry-mends", test_final);
  g_test_add_func ("/http/retry/attempts-made-before-count", test_attempts_made);
  g_test_add_func ("/http/retry/refused-connection-names-the-endpoint", test_refused);
  g_test_add_func ("/http/retry/who-never-answered-is-given-up-early", test_stranger);
  g_test_add_func ("/http/retry/unless-attempts-were-chosen", test_stranger_by_hand);
  g_test_add_func ("/http/retry/who-has-answered-gets-all-attempts", test_acquaintance);
  g_test_add_func ("/http/retry/stale-connection-costs-no-attempt", test_stale);
  g_test_add_func ("/http/retry/retry-after-is-honoured", test_retry_after);
  g_test_add_func ("/http/retry/all-failing-stops-within-the-bucket", test_bucket);
  g_test_add_func ("/http/retry/mended-goes-again-at-once-elsewhere", test_retry_now);
  g_test_add_func ("/http/retry/mended-goes-again-once", test_retry_now_once);
  g_test_add_func ("/http/sign/anew-before-each-attempt", test_signed_anew);
  g_test_add_func ("/http/sign/failure-is-the-request's", test_sign_failed);
  g_test_add_func ("/http/sign/waiting-holds-no-room", test_sign_wait);
  g_test_add_func ("/http/sign/may-choose-another-host", test_sign_moves);
  g_test_add_data_func ("/http/stall/before-the-answer", "", test_stall);
  g_test_add_data_func ("/http/stall/in-the-headers", "HTTP/1.1 200 OK\r\nContent-Le", test_stall);
  g_test_add_data_func ("/http/stall/in-the-body-is-resumable", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                        test_stall);
  g_test_add_func ("/http/stall/timeout-of-a-request", test_own_stall);
  g_test_add_func ("/http/stall/upload", test_stalled_upload);
  g_test_add_func ("/http/stall/slow-is-not-stalled", test_slow);
  g_test_add_func ("/http/stall/slow-upload-is-not-stalled", test_slow_upload);
  g_test_add_func ("/http/stall/loop-that-was-held-up-looks-first", test_held_up);
  return g_test_run ();
}

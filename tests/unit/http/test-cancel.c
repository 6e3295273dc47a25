/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cancellation reaches a request wherever it stands, soon, and only once. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <sys/socket.h>

/* Far less than any timeout here: what is cancelled ends because it was cancelled. */
#define SOON_MS 5000

static S3dSettings *
patient_settings (void)
{
  S3dSettings *settings = fixture_settings ();

  settings->connect_timeout_ms = 600 * 1000;
  settings->stall_timeout_ms = 600 * 1000;
  settings->retries = 10;
  return settings;
}

static void
assert_cancelled (Call *call)
{
  s3d_http_cancel (call->http, call->request);
  g_assert_true (call_wait_for (call, SOON_MS));
  g_assert_error (call_error (call), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (s3d_http_request_is_resumable (call->request));
}

/* Sends what it is told, lets go of @arrived, then says nothing. */
typedef struct
{
  const char *text;
  GMutex lock;
  GCond cond;
  guint n_arrived;
} Silent;

static void
fall_silent (RawConnection *connection, gpointer data)
{
  Silent *silent = data;

  if (!raw_read_head (connection))
    return;
  raw_send (connection, silent->text);
  g_mutex_lock (&silent->lock);
  silent->n_arrived++;
  g_cond_broadcast (&silent->cond);
  g_mutex_unlock (&silent->lock);
  raw_wait_for_close (connection);
}

static void
wait_arrived (Silent *silent, guint n)
{
  gint64 until = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&silent->lock);
  while (silent->n_arrived < n)
    g_assert_true (g_cond_wait_until (&silent->cond, &silent->lock, until));
  g_mutex_unlock (&silent->lock);
}

static void
test_running (gconstpointer data)
{
  Silent silent = { .text = data };
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, fall_silent, &silent);
  call = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  wait_arrived (&silent, 1);
  assert_cancelled (call);
  s3d_http_cancel (call->http, call->request); /* too late, and harmless */
}

static void
test_queued (void)
{
  Silent silent = { .text = "" };
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) queued = NULL;

  world.settings->connections = 1;
  world_set_up (&world, fall_silent, &silent);
  call = call_new (world.http, "GET", world.url, "/");
  queued = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  wait_arrived (&silent, 1);
  call_start (queued);
  assert_cancelled (queued);
  g_assert_cmpint (queued->n_signed, ==, 0);
  assert_cancelled (call);
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 1);
}

/* A listening socket whose queue is full: the connection is never made. */
static void
test_connecting (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  Silent silent = { .text = "" };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) other = NULL;

  world_set_up (&world, fall_silent, &silent);
  call = call_new (world.http, "GET", "http://192.0.2.1:9", "/"); /* RFC 5737: nobody's */
  other = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  call_start (other);
  wait_arrived (&silent, 1); /* the loop has had its turn */
  s3d_http_cancel (call->http, call->request);
  g_assert_true (call_wait_for (call, SOON_MS));
  g_assert_nonnull (call_error (call)); /* without a network it may have failed before */
  assert_cancelled (other);
}

static void
fail_always (RawConnection *connection, gpointer data)
{
  int *n = data;

  while (raw_read_request (connection))
    {
      raw_answer (connection, 503, "Retry-After: 20\r\n", "");
      g_atomic_int_inc (n);
    }
}

static void
test_waiting (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;
  int n = 0;

  world_set_up (&world, fail_always, &n);
  call = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  while (g_atomic_int_get (&call->n_classified) == 0)
    g_thread_yield ();
  assert_cancelled (call);
}

static S3dHttpSign
sign_never (S3dHttpRequest *request, gpointer data, GError **error)
{
  return S3D_HTTP_SIGN_WAIT;
}

static void
test_parked (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;
  int n = 0;

  world_set_up (&world, fail_always, &n);
  call = call_new (world.http, "GET", world.url, "/");
  call->sign = sign_never;
  call_start (call);
  while (g_atomic_int_get (&call->n_signed) == 0)
    g_thread_yield ();
  assert_cancelled (call);
  s3d_http_wake (call->http, call->request); /* the refresh comes late */
}

static void
cancel_itself (gpointer data)
{
  Call *call = data;

  s3d_http_cancel (call->http, call->request);
}

static S3dHttpSign
sign_and_cancel (S3dHttpRequest *request, gpointer data, GError **error)
{
  cancel_itself (data);
  return S3D_HTTP_SIGN_READY;
}

static gboolean
cancel_at_headers (S3dHttpRequest *request, gpointer data, GError **error)
{
  cancel_itself (data);
  return TRUE;
}

static void
test_in_hooks (void)
{
  Silent silent = { .text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello" };
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) signing = NULL;
  g_autoptr (Call) headers = NULL;
  g_autoptr (Call) done = NULL;

  world_set_up (&world, fall_silent, &silent);
  signing = call_new (world.http, "GET", world.url, "/");
  signing->sign = sign_and_cancel;
  headers = call_new (world.http, "GET", world.url, "/");
  headers->headers = cancel_at_headers;
  done = call_new (world.http, "GET", world.url, "/");
  done->sign = sign_and_cancel;
  done->done = cancel_itself;
  call_run (signing);
  g_assert_error (call_error (signing), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  call_run (headers);
  g_assert_error (call_error (headers), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  call_run (done);
  g_assert_error (call_error (done), G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
answer_hello (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    raw_answer (connection, 200, "", "hello");
}

static void
test_finished (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, answer_hello, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  call->done = cancel_itself;
  call_run (call);
  s3d_http_cancel (call->http, call->request);
  call_assert_body (call, "hello");
}

/* Others go on while one is cancelled in mid-body. */
static void
test_others (void)
{
  Silent silent = { .text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello" };
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (RawServer) server = raw_server_new (answer_hello, NULL);
  g_autoptr (Call) call = NULL;

  world_set_up (&world, fall_silent, &silent);
  call = call_new (world.http, "GET", world.url, "/");
  call_start (call);
  wait_arrived (&silent, 1);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (Call) other = call_new (world.http, "GET", raw_server_get_url (server), "/");

      call_run (other);
      call_assert_body (other, "hello");
      if (i == 5)
        assert_cancelled (call);
    }
}

/* Now and then slow, broken or overloaded; by the number of the request. */
static void
answer_anyhow (RawConnection *connection, gpointer data)
{
  int *n = data;

  while (raw_read_request (connection))
    {
      switch (g_atomic_int_add (n, 1) % 7)
        {
        case 0:
          return;
        case 1:
          raw_send (connection, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel");
          g_usleep (300);
          return;
        case 2:
          raw_answer (connection, 503, "", "slow down");
          break;
        case 3:
          g_usleep (1000);
          raw_answer (connection, 200, "", "hello");
          break;
        default:
          raw_answer (connection, 200, "", "hello");
        }
    }
}

#define STORM_THREADS 4
#define STORM_ROUNDS 20
#define STORM_CALLS 24

typedef struct
{
  World *world;
  guint32 seed;
} Storm;

static void
storm_round (Storm *storm, GRand *random)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  for (guint i = 0; i < STORM_CALLS; i++)
    {
      Call *call = call_new (storm->world->http, "GET", storm->world->url, "/");

      call->no_sink = g_rand_boolean (random);
      g_ptr_array_add (calls, call);
      call_start (call);
      if (g_rand_int_range (random, 0, 4) == 0)
        {
          Call *victim = calls->pdata[g_rand_int_range (random, 0, (int) calls->len)];

          s3d_http_cancel (victim->http, victim->request);
        }
    }
  g_usleep ((gulong) g_rand_int_range (random, 0, 3000));
  for (guint i = 0; i < STORM_CALLS; i++)
    if (g_rand_int_range (random, 0, 2) == 0)
      s3d_http_cancel (storm->world->http, ((Call *) calls->pdata[i])->request);
  for (guint i = 0; i < STORM_CALLS; i++)
    {
      Call *call = calls->pdata[i];

      call_wait (call);
      if (call_error (call) == NULL)
        call_assert_body (call, "hello");
    }
}

static gpointer
storm_thread (gpointer data)
{
  Storm *storm = data;
  GRand *random = g_rand_new_with_seed (storm->seed);

  for (guint i = 0; i < STORM_ROUNDS; i++)
    storm_round (storm, random);
  g_rand_free (random);
  return NULL;
}

static void
test_storm (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  GThread *threads[STORM_THREADS];
  Storm storms[STORM_THREADS];
  g_autoptr (Call) call = NULL;
  int n = 0;

  world.settings->connections = 8;
  world.settings->retries = 2;
  world_set_up (&world, answer_anyhow, &n);
  for (guint i = 0; i < STORM_THREADS; i++)
    {
      storms[i].world = &world;
      storms[i].seed = g_test_rand_int ();
      threads[i] = g_thread_new ("storm", storm_thread, &storms[i]);
    }
  for (guint i = 0; i < STORM_THREADS; i++)
    g_thread_join (threads[i]);

  /* It still works, with all its room. */
  g_atomic_int_set (&n, 4);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "hello");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/http/cancel/before-the-answer", "", test_running);
  g_test_add_data_func ("/http/cancel/in-the-headers", "HTTP/1.1 200 OK\r\nConte", test_running);
  g_test_add_data_func ("/http/cancel/in-mid-body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", test_running);
  g_test_add_func ("/http/cancel/in-the-queue", test_queued);
  g_test_add_func ("/http/cancel/while-connecting", test_connecting);
  g_test_add_func ("/http/cancel/while-waiting-to-try-again", test_waiting);
  g_test_add_func ("/http/cancel/while-waiting-for-credentials", test_parked);
  g_test_add_func ("/http/cancel/from-hooks", test_in_hooks);
  g_test_add_func ("/http/cancel/what-is-finished-stays-so", test_finished);
  g_test_add_func ("/http/cancel/others-go-on", test_others);
  g_test_add_func ("/http/cancel/storm", test_storm);
  return g_test_run ();
}

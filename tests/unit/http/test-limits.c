/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Room: connections to a host, requests in flight, the order of those who wait. */

#include "config.h"

#include "fixture.h"

#include <string.h>

static void
answer (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    raw_answer (connection, 200, "", "hello");
}

static void
wait_all (GPtrArray *calls)
{
  for (guint i = 0; i < calls->len; i++)
    {
      call_wait (calls->pdata[i]);
      call_assert_body (calls->pdata[i], "hello");
    }
}

#define MANY 10000
#define WINDOW 500

static void
test_connections (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  world.settings->connections = 8;
  world.settings->stall_timeout_ms = 60 * 1000;
  world_set_up (&world, answer, NULL);
  for (guint done = 0; done < MANY; done += WINDOW)
    {
      for (guint i = 0; i < WINDOW; i++)
        {
          g_ptr_array_add (calls, call_new (world.http, "GET", world.url, "/"));
          call_start (calls->pdata[i]);
        }
      wait_all (calls);
      g_ptr_array_set_size (calls, 0);
    }
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, MANY);
  g_assert_cmpuint (raw_server_max_open (world.server), <=, 8);
  /* And they live, but for those that move to another loop. */
  g_assert_cmpuint (raw_server_count_connections (world.server), <, 100);
}

/* Holds every answer until the gate is open; tells how many wait, and in which order they came. */
typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean open;
  guint held;
  GString *order;
} Gate;

static void
answer_at_gate (RawConnection *connection, gpointer data)
{
  Gate *gate = data;

  while (raw_read_request (connection))
    {
      g_mutex_lock (&gate->lock);
      gate->held++;
      if (gate->order != NULL)
        g_string_append_len (gate->order, connection->head->str + strlen ("GET /"), 1);
      g_cond_broadcast (&gate->cond);
      while (!gate->open)
        g_cond_wait (&gate->cond, &gate->lock);
      gate->held--;
      g_mutex_unlock (&gate->lock);
      raw_answer (connection, 200, "", "hello");
    }
}

static void
gate_wait_held (Gate *gate, guint n)
{
  gint64 until = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&gate->lock);
  while (gate->held < n)
    g_assert_true (g_cond_wait_until (&gate->cond, &gate->lock, until));
  g_mutex_unlock (&gate->lock);
}

static void
gate_open (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->open = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->lock);
}

static void
test_total (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  Gate gate = { 0 };
  g_autoptr (RawServer) other = NULL;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);
  guint most;

  world.settings->connections = 8;
  world.settings->max_total_requests = 12;
  world.settings->stall_timeout_ms = 60 * 1000;
  world_set_up (&world, answer_at_gate, &gate);
  other = raw_server_new (answer_at_gate, &gate);
  for (guint i = 0; i < 60; i++)
    {
      const char *url = i % 2 == 0 ? world.url : raw_server_get_url (other);

      g_ptr_array_add (calls, call_new (world.http, "GET", url, "/"));
      call_start (calls->pdata[i]);
    }
  gate_wait_held (&gate, 12);
  most = raw_server_max_active (world.server) + raw_server_max_active (other);
  g_assert_cmpuint (most, ==, 12);
  gate_open (&gate);
  wait_all (calls);
  g_assert_cmpuint (raw_server_max_active (world.server), <=, 8);
  g_assert_cmpuint (raw_server_max_active (other), <=, 8);
}

static void
test_order (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  Gate gate = { .order = g_string_new (NULL) };
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  world.settings->connections = 1;
  world.settings->stall_timeout_ms = 60 * 1000;
  world_set_up (&world, answer_at_gate, &gate);
  for (char name = 'a'; name <= 'z'; name++)
    {
      char target[] = { '/', name, '\0' };
      Call *call = call_new (world.http, "GET", world.url, target);

      g_ptr_array_add (calls, call);
      call_start (call);
    }
  gate_open (&gate);
  wait_all (calls);
  g_assert_cmpstr (gate.order->str, ==, "abcdefghijklmnopqrstuvwxyz");
  g_string_free (gate.order, TRUE);
}

/* A host that answers nothing takes its own room only. */
static void
test_full_host (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  Gate gate = { 0 };
  g_autoptr (RawServer) other = raw_server_new (answer, NULL);
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  world.settings->connections = 4;
  world.settings->stall_timeout_ms = 60 * 1000;
  world_set_up (&world, answer_at_gate, &gate);
  for (guint i = 0; i < 40; i++)
    {
      g_ptr_array_add (calls, call_new (world.http, "GET", world.url, "/"));
      call_start (calls->pdata[i]);
    }
  gate_wait_held (&gate, 4);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Call) call = call_new (world.http, "GET", raw_server_get_url (other), "/");

      call_run (call);
      call_assert_body (call, "hello");
    }
  gate_open (&gate);
  wait_all (calls);
}

typedef struct
{
  World *world;
  guint n;
} Submitter;

static gpointer
submit_many (gpointer data)
{
  Submitter *submitter = data;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  for (guint i = 0; i < submitter->n; i++)
    {
      g_ptr_array_add (calls, call_new (submitter->world->http, "GET", submitter->world->url, "/"));
      call_start (calls->pdata[i]);
    }
  wait_all (calls);
  return NULL;
}

static void
test_threads (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  GThread *threads[10];
  Submitter submitter = { &world, 100 };

  world_set_up (&world, answer, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("submitter", submit_many, &submitter);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 1000);
  g_assert_cmpuint (raw_server_max_open (world.server), <=, world.settings->connections);
}

/* One answer a connection, and never an announcement of its end: the cap holds although no connection lives. */
static void
answer_once (RawConnection *connection, gpointer data)
{
  if (raw_read_request (connection))
    raw_answer (connection, 200, "Connection: close\r\n", "hello");
}

static void
test_short_lived (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  Submitter submitter = { &world, 300 };

  world.settings->connections = 4;
  world_set_up (&world, answer_once, NULL);
  submit_many (&submitter);
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 300);
  g_assert_cmpuint (raw_server_max_active (world.server), <=, 4);
}

/* Signing takes the loop's whole time. */
typedef struct
{
  GMutex lock;
  GHashTable *loops; /* threads that signed */
} Signers;

static S3dHttpSign
sign_slowly (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;
  Signers *signers = call->data;
  gint64 until = g_get_monotonic_time () + 500;

  g_mutex_lock (&signers->lock);
  g_hash_table_add (signers->loops, g_thread_self ());
  g_mutex_unlock (&signers->lock);
  while (g_get_monotonic_time () < until)
    ;
  return S3D_HTTP_SIGN_READY;
}

/* All connections that the cap allows are on the first loop when it turns out to be too much for it. */
static void
test_saturated (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  Signers signers = { .loops = g_hash_table_new (NULL, NULL) };
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

  world.settings->connections = 6;
  world.settings->stall_timeout_ms = 60 * 1000;
  world_set_up (&world, answer, NULL);
  for (guint i = 0; i < 1000; i++)
    {
      Call *call = call_new (world.http, "GET", world.url, "/");

      call->sign = sign_slowly;
      call->data = &signers;
      g_ptr_array_add (calls, call);
      call_start (call);
    }
  wait_all (calls);
  g_assert_cmpuint (raw_server_max_open (world.server), <=, 6);
  if (g_get_num_processors () > 1)
    g_assert_cmpuint (g_hash_table_size (signers.loops), >, 1);
  g_hash_table_unref (signers.loops);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/limits/connections-over-10000-gets", test_connections);
  g_test_add_func ("/http/limits/requests-in-flight", test_total);
  g_test_add_func ("/http/limits/first-come-first-served", test_order);
  g_test_add_func ("/http/limits/full-host-holds-up-no-other", test_full_host);
  g_test_add_func ("/http/limits/many-threads-submit", test_threads);
  g_test_add_func ("/http/limits/short-lived-connections", test_short_lived);
  g_test_add_func ("/http/limits/saturated-loop-shares-its-connections", test_saturated);
  return g_test_run ();
}

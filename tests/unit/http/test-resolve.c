/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names: a DNS server that says nothing delays neither cancellation, nor other transfers, nor the end. getaddrinfo() is
 * this file's, for libcurl too; *.silent.test is answered when the gate opens, not before. */

#include "config.h"

#include "fixture.h"

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

#define SOON_MS 5000

static GMutex gate_lock;
static GCond gate_cond;
static gboolean gate_open;
static guint n_waiting;
static int n_unknown; /* atomic */

static void
wait_at_gate (void)
{
  g_mutex_lock (&gate_lock);
  n_waiting++;
  g_cond_broadcast (&gate_cond);
  while (!gate_open)
    g_cond_wait (&gate_cond, &gate_lock);
  n_waiting--;
  g_mutex_unlock (&gate_lock);
}

typedef int (*Resolver) (const char *, const char *, const struct addrinfo *, struct addrinfo **);

__attribute__ ((visibility ("default"))) int
getaddrinfo (const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
  Resolver real = (Resolver) dlsym (RTLD_NEXT, "getaddrinfo");

  if (name != NULL && g_str_has_suffix (name, ".silent.test"))
    {
      wait_at_gate ();
      return EAI_AGAIN;
    }
  if (name != NULL && g_str_has_suffix (name, ".unknown.test"))
    {
      g_atomic_int_inc (&n_unknown);
      return EAI_NONAME;
    }
  if (name != NULL && g_str_has_suffix (name, ".loopback.test"))
    name = "127.0.0.1";
  return real (name, service, hints, result);
}

static void
set_gate (gboolean open)
{
  g_mutex_lock (&gate_lock);
  gate_open = open;
  g_cond_broadcast (&gate_cond);
  g_mutex_unlock (&gate_lock);
}

static void
wait_waiting (guint n)
{
  gint64 until = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&gate_lock);
  while (n_waiting < n)
    g_assert_true (g_cond_wait_until (&gate_cond, &gate_lock, until));
  g_mutex_unlock (&gate_lock);
}

static void
answer (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    raw_answer (connection, 200, "", "hello");
}

static S3dSettings *
patient_settings (void)
{
  S3dSettings *settings = fixture_settings ();

  settings->connect_timeout_ms = 600 * 1000;
  settings->stall_timeout_ms = 600 * 1000;
  return settings;
}

static void
test_cancel (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (Call) call = NULL;
  guint threads;

  world_set_up (&world, answer, NULL);
  threads = count_threads ();
  call = call_new (world.http, "GET", "http://a.silent.test:9000", "/");
  call_start (call);
  wait_waiting (1);
  s3d_http_cancel (call->http, call->request);
  g_assert_true (call_wait_for (call, SOON_MS));
  g_assert_error (call_error (call), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  set_gate (TRUE);
  g_assert_true (wait_for_threads (threads + 1));
  set_gate (FALSE);
}

static void
test_others (void)
{
  g_auto (World) world = { .settings = patient_settings () };
  g_autoptr (GPtrArray) silent = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);
  g_autofree char *url = NULL;

  world_set_up (&world, answer, NULL);
  url = g_strdup_printf ("http://x.loopback.test%s", strrchr (world.url, ':'));
  for (guint i = 0; i < 8; i++)
    {
      g_ptr_array_add (silent, call_new (world.http, "GET", "http://b.silent.test:9000", "/"));
      call_start (silent->pdata[i]);
    }
  wait_waiting (8);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Call) call = call_new (world.http, "GET", i % 2 == 0 ? url : world.url, "/");

      call_start (call);
      g_assert_true (call_wait_for (call, SOON_MS));
      call_assert_body (call, "hello");
    }
  for (guint i = 0; i < 8; i++)
    {
      Call *call = silent->pdata[i];

      s3d_http_cancel (call->http, call->request);
      g_assert_true (call_wait_for (call, SOON_MS));
    }
  set_gate (TRUE);
  g_assert_true (wait_for_threads (count_threads ()));
  set_gate (FALSE);
}

static void
test_last_unref (void)
{
  g_autoptr (S3dSettings) settings = patient_settings ();
  guint threads = count_threads ();
  guint descriptors = count_descriptors ();
  S3dHttp *http = s3d_http_get (settings);
  g_autoptr (Call) call = call_new (http, "GET", "http://c.silent.test:9000", "/");

  call_start (call);
  wait_waiting (1);
  s3d_http_cancel (http, call->request);
  g_assert_true (call_wait_for (call, SOON_MS));
  s3d_http_unref (http); /* does not wait for the name: the gate is closed */
  set_gate (TRUE);
  g_assert_true (wait_for_threads (threads));
  g_assert_true (wait_for_descriptors (descriptors));
  set_gate (FALSE);
}

static void
test_timeout (void)
{
  g_auto (World) world = { .settings = fixture_settings () };
  g_autoptr (Call) call = NULL;

  world.settings->connect_timeout_ms = 200;
  world.settings->retries = 2;
  world_set_up (&world, answer, NULL);
  call = call_new (world.http, "GET", "http://d.silent.test:9000", "/");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_TIMED_OUT, "d.silent.test:9000, after 2 attempts");
  set_gate (TRUE);
  g_assert_true (wait_for_threads (count_threads ()));
  set_gate (FALSE);
}

static void
test_unknown (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, answer, NULL);
  call = call_new (world.http, "GET", "http://e.unknown.test", "/");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "the host's name is not known");
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "e.unknown.test:80");
  g_assert_cmpint (g_atomic_int_get (&n_unknown), >, 0); /* it was this file's resolver that was asked */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/resolve/unknown-name", test_unknown);
  g_test_add_func ("/http/resolve/cancel-while-resolving", test_cancel);
  g_test_add_func ("/http/resolve/silence-delays-no-other", test_others);
  g_test_add_func ("/http/resolve/silence-delays-not-the-end", test_last_unref);
  g_test_add_func ("/http/resolve/silence-ends-with-the-connect-timeout", test_timeout);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Proxies, as libcurl takes them from the environment. Each test sets its own in a process of its own. */

#include "config.h"

#include "fixture.h"

#include <string.h>

static void
be_proxy (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    {
      g_autofree char *head = g_strdup (connection->head->str);

      if (g_str_has_prefix (head, "CONNECT "))
        raw_answer (connection, 403, "", "no tunnels here");
      else
        raw_answer (connection, 200, "", head);
    }
}

static void
be_direct (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    raw_answer (connection, 200, "", "direct");
}

static void
set_proxy (const char *name, RawServer *proxy)
{
  g_setenv (name, raw_server_get_url (proxy), TRUE);
}

static void
try_http (void)
{
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (GBytes) bytes = NULL;

  set_proxy ("http_proxy", proxy);
  world_set_up (&world, be_direct, NULL);
  call = call_new (world.http, "GET", "http://storage.example:9000", "/b/k?x=1");
  call_run (call);
  g_assert_no_error (call_error (call));
  bytes = call_steal_bytes (call);
  g_assert_true (g_str_has_prefix (g_bytes_get_data (bytes, NULL),
                                   "GET http://storage.example:9000/b/k?x=1 HTTP/1.1\r\n"));
}

static void
try_no_proxy (void)
{
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  set_proxy ("http_proxy", proxy);
  g_setenv ("no_proxy", "localhost,127.0.0.1", TRUE);
  world_set_up (&world, be_direct, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "direct");
  g_assert_cmpuint (raw_server_count_connections (proxy), ==, 0);
}

static void
try_refused_tunnel (void)
{
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  set_proxy ("https_proxy", proxy);
  world_set_up (&world, be_direct, NULL);
  call = call_new (world.http, "GET", "https://storage.example", "/secret");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "storage.example:443");
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "403");
  g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 0); /* it is the proxy's, not the service's */
}

static void
run_apart (gconstpointer data)
{
  if (g_test_subprocess ())
    {
      ((void (*) (void)) (gpointer) data) ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/http/proxy/plain-requests-name-the-whole-url", try_http, run_apart);
  g_test_add_data_func ("/http/proxy/no-proxy-goes-direct", try_no_proxy, run_apart);
  g_test_add_data_func ("/http/proxy/refused-tunnel-is-a-network-error", try_refused_tunnel, run_apart);
  return g_test_run ();
}

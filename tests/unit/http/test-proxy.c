/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Proxies, as libcurl takes them from the environment. Each test sets its own, and takes it back when the library's
 * threads are gone. */

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

/* A variable of the environment, set while this lives: the first that a test declares, so that it is the last to go. */
typedef const char *Variable;

static void
variable_unset (Variable *name)
{
  if (*name != NULL)
    g_unsetenv (*name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Variable, variable_unset)

static Variable
set (const char *name, const char *value)
{
  g_setenv (name, value, TRUE);

  return name;
}

static void
try_http (void)
{
  g_auto (Variable) variable = NULL;
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (GBytes) bytes = NULL;

  variable = set ("http_proxy", raw_server_get_url (proxy));
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
  g_auto (Variable) variable = NULL, exception = NULL;
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  variable = set ("http_proxy", raw_server_get_url (proxy));
  exception = set ("no_proxy", "localhost,127.0.0.1");
  world_set_up (&world, be_direct, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "direct");
  g_assert_cmpuint (raw_server_count_connections (proxy), ==, 0);
}

static void
try_refused_tunnel (void)
{
  g_auto (Variable) variable = NULL;
  g_autoptr (RawServer) proxy = raw_server_new (be_proxy, NULL);
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  variable = set ("https_proxy", raw_server_get_url (proxy));
  world_set_up (&world, be_direct, NULL);
  call = call_new (world.http, "GET", "https://storage.example", "/secret");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "storage.example:443");
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "403");
  g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 0); /* it is the proxy's, not the service's */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/proxy/plain-requests-name-the-whole-url", try_http);
  g_test_add_func ("/http/proxy/no-proxy-goes-direct", try_no_proxy);
  g_test_add_func ("/http/proxy/refused-tunnel-is-a-network-error", try_refused_tunnel);
  return g_test_run ();
}

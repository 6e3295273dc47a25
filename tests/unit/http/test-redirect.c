/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Redirects: not followed unless asked for; signed anew on the same host, nothing secret to another, never down to
 * plain HTTP. */

#include "config.h"

#include "fixture.h"

#include <string.h>

typedef struct
{
  guint status;
  char *location; /* of "/start"; anything else is answered with what came in */
} Redirect;

static void
redirect (RawConnection *connection, gpointer data)
{
  Redirect *script = data;

  while (raw_read_request (connection))
    {
      g_autofree char *location = g_strdup_printf ("Location: %s\r\n", script->location);
      const char *path = strchr (connection->head->str, ' ') + 1;
      g_autofree char *echo = g_strconcat (connection->head->str, connection->body->str, NULL);

      if (g_str_has_prefix (path, "/start"))
        raw_answer (connection, script->status, location, "moved");
      else
        raw_answer (connection, 200, "", echo);
    }
}

static S3dHttpSign
sign (S3dHttpRequest *request, gpointer data, GError **error)
{
  g_autofree char *value = g_strdup_printf ("for %s", s3d_http_request_get_target (request));

  s3d_http_request_set_header (request, "Authorization", value);
  s3d_http_request_set_header (request, "x-amz-security-token", "token");
  s3d_http_request_set_header (request, "x-amz-meta-a", "b");
  return S3D_HTTP_SIGN_READY;
}

static Call *
run (World *world, Redirect *script, const char *method, gboolean follow)
{
  Call *call;

  world->settings = fixture_settings ();
  world->settings->follow_redirects = follow;
  world_set_up (world, redirect, script);
  call = call_new (world->http, method, world->url, "/start");
  call->sign = sign;
  if (strcmp (method, "PUT") == 0)
    {
      g_autoptr (S3dSource) source = s3d_source_new_memory ("body", 4);

      s3d_http_request_set_source (call->request, source);
    }
  call->no_sink = TRUE;
  call_run (call);
  return call;
}

static void
test_off (void)
{
  Redirect script = { 307, (char *) "/end" };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run (&world, &script, "GET", FALSE);

  g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 307);
  g_assert_cmpstr (s3d_http_request_get_response_header (call->request, "location"), ==, "/end");
  g_assert_cmpstr (s3d_http_request_get_body (call->request, NULL), ==, "moved");
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 1);
}

static void
test_same_host (gconstpointer data)
{
  Redirect script = { GPOINTER_TO_UINT (data), (char *) "/end?x=1" };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run (&world, &script, "GET", TRUE);
  const char *echo = s3d_http_request_get_body (call->request, NULL);

  g_assert_no_error (call_error (call));
  g_assert_true (g_str_has_prefix (echo, "GET /end?x=1 HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (echo, "Authorization: for /end?x=1\r\n"));
  g_assert_cmpint (call->n_signed, ==, 2);
}

static void
test_put (void)
{
  Redirect script = { 307, (char *) "/end" };
  Redirect other = { 302, (char *) "/end" };
  g_auto (World) world = { 0 };
  g_auto (World) other_world = { 0 };
  g_autoptr (Call) call = run (&world, &script, "PUT", TRUE);
  g_autoptr (Call) refused = run (&other_world, &other, "PUT", TRUE);

  g_assert_true (g_str_has_prefix (s3d_http_request_get_body (call->request, NULL), "PUT /end"));
  g_assert_true (g_str_has_suffix (s3d_http_request_get_body (call->request, NULL), "\r\n\r\nbody"));
  g_assert_cmpuint (s3d_http_request_get_status (refused->request), ==, 302);
}

static void
test_other_host (void)
{
  Redirect target = { 0 };
  g_autoptr (RawServer) other = raw_server_new (redirect, &target);
  g_autofree char *location = g_strconcat (raw_server_get_url (other), "/end", NULL);
  Redirect script = { 307, location };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run (&world, &script, "PUT", TRUE);
  const char *echo = s3d_http_request_get_body (call->request, NULL);
  g_autofree char *host = g_strdup_printf ("Host: %s\r\n", raw_server_get_url (other) + strlen ("http://"));

  g_assert_no_error (call_error (call));
  g_assert_true (g_str_has_prefix (echo, "PUT /end HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (echo, host));
  g_assert_nonnull (strstr (echo, "x-amz-meta-a: b\r\n"));
  g_assert_null (strcasestr (echo, "authorization"));
  g_assert_null (strcasestr (echo, "token"));
  g_assert_cmpint (call->n_signed, ==, 1);
}

static void
test_circle (void)
{
  Redirect script = { 307, (char *) "/start" };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = run (&world, &script, "GET", TRUE);

  g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 307);
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 11);
}

static void
test_elsewhere (void)
{
  static const char *const locations[] = { "file:///etc/passwd", "ftp://127.0.0.1/", "http://user:secret@127.0.0.1/",
                                           "http://", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (locations); i++)
    {
      Redirect script = { 307, (char *) locations[i] };
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = run (&world, &script, "GET", TRUE);

      g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 307);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/redirect/not-followed-by-default", test_off);
  g_test_add_data_func ("/http/redirect/same-host-is-signed-anew-301", GUINT_TO_POINTER (301), test_same_host);
  g_test_add_data_func ("/http/redirect/same-host-is-signed-anew-307", GUINT_TO_POINTER (307), test_same_host);
  g_test_add_func ("/http/redirect/body-goes-along", test_put);
  g_test_add_func ("/http/redirect/other-host-gets-no-secret", test_other_host);
  g_test_add_func ("/http/redirect/circles-end", test_circle);
  g_test_add_func ("/http/redirect/only-to-http", test_elsewhere);
  return g_test_run ();
}

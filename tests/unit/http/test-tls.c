/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TLS: who is trusted, and that nothing leaves for those who are not; connections across a fork; resets. */

#include "config.h"

#include "fixture.h"
#include "server/test-server.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char *dir;
  TestServer *server;
  S3dSettings *settings;
  S3dHttp *http;
} Secure;

/* A server that shows @variant, and a client that trusts @ca_file. */
static void
secure_set_up (Secure *secure, const char *variant, const char *ca_file)
{
  TestServerOptions options = { .buckets = "b", .anonymous = TRUE, .tls = TRUE, .tls_variant = variant };
  g_autoptr (GBytes) hello = g_bytes_new_static ("hello", 5);
  g_autoptr (GError) error = NULL;

  secure->dir = g_dir_make_tmp ("s3dlio-tls-XXXXXX", NULL);
  ts_tls_make_directory (secure->dir, &error);
  g_assert_no_error (error);
  options.tls_dir = secure->dir;
  secure->server = ts_server_new (&options);
  ts_server_put_object (secure->server, "b", "k", hello);
  secure->settings = fixture_settings ();
  secure->settings->stall_timeout_ms = 20 * 1000;
  g_free (secure->settings->ca_bundle);
  secure->settings->ca_bundle = ca_file != NULL ? g_build_filename (secure->dir, ca_file, NULL) : NULL;
  secure->http = s3d_http_get (secure->settings);
}

static void
secure_clear (Secure *secure)
{
  g_autoptr (GDir) dir = g_dir_open (secure->dir, 0, NULL);
  const char *name;

  if (secure->http != NULL)
    s3d_http_unref (secure->http);
  s3d_settings_unref (secure->settings);
  ts_server_free (secure->server);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (secure->dir, name, NULL);

      g_unlink (path);
    }
  g_rmdir (secure->dir);
  g_free (secure->dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Secure, secure_clear)

static void
get_hello (Secure *secure, S3dHttp *http)
{
  g_autoptr (Call) call = call_new (http, "GET", ts_server_get_tls_url (secure->server), "/b/k");

  call_run (call);
  call_assert_body (call, "hello");
}

static void
test_trusted (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, NULL, "ca.pem");
  for (guint i = 0; i < 3; i++)
    get_hello (&secure, secure.http);
  g_assert_cmpuint (ts_server_count_accepted (secure.server), ==, 1);
}

typedef struct
{
  const char *variant;
  const char *ca_file;
} Untrusted;

static void
test_untrusted (gconstpointer data)
{
  const Untrusted *untrusted = data;
  g_auto (Secure) secure = { 0 };
  g_autoptr (S3dSource) source = s3d_source_new_memory ("secret", 6);
  g_autoptr (Call) call = NULL;

  secure_set_up (&secure, untrusted->variant, untrusted->ca_file);
  call = call_new (secure.http, "PUT", ts_server_get_tls_url (secure.server), "/b/secret");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "certificate is not trusted");
  g_assert_cmpint (call->n_signed, ==, 1); /* no retry mends it */
  g_assert_true (ts_server_wait_open (secure.server, 0, 10000));
  g_assert_cmpuint (ts_server_count (secure.server, NULL), ==, 0);
}

static const Untrusted expired = { "expired", "ca.pem" };
static const Untrusted wrong_name = { "wrong-name", "ca.pem" };
static const Untrusted self_signed = { "self-signed", "ca.pem" };
static const Untrusted wrong_ca = { "server", "other-ca.pem" };
static const Untrusted other_server = { "other-server", "ca.pem" };
static const Untrusted system_cas = { "server", NULL };

static void
test_bundle (void)
{
  g_auto (Secure) secure = { 0 };
  g_autofree char *bundle = NULL;
  g_autofree char *text = g_strdup ("");

  secure_set_up (&secure, "other-server", "bundle.pem");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = g_build_filename (secure.dir, i == 0 ? "ca.pem" : "other-ca.pem", NULL);
      g_autofree char *part = NULL;
      char *joined;

      g_assert_true (g_file_get_contents (path, &part, NULL, NULL));
      joined = g_strconcat (text, part, NULL);
      g_free (text);
      text = joined;
    }
  bundle = g_build_filename (secure.dir, "bundle.pem", NULL);
  g_assert_true (g_file_set_contents (bundle, text, -1, NULL));
  get_hello (&secure, secure.http);
}

static void
test_missing_bundle (void)
{
  g_auto (Secure) secure = { 0 };
  g_autoptr (Call) call = NULL;

  secure_set_up (&secure, NULL, "missing.pem");
  call = call_new (secure.http, "GET", ts_server_get_tls_url (secure.server), "/b/k");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_INVALID, "ca-bundle");
  call_assert_error (call, S3DLIO_ERROR_INVALID, "missing.pem");
  g_assert_cmpuint (ts_server_count (secure.server, NULL), ==, 0);
}

static void
test_version (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, NULL, "ca.pem");
  g_free (secure.settings->tls_min_version);
  secure.settings->tls_min_version = g_strdup ("1.3");
  s3d_http_unref (secure.http);
  secure.http = s3d_http_get (secure.settings);
  get_hello (&secure, secure.http);
}

/* What a plain server says to the beginning of a TLS connection. */
static void
not_understand (RawConnection *connection, gpointer data)
{
  char hello[1024];

  if (raw_read (connection, hello, sizeof hello) > 0)
    raw_send (connection, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

static void
test_plain_port (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autofree char *url = NULL;

  world_set_up (&world, not_understand, NULL);
  url = g_strconcat ("https", world.url + strlen ("http"), NULL);
  call = call_new (world.http, "GET", url, "/b/k");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "no TLS connection");
}

static void
use_in_child (Secure *secure)
{
  for (guint i = 0; i < 2; i++)
    get_hello (secure, secure->http);
  g_clear_pointer (&secure->http, s3d_http_unref);
}

static void
test_fork (void)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("ThreadSanitizer ends a forked child that starts threads");
  return;
#endif
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, NULL, "ca.pem");
  get_hello (&secure, secure.http);
  for (guint i = 0; i < 3; i++)
    {
      int status;
      pid_t pid = fork ();

      if (pid == 0)
        {
          alarm (60);
          use_in_child (&secure);
          leave_child ();
        }
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      g_assert_cmpint (status, ==, 0);
      get_hello (&secure, secure.http);
    }
  g_assert_cmpuint (ts_server_count_accepted (secure.server), ==, 1 + 3);
}

#define LARGE (8 * 1024 * 1024)

static void
put_through_resets (void)
{
  g_auto (Secure) secure = { 0 };
  g_autofree char *bytes = g_malloc0 (LARGE);
  g_autoptr (S3dSource) source = s3d_source_new_memory (bytes, LARGE);
  g_autoptr (Call) call = NULL;

  secure_set_up (&secure, NULL, "ca.pem");
  ts_server_add_fault (secure.server, "op=PutObject nth=1-2 action=reset-request after=1M");
  call = call_new (secure.http, "PUT", ts_server_get_tls_url (secure.server), "/b/large");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  g_assert_no_error (call_error (call));
  g_assert_cmpint (call->n_signed, ==, 3);
}

static void
test_sigpipe (void)
{
  if (g_test_subprocess ())
    {
      signal (SIGPIPE, SIG_DFL);
      put_through_resets ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static void
test_no_trace (void)
{
  g_auto (Secure) secure = { 0 };
  guint threads, descriptors;

  secure_set_up (&secure, NULL, "ca.pem");
  get_hello (&secure, secure.http); /* what GnuTLS opens once */
  g_clear_pointer (&secure.http, s3d_http_unref);
  g_assert_true (ts_server_wait_open (secure.server, 0, 10000));
  threads = count_threads ();
  descriptors = count_descriptors ();
  for (guint i = 0; i < 5; i++)
    {
      S3dHttp *http = s3d_http_get (secure.settings);

      get_hello (&secure, http);
      s3d_http_unref (http);
    }
  g_assert_true (wait_for_threads (threads));
  g_assert_true (wait_for_descriptors (descriptors));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/tls/trusted", test_trusted);
  g_test_add_data_func ("/http/tls/expired-is-rejected", &expired, test_untrusted);
  g_test_add_data_func ("/http/tls/wrong-name-is-rejected", &wrong_name, test_untrusted);
  g_test_add_data_func ("/http/tls/self-signed-is-rejected", &self_signed, test_untrusted);
  g_test_add_data_func ("/http/tls/wrong-ca-is-rejected", &wrong_ca, test_untrusted);
  g_test_add_data_func ("/http/tls/server-of-another-ca-is-rejected", &other_server, test_untrusted);
  g_test_add_data_func ("/http/tls/system-cas-do-not-know-it", &system_cas, test_untrusted);
  g_test_add_func ("/http/tls/bundle-holds-several-cas", test_bundle);
  g_test_add_func ("/http/tls/missing-bundle-is-named", test_missing_bundle);
  g_test_add_func ("/http/tls/minimum-version", test_version);
  g_test_add_func ("/http/tls/plain-port-is-an-error", test_plain_port);
  g_test_add_func ("/http/tls/child-works-and-parent-keeps-its-connection", test_fork);
  g_test_add_func ("/http/tls/reset-does-not-raise-sigpipe", test_sigpipe);
  g_test_add_func ("/http/tls/no-thread-and-no-descriptor-is-left", test_no_trace);
  return g_test_run ();
}

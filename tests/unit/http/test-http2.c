/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP/2, over TLS, with nginx: spoken when it is switched on and the server offers it; many requests on one
 * connection; GOAWAY and RST_STREAM in mid-body. Each answer tells in headers what was spoken, and on which connection.
 * Skipped where there is no nginx (in the PATH, in /usr/sbin, or S3DLIO_TEST_NGINX). RFC 9113. */

#include "config.h"

#include "directory.h"
#include "fixture.h"
#include "server/test-server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE (4 * 1024 * 1024)
#define AT_ONCE 40

static char *nginx;

typedef struct
{
  char *dir;
  GPid pid;
  char *url;
  guint16 port;
  GBytes *large;
  S3dSettings *settings;
  S3dHttp *http;
} Secure;

static guint16
find_port (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &length), ==, 0);
  close (fd);
  return ntohs (address.sin_port);
}

static gboolean
is_listening (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                                 .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean connected = connect (fd, (struct sockaddr *) &address, sizeof address) == 0;

  close (fd);
  return connected;
}

static void
set_up_child (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* @upstream: what /upstream leads to, or NULL. @extra: further directives. */
static void
write_configuration (Secure *secure, const char *upstream, const char *extra)
{
  g_autofree char *conf = g_build_filename (secure->dir, "nginx.conf", NULL);
  g_autofree char *proxy = g_strdup_printf ("location /upstream { proxy_pass %s; proxy_buffering off; }\n", upstream);
  g_autofree char *text = g_strdup_printf (
      "daemon off; master_process off; pid %s/pid; error_log %s/log;\n"
      "events { worker_connections 1024; }\n"
      "http { access_log off; client_max_body_size 0;\n"
      "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4;\n"
      "scgi_temp_path %s/t5;\n"
      "server { listen 127.0.0.1:%u ssl http2; root %s/www; dav_methods PUT; %s\n"
      "ssl_certificate %s/server.pem; ssl_certificate_key %s/server-key.pem;\n"
      "add_header X-Protocol $server_protocol always; add_header X-Connection $connection always;\n%s} }\n",
      secure->dir, secure->dir, secure->dir, secure->dir, secure->dir, secure->dir, secure->dir, secure->port,
      secure->dir, extra, secure->dir, secure->dir, upstream != NULL ? proxy : "");

  g_assert_true (g_file_set_contents (conf, text, -1, NULL));
}

static void
start_nginx (Secure *secure)
{
  g_autofree char *conf = g_build_filename (secure->dir, "nginx.conf", NULL);
  char *argv[] = { nginx, (char *) "-e", (char *) "/dev/null", (char *) "-c", conf, NULL };
  g_autoptr (GError) error = NULL;
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, set_up_child, NULL, &secure->pid, &error);
  g_assert_no_error (error);
  while (!is_listening (secure->port))
    {
      g_assert_cmpint (waitpid (secure->pid, NULL, WNOHANG), ==, 0);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_usleep (5000);
    }
}

static void
make_www (Secure *secure)
{
  g_autofree char *www = g_build_filename (secure->dir, "www", NULL);
  g_autofree char *hello = g_build_filename (www, "hello", NULL);
  g_autofree char *large = g_build_filename (www, "large", NULL);
  guint8 *bytes = g_malloc (LARGE);

  ts_pattern_fill (bytes, LARGE, 0, 1);
  secure->large = g_bytes_new_take (bytes, LARGE);
  g_assert_cmpint (g_mkdir (www, 0755), ==, 0);
  g_assert_true (g_file_set_contents (hello, "hello", -1, NULL));
  g_assert_true (g_file_set_contents (large, (const char *) bytes, LARGE, NULL));
}

static void
secure_set_up (Secure *secure, gboolean http2, const char *upstream, const char *extra)
{
  g_autoptr (GError) error = NULL;

  secure->dir = g_dir_make_tmp ("s3dlio-h2-XXXXXX", NULL);
  ts_tls_make_directory (secure->dir, &error);
  g_assert_no_error (error);
  make_www (secure);
  secure->port = find_port ();
  secure->url = g_strdup_printf ("https://localhost:%u", secure->port);
  write_configuration (secure, upstream, extra);
  start_nginx (secure);
  secure->settings = fixture_settings ();
  secure->settings->http2 = http2;
  g_free (secure->settings->ca_bundle);
  secure->settings->ca_bundle = g_build_filename (secure->dir, "ca.pem", NULL);
  secure->http = s3d_http_get (secure->settings);
}

static void
secure_clear (Secure *secure)
{
  s3d_http_unref (secure->http);
  s3d_settings_unref (secure->settings);
  kill (secure->pid, SIGKILL);
  waitpid (secure->pid, NULL, 0);
  directory_remove (secure->dir);
  g_bytes_unref (secure->large);
  g_free (secure->url);
  g_free (secure->dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Secure, secure_clear)

static gboolean
can_run (void)
{
  if (nginx == NULL)
    g_test_skip ("nginx is not installed");
  else if ((curl_version_info (CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) == 0)
    g_test_skip ("this libcurl knows no HTTP/2");
  else
    return TRUE;
  return FALSE;
}

static void
assert_spoken (Call *call, const char *protocol)
{
  g_assert_cmpstr (s3d_http_request_get_response_header (call->request, "x-protocol"), ==, protocol);
}

static void
get_hello (Secure *secure, const char *protocol)
{
  g_autoptr (Call) call = call_new (secure->http, "GET", secure->url, "/hello");

  call_run (call);
  call_assert_body (call, "hello");
  assert_spoken (call, protocol);
}

static void
test_off (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, FALSE, NULL, "");
  get_hello (&secure, "HTTP/1.1");
}

static void
test_on (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, TRUE, NULL, "");
  get_hello (&secure, "HTTP/2.0");
}

/* The large object in pieces, all asked for at once; tells on how many connections they came. */
static guint
get_pieces (Secure *secure)
{
  const gsize size = LARGE / AT_ONCE;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);
  g_autoptr (GHashTable) connections = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < AT_ONCE; i++)
    {
      Call *call = call_new (secure->http, "GET", secure->url, "/large");
      g_autofree char *range = g_strdup_printf ("bytes=%" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT, i * size,
                                                (i + 1) * size - 1);

      s3d_http_request_set_header (call->request, "range", range);
      g_ptr_array_add (calls, call);
      call_start (call);
    }
  for (guint i = 0; i < AT_ONCE; i++)
    {
      Call *call = calls->pdata[i];
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GBytes) wanted = g_bytes_new_from_bytes (secure->large, i * size, size);

      call_wait (call);
      g_assert_no_error (call_error (call));
      g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 206);
      assert_spoken (call, "HTTP/2.0");
      bytes = call_steal_bytes (call);
      g_assert_true (g_bytes_equal (bytes, wanted));
      g_hash_table_add (connections,
                        (gpointer) s3d_http_request_get_response_header (call->request, "x-connection"));
    }
  return g_hash_table_size (connections);
}

/* Once a connection stands and is known to carry many, each loop needs but one. */
static void
test_shared (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, TRUE, NULL, "");
  get_hello (&secure, "HTTP/2.0");
  g_assert_cmpuint (get_pieces (&secure), <=, MIN (g_get_num_processors (), 8));
}

static void
test_upload (void)
{
  g_auto (Secure) secure = { 0 };
  g_autoptr (S3dSource) source = NULL;
  g_autoptr (Call) put = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  gsize size;

  secure_set_up (&secure, TRUE, NULL, "");
  source = s3d_source_new_bytes (secure.large);
  put = call_new (secure.http, "PUT", secure.url, "/upload");
  s3d_http_request_set_source (put->request, source);
  call_run (put);
  g_assert_no_error (call_error (put));
  g_assert_cmpuint (s3d_http_request_get_status (put->request), ==, 201);
  assert_spoken (put, "HTTP/2.0");
  path = g_build_filename (secure.dir, "www", "upload", NULL);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  g_assert_cmpmem (text, size, g_bytes_get_data (secure.large, NULL), LARGE);
}

/* After every seventh request the server says GOAWAY. */
static void
test_goaway (void)
{
  g_auto (Secure) secure = { 0 };

  secure_set_up (&secure, TRUE, NULL, "keepalive_requests 7;");
  for (guint i = 0; i < 20; i++)
    get_hello (&secure, "HTTP/2.0");
  for (guint i = 0; i < 3; i++)
    get_pieces (&secure);
}

/* nginx, which has passed on half of a body, resets the stream. */
static void
break_off (RawConnection *connection, gpointer data)
{
  if (!raw_read_request (connection))
    return;
  raw_send (connection, "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello");
}

static void
test_reset_stream (void)
{
  g_autoptr (RawServer) upstream = raw_server_new (break_off, NULL);
  g_auto (Secure) secure = { 0 };
  g_autoptr (Call) call = NULL;

  secure_set_up (&secure, TRUE, raw_server_get_url (upstream), "");
  call = call_new (secure.http, "GET", secure.url, "/upstream");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "after 5 of 10 bytes");
  assert_spoken (call, "HTTP/2.0");
  g_assert_true (s3d_http_request_is_resumable (call->request));
  g_assert_cmpuint (raw_server_count_requests (upstream), ==, 1); /* the rest is the engine's */
  get_hello (&secure, "HTTP/2.0");
}

/* The connection goes, and with it the answers that were on their way. */
static void
test_lost (void)
{
  g_auto (Secure) secure = { 0 };
  g_autoptr (Call) call = NULL;

  secure_set_up (&secure, TRUE, NULL, "limit_rate 64k;");
  call = call_new (secure.http, "GET", secure.url, "/large");
  call_start (call);
  while (g_atomic_int_get (&call->n_headers) == 0)
    g_usleep (1000);
  kill (secure.pid, SIGKILL);
  call_wait (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "");
}

/* --- requests that wait for a connection that others wait for, too: of a server that never shakes hands --- */

#define N_WAITING 3

static void
never_shake_hands (RawConnection *connection, gpointer data)
{
  raw_wait_for_close (connection);
}

static void
start_waiting (S3dHttp *http, RawServer *server, Call *calls[N_WAITING])
{
  g_autofree char *url = g_strconcat ("https", raw_server_get_url (server) + strlen ("http"), NULL);

  for (guint i = 0; i < N_WAITING; i++)
    {
      calls[i] = call_new (http, "GET", url, "/");
      call_start (calls[i]);
    }
}

static void
test_waiting_cancelled (void)
{
  g_auto (World) world = { 0 };
  Call *calls[N_WAITING];

  world.settings = fixture_settings ();
  world.settings->http2 = TRUE;
  world_set_up (&world, never_shake_hands, NULL);
  start_waiting (world.http, world.server, calls);
  while (raw_server_count_connections (world.server) == 0)
    g_usleep (1000);
  for (guint i = N_WAITING; i-- > 0;)
    {
      s3d_http_cancel (world.http, calls[i]->request);
      call_wait (calls[i]);
      g_assert_error (call_error (calls[i]), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      call_free (calls[i]);
    }
}

static void
test_waiting_times_out (void)
{
  g_auto (World) world = { 0 };
  Call *calls[N_WAITING];

  world.settings = fixture_settings ();
  world.settings->http2 = TRUE;
  world.settings->connect_timeout_ms = 100;
  world_set_up (&world, never_shake_hands, NULL);
  start_waiting (world.http, world.server, calls);
  for (guint i = 0; i < N_WAITING; i++)
    {
      call_wait (calls[i]);
      call_assert_error (calls[i], S3DLIO_ERROR_TIMED_OUT, "after 3 attempts");
      call_free (calls[i]);
    }
}

static char *
find_nginx (void)
{
  const char *wanted = g_getenv ("S3DLIO_TEST_NGINX");

  if (wanted != NULL)
    return *wanted != '\0' ? g_strdup (wanted) : NULL;
  if (access ("/usr/sbin/nginx", X_OK) == 0)
    return g_strdup ("/usr/sbin/nginx");
  return g_find_program_in_path ("nginx");
}

static void
run_test (gconstpointer func)
{
  if (can_run ())
    ((void (*) (void)) func) ();
}

#define ADD(name, func) g_test_add_data_func ("/http/http2/" name, (gconstpointer) func, run_test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  nginx = find_nginx ();
  ADD ("off-is-http-1.1", test_off);
  ADD ("on-is-used-over-tls", test_on);
  ADD ("requests-share-a-connection", test_shared);
  ADD ("upload-arrives-whole", test_upload);
  ADD ("goaway-is-survived", test_goaway);
  ADD ("reset-in-mid-body-is-resumable", test_reset_stream);
  ADD ("lost-connection-is-an-error", test_lost);
  g_test_add_func ("/http/http2/waiting-requests-are-cancelled", test_waiting_cancelled);
  g_test_add_func ("/http/http2/waiting-requests-time-out", test_waiting_times_out);
  return g_test_run ();
}

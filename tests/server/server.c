/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's life: options, listening sockets, one accepting thread, a thread for each
 * connection; and the calls of test-server.h that look into it.
 *
 * server->lock guards the table of connections. Threads are joined: those that have ended when the
 * next connection comes, the others at the end, after their sockets were shut down.
 */
#include "config.h"

#include "directory.h"
#include "server-store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define PORT_ATTEMPTS 20

typedef struct
{
  int fd;
  gboolean tls;
} Listener;

/* ---- listening ---- */

static gboolean
fail (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return FALSE;
}

/* -1 and errno, or a listening socket. @port 0: any. */
static int
listen_on (gboolean v6, guint16 port)
{
  struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons (port) };
  int on = 1;
  int fd = socket (v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int result;

  if (fd < 0)
    return -1;
  four.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  six.sin6_addr = in6addr_loopback;
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6)
    {
      setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
      result = bind (fd, (struct sockaddr *) &six, sizeof six);
    }
  else
    result = bind (fd, (struct sockaddr *) &four, sizeof four);
  if (result == 0)
    result = listen (fd, BACKLOG);
  if (result < 0)
    {
      int code = errno;

      close (fd);
      errno = code;
      return -1;
    }
  return fd;
}

static guint16
port_of (int fd)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;

  if (getsockname (fd, (struct sockaddr *) &address, &size) < 0)
    return 0;
  return ntohs (address.sin_port);
}

/* The port is the same for both families: another is tried where ::1 has it taken. */
static gboolean
add_listeners (TestServer *server, gboolean ipv6, gboolean tls, guint16 wanted, guint16 *port, GError **error)
{
  for (guint attempt = 0; attempt < PORT_ATTEMPTS; attempt++)
    {
      Listener four = { listen_on (FALSE, wanted), tls };
      Listener six = { -1, tls };

      if (four.fd < 0)
        return fail (error, "listen on 127.0.0.1");
      *port = port_of (four.fd);
      if (ipv6)
        six.fd = listen_on (TRUE, *port);
      if (!ipv6 || six.fd >= 0)
        {
          g_array_append_val (server->listeners, four);
          if (ipv6)
            g_array_append_val (server->listeners, six);
          return TRUE;
        }
      close (four.fd);
      if (wanted != 0 || errno != EADDRINUSE)
        return fail (error, "listen on ::1");
    }
  return fail (error, "listen on 127.0.0.1 and ::1");
}

/* ---- connections ---- */

static gboolean
start_tls (TsStream *stream)
{
  gnutls_session_t session = NULL;
  gnutls_datum_t http = { (guchar *) "http/1.1", 8 };
  int result;

  if (gnutls_init (&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL) < 0)
    return FALSE;
  stream->tls = session;
  gnutls_set_default_priority (session);
  gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, stream->server->tls);
  gnutls_alpn_set_protocols (session, &http, 1, 0);
  gnutls_transport_set_int (session, stream->fd);
  do
    result = gnutls_handshake (session);
  while (result < 0 && !gnutls_error_is_fatal (result));
  return result == 0;
}

static gpointer
serve_connection (gpointer data)
{
  TsStream *stream = data;
  TestServer *server = stream->server;
  GThread *self;

  if (!stream->over_tls || start_tls (stream))
    ts_http_serve (stream);

  g_mutex_lock (&server->lock);
  self = g_hash_table_lookup (server->connections, stream);
  g_hash_table_remove (server->connections, stream);
  server->finished = g_slist_prepend (server->finished, self);
  g_mutex_unlock (&server->lock);
  ts_stream_free (stream);
  ts_ledger_hang_up (server->ledger);
  return NULL;
}

static void
join_finished (TestServer *server)
{
  GSList *finished;

  g_mutex_lock (&server->lock);
  finished = g_steal_pointer (&server->finished);
  g_mutex_unlock (&server->lock);
  for (GSList *item = finished; item != NULL; item = item->next)
    g_thread_join (item->data);
  g_slist_free (finished);
}

static void
accept_one (TestServer *server, const Listener *listener)
{
  int fd = accept4 (listener->fd, NULL, NULL, SOCK_CLOEXEC);
  int on = 1;
  TsStream *stream;
  GThread *thread;

  if (fd < 0)
    return;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  stream = ts_stream_new (server, fd, ts_ledger_accept (server->ledger));
  stream->over_tls = listener->tls;
  /* Under the lock: the thread looks itself up when it ends. */
  g_mutex_lock (&server->lock);
  thread = g_thread_new ("ts-connection", serve_connection, stream);
  g_hash_table_insert (server->connections, stream, thread);
  g_mutex_unlock (&server->lock);
}

static gpointer
accept_all (gpointer data)
{
  TestServer *server = data;
  guint n = server->listeners->len;
  g_autofree struct pollfd *fds = g_new0 (struct pollfd, n + 1);

  for (guint i = 0; i < n; i++)
    {
      fds[i].fd = g_array_index (server->listeners, Listener, i).fd;
      fds[i].events = POLLIN;
    }
  fds[n].fd = server->stop_fd;
  fds[n].events = POLLIN;
  while (fds[n].revents == 0)
    {
      if (poll (fds, n + 1, -1) < 0)
        continue;
      for (guint i = 0; i < n; i++)
        if (fds[i].revents != 0)
          accept_one (server, &g_array_index (server->listeners, Listener, i));
      join_finished (server);
    }
  return NULL;
}

/* ---- making and ending one ---- */

static void
credentials_free (gpointer data)
{
  TsCredentials *credentials = data;

  g_free (credentials->secret_key);
  g_free (credentials->session_token);
  g_free (credentials);
}

static void
copy_options (TestServer *server, const TestServerOptions *options)
{
  server->region = g_strdup (options->region != NULL ? options->region : "us-east-1");
  server->region_mode = options->region_mode;
  server->domain = g_strdup (options->domain != NULL ? options->domain : "s3.localhost");
  server->anonymous = options->anonymous;
  server->etag_mode = options->etag_mode;
  server->verify_payload = options->verify_payload;
  server->checksum_mode = options->checksum_mode;
  server->streaming = options->streaming;
  server->min_part_size = options->min_part_size > 0 ? options->min_part_size : 5 << 20;
  server->clock_offset = options->clock_offset;
  ts_server_add_credentials (server,
                             options->access_key != NULL ? options->access_key : TS_ACCESS_KEY,
                             options->secret_key != NULL ? options->secret_key : TS_SECRET_KEY,
                             options->session_token);
}

static void
add_buckets (TestServer *server, const char *list)
{
  g_auto (GStrv) names = g_strsplit (list != NULL ? list : "", ",", -1);

  for (char **name = names; *name != NULL; name++)
    {
      char *region = strchr (*name, '@');

      if (region != NULL)
        *region++ = '\0';
      if (**name != '\0')
        ts_server_add_bucket (server, *name, region);
    }
}

static gboolean
prepare_tls (TestServer *server, const TestServerOptions *options, GError **error)
{
  const char *dir = options->tls_dir;

  if (dir == NULL)
    {
      server->made_dir = g_dir_make_tmp ("s3dlio-test-server-XXXXXX", error);
      if (server->made_dir == NULL || !ts_tls_make_directory (server->made_dir, error))
        return FALSE;
      dir = server->made_dir;
    }
  server->ca_file = g_build_filename (dir, "ca.pem", NULL);
  server->tls
      = ts_tls_load (dir, options->tls_variant != NULL ? options->tls_variant : "server", error);
  return server->tls != NULL;
}

static gboolean
start (TestServer *server, const TestServerOptions *options, GError **error)
{
  server->stop_fd = eventfd (0, EFD_CLOEXEC);
  if (server->stop_fd < 0)
    return fail (error, "eventfd");
  if (options->tls && !prepare_tls (server, options, error))
    return FALSE;
  if (!add_listeners (server, options->ipv6, FALSE, options->port, &server->port, error))
    return FALSE;
  server->url = g_strdup_printf ("http://127.0.0.1:%u", server->port);
  if (options->tls)
    {
      if (!add_listeners (server, options->ipv6, TRUE, 0, &server->tls_port, error))
        return FALSE;
      server->tls_url = g_strdup_printf ("https://localhost:%u", server->tls_port);
    }
  server->acceptor = g_thread_new ("ts-accept", accept_all, server);
  return TRUE;
}

TestServer *
ts_server_try_new (const TestServerOptions *options, GError **error)
{
  static const TestServerOptions defaults;
  TestServer *server = g_new0 (TestServer, 1);

  if (options == NULL)
    options = &defaults;
  g_mutex_init (&server->lock);
  server->stop_fd = -1;
  server->listeners = g_array_new (FALSE, FALSE, sizeof (Listener));
  server->connections = g_hash_table_new (NULL, NULL);
  server->credentials
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, credentials_free);
  server->service = &ts_s3_service;
  server->ledger = ts_ledger_new (options->ledger_limit > 0 ? options->ledger_limit : 200000);
  server->faults = ts_faults_new ();
  server->store = ts_store_new ();
  copy_options (server, options);
  add_buckets (server, options->buckets);
  if (!start (server, options, error))
    g_clear_pointer (&server, ts_server_free);
  return server;
}

TestServer *
ts_server_new (const TestServerOptions *options)
{
  g_autoptr (GError) error = NULL;
  TestServer *server = ts_server_try_new (options, &error);

  if (server == NULL)
    g_error ("the test server does not start: %s", error->message);
  return server;
}

static void
stop (TestServer *server)
{
  GHashTableIter iter;
  gpointer stream;
  guint left;

  g_mutex_lock (&server->lock);
  server->stopping = TRUE;
  if (server->stop_fd >= 0)
    eventfd_write (server->stop_fd, 1);
  g_mutex_unlock (&server->lock);
  if (server->acceptor != NULL)
    g_thread_join (server->acceptor);

  g_mutex_lock (&server->lock);
  g_hash_table_iter_init (&iter, server->connections);
  while (g_hash_table_iter_next (&iter, &stream, NULL))
    shutdown (((TsStream *) stream)->fd, SHUT_RDWR);
  g_mutex_unlock (&server->lock);
  do
    {
      ts_ledger_wait (server->ledger, TS_WAIT_OPEN, NULL, 0, G_MAXINT);
      join_finished (server);
      g_mutex_lock (&server->lock);
      left = g_hash_table_size (server->connections);
      g_mutex_unlock (&server->lock);
    }
  while (left > 0);
}

void
ts_server_free (TestServer *server)
{
  if (server == NULL)
    return;
  stop (server);
  for (guint i = 0; i < server->listeners->len; i++)
    close (g_array_index (server->listeners, Listener, i).fd);
  if (server->stop_fd >= 0)
    close (server->stop_fd);
  if (server->made_dir != NULL)
    directory_remove (server->made_dir);
  if (server->tls != NULL)
    gnutls_certificate_free_credentials (server->tls);
  g_array_unref (server->listeners);
  g_hash_table_unref (server->connections);
  g_hash_table_unref (server->credentials);
  ts_ledger_free (server->ledger);
  ts_faults_free (server->faults);
  ts_store_free (server->store);
  g_mutex_clear (&server->lock);
  g_free (server->region);
  g_free (server->domain);
  g_free (server->url);
  g_free (server->tls_url);
  g_free (server->ca_file);
  g_free (server->made_dir);
  g_free (server);
}

/* ---- what tests may know and do ---- */

guint16
ts_server_get_port (TestServer *server)
{
  return server->port;
}

guint16
ts_server_get_tls_port (TestServer *server)
{
  return server->tls_port;
}

const char *
ts_server_get_url (TestServer *server)
{
  return server->url;
}

const char *
ts_server_get_tls_url (TestServer *server)
{
  return server->tls_url;
}

const char *
ts_server_get_ca_file (TestServer *server)
{
  return server->ca_file;
}

gint64
ts_server_now (TestServer *server)
{
  return g_get_real_time () / G_USEC_PER_SEC + server->clock_offset;
}

void
ts_server_add_credentials (TestServer *server, const char *access_key, const char *secret_key,
                           const char *session_token)
{
  TsCredentials *credentials = g_new0 (TsCredentials, 1);

  credentials->secret_key = g_strdup (secret_key);
  credentials->session_token = g_strdup (session_token);
  g_mutex_lock (&server->lock);
  g_hash_table_replace (server->credentials, g_strdup (access_key), credentials);
  g_mutex_unlock (&server->lock);
}

void
ts_server_expire_credentials (TestServer *server, const char *access_key)
{
  TsCredentials *credentials;

  g_mutex_lock (&server->lock);
  credentials = g_hash_table_lookup (server->credentials, access_key);
  if (credentials != NULL)
    credentials->expired = TRUE;
  g_mutex_unlock (&server->lock);
}

gboolean
ts_server_find_credentials (TestServer *server, const char *access_key, TsCredentials *out)
{
  const TsCredentials *found;

  g_mutex_lock (&server->lock);
  found = g_hash_table_lookup (server->credentials, access_key);
  if (found != NULL)
    {
      out->secret_key = g_strdup (found->secret_key);
      out->session_token = g_strdup (found->session_token);
      out->expired = found->expired;
    }
  g_mutex_unlock (&server->lock);
  return found != NULL;
}

void
ts_server_release (TestServer *server)
{
  GHashTableIter iter;
  gpointer data;

  g_mutex_lock (&server->lock);
  server->generation++;
  g_hash_table_iter_init (&iter, server->connections);
  while (g_hash_table_iter_next (&iter, &data, NULL))
    {
      TsStream *stream = data;

      if (stream->wake_fd >= 0)
        eventfd_write (stream->wake_fd, 1);
    }
  g_mutex_unlock (&server->lock);
}

guint
ts_server_add_fault (TestServer *server, const char *line)
{
  g_autoptr (GError) error = NULL;
  guint rule = ts_faults_add (server->faults, line, &error);

  if (rule == 0)
    g_error ("%s", error->message);
  return rule;
}

guint
ts_server_try_add_fault (TestServer *server, const char *line, GError **error)
{
  return ts_faults_add (server->faults, line, error);
}

guint
ts_server_count_fault (TestServer *server, guint rule)
{
  return ts_faults_count (server->faults, rule);
}

void
ts_server_clear_faults (TestServer *server)
{
  ts_faults_clear (server->faults);
}

GPtrArray *
ts_server_get_requests (TestServer *server, const char *operation)
{
  return ts_ledger_get (server->ledger, operation);
}

guint
ts_server_count (TestServer *server, const char *operation)
{
  return ts_ledger_count (server->ledger, operation);
}

guint
ts_server_max_in_flight (TestServer *server, const char *operation)
{
  return ts_ledger_max_in_flight (server->ledger, operation);
}

guint
ts_server_count_accepted (TestServer *server)
{
  return ts_ledger_accepted (server->ledger);
}

guint
ts_server_count_open (TestServer *server)
{
  return ts_ledger_open (server->ledger);
}

void
ts_server_reset_ledger (TestServer *server)
{
  ts_ledger_reset (server->ledger);
}

gboolean
ts_server_wait_count (TestServer *server, const char *operation, guint n, guint timeout_ms)
{
  return ts_ledger_wait (server->ledger, TS_WAIT_COUNT, operation, n, timeout_ms);
}

gboolean
ts_server_wait_held (TestServer *server, guint n, guint timeout_ms)
{
  return ts_ledger_wait (server->ledger, TS_WAIT_HELD, NULL, n, timeout_ms);
}

gboolean
ts_server_wait_idle (TestServer *server, guint timeout_ms)
{
  return ts_ledger_wait (server->ledger, TS_WAIT_IDLE, NULL, 0, timeout_ms);
}

gboolean
ts_server_wait_open (TestServer *server, guint n, guint timeout_ms)
{
  return ts_ledger_wait (server->ledger, TS_WAIT_OPEN, NULL, n, timeout_ms);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The raw server and the waiting calls that the transport's tests share. Connections are blocking sockets, one
 * thread each; the server owns them, a test owns its calls. */

#include "config.h"

#include "fixture.h"

#include "directory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct _RawServer
{
  int fd;
  char *url;
  RawHandler handler;
  gpointer data;
  GThread *thread;
  GMutex lock; /* all below */
  GCond ended_one;
  GPtrArray *ended; /* threads to join: until then they keep their stacks */
  GArray *open; /* descriptors, one a running thread */
  guint n_connections, n_requests, max_open, active, max_active;
};

static gboolean
fill (RawConnection *connection)
{
  char buffer[16384];
  ssize_t n = recv (connection->fd, buffer, sizeof buffer, 0);

  if (n <= 0)
    return FALSE;
  g_string_append_len (connection->rest, buffer, n);
  return TRUE;
}

static void
count_request (RawConnection *connection, int change)
{
  RawServer *server = connection->server;

  g_mutex_lock (&server->lock);
  server->active = (guint) ((int) server->active + change);
  server->max_active = MAX (server->max_active, server->active);
  if (change > 0)
    server->n_requests++;
  g_mutex_unlock (&server->lock);
}

gboolean
raw_read_head (RawConnection *connection)
{
  const char *end;

  while ((end = strstr (connection->rest->str, "\r\n\r\n")) == NULL)
    if (!fill (connection))
      return FALSE;
  g_string_truncate (connection->head, 0);
  g_string_append_len (connection->head, connection->rest->str, end + 4 - connection->rest->str);
  g_string_erase (connection->rest, 0, (gssize) connection->head->len);
  count_request (connection, 1);
  return TRUE;
}

char *
raw_get_header (RawConnection *connection, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (connection->head->str, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 1; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strdup (g_strstrip (lines[i] + length + 1));
  return NULL;
}

gboolean
raw_read_request (RawConnection *connection)
{
  g_autofree char *length = NULL;
  gsize size;

  if (!raw_read_head (connection))
    return FALSE;
  length = raw_get_header (connection, "content-length");
  size = length != NULL ? (gsize) g_ascii_strtoull (length, NULL, 10) : 0;
  while (connection->rest->len < size)
    if (!fill (connection))
      {
        count_request (connection, -1);
        return FALSE;
      }
  g_string_truncate (connection->body, 0);
  g_string_append_len (connection->body, connection->rest->str, (gssize) size);
  g_string_erase (connection->rest, 0, (gssize) size);
  return TRUE;
}

gssize
raw_read (RawConnection *connection, gpointer buffer, gsize size)
{
  return recv (connection->fd, buffer, size, 0);
}

void
raw_send_bytes (RawConnection *connection, gconstpointer bytes, gsize size)
{
  const char *at = bytes;

  while (size > 0)
    {
      ssize_t n = send (connection->fd, at, size, MSG_NOSIGNAL);

      if (n <= 0)
        return;
      at += n;
      size -= (gsize) n;
    }
}

void
raw_send (RawConnection *connection, const char *text)
{
  raw_send_bytes (connection, text, strlen (text));
}

void
raw_answer (RawConnection *connection, guint status, const char *headers, const char *body)
{
  g_autofree char *text = g_strdup_printf ("HTTP/1.1 %u X\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen (body),
                                           headers, body);

  count_request (connection, -1);
  raw_send (connection, text);
}

void
raw_reset (RawConnection *connection)
{
  struct linger linger = { .l_onoff = 1 };

  setsockopt (connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void
raw_wait_for_close (RawConnection *connection)
{
  while (fill (connection))
    g_string_truncate (connection->rest, 0);
}

static gpointer
connection_thread (gpointer data)
{
  RawConnection *connection = data;
  RawServer *server = connection->server;

  server->handler (connection, server->data);

  g_mutex_lock (&server->lock);
  for (guint i = 0; i < server->open->len; i++)
    if (g_array_index (server->open, int, i) == connection->fd)
      {
        g_array_remove_index_fast (server->open, i);
        break;
      }
  close (connection->fd);
  g_ptr_array_add (server->ended, g_thread_self ());
  g_cond_signal (&server->ended_one);
  g_mutex_unlock (&server->lock);
  g_string_free (connection->head, TRUE);
  g_string_free (connection->body, TRUE);
  g_string_free (connection->rest, TRUE);
  g_free (connection);
  return NULL;
}

/* Connections that the client has not closed: a thread may be late to notice that it has. */
static guint
count_live (RawServer *server)
{
  guint n = 0;

  for (guint i = 0; i < server->open->len; i++)
    {
      char byte;
      gssize size = recv (g_array_index (server->open, int, i), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

      n += size > 0 || (size < 0 && errno == EAGAIN);
    }
  return n;
}

static void
serve (RawServer *server, int fd)
{
  RawConnection *connection = g_new0 (RawConnection, 1);
  int one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->server = server;
  connection->fd = fd;
  connection->head = g_string_new (NULL);
  connection->body = g_string_new (NULL);
  connection->rest = g_string_new (NULL);
  g_mutex_lock (&server->lock);
  connection->number = ++server->n_connections;
  g_array_append_val (server->open, fd);
  server->max_open = MAX (server->max_open, count_live (server));
  g_ptr_array_set_size (server->ended, 0);
  g_thread_new ("raw-connection", connection_thread, connection);
  g_mutex_unlock (&server->lock);
}

static gpointer
accept_thread (gpointer data)
{
  RawServer *server = data;
  int fd;

  while ((fd = accept4 (server->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
    serve (server, fd);
  return NULL;
}

RawServer *
raw_server_new (RawHandler handler, gpointer data)
{
  RawServer *server = g_new0 (RawServer, 1);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  server->handler = handler;
  server->data = data;
  server->ended = g_ptr_array_new_with_free_func ((GDestroyNotify) (void (*) (void)) g_thread_join);
  server->open = g_array_new (FALSE, FALSE, sizeof (int));
  g_mutex_init (&server->lock);
  g_cond_init (&server->ended_one);
  server->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (server->fd, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (server->fd, 512), ==, 0);
  getsockname (server->fd, (struct sockaddr *) &address, &length);
  server->url = g_strdup_printf ("http://127.0.0.1:%u", ntohs (address.sin_port));
  server->thread = g_thread_new ("raw-server", accept_thread, server);
  return server;
}

void
raw_server_free (RawServer *server)
{
  shutdown (server->fd, SHUT_RDWR);
  g_thread_join (server->thread);
  g_mutex_lock (&server->lock);
  for (guint i = 0; i < server->open->len; i++)
    shutdown (g_array_index (server->open, int, i), SHUT_RDWR);
  while (server->open->len > 0)
    g_cond_wait (&server->ended_one, &server->lock);
  g_mutex_unlock (&server->lock);
  close (server->fd);
  g_ptr_array_unref (server->ended);
  g_array_unref (server->open);
  g_cond_clear (&server->ended_one);
  g_mutex_clear (&server->lock);
  g_free (server->url);
  g_free (server);
}

const char *
raw_server_get_url (RawServer *server)
{
  return server->url;
}

static guint
read_counter (RawServer *server, guint *counter)
{
  guint value;

  g_mutex_lock (&server->lock);
  value = *counter;
  g_mutex_unlock (&server->lock);
  return value;
}

guint
raw_server_count_connections (RawServer *server)
{
  return read_counter (server, &server->n_connections);
}

guint
raw_server_count_requests (RawServer *server)
{
  return read_counter (server, &server->n_requests);
}

guint
raw_server_max_open (RawServer *server)
{
  return read_counter (server, &server->max_open);
}

guint
raw_server_max_active (RawServer *server)
{
  return read_counter (server, &server->max_active);
}

gboolean
raw_server_wait_open (RawServer *server, guint n)
{
  for (guint i = 0; i < 1000; i++)
    {
      if (read_counter (server, &server->open->len) <= n)
        return TRUE;
      g_usleep (10 * 1000);
    }
  return FALSE;
}

/* --- calls --- */

S3dSettings *
fixture_settings (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (GError) error = NULL;
  S3dSettings *settings = s3d_settings_new (config, &error);

  /* Nobody else has it yet. */
  g_assert_no_error (error);
  settings->connect_timeout_ms = 20 * 1000;
  settings->stall_timeout_ms = 30 * 1000;
  settings->retries = 3;
  settings->connections = 16;
  settings->max_total_requests = 64;
  return settings;
}

static S3dHttpSign
on_sign (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  g_atomic_int_inc (&call->n_signed);
  return call->sign != NULL ? call->sign (request, call, error) : S3D_HTTP_SIGN_READY;
}

static gboolean
on_headers (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;

  g_atomic_int_inc (&call->n_headers);
  if (call->sink != NULL)
    s3d_http_request_set_sink (request, call->sink);
  return call->headers == NULL || call->headers (request, call, error);
}

static S3dHttpVerdict
on_classify (S3dHttpRequest *request, gpointer data, GError **error)
{
  Call *call = data;
  guint status = s3d_http_request_get_status (request);

  g_atomic_int_inc (&call->n_classified);
  if (call->classify != NULL)
    return call->classify (request, call, error);
  if (status >= 200 && status < 300)
    return S3D_HTTP_FINAL;
  g_set_error (error, S3DLIO_ERROR, (int) s3d_http_error_code (status), "Code%u", status);
  return s3d_http_verdict_for_status (status);
}

static void
on_done (S3dHttpRequest *request, gpointer data)
{
  Call *call = data;

  if (call->done != NULL)
    call->done (call);
  g_mutex_lock (&call->lock);
  g_assert_false (call->is_done);
  call->is_done = TRUE;
  g_cond_broadcast (&call->cond);
  g_mutex_unlock (&call->lock);
}

static const S3dHttpHooks call_hooks = { on_sign, on_headers, on_classify, on_done };

Call *
call_new (S3dHttp *http, const char *method, const char *origin, const char *target)
{
  Call *call = g_new0 (Call, 1);

  call->http = http;
  call->request = s3d_http_request_new (method, origin, target, &call_hooks, call);
  g_mutex_init (&call->lock);
  g_cond_init (&call->cond);
  return call;
}

void
call_free (Call *call)
{
  s3d_http_request_unref (call->request);
  g_clear_pointer (&call->sink, s3d_sink_free);
  g_mutex_clear (&call->lock);
  g_cond_clear (&call->cond);
  g_free (call);
}

void
call_start (Call *call)
{
  if (!call->no_sink && call->sink == NULL)
    call->sink = s3d_sink_new_growing (G_MAXSIZE / 2);
  s3d_http_submit (call->http, call->request);
}

gboolean
call_wait_for (Call *call, guint ms)
{
  gint64 until = g_get_monotonic_time () + ms * G_TIME_SPAN_MILLISECOND;
  gboolean is_done;

  g_mutex_lock (&call->lock);
  while (!call->is_done && g_cond_wait_until (&call->cond, &call->lock, until))
    ;
  is_done = call->is_done;
  g_mutex_unlock (&call->lock);
  return is_done;
}

void
call_wait (Call *call)
{
  g_assert_true (call_wait_for (call, 60 * 1000));
}

void
call_run (Call *call)
{
  call_start (call);
  call_wait (call);
}

const GError *
call_error (Call *call)
{
  return s3d_http_request_get_error (call->request);
}

GBytes *
call_steal_bytes (Call *call)
{
  return s3d_sink_steal_bytes (call->sink);
}

void
call_assert_body (Call *call, const char *text)
{
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const char *data;

  g_assert_no_error (call_error (call));
  if (call->no_sink)
    {
      g_assert_cmpstr (s3d_http_request_get_body (call->request, NULL), ==, text);
      return;
    }
  bytes = call_steal_bytes (call);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, text, strlen (text));
}

void
call_assert_error (Call *call, S3dlioError code, const char *part)
{
  const GError *error = call_error (call);

  g_assert_error (error, S3DLIO_ERROR, (int) code);
  if (part != NULL && strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
}

void
world_set_up (World *world, RawHandler handler, gpointer data)
{
  if (world->settings == NULL)
    world->settings = fixture_settings ();
  world->http = s3d_http_get (world->settings);
  world->server = raw_server_new (handler, data);
  world->url = raw_server_get_url (world->server);
}

/* The transport first: a server that waits for the client to close is waited for. */
void
world_clear (World *world)
{
  g_clear_pointer (&world->http, s3d_http_unref);
  g_clear_pointer (&world->server, raw_server_free);
  g_clear_pointer (&world->settings, s3d_settings_unref);
}

/* --- what a process has --- */

void
leave_child (void)
{
  execlp ("true", "true", NULL);
  _exit (0);
}

guint
count_threads (void)
{
  return directory_count ("/proc/self/task");
}

guint
count_descriptors (void)
{
  return directory_count ("/proc/self/fd");
}

static gboolean
wait_until_at_most (guint (*count) (void), guint n)
{
  for (guint i = 0; i < 1000; i++)
    {
      if (count () <= n)
        return TRUE;
      g_usleep (10 * 1000);
    }
  return FALSE;
}

gboolean
wait_for_threads (guint n)
{
  return wait_until_at_most (count_threads, n);
}

gboolean
wait_for_descriptors (guint n)
{
  return wait_until_at_most (count_descriptors, n);
}

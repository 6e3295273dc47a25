/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the transport costs beside raw sockets: 1 GiB in and out, 10,000 objects of 4 KiB in, in CPU time of this
 * process, both in one run and as a ratio, because absolute figures move from day to day.
 *
 *   bench-http [ROUNDS]
 *
 * The server is nginx on tmpfs (from the PATH, or S3DLIO_TEST_NGINX=/path/to/nginx), else the project's own test
 * server in a process of its own, which is slower and tells less. */

#include "config.h"

#include "base/base-settings.h"
#include "http/http.h"
#include "server/test-server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GIB (1024L * 1024 * 1024)
#define RANGE (8L * 1024 * 1024)
#define RANGES_AT_ONCE 8
#define SMALL 4096
#define N_SMALL 10000
#define SMALL_AT_ONCE 64

static char *dir;
static guint16 port;
static pid_t server;
static const char *target_prefix = "";
static char *memory;

/* --- servers --- */

static guint16
free_port (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM, 0);

  if (bind (fd, (struct sockaddr *) &address, length) != 0)
    g_error ("bind: %s", g_strerror (errno));
  getsockname (fd, (struct sockaddr *) &address, &length);
  close (fd);
  return ntohs (address.sin_port);
}

static void
write_file (const char *name, gsize size)
{
  g_autofree char *path = g_build_filename (dir, "www", name, NULL);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  for (gsize done = 0; done < size;)
    {
      gssize n = write (fd, memory + done, MIN (size - done, (gsize) RANGE));

      if (n <= 0)
        g_error ("cannot write %s: %s", path, g_strerror (errno));
      done += (gsize) n;
    }
  close (fd);
}

static void
start_nginx (const char *nginx)
{
  g_autofree char *conf = g_build_filename (dir, "nginx.conf", NULL);
  g_autofree char *www = g_build_filename (dir, "www", NULL);
  g_autofree char *text = NULL;

  port = free_port ();
  g_mkdir (www, 0777);
  write_file ("large", GIB);
  write_file ("small", SMALL);
  text = g_strdup_printf (
      "daemon off; worker_processes 2; pid %s/pid; error_log %s/log;%s\n"
      "events { worker_connections 1024; }\n"
      "http { access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000; client_max_body_size 0;\n"
      "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4;\n"
      "scgi_temp_path %s/t5; client_body_buffer_size 1m; open_file_cache max=100;\n"
      "server { listen 127.0.0.1:%u backlog=1024; root %s; dav_methods PUT; } }\n",
      dir, dir, getuid () == 0 ? " user root;" : "", dir, dir, dir, dir, dir, port, www);
  g_file_set_contents (conf, text, -1, NULL);
  server = fork ();
  if (server == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGTERM);
      execl (nginx, "nginx", "-e", "/dev/null", "-c", conf, NULL);
      _exit (127);
    }
}

static void
serve_ourselves (void)
{
  TestServerOptions options = { .buckets = "b", .anonymous = TRUE, .port = port, .ledger_limit = 1,
                                .etag_mode = TS_ETAG_FAST, .verify_payload = TS_VERIFY_NEVER };
  TestServer *test_server = ts_server_new (&options);
  g_autoptr (GBytes) large = g_bytes_new_static (memory, GIB);
  g_autoptr (GBytes) small = g_bytes_new_static (memory, SMALL);

  ts_server_put_object (test_server, "b", "large", large);
  ts_server_put_object (test_server, "b", "small", small);
  pause ();
}

static void
start_own_server (void)
{
  port = free_port ();
  target_prefix = "/b";
  server = fork ();
  if (server == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGTERM);
      serve_ourselves ();
      _exit (0);
    }
}

static int
connect_raw (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                                 .sin_port = htons (port) };
  int fd = -1, one = 1;

  for (guint i = 0; i < 1000; i++)
    {
      fd = socket (AF_INET, SOCK_STREAM, 0);
      if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
        break;
      close (fd);
      fd = -1;
      g_usleep (10 * 1000);
    }
  if (fd < 0)
    g_error ("the server does not start");
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void
start_server (void)
{
  const char *wanted = g_getenv ("S3DLIO_TEST_NGINX");
  g_autofree char *found = wanted != NULL ? g_strdup (wanted) : g_find_program_in_path ("nginx");

  dir = g_strdup ("/dev/shm/s3dlio-bench-XXXXXX");
  if (g_mkdtemp (dir) == NULL)
    g_error ("no tmpfs at /dev/shm: %s", g_strerror (errno));
  if (found != NULL)
    start_nginx (found);
  else
    start_own_server ();
  g_print ("# server: %s\n", found != NULL ? "nginx on tmpfs" : "s3dlio's test server (no nginx found)");
  close (connect_raw ());
}

static void
stop_server (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", dir);

  kill (server, SIGTERM);
  waitpid (server, NULL, 0);
  if (system (command) != 0)
    g_printerr ("%s remains\n", dir);
}

/* --- raw sockets --- */

static gsize
read_head (int fd, char *buffer, gsize room, gsize *body)
{
  gsize used = 0;
  char *end = NULL;

  while (end == NULL)
    {
      gssize n = recv (fd, buffer + used, room - 1 - used, 0);

      if (n <= 0)
        g_error ("recv: %s", g_strerror (errno));
      used += (gsize) n;
      buffer[used] = '\0';
      end = strstr (buffer, "\r\n\r\n");
    }
  *body = used - (gsize) (end + 4 - buffer);
  return used;
}

static void
raw_get (void)
{
  g_autofree char *request
      = g_strdup_printf ("GET %s/large HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", target_prefix, port);
  char head[16384];
  gsize done;
  int fd = connect_raw ();

  if (send (fd, request, strlen (request), 0) < 0)
    g_error ("send: %s", g_strerror (errno));
  read_head (fd, head, 2048, &done);
  while (done < GIB)
    {
      gssize n = recv (fd, memory + done, MIN ((gsize) (1024 * 1024), GIB - done), 0);

      if (n <= 0)
        g_error ("recv: %s", g_strerror (errno));
      done += (gsize) n;
    }
  close (fd);
}

static void
raw_put (void)
{
  g_autofree char *request = g_strdup_printf ("PUT %s/upload HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                                              "Content-Length: %ld\r\n\r\n",
                                              target_prefix, port, GIB);
  char head[16384];
  gsize done = 0, body;
  int fd = connect_raw ();

  if (send (fd, request, strlen (request), 0) < 0)
    g_error ("send: %s", g_strerror (errno));
  while (done < GIB)
    {
      gssize n = send (fd, memory + done, MIN ((gsize) (2 * 1024 * 1024), GIB - done), 0);

      if (n <= 0)
        g_error ("send: %s", g_strerror (errno));
      done += (gsize) n;
    }
  read_head (fd, head, sizeof head, &body);
  close (fd);
}

static void
raw_small (void)
{
  g_autofree char *request
      = g_strdup_printf ("GET %s/small HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", target_prefix, port);
  gsize request_size = strlen (request);
  gsize got[SMALL_AT_ONCE] = { 0 };
  int fds[SMALL_AT_ONCE];
  struct epoll_event events[SMALL_AT_ONCE];
  guint sent = 0, done = 0;
  int epoll = epoll_create1 (0);
  static char buffer[65536];

  for (guint i = 0; i < SMALL_AT_ONCE; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

      fds[i] = connect_raw ();
      epoll_ctl (epoll, EPOLL_CTL_ADD, fds[i], &event);
      sent += send (fds[i], request, request_size, 0) > 0;
    }
  while (done < N_SMALL)
    {
      int n = epoll_wait (epoll, events, SMALL_AT_ONCE, -1);

      for (int j = 0; j < n; j++)
        {
          guint i = events[j].data.u32;
          gssize size = recv (fds[i], buffer, sizeof buffer, 0);

          if (size <= 0)
            g_error ("recv: %s", g_strerror (errno));
          /* The head is shorter than 1 KiB, and comes first. */
          got[i] += (gsize) size;
          if (got[i] < SMALL)
            continue;
          got[i] = 0;
          done++;
          if (sent < N_SMALL)
            sent += send (fds[i], request, request_size, 0) > 0;
        }
    }
  for (guint i = 0; i < SMALL_AT_ONCE; i++)
    close (fds[i]);
  close (epoll);
}

/* --- the transport --- */

typedef struct
{
  S3dHttp *http;
  char *origin;
  const char *method;
  const char *name;
  guint total, at_once;
  gsize piece;
  gboolean bulk, range;
  GMutex lock;
  GCond cond;
  guint started, done;
} Job;

typedef struct
{
  Job *job;
  S3dSink *sink;
  guint number;
} Piece;

static void start_next (Job *job);

static gboolean
on_headers (S3dHttpRequest *request, gpointer data, GError **error)
{
  Piece *piece = data;

  s3d_http_request_set_sink (request, piece->sink);
  return TRUE;
}

static S3dHttpVerdict
on_classify (S3dHttpRequest *request, gpointer data, GError **error)
{
  guint status = s3d_http_request_get_status (request);

  if (status >= 300)
    g_set_error (error, S3DLIO_ERROR, (int) s3d_http_error_code (status), "status %u", status);
  return S3D_HTTP_FINAL;
}

static void
on_done (S3dHttpRequest *request, gpointer data)
{
  Piece *piece = data;
  Job *job = piece->job;

  if (s3d_http_request_get_error (request) != NULL)
    g_error ("%s", s3d_http_request_get_error (request)->message);
  g_clear_pointer (&piece->sink, s3d_sink_free);
  g_free (piece);
  s3d_http_request_unref (request);
  start_next (job);
  g_mutex_lock (&job->lock);
  if (++job->done == job->total)
    g_cond_signal (&job->cond);
  g_mutex_unlock (&job->lock);
}

static gboolean
never_headers (S3dHttpRequest *request, gpointer data, GError **error)
{
  return TRUE;
}

static const S3dHttpHooks get_hooks = { NULL, on_headers, on_classify, on_done };
static const S3dHttpHooks put_hooks = { NULL, never_headers, on_classify, on_done };

static void
start_next (Job *job)
{
  gboolean put = strcmp (job->method, "PUT") == 0;
  char target[64], range[64];
  S3dHttpRequest *request;
  Piece *piece;
  guint number;

  g_mutex_lock (&job->lock);
  number = job->started;
  if (number == job->total)
    {
      g_mutex_unlock (&job->lock);
      return;
    }
  job->started++;
  g_mutex_unlock (&job->lock);

  piece = g_new0 (Piece, 1);
  piece->job = job;
  piece->number = number;
  g_snprintf (target, sizeof target, put ? "%s/%s-%u" : "%s/%s", target_prefix, job->name, number);
  request = s3d_http_request_new (job->method, job->origin, target, put ? &put_hooks : &get_hooks, piece);
  s3d_http_request_set_bulk (request, job->bulk);
  if (job->range)
    {
      const gint64 first = (gint64) number * RANGE;

      g_snprintf (range, sizeof range, "bytes=%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, first, first + RANGE - 1);
      s3d_http_request_set_header (request, "range", range);
    }
  if (put)
    {
      g_autoptr (S3dSource) source = s3d_source_new_memory (memory + number * job->piece, job->piece);

      s3d_http_request_set_source (request, source);
    }
  else
    piece->sink = s3d_sink_new_memory (memory + number * job->piece, job->piece);
  s3d_http_submit (job->http, request);
}

static void
run_job (Job *job)
{
  g_mutex_init (&job->lock);
  g_cond_init (&job->cond);
  for (guint i = 0; i < job->at_once; i++)
    start_next (job);
  g_mutex_lock (&job->lock);
  while (job->done < job->total)
    g_cond_wait (&job->cond, &job->lock);
  g_mutex_unlock (&job->lock);
}

static S3dHttp *http;
static char *origin;

static void
our_get (void)
{
  Job job = { http, origin, "GET", "large", GIB / RANGE, RANGES_AT_ONCE, RANGE, TRUE, TRUE };

  run_job (&job);
}

static void
our_put (void)
{
  Job job = { http, origin, "PUT", "part", GIB / RANGE, RANGES_AT_ONCE, RANGE, TRUE, FALSE };

  run_job (&job);
}

static void
our_small (void)
{
  Job job = { http, origin, "GET", "small", N_SMALL, SMALL_AT_ONCE, SMALL, FALSE, FALSE };

  run_job (&job);
}

/* --- measuring --- */

typedef struct
{
  double wall, cpu;
} Cost;

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
measure (void (*func) (void), Cost *best)
{
  gint64 start = g_get_monotonic_time ();
  double cpu = cpu_seconds ();

  func ();
  cpu = cpu_seconds () - cpu;
  if (best->cpu == 0 || cpu < best->cpu)
    best->cpu = cpu;
  if (best->wall == 0 || (double) (g_get_monotonic_time () - start) / 1e6 < best->wall)
    best->wall = (double) (g_get_monotonic_time () - start) / 1e6;
}

static void
compare (const char *name, void (*raw) (void), void (*ours) (void), guint rounds, double units, const char *unit)
{
  Cost raw_cost = { 0 }, our_cost = { 0 };

  for (guint i = 0; i < rounds; i++)
    {
      measure (raw, &raw_cost);
      measure (ours, &our_cost);
    }
  g_print ("%-18s raw %7.3f s wall, %8.3f %s   s3dlio %7.3f s wall, %8.3f %s   CPU x %.2f\n", name, raw_cost.wall,
           raw_cost.cpu * units, unit, our_cost.wall, our_cost.cpu * units, unit, our_cost.cpu / raw_cost.cpu);
}

int
main (int argc, char **argv)
{
  guint rounds = argc > 1 ? (guint) g_ascii_strtoull (argv[1], NULL, 10) : 3;
  g_autoptr (S3dlioConfig) config = NULL;
  g_autoptr (S3dSettings) settings = NULL;

  memory = mmap (NULL, GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise (memory, GIB, MADV_HUGEPAGE);
  memset (memory, 'x', GIB);
  start_server ();

  config = s3dlio_config_new ();
  settings = s3d_settings_new (config, NULL);
  http = s3d_http_get (settings);
  origin = g_strdup_printf ("http://127.0.0.1:%u", port);
  compare ("GET 1 GiB", raw_get, our_get, rounds, 1, "CPU s/GiB");
  compare ("GET 10,000 x 4 KiB", raw_small, our_small, rounds, 1e6 / N_SMALL, "CPU us/GET");
  compare ("PUT 1 GiB", raw_put, our_put, rounds, 1, "CPU s/GiB");
  s3d_http_unref (http);
  stop_server ();
  return 0;
}

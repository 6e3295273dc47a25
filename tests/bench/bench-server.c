/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server of a benchmark, see bench-server.h. One for a process; single-threaded. */

#include "config.h"

#include "bench/bench-server.h"

#include "server/test-server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_SMALL 10000

static char *dir;
static guint16 port;
static pid_t server;
static gboolean is_nginx;

guint16
bench_find_port (void)
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

int
bench_connect (guint16 to)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                                 .sin_port = htons (to) };
  int fd = -1, one = 1;

  for (guint i = 0; i < 1000; i++)
    {
      fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
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
write_file (const char *name, const char *memory, gsize size)
{
  g_autofree char *path = g_build_filename (dir, "www", "b", name, NULL);
  FILE *file = fopen (path, "w");

  if (file == NULL || fwrite (memory, 1, size, file) != size || fclose (file) != 0)
    g_error ("cannot write %s: %s", path, g_strerror (errno));
}

/* The answers to the two POSTs of a multipart upload are fixed texts. Parts overwrite each other. */
static char *
make_configuration (void)
{
  return g_strdup_printf (
      "daemon off; worker_processes 2; pid %s/pid; error_log %s/log;%s\n"
      "events { worker_connections 1024; }\n"
      "http { access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000; client_max_body_size 0;\n"
      "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4;\n"
      "scgi_temp_path %s/t5; client_body_buffer_size 1m; open_file_cache max=100;\n"
      "server { listen 127.0.0.1:%u backlog=1024; root %s/www; dav_methods PUT; create_full_put_path on;\n"
      "location = /status { stub_status; }\n"
      "location /b/small/ { rewrite ^ /b/small break; }\n"
      "location /b/upload { add_header ETag '\"e\"' always; if ($request_method = POST) {\n"
      "return 200 '<?xml version=\"1.0\"?><$post><UploadId>u</UploadId><ETag>\"e-1\"</ETag></$post>'; } }\n"
      "}\n"
      "map $args $post { default CompleteMultipartUploadResult; ~^uploads InitiateMultipartUploadResult; } }\n",
      dir, dir, getuid () == 0 ? " user root;" : "", dir, dir, dir, dir, dir, port, dir);
}

static void
start_nginx (const char *nginx, const char *memory, gsize large_size, gsize small_size)
{
  g_autofree char *conf = g_build_filename (dir, "nginx.conf", NULL);
  g_autofree char *bucket = g_build_filename (dir, "www", "b", NULL);
  g_autofree char *text = make_configuration ();

  g_mkdir_with_parents (bucket, 0777);
  write_file ("large", memory, large_size);
  write_file ("small", memory, small_size);
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
serve_ourselves (const char *memory, gsize large_size, gsize small_size)
{
  TestServerOptions options = { .buckets = "b", .anonymous = TRUE, .port = port, .ledger_limit = 1,
                                .etag_mode = TS_ETAG_FAST, .verify_payload = TS_VERIFY_NEVER };
  TestServer *test_server = ts_server_new (&options);
  g_autoptr (GBytes) large = g_bytes_new_static (memory, large_size);
  g_autoptr (GBytes) small = g_bytes_new_static (memory, small_size);

  ts_server_add_credentials (test_server, "bench", "bench", NULL);
  ts_server_put_object (test_server, "b", "large", large);
  for (guint i = 0; i < N_SMALL; i++)
    {
      char key[32];

      g_snprintf (key, sizeof key, "small/%05u", i);
      ts_server_put_object (test_server, "b", key, small);
    }
  pause ();
}

void
bench_server_start (const char *memory, gsize large_size, gsize small_size)
{
  const char *wanted = g_getenv ("S3DLIO_TEST_NGINX");
  g_autofree char *found = wanted != NULL ? g_strdup (wanted) : g_find_program_in_path ("nginx");

  port = bench_find_port ();
  is_nginx = found != NULL;
  dir = g_strdup ("/dev/shm/s3dlio-bench-XXXXXX");
  if (g_mkdtemp (dir) == NULL)
    g_error ("no tmpfs at /dev/shm: %s", g_strerror (errno));
  if (is_nginx)
    start_nginx (found, memory, large_size, small_size);
  else if ((server = fork ()) == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGTERM);
      serve_ourselves (memory, large_size, small_size);
      _exit (0);
    }
  close (bench_connect (port));
}

void
bench_server_stop (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", dir);

  kill (server, SIGTERM);
  waitpid (server, NULL, 0);
  if (system (command) != 0)
    g_printerr ("%s remains\n", dir);
}

guint16
bench_server_get_port (void)
{
  return port;
}

const char *
bench_server_get_name (void)
{
  return is_nginx ? "nginx on tmpfs" : "s3dlio's test server (no nginx found)";
}

gboolean
bench_server_count (guint64 *requests, guint64 *connections)
{
  static const char request[] = "GET /status HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n";
  char answer[4096];
  const char *line;
  gsize used = 0;
  gssize n;
  int fd;

  if (!is_nginx)
    return FALSE;
  fd = bench_connect (port);
  if (send (fd, request, sizeof request - 1, 0) < 0)
    g_error ("send: %s", g_strerror (errno));
  while (used < sizeof answer - 1 && (n = recv (fd, answer + used, sizeof answer - 1 - used, 0)) > 0)
    used += (gsize) n;
  answer[used] = '\0';
  close (fd);
  line = strstr (answer, "requests\n");
  return line != NULL
         && sscanf (line + 9, "%" G_GUINT64_FORMAT " %*u %" G_GUINT64_FORMAT, connections, requests) == 2;
}

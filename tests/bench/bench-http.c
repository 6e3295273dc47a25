/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the transport costs beside raw sockets: 1 GiB in and out (raw on one connection, the least that it can cost),
 * 10,000 objects of 4 KiB in, in CPU time of this process, both in one run and as a ratio, because absolute figures
 * move from day to day. bench-client has the same for the whole library.
 *
 *   bench-http [ROUNDS] */

#include "config.h"

#include "base/base-settings.h"
#include "bench/bench-measure.h"
#include "bench/bench-raw.h"
#include "bench/bench-server.h"
#include "http/http.h"

#include <string.h>
#include <sys/mman.h>

#define GIB (1024L * 1024 * 1024)
#define RANGE (8L * 1024 * 1024)
#define RANGES_AT_ONCE 8
#define SMALL 4096
#define N_SMALL 10000
#define SMALL_AT_ONCE 64

static char *memory;

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
  g_snprintf (target, sizeof target, strcmp (job->name, "large") == 0 ? "/b/%s" : "/b/%s/%05u", job->name, number);
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
our_get (gpointer data)
{
  Job job = { http, origin, "GET", "large", GIB / RANGE, RANGES_AT_ONCE, RANGE, TRUE, TRUE };

  run_job (&job);
}

static void
our_put (gpointer data)
{
  Job job = { http, origin, "PUT", "upload", GIB / RANGE, RANGES_AT_ONCE, RANGE, TRUE, FALSE };

  run_job (&job);
}

static void
our_small (gpointer data)
{
  Job job = { http, origin, "GET", "small", N_SMALL, SMALL_AT_ONCE, SMALL, FALSE, FALSE };

  run_job (&job);
}

static void
compare (const char *name, BenchRaw *raw, void (*ours) (gpointer data), guint rounds, double units, const char *unit)
{
  g_autofree BenchSeries *raw_series = g_new0 (BenchSeries, 1);
  g_autofree BenchSeries *series = g_new0 (BenchSeries, 1);

  raw->port = bench_server_get_port ();
  raw->memory = memory;
  raw->memory_size = GIB;
  bench_alternate (rounds, raw_series, bench_raw_run, raw, series, ours, NULL);
  g_print ("%-18s raw %7.3f s wall, %8.3f %s   s3dlio %7.3f s wall, %8.3f %s   CPU x %.2f\n", name,
           bench_best (raw_series->wall, rounds), bench_best (raw_series->cpu, rounds) * units, unit,
           bench_best (series->wall, rounds), bench_best (series->cpu, rounds) * units, unit,
           bench_ratio_of_cpu (series, raw_series));
}

int
main (int argc, char **argv)
{
  guint rounds = argc > 1 ? (guint) g_ascii_strtoull (argv[1], NULL, 10) : 5;
  BenchRaw large = { 0, "GET", "/b/large", 1, 1, GIB, FALSE, NULL, 0 };
  BenchRaw small = { 0, "GET", "/b/small/%05u", N_SMALL, SMALL_AT_ONCE, SMALL, FALSE, NULL, 0 };
  BenchRaw upload = { 0, "PUT", "/b/upload", 1, 1, GIB, FALSE, NULL, 0 };
  g_autoptr (S3dlioConfig) config = NULL;
  g_autoptr (S3dSettings) settings = NULL;

  memory = mmap (NULL, GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise (memory, GIB, MADV_HUGEPAGE);
  memset (memory, 'x', GIB);
  bench_server_start (memory, GIB, SMALL);
  bench_print_machine ();
  g_print ("# server: %s\n", bench_server_get_name ());

  config = s3dlio_config_new ();
  settings = s3d_settings_new (config, NULL);
  http = s3d_http_get (settings);
  origin = g_strdup_printf ("http://127.0.0.1:%u", bench_server_get_port ());
  compare ("GET 1 GiB", &large, our_get, rounds, 1, "CPU s/GiB");
  compare ("GET 10,000 x 4 KiB", &small, our_small, rounds, 1e6 / N_SMALL, "CPU us/GET");
  compare ("PUT 1 GiB", &upload, our_put, rounds, 1, "CPU s/GiB");
  s3d_http_unref (http);
  g_free (origin);
  bench_server_stop ();
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reading an object as parallel ranges brings, and costs: the measurements behind docs/range-defaults.md. The
 * server is one that is far away, see bench-pace.h; with --rtt=0 and --rate=0 it is as near as loopback.
 *
 *   bench-ranges [--rounds=N] [--rtt=MS] [--rate=MIB] [--largest=MIB] [--json] [speedup|sweep|small|cancel|file]…
 *
 *   speedup  one connection against 8 ranges, at several rates: time
 *   sweep    sizes × chunk sizes × ranges at once: time and CPU time
 *   small    objects up to the threshold, with the engine on and off, far away and near: time and CPU time
 *   cancel   from the cancellation of a get of which every range is silent to its return
 *   file     file:// with the engine off and on: in memory, on disk, and on disk but not in the page cache
 *
 * Threads: the main one, but for who cancels. */

#include "config.h"

#include "bench/bench-measure.h"
#include "bench/bench-pace.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <s3dlio/s3dlio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)
#define N_CANCELS 51
/* What takes longer is left out of the sweep. */
#define TOO_LONG_S 5

static BenchPace *pace;
static guint8 *memory;

static int rounds = 3;
static int rtt = 20;
static int rate = 25;
static int largest = 1024;
static gboolean json;

typedef struct
{
  S3dlioClient *client;
  char *uri;
  gsize size;
  guint times;
} Get;

/* @chunk: 0: the engine is off. */
static void
get_init (Get *get, const char *scheme, gsize threshold, gsize chunk, guint ranges)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autofree char *enable = g_strconcat (scheme, "-enable-range-engine", NULL);
  g_autofree char *split = g_strconcat (scheme, "-range-split-threshold", NULL);
  g_autofree char *length = g_strconcat (scheme, "-range-chunk-size", NULL);
  g_autofree char *concurrent = g_strconcat (scheme, "-max-concurrent-ranges", NULL);
  g_autoptr (GError) error = NULL;

  g_object_set (config, "no-sign-request", TRUE, enable, chunk > 0, NULL);
  if (chunk > 0)
    g_object_set (config, concurrent, ranges, split, (guint64) threshold, length, (guint64) chunk, NULL);
  get->client = s3dlio_client_new (config, &error);
  if (get->client == NULL)
    g_error ("%s", error->message);
}

static void
get_clear (Get *get)
{
  g_clear_object (&get->client);
  g_clear_pointer (&get->uri, g_free);
}

static void
get_set_size (Get *get, gsize size, guint times)
{
  g_free (get->uri);
  get->uri = g_strdup_printf ("s3://127.0.0.1:%u/b/%" G_GSIZE_FORMAT, bench_pace_get_port (), size);
  get->size = size;
  get->times = times;
}

static void
run_get (gpointer data)
{
  const Get *get = data;

  for (guint i = 0; i < get->times; i++)
    {
      g_autoptr (GError) error = NULL;
      gsize n;

      if (!s3dlio_client_get_into (get->client, get->uri, 0, -1, memory, get->size, NULL, &n, NULL, &error))
        g_error ("%s: %s", get->uri, error->message);
      g_assert (n == get->size);
    }
}

/* That what came is what was sent: once for each kind of get, outside of what is measured. */
static void
check_bytes (Get *get)
{
  memset (memory, 0, get->size);
  run_get (get);
  for (gsize at = 0; at < get->size; at += BENCH_PACE_BODY)
    if (memcmp (memory + at, bench_pace_body (), MIN (get->size - at, (gsize) BENCH_PACE_BODY)) != 0)
      g_error ("%s: wrong bytes from %" G_GSIZE_FORMAT " on", get->uri, at);
}

static double
median_wall (const BenchSeries *series)
{
  return bench_median (series->wall, series->n);
}

static double
median_cpu (const BenchSeries *series)
{
  return bench_median (series->cpu, series->n);
}

/* --- one connection against 8 ranges --- */

static void
measure_speedup (guint mib_a_second)
{
  g_autofree BenchSeries *one = g_new0 (BenchSeries, 1);
  g_autofree BenchSeries *eight = g_new0 (BenchSeries, 1);
  gsize size = 8 * mib_a_second * MIB; /* eight seconds of one connection */
  Get alone = { 0 }, ranges = { 0 };

  bench_pace_set ((guint) rtt, mib_a_second * 1024, 0);
  get_init (&alone, "s3", 0, 0, 1);
  get_init (&ranges, "s3", 8 * MIB, 8 * MIB, 8);
  get_set_size (&alone, size, 1);
  get_set_size (&ranges, size, 1);
  check_bytes (&ranges);
  bench_alternate ((guint) rounds, one, run_get, &alone, eight, run_get, &ranges);
  g_print (json ? "{\"name\": \"speedup\", \"rtt_ms\": %d, \"rate_mib\": %u, \"size_mib\": %" G_GSIZE_FORMAT
                  ", \"one_s\": %.3f, \"eight_s\": %.3f, \"speedup\": %.3f, \"max_in_flight\": %d}\n"
                : "%d ms, %3u MiB/s a connection, %4" G_GSIZE_FORMAT
                  " MiB: one connection %.2f s, 8 ranges %.2f s: x %.2f (at most %d at once)\n",
           rtt, mib_a_second, size / MIB, median_wall (one), median_wall (eight), bench_ratio_of_wall (one, eight),
           pace->max_in_flight);
  get_clear (&alone);
  get_clear (&ranges);
}

static void
measure_speedups (void)
{
  const guint rates[] = { 8, 16, 32, 64 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    measure_speedup (rates[i]);
}

/* --- sizes × chunk sizes × ranges --- */

/* A row of the table: one size and chunk, a column for each number of ranges. */
static void
sweep_row (gsize size, gsize chunk, const guint *ranges, guint n_ranges)
{
  if (!json)
    g_print ("%5" G_GSIZE_FORMAT " %5" G_GSIZE_FORMAT " ", size / MIB, chunk / MIB);
  for (guint i = 0; i < n_ranges; i++)
    {
      g_autofree BenchSeries *series = g_new0 (BenchSeries, 1);
      Get get = { 0 };
      int requests;

      if (rate > 0 && size / MIB / (gsize) rate / ranges[i] > TOO_LONG_S)
        {
          g_print (json ? "" : "        -      -     -");
          continue;
        }
      bench_pace_set (0, 0, 0);
      get_init (&get, "s3", chunk, chunk, ranges[i]);
      get_set_size (&get, size, 1);
      check_bytes (&get);
      bench_pace_set ((guint) rtt, (guint) rate * 1024, 0);
      for (int round = 0; round < rounds; round++)
        bench_series_add (series, run_get, &get);
      requests = pace->requests / rounds;
      g_print (json ? "{\"name\": \"sweep\", \"rtt_ms\": %d, \"rate_mib\": %d, \"size_mib\": %" G_GSIZE_FORMAT
                      ", \"chunk_mib\": %" G_GSIZE_FORMAT ", \"ranges\": %u, \"wall_s\": %.4f, \"cpu_s\": %.4f, "
                      "\"requests\": %d}\n"
                    : "",
               rtt, rate, size / MIB, chunk / MIB, ranges[i], median_wall (series), median_cpu (series), requests);
      if (!json)
        g_print ("  %7.3f %6.3f %5d", median_wall (series), median_cpu (series), requests);
      get_clear (&get);
    }
  if (!json)
    g_print ("\n");
}

static void
sweep (void)
{
  const gsize sizes[] = { 1, 8, 16, 32, 64, 256, 1024 }, chunks[] = { 1, 2, 4, 8, 16, 32, 64 };
  const guint ranges[] = { 1, 4, 8, 16, 32, 64 };

  if (!json)
    {
      g_print ("%d ms, %d MiB/s a connection; threshold = chunk, which does not grow\n", rtt, rate);
      g_print ("  MiB chunk ");
      for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
        g_print ("  %2u at once: s, CPU s, req", ranges[i]);
      g_print ("\n");
    }
  for (guint i = 0; i < G_N_ELEMENTS (sizes) && sizes[i] <= (gsize) largest; i++)
    for (guint j = 0; j < G_N_ELEMENTS (chunks); j++)
      if (chunks[j] <= sizes[i] && sizes[i] / chunks[j] <= 256)
        sweep_row (sizes[i] * MIB, chunks[j] * MIB, ranges, G_N_ELEMENTS (ranges));
}

/* --- small objects --- */

static void
measure_small (gsize size, guint rtt_ms, guint times)
{
  g_autofree BenchSeries *off = g_new0 (BenchSeries, 1);
  g_autofree BenchSeries *on = g_new0 (BenchSeries, 1);
  Get without = { 0 }, with = { 0 };
  int requests;

  bench_pace_set (rtt_ms, rtt_ms > 0 ? (guint) rate * 1024 : 0, 0);
  get_init (&without, "s3", 0, 0, 1);
  get_init (&with, "s3", 8 * MIB, 8 * MIB, 32);
  get_set_size (&without, size, times);
  get_set_size (&with, size, times);
  run_get (&without);
  bench_pace_set (rtt_ms, rtt_ms > 0 ? (guint) rate * 1024 : 0, 0);
  check_bytes (&with);
  requests = pace->requests / (int) times;
  bench_alternate ((guint) rounds, on, run_get, &with, off, run_get, &without);
  g_print (json ? "{\"name\": \"small\", \"rtt_ms\": %u, \"size_kib\": %" G_GSIZE_FORMAT ", \"off_ms\": %.4f, "
                  "\"on_ms\": %.4f, \"wall_ratio\": %.3f, \"cpu_ratio\": %.3f, \"requests\": %d}\n"
                : "%2u ms, %5" G_GSIZE_FORMAT " KiB: off %8.3f ms, on %8.3f ms; on/off: time x %.2f, CPU x %.2f; "
                  "%d request\n",
           rtt_ms, size / KIB, median_wall (off) * 1000 / times, median_wall (on) * 1000 / times,
           bench_ratio_of_wall (on, off), bench_ratio_of_cpu (on, off), requests);
  get_clear (&without);
  get_clear (&with);
}

static void
measure_smalls (void)
{
  const gsize sizes[] = { 4, 64, 1024, 4096, 8192 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      measure_small (sizes[i] * KIB, 0, sizes[i] <= 64 ? 1000 : 50);
      if (rtt > 0)
        measure_small (sizes[i] * KIB, (guint) rtt, 10);
    }
}

/* --- cancellation --- */

typedef struct
{
  GCancellable *cancellable;
  int silent;
  gint64 at;
} Canceller;

static gpointer
cancel_when_silent (gpointer data)
{
  Canceller *canceller = data;

  while (g_atomic_int_get (&pace->stalled) < canceller->silent)
    g_usleep (1000);
  canceller->at = g_get_monotonic_time ();
  g_cancellable_cancel (canceller->cancellable);
  return NULL;
}

/* Milliseconds. */
static double
cancel_once (const Get *get, int ranges)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Canceller canceller = { cancellable, ranges, 0 };
  GThread *thread = g_thread_new ("cancel", cancel_when_silent, &canceller);
  gint64 end;

  s3dlio_client_get_into (get->client, get->uri, 0, -1, memory, get->size, NULL, NULL, cancellable, &error);
  end = g_get_monotonic_time ();
  g_thread_join (thread);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_error ("%s", error != NULL ? error->message : "not cancelled");
  while (g_atomic_int_get (&pace->stalled) > 0)
    g_usleep (1000);
  return (double) (end - canceller.at) / 1000;
}

static void
measure_cancel (guint ranges)
{
  double ms[N_CANCELS], worst = 0;
  Get get = { 0 };

  bench_pace_set ((guint) rtt, 0, 64);
  get_init (&get, "s3", 8 * MIB, 8 * MIB, ranges);
  get_set_size (&get, 512 * MIB, 1);
  for (guint i = 0; i < N_CANCELS; i++)
    {
      ms[i] = cancel_once (&get, (int) ranges);
      worst = MAX (worst, ms[i]);
    }
  g_print (json ? "{\"name\": \"cancel\", \"ranges\": %u, \"runs\": %d, \"median_ms\": %.3f, \"worst_ms\": %.3f}\n"
                : "%2u silent ranges, cancelled %d times: median %.2f ms, worst %.2f ms\n",
           ranges, N_CANCELS, bench_median (ms, N_CANCELS), worst);
  get_clear (&get);
}

/* --- files --- */

typedef struct
{
  Get get;
  const char *path;
  gboolean cold;
} FileGet;

/* A round: the page cache is emptied of the file before the clock runs. */
static void
add_file_round (BenchSeries *series, FileGet *get)
{
  if (get->cold)
    {
      int fd = g_open (get->path, O_RDONLY | O_CLOEXEC);

      if (fd < 0 || fdatasync (fd) != 0 || posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        g_error ("%s: %s", get->path, g_strerror (errno));
      close (fd);
    }
  bench_series_add (series, run_get, &get->get);
}

static void
measure_file (const char *where, const char *path, gboolean cold, gsize size, gsize chunk, guint ranges)
{
  g_autofree BenchSeries *off = g_new0 (BenchSeries, 1);
  g_autofree BenchSeries *on = g_new0 (BenchSeries, 1);
  FileGet without = { { NULL, g_filename_to_uri (path, NULL, NULL), size, 1 }, path, cold };
  FileGet with = { { NULL, g_strdup (without.get.uri), size, 1 }, path, cold };

  get_init (&without.get, "file", 0, 0, 1);
  get_init (&with.get, "file", chunk, chunk, ranges);
  check_bytes (&without.get);
  check_bytes (&with.get);
  for (int round = 0; round < rounds; round++)
    {
      add_file_round (off, &without);
      add_file_round (on, &with);
    }
  g_print (json ? "{\"name\": \"file\", \"where\": \"%s\", \"size_mib\": %" G_GSIZE_FORMAT ", \"chunk_mib\": %"
                  G_GSIZE_FORMAT ", \"ranges\": %u, \"off_s\": %.4f, \"on_s\": %.4f, \"wall_ratio\": %.3f, "
                  "\"cpu_ratio\": %.3f}\n"
                : "%-16s %4" G_GSIZE_FORMAT " MiB, chunk %2" G_GSIZE_FORMAT " MiB, %u at once: off %.3f s, on %.3f s; "
                  "on/off: time x %.2f, CPU x %.2f\n",
           where, size / MIB, chunk / MIB, ranges, median_wall (off), median_wall (on),
           bench_ratio_of_wall (on, off), bench_ratio_of_cpu (on, off));
  get_clear (&without.get);
  get_clear (&with.get);
}

static char *
make_file (const char *dir, gsize size)
{
  g_autofree char *path = g_build_filename (dir, "s3dlio-bench-XXXXXX", NULL);
  int fd = g_mkstemp (path);
  FILE *file = fd >= 0 ? fdopen (fd, "w") : NULL;

  for (gsize at = 0; file != NULL && at < size; at += BENCH_PACE_BODY)
    fwrite (bench_pace_body (), 1, MIN (size - at, (gsize) BENCH_PACE_BODY), file);
  if (file == NULL || fflush (file) != 0 || fdatasync (fd) != 0 || fclose (file) != 0)
    g_error ("%s: %s", path, g_strerror (errno));
  return g_steal_pointer (&path);
}

static void
measure_files (void)
{
  const gsize chunks[] = { 8, 64 };
  const guint ranges[] = { 2, 8 };
  gsize size = MIN (512, (gsize) largest) * MIB;
  g_autofree char *in_memory = make_file ("/dev/shm", size);
  g_autofree char *on_disk = make_file (g_get_tmp_dir (), size);

  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++)
    for (guint j = 0; j < G_N_ELEMENTS (ranges); j++)
      {
        measure_file ("tmpfs", in_memory, FALSE, size, chunks[i] * MIB, ranges[j]);
        measure_file ("page cache", on_disk, FALSE, size, chunks[i] * MIB, ranges[j]);
        measure_file ("disk, not cached", on_disk, TRUE, size, chunks[i] * MIB, ranges[j]);
      }
  g_unlink (in_memory);
  g_unlink (on_disk);
}

static gboolean
is_wanted (const GStrv names, const char *name)
{
  return names == NULL || g_strv_contains ((const char *const *) names, name);
}

static void
run (const GStrv names)
{
  if (is_wanted (names, "speedup"))
    measure_speedups ();
  if (is_wanted (names, "small"))
    measure_smalls ();
  if (is_wanted (names, "cancel"))
    {
      measure_cancel (8);
      measure_cancel (32);
    }
  if (is_wanted (names, "file"))
    measure_files ();
  if (is_wanted (names, "sweep"))
    sweep ();
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) names = NULL;
  const GOptionEntry entries[] = {
    { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "of each (3)", "N" },
    { "rtt", 0, 0, G_OPTION_ARG_INT, &rtt, "round trip (20)", "MS" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &rate, "of a connection (25; 0: no limit), but for speedup", "MIB" },
    { "largest", 0, 0, G_OPTION_ARG_INT, &largest, "object of sweep and file (1024)", "MIB" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "a JSON object a line", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[speedup|sweep|small|cancel|file]…");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || rounds < 1 || rounds > BENCH_MAX_ROUNDS)
    g_error ("%s", error != NULL ? error->message : "1 to 99 rounds");
  memory = mmap (NULL, 1024 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise (memory, 1024 * MIB, MADV_HUGEPAGE);
  pace = bench_pace_start ();
  if (!json)
    bench_print_machine ();
  run (names);
  bench_pace_stop ();
  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Measures of this process, see bench-measure.h. Single-threaded; what is measured may have threads of its own, whose
 * time counts. getrusage(2). */

#include "config.h"

#include "bench/bench-measure.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void
bench_series_add (BenchSeries *series, BenchFunc func, gpointer data)
{
  gint64 start = g_get_monotonic_time ();
  double cpu = cpu_seconds ();

  func (data);
  g_assert (series->n < BENCH_MAX_ROUNDS);
  series->cpu[series->n] = cpu_seconds () - cpu;
  series->wall[series->n++] = (double) (g_get_monotonic_time () - start) / 1e6;
}

static int
compare (const void *a, const void *b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

double
bench_median (const double *values, guint n)
{
  double sorted[BENCH_MAX_ROUNDS];

  g_assert (n > 0 && n <= BENCH_MAX_ROUNDS);
  memcpy (sorted, values, n * sizeof *values);
  qsort (sorted, n, sizeof *sorted, compare);
  return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double
bench_best (const double *values, guint n)
{
  double best = values[0];

  for (guint i = 1; i < n; i++)
    best = MIN (best, values[i]);
  return best;
}

void
bench_alternate (guint rounds, BenchSeries *first, BenchFunc first_func, gpointer first_data, BenchSeries *second,
                 BenchFunc second_func, gpointer second_data)
{
  for (guint i = 0; i < rounds; i++)
    {
      bench_series_add (first, first_func, first_data);
      bench_series_add (second, second_func, second_data);
    }
}

static double
median_ratio (const double *first, const double *second, guint n)
{
  double ratios[BENCH_MAX_ROUNDS];

  for (guint i = 0; i < n; i++)
    ratios[i] = first[i] / second[i];
  return bench_median (ratios, n);
}

double
bench_ratio_of_cpu (const BenchSeries *first, const BenchSeries *second)
{
  return median_ratio (first->cpu, second->cpu, MIN (first->n, second->n));
}

double
bench_ratio_of_wall (const BenchSeries *first, const BenchSeries *second)
{
  return median_ratio (first->wall, second->wall, MIN (first->n, second->n));
}

static char *
find_processor (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL) || (line = strstr (text, "model name")) == NULL)
    return g_strdup ("unknown processor");
  line += strcspn (line, ":\n");
  return g_strstrip (g_strndup (line + 1, strcspn (line + 1, "\n")));
}

void
bench_print_machine (void)
{
  g_autofree char *processor = find_processor ();
  double load[3] = { 0 };
  struct utsname name;

  uname (&name);
  if (getloadavg (load, 3) < 0)
    load[0] = 0;
  g_print ("# %u x %s, %s %s, GLib %u.%u, %s; load %.1f\n", g_get_num_processors (), processor, name.sysname,
           name.release, glib_major_version, glib_minor_version, curl_version (), load[0]);
}

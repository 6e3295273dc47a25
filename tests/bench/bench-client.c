/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the library costs its users beside raw sockets that send the same requests: 1 GiB in and out, 10,000 objects of
 * 4 KiB at once and one after another, over the S3 protocol, signed. In CPU time of this process, both in turns in one
 * run and as a ratio, because absolute figures move from day to day and with who else uses the machine.
 *
 *   bench-client [--rounds=N] [--json] [--only=TEXT]
 *   strace -f -c bench-client --rounds=1 --only=many      its system calls
 *   ltrace -f -c -e malloc bench-client …                 its allocations
 *
 * The server is nginx on tmpfs, see bench-server.h. */

#include "config.h"

#include "bench/bench-measure.h"
#include "bench/bench-raw.h"
#include "bench/bench-server.h"

#include <s3dlio/s3dlio.h>
#include <string.h>
#include <sys/mman.h>

#define MIB ((gsize) 1024 * 1024)
#define GIB (1024 * MIB)
#define PIECE (8 * MIB) /* of a get as of a put, with the library's defaults */
#define SMALL 4096
#define N_SMALL 10000
#define N_ALONE 2000

static char *memory;
static char *origin; /* "s3://127.0.0.1:PORT/b/" */
static GStrv small_uris;
static S3dlioClient *signing, *not_hashing;

static int rounds = 5;
static gboolean json;
static char *only;

static S3dlioClient *
new_client (gboolean hashes)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (GError) error = NULL;
  S3dlioClient *client;

  g_object_set (config, "access-key-id", "bench", "secret-access-key", "bench", NULL);
  if (!s3dlio_config_set_from_string (config, "sign-payload", hashes ? "always" : "never", &error)
      || (client = s3dlio_client_new (config, &error)) == NULL)
    g_error ("%s", error->message);
  return client;
}

static void
get_into (gpointer data)
{
  g_autofree char *uri = g_strconcat (origin, "large", NULL);
  g_autoptr (GError) error = NULL;
  gsize n;

  if (!s3dlio_client_get_into (signing, uri, 0, -1, memory, GIB, NULL, &n, NULL, &error))
    g_error ("%s", error->message);
  g_assert (n == GIB);
}

static void
get (gpointer data)
{
  g_autofree char *uri = g_strconcat (origin, "large", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (signing, uri, NULL, NULL, &error);

  if (bytes == NULL)
    g_error ("%s", error->message);
  g_assert (g_bytes_get_size (bytes) == GIB);
}

static void
get_many (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch
      = s3dlio_client_get_many (signing, (const char *const *) small_uris, NULL, NULL, &error);

  if (batch == NULL)
    g_error ("%s", error->message);
  for (guint i = 0; i < N_SMALL; i++)
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, i, &error);

      if (bytes == NULL)
        g_error ("%s", error->message);
      g_assert (g_bytes_get_size (bytes) == SMALL);
    }
}

static void
get_many_as_they_come (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch
      = s3dlio_client_start_get_many (signing, (const char *const *) small_uris, NULL, NULL, &error);
  gsize i;

  while (batch != NULL && s3dlio_batch_next (batch, &i, NULL, &error))
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, i, &error);

      if (bytes == NULL)
        break;
    }
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
get_many_into (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = s3dlio_client_get_many_into (signing, (const char *const *) small_uris, memory, SMALL,
                                                               NULL, NULL, &error);

  for (guint i = 0; batch != NULL && i < N_SMALL; i++)
    s3dlio_batch_take_size (batch, i, NULL, error == NULL ? &error : NULL);
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
get_alone (gpointer data)
{
  for (guint i = 0; i < N_ALONE; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = s3dlio_client_get (signing, small_uris[i], NULL, NULL, &error);

      if (bytes == NULL)
        g_error ("%s", error->message);
    }
}

/* @data: the client. */
static void
put (gpointer data)
{
  g_autofree char *uri = g_strconcat (origin, "upload", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static (memory, GIB);
  g_autoptr (GError) error = NULL;

  if (!s3dlio_client_put (data, uri, bytes, NULL, NULL, NULL, &error))
    g_error ("%s", error->message);
}

typedef struct
{
  const char *name;
  BenchFunc ours;
  gpointer data;
  BenchRaw raw;
} Work;

static void
print_text (const Work *work, const BenchSeries *raw, const BenchSeries *ours)
{
  gboolean bulk = work->raw.piece >= MIB;
  double units = bulk ? 1 : 1e6 / work->raw.n;

  g_print ("%-37s raw %8.3f, s3dlio %8.3f CPU %s (best %.3f, %.3f); CPU x %.2f, time x %.2f", work->name,
           bench_median (raw->cpu, raw->n) * units, bench_median (ours->cpu, ours->n) * units,
           bulk ? "s/GiB" : "us/request",
           bench_best (raw->cpu, raw->n) * units, bench_best (ours->cpu, ours->n) * units,
           bench_ratio_of_cpu (ours, raw), bench_ratio_of_wall (ours, raw));
}

static void
print_json (const Work *work, const BenchSeries *raw, const BenchSeries *ours)
{
  double gib = (double) work->raw.piece * work->raw.n / (double) GIB;
  double cpu = bench_median (ours->cpu, ours->n);

  g_print ("{\"name\": \"%s\", \"rounds\": %u, \"raw_cpu_s\": %.6f, \"raw_wall_s\": %.6f, \"cpu_s\": %.6f, "
           "\"wall_s\": %.6f, \"cpu_ratio\": %.3f, \"wall_ratio\": %.3f, \"cpu_s_per_gib\": %.6f, "
           "\"cpu_us_per_request\": %.3f",
           work->name, ours->n, bench_median (raw->cpu, raw->n), bench_median (raw->wall, raw->n), cpu,
           bench_median (ours->wall, ours->n), bench_ratio_of_cpu (ours, raw), bench_ratio_of_wall (ours, raw),
           cpu / gib, cpu * 1e6 / work->raw.n);
}

/* Of one more round, as the server saw it; FALSE: it does not tell. */
static gboolean
count_requests (const Work *work, guint64 *requests, guint64 *connections)
{
  guint64 requests_before, connections_before;

  if (!bench_server_count (&requests_before, &connections_before))
    return FALSE;
  work->ours (work->data);
  bench_server_count (requests, connections);
  /* Asking is a request, too. */
  *requests -= requests_before + 1;
  *connections -= connections_before + 1;
  return TRUE;
}

static void
compare (Work *work)
{
  g_autofree BenchSeries *raw = g_new0 (BenchSeries, 1);
  g_autofree BenchSeries *ours = g_new0 (BenchSeries, 1);
  guint64 requests, connections;

  if (only != NULL && strstr (work->name, only) == NULL)
    return;
  work->raw.port = bench_server_get_port ();
  work->raw.memory = memory;
  work->raw.memory_size = GIB;
  work->ours (work->data); /* connections and memory are there when it counts */
  bench_alternate ((guint) rounds, raw, bench_raw_run, &work->raw, ours, work->ours, work->data);
  if (json)
    print_json (work, raw, ours);
  else
    print_text (work, raw, ours);
  if (count_requests (work, &requests, &connections))
    g_print (json ? ", \"requests\": %" G_GUINT64_FORMAT ", \"new_connections\": %" G_GUINT64_FORMAT
                  : "; %" G_GUINT64_FORMAT " requests, %" G_GUINT64_FORMAT " new connections",
             requests, connections);
  g_print (json ? "}\n" : "\n");
}

static void
run (void)
{
  const BenchRaw large = { 0, "GET", "/b/large", GIB / PIECE, 32, PIECE, TRUE, NULL, 0 };
  const BenchRaw upload = { 0, "PUT", "/b/upload", GIB / PIECE, 8, PIECE, FALSE, NULL, 0 };
  const BenchRaw small = { 0, "GET", "/b/small/%05u", N_SMALL, 32, SMALL, FALSE, NULL, 0 };
  const BenchRaw alone = { 0, "GET", "/b/small/%05u", N_ALONE, 1, SMALL, FALSE, NULL, 0 };
  Work works[] = {
    { "get 1 GiB into prepared memory", get_into, NULL, large },
    { "get 1 GiB", get, NULL, large },
    { "get many, 10,000 x 4 KiB", get_many, NULL, small },
    { "get many as they come, 10,000 x 4 KiB", get_many_as_they_come, NULL, small },
    { "get many into, 10,000 x 4 KiB", get_many_into, NULL, small },
    { "get, 2,000 x 4 KiB, one by one", get_alone, NULL, alone },
    { "put 1 GiB, payload not signed", put, not_hashing, upload },
    { "put 1 GiB, payload signed", put, signing, upload },
  };

  for (guint i = 0; i < G_N_ELEMENTS (works); i++)
    compare (&works[i]);
}

static void
make_uris (void)
{
  origin = g_strdup_printf ("s3://127.0.0.1:%u/b/", bench_server_get_port ());
  small_uris = g_new0 (char *, N_SMALL + 1);
  for (guint i = 0; i < N_SMALL; i++)
    small_uris[i] = g_strdup_printf ("%ssmall/%05u", origin, i);
}

int
main (int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "of each (5)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "a JSON object a line", NULL },
    { "only", 0, 0, G_OPTION_ARG_STRING, &only, "what has this in its name", "TEXT" },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || rounds < 1 || rounds > BENCH_MAX_ROUNDS)
    g_error ("%s", error != NULL ? error->message : "1 to 99 rounds");
  memory = mmap (NULL, GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise (memory, GIB, MADV_HUGEPAGE);
  memset (memory, 'x', GIB);
  bench_server_start (memory, GIB, SMALL);
  make_uris ();
  if (!json)
    {
      bench_print_machine ();
      g_print ("# server: %s; medians of %d rounds\n", bench_server_get_name (), rounds);
    }
  signing = new_client (TRUE);
  not_hashing = new_client (FALSE);
  run ();
  g_clear_object (&signing);
  g_clear_object (&not_hashing);
  bench_server_stop ();
  g_strfreev (small_uris);
  g_free (origin);
  return 0;
}

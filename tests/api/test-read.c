/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reading promises, on every endpoint: the bytes, the whole bytes, the meaning of offset and length, where they
 * land, and how many requests that costs. */

#include "config.h"

#include "api-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define THRESHOLD (8 * MIB) /* range-split-threshold of s3 */

static void
sizes_come_back (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, 4095, 4096, 65536, MIB + 1, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 28 * MIB + 7 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;

      api_put (test, "object", sizes[i], i);
      bytes = s3dlio_client_get (test->client, api_uri (test, "object"), NULL, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (bytes, sizes[i], i);
    }
}

static void
ranges_mean_the_same_everywhere (ApiTest *test)
{
  const struct
  {
    gint64 offset, length;
    gsize expected; /* bytes */
  } rows[] = {
    { 0, 0, 0 },     { 0, 1, 1 },        { 0, -1, 1000 },    { 0, 1000, 1000 },  { 0, 5000, 1000 }, { 999, 1, 1 },
    { 999, 100, 1 }, { 999, -1, 1 },     { 1000, 0, 0 },     { 1000, -1, 0 },    { 1000, 10, 0 },   { 500, 100, 100 },
    { 500, 0, 0 },   { 500, -1, 500 },   { -1, -1, 1 },      { -400, -1, 400 },  { -1000, -1, 1000 },
    { -1001, -1, 1000 }, { G_MININT64, -1, 1000 }, { -5, 0, 0 },
  };

  api_put (test, "object", 1000, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), rows[i].offset,
                                                          rows[i].length, NULL, NULL, &error);
      gsize size;
      const guint8 *data;
      guint64 first;

      g_test_message ("offset %d length %d", (int) rows[i].offset, (int) rows[i].length);
      g_assert_no_error (error);
      data = g_bytes_get_data (bytes, &size);
      g_assert_cmpuint (size, ==, rows[i].expected);
      first = rows[i].offset < 0 ? 1000 - size : (guint64) rows[i].offset;
      if (size > 0)
        g_assert_cmpuint (ts_pattern_check (data, size, first, 1), ==, size);
    }
}

static void
last_bytes_of_nothing_are_none (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  api_put (test, "object", 0, 1);
  bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), -5, -1, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
}

static void
last_bytes_are_split (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *buffer = g_malloc (20 * MIB);
  gsize n_read = 0;

  api_put (test, "object", 32 * MIB, 3);
  s3dlio_client_get_into (test->client, api_uri (test, "object"), -20 * MIB, -1, buffer, 20 * MIB, NULL, &n_read, NULL,
                          &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_read, ==, 20 * MIB);
  g_assert_cmpuint (ts_pattern_check (buffer, n_read, 12 * MIB, 3), ==, n_read);
}

static void
offset_behind_the_end_is_an_error (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  api_put (test, "object", 1000, 1);
  bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), 1001, 1, NULL, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE);
  g_assert_null (bytes);
}

static void
wrong_range_is_named (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes
      = s3dlio_client_get_range (test->client, api_uri (test, "object"), -1, 1, NULL, NULL, &error);

  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "offset -1"));
  g_assert_null (bytes);
}

static void
large_range_is_split (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const gsize length = 20 * MIB;

  api_put (test, "object", 32 * MIB, 3);
  bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), 5 * MIB + 3, length, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, length);
  g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (bytes, NULL), length, 5 * MIB + 3, 3), ==, length);
}

static void
into_fills_the_callers_memory (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *buffer = g_malloc0 (20 * MIB + 1);
  gsize n_read = 0;

  api_put (test, "object", 20 * MIB, 4);
  buffer[20 * MIB] = 0xa5;
  g_assert_true (s3dlio_client_get_into (test->client, api_uri (test, "object"), 0, -1, buffer, 20 * MIB, NULL, &n_read,
                                         NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_read, ==, 20 * MIB);
  g_assert_cmpuint (ts_pattern_check (buffer, n_read, 0, 4), ==, n_read);
  g_assert_cmpuint (buffer[20 * MIB], ==, 0xa5);
}

static void
into_too_small_tells_the_size (ApiTest *test)
{
  const gsize sizes[] = { 1000, 20 * MIB };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      guint8 buffer[10] = { 0 };
      gsize n_read = 0;

      api_put (test, "object", sizes[i], 5);
      g_assert_false (s3dlio_client_get_into (test->client, api_uri (test, "object"), 0, -1, buffer, sizeof buffer,
                                              NULL, &n_read, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
      g_assert_cmpuint (n_read, ==, sizes[i]);
      g_assert_cmpuint (buffer[0], ==, 0);
    }
}

static void
missing_object_is_not_found (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (test->client, api_uri (test, "missing"), NULL, NULL, &error);

  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, api_uri (test, "missing")));
  g_assert_null (bytes);
}

static void
if_match_holds (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) none = NULL;

  api_put (test, "object", 100, 1);
  info = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (info));
  bytes = s3dlio_client_get (test->client, api_uri (test, "object"), options, NULL, &error);
  g_assert_no_error (error);
  api_assert_pattern (bytes, 100, 1);

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "0123456789abcdef");
  none = s3dlio_client_get (test->client, api_uri (test, "object"), options, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
  g_assert_null (none);
}

static void
unknown_option_is_named (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  s3dlio_options_set_boolean (options, "no-such-option", TRUE);
  bytes = s3dlio_client_get (test->client, api_uri (test, "object"), options, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "no-such-option"));
  g_assert_null (bytes);
}

static void
assert_file (const char *path, gsize size, guint32 seed)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_nonnull (file);
  bytes = g_mapped_file_get_bytes (file);
  api_assert_pattern (bytes, size, seed);
}

static void
to_file_is_whole (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, 4097, 20 * MIB + 5 };
  const char *path = api_path (test, "made/for/file");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;

      api_put (test, "object", sizes[i], i);
      s3dlio_client_get_to_file (test->client, api_uri (test, "object"), path, NULL, NULL, &error);
      g_assert_no_error (error);
      assert_file (path, sizes[i], i);
    }
}

static guint
count_names (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
to_file_that_fails_leaves_nothing (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (api_path (test, "old"), "old", 3, NULL);
  g_assert_false (
      s3dlio_client_get_to_file (test->client, api_uri (test, "missing"), api_path (test, "old"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (
      s3dlio_client_get_to_file (test->client, api_uri (test, "missing"), api_path (test, "new"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);

  g_assert_cmpuint (count_names (api_path (test, "old")), ==, 1);
}

static void
to_file_keeps_what_must_not_be_clobbered (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;

  api_put (test, "object", 100, 1);
  g_file_set_contents (api_path (test, "old"), "old", 3, NULL);
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
  g_assert_false (s3dlio_client_get_to_file (test->client, api_uri (test, "object"), api_path (test, "old"), options,
                                             NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
  g_file_get_contents (api_path (test, "old"), &contents, NULL, NULL);
  g_assert_cmpstr (contents, ==, "old");
}

static void
to_file_can_take_a_piece (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  api_put (test, "object", 1000, 1);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_OFFSET, 900);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LENGTH, 50);
  s3dlio_client_get_to_file (test->client, api_uri (test, "object"), api_path (test, "file"), options, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (api_path (test, "file"), &contents, &length, NULL);
  g_assert_cmpuint (length, ==, 50);
  g_assert_cmpuint (ts_pattern_check ((guint8 *) contents, 50, 900, 1), ==, 50);
}

typedef struct
{
  int fd;
  GByteArray *read;
} Reader;

static gpointer
read_all (gpointer data)
{
  Reader *reader = data;
  guint8 buffer[65536];
  gssize n;

  while ((n = read (reader->fd, buffer, sizeof buffer)) > 0)
    g_byte_array_append (reader->read, buffer, n);
  return NULL;
}

static void
to_pipe_is_in_order (ApiTest *test)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  Reader reader = { .read = bytes };
  GThread *thread;
  int fds[2];

  api_put (test, "object", 40 * MIB + 9, 6);
  g_assert_no_errno (pipe2 (fds, O_CLOEXEC));
  reader.fd = fds[0];
  thread = g_thread_new ("reader", read_all, &reader);
  s3dlio_client_get_to_fd (test->client, api_uri (test, "object"), fds[1], NULL, NULL, &error);
  g_assert_no_error (error);
  close (fds[1]);
  g_thread_join (thread);
  close (fds[0]);

  g_assert_cmpuint (bytes->len, ==, 40 * MIB + 9);
  g_assert_cmpuint (ts_pattern_check (bytes->data, bytes->len, 0, 6), ==, bytes->len);
}

static void
to_descriptor_goes_on_where_it_stands (ApiTest *test)
{
  const int flags[] = { O_RDWR | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC | O_APPEND };

  api_put (test, "a", 1000, 1);
  api_put (test, "b", 12 * MIB, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *contents = NULL;
      gsize length;
      int fd = open (api_path (test, "file"), flags[i] | O_CLOEXEC, 0600);

      s3dlio_client_get_to_fd (test->client, api_uri (test, "a"), fd, NULL, NULL, &error);
      g_assert_no_error (error);
      s3dlio_client_get_to_fd (test->client, api_uri (test, "b"), fd, NULL, NULL, &error);
      g_assert_no_error (error);
      close (fd);

      g_file_get_contents (api_path (test, "file"), &contents, &length, NULL);
      g_assert_cmpuint (length, ==, 12 * MIB + 1000);
      g_assert_cmpuint (ts_pattern_check ((guint8 *) contents, 1000, 0, 1), ==, 1000);
      g_assert_cmpuint (ts_pattern_check ((guint8 *) contents + 1000, 12 * MIB, 0, 2), ==, 12 * MIB);
    }
}

#define N_MANY 500

static void
many_have_their_own_bytes_or_error (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  const char *uris[N_MANY + 2] = { NULL };

  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *key = g_strdup_printf ("many/%03u", i);

      api_put (test, key, i * 7, i);
      uris[i] = api_uri (test, key);
    }
  uris[N_MANY] = api_uri (test, "many/missing");

  batch = s3dlio_client_get_many (test->client, uris, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s3dlio_batch_get_n_items (batch), ==, N_MANY + 1);
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, i, &error);

      g_assert_no_error (error);
      api_assert_pattern (bytes, i * 7, i);
    }
  g_assert_null (s3dlio_batch_take (batch, N_MANY, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
}

static void
many_come_as_they_are_ready (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  g_autofree gboolean *seen = g_new0 (gboolean, N_MANY);
  const char *uris[N_MANY + 1] = { NULL };
  gsize index;
  guint n = 0;

  api_put (test, "object", 100, 1);
  for (guint i = 0; i < N_MANY; i++)
    uris[i] = api_uri (test, "object");

  batch = s3dlio_client_start_get_many (test->client, uris, NULL, NULL, &error);
  g_assert_no_error (error);
  while (s3dlio_batch_next (batch, &index, NULL, &error))
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, index, &error);

      g_assert_no_error (error);
      g_assert_false (seen[index]);
      seen[index] = TRUE;
      n++;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, N_MANY);
}

static void
small_object_is_one_request (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, MIB, THRESHOLD };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;

      api_put (test, "object", sizes[i], 1);
      api_forget (test);
      bytes = s3dlio_client_get (test->client, api_uri (test, "object"), NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (api_count (test, NULL), ==, 1);
      g_assert_cmpuint (api_count (test, "GetObject"), ==, 1);
    }
}

static void
large_object_is_its_ranges (ApiTest *test)
{
  g_autoptr (S3dlioClient) client
      = api_client_with (test, "range-chunk-size=8Mi", "max-concurrent-ranges=4", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  api_put (test, "object", 100 * MIB, 1);
  api_forget (test);
  ts_server_add_fault (test->server, "op=GetObject action=slow ms=5");
  bytes = s3dlio_client_get (client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  api_assert_pattern (bytes, 100 * MIB, 1);
  g_assert_cmpuint (api_count (test, "GetObject"), ==, (100 + 7) / 8);
  g_assert_cmpuint (api_count (test, NULL), ==, (100 + 7) / 8);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "GetObject"), >, 1);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "GetObject"), <=, 4);
}

static void
last_bytes_are_one_request (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  api_put (test, "object", 20 * MIB, 1);
  api_forget (test);
  bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), -1000, -1, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (bytes, NULL), 1000, 20 * MIB - 1000, 1), ==, 1000);
  g_assert_cmpuint (api_count (test, NULL), ==, 1);

  s3dlio_options_set_int64 (options, S3DLIO_OPTION_OFFSET, -1000);
  s3dlio_client_get_to_file (test->client, api_uri (test, "object"), api_path (test, "file"), options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (api_count (test, NULL), ==, 2);
}

/* The first request asks for the last bytes, the second, with the ETag that came, for what stands before them. */
static void
last_bytes_in_two_are_of_one_object (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "range-split-threshold=1Mi", NULL);
  g_autoptr (GPtrArray) requests = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  api_put (test, "object", 20 * MIB, 1);
  api_forget (test);
  bytes = s3dlio_client_get_range (client, api_uri (test, "object"), -2 * MIB, -1, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (bytes, NULL), 2 * MIB, 18 * MIB, 1), ==, 2 * MIB);
  requests = ts_server_get_requests (test->server, NULL);
  g_assert_cmpuint (requests->len, ==, 2);
  g_assert_cmpstr (ts_request_get_header (requests->pdata[0], "range"), ==, "bytes=-1048576");
  g_assert_null (ts_request_get_header (requests->pdata[0], "if-match"));
  g_assert_cmpstr (ts_request_get_header (requests->pdata[1], "range"), ==, "bytes=18874368-19922943");
  g_assert_nonnull (ts_request_get_header (requests->pdata[1], "if-match"));
}

static void
length_0_is_no_request (ApiTest *test)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get_range (test->client, api_uri (test, "object"), 5, 0, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
  g_assert_cmpuint (api_count (test, NULL), ==, 0);
}

static void
connections_stay_below_the_cap (ApiTest *test)
{
  const guint n = 2000;
  g_autoptr (S3dlioClient) client = api_client_with (test, "connections=7", "max-concurrent-downloads=64", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  g_autofree const char **uris = g_new0 (const char *, n + 1);
  guint accepted;

  api_put (test, "object", 4096, 1);
  for (guint i = 0; i < n; i++)
    uris[i] = api_uri (test, "object");

  api_forget (test);
  accepted = ts_server_count_accepted (test->server);
  batch = s3dlio_client_get_many (client, uris, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, i, &error);

      g_assert_no_error (error);
    }
  g_assert_cmpuint (api_count (test, "GetObject"), ==, n);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, NULL), <=, 7);
  /* They live; some may be opened anew on another loop when one is saturated. */
  g_assert_cmpuint (ts_server_count_accepted (test->server) - accepted, <=, 4 * 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/get/sizes-come-back", API_ANY, sizes_come_back);
  api_add ("/get/missing-object-is-not-found", API_ANY, missing_object_is_not_found);
  api_add ("/get/if-match-holds", API_ANY, if_match_holds);
  api_add ("/get/unknown-option-is-named", API_ANY, unknown_option_is_named);
  api_add ("/get/small-object-is-one-request", API_SERVER, small_object_is_one_request);
  api_add ("/get/large-object-is-its-ranges", API_SERVER, large_object_is_its_ranges);
  api_add ("/get-range/means-the-same-everywhere", API_ANY, ranges_mean_the_same_everywhere);
  api_add ("/get-range/last-bytes-of-nothing-are-none", API_ANY, last_bytes_of_nothing_are_none);
  api_add ("/get-range/last-bytes-are-split", API_ANY, last_bytes_are_split);
  api_add ("/get-range/last-bytes-are-one-request", API_SERVER, last_bytes_are_one_request);
  api_add ("/get-range/last-bytes-in-two-are-of-one-object", API_SERVER, last_bytes_in_two_are_of_one_object);
  api_add ("/get-range/offset-behind-the-end-is-an-error", API_ANY, offset_behind_the_end_is_an_error);
  api_add ("/get-range/wrong-range-is-named", API_ANY, wrong_range_is_named);
  api_add ("/get-range/large-range-is-split", API_ANY, large_range_is_split);
  api_add ("/get-range/length-0-is-no-request", API_SERVER, length_0_is_no_request);
  api_add ("/get-into/fills-the-callers-memory", API_ANY, into_fills_the_callers_memory);
  api_add ("/get-into/too-small-tells-the-size", API_ANY, into_too_small_tells_the_size);
  api_add ("/get-to-file/is-whole", API_ANY, to_file_is_whole);
  api_add ("/get-to-file/that-fails-leaves-nothing", API_ANY, to_file_that_fails_leaves_nothing);
  api_add ("/get-to-file/keeps-what-must-not-be-clobbered", API_ANY, to_file_keeps_what_must_not_be_clobbered);
  api_add ("/get-to-file/can-take-a-piece", API_ANY, to_file_can_take_a_piece);
  api_add ("/get-to-fd/pipe-is-in-order", API_ANY, to_pipe_is_in_order);
  api_add ("/get-to-fd/goes-on-where-it-stands", API_ANY, to_descriptor_goes_on_where_it_stands);
  api_add ("/get-many/have-their-own-bytes-or-error", API_ANY, many_have_their_own_bytes_or_error);
  api_add ("/get-many/come-as-they-are-ready", API_ANY, many_come_as_they_are_ready);
  api_add ("/get-many/connections-stay-below-the-cap", API_SERVER, connections_stay_below_the_cap);

  return api_run ();
}

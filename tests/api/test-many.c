/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What operations on many objects promise: each item its own result or its own error, its own place in one buffer, as
 * it becomes ready, and no object of GLib's an item. */

#include "config.h"

#include "api-fixture.h"

#include <dlfcn.h>
#include <gmodule.h>
#include <string.h>
#include <sys/mman.h>

#define MIB (1024 * 1024)
#define N 200
#define UNTOUCHED 0xa5

/* ---- Counting what GLib makes: these stand before GLib's own for the library too. ---- */

static int n_made;

G_MODULE_EXPORT GTask *
(g_task_new) (gpointer source, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  typedef GTask *(*New) (gpointer, GCancellable *, GAsyncReadyCallback, gpointer);
  New real = (New) dlsym (RTLD_NEXT, "g_task_new");

  g_atomic_int_inc (&n_made);
  return real (source, cancellable, callback, data);
}

G_MODULE_EXPORT GSource *
(g_idle_source_new) (void)
{
  typedef GSource *(*New) (void);
  New real = (New) dlsym (RTLD_NEXT, "g_idle_source_new");

  g_atomic_int_inc (&n_made);
  return real ();
}

G_MODULE_EXPORT GSource *
(g_source_new) (GSourceFuncs *funcs, guint size)
{
  typedef GSource *(*New) (GSourceFuncs *, guint);
  New real = (New) dlsym (RTLD_NEXT, "g_source_new");

  g_atomic_int_inc (&n_made);
  return real (funcs, size);
}

G_MODULE_EXPORT GObject *
(g_object_new_with_properties) (GType type, guint n, const char *names[], const GValue values[])
{
  typedef GObject *(*New) (GType, guint, const char *[], const GValue[]);
  New real = (New) dlsym (RTLD_NEXT, "g_object_new_with_properties");

  g_atomic_int_inc (&n_made);
  return real (type, n, names, values);
}

G_MODULE_EXPORT GCancellable *
(g_cancellable_new) (void)
{
  typedef GCancellable *(*New) (void);
  New real = (New) dlsym (RTLD_NEXT, "g_cancellable_new");

  g_atomic_int_inc (&n_made);
  return real ();
}

G_MODULE_EXPORT gpointer
(g_object_new) (GType type, const char *first, ...)
{
  va_list arguments;
  gpointer object;

  g_atomic_int_inc (&n_made);
  va_start (arguments, first);
  object = g_object_new_valist (type, first, arguments);
  va_end (arguments);
  return object;
}

/* ---- Fixtures ---- */

/* The URIs of objects 0 to n-1, and NULL. They live as long as the test; the array is the caller's. */
static const char **
uris_new (ApiTest *test, gsize n)
{
  const char **uris = g_new0 (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("many/%04" G_GSIZE_FORMAT, i);

      uris[i] = api_uri (test, key);
    }
  return uris;
}

static void
put_objects (ApiTest *test, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("many/%04" G_GSIZE_FORMAT, i);

      api_put (test, key, i * 7, i);
    }
}

static GPtrArray *
contents_new (gsize n)
{
  GPtrArray *contents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (contents, api_bytes (i * 7, i));
  g_ptr_array_add (contents, NULL);
  return contents;
}

static void
assert_untouched (const guint8 *place, gsize size)
{
  for (gsize i = 0; i < size; i++)
    g_assert_cmphex (place[i], ==, UNTOUCHED);
}

/* ---- Into one buffer ---- */

static void
each_lands_in_its_place (ApiTest *test)
{
  const gsize stride = N * 7 / 2; /* so that the second half does not fit */
  g_autofree const char **uris = uris_new (test, N + 1);
  g_autofree guint8 *buffer = g_malloc ((N + 1) * stride);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize size;

  put_objects (test, N);
  memset (buffer, UNTOUCHED, (N + 1) * stride);
  batch = s3dlio_client_get_many_into (test->client, uris, buffer, stride, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s3dlio_batch_get_n_items (batch), ==, N + 1);

  for (gsize i = 0; i < N; i++)
    {
      const guint8 *place = buffer + i * stride;
      const gboolean fits = i * 7 <= stride;
      g_autoptr (GError) own = NULL;

      g_assert_true (s3dlio_batch_take_size (batch, i, &size, &own) == fits);
      g_assert_cmpuint (size, ==, i * 7);
      if (fits)
        {
          g_assert_cmpuint (ts_pattern_check (place, size, 0, i), ==, size);
          assert_untouched (place + size, stride - size);
          continue;
        }
      g_assert_error (own, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
      g_assert_nonnull (strstr (own->message, uris[i]));
      assert_untouched (place, stride);
    }

  g_assert_false (s3dlio_batch_take_size (batch, N, &size, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_cmpuint (size, ==, 0);
  assert_untouched (buffer + N * stride, stride);
}

static void
large_ones_come_in_ranges (ApiTest *test)
{
  const gsize stride = 20 * MIB;
  const gsize sizes[] = { 20 * MIB, 20 * MIB + 1, 9 * MIB };
  g_autofree const char **uris = uris_new (test, G_N_ELEMENTS (sizes));
  g_autofree guint8 *buffer = g_malloc (G_N_ELEMENTS (sizes) * stride);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize size;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *key = g_strdup_printf ("many/%04" G_GSIZE_FORMAT, i);

      api_put (test, key, sizes[i], i);
    }
  memset (buffer, UNTOUCHED, G_N_ELEMENTS (sizes) * stride);
  batch = s3dlio_client_get_many_into (test->client, uris, buffer, stride, NULL, NULL, &error);
  g_assert_no_error (error);

  g_assert_true (s3dlio_batch_take_size (batch, 0, &size, &error));
  g_assert_cmpuint (ts_pattern_check (buffer, size, 0, 0), ==, 20 * MIB);
  g_assert_false (s3dlio_batch_take_size (batch, 1, &size, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_cmpuint (size, ==, 20 * MIB + 1);
  assert_untouched (buffer + stride, stride);
  g_assert_true (s3dlio_batch_take_size (batch, 2, &size, NULL));
  g_assert_cmpuint (ts_pattern_check (buffer + 2 * stride, size, 0, 2), ==, 9 * MIB);
}

static void
pieces_of_each (ApiTest *test)
{
  const gint64 offsets[] = { 0, 10, 90, 100, 101, -5 };
  const gint64 lengths[] = { -1, 20, 100, 5, 1, -1 };
  const gsize expected[] = { 100, 20, 10, 0, 0, 5 };
  const char *uris[] = { api_uri (test, "o"), api_uri (test, "o"), api_uri (test, "o"), api_uri (test, "o"),
                         api_uri (test, "o"), api_uri (test, "o"), NULL };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  guint8 buffer[G_N_ELEMENTS (offsets) * 100];
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) into = NULL;
  g_autoptr (S3dlioBatch) bytes = NULL;

  api_put (test, "o", 100, 1);
  s3dlio_options_set_ranges (options, offsets, lengths, G_N_ELEMENTS (offsets));
  into = s3dlio_client_get_many_into (test->client, uris, buffer, 100, options, NULL, &error);
  g_assert_no_error (error);
  bytes = s3dlio_client_get_many (test->client, uris, options, NULL, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr (GError) own = NULL;
      g_autoptr (GBytes) piece = s3dlio_batch_take (bytes, i, NULL);
      gsize size;

      if (i == 4)
        {
          g_assert_false (s3dlio_batch_take_size (into, i, &size, &own));
          g_assert_error (own, S3DLIO_ERROR, S3DLIO_ERROR_RANGE);
          g_assert_null (piece);
          continue;
        }
      g_assert_true (s3dlio_batch_take_size (into, i, &size, &own));
      g_assert_cmpuint (size, ==, expected[i]);
      g_assert_cmpmem (buffer + i * 100, size, g_bytes_get_data (piece, NULL), g_bytes_get_size (piece));
      g_assert_cmpuint (ts_pattern_check (buffer + i * 100, size, (offsets[i] + 100) % 100, 1), ==, size);
    }
}

static void
wrong_arguments_are_told_before_a_request (ApiTest *test)
{
  const char *uris[] = { api_uri (test, "o"), "s3://", NULL };
  const gint64 offsets[] = { 0, -1 };
  const gint64 lengths[] = { -1, 1 };
  g_autoptr (GBytes) bytes = g_bytes_new (NULL, 0);
  GBytes *contents[] = { bytes, bytes, NULL };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  GError *error = NULL;
  guint8 buffer[2];

  g_assert_null (s3dlio_client_get_many_into (test->client, uris, buffer, 1, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_null (s3dlio_client_put_many (test->client, uris, contents, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);

  uris[1] = NULL;
  g_assert_null (s3dlio_client_put_many (test->client, uris, contents, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "2 contents were given for 1 objects"));
  g_clear_error (&error);
  s3dlio_options_set_ranges (options, offsets, lengths, 2);
  g_assert_null (s3dlio_client_get_many (test->client, uris, options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);
  uris[1] = uris[0];
  g_assert_null (s3dlio_client_get_many (test->client, (const char *const *) uris, options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, NULL), ==, 0);
}

/* While items are in mid-body the batch is dropped; whoever wrote to the buffer after that would end the program. */
static void
dropped_batch_lets_go_of_the_buffer (ApiTest *test)
{
  const gsize stride = MIB;
  const char *uris[9] = { NULL };
  g_autoptr (GError) error = NULL;
  S3dlioBatch *batch;
  gpointer buffer;

  api_put (test, "object", stride, 1);
  for (guint i = 0; i < 8; i++)
    uris[i] = api_uri (test, "object");

  for (guint round = 0; round < 5; round++)
    {
      buffer = mmap (NULL, 8 * stride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      g_assert_true (buffer != MAP_FAILED);
      api_forget (test);
      ts_server_clear_faults (test->server);
      ts_server_add_fault (test->server, "op=GetObject action=trickle size=1000 us=100");
      batch = s3dlio_client_start_get_many_into (test->client, uris, buffer, stride, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (ts_server_wait_count (test->server, "GetObject", 8, 10000));
      s3dlio_batch_unref (batch);
      munmap (buffer, 8 * stride);
    }
}

static void
into_comes_as_it_is_ready (ApiTest *test)
{
  const gsize stride = N * 7;
  g_autofree const char **uris = uris_new (test, N);
  g_autofree guint8 *buffer = g_malloc (N * stride);
  g_autofree gboolean *seen = g_new0 (gboolean, N);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize index, size;
  guint n = 0;

  put_objects (test, N);
  batch = s3dlio_client_start_get_many_into (test->client, uris, buffer, stride, NULL, NULL, &error);
  g_assert_no_error (error);
  while (s3dlio_batch_next (batch, &index, NULL, &error))
    {
      g_assert_false (seen[index]);
      seen[index] = TRUE;
      g_assert_true (s3dlio_batch_take_size (batch, index, &size, &error));
      g_assert_cmpuint (size, ==, index * 7);
      g_assert_cmpuint (ts_pattern_check (buffer + index * stride, size, 0, index), ==, size);
      n++;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, N);
}

/* As one that was started: who goes through batches need not know how they were made. */
static void
waited_for_is_gone_through (ApiTest *test)
{
  g_autofree const char **uris = uris_new (test, 10);
  const char *const nothing[] = { NULL };
  g_autoptr (GPtrArray) contents = contents_new (10);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) put = NULL;
  g_autoptr (S3dlioBatch) get = NULL;
  g_autoptr (S3dlioBatch) none = NULL;
  gsize index, n = 0;

  put = s3dlio_client_put_many (test->client, uris, (GBytes *const *) contents->pdata, NULL, NULL, &error);
  g_assert_no_error (error);
  for (; s3dlio_batch_next (put, &index, NULL, &error); n++)
    g_assert_cmpuint (index, ==, n);
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 10);

  get = s3dlio_client_get_many (test->client, uris, NULL, NULL, &error);
  g_assert_no_error (error);
  for (n = 0; s3dlio_batch_next (get, &index, NULL, &error); n++)
    {
      g_autoptr (GBytes) bytes = s3dlio_batch_take (get, index, &error);

      api_assert_pattern (bytes, index * 7, index);
    }
  g_assert_no_error (error);
  g_assert_cmpuint (n, ==, 10);

  none = s3dlio_client_get_many (test->client, nothing, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s3dlio_batch_get_n_items (none), ==, 0);
  g_assert_false (s3dlio_batch_next (none, &index, NULL, &error));
  g_assert_no_error (error);
}

static void
what_is_not_there_is_an_error (ApiTest *test)
{
  const char *uris[] = { api_uri (test, "object"), NULL };
  g_autoptr (GBytes) contents = api_bytes (10, 1);
  GBytes *all[] = { contents, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) put = NULL;
  g_autoptr (S3dlioBatch) get = NULL;
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize index;

  ts_server_add_fault (test->server, "op=PutObject action=hold");
  put = s3dlio_client_start_put_many (test->client, uris, all, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (s3dlio_batch_take_info (put, 0, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "not ready"));
  g_clear_error (&error);
  g_assert_true (ts_server_wait_held (test->server, 1, 30000));
  ts_server_release (test->server);
  g_assert_true (s3dlio_batch_next (put, &index, NULL, &error));
  info = s3dlio_batch_take_info (put, 0, &error);
  g_assert_no_error (error);
  g_assert_null (s3dlio_batch_take_info (put, 0, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "taken already"));
  g_clear_error (&error);

  get = s3dlio_client_get_many (test->client, uris, NULL, NULL, &error);
  bytes = s3dlio_batch_take (get, 0, &error);
  g_assert_no_error (error);
  g_assert_null (s3dlio_batch_take (get, 0, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
wait_for_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
asynchronous_forms (ApiTest *test)
{
  const gsize n = 10, stride = 100;
  g_autofree const char **uris = uris_new (test, n);
  g_autofree guint8 *buffer = g_malloc (n * stride);
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GAsyncResult) written = NULL;
  g_autoptr (GAsyncResult) got = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) put = NULL;
  g_autoptr (S3dlioBatch) get = NULL;

  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (contents, api_bytes (i * 10, i));
  g_ptr_array_add (contents, NULL);

  s3dlio_client_put_many_async (test->client, uris, (GBytes *const *) contents->pdata, NULL, NULL, keep_result,
                                &written);
  wait_for_result (&written);
  put = s3dlio_client_put_many_finish (test->client, written, &error);
  g_assert_no_error (error);
  s3dlio_client_get_many_into_async (test->client, uris, buffer, stride, NULL, NULL, keep_result, &got);
  wait_for_result (&got);
  get = s3dlio_client_get_many_into_finish (test->client, got, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (S3dlioObjectInfo) info = s3dlio_batch_take_info (put, i, &error);
      gsize size;

      g_assert_no_error (error);
      g_assert_cmpint (s3dlio_object_info_get_size (info), ==, i * 10);
      g_assert_true (s3dlio_batch_take_size (get, i, &size, &error));
      g_assert_cmpuint (size, ==, i * 10);
      g_assert_cmpuint (ts_pattern_check (buffer + i * stride, size, 0, i), ==, size);
    }
}

/* ---- Written ---- */

static void
each_is_written_or_has_its_error (ApiTest *test)
{
  g_autofree const char **uris = uris_new (test, N);
  g_autoptr (GPtrArray) contents = contents_new (N);
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;

  api_put (test, "many/0077", 3, 1);
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
  batch = s3dlio_client_put_many (test->client, uris, (GBytes *const *) contents->pdata, options, NULL, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < N; i++)
    {
      g_autoptr (GError) own = NULL;
      g_autoptr (S3dlioObjectInfo) info = s3dlio_batch_take_info (batch, i, &own);
      g_autoptr (GBytes) bytes = s3dlio_client_get (test->client, uris[i], NULL, NULL, &error);

      g_assert_no_error (error);
      if (i == 77)
        {
          g_assert_error (own, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
          g_assert_nonnull (strstr (own->message, uris[i]));
          g_assert_null (info);
          api_assert_pattern (bytes, 3, 1);
          continue;
        }
      g_assert_no_error (own);
      g_assert_cmpint (s3dlio_object_info_get_size (info), ==, i * 7);
      api_assert_pattern (bytes, i * 7, i);
    }
}

static void
large_ones_go_in_parts (ApiTest *test)
{
  const char *uris[] = { api_uri (test, "small"), api_uri (test, "large"), api_uri (test, "refused"), NULL };
  g_autoptr (GBytes) small = api_bytes (10, 1);
  g_autoptr (GBytes) large = api_bytes (20 * MIB, 2);
  GBytes *contents[] = { small, large, large, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) own = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  g_autoptr (GBytes) back = NULL;

  api_forget (test);
  ts_server_add_fault (test->server, "op=UploadPart key=*/refused part=2 action=status status=403 code=AccessDenied");
  batch = s3dlio_client_put_many (test->client, uris, contents, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (api_count (test, "PutObject"), ==, 1);
  g_assert_cmpuint (api_count (test, "CreateMultipartUpload"), ==, 2);
  g_assert_cmpuint (api_count (test, "CompleteMultipartUpload"), ==, 1);
  g_assert_cmpuint (api_count (test, "AbortMultipartUpload"), ==, 1);
  g_assert_cmpuint (ts_server_count_uploads (test->server, NULL), ==, 0);

  back = s3dlio_client_get (test->client, uris[1], NULL, NULL, &error);
  g_assert_no_error (error);
  api_assert_pattern (back, 20 * MIB, 2);
  g_assert_null (s3dlio_batch_take_info (batch, 2, &own));
  g_assert_error (own, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
}

static void
only_so_many_are_written_at_once (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "max-concurrent-downloads=3", NULL);
  g_autofree const char **uris = uris_new (test, 50);
  g_autoptr (GPtrArray) contents = contents_new (50);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize index;
  guint n = 0;

  api_forget (test);
  ts_server_add_fault (test->server, "op=PutObject action=slow ms=2");
  batch = s3dlio_client_start_put_many (client, uris, (GBytes *const *) contents->pdata, NULL, NULL, &error);
  g_assert_no_error (error);
  for (; s3dlio_batch_next (batch, &index, NULL, &error); n++)
    {
      g_autoptr (S3dlioObjectInfo) info = s3dlio_batch_take_info (batch, index, &error);

      g_assert_no_error (error);
    }
  g_assert_cmpuint (n, ==, 50);
  g_assert_cmpuint (api_count (test, "PutObject"), ==, 50);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "PutObject"), >, 1);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "PutObject"), <=, 3);
}

static void
cancelled_batch_ends_every_item (ApiTest *test)
{
  g_autofree const char **uris = uris_new (test, 50);
  g_autoptr (GPtrArray) contents = contents_new (50);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize index;
  guint n = 0, n_cancelled = 0;

  ts_server_add_fault (test->server, "op=PutObject nth=5- action=hold");
  batch = s3dlio_client_start_put_many (test->client, uris, (GBytes *const *) contents->pdata, NULL, cancellable,
                                        &error);
  g_assert_no_error (error);
  g_assert_true (ts_server_wait_held (test->server, 10, 10000));
  g_cancellable_cancel (cancellable);
  for (; s3dlio_batch_next (batch, &index, NULL, &error); n++)
    {
      g_autoptr (GError) own = NULL;
      g_autoptr (S3dlioObjectInfo) info = s3dlio_batch_take_info (batch, index, &own);

      n_cancelled += g_error_matches (own, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  g_assert_cmpuint (n, ==, 50);
  /* Of the four that the server answered, some answers may have come too late. */
  g_assert_cmpuint (n_cancelled, >=, 46);
}

/* ---- What an item costs ---- */

/* How many objects and sources of GLib's a batch of @n makes, each way. */
static int
count_made (ApiTest *test, gsize n, guint8 *buffer)
{
  g_autofree const char **uris = uris_new (test, n);
  g_autoptr (GPtrArray) contents = contents_new (n);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (S3dlioBatch) put = NULL;
  g_autoptr (S3dlioBatch) get = NULL;
  g_autoptr (S3dlioBatch) into = NULL;
  const int before = g_atomic_int_get (&n_made);
  gsize index;

  put = s3dlio_client_start_put_many (test->client, uris, (GBytes *const *) contents->pdata, NULL, NULL, NULL);
  while (s3dlio_batch_next (put, &index, NULL, NULL))
    s3dlio_object_info_unref (s3dlio_batch_take_info (put, index, NULL));
  get = s3dlio_client_start_get_many (test->client, uris, NULL, NULL, NULL);
  while (s3dlio_batch_next (get, &index, NULL, NULL))
    g_bytes_unref (s3dlio_batch_take (get, index, NULL));
  s3dlio_client_get_many_into_async (test->client, uris, buffer, 7 * n, NULL, NULL, keep_result, &result);
  wait_for_result (&result);
  into = s3dlio_client_get_many_into_finish (test->client, result, NULL);
  g_assert_true (s3dlio_batch_take_size (into, n - 1, NULL, NULL));

  return g_atomic_int_get (&n_made) - before;
}

static void
items_make_no_objects_of_glib (ApiTest *test)
{
  g_autofree guint8 *buffer = g_malloc (N * N * 7);
  const int few = count_made (test, 5, buffer);

  g_assert_cmpint (few, >=, 1); /* the task: they are counted at all */
  g_assert_cmpint (count_made (test, N, buffer), ==, few);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/get-many-into/each-lands-in-its-place", API_ANY, each_lands_in_its_place);
  api_add ("/get-many-into/large-ones-come-in-ranges", API_ANY, large_ones_come_in_ranges);
  api_add ("/get-many-into/come-as-they-are-ready", API_ANY, into_comes_as_it_is_ready);
  api_add ("/get-many-into/dropped-batch-lets-go-of-the-buffer", API_SERVER, dropped_batch_lets_go_of_the_buffer);
  api_add ("/many/pieces-of-each", API_ANY, pieces_of_each);
  api_add ("/many/wrong-arguments-are-told-before-a-request", API_ANY, wrong_arguments_are_told_before_a_request);
  api_add ("/many/asynchronous-forms", API_ANY, asynchronous_forms);
  api_add ("/many/waited-for-is-gone-through", API_ANY, waited_for_is_gone_through);
  api_add ("/many/what-is-not-there-is-an-error", API_SERVER, what_is_not_there_is_an_error);
  api_add ("/many/items-make-no-objects-of-glib", API_ANY, items_make_no_objects_of_glib);
  api_add ("/put-many/each-is-written-or-has-its-error", API_ANY, each_is_written_or_has_its_error);
  api_add ("/put-many/large-ones-go-in-parts", API_SERVER, large_ones_go_in_parts);
  api_add ("/put-many/only-so-many-at-once", API_SERVER, only_so_many_are_written_at_once);
  api_add ("/put-many/cancelled-batch-ends-every-item", API_SERVER, cancelled_batch_ends_every_item);

  return api_run ();
}

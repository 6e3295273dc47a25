/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations on many objects at once. All arguments are looked at before the first request; each plan makes a
 * sequence of engine-many.h, which client-run.c runs, or which a batch starts. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-many.h"

#include "base/base-options.h"
#include "client/client-batch.h"
#include "client/client-copy.h"
#include "engine/engine-many.h"
#include "s3dlio/s3dlio-error.h"

static void
items_free (S3dManyItem *items, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_clear_pointer (&items[i].store, s3d_store_unref);
      g_clear_pointer (&items[i].target, s3dlio_uri_unref);
    }

  g_free (items);
}

/* One store and one name an item; never NULL without @error, however few. */
static S3dManyItem *
items_new (S3dlioClient *client, const char *const *uris, gsize n, GError **error)
{
  S3dManyItem *items = g_new0 (S3dManyItem, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      S3dTarget target = S3D_TARGET_INIT;

      if (!s3d_client_resolve (client, uris[i], S3D_NAME_OBJECT, &target, error))
        {
          items_free (items, n);
          return NULL;
        }
      items[i].store = target.store;
      items[i].target = target.uri;
      items[i].length = -1;
    }

  return items;
}

static gboolean
set_ranges (S3dManyItem *items, gsize n, S3dlioOptions *options, GError **error)
{
  gsize n_ranges;
  const gint64 *ranges = s3d_options_get_ranges (options, &n_ranges);

  if (ranges == NULL)
    return TRUE;
  if (n_ranges != n)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   "%" G_GSIZE_FORMAT " ranges were given for %" G_GSIZE_FORMAT " objects", n_ranges, n);
      return FALSE;
    }

  for (gsize i = 0; i < n; i++)
    {
      items[i].offset = ranges[2 * i];
      items[i].length = ranges[2 * i + 1];
      if (!s3d_client_check_range (items[i].offset, items[i].length, error))
        return FALSE;
    }

  return TRUE;
}

/* Of a batch that was started nobody is told the progress. */
static gboolean
check_options (S3dlioOptions *options, const char *const *known, gboolean started, GError **error)
{
  if (started && s3d_options_get_progress (options, NULL) != NULL)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                           "a batch that was started tells its progress item by item");
      return FALSE;
    }

  return s3d_options_check (options, known, error);
}

static S3dManyItem *
get_items_new (S3dlioClient *client, const char *const *uris, gsize n, S3dlioOptions *options, gboolean started,
               GError **error)
{
  static const char *const known[] = { S3D_OPTION_RANGES, S3D_OPTION_PROGRESS, NULL };
  S3dManyItem *items = check_options (options, known, started, error) ? items_new (client, uris, n, error) : NULL;

  if (items == NULL || set_ranges (items, n, options, error))
    return items;

  items_free (items, n);
  return NULL;
}

static guint
at_once (S3dlioClient *client)
{
  return s3d_client_get_settings (client)->max_concurrent_downloads;
}

static S3dSequence *
plan_get (S3dlioClient *client, const char *const *uris, S3dlioOptions *options, gboolean started, GError **error)
{
  gsize n;
  S3dManyItem *items;
  S3dSequence *many;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);
  g_return_val_if_fail (uris != NULL, NULL);

  n = g_strv_length ((char **) uris);
  items = get_items_new (client, uris, n, options, started, error);
  if (items == NULL)
    return NULL;

  many = s3d_many_new_get (items, n, at_once (client), s3d_client_get_budget (client));
  items_free (items, n);
  return many;
}

/* A stride that was meant to be -1, or computed from something that was. */
static gboolean
check_stride (gsize n, gsize stride, GError **error)
{
  if (n == 0 || stride <= G_MAXSSIZE / n)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
               "no buffer has %" G_GSIZE_FORMAT " places of %" G_GSIZE_FORMAT " bytes", n, stride);
  return FALSE;
}

static S3dSequence *
plan_get_into (S3dlioClient *client, const char *const *uris, gpointer buffer, gsize stride, S3dlioOptions *options,
               gboolean started, GError **error)
{
  gsize n;
  S3dManyItem *items;
  S3dSequence *many;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);
  g_return_val_if_fail (uris != NULL, NULL);

  n = g_strv_length ((char **) uris);
  if (!check_stride (n, stride, error))
    return NULL;

  items = get_items_new (client, uris, n, options, started, error);
  if (items == NULL)
    return NULL;

  many = s3d_many_new_get_into (items, n, at_once (client), s3d_client_get_budget (client), buffer, stride);
  items_free (items, n);
  return many;
}

static gsize
count_bytes (GBytes *const *bytes)
{
  gsize n = 0;

  while (bytes[n] != NULL)
    n++;

  return n;
}

static S3dSequence *
plan_put (S3dlioClient *client, const char *const *uris, GBytes *const *bytes, S3dlioOptions *options, gboolean started,
          GError **error)
{
  static const char *const known[] = { S3D_WRITE_OPTIONS, S3DLIO_OPTION_NO_CLOBBER, S3D_OPTION_PROGRESS, NULL };
  gsize n;
  g_autoptr (S3dAttributes) attributes = NULL;
  S3dPutOptions put = { FALSE };
  S3dManyItem *items;
  S3dSequence *many;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);
  g_return_val_if_fail (uris != NULL && bytes != NULL, NULL);

  n = g_strv_length ((char **) uris);
  if (!check_options (options, known, started, error))
    return NULL;
  if (count_bytes (bytes) != n)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   "%" G_GSIZE_FORMAT " contents were given for %" G_GSIZE_FORMAT " objects", count_bytes (bytes), n);
      return NULL;
    }

  items = items_new (client, uris, n, error);
  if (items == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++)
    items[i].bytes = bytes[i];

  attributes = s3d_client_attributes_of (options);
  put.no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER);
  put.attributes = attributes;
  many = s3d_many_new_put (items, n, at_once (client), s3d_client_get_budget (client), &put);
  items_free (items, n);
  return many;
}

static S3dlioBatch *
finish (S3dlioClient *client, GAsyncResult *result, gpointer tag, GError **error)
{
  S3dSequence *many;

  if (!s3d_client_run_finish (client, result, tag, &many, error))
    return NULL;

  return s3d_batch_new (many);
}

/* Takes @many, NULL when the plan failed. */
static S3dlioBatch *
start (S3dSequence *many, GCancellable *cancellable)
{
  S3dlioBatch *batch;

  if (many == NULL)
    return NULL;

  batch = s3d_batch_new (many);
  s3d_batch_start (batch, cancellable);
  s3d_sequence_unref (many);
  return batch;
}

/**
 * s3dlio_client_get_many:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @options: (nullable): s3dlio_options_set_ranges(), progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads many objects into memory, `max-concurrent-downloads` at once, and waits for all. Each has its own bytes or
 * its own error, which s3dlio_batch_take() gives; that one cannot be read is no error of the call.
 * s3dlio_client_start_get_many() gives them as they become ready. Byte ranges of objects, one for each, are set with
 * s3dlio_options_set_ranges().
 *
 * Returns: (transfer full): all items, ready; or %NULL with @error when an argument is wrong, before anything was
 *   read, or when it was cancelled
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_get_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                        GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) many = plan_get (client, uris, options, FALSE, error);

  if (!s3d_client_run (many, "get", "many", options, cancellable, error))
    return NULL;

  return s3d_batch_new (many);
}

/**
 * s3dlio_client_get_many_async:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @options: (nullable): s3dlio_options_set_ranges(), progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_many() does, without blocking; s3dlio_client_get_many_finish() gives its
 * result.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_many_async (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *many = plan_get (client, uris, options, FALSE, &error);

  s3d_client_run_async (client, many, error, "get", "many", options, cancellable, callback, user_data,
                        s3dlio_client_get_many_async);
}

/**
 * s3dlio_client_get_many_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_many_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_get_many()
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_get_many_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return finish (client, result, s3dlio_client_get_many_async, error);
}

/**
 * s3dlio_client_start_get_many:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @options: (nullable): s3dlio_options_set_ranges()
 * @cancellable: (nullable): a cancellable of the whole batch
 * @error: return location for an error
 *
 * Begins to read many objects into memory, `max-concurrent-downloads` at once, and returns: s3dlio_batch_next() gives
 * the items as they become ready.
 *
 * Returns: (transfer full): the batch, or %NULL with @error when an argument is wrong; nothing was read then
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_start_get_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                              GCancellable *cancellable, GError **error)
{
  return start (plan_get (client, uris, options, TRUE, error), cancellable);
}

/**
 * s3dlio_client_get_many_into: (skip)
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @buffer: memory of the caller's, of @stride bytes for each object
 * @stride: bytes from one object's place to the next's, and so the most that one may have
 * @options: (nullable): s3dlio_options_set_ranges(), progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads many objects into one buffer, without a copy: item i lands at i × @stride. Otherwise it is as
 * s3dlio_client_get_many(); s3dlio_batch_take_size() tells how many bytes an item has, or its error. An item that is
 * larger than @stride is %S3DLIO_ERROR_NO_SPACE with its size, and nothing of it is written. After any other error the
 * contents of its place are undefined; those of other places never are touched.
 *
 * Nothing writes to @buffer once this has returned, also with an error.
 *
 * Returns: (transfer full): all items, ready; or %NULL with @error when an argument is wrong, before anything was
 *   read, or when it was cancelled
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_get_many_into (S3dlioClient *client, const char *const *uris, gpointer buffer, gsize stride,
                             S3dlioOptions *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) many = plan_get_into (client, uris, buffer, stride, options, FALSE, error);

  if (!s3d_client_run (many, "get", "many", options, cancellable, error))
    return NULL;

  return s3d_batch_new (many);
}

/**
 * s3dlio_client_get_many_into_async: (skip)
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @buffer: memory of the caller's, of @stride bytes for each object
 * @stride: bytes from one object's place to the next's, and so the most that one may have
 * @options: (nullable): s3dlio_options_set_ranges(), progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_many_into() does, without blocking; s3dlio_client_get_many_into_finish() gives its
 * result.
 *
 * @buffer must stay until then, also after a cancellation.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_many_into_async (S3dlioClient *client, const char *const *uris, gpointer buffer, gsize stride,
                                   S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *many = plan_get_into (client, uris, buffer, stride, options, FALSE, &error);

  s3d_client_run_async (client, many, error, "get", "many", options, cancellable, callback, user_data,
                        s3dlio_client_get_many_into_async);
}

/**
 * s3dlio_client_get_many_into_finish: (skip)
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_many_into_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_get_many_into()
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_get_many_into_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return finish (client, result, s3dlio_client_get_many_into_async, error);
}

/**
 * s3dlio_client_start_get_many_into: (skip)
 * @client: a client
 * @uris: (array zero-terminated=1): the objects
 * @buffer: memory of the caller's, of @stride bytes for each object
 * @stride: bytes from one object's place to the next's, and so the most that one may have
 * @options: (nullable): s3dlio_options_set_ranges()
 * @cancellable: (nullable): a cancellable of the whole batch
 * @error: return location for an error
 *
 * Begins to read many objects into one buffer, as s3dlio_client_get_many_into(), and returns: s3dlio_batch_next()
 * gives the items as they become ready. An item that is ready is not written to any more.
 *
 * @buffer must stay until all items are ready or the batch's last reference is dropped, which waits for that.
 *
 * Returns: (transfer full): the batch, or %NULL with @error when an argument is wrong; nothing was read then
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_start_get_many_into (S3dlioClient *client, const char *const *uris, gpointer buffer, gsize stride,
                                   S3dlioOptions *options, GCancellable *cancellable, GError **error)
{
  return start (plan_get_into (client, uris, buffer, stride, options, TRUE, error), cancellable);
}

/**
 * s3dlio_client_put_many:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects to write, none of them twice
 * @bytes: (array zero-terminated=1): their contents, as many, and %NULL; references are kept until it is done
 * @options: (nullable): %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata and progress, of all
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes many objects, `max-concurrent-downloads` at once, each as s3dlio_client_put() does, and waits for all. That
 * one cannot be written is no error of the call: s3dlio_batch_take_info() tells what was written, or why not.
 * s3dlio_client_start_put_many() tells it as they become ready.
 *
 * Returns: (transfer full): all items, ready; or %NULL with @error when an argument is wrong, before anything was
 *   written, or when it was cancelled
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_put_many (S3dlioClient *client, const char *const *uris, GBytes *const *bytes, S3dlioOptions *options,
                        GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) many = plan_put (client, uris, bytes, options, FALSE, error);

  if (!s3d_client_run (many, "put", "many", options, cancellable, error))
    return NULL;

  return s3d_batch_new (many);
}

/**
 * s3dlio_client_put_many_async:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects to write, none of them twice
 * @bytes: (array zero-terminated=1): their contents, as many, and %NULL; references are kept until it is done
 * @options: (nullable): %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata and progress, of all
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_put_many() does, without blocking; s3dlio_client_put_many_finish() gives its
 * result.
 *
 * Since: 0.9
 */
void
s3dlio_client_put_many_async (S3dlioClient *client, const char *const *uris, GBytes *const *bytes,
                              S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *many = plan_put (client, uris, bytes, options, FALSE, &error);

  s3d_client_run_async (client, many, error, "put", "many", options, cancellable, callback, user_data,
                        s3dlio_client_put_many_async);
}

/**
 * s3dlio_client_put_many_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_put_many_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_put_many()
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_put_many_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return finish (client, result, s3dlio_client_put_many_async, error);
}

/**
 * s3dlio_client_start_put_many:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects to write, none of them twice
 * @bytes: (array zero-terminated=1): their contents, as many, and %NULL; references are kept until it is done
 * @options: (nullable): %S3DLIO_OPTION_NO_CLOBBER, content headers and metadata, of all
 * @cancellable: (nullable): a cancellable of the whole batch
 * @error: return location for an error
 *
 * Begins to write many objects, as s3dlio_client_put_many(), and returns: s3dlio_batch_next() gives the items as they
 * become ready.
 *
 * Returns: (transfer full): the batch, or %NULL with @error when an argument is wrong; nothing was written then
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_client_start_put_many (S3dlioClient *client, const char *const *uris, GBytes *const *bytes,
                              S3dlioOptions *options, GCancellable *cancellable, GError **error)
{
  return start (plan_put (client, uris, bytes, options, TRUE, error), cancellable);
}

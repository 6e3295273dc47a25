/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations that write: from memory, files and streams, and copies. Each plan makes a sequence (of a copy,
 * client-copy.c does); client-run.c runs it. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-write.h"

#include "base/base-options.h"
#include "client/client-copy.h"
#include "engine/engine-put.h"
#include "s3dlio/s3dlio-error.h"

/* Resolves the object to write, after a look at the options. */
static gboolean
prepare (S3dlioClient *client, const char *uri, S3dlioOptions *options, S3dTarget *target, GError **error)
{
  static const char *const known[] = { S3D_PUT_OPTIONS, NULL };

  return s3d_options_check (options, known, error) && s3d_client_resolve (client, uri, S3D_NAME_OBJECT, target, error);
}

static S3dSequence *
plan_put (S3dlioClient *client, const char *uri, GBytes *bytes, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  g_autoptr (S3dAttributes) attributes = NULL;
  g_autoptr (S3dSource) source = NULL;
  S3dPutOptions put;

  g_return_val_if_fail (bytes != NULL, NULL);

  if (!prepare (client, uri, options, &target, error))
    return NULL;

  attributes = s3d_client_attributes_of (options);
  put = s3d_client_put_options_of (options, attributes);
  source = s3d_source_new_bytes (bytes);
  return s3d_put_new (target.store, s3d_client_get_budget (client), target.uri, source, &put);
}

/* What g_input_stream_read() does, for the engine. Streams that bindings implement may fail without an error. */
static gssize
read_stream (gpointer data, gpointer buffer, gsize size, GCancellable *cancellable, GError **error)
{
  const gssize n = g_input_stream_read (G_INPUT_STREAM (data), buffer, size, cancellable, error);

  if (n < 0 && *error == NULL)
    g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the stream cannot be read, and does not say why");
  return n;
}

static S3dSequence *
plan_put_stream (S3dlioClient *client, const char *uri, GInputStream *stream, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  g_autoptr (S3dAttributes) attributes = NULL;
  S3dPutOptions put;

  g_return_val_if_fail (G_IS_INPUT_STREAM (stream), NULL);

  if (!prepare (client, uri, options, &target, error))
    return NULL;

  attributes = s3d_client_attributes_of (options);
  put = s3d_client_put_options_of (options, attributes);
  return s3d_put_new_stream (target.store, s3d_client_get_budget (client), target.uri, read_stream,
                             g_object_ref (stream), g_object_unref, &put);
}

static S3dSequence *
plan_put_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options, GError **error)
{
  g_autoptr (S3dlioUri) file = NULL;
  g_autofree char *file_text = NULL;
  g_autoptr (S3dAttributes) attributes = NULL;
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  g_auto (S3dTarget) from = S3D_TARGET_INIT;
  S3dPutOptions put;

  if (!s3d_client_check_path (path, error))
    return NULL;

  file = s3dlio_uri_new_for_path (path);
  file_text = s3dlio_uri_to_string (file);
  if (!prepare (client, uri, options, &target, error)
      || !s3d_client_resolve (client, file_text, S3D_NAME_OBJECT, &from, error))
    return NULL;

  attributes = s3d_client_attributes_of (options);
  put = s3d_client_put_options_of (options, attributes);
  /* A copy knows no condition on what it replaces. */
  if (target.store->klass->local_path != NULL && put.if_match == NULL)
    return s3d_client_plan_copy_op (&from, &target, options, NULL, FALSE);

  return s3d_client_plan_put_path (from.store, path, &target, s3d_client_get_budget (client), NULL, &put, error);
}

static S3dSequence *
plan_copy (S3dlioClient *client, const char *from_uri, const char *to_uri, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) from = S3D_TARGET_INIT;
  g_auto (S3dTarget) to = S3D_TARGET_INIT;

  if (!s3d_client_resolve_copy (client, from_uri, to_uri, options, &from, &to, error))
    return NULL;

  return s3d_client_plan_copy (&from, &to, s3d_client_get_budget (client), options,
                               s3d_client_source_match (options),
                               s3d_options_get_boolean (options, S3DLIO_OPTION_PRESERVE_MTIME), error);
}

static void
take_info (S3dSequence *put, S3dlioObjectInfo **info)
{
  S3dlioObjectInfo *known = s3d_sequence_get_info (put);

  if (info != NULL)
    *info = known != NULL ? s3dlio_object_info_ref (known) : NULL;
}

/**
 * s3dlio_client_put:
 * @client: a client
 * @uri: the object
 * @bytes: the contents; a reference is kept until it is done
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes an object, replacing what was there; it is visible whole or not at all. Up to `multipart-threshold` that is
 * one request; above, a multipart upload of parallel parts, which is aborted on failure and cancellation, so that
 * nothing is left behind.
 *
 * With the property #S3dlioConfig:checksum a CRC32C goes along with every request that carries bytes: the service
 * refuses what was damaged on its way, and it is sent once more. With #S3dlioConfig:verify the service is asked, at
 * the cost of one request, for what it has: another size, checksum or ETag than was written is
 * %S3DLIO_ERROR_INTEGRITY. (Of files the size is always compared, which costs nothing.)
 *
 * Returns: %TRUE when the object is written
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put (S3dlioClient *client, const char *uri, GBytes *bytes, S3dlioOptions *options,
                   S3dlioObjectInfo **info, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) put = plan_put (client, uri, bytes, options, error);

  if (!s3d_client_run (put, "put", uri, options, cancellable, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_put_async:
 * @client: a client
 * @uri: the object
 * @bytes: the contents; a reference is kept until it is done
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_put() does, without blocking; s3dlio_client_put_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_put_async (S3dlioClient *client, const char *uri, GBytes *bytes, S3dlioOptions *options,
                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *put = plan_put (client, uri, bytes, options, &error);

  s3d_client_run_async (client, put, error, "put", uri, options, cancellable, callback, user_data,
                        s3dlio_client_put_async);
}

/**
 * s3dlio_client_put_finish:
 * @client: a client
 * @result: what the callback was given
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @error: return location for an error
 *
 * Ends what s3dlio_client_put_async() began.
 *
 * Returns: as s3dlio_client_put()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info, GError **error)
{
  S3dSequence *put;

  if (!s3d_client_run_finish (client, result, s3dlio_client_put_async, &put, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_put_file:
 * @client: a client
 * @uri: the object
 * @path: (type filename): the file to read
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes an object from a file, as s3dlio_client_put() does, in bounded memory: parts are read as they are sent. A
 * file that shrinks meanwhile is %S3DLIO_ERROR_INTEGRITY. What is no regular file (a FIFO) is read to its end.
 *
 * Returns: %TRUE when the object is written
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                        S3dlioObjectInfo **info, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) put = plan_put_file (client, uri, path, options, error);

  if (!s3d_client_run (put, "put", uri, options, cancellable, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_put_file_async:
 * @client: a client
 * @uri: the object
 * @path: (type filename): the file to read
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_put_file() does, without blocking; s3dlio_client_put_file_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_put_file_async (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *put = plan_put_file (client, uri, path, options, &error);

  s3d_client_run_async (client, put, error, "put", uri, options, cancellable, callback, user_data,
                        s3dlio_client_put_file_async);
}

/**
 * s3dlio_client_put_file_finish:
 * @client: a client
 * @result: what the callback was given
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @error: return location for an error
 *
 * Ends what s3dlio_client_put_file_async() began.
 *
 * Returns: as s3dlio_client_put_file()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put_file_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info, GError **error)
{
  S3dSequence *put;

  if (!s3d_client_run_finish (client, result, s3dlio_client_put_file_async, &put, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_put_stream:
 * @client: a client
 * @uri: the object
 * @stream: what to read, to its end; read on a thread of the library's, one call at a time, and not closed
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes an object whose length is not known before it ends, in bounded memory: one request when it fits `multipart-
 * threshold`, else parts that grow, so that any size that the service takes fits.
 *
 * Returns: %TRUE when the object is written
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put_stream (S3dlioClient *client, const char *uri, GInputStream *stream, S3dlioOptions *options,
                          S3dlioObjectInfo **info, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) put = plan_put_stream (client, uri, stream, options, error);

  if (!s3d_client_run (put, "put", uri, options, cancellable, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_put_stream_async:
 * @client: a client
 * @uri: the object
 * @stream: what to read, to its end; read on a thread of the library's, one call at a time, and not closed
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, content headers, metadata, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_put_stream() does, without blocking; s3dlio_client_put_stream_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_put_stream_async (S3dlioClient *client, const char *uri, GInputStream *stream, S3dlioOptions *options,
                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *put = plan_put_stream (client, uri, stream, options, &error);

  s3d_client_run_async (client, put, error, "put", uri, options, cancellable, callback, user_data,
                        s3dlio_client_put_stream_async);
}

/**
 * s3dlio_client_put_stream_finish:
 * @client: a client
 * @result: what the callback was given
 * @info: (out) (optional) (nullable) (transfer full): what was written: its size, its ETag
 * @error: return location for an error
 *
 * Ends what s3dlio_client_put_stream_async() began.
 *
 * Returns: as s3dlio_client_put_stream()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_put_stream_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info, GError **error)
{
  S3dSequence *put;

  if (!s3d_client_run_finish (client, result, s3dlio_client_put_stream_async, &put, error))
    return FALSE;

  take_info (put, info);
  return TRUE;
}

/**
 * s3dlio_client_copy:
 * @client: a client
 * @from: the object to copy
 * @to: the object to make
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, %S3DLIO_OPTION_PRESERVE_MTIME, content
 *   headers, metadata, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Copies an object: by the service itself where both lie at the same endpoint (above `multipart-copy-threshold` in
 * parts), as fast as the kernel can between files, and else by way of this process, in bounded memory, in parts that
 * are all of one version of the source. Content headers and metadata of the object are kept unless options give any. A
 * file that is copied to a new one gives it its permissions, as far as the umask allows.
 *
 * Returns: %TRUE when the copy is there, whole
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_copy (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) copy = plan_copy (client, from, to, options, error);

  return s3d_client_run (copy, "copy", from, options, cancellable, error);
}

/**
 * s3dlio_client_copy_async:
 * @client: a client
 * @from: the object to copy
 * @to: the object to make
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, %S3DLIO_OPTION_PRESERVE_MTIME, content
 *   headers, metadata, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_copy() does, without blocking; s3dlio_client_copy_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_copy_async (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *copy = plan_copy (client, from, to, options, &error);

  s3d_client_run_async (client, copy, error, "copy", from, options, cancellable, callback, user_data,
                        s3dlio_client_copy_async);
}

/**
 * s3dlio_client_copy_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_copy_async() began.
 *
 * Returns: as s3dlio_client_copy()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_copy_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_copy_async, NULL, error);
}


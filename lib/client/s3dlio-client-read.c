/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations that read: into memory, into the caller's memory, to files and descriptors. Each plan
 * makes a sequence; client-run.c runs it. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-read.h"

#include "base/base-options.h"
#include "client/client-private.h"
#include "engine/engine-get-file.h"
#include "engine/engine-get.h"
#include "s3dlio/s3dlio-error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
s3d_client_check_range (gint64 offset, gint64 length, GError **error)
{
  if (length >= -1 && (offset >= 0 || length <= 0))
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
               "a length must be -1 or more, and -1 with an offset below 0, not %" G_GINT64_FORMAT " with the offset %"
               G_GINT64_FORMAT, length, offset);
  return FALSE;
}

gboolean
s3d_client_check_path (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, FALSE);

  if (*path != '\0')
    return TRUE;

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the path of the file is empty");
  return FALSE;
}

const char *
s3d_client_source_match (S3dlioOptions *options)
{
  const char *etag = s3d_options_get_string (options, S3DLIO_OPTION_IF_MATCH);

  return g_strcmp0 (etag, "*") != 0 ? etag : NULL;
}

static S3dSequence *
plan_get (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, const S3dGetDestination *destination,
          S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;

  if (!s3d_client_check_range (offset, length, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_OBJECT, &target, error))
    return NULL;

  return s3d_get_new (target.store, s3d_client_get_budget (client), target.uri, offset, length,
                      s3d_client_source_match (options), destination);
}

static S3dSequence *
plan_bytes (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, S3dlioOptions *options, GError **error)
{
  static const char *const known[] = { S3DLIO_OPTION_IF_MATCH, S3D_OPTION_PROGRESS, S3D_OPTION_REPORT, NULL };
  const S3dGetDestination destination = { .kind = S3D_GET_BYTES };

  if (!s3d_options_check (options, known, error))
    return NULL;

  return plan_get (client, uri, offset, length, &destination, options, error);
}

static S3dSequence *
plan_into (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, gpointer buffer, gsize size,
           S3dlioOptions *options, GError **error)
{
  static const char *const known[] = { S3DLIO_OPTION_IF_MATCH, S3D_OPTION_PROGRESS, S3D_OPTION_REPORT, NULL };
  const S3dGetDestination destination = { .kind = S3D_GET_MEMORY, .memory = buffer, .memory_size = size };

  if (!s3d_options_check (options, known, error))
    return NULL;

  return plan_get (client, uri, offset, length, &destination, options, error);
}

/* Whether bytes can be put anywhere in @fd; @position is where it stands. Appending descriptors ignore positions. */
static gboolean
can_seek (int fd, guint64 *position)
{
  struct stat st;
  off_t here;

  if (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode) || (fcntl (fd, F_GETFL) & O_APPEND) != 0)
    return FALSE;

  here = lseek (fd, 0, SEEK_CUR);
  *position = MAX (here, 0);
  return here >= 0;
}

static S3dSequence *
plan_to_fd (S3dlioClient *client, const char *uri, int fd, S3dlioOptions *options, GError **error)
{
  static const char *const known[]
      = { S3DLIO_OPTION_IF_MATCH, S3DLIO_OPTION_OFFSET, S3DLIO_OPTION_LENGTH, S3D_OPTION_PROGRESS, S3D_OPTION_REPORT,
          NULL };
  S3dGetDestination destination = { .kind = S3D_GET_FILE, .fd = fd };

  if (!s3d_options_check (options, known, error))
    return NULL;

  destination.in_order = !can_seek (fd, &destination.file_offset);
  return plan_get (client, uri, s3d_options_get_int64 (options, S3DLIO_OPTION_OFFSET, 0),
                   s3d_options_get_int64 (options, S3DLIO_OPTION_LENGTH, -1), &destination, options, error);
}

static S3dSequence *
plan_to_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options, GError **error)
{
  static const char *const known[]
      = { S3DLIO_OPTION_IF_MATCH,       S3DLIO_OPTION_NO_CLOBBER, S3DLIO_OPTION_OFFSET, S3DLIO_OPTION_LENGTH,
          S3DLIO_OPTION_PRESERVE_MTIME, S3DLIO_OPTION_RESUME,     S3D_OPTION_PROGRESS,  S3D_OPTION_REPORT,
          NULL };
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  const S3dGetFile wanted = {
    .path = path,
    .offset = s3d_options_get_int64 (options, S3DLIO_OPTION_OFFSET, 0),
    .length = s3d_options_get_int64 (options, S3DLIO_OPTION_LENGTH, -1),
    .if_match = s3d_client_source_match (options),
    .no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER),
    .preserve_mtime = s3d_options_get_boolean (options, S3DLIO_OPTION_PRESERVE_MTIME),
    .resume = s3d_options_get_boolean (options, S3DLIO_OPTION_RESUME),
  };

  if (!s3d_client_check_path (path, error) || !s3d_options_check (options, known, error)
      || !s3d_client_check_range (wanted.offset, wanted.length, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_OBJECT, &target, error))
    return NULL;

  return s3d_get_file_new (target.store, s3d_client_get_budget (client), target.uri, &wanted);
}

/**
 * s3dlio_client_get:
 * @client: a client
 * @uri: the object
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a whole object into memory. An object up to `range-split-threshold` costs exactly one request, a larger one
 * its ranges, several at once; each goes to its final place, and all must be of the same version of the object. A
 * transfer that breaks goes on from the byte reached.
 *
 * Returns: (transfer full): the object's bytes, or %NULL with @error
 *
 * Since: 0.9
 */
GBytes *
s3dlio_client_get (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                   GError **error)
{
  g_autoptr (S3dSequence) get = plan_bytes (client, uri, 0, -1, options, error);

  if (!s3d_client_run (get, "get", uri, options, cancellable, error))
    return NULL;

  return s3d_get_steal_bytes (get);
}

/**
 * s3dlio_client_get_async:
 * @client: a client
 * @uri: the object
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get() does, without blocking; s3dlio_client_get_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_async (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *get = plan_bytes (client, uri, 0, -1, options, &error);

  s3d_client_run_async (client, get, error, "get", uri, options, cancellable, callback, user_data,
                        s3dlio_client_get_async);
}

/**
 * s3dlio_client_get_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_get()
 *
 * Since: 0.9
 */
GBytes *
s3dlio_client_get_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  S3dSequence *get;

  if (!s3d_client_run_finish (client, result, s3dlio_client_get_async, &get, error))
    return NULL;

  return s3d_get_steal_bytes (get);
}

/**
 * s3dlio_client_get_range:
 * @client: a client
 * @uri: the object
 * @offset: the first byte, from 0; below 0: -@offset bytes from the end
 * @length: how many bytes, or -1: to the end. What lies behind the end is left out
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a piece of an object into memory. @length 0 gives no bytes, without a request; so does @offset at the very
 * end, with one. @offset behind the end is %S3DLIO_ERROR_RANGE.
 *
 * An @offset of -5 with a @length of -1 gives the last five bytes, or all when there are fewer. Up to
 * `range-split-threshold` bytes that is one request, too: the size need not be known. @length must be -1 (or 0) then,
 * anything else is %S3DLIO_ERROR_INVALID.
 *
 * Returns: (transfer full): the bytes, or %NULL with @error
 *
 * Since: 0.9
 */
GBytes *
s3dlio_client_get_range (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, S3dlioOptions *options,
                         GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) get = plan_bytes (client, uri, offset, length, options, error);

  if (!s3d_client_run (get, "get", uri, options, cancellable, error))
    return NULL;

  return s3d_get_steal_bytes (get);
}

/**
 * s3dlio_client_get_range_async:
 * @client: a client
 * @uri: the object
 * @offset: the first byte, from 0; below 0: -@offset bytes from the end
 * @length: how many bytes, or -1: to the end. What lies behind the end is left out
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_range() does, without blocking; s3dlio_client_get_range_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_range_async (S3dlioClient *client, const char *uri, gint64 offset, gint64 length,
                               S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *get = plan_bytes (client, uri, offset, length, options, &error);

  s3d_client_run_async (client, get, error, "get", uri, options, cancellable, callback, user_data,
                        s3dlio_client_get_range_async);
}

/**
 * s3dlio_client_get_range_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_range_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_get_range()
 *
 * Since: 0.9
 */
GBytes *
s3dlio_client_get_range_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  S3dSequence *get;

  if (!s3d_client_run_finish (client, result, s3dlio_client_get_range_async, &get, error))
    return NULL;

  return s3d_get_steal_bytes (get);
}

/**
 * s3dlio_client_get_into: (skip)
 * @client: a client
 * @uri: the object
 * @offset: the first byte, from 0; below 0: -@offset bytes from the end
 * @length: how many bytes, or -1: to the end
 * @buffer: memory of the caller's, of at least @size bytes
 * @size: of @buffer, in bytes
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @n_read: (out) (optional): how many bytes were read; with %S3DLIO_ERROR_NO_SPACE, how many there are to read
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads an object, or a piece of it, into the caller's memory, without a copy. When it is larger than @buffer, that
 * is %S3DLIO_ERROR_NO_SPACE, @n_read tells the size and @buffer is untouched; a @length larger than @buffer is refused
 * so without a request. After any other error the contents of @buffer are undefined; nothing writes to it any more.
 *
 * Returns: %TRUE when all of it was read
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_into (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, gpointer buffer,
                        gsize size, S3dlioOptions *options, gsize *n_read, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) get = plan_into (client, uri, offset, length, buffer, size, options, error);
  gboolean done = s3d_client_run (get, "get", uri, options, cancellable, error);

  if (n_read != NULL)
    *n_read = get != NULL ? s3d_get_get_length (get) : 0;

  return done;
}

/**
 * s3dlio_client_get_into_async: (skip)
 * @client: a client
 * @uri: the object
 * @offset: the first byte, from 0; below 0: -@offset bytes from the end
 * @length: how many bytes, or -1: to the end
 * @buffer: memory of the caller's, of at least @size bytes
 * @size: of @buffer, in bytes
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_into() does, without blocking; s3dlio_client_get_into_finish() gives its result.
 *
 * @buffer must stay until then, also after a cancellation.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_into_async (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, gpointer buffer,
                              gsize size, S3dlioOptions *options, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *get = plan_into (client, uri, offset, length, buffer, size, options, &error);

  s3d_client_run_async (client, get, error, "get", uri, options, cancellable, callback, user_data,
                        s3dlio_client_get_into_async);
}

/**
 * s3dlio_client_get_into_finish: (skip)
 * @client: a client
 * @result: what the callback was given
 * @n_read: (out) (optional): how many bytes were read; with %S3DLIO_ERROR_NO_SPACE, how many there are to read
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_into_async() began.
 *
 * Returns: as s3dlio_client_get_into()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_into_finish (S3dlioClient *client, GAsyncResult *result, gsize *n_read, GError **error)
{
  S3dSequence *get;
  gboolean done = s3d_client_run_finish (client, result, s3dlio_client_get_into_async, &get, error);

  if (n_read != NULL)
    *n_read = get != NULL ? s3d_get_get_length (get) : 0;

  return done;
}

/**
 * s3dlio_client_get_to_file:
 * @client: a client
 * @uri: the object
 * @path: (type filename): the file
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, %S3DLIO_OPTION_OFFSET,
 *   %S3DLIO_OPTION_LENGTH, %S3DLIO_OPTION_PRESERVE_MTIME, %S3DLIO_OPTION_RESUME, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads an object into a file, which appears whole or not at all: a reader of @path sees what was there before or all
 * of the new, and a failure, a cancellation or a crash leaves no trace. Missing directories above it are made once
 * there is something to write. A target that is no regular file (a device, a FIFO) is written in place.
 *
 * With %S3DLIO_OPTION_RESUME the bytes go to `.NAME.s3dlio-part` beside the target, and `.NAME.s3dlio-journal` tells
 * which are there. Both stay when it fails, is cancelled or killed; the next such get of the same bytes of the same URI
 * asks for the rest, when the object still has the size and the ETag of then, and starts over when not. Whatever the
 * moment of an interruption, no byte of another version and no gap gets into the file. While one get is at it, another
 * is %S3DLIO_ERROR_UNAVAILABLE; a target that is no regular file is %S3DLIO_ERROR_UNSUPPORTED.
 *
 * Returns: %TRUE when the file is there
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_to_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                           GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) get = plan_to_file (client, uri, path, options, error);

  return s3d_client_run (get, "get", uri, options, cancellable, error);
}

/**
 * s3dlio_client_get_to_file_async:
 * @client: a client
 * @uri: the object
 * @path: (type filename): the file
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_NO_CLOBBER, %S3DLIO_OPTION_OFFSET,
 *   %S3DLIO_OPTION_LENGTH, %S3DLIO_OPTION_PRESERVE_MTIME, %S3DLIO_OPTION_RESUME, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_to_file() does, without blocking; s3dlio_client_get_to_file_finish() gives its
 * result.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_to_file_async (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *get = plan_to_file (client, uri, path, options, &error);

  s3d_client_run_async (client, get, error, "get", uri, options, cancellable, callback, user_data,
                        s3dlio_client_get_to_file_async);
}

/**
 * s3dlio_client_get_to_file_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_to_file_async() began.
 *
 * Returns: as s3dlio_client_get_to_file()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_to_file_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_get_to_file_async, NULL, error);
}

/**
 * s3dlio_client_get_to_fd:
 * @client: a client
 * @uri: the object
 * @fd: an open descriptor, which stays the caller's
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_OFFSET, %S3DLIO_OPTION_LENGTH, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads an object into a descriptor, from where it stands, in order where it cannot seek (a pipe), and in bounded
 * memory. It stands behind the last byte then. After an error, any of the bytes may have been written.
 *
 * Returns: %TRUE when all of it was written
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_to_fd (S3dlioClient *client, const char *uri, int fd, S3dlioOptions *options,
                         GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) get = plan_to_fd (client, uri, fd, options, error);

  return s3d_client_run (get, "get", uri, options, cancellable, error);
}

/**
 * s3dlio_client_get_to_fd_async:
 * @client: a client
 * @uri: the object
 * @fd: an open descriptor, which stays the caller's
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH, %S3DLIO_OPTION_OFFSET, %S3DLIO_OPTION_LENGTH, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_get_to_fd() does, without blocking; s3dlio_client_get_to_fd_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_get_to_fd_async (S3dlioClient *client, const char *uri, int fd, S3dlioOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *get = plan_to_fd (client, uri, fd, options, &error);

  s3d_client_run_async (client, get, error, "get", uri, options, cancellable, callback, user_data,
                        s3dlio_client_get_to_fd_async);
}

/**
 * s3dlio_client_get_to_fd_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_get_to_fd_async() began.
 *
 * Returns: as s3dlio_client_get_to_fd()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_get_to_fd_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_get_to_fd_async, NULL, error);
}

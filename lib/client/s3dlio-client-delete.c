/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deleting objects. Each plan makes a sequence; client-run.c runs it. What became of each object is told along with the
 * progress, and the rest of it at the end, always in the caller's thread or context. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-delete.h"

#include "base/base-options.h"
#include "client/client-private.h"
#include "engine/engine-delete.h"

/* --- one --- */

static S3dSequence *
plan_one (S3dlioClient *client, const char *uri, S3dlioOptions *options, GError **error)
{
  static const char *const known[] = { S3DLIO_OPTION_IF_MATCH, NULL };
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  S3dOp *op;

  if (!s3d_options_check (options, known, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_OBJECT, &target, error))
    return NULL;

  op = s3d_op_new (S3D_OP_DELETE, target.uri, NULL, NULL);
  op->if_match = g_strdup (s3d_options_get_string (options, S3DLIO_OPTION_IF_MATCH));
  return s3d_single_new (target.store, op);
}

/**
 * s3dlio_client_delete:
 * @client: a client
 * @uri: the object, exactly this one
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Deletes one object. One that does not exist is not an error. With %S3DLIO_OPTION_IF_MATCH the object is looked at
 * first, as not every service heeds the condition.
 *
 * Returns: %TRUE when the object is gone; %S3DLIO_ERROR_PRECONDITION when it is another one than was asked for
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (S3dSequence) delete = plan_one (client, uri, options, error);

  return s3d_client_run (delete, "delete", uri, options, cancellable, error);
}

/**
 * s3dlio_client_delete_async:
 * @client: a client
 * @uri: the object, exactly this one
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_delete() does, without blocking; s3dlio_client_delete_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_delete_async (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *delete = plan_one (client, uri, options, &error);

  s3d_client_run_async (client, delete, error, "delete", uri, options, cancellable, callback, user_data,
                        s3dlio_client_delete_async);
}

/**
 * s3dlio_client_delete_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_delete_async() began.
 *
 * Returns: as s3dlio_client_delete()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_delete_async, NULL, error);
}

/* --- many --- */

/* Stands in for the caller's options while many objects are deleted. */
typedef struct
{
  S3dSequence *sequence;
  S3dlioOptions *options; /* the caller's */
} Teller;

static void
teller_free (gpointer data)
{
  Teller *teller = data;

  s3d_sequence_unref (teller->sequence);
  s3dlio_options_unref (teller->options);
  g_free (teller);
}

static void
tell (gint64 done, gint64 total, gpointer data)
{
  Teller *teller = data;
  gpointer user_data = NULL;
  S3dlioProgressFunc progress = s3d_options_get_progress (teller->options, &user_data);

  s3d_delete_tell (teller->sequence);
  if (progress != NULL)
    progress (done, total, user_data);
}

/* (transfer full), NULL where there is nobody to tell. */
static S3dlioOptions *
options_that_tell (S3dSequence *sequence, S3dlioOptions *options)
{
  S3dlioOptions *telling;
  S3dlioDeletedFunc func;
  gpointer user_data;
  Teller *teller;

  if (sequence == NULL || options == NULL)
    return NULL;

  func = s3d_options_get_deleted (options, &user_data);
  if (func != NULL)
    s3d_delete_set_func (sequence, func, user_data);

  teller = g_new (Teller, 1);
  teller->sequence = s3d_sequence_ref (sequence);
  teller->options = s3dlio_options_ref (options);
  telling = s3dlio_options_new ();
  s3dlio_options_set_progress (telling, tell, teller, teller_free);
  return telling;
}

/* After the end: tells the rest. */
static void
take_counts (S3dSequence *sequence, guint64 *n_deleted, guint64 *n_failed)
{
  guint64 deleted = 0, failed = 0;

  if (sequence != NULL)
    {
      s3d_delete_tell (sequence);
      s3d_delete_get_counts (sequence, &deleted, &failed);
    }
  if (n_deleted != NULL)
    *n_deleted = deleted;
  if (n_failed != NULL)
    *n_failed = failed;
}

/* Takes @sequence. */
static gboolean
run (S3dSequence *sequence, const char *uri, S3dlioOptions *options, guint64 *n_deleted, guint64 *n_failed,
     GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) owned = sequence;
  g_autoptr (S3dlioOptions) telling = options_that_tell (sequence, options);
  const gboolean good = s3d_client_run (sequence, "delete", uri, telling, cancellable, error);

  take_counts (sequence, n_deleted, n_failed);
  return good;
}

/* Takes @sequence, or @error where it is NULL. */
static void
run_async (S3dlioClient *client, S3dSequence *sequence, GError *error, const char *uri, S3dlioOptions *options,
           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data, gpointer tag)
{
  g_autoptr (S3dlioOptions) telling = options_that_tell (sequence, options);

  s3d_client_run_async (client, sequence, error, "delete", uri, telling, cancellable, callback, user_data, tag);
}

static gboolean
run_finish (S3dlioClient *client, GAsyncResult *result, gpointer tag, guint64 *n_deleted, guint64 *n_failed,
            GError **error)
{
  S3dSequence *sequence = NULL;
  const gboolean good = s3d_client_run_finish (client, result, tag, &sequence, error);

  take_counts (sequence, n_deleted, n_failed);
  return good;
}

static const char *const known_options[] = { S3D_OPTION_PROGRESS, S3D_OPTION_DELETED, NULL };

/* All names are looked at before the first request. A store that cannot be opened is the affair of its own objects. */
static S3dSequence *
plan_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options, GError **error)
{
  g_autoptr (S3dSequence) delete = NULL;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);
  g_return_val_if_fail (uris != NULL, NULL);

  if (!s3d_options_check (options, known_options, error))
    return NULL;

  delete = s3d_delete_new (s3d_client_get_settings (client)->max_concurrent_downloads);
  for (; *uris != NULL; uris++)
    {
      g_auto (S3dTarget) target = S3D_TARGET_INIT;
      GError *reason = NULL;

      if (s3d_client_resolve (client, *uris, S3D_NAME_OBJECT, &target, &reason))
        {
          s3d_delete_add (delete, target.store, target.uri);
        }
      else if (target.uri != NULL)
        {
          s3d_delete_add_failed (delete, target.uri, reason);
        }
      else
        {
          g_propagate_error (error, reason);
          return NULL;
        }
    }

  return g_steal_pointer (&delete);
}

/**
 * s3dlio_client_delete_many:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects, of any stores, exactly these
 * @options: (nullable): options: progress, in objects, and s3dlio_options_set_deleted()
 * @n_deleted: (out) (optional): how many are gone, also when it failed
 * @n_failed: (out) (optional): how many could not be deleted
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Deletes many objects, in as few requests as the stores allow (on S3 a request a thousand keys), at most
 * `max-concurrent-downloads` at once. One that does not exist is not an error, nor is one that stands there twice: it
 * is counted and told of as often. One that cannot be deleted, or whose service is not to be used as it is configured,
 * does not keep the others from it; s3dlio_options_set_deleted() tells of each. When it is cancelled, what was under
 * way may or may not be gone, and is told of with %G_IO_ERROR_CANCELLED; what had not begun is not told of.
 *
 * Returns: %TRUE when all are gone. %FALSE with @error when one could not be deleted (the first such error, and how
 *   many there are), when it was cancelled, or when a URI is wrong: nothing was deleted then
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options, guint64 *n_deleted,
                           guint64 *n_failed, GCancellable *cancellable, GError **error)
{
  return run (plan_many (client, uris, options, error), "many", options, n_deleted, n_failed, cancellable, error);
}

/**
 * s3dlio_client_delete_many_async:
 * @client: a client
 * @uris: (array zero-terminated=1): the objects, of any stores, exactly these
 * @options: (nullable): options: progress, in objects, and s3dlio_options_set_deleted()
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_delete_many() does, without blocking; s3dlio_client_delete_many_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_delete_many_async (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *delete = plan_many (client, uris, options, &error);

  run_async (client, delete, error, "many", options, cancellable, callback, user_data,
             s3dlio_client_delete_many_async);
}

/**
 * s3dlio_client_delete_many_finish:
 * @client: a client
 * @result: what the callback was given
 * @n_deleted: (out) (optional): how many are gone, also when it failed
 * @n_failed: (out) (optional): how many could not be deleted
 * @error: return location for an error
 *
 * Ends what s3dlio_client_delete_many_async() began.
 *
 * Returns: as s3dlio_client_delete_many()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_many_finish (S3dlioClient *client, GAsyncResult *result, guint64 *n_deleted, guint64 *n_failed,
                                  GError **error)
{
  return run_finish (client, result, s3dlio_client_delete_many_async, n_deleted, n_failed, error);
}

/* --- below a prefix --- */

static S3dSequence *
plan_prefix (S3dlioClient *client, const char *uri, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;

  if (!s3d_options_check (options, known_options, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_PREFIX, &target, error))
    return NULL;

  return s3d_delete_prefix_new (target.store, target.uri,
                                s3d_client_get_settings (client)->max_concurrent_downloads);
}

/**
 * s3dlio_client_delete_prefix:
 * @client: a client
 * @uri: a prefix that ends at a "/", written or not: `s3://b/foo` is all of `foo/…`, and neither `foo` nor `foobar`; a
 *   container alone is all that it holds
 * @options: (nullable): options: progress, in objects, and s3dlio_options_set_deleted()
 * @n_deleted: (out) (optional): how many objects are gone, also when it failed
 * @n_failed: (out) (optional): how many could not be deleted
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Deletes all objects below a prefix, as s3dlio_client_delete_many() does. They are listed and deleted side by side, in
 * bounded memory; an object that is written meanwhile may or may not be seen. That there are none is no error.
 *
 * Where objects are files it removes the directory and all below it, symbolic links without following them, and leaves
 * the directories in which something could not be deleted.
 *
 * Returns: %TRUE when all are gone. %FALSE with @error when one could not be deleted (the first such error, and how
 *   many there are), when the list could not be read to its end, or when it was cancelled
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_prefix (S3dlioClient *client, const char *uri, S3dlioOptions *options, guint64 *n_deleted,
                             guint64 *n_failed, GCancellable *cancellable, GError **error)
{
  return run (plan_prefix (client, uri, options, error), uri, options, n_deleted, n_failed, cancellable, error);
}

/**
 * s3dlio_client_delete_prefix_async:
 * @client: a client
 * @uri: a prefix that ends at a "/", written or not
 * @options: (nullable): options: progress, in objects, and s3dlio_options_set_deleted()
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_delete_prefix() does, without blocking; s3dlio_client_delete_prefix_finish() gives its
 * result.
 *
 * Since: 0.9
 */
void
s3dlio_client_delete_prefix_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *delete = plan_prefix (client, uri, options, &error);

  run_async (client, delete, error, uri, options, cancellable, callback, user_data, s3dlio_client_delete_prefix_async);
}

/**
 * s3dlio_client_delete_prefix_finish:
 * @client: a client
 * @result: what the callback was given
 * @n_deleted: (out) (optional): how many objects are gone, also when it failed
 * @n_failed: (out) (optional): how many could not be deleted
 * @error: return location for an error
 *
 * Ends what s3dlio_client_delete_prefix_async() began.
 *
 * Returns: as s3dlio_client_delete_prefix()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_prefix_finish (S3dlioClient *client, GAsyncResult *result, guint64 *n_deleted, guint64 *n_failed,
                                    GError **error)
{
  return run_finish (client, result, s3dlio_client_delete_prefix_async, n_deleted, n_failed, error);
}

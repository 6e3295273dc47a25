/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations on names: lists, stat, exists, containers. Each plan makes a sequence; client-run.c runs it.
 * Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-names.h"

#include "base/base-options.h"
#include "client/client-lister.h"
#include "client/client-private.h"
#include "engine/engine-list.h"
#include "s3dlio/s3dlio-error.h"

/* The sequence of one op of @kind on what @uri names. */
static S3dSequence *
plan_single (S3dlioClient *client, const char *uri, S3dOpKind kind, S3dNameKind name, S3dlioOptions *options,
             GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;

  if (!s3d_options_check (options, NULL, error) || !s3d_client_resolve (client, uri, name, &target, error))
    return NULL;

  return s3d_single_new (target.store, s3d_op_new (kind, target.uri, NULL, NULL));
}

/* Resolves what to list. @wanted, zeroed, gets a filter of its own. */
static gboolean
prepare_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options, S3dTarget *target,
              S3dListWanted *wanted, GError **error)
{
  static const char *const known[] = { S3DLIO_OPTION_LIMIT, S3DLIO_OPTION_GLOB, S3DLIO_OPTION_REGEX, NULL };
  const char *glob = s3d_options_get_string (options, S3DLIO_OPTION_GLOB);
  const char *regex = s3d_options_get_string (options, S3DLIO_OPTION_REGEX);

  if (!s3d_options_check (options, known, error) || !s3d_client_resolve (client, uri, S3D_NAME_PREFIX, target, error))
    return FALSE;

  wanted->kind = (flags & S3DLIO_LIST_UPLOADS) != 0 ? S3D_OP_UPLOAD_LIST : S3D_OP_LIST;
  wanted->recursive = flags != S3DLIO_LIST_NONE;
  wanted->limit = (guint64) s3d_options_get_int64 (options, S3DLIO_OPTION_LIMIT, 0);
  if (glob == NULL && regex == NULL)
    return TRUE;

  wanted->filter = s3d_filter_new (glob, regex, error);
  return wanted->filter != NULL;
}

static S3dSequence *
plan_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  S3dListWanted wanted = { 0 };
  g_autoptr (S3dFilter) filter = NULL;

  if (!prepare_list (client, uri, flags, options, &target, &wanted, error))
    return NULL;

  filter = wanted.filter;
  return s3d_list_new (target.store, target.uri, &wanted, NULL);
}

static S3dSequence *
plan_list_containers (S3dlioClient *client, const char *uri, S3dlioOptions *options, GError **error)
{
  static const char *const known[] = { S3DLIO_OPTION_LIMIT, NULL };
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  S3dListWanted wanted = { .kind = S3D_OP_CONTAINER_LIST };

  if (!s3d_options_check (options, known, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_SERVICE, &target, error))
    return NULL;

  wanted.limit = (guint64) s3d_options_get_int64 (options, S3DLIO_OPTION_LIMIT, 0);
  return s3d_list_new (target.store, target.uri, &wanted, NULL);
}

/**
 * s3dlio_client_list:
 * @client: a client
 * @uri: a container, or a prefix in it: literal, not a pattern
 * @flags: how to list
 * @options: (nullable): %S3DLIO_OPTION_LIMIT, %S3DLIO_OPTION_GLOB, %S3DLIO_OPTION_REGEX
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Lists what begins with a prefix, in the byte order of the keys, all of it at once: one request a thousand entries,
 * before a glob or regular expression picks among them. Common prefixes are entries as objects are, for the limit too.
 * For lists that may be long, s3dlio_client_open_list() gives them page by page.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo): the entries, perhaps none, or %NULL with @error
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_client_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) list = plan_list (client, uri, flags, options, error);

  if (!s3d_client_run (list, "list", uri, options, cancellable, error))
    return NULL;

  return s3d_list_steal_items (list);
}

/**
 * s3dlio_client_list_async:
 * @client: a client
 * @uri: a container, or a prefix in it: literal, not a pattern
 * @flags: how to list
 * @options: (nullable): %S3DLIO_OPTION_LIMIT, %S3DLIO_OPTION_GLOB, %S3DLIO_OPTION_REGEX
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_list() does, without blocking; s3dlio_client_list_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_list_async (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options,
                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *list = plan_list (client, uri, flags, options, &error);

  s3d_client_run_async (client, list, error, "list", uri, options, cancellable, callback, user_data,
                        s3dlio_client_list_async);
}

/**
 * s3dlio_client_list_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_list_async() began.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo): as s3dlio_client_list()
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_client_list_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  S3dSequence *list;

  if (!s3d_client_run_finish (client, result, s3dlio_client_list_async, &list, error))
    return NULL;

  return s3d_list_steal_items (list);
}

/**
 * s3dlio_client_stat:
 * @client: a client
 * @uri: the object, or a container without a key
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Asks what is known of an object, or whether a container is there: one request.
 *
 * Returns: (transfer full): size, modification time, ETag and so on (of a container its type), or %NULL with @error:
 *   %S3DLIO_ERROR_NOT_FOUND when there is no such object or container
 *
 * Since: 0.9
 */
S3dlioObjectInfo *
s3dlio_client_stat (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (S3dSequence) stat = plan_single (client, uri, S3D_OP_STAT, S3D_NAME_PREFIX, options, error);

  if (!s3d_client_run (stat, "stat", uri, options, cancellable, error))
    return NULL;

  return s3dlio_object_info_ref (s3d_single_get_op (stat)->info);
}

/**
 * s3dlio_client_stat_async:
 * @client: a client
 * @uri: the object, or a container without a key
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_stat() does, without blocking; s3dlio_client_stat_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_stat_async (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *stat = plan_single (client, uri, S3D_OP_STAT, S3D_NAME_PREFIX, options, &error);

  s3d_client_run_async (client, stat, error, "stat", uri, options, cancellable, callback, user_data,
                        s3dlio_client_stat_async);
}

/**
 * s3dlio_client_stat_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_stat_async() began.
 *
 * Returns: (transfer full): as s3dlio_client_stat()
 *
 * Since: 0.9
 */
S3dlioObjectInfo *
s3dlio_client_stat_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  S3dSequence *stat;

  if (!s3d_client_run_finish (client, result, s3dlio_client_stat_async, &stat, error))
    return NULL;

  return s3dlio_object_info_ref (s3d_single_get_op (stat)->info);
}

/* That an object is missing is an answer, not an error. */
static gboolean
unless_missing (gboolean found, GError **error)
{
  if (!found && error != NULL && g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND))
    g_clear_error (error);

  return found;
}

/**
 * s3dlio_client_exists:
 * @client: a client
 * @uri: the object
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Whether an object exists: one request.
 *
 * Returns: %TRUE when it does. %FALSE without @error when there is no such object, and only then; with @error when
 *   that could not be found out
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_exists (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (S3dSequence) stat = plan_single (client, uri, S3D_OP_STAT, S3D_NAME_OBJECT, options, error);

  return unless_missing (s3d_client_run (stat, "exists", uri, options, cancellable, error), error);
}

/**
 * s3dlio_client_exists_async:
 * @client: a client
 * @uri: the object
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_exists() does, without blocking; s3dlio_client_exists_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_exists_async (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *stat = plan_single (client, uri, S3D_OP_STAT, S3D_NAME_OBJECT, options, &error);

  s3d_client_run_async (client, stat, error, "exists", uri, options, cancellable, callback, user_data,
                        s3dlio_client_exists_async);
}

/**
 * s3dlio_client_exists_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_exists_async() began.
 *
 * Returns: as s3dlio_client_exists()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_exists_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return unless_missing (s3d_client_run_finish (client, result, s3dlio_client_exists_async, NULL, error), error);
}

/**
 * s3dlio_client_create_container:
 * @client: a client
 * @uri: the container, without a key: `s3://BUCKET`
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Creates a container (a bucket), in the configured region.
 *
 * Returns: %TRUE when it was created; %S3DLIO_ERROR_EXISTS when it is there already
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_create_container (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) create = plan_single (client, uri, S3D_OP_CONTAINER_CREATE, S3D_NAME_CONTAINER, options,
                                                error);

  return s3d_client_run (create, "create", uri, options, cancellable, error);
}

/**
 * s3dlio_client_create_container_async:
 * @client: a client
 * @uri: the container, without a key: `s3://BUCKET`
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_create_container() does, without blocking; s3dlio_client_create_container_finish() gives
 * its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_create_container_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *create = plan_single (client, uri, S3D_OP_CONTAINER_CREATE, S3D_NAME_CONTAINER, options, &error);

  s3d_client_run_async (client, create, error, "create", uri, options, cancellable, callback, user_data,
                        s3dlio_client_create_container_async);
}

/**
 * s3dlio_client_create_container_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_create_container_async() began.
 *
 * Returns: as s3dlio_client_create_container()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_create_container_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_create_container_async, NULL, error);
}

/**
 * s3dlio_client_delete_container:
 * @client: a client
 * @uri: the container, without a key: `s3://BUCKET`
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Deletes an empty container. One that still holds objects is refused by the service.
 *
 * Returns: %TRUE when it is gone; %S3DLIO_ERROR_PRECONDITION when it is not empty, %S3DLIO_ERROR_NOT_FOUND when there
 *   is none
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_container (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) delete = plan_single (client, uri, S3D_OP_CONTAINER_DELETE, S3D_NAME_CONTAINER, options,
                                                error);

  return s3d_client_run (delete, "delete", uri, options, cancellable, error);
}

/**
 * s3dlio_client_delete_container_async:
 * @client: a client
 * @uri: the container, without a key: `s3://BUCKET`
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_delete_container() does, without blocking; s3dlio_client_delete_container_finish() gives
 * its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_delete_container_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *delete = plan_single (client, uri, S3D_OP_CONTAINER_DELETE, S3D_NAME_CONTAINER, options, &error);

  s3d_client_run_async (client, delete, error, "delete", uri, options, cancellable, callback, user_data,
                        s3dlio_client_delete_container_async);
}

/**
 * s3dlio_client_delete_container_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_delete_container_async() began.
 *
 * Returns: as s3dlio_client_delete_container()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_delete_container_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_delete_container_async, NULL, error);
}

/**
 * s3dlio_client_list_containers:
 * @client: a client
 * @uri: the service: `s3://`, or `s3://HOST:PORT`
 * @options: (nullable): %S3DLIO_OPTION_LIMIT
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Lists the containers that the credentials may see.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo): the containers, or %NULL with @error
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_client_list_containers (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                               GError **error)
{
  g_autoptr (S3dSequence) list = plan_list_containers (client, uri, options, error);

  if (!s3d_client_run (list, "list", uri, options, cancellable, error))
    return NULL;

  return s3d_list_steal_items (list);
}

/**
 * s3dlio_client_list_containers_async:
 * @client: a client
 * @uri: the service: `s3://`, or `s3://HOST:PORT`
 * @options: (nullable): %S3DLIO_OPTION_LIMIT
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_list_containers() does, without blocking; s3dlio_client_list_containers_finish() gives
 * its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_list_containers_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *list = plan_list_containers (client, uri, options, &error);

  s3d_client_run_async (client, list, error, "list", uri, options, cancellable, callback, user_data,
                        s3dlio_client_list_containers_async);
}

/**
 * s3dlio_client_list_containers_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_list_containers_async() began.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo): as s3dlio_client_list_containers()
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_client_list_containers_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  S3dSequence *list;

  if (!s3d_client_run_finish (client, result, s3dlio_client_list_containers_async, &list, error))
    return NULL;

  return s3d_list_steal_items (list);
}

/**
 * s3dlio_client_open_list:
 * @client: a client
 * @uri: a container, or a prefix in it: literal, not a pattern
 * @flags: how to list
 * @options: (nullable): %S3DLIO_OPTION_LIMIT, %S3DLIO_OPTION_GLOB, %S3DLIO_OPTION_REGEX
 * @error: return location for an error
 *
 * Begins a list that is given page by page, in bounded memory. Nothing is asked for before the first page.
 *
 * Returns: (transfer full): the list, or %NULL with @error when an argument is wrong
 *
 * Since: 0.9
 */
S3dlioLister *
s3dlio_client_open_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options,
                         GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  S3dListWanted wanted = { 0 };
  g_autoptr (S3dFilter) filter = NULL;

  if (!prepare_list (client, uri, flags, options, &target, &wanted, error))
    return NULL;

  filter = wanted.filter;
  return s3d_lister_new (target.store, target.uri, uri, &wanted);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Uploads that were begun and never ended: aborting one, and which are this client's own. They are listed as objects
 * are, see %S3DLIO_LIST_UPLOADS. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-uploads.h"

#include "base/base-options.h"
#include "client/client-private.h"
#include "s3dlio/s3dlio-error.h"

static S3dSequence *
plan_abort (S3dlioClient *client, const char *uri, const char *upload_id, S3dlioOptions *options, GError **error)
{
  g_auto (S3dTarget) target = S3D_TARGET_INIT;
  S3dOp *op;

  if (!s3d_options_check (options, NULL, error)
      || !s3d_client_resolve (client, uri, S3D_NAME_OBJECT, &target, error))
    return NULL;
  if (*upload_id == '\0')
    {
      /* Some services (Ceph) take such a request for one to delete the object. */
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the upload-id is empty");
      return NULL;
    }

  op = s3d_op_new (S3D_OP_UPLOAD_ABORT, target.uri, NULL, NULL);
  op->upload_id = g_strdup (upload_id);
  return s3d_single_new (target.store, op);
}

/**
 * s3dlio_client_abort_upload:
 * @client: a client
 * @uri: the object that the upload would make, as a list with %S3DLIO_LIST_UPLOADS gives it
 * @upload_id: which upload of it: the attribute "upload-id" of that list's entry
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Aborts an unfinished upload, and gives back the space that its parts take. One that is not there (any more) is not
 * an error. If it was under way, in this program or another, that put fails. On file:// it removes the temporary file
 * that a killed program left.
 *
 * Returns: %TRUE when the upload is gone
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_abort_upload (S3dlioClient *client, const char *uri, const char *upload_id, S3dlioOptions *options,
                            GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) abort = NULL;

  g_return_val_if_fail (upload_id != NULL, FALSE);

  abort = plan_abort (client, uri, upload_id, options, error);
  return s3d_client_run (abort, "abort", uri, options, cancellable, error);
}

/**
 * s3dlio_client_abort_upload_async:
 * @client: a client
 * @uri: the object that the upload would make, as a list with %S3DLIO_LIST_UPLOADS gives it
 * @upload_id: which upload of it: the attribute "upload-id" of that list's entry
 * @options: (nullable): options; this operation has none yet
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_abort_upload() does, without blocking; s3dlio_client_abort_upload_finish() gives its
 * result.
 *
 * Since: 0.9
 */
void
s3dlio_client_abort_upload_async (S3dlioClient *client, const char *uri, const char *upload_id, S3dlioOptions *options,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *abort;

  g_return_if_fail (upload_id != NULL);

  abort = plan_abort (client, uri, upload_id, options, &error);
  s3d_client_run_async (client, abort, error, "abort", uri, options, cancellable, callback, user_data,
                        s3dlio_client_abort_upload_async);
}

/**
 * s3dlio_client_abort_upload_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_abort_upload_async() began.
 *
 * Returns: as s3dlio_client_abort_upload()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_abort_upload_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_abort_upload_async, NULL, error);
}

/**
 * s3dlio_client_get_open_uploads:
 * @client: a client
 *
 * The uploads in parts that operations of this client have begun in a service and not ended: those under way, and
 * those that could not be aborted. Who ends the process now leaves them behind. Nothing is asked of the service.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo): entries of type %S3DLIO_OBJECT_TYPE_UPLOAD, perhaps
 *   none, in no order
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_client_get_open_uploads (S3dlioClient *client)
{
  g_autoptr (GPtrArray) uploads = NULL;

  g_return_val_if_fail (S3DLIO_IS_CLIENT (client), NULL);

  uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  s3d_client_add_open_uploads (client, uploads);
  return g_steal_pointer (&uploads);
}

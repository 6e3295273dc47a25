/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renaming. The plan names the copy that it may take; client-run.c runs it. Any thread. */

#include "config.h"

#include "s3dlio/s3dlio-client-rename.h"

#include "base/base-options.h"
#include "client/client-copy.h"
#include "engine/engine-rename.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>
#include <sys/stat.h>

/* What the copy needs, once it is known whether there is one. */
typedef struct
{
  S3dTarget from;
  S3dTarget to;
  S3dBudget *budget;
  S3dlioOptions *options; /* nullable */
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  s3d_target_clear (&copy->from);
  s3d_target_clear (&copy->to);
  g_clear_pointer (&copy->budget, s3d_budget_unref);
  g_clear_pointer (&copy->options, s3dlio_options_unref);
  g_free (copy);
}

/* What was written into a device or a FIFO could not be read there again. */
static gboolean
check_place (S3dTarget *to, GError **error)
{
  g_autofree char *path = NULL;
  struct stat there;

  if (to->store->klass->local_path == NULL)
    return TRUE;

  path = to->store->klass->local_path (to->store, to->uri);
  if (stat (path, &there) != 0 || S_ISREG (there.st_mode))
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "%s is no regular file, and nothing is moved into it",
               path);
  return FALSE;
}

static S3dSequence *
plan_copy (gpointer data, const char *if_match, GError **error)
{
  Copy *copy = data;

  if (!check_place (&copy->to, error))
    return NULL;

  return s3d_client_plan_copy (&copy->from, &copy->to, copy->budget, copy->options, if_match, TRUE, error);
}

/* Two endpoints may be two names of one service: then the copy would be written over the source, and deleted. */
static gboolean
check_names (S3dlioUri *from, S3dlioUri *to, GError **error)
{
  if (strcmp (from->scheme, to->scheme) != 0 || g_strcmp0 (from->container, to->container) != 0
      || strcmp (from->key, to->key) != 0)
    return TRUE;

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                       "its new name is, or may be, another name of the same object");
  return FALSE;
}

static S3dSequence *
plan_rename (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options, GError **error)
{
  Copy *copy = g_new0 (Copy, 1);
  S3dRename wanted = { .copy = plan_copy, .data = copy, .destroy = copy_free };

  if (!s3d_client_resolve_copy (client, from, to, options, &copy->from, &copy->to, error)
      || !check_names (copy->from.uri, copy->to.uri, error))
    {
      copy_free (copy);
      return NULL;
    }

  copy->budget = s3d_budget_ref (s3d_client_get_budget (client));
  copy->options = options != NULL ? s3dlio_options_ref (options) : NULL;
  wanted.store = copy->from.store;
  wanted.from = copy->from.uri;
  wanted.to = copy->from.store == copy->to.store ? copy->to.uri : NULL;
  wanted.if_match = s3d_options_get_string (options, S3DLIO_OPTION_IF_MATCH);
  wanted.no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER);
  return s3d_rename_new (&wanted);
}

/**
 * s3dlio_client_rename:
 * @client: a client
 * @from: the object to move
 * @to: its new name, which may be of another endpoint or another service
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH (of what is moved), %S3DLIO_OPTION_NO_CLOBBER, content headers,
 *   metadata, progress
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Moves an object, replacing what was there. Between files of one file system that is one step, which others see done
 * or not done. Elsewhere the object is copied, as by s3dlio_client_copy(), and deleted once the copy is whole: others
 * may see both, and after an error or a cancellation both may be there, but never neither.
 *
 * One version of the object is copied, and only that one is deleted: when somebody writes another one meanwhile, that
 * one stays, and the error is %S3DLIO_ERROR_PRECONDITION or %S3DLIO_ERROR_INTEGRITY. Of files, regular ones alone are
 * moved, and symbolic links are not followed. A target that is a symbolic link stays one, and what it points to is
 * replaced, as by a copy; what is no regular file (a device, a FIFO) is no target, since nothing could be read there
 * again: both are %S3DLIO_ERROR_UNSUPPORTED. The modification time of a file stays what it was. A rename to the same
 * name in the same container is %S3DLIO_ERROR_INVALID even of two endpoints, since they may be two names of one.
 *
 * Returns: %TRUE when the object is at its new name, and no longer at its old one
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_rename (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                      GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) sequence = plan_rename (client, from, to, options, error);

  return s3d_client_run (sequence, "rename", from, options, cancellable, error);
}

/**
 * s3dlio_client_rename_async:
 * @client: a client
 * @from: the object to move
 * @to: its new name, which may be of another endpoint or another service
 * @options: (nullable): %S3DLIO_OPTION_IF_MATCH (of what is moved), %S3DLIO_OPTION_NO_CLOBBER, content headers,
 *   metadata, progress
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_client_rename() does, without blocking; s3dlio_client_rename_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_client_rename_async (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GError *error = NULL;
  S3dSequence *sequence = plan_rename (client, from, to, options, &error);

  s3d_client_run_async (client, sequence, error, "rename", from, options, cancellable, callback, user_data,
                        s3dlio_client_rename_async);
}

/**
 * s3dlio_client_rename_finish:
 * @client: a client
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_client_rename_async() began.
 *
 * Returns: as s3dlio_client_rename()
 *
 * Since: 0.9
 */
gboolean
s3dlio_client_rename_finish (S3dlioClient *client, GAsyncResult *result, GError **error)
{
  return s3d_client_run_finish (client, result, s3dlio_client_rename_async, NULL, error);
}

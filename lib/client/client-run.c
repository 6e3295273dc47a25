/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs the sequence that an operation was planned as, for a blocking caller or for a GTask, and says in its error
 * what was being done. The task owns the sequence until its finish function has taken the result. Any thread. */

#include "config.h"

#include "base/base-options.h"
#include "client/client-private.h"
#include "engine/engine-call.h"

#include <string.h>

static void
prefix_error (GError **error, const char *what, const char *uri)
{
  g_autofree char *valid = NULL;
  g_autofree char *message = NULL;

  if (error == NULL || *error == NULL || g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  /* A path in it may be no text, nor may a wrong URI. */
  valid = g_utf8_make_valid (uri, -1);
  message = (*error)->message;
  (*error)->message = g_utf8_make_valid (message, -1);
  /* What is wrong with the URI itself begins with it. */
  if (g_str_has_prefix ((*error)->message, valid) && (*error)->message[strlen (valid)] == ':')
    g_prefix_error (error, "%s ", what);
  else
    g_prefix_error (error, "%s %s: ", what, valid);
}

/* What it cost, to who wants to know. */
static void
report (S3dSequence *sequence, S3dlioOptions *options)
{
  gpointer data = NULL;
  S3dlioReportFunc func = s3d_options_get_report (options, &data);
  g_autoptr (S3dlioReport) made = func != NULL ? s3d_sequence_report (sequence) : NULL;

  if (func != NULL)
    func (made, data);
}

gboolean
s3d_client_run (S3dSequence *sequence, const char *what, const char *uri, S3dlioOptions *options,
                GCancellable *cancellable, GError **error)
{
  gpointer data = NULL;
  S3dlioProgressFunc progress = s3d_options_get_progress (options, &data);

  gboolean fine = sequence != NULL && s3d_call_run (sequence, cancellable, progress, data, error);

  if (sequence != NULL)
    report (sequence, options);
  if (!fine)
    prefix_error (error, what, uri);

  return fine;
}

/* What the task carries to its finish function. */
typedef struct
{
  S3dSequence *sequence;
  S3dlioOptions *options; /* nullable; they own the progress function's data */
  const char *what;
  char *uri;
} Run;

static void
run_free (Run *run)
{
  g_clear_pointer (&run->sequence, s3d_sequence_unref);
  g_clear_pointer (&run->options, s3dlio_options_unref);
  g_free (run->uri);
  g_free (run);
}

static void
return_task (GTask *task, S3dSequence *sequence, GError *error, gpointer data)
{
  const Run *run = g_task_get_task_data (task);

  report (sequence, run->options);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
s3d_client_run_async (gpointer source, S3dSequence *sequence, GError *error, const char *what, const char *uri,
                      S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                      gpointer user_data, gpointer tag)
{
  g_autoptr (GTask) task = NULL;
  Run *run;
  gpointer data = NULL;
  S3dlioProgressFunc progress = s3d_options_get_progress (options, &data);

  /* An argument that no caller may give, which the plan has complained of. */
  if (sequence == NULL && error == NULL)
    return;

  task = g_task_new (source, cancellable, callback, user_data);
  run = g_new0 (Run, 1);
  run->sequence = sequence;
  run->options = options != NULL ? s3dlio_options_ref (options) : NULL;
  run->what = what;
  run->uri = g_strdup (uri);
  g_task_set_source_tag (task, tag);
  g_task_set_name (task, what);
  g_task_set_task_data (task, run, (GDestroyNotify) run_free);

  if (sequence == NULL)
    g_task_return_error (task, error);
  else
    s3d_call_start (sequence, g_steal_pointer (&task), progress, data, return_task, NULL, NULL);
}

gboolean
s3d_client_run_finish (gpointer source, GAsyncResult *result, gpointer tag, S3dSequence **sequence, GError **error)
{
  Run *run;

  g_return_val_if_fail (g_task_is_valid (result, source), FALSE);
  g_return_val_if_fail (g_task_get_source_tag (G_TASK (result)) == tag, FALSE);

  run = g_task_get_task_data (G_TASK (result));
  if (sequence != NULL)
    *sequence = run->sequence;

  if (g_task_propagate_boolean (G_TASK (result), error))
    return TRUE;

  prefix_error (error, run->what, run->uri);
  return FALSE;
}

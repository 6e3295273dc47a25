/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One copy or move: from file or object to file or object. One thread; an item belongs to the operation that is under
 * way for it. */

#include "config.h"

#include "tool-copy.h"

#include "tool-progress.h"
#include "tool-walk.h"

void
tool_copy_set_range (Tool *tool, S3dlioOptions *options)
{
  const ToolOptions *wanted = tool->options;

  if (!wanted->has_range)
    return;

  s3dlio_options_set_int64 (options, S3DLIO_OPTION_OFFSET, wanted->range_offset);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LENGTH, wanted->range_length);
}

S3dlioOptions *
tool_copy_write_options (Tool *tool, const char *name)
{
  const ToolOptions *wanted = tool->options;
  S3dlioOptions *options = s3dlio_options_new ();
  const char *type = wanted->content_type;

  if (type == NULL && name != NULL)
    type = tool_guess_content_type (name);
  if (type != NULL)
    s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, type);
  for (guint i = 0; i + 1 < wanted->metadata->len; i += 2)
    s3dlio_options_set_metadata (options, g_ptr_array_index (wanted->metadata, i),
                                 g_ptr_array_index (wanted->metadata, i + 1));
  if (wanted->no_clobber)
    s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);

  return options;
}

int
tool_copy_check_attributes (Tool *tool, const ToolPlace *to)
{
  if (to->path == NULL || (tool->options->content_type == NULL && tool->options->metadata->len == 0))
    return 0;

  return tool_usage ("%s: a local file keeps no --content-type and no --metadata", tool->verb->name);
}

/* --- after it --- */

/* Takes @error. A target that is left alone, as asked, is no error; its source stays where it is. */
static void
ended (ToolItem *item, GError *error)
{
  Tool *tool = item->tool;

  if (error != NULL && tool->options->no_clobber && g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS))
    {
      tool_verbose (tool, "%s: left alone, since %s exists", item->from, item->to);
      g_clear_pointer (&item->to, g_free);
      g_error_free (error);
      tool_jobs_done (item, NULL);
      return;
    }

  tool_jobs_done (item, error);
}

/* --- the copy --- */

static void
fetched (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_get_to_file_finish (S3DLIO_CLIENT (source), result, &error);
  ended (item, error);
}

static void
fetch (ToolItem *item)
{
  Tool *tool = item->tool;
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autofree char *from = item->from_local ? tool_path_to_uri (item->from) : g_strdup (item->from);

  s3dlio_options_set_boolean (options, S3DLIO_OPTION_PRESERVE_MTIME, TRUE);
  if (tool->options->no_clobber)
    s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
  if (tool->options->resume)
    s3dlio_options_set_boolean (options, S3DLIO_OPTION_RESUME, TRUE);
  tool_copy_set_range (tool, options);
  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_get_to_file_async (tool->client, from, item->to, options, tool->cancellable, fetched, item);
}

static void
stored (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_put_file_finish (S3DLIO_CLIENT (source), result, NULL, &error);
  ended (item, error);
}

static void
store (ToolItem *item)
{
  Tool *tool = item->tool;
  g_autoptr (S3dlioOptions) options = tool_copy_write_options (tool, item->from);

  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_put_file_async (tool->client, item->to, item->from, options, tool->cancellable, stored, item);
}

static void
copied (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_copy_finish (S3DLIO_CLIENT (source), result, &error);
  ended (item, error);
}

static void
copy (ToolItem *item)
{
  Tool *tool = item->tool;
  g_autoptr (S3dlioOptions) options = tool_copy_write_options (tool, NULL);
  g_autofree char *from = item->from_local ? tool_path_to_uri (item->from) : g_strdup (item->from);
  g_autofree char *to = item->to_local ? tool_path_to_uri (item->to) : g_strdup (item->to);

  if (item->to_local)
    s3dlio_options_set_boolean (options, S3DLIO_OPTION_PRESERVE_MTIME, TRUE);
  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_copy_async (tool->client, from, to, options, tool->cancellable, copied, item);
}

static void
moved (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_rename_finish (S3DLIO_CLIENT (source), result, &error);
  ended (item, error);
}

static void
move (ToolItem *item)
{
  Tool *tool = item->tool;
  const gboolean upload = item->from_local && !item->to_local;
  g_autoptr (S3dlioOptions) options = tool_copy_write_options (tool, upload ? item->from : NULL);
  g_autofree char *from = item->from_local ? tool_path_to_uri (item->from) : g_strdup (item->from);
  g_autofree char *to = item->to_local ? tool_path_to_uri (item->to) : g_strdup (item->to);

  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_rename_async (tool->client, from, to, options, tool->cancellable, moved, item);
}

static void
deleted (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_delete_finish (S3DLIO_CLIENT (source), result, &error);
  ended (item, error);
}

/* An object without bytes has become a directory. */
static void
end_directory (ToolItem *item)
{
  Tool *tool = item->tool;
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  const char *etag = item->info != NULL ? s3dlio_object_info_get_etag (item->info) : NULL;

  if (tool->verb->bit != TOOL_MV)
    {
      tool_jobs_done (item, NULL);
      return;
    }

  if (etag != NULL)
    s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, etag);
  s3dlio_client_delete_async (tool->client, item->from, options, tool->cancellable, deleted, item);
}

static void
start (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;
  const ToolOptions *options = tool->options;

  if (options->dry_run)
    {
      tool_copy_dry_run (item);
      return;
    }

  if (item->directory)
    end_directory (item);
  else if (tool->verb->bit == TOOL_MV)
    move (item);
  else if (item->to_local && (!item->from_local || tool->verb->bit == TOOL_GET || options->resume))
    fetch (item);
  else if (item->from_local && !item->to_local)
    store (item);
  else
    copy (item);
}

static void
finish (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;

  if (item->error != NULL)
    tool_plan_failed (jobs->data, item);
  if (item->error != NULL || item->to == NULL || tool->options->dry_run)
    return;

  tool_say_transfer (tool, item, item->from, item->to);
  if (tool->verb->bit == TOOL_MV && item->from_local && item->key != NULL)
    tool_remove_emptied (item->from, item->key);
}

void
tool_copy_run (Tool *tool, ToolSource *names, ToolArguments kind, ToolPlace *to, gboolean several)
{
  static const ToolJobsClass copy_jobs = { .start = start, .finish = finish };
  ToolSource *plan = tool_plan_new (tool, names, kind, to, several);

  if (!tool->options->dry_run)
    tool->progress = tool_progress_new (tool->options->quiet);
  tool_jobs_run (tool, &copy_jobs, plan, plan);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --dry-run of a copy: prints what would be done. What can be known without doing it is looked at, so that an object
 * that is missing is named, and a target that -n would leave alone is. One thread. */

#include "config.h"

#include "tool-copy.h"

static void
say (ToolItem *item)
{
  tool_say_action (item->tool, TRUE, item->tool->verb->name, item->from, item->to);
  tool_jobs_done (item, NULL);
}

static void
target_looked_at (GObject *source, GAsyncResult *result, gpointer data)
{
  ToolItem *item = data;
  g_autoptr (S3dlioObjectInfo) target = s3dlio_client_stat_finish (S3DLIO_CLIENT (source), result, NULL);

  if (target == NULL)
    {
      say (item);
      return;
    }

  tool_verbose (item->tool, "%s: left alone, since %s exists", item->from, item->to);
  g_clear_pointer (&item->to, g_free);
  tool_jobs_done (item, NULL);
}

static void
look_at_target (ToolItem *item)
{
  Tool *tool = item->tool;
  g_autofree char *uri = NULL;

  if (!tool->options->no_clobber || item->directory)
    {
      say (item);
      return;
    }

  uri = item->to_local ? tool_path_to_uri (item->to) : g_strdup (item->to);
  s3dlio_client_stat_async (tool->client, uri, NULL, tool->cancellable, target_looked_at, item);
}

static void
source_looked_at (GObject *source, GAsyncResult *result, gpointer data)
{
  ToolItem *item = data;
  GError *error = NULL;

  item->info = s3dlio_client_stat_finish (S3DLIO_CLIENT (source), result, &error);
  if (item->info == NULL)
    tool_jobs_done (item, error);
  else
    look_at_target (item);
}

void
tool_copy_dry_run (ToolItem *item)
{
  Tool *tool = item->tool;

  /* The plan has seen local sources, and a list what it lists. */
  if (item->from_local || item->info != NULL)
    look_at_target (item);
  else
    s3dlio_client_stat_async (tool->client, item->from, NULL, tool->cancellable, source_looked_at, item);
}

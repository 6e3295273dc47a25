/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio cat: objects to stdout, one after the other; in this it is also what `get URI -` does. One thread. */

#include "config.h"

#include "tool-arguments.h"
#include "tool-copy.h"
#include "tool-progress.h"

#include <unistd.h>

static gboolean
write_object (Tool *tool, ToolItem *item, const char *uri, GError **error)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GAsyncResult) result = NULL;
  ToolWait wait = { NULL };

  tool_copy_set_range (tool, options);
  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_get_to_fd_async (tool->client, uri, STDOUT_FILENO, options, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  return s3dlio_client_get_to_fd_finish (tool->client, result, error);
}

void
tool_cat_names (Tool *tool, char **names, ToolArguments kind)
{
  const char *files_from = tool->options->files_from;
  g_autoptr (ToolSource) source = tool_source_new_names (tool, names, files_from);
  const guint known = files_from == NULL ? g_strv_length (names) : 0; /* of a list, nobody knows how many come */

  /* On a terminal, what is shown and how far it is would fight for the same lines. */
  if (!isatty (STDOUT_FILENO))
    tool->progress = tool_progress_new (tool->options->quiet);

  for (guint n = 1; tool->failed == 0; n++)
    {
      g_autoptr (ToolItem) item = tool_source_pull (source);
      g_autoptr (GError) error = NULL;
      g_autofree char *uri = item != NULL ? tool_item_uri (item, kind, &error) : NULL;

      if (item == NULL)
        break;

      item->tool = tool;
      tool_progress_expect (tool->progress, 1, 0);
      if (n == known)
        tool_progress_complete (tool->progress);
      if (uri == NULL || !write_object (tool, item, uri, &error))
        {
          tool_check_stdout (tool);
          tool_fail (tool, item->from, error);
          break;
        }
      tool_succeed (tool);
      tool_item_finish_progress (item);
      tool_say_transfer (tool, item, item->from, NULL);
    }
}

int
tool_cat (Tool *tool, char **args)
{
  const int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_NAMES);

  if (usage == 0)
    tool_cat_names (tool, args, TOOL_ARGUMENTS_NAMES);

  return usage;
}

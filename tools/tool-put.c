/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio put: a file, or stdin of any length, to an object. One thread. */

#include "config.h"

#include "tool-copy.h"
#include "tool-progress.h"

#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

static int
put_stdin (Tool *tool, const ToolPlace *to)
{
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autofree char *uri = to->path != NULL ? tool_path_to_uri (to->path) : g_strdup (to->text);
  g_autoptr (S3dlioOptions) options = tool_copy_write_options (tool, to->path == NULL ? to->text : NULL);
  g_autoptr (ToolItem) item = tool_item_new ("stdin", TRUE, NULL, -1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  ToolWait wait = { NULL };

  if (tool_place_takes_names (to))
    return tool_usage ("put: stdin has no name: give the whole name of the object, not %s", to->text);
  if (tool->options->dry_run)
    {
      tool_say_action (tool, TRUE, "put", "-", to->text);
      return 0;
    }

  item->tool = tool;
  tool->progress = tool_progress_new (tool->options->quiet);
  tool_progress_expect (tool->progress, 1, 0);
  tool_item_watch (item, options);
  tool_item_keep_report (item, options);
  s3dlio_client_put_stream_async (tool->client, uri, stream, options, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  if (s3dlio_client_put_stream_finish (tool->client, result, NULL, &error))
    {
      tool_succeed (tool);
      tool_say_transfer (tool, item, "-", to->text);
    }
  else if (tool->options->no_clobber && g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS))
    {
      tool_succeed (tool);
      tool_verbose (tool, "stdin: not written, since %s exists", to->text);
    }
  else
    {
      tool_fail (tool, to->text, error);
    }

  return 0;
}

int
tool_put (Tool *tool, char **args)
{
  char *sources[] = { args[0], NULL };
  g_autoptr (ToolPlace) to = NULL;
  g_autoptr (ToolPlace) from = NULL;
  int usage = tool_check_arguments (tool, args + 1, TOOL_ARGUMENTS_URIS);
  g_autoptr (GError) error = NULL;

  if (usage != 0)
    return usage;

  to = tool_place_parse (args[1], NULL);
  usage = tool_copy_check_attributes (tool, to);
  if (usage != 0)
    return usage;
  if (to->path == NULL && s3dlio_uri_get_container (to->uri) == NULL)
    return tool_usage ("put: %s names no bucket", to->text);
  if (strcmp (args[0], "-") == 0)
    return put_stdin (tool, to);

  from = tool_place_parse (args[0], &error);
  if (from == NULL)
    return tool_usage ("put: %s", error->message);
  if (from->path == NULL)
    return tool_usage ("put: %s is not a local file; cp copies from anywhere to anywhere", args[0]);

  tool_copy_run (tool, tool_source_new_names (tool, sources, NULL), TOOL_ARGUMENTS_NAMES, g_steal_pointer (&to), FALSE);
  return 0;
}

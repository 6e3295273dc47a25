/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio rb: removes buckets; those that hold objects only with --force. One thread. */

#include "config.h"

#include "tool-arguments.h"
#include "tool-rm.h"

static void
remove_bucket (Tool *tool, const char *uri)
{
  ToolWait wait = { NULL };
  g_autoptr (S3dlioUri) bucket = s3dlio_uri_parse (uri, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const guint64 failed = tool->failed;

  if (tool->options->force)
    tool_rm_list (tool, bucket);
  if (tool->failed > failed || tool_is_cancelled (tool))
    return;

  if (tool->options->dry_run)
    {
      tool_say_action (tool, TRUE, "rb", uri, NULL);
      return;
    }

  s3dlio_client_delete_container_async (tool->client, uri, NULL, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  if (!s3dlio_client_delete_container_finish (tool->client, result, &error))
    {
      tool_fail (tool, uri, error);
      return;
    }

  tool_succeed (tool);
  tool_say_action (tool, FALSE, "rb", uri, NULL);
}

int
tool_rb (Tool *tool, char **args)
{
  const int usage = tool_check_buckets (tool, args);

  if (usage != 0)
    return usage;

  for (; *args != NULL && !tool_is_cancelled (tool); args++)
    remove_bucket (tool, *args);

  return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio mb: makes buckets. One thread. */

#include "config.h"

#include "tool-arguments.h"

static void
make_bucket (Tool *tool, const char *uri)
{
  ToolWait wait = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (tool->options->dry_run)
    {
      tool_say_action (tool, TRUE, "mb", uri, NULL);
      return;
    }

  s3dlio_client_create_container_async (tool->client, uri, NULL, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  if (!s3dlio_client_create_container_finish (tool->client, result, &error))
    {
      tool_fail (tool, uri, error);
      return;
    }

  tool_succeed (tool);
  tool_say_action (tool, FALSE, "mb", uri, NULL);
}

int
tool_mb (Tool *tool, char **args)
{
  const int usage = tool_check_buckets (tool, args);

  if (usage != 0)
    return usage;

  for (; *args != NULL && !tool_is_cancelled (tool); args++)
    make_bucket (tool, *args);

  return 0;
}

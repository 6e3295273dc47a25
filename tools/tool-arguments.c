/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What verbs have in common about their arguments: which must be URIs, and how a local path becomes one. One thread. */

#include "config.h"

#include "tool-arguments.h"

int
tool_check_arguments (Tool *tool, char **args, ToolArguments kind)
{
  for (char **arg = args; *arg != NULL; arg++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ToolPlace) place = tool_place_parse (*arg, &error);

      if (place == NULL)
        return tool_usage ("%s: %s", tool->verb->name, error->message);
      if (kind == TOOL_ARGUMENTS_URIS && !s3dlio_uri_has_scheme (*arg))
        return tool_usage ("%s: %s is not a URI; a local file is file:///PATH", tool->verb->name, *arg);
    }

  return 0;
}

int
tool_check_buckets (Tool *tool, char **args)
{
  const int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_URIS);

  if (usage != 0)
    return usage;

  for (; *args != NULL; args++)
    {
      g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (*args, NULL);
      const char *container = s3dlio_uri_get_container (uri);

      if (container == NULL || *container == '\0' || *s3dlio_uri_get_key (uri) != '\0')
        return tool_usage ("%s: %s is not a bucket: s3://BUCKET", tool->verb->name, *args);
    }

  return 0;
}

char *
tool_item_uri (const ToolItem *item, ToolArguments kind, GError **error)
{
  g_autoptr (S3dlioUri) uri = NULL;

  if (!item->from_local)
    return g_strdup (item->from);

  if (kind == TOOL_ARGUMENTS_URIS || *item->from == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "not a URI");
      return NULL;
    }

  return tool_path_to_uri (item->from);
}

char *
tool_path_to_uri (const char *path)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_new_for_path (path);

  return s3dlio_uri_to_string (uri);
}

int
tool_check_filters (Tool *tool)
{
  if (tool->options->recursive || tool_filter_is_empty (tool->options->filter))
    return 0;

  return tool_usage ("%s: --include, --exclude and --regex need -r", tool->verb->name);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio cp: copies from anywhere to anywhere. One thread. */

#include "config.h"

#include "tool-copy.h"

/* Several sources need a directory. */
static int
check_target (Tool *tool, const ToolPlace *to, gboolean several)
{
  if (to->path == NULL && s3dlio_uri_get_container (to->uri) == NULL)
    return tool_usage ("%s: %s names no bucket", tool->verb->name, to->text);
  if (to->path == NULL && tool->options->resume)
    return tool_usage ("%s: --resume goes with a local target alone, not with %s", tool->verb->name, to->text);
  if ((several || tool->options->recursive) && to->path != NULL && !g_str_has_suffix (to->path, "/")
      && g_file_test (to->path, G_FILE_TEST_EXISTS) && !g_file_test (to->path, G_FILE_TEST_IS_DIR))
    return tool_usage ("%s: %s is not a directory", tool->verb->name, to->path);

  return 0;
}

int
tool_copy_verb (Tool *tool, char **args)
{
  const guint n = g_strv_length (args);
  g_auto (GStrv) sources = g_strdupv (args);
  g_autoptr (ToolPlace) to = NULL;
  int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_NAMES);

  if (usage == 0)
    usage = tool_check_filters (tool);
  if (usage != 0)
    return usage;

  to = tool_place_parse (args[n - 1], NULL);
  usage = check_target (tool, to, n > 2);
  if (usage == 0)
    usage = tool_copy_check_attributes (tool, to);
  if (usage != 0)
    return usage;

  g_clear_pointer (&sources[n - 1], g_free);
  tool_copy_run (tool, tool_source_new_names (tool, sources, NULL), TOOL_ARGUMENTS_NAMES, g_steal_pointer (&to), n > 2);
  return 0;
}

int
tool_cp (Tool *tool, char **args)
{
  return tool_copy_verb (tool, args);
}

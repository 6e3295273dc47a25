/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio get: an object into a file, or many into a directory. One thread. */

#include "config.h"

#include "tool-copy.h"

#include <string.h>

static int
get_to_stdout (Tool *tool, char **uris)
{
  if (tool->options->dry_run || tool->options->no_clobber || tool->options->resume)
    return tool_usage ("get: none of --dry-run, --no-clobber and --resume goes with stdout");

  tool_cat_names (tool, uris, TOOL_ARGUMENTS_URIS);
  return 0;
}

/* Takes the last argument away when it is where things go. */
static char *
take_target (Tool *tool, GStrv args)
{
  const guint n = g_strv_length (args);
  const gboolean many = tool->options->files_from != NULL;

  if (n == 0 || (!many && n == 1) || (many && s3dlio_uri_has_scheme (args[n - 1])))
    return g_strdup ("./");

  return g_steal_pointer (&args[n - 1]);
}

int
tool_get (Tool *tool, char **args)
{
  g_auto (GStrv) uris = g_strdupv (args);
  g_autofree char *target = take_target (tool, uris);
  const gboolean many = tool->options->files_from != NULL;
  g_autoptr (ToolPlace) to = NULL;
  g_autoptr (GError) error = NULL;
  const int usage = tool_check_arguments (tool, uris, TOOL_ARGUMENTS_URIS);

  if (usage != 0)
    return usage;
  if (strcmp (target, "-") == 0 && many)
    return tool_usage ("get: --files-from needs a directory; cat writes many to stdout");
  if (strcmp (target, "-") == 0)
    return get_to_stdout (tool, uris);

  to = tool_place_parse (target, &error);
  if (to == NULL)
    return tool_usage ("get: %s", error->message);
  if (to->path == NULL)
    return tool_usage ("get: %s: the target is a local file; cp copies from anywhere to anywhere", target);
  if (many && g_file_test (to->path, G_FILE_TEST_EXISTS) && !g_file_test (to->path, G_FILE_TEST_IS_DIR))
    return tool_usage ("get: %s is not a directory", target);

  tool_copy_run (tool, tool_source_new_names (tool, uris, tool->options->files_from), TOOL_ARGUMENTS_URIS,
                 g_steal_pointer (&to), many);
  return 0;
}

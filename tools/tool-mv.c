/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio mv: cp, and each source is deleted once its copy is whole (tool-copy.c); directories go when they have become
 * empty. One thread. */

#include "config.h"

#include "tool-copy.h"
#include "tool-walk.h"

int
tool_mv (Tool *tool, char **args)
{
  const int usage = tool_copy_verb (tool, args);

  if (usage != 0 || tool->options->dry_run || !tool->options->recursive)
    return usage;

  /* All but the last are sources. */
  for (char **arg = args; arg[1] != NULL && !tool_is_cancelled (tool); arg++)
    {
      g_autoptr (ToolPlace) from = tool_place_parse (*arg, NULL);

      if (from->path != NULL && g_file_test (from->path, G_FILE_TEST_IS_DIR)
          && !g_file_test (from->path, G_FILE_TEST_IS_SYMLINK))
        tool_remove_empty_directories (tool, from->path);
    }

  return 0;
}

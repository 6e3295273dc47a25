/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio mv: as cp, but that the library renames, or copies and deletes what was copied (tool-copy.c). One thread. */

#include "config.h"

#include "tool-copy.h"

int
tool_mv (Tool *tool, char **args)
{
  return tool_copy_verb (tool, args);
}

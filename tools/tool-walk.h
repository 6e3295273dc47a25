/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What goes while a local tree is walked, and directories that have become empty. */

#include "tool-source.h"

/* Deletes the name that @walk (TOOL_WALK_NAMES) gave last; a directory that is empty when the walk leaves it goes, too,
 * if something in it was deleted so. */
gboolean tool_walk_remove (ToolSource *walk, GError **error);

/* After the file @path has gone, which stood at @key in a tree: the directories above it that hold nothing any more, up
 * to that tree, which goes too. */
void tool_remove_emptied (const char *path, const char *key);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Directories that have become empty. */

/* After the file @path has gone, which stood at @key in a tree: the directories above it that hold nothing any more, up
 * to that tree, which goes too. */
void tool_remove_emptied (const char *path, const char *key);

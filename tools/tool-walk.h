/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Deleting local trees. Symbolic links are deleted, never followed. */

#include "tool-options.h"

/* The files below the directory @path that the filter means, and the directories that are empty then, @path too. */
void tool_remove_tree (Tool *tool, const char *path);

/* The directories below @path, and @path, that hold nothing. */
void tool_remove_empty_directories (Tool *tool, const char *path);

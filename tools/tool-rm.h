/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of rm: what rb --force needs of it, and rm --incomplete (tool-incomplete.c). */

#include "tool-source.h"

/* Deletes every object whose name begins with @prefix. */
void tool_rm_list (Tool *tool, S3dlioUri *prefix);

/* Aborts the unfinished uploads that @args and --files-from name. */
void tool_rm_incomplete (Tool *tool, char **args);

/* The same items as of @names (taken), but for those that are no object, only a prefix of some: they fail by name. */
ToolSource *tool_source_new_looked_at (Tool *tool, ToolSource *names);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Copying objects and files, one (tool-copy.c) and trees of them (tool-plan.c): what get, put, cp and mv do. */

#include "tool-arguments.h"
#include "tool-jobs.h"
#include "tool-names.h"

/* --range in @options. */
void tool_copy_set_range (Tool *tool, S3dlioOptions *options);

/* What --content-type, --metadata and --no-clobber say of a new object; the type is guessed from @name (nullable). */
S3dlioOptions *tool_copy_write_options (Tool *tool, const char *name);

/* 0, or EXIT_USAGE: the target cannot keep what those options say. */
int tool_copy_check_attributes (Tool *tool, const ToolPlace *to);

/* The media type that a file of this name has, or NULL. */
const char *tool_guess_content_type (const char *name);

/* The copies that @names ask for, each SRC (a tree with -r) to its place below or at @to. Takes both. */
ToolSource *tool_plan_new (Tool *tool, ToolSource *names, ToolArguments kind, ToolPlace *to, gboolean several);

/* What --dry-run does with an item of that plan. */
void tool_copy_dry_run (ToolItem *item);

/* An item of that plan has failed: directories that were made for it alone go when the plan is freed. */
void tool_plan_failed (ToolSource *plan, const ToolItem *item);

/* Makes such a plan and carries it out, with progress. Takes @names and @to. */
void tool_copy_run (Tool *tool, ToolSource *names, ToolArguments kind, ToolPlace *to, gboolean several);

/* cp and mv. */
int tool_copy_verb (Tool *tool, char **args);

/* `get URI -` and cat: @names, then those of --files-from. */
void tool_cat_names (Tool *tool, char **names, ToolArguments kind);

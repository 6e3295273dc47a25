/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What verbs have in common about their arguments. */

#include "tool-names.h"
#include "tool-options.h"
#include "tool-source.h"

typedef enum
{
  TOOL_ARGUMENTS_NAMES, /* URIs and local paths */
  TOOL_ARGUMENTS_URIS
} ToolArguments;

/* 0, or EXIT_USAGE after saying which argument is wrong. */
int tool_check_arguments (Tool *tool, char **args, ToolArguments kind);

/* The same for URIs that must name a bucket, and nothing in it. */
int tool_check_buckets (Tool *tool, char **args);

/* The same for filters without a tree to filter. */
int tool_check_filters (Tool *tool);

/* The URI of an item of a names source; a line of --files-from may be no such thing. */
char *tool_item_uri (const ToolItem *item, ToolArguments kind, GError **error);

char *tool_path_to_uri (const char *path);

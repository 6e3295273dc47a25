/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names on both sides of a copy, and where things land. A place is a local path or a URI; file:// is a local path. */

#include "tool.h"

typedef struct
{
  char *path;     /* local; else NULL */
  S3dlioUri *uri; /* not local; else NULL */
  char *text;     /* as it is shown and given to the library */
} ToolPlace;

/* An unknown scheme, or an empty name, is an error. */
ToolPlace *tool_place_parse (const char *text, GError **error);
void tool_place_free (ToolPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolPlace, tool_place_free)

/* Whether it can only be a directory or prefix: it ends in "/", or is a bucket or service. */
gboolean tool_place_is_prefix (const ToolPlace *place);

/* Whether a source lands below it by its own name: the same, or an existing local directory. */
gboolean tool_place_takes_names (const ToolPlace *place);

/* The last component of its name; what has none (a bucket, "..") is an error. */
char *tool_place_basename (const ToolPlace *place, GError **error);

/* The text or path of @key below @place, with one "/" between them. */
char *tool_place_join (const ToolPlace *place, const char *key);

/* The prefix of everything below @place: its URI with a "/" at the end, unless it is a bucket. */
S3dlioUri *tool_place_prefix (const ToolPlace *place);

/* Whether both are the same object or file, as far as can be known from here. */
gboolean tool_place_same (Tool *tool, const ToolPlace *a, const ToolPlace *b);

/* Whether @inner is @tree or lies in the tree below it. */
gboolean tool_place_contains (Tool *tool, const ToolPlace *tree, const ToolPlace *inner);

/* @path without the slashes at its end, behind which a symbolic link would be followed. */
char *tool_path_bare (const char *path);

/* Makes the directory @path and those above it. */
gboolean tool_make_directories (const char *path, GError **error);

/* A local directory into which keys are written: nothing leaves it. */
typedef struct _ToolTree ToolTree;

ToolTree *tool_tree_new (const char *root);
void tool_tree_free (ToolTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolTree, tool_tree_free)

/* The path for @key; the directories above it come with the file. Keys come in byte order, from one list. A key that
 * ends in "/" is a directory, and made (unless @dry_run). Keys that would leave the tree, or clash with an earlier one,
 * are errors. */
char *tool_tree_place (ToolTree *tree, const char *key, gboolean dry_run, GError **error);

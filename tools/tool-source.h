/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where the objects come from that a verb works on: arguments, lines of a file, a list, a walk through directories. A
 * source gives one item at a time and names what goes wrong with itself (tool_fail()). */

#include "tool.h"

typedef struct _ToolJobs ToolJobs;
typedef struct _ToolSource ToolSource;

/* One object or file. */
typedef struct
{
  char *from; /* URI, or local path */
  gboolean from_local;
  char *to; /* of a copy: URI or local path, once it is known */
  gboolean to_local;
  gboolean directory;     /* the target is one, and there; what stood for it has no bytes */
  char *fresh;            /* the first directory on the way to a local target that was not there; nullable */
  char *key;              /* relative to the source; nullable */
  gint64 size;            /* -1: not known */
  S3dlioObjectInfo *info; /* of a list or stat; nullable */
  S3dlioReport *report;   /* with -vv, of the transfer; nullable */

  /* While it is under way. */
  Tool *tool;
  ToolJobs *jobs;
  gint64 reported; /* bytes that the progress has seen */
  gboolean done;
  GError *error;
} ToolItem;

/* A transfer that has ended, with -v; and before that, with -vv: what it cost and what was chosen for it is kept. */
void tool_say_transfer (Tool *tool, const ToolItem *item, const char *from, const char *to);
void tool_item_keep_report (ToolItem *item, S3dlioOptions *options);

ToolItem *tool_item_new (const char *from, gboolean from_local, const char *key, gint64 size);
void tool_item_free (ToolItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolItem, tool_item_free)

typedef enum
{
  TOOL_NEXT_ITEM,
  TOOL_NEXT_WAIT, /* not yet: the main context has to run */
  TOOL_NEXT_END
} ToolNext;

struct _ToolSource
{
  ToolNext (*next) (ToolSource *source, ToolItem **item);
  void (*free) (ToolSource *source);
  Tool *tool;
  gboolean failed; /* it ended because of an error, which has been named */
};

ToolNext tool_source_next (ToolSource *source, ToolItem **item);
void tool_source_free (ToolSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolSource, tool_source_free)

/* The next item, after running the main context as long as it takes; NULL at the end and when cancelled. */
ToolItem *tool_source_pull (ToolSource *source);

/* @args (NULL-terminated, borrowed), then the lines of @files_from (nullable, "-": stdin). */
ToolSource *tool_source_new_names (Tool *tool, char **args, const char *files_from);

/* What the library lists below @prefix, page by page. Keys are what follows it. @limit: 0: all. */
ToolSource *tool_source_new_list (Tool *tool, S3dlioUri *prefix, S3dlioListFlags flags, gint64 limit);

typedef enum
{
  TOOL_WALK_FOLLOW, /* symbolic links are what they point to; a loop is walked once */
  TOOL_WALK_SKIP,   /* they are left out */
  TOOL_WALK_REFUSE, /* they fail */
  TOOL_WALK_NAMES   /* they are names like any other, and so are special files */
} ToolWalkLinks;

/* The regular files below the directory @path. Special files fail by name, unless names are all that is wanted. */
ToolSource *tool_source_new_walk (Tool *tool, const char *path, ToolWalkLinks links);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many objects at once: items come from a source, a bounded number of them is under way, all on one main context. No
 * thread an object, and memory for the window and a page of the source alone. */

#include "tool-source.h"

typedef struct
{
  /* Begins the work on @item, which ends with tool_jobs_done(), now or later. */
  void (*start) (ToolJobs *jobs, ToolItem *item);
  /* Nullable. The work on @item has ended, well unless item->error is set, and is counted; what failed is named. */
  void (*finish) (ToolJobs *jobs, ToolItem *item);
  gboolean ordered; /* they finish in the order of the source */
} ToolJobsClass;

struct _ToolJobs
{
  Tool *tool;
  const ToolJobsClass *klass;
  gpointer data; /* the verb's */
  GQueue window; /* of ToolItem *: not finished yet */
};

/* How many objects at once. */
guint tool_jobs_limit (Tool *tool);

/* Runs until @source (taken) has ended and nothing is under way any more. */
void tool_jobs_run (Tool *tool, const ToolJobsClass *klass, ToolSource *source, gpointer data);

/* The work on @item has ended; takes @error (NULL: it went well) and the item. */
void tool_jobs_done (ToolItem *item, GError *error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The line on the terminal that shows how far a transfer is. Every function takes NULL: no progress is shown. */

#include "tool-source.h"

/* NULL unless stderr is a terminal and the user wants it. */
ToolProgress *tool_progress_new (gboolean quiet);
void tool_progress_free (ToolProgress *progress);

/* What is known to be coming; @complete: that is all. */
void tool_progress_expect (ToolProgress *progress, guint64 objects, gint64 bytes);
void tool_progress_complete (ToolProgress *progress);

/* Before other lines are printed to the terminal: the line is taken away, and comes back by itself. */
void tool_progress_clear (ToolProgress *progress);
/* What has to be printed first to do that, from any thread; "" when there is none. */
const char *tool_progress_get_clear (void);

/* One item's share: what its operation reports, if anybody looks; and its end. */
void tool_item_watch (ToolItem *item, S3dlioOptions *options);
void tool_item_finish_progress (ToolItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolProgress, tool_progress_free)

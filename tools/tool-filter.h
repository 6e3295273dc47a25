/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* --include, --exclude and --regex: which keys below a source are meant. The last one that matches wins; where none
 * does, a key is meant unless the first of them selects. */

#include <glib.h>

typedef struct _ToolFilter ToolFilter;

ToolFilter *tool_filter_new (void);
void tool_filter_free (ToolFilter *filter);

void tool_filter_add_glob (ToolFilter *filter, const char *glob, gboolean include);
gboolean tool_filter_add_regex (ToolFilter *filter, const char *pattern, GError **error);

gboolean tool_filter_is_empty (const ToolFilter *filter);

/* @filter may be NULL: then everything is meant. @key is relative to the source. */
gboolean tool_filter_matches (const ToolFilter *filter, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolFilter, tool_filter_free)

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done, or would be: a line each, as text or as JSON. With -vv the line of a transfer goes on with what it cost
 * and what was chosen for it, in the library's words: those of settings can be set. One thread. */

#include "config.h"

#include "tool-options.h"
#include "tool-progress.h"

#include <stdio.h>
#include <string.h>

/* As --part-size and its like take it: without loss. */
static void
append_size (GString *line, gint64 size)
{
  static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti" };
  gsize unit = 0;

  for (; unit + 1 < G_N_ELEMENTS (units) && size >= 1024 && size % 1024 == 0; unit++)
    size /= 1024;

  g_string_append_printf (line, "%" G_GINT64_FORMAT "%s", size, units[unit]);
}

static void
append_report (GString *line, S3dlioReport *report)
{
  g_auto (GStrv) names = s3dlio_report_list_names (report);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      const gint64 number = s3dlio_report_get_number (report, names[i]);
      char seconds[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (line, "%s %s ", i == 0 ? ":" : ",", names[i]);
      if (strcmp (names[i], S3DLIO_REPORT_ELAPSED) == 0)
        g_string_append_printf (line, "%s s", g_ascii_formatd (seconds, sizeof seconds, "%.3f", (double) number / 1e6));
      else if (g_str_has_suffix (names[i], "-size") || g_str_has_suffix (names[i], "-threshold"))
        append_size (line, number);
      else
        g_string_append_printf (line, "%" G_GINT64_FORMAT, number);
    }
}

static char *
action_line (Tool *tool, const char *action, const char *from, const char *to, S3dlioReport *report)
{
  GString *line;

  if (tool->options->json)
    return tool_json_action (action, from, to, report);

  line = g_string_new (action);
  g_string_append_c (line, ' ');
  tool_escape (line, from);
  if (to != NULL)
    {
      g_string_append_c (line, ' ');
      tool_escape (line, to);
    }
  if (report != NULL)
    append_report (line, report);
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

void
tool_say (Tool *tool, gboolean as_result, const char *line)
{
  if (as_result)
    {
      tool_print (tool, line, strlen (line));
      return;
    }

  tool_progress_clear (tool->progress);
  fputs (line, stderr);
}

void
tool_say_action (Tool *tool, gboolean as_result, const char *action, const char *from, const char *to)
{
  g_autofree char *line = as_result || tool->options->verbose > 0 ? action_line (tool, action, from, to, NULL) : NULL;

  if (line != NULL)
    tool_say (tool, as_result, line);
}

void
tool_say_transfer (Tool *tool, const ToolItem *item, const char *from, const char *to)
{
  g_autofree char *line
      = tool->options->verbose > 0 ? action_line (tool, tool->verb->name, from, to, item->report) : NULL;

  if (line != NULL)
    tool_say (tool, FALSE, line);
}

static void
on_report (S3dlioReport *report, gpointer data)
{
  ToolItem *item = data;

  g_clear_pointer (&item->report, s3dlio_report_unref);
  item->report = s3dlio_report_ref (report);
}

void
tool_item_keep_report (ToolItem *item, S3dlioOptions *options)
{
  if (item->tool->options->verbose >= 2)
    s3dlio_options_set_report (options, on_report, item, NULL);
}

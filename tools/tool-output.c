/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Results on stdout, byte for byte, whatever the locale. One thread. */

#include "config.h"

#include "tool-progress.h"
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* C0, DEL and C1: what a terminal would act on. */
void
tool_escape (GString *out, const char *text)
{
  for (const guchar *p = (const guchar *) text; *p != '\0'; p++)
    {
      if (*p == '\n')
        g_string_append (out, "\\n");
      else if (*p == '\t')
        g_string_append (out, "\\t");
      else if (*p == '\r')
        g_string_append (out, "\\r");
      else if (*p < 0x20 || *p == 0x7f)
        g_string_append_printf (out, "\\x%02x", *p);
      else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
        g_string_append_printf (out, "\\x%02x\\x%02x", p[0], p[1]), p++;
      else
        g_string_append_c (out, (char) *p);
    }
}

char *
tool_escaped (const char *text)
{
  GString *out = g_string_sized_new (strlen (text) + 1);

  tool_escape (out, text);
  return g_string_free (out, FALSE);
}

void
tool_report_stdout (Tool *tool)
{
  g_autoptr (GError) error
      = g_error_new_literal (S3DLIO_ERROR, errno == ENOSPC ? S3DLIO_ERROR_NO_SPACE : S3DLIO_ERROR_FAILED,
                             g_strerror (errno));

  tool_report (tool, "stdout", error);
}

static void
close_stdout (Tool *tool)
{
  tool->stdout_closed = TRUE;
  g_cancellable_cancel (tool->cancellable);
}

/* After a failed write: the reader has gone, or a signal came in between, or it is an error of the file. */
static void
write_failed (Tool *tool)
{
  if (errno == EPIPE)
    {
      close_stdout (tool);
      return;
    }
  if (tool_is_cancelled (tool) || tool_signals_caught () != 0)
    {
      g_cancellable_cancel (tool->cancellable);
      return;
    }

  tool->stdout_failed = TRUE;
  tool_report_stdout (tool);
  g_cancellable_cancel (tool->cancellable);
}

void
tool_print (Tool *tool, const char *text, gsize length)
{
  if (tool_is_cancelled (tool))
    return;

  if (isatty (STDOUT_FILENO))
    tool_progress_clear (tool->progress);
  if (fwrite (text, 1, length, stdout) < length)
    write_failed (tool);
}

void
tool_printf (Tool *tool, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  tool_print (tool, text, strlen (text));
}

gboolean
tool_check_stdout (Tool *tool)
{
  struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

  if (!tool->stdout_closed && poll (&fd, 1, 0) > 0 && (fd.revents & POLLERR) != 0)
    close_stdout (tool);

  return !tool->stdout_closed;
}

void
tool_flush (Tool *tool)
{
  if (!tool->stdout_closed && !ferror (stdout) && fflush (stdout) != 0)
    write_failed (tool);
}

char *
tool_time (gint64 mtime, gboolean fraction)
{
  g_autoptr (GDateTime) time = mtime >= 0 ? g_date_time_new_from_unix_utc (mtime / G_USEC_PER_SEC) : NULL;
  g_autofree char *seconds = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;
  const int rest = (int) (mtime % G_USEC_PER_SEC);

  if (seconds == NULL)
    return g_strdup ("-");
  if (fraction && rest > 0)
    return rest % 1000 > 0 ? g_strdup_printf ("%s.%06dZ", seconds, rest)
                           : g_strdup_printf ("%s.%03dZ", seconds, rest / 1000);

  return g_strconcat (seconds, "Z", NULL);
}

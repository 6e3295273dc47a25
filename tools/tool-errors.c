/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes to stderr: errors, notes and the summary, as text or as JSON. One thread, but for the library's messages,
 * which come from any; a line is one write. */

#include "config.h"

#include "tool-arguments.h"
#include "tool-options.h"
#include "tool-progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean as_json;

void
tool_errors_set_json (gboolean json)
{
  as_json = json;
}

/* As a line of text, its control characters escaped. */
static char *
line_of (const char *text)
{
  GString *line = g_string_new ("s3dlio: ");

  tool_escape (line, text);
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

/* From any thread; one write, so that lines stay whole. */
static void
print_note (const char *text)
{
  g_autofree char *line = as_json ? tool_json_note (text) : line_of (text);
  g_autofree char *alone = g_strconcat (tool_progress_get_clear (), line, NULL);

  fputs (alone, stderr);
}

static void
print_line (Tool *tool, const char *text)
{
  g_autofree char *line = line_of (text);

  if (tool != NULL)
    tool_progress_clear (tool->progress);
  fputs (line, stderr);
}

static void
print_json (Tool *tool, char *json)
{
  if (tool != NULL)
    tool_progress_clear (tool->progress);
  fputs (json, stderr);
  g_free (json);
}

int
tool_usage (const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  if (as_json)
    print_json (NULL, tool_json_error ("usage", message, NULL));
  else
    print_line (NULL, message);

  return EXIT_USAGE;
}

static const char *
code_of (const GError *error)
{
  if (error->domain == S3DLIO_ERROR)
    return s3dlio_error_code_to_string ((S3dlioError) error->code);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "cancelled";

  return s3dlio_error_code_to_string (S3DLIO_ERROR_FAILED);
}

void
tool_fail (Tool *tool, const char *name, const GError *error)
{
  tool->attempted++;
  tool->failed++;

  /* What was cancelled did not go wrong; and a write to a stdout that nobody reads is no news. */
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !tool->stdout_closed)
    tool_report (tool, name, error);
}

/* Whether @message says @name: as a word of its own, or at the end of a path. */
static gboolean
says_name (const char *message, const char *name)
{
  const gsize length = strlen (name);

  for (const char *at = strstr (message, name); at != NULL; at = strstr (at + 1, name))
    {
      if ((strchr (name, '/') != NULL || (at > message && at[-1] == '/')) && strchr (":, ;", at[length]) != NULL)
        return TRUE;
    }

  return FALSE;
}

/* "stat file:///a: cannot stat /a: …", "get file:///a: /a is …": of a local file the path is enough. */
static const char *
message_of (const char *name, const GError *error)
{
  const char *rest = strchr (error->message, ' ');
  g_autofree char *uri = NULL;
  g_autofree char *prefix = NULL;

  if (rest == NULL || *name == '\0' || s3dlio_uri_has_scheme (name))
    return error->message;

  uri = tool_path_to_uri (name);
  prefix = g_strconcat (" ", uri, ": ", NULL);
  if (!g_str_has_prefix (rest, prefix))
    return error->message;

  rest += strlen (prefix);
  return *rest == '/' || g_str_has_prefix (rest, "cannot ") ? rest : error->message;
}

void
tool_report (Tool *tool, const char *name, const GError *error)
{
  g_autofree char *shown = g_filename_display_name (name);
  g_autofree char *named = NULL;
  const char *message = message_of (name, error);

  if (as_json)
    {
      print_json (tool, tool_json_error (code_of (error), message, shown));
      return;
    }

  if (!says_name (message, shown))
    named = g_strconcat (shown, ": ", message, NULL);
  print_line (tool, named != NULL ? named : message);
}

void
tool_fail_text (Tool *tool, const char *name, S3dlioError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (S3DLIO_ERROR, (gint) code, format, args);
  va_end (args);

  tool_fail (tool, name, error);
}

void
tool_succeed (Tool *tool)
{
  tool->attempted++;
  tool->succeeded++;
}

static void G_GNUC_PRINTF (1, 0)
print_formatted (const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);

  print_note (text);
}

void
tool_note (Tool *tool, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (!tool->options->quiet)
    print_formatted (format, args);
  va_end (args);
}

void
tool_verbose (Tool *tool, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (tool->options->verbose > 0)
    print_formatted (format, args);
  va_end (args);
}

void
tool_summary (Tool *tool)
{
  if (tool->failed == 0 || tool->stdout_closed)
    return;

  if (as_json)
    {
      print_json (tool, tool_json_summary (tool->attempted, tool->succeeded, tool->failed));
      return;
    }

  fprintf (stderr,
           "s3dlio: %" G_GUINT64_FORMAT " attempted, %" G_GUINT64_FORMAT " succeeded, %" G_GUINT64_FORMAT " failed\n",
           tool->attempted, tool->succeeded, tool->failed);
}

gboolean
tool_is_cancelled (Tool *tool)
{
  return g_cancellable_is_cancelled (tool->cancellable);
}

/* --- messages of the library --- */

/* Details of requests are for -vv. What is worth knowing while one waits (a service that does not answer and is asked
 * again, a download that goes on where one ended) is for who waits at a terminal, and for -v. */
static gboolean
is_wanted (const Tool *tool, GLogLevelFlags level)
{
  if ((level & G_LOG_LEVEL_DEBUG) != 0)
    return tool->options->verbose >= 2;
  if ((level & G_LOG_LEVEL_INFO) != 0)
    return tool->options->verbose > 0 || (!tool->options->quiet && isatty (STDERR_FILENO));

  return !tool->options->quiet;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  const Tool *tool = data;
  const char *domain = NULL;
  const char *message = NULL;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
        domain = fields[i].value;
      else if (strcmp (fields[i].key, "MESSAGE") == 0)
        message = fields[i].value;
    }

  if (g_strcmp0 (domain, "s3dlio") != 0 || message == NULL || (level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO
                                                                        | G_LOG_LEVEL_DEBUG)) == 0)
    return g_log_writer_default (level, fields, n_fields, data);
  if (is_wanted (tool, level))
    print_note (message);
  else if ((level & G_LOG_LEVEL_MESSAGE) == 0)
    return g_log_writer_default (level, fields, n_fields, data); /* for G_MESSAGES_DEBUG */

  return G_LOG_WRITER_HANDLED;
}

void
tool_log_init (Tool *tool)
{
  g_log_set_writer_func (write_log, tool, NULL);
  if (tool->options->verbose >= 2)
    g_log_set_debug_enabled (TRUE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command: what all verbs share. Everything runs in the main thread, on the default main context; operations are
 * the library's asynchronous ones, so that signals and progress are served while they run. */

#include <gio/gio.h>
#include <s3dlio/s3dlio.h>

#define EXIT_USAGE 2

typedef struct _Tool Tool;
typedef struct _ToolOptions ToolOptions;
typedef struct _ToolProgress ToolProgress;

/* Verbs as bits, so that an option can say whose it is. */
typedef enum
{
  TOOL_LS = 1 << 0,
  TOOL_STAT = 1 << 1,
  TOOL_CAT = 1 << 2,
  TOOL_GET = 1 << 3,
  TOOL_PUT = 1 << 4,
  TOOL_CP = 1 << 5,
  TOOL_MV = 1 << 6,
  TOOL_RM = 1 << 7,
  TOOL_MB = 1 << 8,
  TOOL_RB = 1 << 9,
  TOOL_EVERY = (1 << 10) - 1
} ToolVerbs;

typedef struct
{
  ToolVerbs bit;
  const char *name;
  const char *arguments;
  const char *summary;
  const char *details; /* nullable */
  guint min, max;      /* how many arguments; a list from --files-from counts as enough */
  /* EXIT_USAGE, or 0: the exit code then follows from what failed. */
  int (*run) (Tool *tool, char **args);
} ToolVerb;

extern const ToolVerb tool_verbs[]; /* ends with a NULL name */

int tool_ls (Tool *tool, char **args);
int tool_stat (Tool *tool, char **args);
int tool_cat (Tool *tool, char **args);
int tool_get (Tool *tool, char **args);
int tool_put (Tool *tool, char **args);
int tool_cp (Tool *tool, char **args);
int tool_mv (Tool *tool, char **args);
int tool_rm (Tool *tool, char **args);
int tool_mb (Tool *tool, char **args);
int tool_rb (Tool *tool, char **args);

struct _Tool
{
  const ToolVerb *verb;
  ToolOptions *options;
  S3dlioConfig *config;
  S3dlioClient *client;
  GCancellable *cancellable; /* cancelled by signals, and when nobody reads stdout any more */
  ToolProgress *progress;    /* NULL: none is shown */

  guint64 attempted, succeeded, failed;
  gboolean stdout_closed; /* the reader has gone away */
  gboolean stdout_failed; /* it could not be written, which has been said */
};

/* --- what goes wrong (tool-errors.c) --- */

/* Set while arguments are read, before there is a Tool: errors as JSON. */
void tool_errors_set_json (gboolean json);

/* Prints what is wrong with the command line; returns EXIT_USAGE. */
int tool_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* An object, counted in attempted: names what went wrong with it and counts that, unless it was cancelled. @name is the
 * URI or the path. */
void tool_fail (Tool *tool, const char *name, const GError *error);
void tool_fail_text (Tool *tool, const char *name, S3dlioError code, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Names what went wrong with what is no object; counts nothing. @tool may be NULL. */
void tool_report (Tool *tool, const char *name, const GError *error);

/* Counts one object. */
void tool_succeed (Tool *tool);

/* A line to stderr: always (unless -q), or with -v. */
void tool_note (Tool *tool, const char *format, ...) G_GNUC_PRINTF (2, 3);
void tool_verbose (Tool *tool, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The last line when something failed. */
void tool_summary (Tool *tool);

gboolean tool_is_cancelled (Tool *tool);

/* Makes the library's messages lines like ours: each at the -v that it is for. */
void tool_log_init (Tool *tool);

/* --- stdout (tool-output.c) --- */

/* Appends @text with its control characters escaped. */
void tool_escape (GString *out, const char *text);
char *tool_escaped (const char *text);

/* Writes to stdout; when nobody reads it any more, everything is cancelled, quietly. */
void tool_print (Tool *tool, const char *text, gsize length);
void tool_printf (Tool *tool, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Whether the reader of stdout has gone away: found out when a write by the library fails. */
gboolean tool_check_stdout (Tool *tool);

/* Everything to stdout. */
void tool_flush (Tool *tool);

/* Says that stdout could not be written, and why (errno). @tool may be NULL. */
void tool_report_stdout (Tool *tool);

/* "2026-11-20T10:00:00Z" of microseconds since the epoch, or "-". With @fraction, what there is of the second too. */
char *tool_time (gint64 mtime, gboolean fraction);

/* --- JSON (tool-json.c) --- */

/* One object a line, with its newline. */
char *tool_json_info (S3dlioObjectInfo *info);
const char *tool_type_name (S3dlioObjectInfo *info); /* "object", "prefix", "container" */
char *tool_json_error (const char *code, const char *message, const char *uri);
char *tool_json_note (const char *text);
char *tool_json_summary (guint64 attempted, guint64 succeeded, guint64 failed);
char *tool_json_count (guint64 objects, guint64 bytes);
/* An unfinished upload that is aborted, or would be: {"action":"abort",…}. */
char *tool_json_abort (S3dlioObjectInfo *upload);
/* What was done, or would be: {"action":…,"from":…,"to":…}; @to may be NULL. The numbers of @report (nullable)
 * follow. */
char *tool_json_action (const char *action, const char *from, const char *to, S3dlioReport *report);

/* --- signals (tool-signals.c) --- */

/* SIGINT and SIGTERM cancel what @tool does, and end the process after five seconds; a second one ends it at once. */
void tool_signals_init (Tool *tool);

/* The signal that came, or 0. */
int tool_signals_caught (void);

/* Names the uploads that are neither completed nor aborted, and how to remove them; returns how many there are. */
guint tool_report_open_uploads (Tool *tool); /* tool-incomplete.c */

/* --- waiting (s3dlio.c) --- */

/* An operation that somebody waits for: its callback keeps the result. */
typedef struct
{
  GAsyncResult *result;
} ToolWait;

void tool_wait_done (GObject *source, GAsyncResult *result, gpointer data); /* @data: a ToolWait */
/* Runs the main context until then. (transfer full) */
GAsyncResult *tool_wait (ToolWait *wait);

/* --- what is done (tool-say.c) --- */

/* A whole line: a result on stdout, or else on stderr. */
void tool_say (Tool *tool, gboolean as_result, const char *line);

/* The form in which an action is shown (--dry-run: a result; -v). */
void tool_say_action (Tool *tool, gboolean as_result, const char *action, const char *from, const char *to);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options of the command line: what there is, whose it is, and how its value is read. One thread. */

#include "config.h"

#include "tool-options.h"

#include <string.h>

void
tool_set_usage (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, message);
}

static gboolean
parse_number (const char *name, const char *text, gint64 min, gint64 *number, GError **error)
{
  char *end = NULL;

  *number = g_ascii_isdigit (*text) ? g_ascii_strtoll (text, &end, 10) : -1;
  if (*number >= min && *number < G_MAXINT64 && *end == '\0')
    return TRUE;

  tool_set_usage (error, "%s: '%s' is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, name, text,
                  min, G_MAXINT64 - 1);
  return FALSE;
}

/* Offsets and lengths are sizes. */
static gboolean
parse_bytes (const char *text, gint64 *bytes)
{
  guint64 size;

  if (!s3dlio_parse_size (text, &size, NULL) || size > G_MAXINT64)
    return FALSE;

  *bytes = (gint64) size;
  return TRUE;
}

/* "OFFSET:LENGTH", "OFFSET:" or "-COUNT:". */
static gboolean
parse_range (const char *text, gint64 *offset, gint64 *length, GError **error)
{
  const gboolean from_end = *text == '-';
  const char *colon = strchr (text, ':');
  g_autofree char *first = colon != NULL ? g_strndup (text + from_end, (gsize) (colon - text - from_end)) : NULL;
  gboolean fine = first != NULL && parse_bytes (first, offset);

  *length = -1;
  if (fine && colon[1] != '\0')
    fine = !from_end && parse_bytes (colon + 1, length);

  if (!fine)
    {
      tool_set_usage (error, "--range: '%s' is none of OFFSET:LENGTH, OFFSET: (to the end) and -COUNT: (the last ones)",
                      text);
      return FALSE;
    }
  if (from_end)
    {
      *offset = -*offset;
      /* The last none: no bytes, which as an offset cannot be told from all of them. */
      if (*offset == 0)
        *length = 0;
    }

  return TRUE;
}

static gboolean
take_range (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  options->has_range = TRUE;

  return parse_range (value, &options->range_offset, &options->range_length, error);
}

static gboolean
take_limit (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  return parse_number (shown, value, 1, &options->limit, error);
}

/* The library speaks of its setting, the user wrote something else. */
static gboolean
take_jobs (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  g_autoptr (GError) wrong = NULL;

  if (s3dlio_config_set_from_string (config, "max-concurrent-downloads", value, &wrong))
    return TRUE;

  tool_set_usage (error, "%s%s", shown, strchr (wrong->message, ':'));
  return FALSE;
}

/* As the library's settings take seconds, or with a unit. */
static gboolean
take_older_than (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  static const char units[] = "smhd";
  static const double seconds[] = { 1, 60, 3600, 86400 };
  const gsize digits = strspn (value, "0123456789.");
  const char *unit = value[digits] != '\0' && value[digits + 1] == '\0' ? strchr (units, value[digits]) : NULL;
  char *end = NULL;
  const double number = g_ascii_strtod (value, &end);
  const double duration = number * (unit != NULL ? seconds[unit - units] : 1);

  if (digits > 0 && end == value + digits && (unit != NULL || *end == '\0') && duration < 1e12)
    {
      options->older_than = (gint64) (duration * G_USEC_PER_SEC);
      return TRUE;
    }

  tool_set_usage (error, "%s: '%s' is no duration: seconds, or 30m, 24h, 7d", shown, value);
  return FALSE;
}

static gboolean
take_verbose (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  options->verbose++;
  return TRUE;
}

static gboolean
take_files_from (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  if (*value == '\0')
    {
      tool_set_usage (error, "%s: an empty name", shown);
      return FALSE;
    }

  g_free (options->files_from);
  options->files_from = g_strdup (value);
  return TRUE;
}

/* What a header can carry. */
static gboolean
is_line (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        return FALSE;
    }

  return g_utf8_validate (text, -1, NULL);
}

static gboolean
take_content_type (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  if (*value == '\0' || !is_line (value))
    {
      tool_set_usage (error, "%s: '%s' is no media type", shown, value);
      return FALSE;
    }

  g_free (options->content_type);
  options->content_type = g_strdup (value);
  return TRUE;
}

static gboolean
take_include (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  tool_filter_add_glob (options->filter, value, TRUE);
  return TRUE;
}

static gboolean
take_exclude (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value, GError **error)
{
  tool_filter_add_glob (options->filter, value, FALSE);
  return TRUE;
}

static gboolean
take_metadata (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *text, GError **error)
{
  static const char token[] = "!#$%&'*+-.^_`|~" G_CSET_DIGITS G_CSET_a_2_z G_CSET_A_2_Z; /* RFC 9110 §5.6.2 */
  const char *equals = strchr (text, '=');

  if (equals == NULL || equals == text)
    {
      tool_set_usage (error, "--metadata: '%s' is not NAME=VALUE", text);
      return FALSE;
    }
  if (text + strspn (text, token) != equals)
    {
      tool_set_usage (error, "--metadata: the name in '%s' holds a character that no header name can hold", text);
      return FALSE;
    }
  if (!is_line (equals + 1))
    {
      tool_set_usage (error, "--metadata: the value in '%s' is not one line of UTF-8", text);
      return FALSE;
    }

  g_ptr_array_add (options->metadata, g_strndup (text, (gsize) (equals - text)));
  g_ptr_array_add (options->metadata, g_strdup (equals + 1));
  return TRUE;
}

static gboolean
take_regex (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *pattern, GError **error)
{
  if (tool_filter_add_regex (options->filter, pattern, error))
    return TRUE;

  g_prefix_error (error, "--regex: ");
  return FALSE;
}

#define TRANSFERS (TOOL_GET | TOOL_PUT | TOOL_CP | TOOL_MV)
#define TREES (TOOL_LS | TOOL_CP | TOOL_MV | TOOL_RM)
#define FLAG(member) .flag = G_STRUCT_OFFSET (ToolOptions, member)

const ToolOption tool_options_table[] = {
  { "recursive", 'r', NULL, "The whole tree below", TREES, FLAG (recursive) },
  { "files-from", 0, "FILE", "More URIs, a line each; - is stdin",
    TOOL_CAT | TOOL_STAT | TOOL_GET | TOOL_RM, .take = take_files_from },
  { "range", 0, "OFFSET:LENGTH", "Only these bytes; 5: to the end, -5: the last five",
    TOOL_GET | TOOL_CAT, .take = take_range },
  { "limit", 0, "N", "Stop after N entries", TOOL_LS, .take = take_limit },
  { "count", 0, NULL, "Print how many objects and bytes, nothing else", TOOL_LS, FLAG (count) },
  { "include", 0, "GLOB", "These keys, relative to the source; * crosses slashes, the last match wins",
    TREES, .take = take_include },
  { "exclude", 0, "GLOB", "Not these keys", TREES, .take = take_exclude },
  { "regex", 0, "RE", "As --include, by regular expression", TREES, .take = take_regex },
  { "no-clobber", 'n', NULL, "Leave targets alone that exist", TRANSFERS, FLAG (no_clobber) },
  { "resume", 0, NULL, "Go on where an earlier one was interrupted, and keep what is there when this one is",
    TOOL_GET | TOOL_CP, FLAG (resume) },
  { "content-type", 0, "TYPE", "Media type of the new object, instead of the guessed one",
    TOOL_PUT | TOOL_CP | TOOL_MV, .take = take_content_type },
  { "metadata", 0, "K=V", "User metadata of the new object; may be repeated",
    TOOL_PUT | TOOL_CP | TOOL_MV, .take = take_metadata },
  { "no-follow-symlinks", 0, NULL, "Leave symbolic links out", TOOL_CP, FLAG (no_follow_symlinks) },
  { "force", 0, NULL, "Empty the bucket first", TOOL_RB, FLAG (force) },
  { "incomplete", 0, NULL, "Abort unfinished uploads instead; objects stay", TOOL_RM, FLAG (incomplete) },
  { "older-than", 0, "DURATION", "Only those begun so long ago (24h); 90, 30m, 7d; 0: all", TOOL_RM,
    .take = take_older_than },
  { "dry-run", 0, NULL, "Print what would happen, do nothing",
    TRANSFERS | TOOL_RM | TOOL_MB | TOOL_RB, FLAG (dry_run) },
  { "jobs", 'j', "N", "Objects at once (max-concurrent-downloads)",
    TOOL_STAT | TOOL_GET | TOOL_CP | TOOL_MV | TOOL_RM | TOOL_RB, .take = take_jobs },
  { "json", 0, NULL, "Results and errors as JSON, an object a line", TOOL_EVERY, FLAG (json) },
  { "quiet", 'q', NULL, "No progress and no notes", TOOL_EVERY, FLAG (quiet) },
  { "verbose", 'v', NULL, "A line for each object; -vv: requests, attempts, choices too",
    TOOL_EVERY, .take = take_verbose },
  { "help", 'h', NULL, "Print help", TOOL_EVERY, FLAG (help) },
  { "version", 0, NULL, "Print the version", TOOL_EVERY, FLAG (version) },
  { 0 },
};

ToolOptions *
tool_options_new (void)
{
  ToolOptions *options = g_new0 (ToolOptions, 1);

  options->args = g_ptr_array_new_with_free_func (g_free);
  options->metadata = g_ptr_array_new_with_free_func (g_free);
  options->filter = tool_filter_new ();
  options->older_than = -1;
  return options;
}

void
tool_options_free (ToolOptions *options)
{
  g_free (options->files_from);
  g_free (options->content_type);
  g_ptr_array_unref (options->metadata);
  g_ptr_array_unref (options->args);
  g_clear_pointer (&options->filter, tool_filter_free);
  g_free (options);
}

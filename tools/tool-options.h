/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Options of the command line: one table, which the parser, --help and the verbs share, and the library's settings,
 * which are read from the properties of S3dlioConfig. */

#include "tool.h"
#include "tool-filter.h"

struct _ToolOptions
{
  gboolean help;
  gboolean version;
  gboolean json;
  gboolean quiet;
  gboolean recursive;
  gboolean dry_run;
  gboolean no_clobber;
  gboolean resume;
  gboolean count;
  gboolean force;
  gboolean incomplete;
  gboolean no_follow_symlinks;
  guint verbose; /* 1: -v, 2: -vv */

  gint64 limit;      /* 0: none */
  gint64 older_than; /* microseconds; -1: not given */
  char *files_from;
  char *content_type;
  GPtrArray *metadata; /* of char *: name, value, name, value */
  ToolFilter *filter;

  gboolean has_range;
  gint64 range_offset, range_length; /* as the library takes them */

  const ToolVerb *verb; /* NULL: none was given */
  GPtrArray *args;      /* of char *, NULL-terminated once parsed */
};

/* Reads @value, written behind @shown ("-j", "--jobs"). */
typedef gboolean (*ToolTake) (ToolOptions *options, S3dlioConfig *config, const char *shown, const char *value,
                              GError **error);

typedef struct
{
  const char *name;
  char letter;       /* or 0 */
  const char *value; /* NULL: it takes none */
  const char *help;
  ToolVerbs verbs;
  gsize flag;    /* of the gboolean in ToolOptions that it sets… */
  ToolTake take; /* …or what it does instead */
} ToolOption;

extern const ToolOption tool_options_table[]; /* ends with a NULL name */

ToolOptions *tool_options_new (void);
/* Sets an INVALID error. */
void tool_set_usage (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Reads the whole command line; settings go into @config. FALSE with @error when it is wrong. */
ToolOptions *tool_options_parse (char **argv, S3dlioConfig *config, GError **error);
void tool_options_free (ToolOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolOptions, tool_options_free)

/* What `s3dlio help` prints, and `help VERB`, and `help settings`. (transfer full) */
char *tool_help_overview (void);
char *tool_help_verb (const ToolVerb *verb);
char *tool_help_settings (void);

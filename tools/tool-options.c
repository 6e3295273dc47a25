/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line. Options stand before or after the verb, "--" ends them, and a verb takes only those that it knows:
 * nothing is accepted and ignored. GOption cannot do this: which options there are depends on the verb, which may come
 * after them. One thread. */

#include "config.h"

#include <string.h>

#include "tool-options.h"

typedef enum
{
  OPTION_HELP,
  OPTION_VERSION,
  OPTION_JSON,
  OPTION_QUIET,
  OPTION_VERBOSE,
  OPTION_RECURSIVE,
  OPTION_JOBS,
  OPTION_DRY_RUN,
  OPTION_NO_CLOBBER,
  OPTION_FILES_FROM,
  OPTION_RANGE,
  OPTION_LIMIT,
  OPTION_COUNT,
  OPTION_INCLUDE,
  OPTION_EXCLUDE,
  OPTION_REGEX,
  OPTION_CONTENT_TYPE,
  OPTION_METADATA,
  OPTION_NO_FOLLOW_SYMLINKS,
  OPTION_FORCE,
} OptionId;

typedef struct
{
  OptionId id;
  const char *name;
  char letter;       /* or 0 */
  const char *value; /* NULL: it takes none */
  const char *help;
  ToolVerbs verbs;
} Option;

#define TRANSFERS (TOOL_GET | TOOL_PUT | TOOL_CP | TOOL_MV)
#define TREES (TOOL_LS | TOOL_CP | TOOL_MV | TOOL_RM)

static const Option options_table[] = {
  { OPTION_RECURSIVE, "recursive", 'r', NULL, "The whole tree below", TREES },
  { OPTION_FILES_FROM, "files-from", 0, "FILE", "More URIs, a line each; - is stdin",
    TOOL_CAT | TOOL_STAT | TOOL_GET | TOOL_RM },
  { OPTION_RANGE, "range", 0, "OFFSET:LENGTH", "Only these bytes; 5: to the end, -5: the last five",
    TOOL_GET | TOOL_CAT },
  { OPTION_LIMIT, "limit", 0, "N", "Stop after N entries", TOOL_LS },
  { OPTION_COUNT, "count", 0, NULL, "Print how many objects and bytes, nothing else", TOOL_LS },
  { OPTION_INCLUDE, "include", 0, "GLOB", "These keys, relative to the source; * crosses slashes, the last match wins",
    TREES },
  { OPTION_EXCLUDE, "exclude", 0, "GLOB", "Not these keys", TREES },
  { OPTION_REGEX, "regex", 0, "RE", "As --include, by regular expression", TREES },
  { OPTION_NO_CLOBBER, "no-clobber", 'n', NULL, "Leave targets alone that exist", TRANSFERS },
  { OPTION_CONTENT_TYPE, "content-type", 0, "TYPE", "Media type of the new object, instead of the guessed one",
    TOOL_PUT | TOOL_CP | TOOL_MV },
  { OPTION_METADATA, "metadata", 0, "K=V", "User metadata of the new object; may be repeated",
    TOOL_PUT | TOOL_CP | TOOL_MV },
  { OPTION_NO_FOLLOW_SYMLINKS, "no-follow-symlinks", 0, NULL, "Leave symbolic links out", TOOL_CP },
  { OPTION_FORCE, "force", 0, NULL, "Empty the bucket first", TOOL_RB },
  { OPTION_DRY_RUN, "dry-run", 0, NULL, "Print what would happen, do nothing",
    TRANSFERS | TOOL_RM | TOOL_MB | TOOL_RB },
  { OPTION_JOBS, "jobs", 'j', "N", "Objects at once (max-concurrent-downloads)",
    TOOL_STAT | TOOL_GET | TOOL_CP | TOOL_MV | TOOL_RM | TOOL_RB },
  { OPTION_JSON, "json", 0, NULL, "Results and errors as JSON, an object a line", TOOL_EVERY },
  { OPTION_QUIET, "quiet", 'q', NULL, "No progress", TOOL_EVERY },
  { OPTION_VERBOSE, "verbose", 'v', NULL, "A line for each object; -vv: requests, attempts, choices too", TOOL_EVERY },
  { OPTION_HELP, "help", 'h', NULL, "Print help", TOOL_EVERY },
  { OPTION_VERSION, "version", 0, NULL, "Print the version", TOOL_EVERY },
};

/* Settings that the overview shows beside the common options. */
static const char *const common_settings[]
    = { "endpoint-url", "region", "profile", "ca-bundle", "addressing-style", "no-sign-request", NULL };

G_GNUC_PRINTF (2, 3)
static void
set_usage (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, message);
}

const ToolVerb *
tool_find_verb (const char *name)
{
  for (const ToolVerb *verb = tool_verbs; verb->name != NULL; verb++)
    {
      if (strcmp (verb->name, name) == 0)
        return verb;
    }

  return NULL;
}

static gboolean
parse_number (const char *name, const char *text, gint64 min, gint64 *number, GError **error)
{
  char *end = NULL;

  *number = g_ascii_isdigit (*text) ? g_ascii_strtoll (text, &end, 10) : -1;
  if (*number >= min && *number < G_MAXINT64 && *end == '\0')
    return TRUE;

  set_usage (error, "%s: '%s' is not a number from %" G_GINT64_FORMAT, name, text, min);
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

gboolean
tool_parse_range (const char *text, gint64 *offset, gint64 *length, GError **error)
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
      set_usage (error, "--range: '%s' is none of OFFSET:LENGTH, OFFSET: (to the end) and -COUNT: (the last ones)",
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
add_metadata (ToolOptions *options, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');

  if (equals == NULL || equals == text)
    {
      set_usage (error, "--metadata: '%s' is not NAME=VALUE", text);
      return FALSE;
    }

  g_ptr_array_add (options->metadata, g_strndup (text, (gsize) (equals - text)));
  g_ptr_array_add (options->metadata, g_strdup (equals + 1));
  return TRUE;
}

static gboolean
add_regex (ToolOptions *options, const char *pattern, GError **error)
{
  if (tool_filter_add_regex (options->filter, pattern, error))
    return TRUE;

  g_prefix_error (error, "--regex: ");
  return FALSE;
}

static void
replace (char **place, const char *value)
{
  g_free (*place);
  *place = g_strdup (value);
}

static gboolean
apply (ToolOptions *options, OptionId id, const char *value, S3dlioConfig *config, GError **error)
{
  gint64 number;

  switch (id)
    {
    case OPTION_HELP:
      options->help = TRUE;
      return TRUE;
    case OPTION_VERSION:
      options->version = TRUE;
      return TRUE;
    case OPTION_JSON:
      options->json = TRUE;
      return TRUE;
    case OPTION_QUIET:
      options->quiet = TRUE;
      return TRUE;
    case OPTION_VERBOSE:
      options->verbose++;
      return TRUE;
    case OPTION_RECURSIVE:
      options->recursive = TRUE;
      return TRUE;
    case OPTION_JOBS:
      return parse_number ("--jobs", value, 1, &number, error)
             && s3dlio_config_set_from_string (config, "max-concurrent-downloads", value, error);
    case OPTION_DRY_RUN:
      options->dry_run = TRUE;
      return TRUE;
    case OPTION_NO_CLOBBER:
      options->no_clobber = TRUE;
      return TRUE;
    case OPTION_FILES_FROM:
      replace (&options->files_from, value);
      return TRUE;
    case OPTION_RANGE:
      options->has_range = TRUE;
      return tool_parse_range (value, &options->range_offset, &options->range_length, error);
    case OPTION_LIMIT:
      return parse_number ("--limit", value, 1, &options->limit, error);
    case OPTION_COUNT:
      options->count = TRUE;
      return TRUE;
    case OPTION_INCLUDE:
    case OPTION_EXCLUDE:
      tool_filter_add_glob (options->filter, value, id == OPTION_INCLUDE);
      return TRUE;
    case OPTION_REGEX:
      return add_regex (options, value, error);
    case OPTION_CONTENT_TYPE:
      replace (&options->content_type, value);
      return TRUE;
    case OPTION_METADATA:
      return add_metadata (options, value, error);
    case OPTION_NO_FOLLOW_SYMLINKS:
      options->no_follow_symlinks = TRUE;
      return TRUE;
    case OPTION_FORCE:
      options->force = TRUE;
      return TRUE;
    default:
      g_return_val_if_reached (FALSE);
    }
}

/* ---- Parsing ---- */

typedef struct
{
  ToolOptions *options;
  S3dlioConfig *config;
  GObjectClass *settings;
  char **next; /* the next argument */
  gboolean used[G_N_ELEMENTS (options_table)];
} Parser;

static const Option *
find_option (const char *name, char letter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options_table); i++)
    {
      const Option *option = &options_table[i];

      if (name != NULL ? strcmp (option->name, name) == 0 : option->letter == letter)
        return option;
    }

  return NULL;
}

/* @shown: as the user wrote it; @value: NULL when it must be the next argument. */
static gboolean
take_option (Parser *parser, const Option *option, const char *shown, const char *value, GError **error)
{
  if (option->value != NULL && value == NULL)
    {
      value = *parser->next;
      if (value == NULL)
        {
          set_usage (error, "%s needs a value: %s", shown, option->value);
          return FALSE;
        }
      parser->next++;
    }
  if (option->value == NULL && value != NULL)
    {
      set_usage (error, "%s takes no value", shown);
      return FALSE;
    }

  parser->used[option - options_table] = TRUE;
  return apply (parser->options, option->id, value, parser->config, error);
}

/* A setting: a boolean one is switched on by its name alone, and takes a value only behind "=". */
static gboolean
take_setting (Parser *parser, GParamSpec *spec, const char *value, GError **error)
{
  g_autofree char *shown = g_strconcat ("--", spec->name, NULL);

  if (value == NULL && spec->value_type == G_TYPE_BOOLEAN)
    value = "yes";
  if (value == NULL)
    {
      value = *parser->next;
      if (value == NULL)
        {
          set_usage (error, "%s needs a value: %s", shown, g_param_spec_get_nick (spec));
          return FALSE;
        }
      parser->next++;
    }

  if (s3dlio_config_set_from_string (parser->config, spec->name, value, error))
    return TRUE;

  g_prefix_error (error, "--");
  return FALSE;
}

static gboolean
take_long (Parser *parser, const char *arg, GError **error)
{
  const char *equals = strchr (arg, '=');
  g_autofree char *name = equals != NULL ? g_strndup (arg + 2, (gsize) (equals - arg - 2)) : g_strdup (arg + 2);
  const char *value = equals != NULL ? equals + 1 : NULL;
  g_autofree char *shown = g_strconcat ("--", name, NULL);
  const Option *option = find_option (name, 0);
  GParamSpec *spec;

  if (option != NULL)
    return take_option (parser, option, shown, value, error);

  /* GObject reads "x_y" as "x-y"; one spelling is enough. */
  spec = strchr (name, '_') == NULL ? g_object_class_find_property (parser->settings, name) : NULL;
  if (spec != NULL)
    return take_setting (parser, spec, value, error);

  set_usage (error, "%s: there is no such option", shown);
  return FALSE;
}

/* "-r", "-rv", "-j4", "-j 4". */
static gboolean
take_short (Parser *parser, const char *arg, GError **error)
{
  for (const char *p = arg + 1; *p != '\0'; p++)
    {
      const Option *option = find_option (NULL, *p);
      const char shown[] = { '-', *p, '\0' };
      const char *value = NULL;

      if (option == NULL)
        {
          set_usage (error, "%s: there is no such option", g_ascii_isgraph (*p) ? shown : arg);
          return FALSE;
        }
      if (option->value != NULL && p[1] != '\0')
        value = p + 1;
      if (!take_option (parser, option, shown, value, error))
        return FALSE;
      if (option->value != NULL)
        break;
    }

  return TRUE;
}

static gboolean
take_word (Parser *parser, char *word, GError **error)
{
  if (parser->options->verb != NULL)
    {
      g_ptr_array_add (parser->options->args, g_strdup (word));
      return TRUE;
    }

  parser->options->verb = tool_find_verb (word);
  if (parser->options->verb != NULL)
    return TRUE;

  if (strcmp (word, "help") == 0)
    {
      /* What is asked about stands in the next argument. */
      parser->options->help = TRUE;
      if (*parser->next == NULL || **parser->next == '-')
        return TRUE;
      if (strcmp (*parser->next, "settings") == 0)
        {
          g_ptr_array_add (parser->options->args, g_strdup (*parser->next++));
          return TRUE;
        }
      return take_word (parser, *parser->next++, error);
    }

  set_usage (error, "%s: there is no such verb; see s3dlio --help", word);
  return FALSE;
}

static gboolean
parse_all (Parser *parser, GError **error)
{
  gboolean ended = FALSE;

  while (*parser->next != NULL)
    {
      char *arg = *parser->next++;
      gboolean fine;

      if (!ended && strcmp (arg, "--") == 0)
        {
          ended = TRUE;
          continue;
        }

      if (ended || arg[0] != '-' || arg[1] == '\0')
        fine = take_word (parser, arg, error);
      else if (arg[1] == '-')
        fine = take_long (parser, arg, error);
      else
        fine = take_short (parser, arg, error);
      if (!fine)
        return FALSE;
    }

  return TRUE;
}

/* Whether the verb takes what it was given. */
static gboolean
check_verb (Parser *parser, GError **error)
{
  const ToolOptions *options = parser->options;
  const ToolVerb *verb = options->verb;
  const guint n_args = options->args->len - 1;
  const gboolean listed = options->files_from != NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (options_table); i++)
    {
      if (parser->used[i] && (options_table[i].verbs & verb->bit) == 0)
        {
          set_usage (error, "%s does not take --%s", verb->name, options_table[i].name);
          return FALSE;
        }
    }
  if ((n_args < verb->min && !listed) || (n_args > verb->max && !listed))
    {
      set_usage (error, "%s: usage: s3dlio %s %s", n_args < verb->min ? "too few arguments" : "too many arguments",
                 verb->name, verb->arguments);
      return FALSE;
    }

  return TRUE;
}

ToolOptions *
tool_options_parse (char **argv, S3dlioConfig *config, GError **error)
{
  g_autoptr (ToolOptions) options = g_new0 (ToolOptions, 1);
  Parser parser = { .options = options, .config = config, .next = argv + 1 };

  options->args = g_ptr_array_new_with_free_func (g_free);
  options->metadata = g_ptr_array_new_with_free_func (g_free);
  options->filter = tool_filter_new ();
  parser.settings = G_OBJECT_GET_CLASS (config);

  if (!parse_all (&parser, error))
    return NULL;

  g_ptr_array_add (options->args, NULL);
  if (options->help || options->version)
    return g_steal_pointer (&options);

  if (options->verb == NULL)
    {
      set_usage (error, "no verb is given; see s3dlio --help");
      return NULL;
    }

  return check_verb (&parser, error) ? g_steal_pointer (&options) : NULL;
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

/* ---- Help ---- */

#define COLUMN 28

/* Two columns; a long left one has a line of its own. */
static void
append_row (GString *out, const char *left, const char *right)
{
  const glong width = g_utf8_strlen (left, -1);

  if (width > COLUMN)
    g_string_append_printf (out, "  %s\n  %*s  %s\n", left, COLUMN, "", right);
  else
    g_string_append_printf (out, "  %s%*s  %s\n", left, (int) (COLUMN - width), "", right);
}

static void
append_option (GString *out, const Option *option)
{
  g_autoptr (GString) left = g_string_new (NULL);

  if (option->letter != 0)
    g_string_append_printf (left, "-%c, ", option->letter);
  g_string_append_printf (left, "--%s", option->name);
  if (option->value != NULL)
    g_string_append_printf (left, " %s", option->value);
  append_row (out, left->str, option->help);
}

static void
append_setting (GString *out, GParamSpec *spec)
{
  g_autofree char *left = spec->value_type == G_TYPE_BOOLEAN
                              ? g_strconcat ("--", spec->name, "[=yes|no]", NULL)
                              : g_strconcat ("--", spec->name, " ", g_param_spec_get_nick (spec), NULL);

  append_row (out, left, g_param_spec_get_blurb (spec));
}

static void
append_options (GString *out, ToolVerbs verb, gboolean common)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options_table); i++)
    {
      const Option *option = &options_table[i];

      if ((option->verbs & verb) != 0 && (option->verbs == TOOL_EVERY) == common)
        append_option (out, option);
    }
}

static void
append_common (GString *out)
{
  g_autoptr (GTypeClass) settings = g_type_class_ref (S3DLIO_TYPE_CONFIG);

  append_options (out, TOOL_EVERY, TRUE);
  for (gsize i = 0; common_settings[i] != NULL; i++)
    {
      GParamSpec *spec = g_object_class_find_property ((GObjectClass *) settings, common_settings[i]);

      if (spec != NULL)
        append_setting (out, spec);
    }
  g_string_append (out, "\nAll settings: s3dlio help settings\n");
}

char *
tool_help_overview (void)
{
  GString *out = g_string_new ("Usage: s3dlio [OPTION…] VERB [ARGUMENT…]\n\n"
                               "Reads and writes objects by URI: s3://BUCKET/KEY, s3://HOST:PORT/BUCKET/KEY,\n"
                               "file:///PATH. What does not begin with a scheme is a local path.\n\nVerbs:\n");

  for (const ToolVerb *verb = tool_verbs; verb->name != NULL; verb++)
    {
      g_autofree char *left = g_strconcat (verb->name, " ", verb->arguments, NULL);

      append_row (out, left, verb->summary);
    }
  append_row (out, "help [VERB|settings]", "Tell more");
  g_string_append (out, "\nOptions, before or after the verb; -- ends them:\n");
  append_common (out);

  return g_string_free (out, FALSE);
}

char *
tool_help_verb (const ToolVerb *verb)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "Usage: s3dlio %s [OPTION…] %s\n\n%s.\n", verb->name, verb->arguments, verb->summary);
  if (verb->details != NULL)
    g_string_append_printf (out, "%s\n", verb->details);
  g_string_append (out, "\nOptions:\n");
  append_options (out, verb->bit, FALSE);
  append_common (out);

  return g_string_free (out, FALSE);
}

char *
tool_help_settings (void)
{
  GString *out = g_string_new ("Settings: options of every verb. --x-y is also the environment variable S3DLIO_X_Y.\n"
                               "Sizes take k, M, G, T (powers of 1000) and Ki, Mi, Gi, Ti; durations are seconds.\n\n");
  g_autoptr (GTypeClass) settings = g_type_class_ref (S3DLIO_TYPE_CONFIG);
  guint n = 0;
  g_autofree GParamSpec **specs = g_object_class_list_properties ((GObjectClass *) settings, &n);

  for (guint i = 0; i < n; i++)
    append_setting (out, specs[i]);

  return g_string_free (out, FALSE);
}

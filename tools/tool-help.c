/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What `s3dlio help` prints, from the tables of verbs and options and from the library's settings. One thread. */

#include "config.h"

#include "tool-options.h"

/* Settings that the overview shows beside the common options. */
static const char *const common_settings[]
    = { "endpoint-url", "region", "profile", "ca-bundle", "addressing-style", "no-sign-request", NULL };

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
append_option (GString *out, const ToolOption *option)
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
  for (const ToolOption *option = tool_options_table; option->name != NULL; option++)
    {
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

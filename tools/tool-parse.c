/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line. Options stand before or after the verb, "--" ends them, and a verb takes only those that it knows:
 * nothing is accepted and ignored. GOption cannot do this: which options there are depends on the verb, which may come
 * after them. One thread. */

#include "config.h"

#include "tool-options.h"

#include <string.h>

static const ToolVerb *
find_verb (const char *name)
{
  for (const ToolVerb *verb = tool_verbs; verb->name != NULL; verb++)
    {
      if (strcmp (verb->name, name) == 0)
        return verb;
    }

  return NULL;
}

typedef struct
{
  ToolOptions *options;
  S3dlioConfig *config;
  GObjectClass *settings;
  char **next; /* the next argument */
  GPtrArray *given; /* of const ToolOption * */
  gboolean asked;   /* the word help came first */
} Parser;

static const ToolOption *
find_option (const char *name, char letter)
{
  for (const ToolOption *option = tool_options_table; option->name != NULL; option++)
    {
      if (name != NULL ? strcmp (option->name, name) == 0 : option->letter == letter)
        return option;
    }

  return NULL;
}

/* @shown: as the user wrote it; @value: NULL when it must be the next argument. */
static gboolean
take_option (Parser *parser, const ToolOption *option, const char *shown, const char *value, GError **error)
{
  if (option->value != NULL && value == NULL)
    {
      value = *parser->next;
      if (value == NULL)
        {
          tool_set_usage (error, "%s needs a value: %s", shown, option->value);
          return FALSE;
        }
      parser->next++;
    }
  if (option->value == NULL && value != NULL)
    {
      tool_set_usage (error, "%s takes no value", shown);
      return FALSE;
    }

  g_ptr_array_add (parser->given, (gpointer) option);
  if (option->take != NULL)
    return option->take (parser->options, parser->config, shown, value, error);

  G_STRUCT_MEMBER (gboolean, parser->options, option->flag) = TRUE;
  return TRUE;
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
          tool_set_usage (error, "%s needs a value: %s", shown, g_param_spec_get_nick (spec));
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
  const ToolOption *option = find_option (name, 0);
  GParamSpec *spec;

  if (option != NULL)
    return take_option (parser, option, shown, value, error);

  /* GObject reads "x_y" as "x-y"; one spelling is enough. */
  spec = strchr (name, '_') == NULL ? g_object_class_find_property (parser->settings, name) : NULL;
  if (spec != NULL)
    return take_setting (parser, spec, value, error);

  tool_set_usage (error, "%s: there is no such option", shown);
  return FALSE;
}

/* "-r", "-rv", "-j4", "-j 4". */
static gboolean
take_short (Parser *parser, const char *arg, GError **error)
{
  for (const char *p = arg + 1; *p != '\0'; p++)
    {
      const ToolOption *option = find_option (NULL, *p);
      const char shown[] = { '-', *p, '\0' };
      const char *value = NULL;

      if (option == NULL)
        {
          tool_set_usage (error, "%s: there is no such option", g_ascii_isgraph (*p) ? shown : arg);
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

  parser->options->verb = find_verb (word);
  if (parser->options->verb != NULL)
    return TRUE;

  if (strcmp (word, "help") == 0)
    {
      /* What is asked about stands in the next argument. */
      parser->options->help = TRUE;
      parser->asked = TRUE;
      if (*parser->next == NULL || **parser->next == '-')
        return TRUE;
      if (strcmp (*parser->next, "settings") == 0)
        {
          g_ptr_array_add (parser->options->args, g_strdup (*parser->next++));
          return TRUE;
        }
      return take_word (parser, *parser->next++, error);
    }

  tool_set_usage (error, "%s: there is no such verb; see s3dlio --help", *word != '\0' ? word : "''");
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

  for (guint i = 0; i < parser->given->len; i++)
    {
      const ToolOption *option = g_ptr_array_index (parser->given, i);

      if ((option->verbs & verb->bit) == 0)
        {
          tool_set_usage (error, "%s does not take --%s", verb->name, option->name);
          return FALSE;
        }
    }
  if ((n_args < verb->min && !listed) || (n_args > verb->max && !listed))
    {
      tool_set_usage (error, "%s: usage: s3dlio %s %s", n_args < verb->min ? "too few arguments" : "too many arguments",
                      verb->name, verb->arguments);
      return FALSE;
    }

  return TRUE;
}

ToolOptions *
tool_options_parse (char **argv, S3dlioConfig *config, GError **error)
{
  g_autoptr (ToolOptions) options = tool_options_new ();
  g_autoptr (GPtrArray) given = g_ptr_array_new ();
  Parser parser = { .options = options, .config = config, .next = argv + 1, .given = given };

  parser.settings = G_OBJECT_GET_CLASS (config);
  if (!parse_all (&parser, error))
    return NULL;

  if (parser.asked && options->args->len + (options->verb != NULL) > 1)
    {
      tool_set_usage (error, "too many arguments: usage: s3dlio help [VERB|settings]");
      return NULL;
    }

  g_ptr_array_add (options->args, NULL);
  if (options->help || options->version)
    return g_steal_pointer (&options);

  if (options->verb == NULL)
    {
      tool_set_usage (error, "no verb is given; see s3dlio --help");
      return NULL;
    }

  return check_verb (&parser, error) ? g_steal_pointer (&options) : NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters of keys. Globs are fnmatch()'s, without its special treatment of "/" and of a leading dot: a key is no path,
 * so that "*" crosses slashes. One thread. */

#include "config.h"

#include "tool-filter.h"

#include <fnmatch.h>

typedef struct
{
  gboolean include;
  char *glob;    /* NULL: */
  GRegex *regex; /* this one */
} Rule;

struct _ToolFilter
{
  GArray *rules; /* of Rule */
};

static void
rule_clear (gpointer data)
{
  Rule *rule = data;

  g_free (rule->glob);
  g_clear_pointer (&rule->regex, g_regex_unref);
}

ToolFilter *
tool_filter_new (void)
{
  ToolFilter *filter = g_new0 (ToolFilter, 1);

  filter->rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  g_array_set_clear_func (filter->rules, rule_clear);
  return filter;
}

void
tool_filter_free (ToolFilter *filter)
{
  g_array_unref (filter->rules);
  g_free (filter);
}

void
tool_filter_add_glob (ToolFilter *filter, const char *glob, gboolean include)
{
  const Rule rule = { .include = include, .glob = g_strdup (glob) };

  g_array_append_val (filter->rules, rule);
}

gboolean
tool_filter_add_regex (ToolFilter *filter, const char *pattern, GError **error)
{
  Rule rule = { .include = TRUE };

  rule.regex = g_regex_new (pattern, G_REGEX_OPTIMIZE | G_REGEX_DOLLAR_ENDONLY, 0, error);
  if (rule.regex == NULL)
    return FALSE;

  g_array_append_val (filter->rules, rule);
  return TRUE;
}

gboolean
tool_filter_is_empty (const ToolFilter *filter)
{
  return filter->rules->len == 0;
}

static gboolean
rule_matches (const Rule *rule, const char *key)
{
  if (rule->glob != NULL)
    return fnmatch (rule->glob, key, 0) == 0;

  return g_utf8_validate (key, -1, NULL) && g_regex_match (rule->regex, key, 0, NULL);
}

gboolean
tool_filter_matches (const ToolFilter *filter, const char *key)
{
  const Rule *rules;

  if (filter == NULL || filter->rules->len == 0)
    return TRUE;

  rules = (const Rule *) filter->rules->data;
  for (guint i = filter->rules->len; i > 0; i--)
    {
      if (rule_matches (&rules[i - 1], key))
        return rules[i - 1].include;
    }

  return !rules[0].include;
}

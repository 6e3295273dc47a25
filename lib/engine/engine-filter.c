/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Globs and regular expressions over keys. fnmatch() is not used: it reads the characters of the program's locale, and
 * keys are UTF-8 everywhere. A glob takes time in proportion to the lengths of both texts; PCRE counts its steps, and
 * gives up when there are too many.
 *
 * Immutable after it is made; any thread. */

#include "config.h"

#include "engine/engine-filter.h"

#include "base/base-error.h"

#define NO_CHARACTER 0x110000 /* behind Unicode: bytes that are not UTF-8 stand for themselves, here */

struct _S3dFilter
{
  gatomicrefcount refs;
  char *glob;    /* nullable */
  GRegex *regex; /* nullable */
};

/* --- globs --- */

static gunichar
next_character (const char **text)
{
  gunichar c = g_utf8_get_char_validated (*text, -1);

  if (c == (gunichar) -1 || c == (gunichar) -2)
    return NO_CHARACTER + (guchar) *(*text)++;

  *text = g_utf8_next_char (*text);
  return c;
}

static gunichar
next_literal (const char **glob)
{
  if (**glob == '\\' && (*glob)[1] != '\0')
    ++*glob;

  return next_character (glob);
}

/* Behind the "]" of the class that begins behind @set; NULL: it has none. */
static const char *
end_of_class (const char *set)
{
  set += *set == '!' || *set == '^';
  do
    {
      if (*set == '\0')
        return NULL;
      next_literal (&set);
    }
  while (*set != ']');

  return set + 1;
}

static gboolean
class_has (const char *set, const char *end, gunichar c)
{
  gboolean negated = *set == '!' || *set == '^';
  gboolean found = FALSE;

  set += negated;
  while (set < end - 1)
    {
      gunichar first = next_literal (&set);
      gunichar last = first;

      if (*set == '-' && set + 1 < end - 1)
        {
          set++;
          last = next_literal (&set);
        }
      found |= first <= c && c <= last;
    }

  return found != negated;
}

/* Whether what the glob says next is what the text has next, which is not at its end; then both move on. */
static gboolean
accept (const char **glob, const char **text)
{
  const char *rest = *glob;
  const char *end = *rest == '[' ? end_of_class (rest + 1) : NULL;
  gunichar c = next_character (text);

  if (*rest == '\0')
    return FALSE;
  if (end != NULL)
    {
      *glob = end;
      return class_has (rest + 1, end, c);
    }
  if (*rest != '?')
    return next_literal (glob) == c;

  ++*glob;
  return TRUE;
}

gboolean
s3d_glob_match (const char *glob, const char *text)
{
  const char *star = NULL;  /* behind the last "*" */
  const char *begin = NULL; /* where what follows it was tried last */

  while (TRUE)
    {
      if (*glob == '*')
        {
          star = ++glob;
          begin = text;
        }
      else if (*text == '\0')
        {
          return *glob == '\0';
        }
      else if (!accept (&glob, &text))
        {
          if (star == NULL)
            return FALSE;
          next_character (&begin);
          glob = star;
          text = begin;
        }
    }
}

/* --- filters --- */

S3dFilter *
s3d_filter_new (const char *glob, const char *regex, GError **error)
{
  g_autoptr (S3dFilter) filter = g_new0 (S3dFilter, 1);
  g_autoptr (GError) reason = NULL;

  g_atomic_ref_count_init (&filter->refs);
  filter->glob = g_strdup (glob);
  if (regex == NULL)
    return g_steal_pointer (&filter);

  filter->regex = g_regex_new (regex, G_REGEX_OPTIMIZE | G_REGEX_DOLLAR_ENDONLY, 0, &reason);
  if (filter->regex != NULL)
    return g_steal_pointer (&filter);

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the regular expression cannot be used: %s",
               reason->message);
  return NULL;
}

S3dFilter *
s3d_filter_ref (S3dFilter *filter)
{
  g_atomic_ref_count_inc (&filter->refs);

  return filter;
}

void
s3d_filter_unref (S3dFilter *filter)
{
  if (!g_atomic_ref_count_dec (&filter->refs))
    return;

  g_free (filter->glob);
  g_clear_pointer (&filter->regex, g_regex_unref);
  g_free (filter);
}

gboolean
s3d_filter_match (const S3dFilter *filter, const char *key, gboolean *matches, GError **error)
{
  g_autoptr (GError) reason = NULL;

  *matches = filter->glob == NULL || s3d_glob_match (filter->glob, key);
  if (!*matches || filter->regex == NULL)
    return TRUE;

  *matches = g_utf8_validate (key, -1, NULL) && g_regex_match_full (filter->regex, key, -1, 0, 0, NULL, &reason);
  if (reason == NULL)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the regular expression is too costly for the key '%s': %s",
               key, reason->message);
  return FALSE;
}

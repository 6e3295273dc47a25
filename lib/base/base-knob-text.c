/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Knobs as text: their names, what users write for their values, and the errors that say what was
 * wrong with it. Independent of the locale.
 * Any thread; keeps nothing. */

#include "config.h"

#include "base/base-knobs.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

static gboolean
same_name (const char *a, const char *b)
{
  for (; *a != '\0' && *b != '\0'; a++, b++)
    {
      if (*a != *b && !(*a == '-' && *b == '_'))
        return FALSE;
    }

  return *a == *b;
}

int
s3d_knob_find (const char *name)
{
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      if (same_name (s3d_knobs[i].name, name))
        return (int) i;
    }

  return -1;
}

int
s3d_knob_find_general (guint index)
{
  const char *general = s3d_knobs[index].general;

  return general != NULL ? s3d_knob_find (general) : -1;
}

char *
s3d_knob_variable (const S3dKnob *knob)
{
  g_autofree char *upper = g_ascii_strup (knob->name, -1);

  return g_strconcat ("S3DLIO_", g_strdelimit (upper, "-", '_'), NULL);
}

char *
s3d_knob_form (const S3dKnob *knob)
{
  if (knob->words != NULL)
    return g_strjoinv ("|", (char **) knob->words);

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      return g_strdup ("yes|no");
    case S3D_KNOB_COUNT:
      return g_strdup ("NUMBER");
    case S3D_KNOB_SIZE:
      return g_strdup ("SIZE");
    case S3D_KNOB_SECONDS:
      return g_strdup ("SECONDS");
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      return g_strdup (knob->form);
    }
}

static int
find_word (const char *const *words, const char *text)
{
  for (int i = 0; words != NULL && words[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (words[i], text) == 0)
        return i;
    }

  return -1;
}

int
s3d_knob_word (const S3dKnob *knob, const char *text)
{
  const int word = find_word (knob->words, text);

  return word >= 0 ? word : find_word (knob->aliases, text);
}

void
s3d_knob_value_clear (S3dKnobValue *value)
{
  g_clear_pointer (&value->text, g_free);
  value->set = FALSE;
  value->number = 0;
}

void
s3d_knob_value_set (S3dKnobValue *value, guint64 number, const char *text)
{
  char *copy = g_strdup (text);

  s3d_knob_value_clear (value);
  value->set = TRUE;
  value->number = number;
  value->text = copy;
}

static char *
size_to_text (guint64 size)
{
  static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti" };
  gsize unit = 0;

  for (; unit + 1 < G_N_ELEMENTS (units) && size >= 1024 && size % 1024 == 0; unit++)
    size /= 1024;

  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", size, units[unit]);
}

static char *
seconds_to_text (guint64 milliseconds)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.10g", (double) milliseconds / 1000));
}

static char *
number_to_text (const S3dKnob *knob, guint64 number)
{
  switch (knob->kind)
    {
    case S3D_KNOB_SIZE:
      return size_to_text (number);
    case S3D_KNOB_SECONDS:
      return seconds_to_text (number);
    default:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
    }
}

/* What the value should have been. */
static char *
describe (const S3dKnob *knob)
{
  g_autofree char *min = number_to_text (knob, knob->min);
  g_autofree char *max = number_to_text (knob, knob->max);

  if (knob->words != NULL)
    {
      g_autofree char *words = g_strjoinv (", ", (char **) knob->words);

      return g_strdup_printf ("one of %s", words);
    }

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      return g_strdup ("one of 1, 0, true, false, yes, no, on, off");
    case S3D_KNOB_COUNT:
      return g_strdup_printf ("a whole number from %s to %s", min, max);
    case S3D_KNOB_SIZE:
      return g_strdup_printf ("a size from %s to %s (units k, M, G, T and Ki, Mi, Gi, Ti)", min, max);
    case S3D_KNOB_SECONDS:
    default:
      return g_strdup_printf ("a number of seconds from %s to %s", min, max);
    }
}

static gboolean
set_wrong (const S3dKnob *knob, const char *label, const char *text, GError **error)
{
  g_autofree char *should_be = describe (knob);

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s: '%s' is not %s", label, text, should_be);

  return FALSE;
}

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        return TRUE;
    }

  return FALSE;
}

static gboolean
check_text (const S3dKnob *knob, const char *label, const char *text, GError **error)
{
  const char *why = NULL;

  if (*text == '\0' && knob->words == NULL)
    return TRUE; /* set, to nothing */
  if (!g_utf8_validate (text, -1, NULL) || has_control (text))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s: the value is not one line of UTF-8", label);
      return FALSE;
    }
  if (knob->words != NULL && s3d_knob_word (knob, text) < 0)
    return set_wrong (knob, label, text, error);
  if (knob->check != NULL && !knob->check (text, &why))
    {
      /* Without the text: a URL may hold a password. */
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s: the value is not %s", label, why);
      return FALSE;
    }

  return TRUE;
}

gboolean
s3d_knob_check (const S3dKnob *knob, const char *label, const S3dKnobValue *value, GError **error)
{
  if (knob->kind == S3D_KNOB_CHOICE || knob->kind == S3D_KNOB_STRING)
    return value->text == NULL || check_text (knob, label, value->text, error);

  if (knob->kind == S3D_KNOB_BOOLEAN || (value->number >= knob->min && value->number <= knob->max))
    return TRUE;

  /* A time that was negative, or no number, has no text any more. */
  const gboolean lost = knob->kind == S3D_KNOB_SECONDS && value->number == G_MAXUINT64;
  g_autofree char *text = lost ? g_strdup ("?") : number_to_text (knob, value->number);

  return set_wrong (knob, label, text, error);
}

static gboolean
parse_boolean (const char *text, guint64 *number)
{
  static const char *const words[] = { "0", "1", "false", "true", "no", "yes", "off", "on" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_ascii_strcasecmp (text, words[i]) == 0)
        {
          *number = i % 2;
          return TRUE;
        }
    }

  return FALSE;
}

guint64
s3d_knob_milliseconds (double seconds)
{
  return seconds >= 0 && seconds <= 1e12 ? (guint64) (seconds * 1000 + 0.5) : G_MAXUINT64;
}

static gboolean
parse_seconds (const char *text, guint64 *milliseconds)
{
  char *end = NULL;

  /* Neither hexadecimal nor "inf", which g_ascii_strtod() takes. */
  if (*text == '\0' || strspn (text, "0123456789.eE+-") != strlen (text))
    return FALSE;

  *milliseconds = s3d_knob_milliseconds (g_ascii_strtod (text, &end));

  return *end == '\0';
}

gboolean
s3d_knob_parse (const S3dKnob *knob, const char *label, const char *text, S3dKnobValue *value, GError **error)
{
  guint64 number = 0;
  gboolean read = TRUE;

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      read = parse_boolean (text, &number);
      break;
    case S3D_KNOB_COUNT:
      read = g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL);
      break;
    case S3D_KNOB_SIZE:
      read = s3dlio_parse_size (text, &number, NULL);
      break;
    case S3D_KNOB_SECONDS:
      read = parse_seconds (text, &number);
      break;
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      if (find_word (knob->aliases, text) >= 0)
        text = knob->words[find_word (knob->aliases, text)];
      s3d_knob_value_set (value, 0, text);
      return s3d_knob_check (knob, label, value, error);
    }

  if (!read)
    return set_wrong (knob, label, text, error);

  s3d_knob_value_set (value, number, NULL);
  if (s3d_knob_check (knob, label, value, NULL))
    return TRUE;

  return set_wrong (knob, label, text, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small things that every file of the test server needs: name/value pairs, percent-encoding (RFC
 * 3986), dates (RFC 9110 and ISO 8601), text for XML and JSON. No state; any thread.
 */
#include "config.h"

#include "server-private.h"

#include <stdio.h>
#include <string.h>

static const char *const months[]
    = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static void
pair_free (gpointer data)
{
  TsPair *pair = data;

  g_free (pair->name);
  g_free (pair->value);
  g_free (pair);
}

GPtrArray *
ts_pairs_new (void)
{
  return g_ptr_array_new_with_free_func (pair_free);
}

void
ts_pairs_add (GPtrArray *pairs, const char *name, const char *value)
{
  TsPair *pair = g_new (TsPair, 1);

  pair->name = g_strdup (name);
  pair->value = g_strdup (value);
  g_ptr_array_add (pairs, pair);
}

void
ts_pairs_set (GPtrArray *pairs, const char *name, const char *value)
{
  for (guint i = pairs->len; i-- > 0;)
    {
      const TsPair *pair = g_ptr_array_index (pairs, i);

      if (g_ascii_strcasecmp (pair->name, name) == 0)
        g_ptr_array_remove_index (pairs, i);
    }
  if (value != NULL)
    ts_pairs_add (pairs, name, value);
}

const char *
ts_pairs_get (GPtrArray *pairs, const char *name)
{
  for (guint i = 0; i < pairs->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (pairs, i);

      if (g_ascii_strcasecmp (pair->name, name) == 0)
        return pair->value;
    }
  return NULL;
}

GPtrArray *
ts_pairs_copy (GPtrArray *pairs)
{
  GPtrArray *copy = ts_pairs_new ();

  for (guint i = 0; i < pairs->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (pairs, i);

      ts_pairs_add (copy, pair->name, pair->value);
    }
  return copy;
}

char *
ts_uri_decode (const char *text, gssize length, gboolean plus)
{
  gsize n = length < 0 ? strlen (text) : (gsize) length;
  g_autoptr (GString) out = g_string_sized_new (n);

  for (gsize i = 0; i < n; i++)
    {
      int high, low;

      if (text[i] == '+' && plus)
        {
          g_string_append_c (out, ' ');
          continue;
        }
      if (text[i] != '%')
        {
          g_string_append_c (out, text[i]);
          continue;
        }
      if (i + 2 >= n)
        return NULL;
      high = g_ascii_xdigit_value (text[i + 1]);
      low = g_ascii_xdigit_value (text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0))
        return NULL;
      g_string_append_c (out, (char) (high * 16 + low));
      i += 2;
    }
  return g_strdup (out->str);
}

void
ts_uri_append (GString *out, const char *text, gboolean keep_slash)
{
  for (const guint8 *p = (const guint8 *) text; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p) || strchr ("-._~", *p) != NULL || (*p == '/' && keep_slash))
        g_string_append_c (out, (char) *p);
      else
        g_string_append_printf (out, "%%%02X", *p);
    }
}

char *
ts_http_date (gint64 unix_time)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  g_autoptr (GDateTime) t = g_date_time_new_from_unix_utc (unix_time);

  return g_strdup_printf ("%s, %02d %s %04d %02d:%02d:%02d GMT",
                          days[g_date_time_get_day_of_week (t) - 1],
                          g_date_time_get_day_of_month (t), months[g_date_time_get_month (t) - 1],
                          g_date_time_get_year (t), g_date_time_get_hour (t),
                          g_date_time_get_minute (t), g_date_time_get_second (t));
}

static gint64
unix_from_utc (int year, int month, int day, int hour, int minute, int second)
{
  g_autoptr (GDateTime) t = g_date_time_new_utc (year, month, day, hour, minute, second);

  return t == NULL ? -1 : g_date_time_to_unix (t);
}

gint64
ts_http_date_parse (const char *text)
{
  char month[4] = "";
  int day, year, hour, minute, second;
  int end = 0;

  if (sscanf (text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour,
              &minute, &second, &end) != 6
      || end == 0 || text[end] != '\0')
    return -1;
  for (int i = 0; i < 12; i++)
    if (strcmp (month, months[i]) == 0)
      return unix_from_utc (year, i + 1, day, hour, minute, second);
  return -1;
}

char *
ts_iso_date (gint64 unix_time)
{
  g_autoptr (GDateTime) t = g_date_time_new_from_unix_utc (unix_time);

  return g_date_time_format (t, "%Y-%m-%dT%H:%M:%S.000Z");
}

gint64
ts_basic_date_parse (const char *text)
{
  int year, month, day, hour, minute, second;
  int end = 0;

  if (sscanf (text, "%4d%2d%2dT%2d%2d%2dZ%n", &year, &month, &day, &hour, &minute, &second, &end)
          != 6
      || end != 16 || text[end] != '\0')
    return -1;
  return unix_from_utc (year, month, day, hour, minute, second);
}

void
ts_xml_append (GString *out, const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '&')
        g_string_append (out, "&amp;");
      else if (*p == '<')
        g_string_append (out, "&lt;");
      else if (*p == '>')
        g_string_append (out, "&gt;");
      else if (*p == '"')
        g_string_append (out, "&quot;");
      else if ((guchar) *p < 0x20)
        /* not legal XML 1.0, but what S3 sends */
        g_string_append_printf (out, "&#x%x;", (guint) *p);
      else
        g_string_append_c (out, *p);
    }
}

void
ts_xml_element (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, "<%s>", name);
  ts_xml_append (out, text);
  g_string_append_printf (out, "</%s>", name);
}

void
ts_json_append (GString *out, const char *text)
{
  if (text == NULL)
    {
      g_string_append (out, "null");
      return;
    }
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_printf (out, "\\%c", *p);
      else if ((guchar) *p < 0x20)
        g_string_append_printf (out, "\\u%04x", (guint) *p);
      else
        g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

gboolean
ts_parse_size (const char *text, guint64 *out)
{
  char *end = NULL;
  guint64 n;
  guint shift = 0;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  n = g_ascii_strtoull (text, &end, 10);
  if (*end == 'K')
    shift = 10;
  else if (*end == 'M')
    shift = 20;
  else if (*end == 'G')
    shift = 30;
  if (end[shift > 0 ? 1 : 0] != '\0' || n > (guint64) G_MAXINT64 >> shift)
    return FALSE;
  *out = n << shift;
  return TRUE;
}

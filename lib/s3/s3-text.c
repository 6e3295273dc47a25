/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The small texts of S3's answers and headers: encoded keys, ETags, content ranges, metadata.
 *
 * User metadata is ASCII on the wire. A value that is not, or that would not survive a header field (blanks at its
 * ends, a control character, something that looks like an encoded word), goes as UTF-8 in RFC 2047 encoded words, the
 * form in which Amazon gives such values back; reading undoes both of that RFC's encodings.
 *
 * Pure functions; any thread. */

#include "config.h"

#include "base/base-digest.h"
#include "s3/s3-wire.h"

#include <string.h>

/* An encoded word has 75 characters at most: "=?UTF-8?B?" + 60 + "?=". */
#define WORD_BYTES 45

gboolean
s3d_s3_decode (char *text)
{
  char *out = text;

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '+')
        *out++ = ' ';
      else if (*p != '%')
        *out++ = *p;
      else
        {
          int byte = s3d_unhex (p + 1);

          if (byte <= 0)
            return FALSE;
          *out++ = (char) byte;
          p += 2;
        }
    }
  *out = '\0';
  return TRUE;
}

char *
s3d_s3_parse_etag (const char *text)
{
  if (text == NULL || g_str_has_prefix (text, "W/"))
    return NULL;
  gsize length = strlen (text);
  if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
    {
      text++;
      length -= 2;
    }
  return length > 0 ? g_strndup (text, length) : NULL;
}

/* Digits and nothing else in front of @end. */
static gboolean
parse_number (const char **text, char end, gint64 *number)
{
  gint64 value = 0;
  const char *p = *text;

  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (; g_ascii_isdigit (*p); p++)
    {
      if (value > (G_MAXINT64 - 9) / 10)
        return FALSE;
      value = value * 10 + (*p - '0');
    }
  if (*p != end)
    return FALSE;
  *text = end != '\0' ? p + 1 : p;
  *number = value;
  return TRUE;
}

gboolean
s3d_s3_parse_content_range (const char *text, gint64 *first, gint64 *last, gint64 *total)
{
  *first = *last = *total = -1;
  if (text == NULL || g_ascii_strncasecmp (text, "bytes ", 6) != 0)
    return FALSE;
  text += 6;
  if (g_str_has_prefix (text, "*/"))
    {
      text += 2;
      return parse_number (&text, '\0', total);
    }
  if (!parse_number (&text, '-', first) || !parse_number (&text, '/', last) || *last < *first)
    return FALSE;
  if (strcmp (text, "*") == 0)
    return TRUE;
  return parse_number (&text, '\0', total) && *total > *last;
}

gboolean
s3d_s3_is_header_value (const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p) && *p != '\t')
        return FALSE;
    }
  return TRUE;
}

gboolean
s3d_s3_is_metadata_name (const char *name)
{
  static const char others[] = "!#$%&'*+-.^_`|~";

  for (const char *p = name; *p != '\0'; p++)
    {
      if (!g_ascii_islower (*p) && !g_ascii_isdigit (*p) && strchr (others, *p) == NULL)
        return FALSE;
    }
  return *name != '\0';
}

static gboolean
survives_as_it_is (const char *value)
{
  gsize length = strlen (value);

  if (length == 0)
    return TRUE;
  if (value[0] == ' ' || value[length - 1] == ' ' || strstr (value, "=?") != NULL || strstr (value, "  ") != NULL)
    return FALSE;
  for (const char *p = value; *p != '\0'; p++)
    {
      if (*p < ' ' || *p > '~')
        return FALSE;
    }
  return TRUE;
}

char *
s3d_s3_encode_metadata (const char *value)
{
  if (survives_as_it_is (value))
    return g_strdup (value);

  GString *text = g_string_new (NULL);
  gsize left = strlen (value);
  while (left > 0)
    {
      gsize n = MIN (left, WORD_BYTES);

      while (n < left && n > WORD_BYTES - 4 && ((guchar) value[n] & 0xc0) == 0x80) /* not inside a character */
        n--;
      g_autofree char *word = g_base64_encode ((const guchar *) value, n);
      g_string_append_printf (text, "%s=?UTF-8?B?%s?=", text->len > 0 ? " " : "", word);
      value += n;
      left -= n;
    }
  return g_string_free (text, FALSE);
}

static char *
decode_q (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      int byte = text[i] == '=' && i + 2 < length ? s3d_unhex (text + i + 1) : -1;

      if (byte >= 0)
        {
          g_string_append_c (out, (char) byte);
          i += 2;
        }
      else if (text[i] == '_')
        g_string_append_c (out, ' ');
      else
        g_string_append_c (out, text[i]);
    }
  return g_string_free (out, FALSE);
}

/* Decodes the encoded word at the start of @text; NULL: there is none, or in a charset that is not known. */
static char *
decode_word (const char *text, gsize *length)
{
  if (!g_str_has_prefix (text, "=?"))
    return NULL;
  const char *encoding = strchr (text + 2, '?');
  if (encoding == NULL || encoding[1] == '\0' || encoding[2] != '?')
    return NULL;
  const char *payload = encoding + 3;
  const char *end = strstr (payload, "?=");
  if (end == NULL)
    return NULL;

  g_autofree char *charset = g_strndup (text + 2, (gsize) (encoding - text - 2));
  g_autofree char *raw = NULL;
  gsize size;
  if (g_ascii_toupper (encoding[1]) == 'Q')
    {
      raw = decode_q (payload, (gsize) (end - payload));
      size = strlen (raw);
    }
  else if (g_ascii_toupper (encoding[1]) == 'B')
    {
      g_autofree char *base64 = g_strndup (payload, (gsize) (end - payload));
      g_autofree guchar *bytes = g_base64_decode (base64, &size);

      raw = g_strndup ((const char *) bytes, size);
    }
  else
    return NULL;
  *length = (gsize) (end + 2 - text);
  if (g_ascii_strcasecmp (charset, "UTF-8") == 0 || g_ascii_strcasecmp (charset, "US-ASCII") == 0)
    return g_steal_pointer (&raw);
  return g_convert (raw, -1, "UTF-8", charset, NULL, NULL, NULL);
}

char *
s3d_s3_decode_metadata (const char *value)
{
  if (strstr (value, "=?") == NULL)
    return g_strdup (value);

  GString *text = g_string_new (NULL);
  gboolean after_word = FALSE;
  while (*value != '\0')
    {
      gsize blanks = after_word ? strspn (value, " \t") : 0; /* between two words they mean nothing */
      gsize length = 0;
      g_autofree char *word = decode_word (value + blanks, &length);

      after_word = word != NULL;
      if (word != NULL)
        {
          g_string_append (text, word);
          value += blanks + length;
        }
      else
        g_string_append_c (text, *value++);
    }
  return g_string_free (text, FALSE);
}

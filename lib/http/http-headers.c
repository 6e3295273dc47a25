/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Header fields of a request or an answer: texts in one arena, offsets in one array, so that an answer costs two
 * allocations. Used by one thread at a time; the memory belongs to whoever embeds the list. RFC 9110 §5. */

#include "config.h"

#include "http/http-headers.h"

#include <string.h>

#define FIRST_TEXT 1024
#define FIRST_FIELDS 16

void
s3d_http_headers_clear (S3dHttpHeaders *headers)
{
  headers->used = 0;
  headers->n_fields = 0;
}

void
s3d_http_headers_free (S3dHttpHeaders *headers)
{
  g_clear_pointer (&headers->text, g_free);
  g_clear_pointer (&headers->fields, g_free);
  headers->used = headers->room = 0;
  headers->n_fields = headers->n_room = 0;
}

static guint32
append_text (S3dHttpHeaders *headers, const char *text, gsize size)
{
  guint32 at = headers->used;

  if (size + 1 > headers->room - headers->used)
    {
      gsize room = MAX ((gsize) headers->room * 2, FIRST_TEXT);

      while (room < headers->used + size + 1)
        room *= 2;
      g_assert (room <= G_MAXUINT32);
      headers->text = g_realloc (headers->text, room);
      headers->room = (guint32) room;
    }
  memcpy (headers->text + at, text, size);
  headers->text[at + size] = '\0';
  headers->used += (guint32) size + 1;
  return at;
}

gboolean
s3d_http_headers_add (S3dHttpHeaders *headers, const char *name, gsize name_size, const char *value, gsize value_size,
                      gsize limit)
{
  S3dHttpField *field;

  if (headers->used + name_size + value_size + 2 > limit)
    return FALSE;
  if (headers->n_fields == headers->n_room)
    {
      headers->n_room = MAX (headers->n_room * 2, FIRST_FIELDS);
      headers->fields = g_renew (S3dHttpField, headers->fields, headers->n_room);
    }
  field = &headers->fields[headers->n_fields++];
  field->name = append_text (headers, name, name_size);
  field->value = append_text (headers, value, value_size);
  return TRUE;
}

/* The first letters tell most names apart, without a call. */
static gboolean
is_named (const S3dHttpHeaders *headers, guint n, const char *name)
{
  const char *there = headers->text + headers->fields[n].name;

  return (there[0] | 0x20) == (name[0] | 0x20) && g_ascii_strcasecmp (there, name) == 0;
}

static void
remove_from (S3dHttpHeaders *headers, const char *name, guint start)
{
  guint kept = start;

  for (guint i = start; i < headers->n_fields; i++)
    if (!is_named (headers, i, name))
      headers->fields[kept++] = headers->fields[i];
  headers->n_fields = MIN (kept, headers->n_fields);
}

void
s3d_http_headers_set (S3dHttpHeaders *headers, const char *name, const char *value)
{
  g_autofree char *copy = NULL;
  gsize size = value != NULL ? strlen (value) : 0;

  if (value == NULL)
    {
      remove_from (headers, name, 0);
      return;
    }
  /* The arena may move while a text of its own is added to it. */
  if (headers->text != NULL && value >= headers->text && value < headers->text + headers->used)
    value = copy = g_strdup (value);
  for (guint i = 0; i < headers->n_fields; i++)
    {
      S3dHttpField *field = &headers->fields[i];

      if (!is_named (headers, i, name))
        continue;
      /* A value that is set before every attempt (a date, a signature) takes the place of the one before. */
      if (size <= strlen (headers->text + field->value))
        memmove (headers->text + field->value, value, size + 1);
      else
        field->value = append_text (headers, value, size);
      remove_from (headers, name, i + 1);
      return;
    }
  s3d_http_headers_add (headers, name, strlen (name), value, size, G_MAXUINT32);
}

const char *
s3d_http_headers_get (const S3dHttpHeaders *headers, const char *name)
{
  for (guint i = headers->n_fields; i > 0; i--)
    if (is_named (headers, i - 1, name))
      return headers->text + headers->fields[i - 1].value;
  return NULL;
}

void
s3d_http_headers_nth (const S3dHttpHeaders *headers, guint n, const char **name, const char **value)
{
  g_assert (n < headers->n_fields);
  *name = headers->text + headers->fields[n].name;
  *value = headers->text + headers->fields[n].value;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Header fields in order, in two blocks of memory whatever their number. Names compare without regard to case
 * (RFC 9110 §5.1). Not thread-safe; embedded by value, all zero is an empty list. */

#include <glib.h>

typedef struct
{
  guint32 name; /* offsets into text */
  guint32 value;
} S3dHttpField;

typedef struct
{
  char *text;
  guint32 used;
  guint32 room;
  S3dHttpField *fields;
  guint n_fields;
  guint n_room;
} S3dHttpHeaders;

void s3d_http_headers_clear (S3dHttpHeaders *headers); /* empties, keeps the memory */
void s3d_http_headers_free (S3dHttpHeaders *headers);  /* empties, gives the memory back */

/* Appends a field; the texts need no NUL. FALSE when the list would hold more than @limit bytes. */
gboolean s3d_http_headers_add (S3dHttpHeaders *headers, const char *name, gsize name_size, const char *value,
                               gsize value_size, gsize limit);
/* Replaces every field of that name by one; NULL removes them. */
void s3d_http_headers_set (S3dHttpHeaders *headers, const char *name, const char *value);
/* The last field of that name, or NULL. */
const char *s3d_http_headers_get (const S3dHttpHeaders *headers, const char *name);
void s3d_http_headers_nth (const S3dHttpHeaders *headers, guint n, const char **name, const char **value);

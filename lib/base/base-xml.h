/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A reader of the small XML documents that services send, over libxml2: no network, no entities,
 * no DTD; bounded depth and text. Matching ignores namespaces. */

#include <glib.h>

/* @path is the element's path from the root, "ListBucketResult/Contents/Key"; @text its own
 * character data, unescaped ("" when none). Called at each element's end; @open, which may be
 * NULL, at its start. FALSE with @error stops the parse. */
typedef struct
{
  gboolean (*open) (const char *path, gpointer data, GError **error);
  gboolean (*close) (const char *path, const char *text, gpointer data, GError **error);
} S3dXmlHandler;

/* Errors are S3DLIO_ERROR_FAILED "the service sent XML that cannot be read: …". */
gboolean s3d_xml_parse (const char *xml, gsize size, const S3dXmlHandler *handler, gpointer data, GError **error);

/* Appends @text with &, <, >, quotes and CR escaped. Control characters that XML 1.0 cannot
 * carry give FALSE. */
gboolean s3d_xml_append_escaped (GString *out, const char *text);

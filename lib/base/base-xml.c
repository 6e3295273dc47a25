/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A reader of services' XML over libxml2's SAX2 interface: no tree, no network, no document type, and with it no
 * entities but the five of XML; bounded depth and text. Names are compared without their namespaces. Any thread;
 * one parse belongs to one thread. */

#include "config.h"

#include "base/base-xml.h"

#include "s3dlio/s3dlio-error.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#define MAX_DEPTH 32
#define MAX_TEXT (256 * 1024)
#define CHUNK (1024 * 1024) /* libxml2 counts in int */

typedef struct
{
  const S3dXmlHandler *handler;
  gpointer data;
  xmlParserCtxt *context;
  GString *path;
  GString *texts[MAX_DEPTH]; /* of each open element; made when first needed */
  gsize starts[MAX_DEPTH];   /* where the element's name begins in the path */
  guint depth;
  GError *error;
} Reader;

static void fail (Reader *reader, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
fail (Reader *reader, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *why = g_strdup_vprintf (format, args);
  va_end (args);

  if (reader->error == NULL)
    g_set_error (&reader->error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service sent XML that cannot be read: %s",
                 why);
  xmlStopParser (reader->context);
}

static void
on_open (void *user_data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
         const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
  Reader *reader = user_data;

  if (reader->error != NULL)
    return;
  if (reader->depth == MAX_DEPTH)
    {
      fail (reader, "it is nested deeper than %d elements", MAX_DEPTH);
      return;
    }

  const guint level = reader->depth++;
  reader->starts[level] = reader->path->len;
  if (level > 0)
    g_string_append_c (reader->path, '/');
  g_string_append (reader->path, (const char *) name);
  if (reader->texts[level] == NULL)
    reader->texts[level] = g_string_new (NULL);
  g_string_truncate (reader->texts[level], 0);

  if (reader->handler->open != NULL && !reader->handler->open (reader->path->str, reader->data, &reader->error))
    xmlStopParser (reader->context);
}

static void
on_close (void *user_data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
  Reader *reader = user_data;

  if (reader->error != NULL)
    return;

  const guint level = --reader->depth;
  if (reader->handler->close != NULL
      && !reader->handler->close (reader->path->str, reader->texts[level]->str, reader->data, &reader->error))
    xmlStopParser (reader->context);
  g_string_truncate (reader->path, reader->starts[level]);
}

static void
on_text (void *user_data, const xmlChar *text, int length)
{
  Reader *reader = user_data;

  if (reader->error != NULL || reader->depth == 0)
    return;

  GString *own = reader->texts[reader->depth - 1];
  if (own->len + (gsize) length > MAX_TEXT)
    {
      fail (reader, "the text of %s is longer than %d bytes", reader->path->str, MAX_TEXT);
      return;
    }
  g_string_append_len (own, (const char *) text, length);
}

static void
on_document_type (void *user_data, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
  fail (user_data, "it has a document type");
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *ErrorArgument;
#else
typedef xmlError *ErrorArgument;
#endif

/* The error is fetched from the context afterwards; without this, libxml2 prints it. */
static void
on_error (void *user_data, ErrorArgument error)
{
}

static void
init_once (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done))
    {
      xmlInitParser ();
      g_once_init_leave (&done, 1);
    }
}

static void
run (Reader *reader, const char *xml, gsize size)
{
  gsize at = 0;

  /* The result is not looked at: it tells of flaws that are not fatal, too. */
  while (at < size && reader->error == NULL && reader->context->wellFormed)
    {
      const gsize n = MIN (size - at, CHUNK);

      xmlParseChunk (reader->context, xml + at, (int) n, at + n == size);
      at += n;
    }
  if (reader->error != NULL)
    return;

  const xmlError *error = xmlCtxtGetLastError (reader->context);
  if (size == 0)
    fail (reader, "it is empty");
  else if (!reader->context->wellFormed)
    {
      const gboolean known = error != NULL && error->message != NULL;
      g_autofree char *why = g_strdup (known ? error->message : "it is not well formed");

      fail (reader, "line %d: %s", known ? error->line : 0, g_strstrip (why));
    }
}

gboolean
s3d_xml_parse (const char *xml, gsize size, const S3dXmlHandler *handler, gpointer data, GError **error)
{
  xmlSAXHandler sax = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_open,
    .endElementNs = on_close,
    .characters = on_text,
    .ignorableWhitespace = on_text,
    .cdataBlock = on_text,
    .internalSubset = on_document_type,
    .serror = on_error,
  };
  Reader reader = { .handler = handler, .data = data };

  init_once ();
  reader.context = xmlCreatePushParserCtxt (&sax, &reader, NULL, 0, NULL);
  if (reader.context == NULL)
    g_error ("libxml2 cannot allocate a parser");
  xmlCtxtUseOptions (reader.context, XML_PARSE_NONET);
  reader.path = g_string_new (NULL);

  run (&reader, xml, size);

  xmlFreeParserCtxt (reader.context);
  g_string_free (reader.path, TRUE);
  for (gsize i = 0; i < MAX_DEPTH && reader.texts[i] != NULL; i++)
    g_string_free (reader.texts[i], TRUE);
  if (reader.error == NULL)
    return TRUE;
  g_propagate_error (error, reader.error);

  return FALSE;
}

/* XML 1.0, production 2. */
static gboolean
is_xml_char (gunichar c)
{
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD)
         || c >= 0x10000;
}

static const char *
escape_of (char c)
{
  switch (c)
    {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    case '\r':
      return "&#13;"; /* a literal one would be read as a newline */
    default:
      return NULL;
    }
}

gboolean
s3d_xml_append_escaped (GString *out, const char *text)
{
  const gsize before = out->len;

  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (const char *p = text, *next; *p != '\0'; p = next)
    {
      const char *escape = escape_of (*p);

      next = g_utf8_next_char (p);
      if (!is_xml_char (g_utf8_get_char (p)))
        {
          g_string_truncate (out, before);
          return FALSE;
        }
      if (escape != NULL)
        g_string_append (out, escape);
      else
        g_string_append_len (out, p, next - p);
    }

  return TRUE;
}

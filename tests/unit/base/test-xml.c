/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The XML reader: what services send, and what nobody should. */

#include "config.h"

#include "base/base-xml.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

static gboolean
note_open (const char *path, gpointer data, GError **error)
{
  g_string_append_printf (data, "<%s", path);

  return TRUE;
}

static gboolean
note_close (const char *path, const char *text, gpointer data, GError **error)
{
  g_string_append_printf (data, "|%s=%s>", path, text);

  return TRUE;
}

static const S3dXmlHandler note = { note_open, note_close };

static void
assert_read (const char *xml, const char *expected)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (s3d_xml_parse (xml, strlen (xml), &note, seen, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, expected);
}

static void
assert_refused (const char *xml, gsize size, const char *message)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (s3d_xml_parse (xml, size, &note, seen, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, "the service sent XML that cannot be read: "));
  if (strstr (error->message, message) == NULL)
    g_error ("'%s' lacks '%s'", error->message, message);
}

static void
test_read (void)
{
  assert_read ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<A xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n<B><C>x</C></B><C/></A>\n",
               "<A<A/B<A/B/C|A/B/C=x>|A/B=><A/C|A/C=>|A=\n>");
  assert_read ("<a:A xmlns:a='u' b='c'><a:B>y</a:B></a:A>", "<A<A/B|A/B=y>|A=>");
  assert_read ("<A>1&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;<![CDATA[<2>]]>3<!-- 4 -->5</A>",
               "<A|A=1<&>\"'A\xf0\x9f\x98\x80<2>35>");
  assert_read ("<A>one<B>two</B>three</A>", "<A<A/B|A/B=two>|A=onethree>");
}

static void
test_latin (void)
{
  assert_read ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><A>\xe9</A>", "<A|A=\xc3\xa9>");
}

static void
test_broken (void)
{
  const char *broken[] = { "<A>", "<A></B>", "<A>&nbsp;</A>", "<A>\x01</A>", "<A>&#1;</A>", "<A>\xff</A>",
                           "plain", "<A/><B/>", "<A b=c/>", "  " };

  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++)
    assert_refused (broken[i], strlen (broken[i]), "line ");
  assert_refused ("", 0, "it is empty");
  assert_refused ("<A></A>", 5, "line 1");
}

static void
test_document_type (void)
{
  const char *bomb = "<!DOCTYPE A [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><A>&b;</A>";
  const char *file = "<!DOCTYPE A [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><A>&a;</A>";

  assert_refused (bomb, strlen (bomb), "document type");
  assert_refused (file, strlen (file), "document type");
}

static void
test_bounded (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) wide = g_string_new ("<A>");

  for (guint i = 0; i < 100; i++)
    g_string_append (deep, "<A>");
  for (guint i = 0; i < 100; i++)
    g_string_append (deep, "</A>");
  assert_refused (deep->str, deep->len, "nested deeper");

  for (guint i = 0; i < 300 * 1024; i++)
    g_string_append_c (wide, 'x');
  g_string_append (wide, "</A>");
  assert_refused (wide->str, wide->len, "the text of A is longer");
}

static gboolean
count_close (const char *path, const char *text, gpointer data, GError **error)
{
  guint *count = data;

  if (g_str_equal (path, "A/B"))
    {
      g_assert_cmpuint ((guint) g_ascii_strtoull (text, NULL, 10), ==, *count);
      (*count)++;
    }

  return TRUE;
}

static void
test_large (void)
{
  const S3dXmlHandler handler = { NULL, count_close };
  g_autoptr (GString) xml = g_string_new ("<A>");
  g_autoptr (GError) error = NULL;
  guint count = 0;

  /* More than one piece for libxml2. */
  for (guint i = 0; i < 200000; i++)
    g_string_append_printf (xml, "<B>%u</B>", i);
  g_string_append (xml, "</A>");
  g_assert_true (s3d_xml_parse (xml->str, xml->len, &handler, &count, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, 200000);
}

static gboolean
stop (const char *path, const char *text, gpointer data, GError **error)
{
  guint *count = data;

  (*count)++;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED, "enough at %s", path);

  return FALSE;
}

static void
test_stopped (void)
{
  const S3dXmlHandler handler = { NULL, stop };
  const char *xml = "<A><B>1</B><B>2</B></A>";
  g_autoptr (GError) error = NULL;
  guint count = 0;

  g_assert_false (s3d_xml_parse (xml, strlen (xml), &handler, &count, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_cmpstr (error->message, ==, "enough at A/B");
  g_assert_cmpuint (count, ==, 1);
}

static void
test_escape (void)
{
  const char *impossible[] = { "\x01", "a\x1f", "\x0b", "\xef\xbf\xbe", "\xff" };
  g_autoptr (GString) out = g_string_new ("<K>");

  g_assert_true (s3d_xml_append_escaped (out, "a<b>&\"'\r\n\t\x7f\xc3\xa9\xf0\x9f\x98\x80"));
  g_assert_cmpstr (out->str, ==, "<K>a&lt;b&gt;&amp;&quot;&apos;&#13;\n\t\x7f\xc3\xa9\xf0\x9f\x98\x80");
  g_string_append (out, "</K>");
  assert_read (out->str, "<K|K=a<b>&\"'\r\n\t\x7f\xc3\xa9\xf0\x9f\x98\x80>");

  g_string_assign (out, "before");
  for (gsize i = 0; i < G_N_ELEMENTS (impossible); i++)
    {
      g_assert_false (s3d_xml_append_escaped (out, impossible[i]));
      g_assert_cmpstr (out->str, ==, "before");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/xml/elements-with-path-and-text", test_read);
  g_test_add_func ("/base/xml/other-encodings-become-utf8", test_latin);
  g_test_add_func ("/base/xml/what-is-broken-is-refused", test_broken);
  g_test_add_func ("/base/xml/no-document-type-and-no-entities", test_document_type);
  g_test_add_func ("/base/xml/depth-and-text-are-bounded", test_bounded);
  g_test_add_func ("/base/xml/large-documents-are-read-in-pieces", test_large);
  g_test_add_func ("/base/xml/a-handler-ends-the-parse", test_stopped);
  g_test_add_func ("/base/xml/escaped-text-comes-back", test_escape);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* S3's documents: pages of lists, and errors. No server. */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-error.h"
#include "s3/s3-xml.h"

#include <string.h>

#define NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

static gboolean
read_page (S3dS3Page *page, const char *xml)
{
  g_autoptr (GError) error = NULL;
  gboolean seen;
  s3d_s3_page_init (page);
  g_assert_true (s3d_s3_read_document (xml, strlen (xml), "ListBucketResult", s3d_s3_page_read_objects, page, &seen,
                                       &error));
  g_assert_no_error (error);
  g_assert_true (seen);
  return s3d_s3_page_arrange (page, NULL);
}

static const S3dS3Entry *
entry_at (const S3dS3Page *page, guint i)
{
  g_assert_cmpuint (i, <, page->entries->len);
  return &g_array_index (page->entries, S3dS3Entry, i);
}

static void
test_page (void)
{
  g_auto (S3dS3Page) page = { 0 };
  g_assert_true (read_page (
      &page, "<?xml version=\"1.0\"?><ListBucketResult" NAMESPACE "><Name>b</Name><Prefix>p%2F</Prefix>"
             "<KeyCount>2</KeyCount><IsTruncated>true</IsTruncated>"
             "<NextContinuationToken>1/x==</NextContinuationToken>"
             "<EncodingType>url</EncodingType>"
             "<Contents><Key>p/a+b%2Bc</Key><LastModified>2026-01-02T03:04:05.006Z</LastModified>"
             "<ETag>&quot;0123&quot;</ETag><Size>5368709120</Size><StorageClass>STANDARD</StorageClass>"
             "<Owner><ID>x</ID></Owner></Contents>"
             "<Contents><Key>p/%C3%BC</Key><Size>0</Size></Contents></ListBucketResult>"));
  g_assert_cmpuint (page.entries->len, ==, 2);
  g_assert_cmpstr (entry_at (&page, 0)->name, ==, "p/a b+c");
  g_assert_cmpstr (entry_at (&page, 0)->etag, ==, "0123");
  g_assert_cmpstr (entry_at (&page, 0)->storage_class, ==, "STANDARD");
  g_assert_cmpint (entry_at (&page, 0)->size, ==, G_GINT64_CONSTANT (5368709120));
  g_assert_cmpint (entry_at (&page, 0)->mtime, ==, s3d_time_parse_rfc3339 ("2026-01-02T03:04:05.006Z"));
  g_assert_cmpstr (entry_at (&page, 1)->name, ==, "p/\xc3\xbc");
  g_assert_null (entry_at (&page, 1)->etag);
  g_assert_cmpint (entry_at (&page, 1)->mtime, ==, S3D_TIME_UNKNOWN);
  g_assert_true (page.truncated);
  g_assert_cmpstr (page.token, ==, "1/x==");
}

static void
test_not_encoded (void)
{
  g_auto (S3dS3Page) page = { 0 };
  g_assert_true (read_page (&page, "<ListBucketResult><Contents><Key>a+b%2Bc &amp; d</Key></Contents>"
                                   "</ListBucketResult>"));
  g_assert_cmpstr (entry_at (&page, 0)->name, ==, "a+b%2Bc & d");
  g_assert_false (page.truncated);
}

static void
test_merged (void)
{
  static const char *const expected[] = { "a", "b/", "c", "d/", "e" };
  g_auto (S3dS3Page) page = { 0 };
  g_assert_true (read_page (&page, "<ListBucketResult><Contents><Key>a</Key></Contents>"
                                   "<Contents><Key>c</Key></Contents><Contents><Key>e</Key></Contents>"
                                   "<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"
                                   "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>"));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpstr (entry_at (&page, i)->name, ==, expected[i]);
      g_assert_cmpint (entry_at (&page, i)->is_prefix, ==, g_str_has_suffix (expected[i], "/"));
    }
}

static void
test_bad_key (void)
{
  g_auto (S3dS3Page) page = { 0 };
  g_assert_false (read_page (&page, "<ListBucketResult><EncodingType>url</EncodingType>"
                                    "<Contents><Key>a%0</Key></Contents></ListBucketResult>"));
}

static void
test_other_root (void)
{
  static const char *const others[] = { "<html></html>", "<ListBucketResults/>",
                                        "<Error><Code>SlowDown</Code><ListBucketResult/></Error>" };
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_auto (S3dS3Page) page = { 0 };
      gboolean seen;
      s3d_s3_page_init (&page);
      g_assert_true (s3d_s3_read_document (others[i], strlen (others[i]), "ListBucketResult",
                                           s3d_s3_page_read_objects, &page, &seen, NULL));
      g_assert_false (seen);
    }
}

static void
assert_failure (guint status, const char *body, S3dlioError meaning, S3dS3Cure cure)
{
  g_auto (S3dS3Failure) failure = { 0 };
  s3d_s3_failure_parse (&failure, status, body, strlen (body));
  g_assert_cmpint (failure.meaning, ==, meaning);
  g_assert_cmpint (failure.cure, ==, cure);
}

static void
test_codes (void)
{
  assert_failure (404, "<Error><Code>NoSuchKey</Code></Error>", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE);
  assert_failure (404, "<Error><Code>NoSuchBucket</Code></Error>", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE);
  assert_failure (403, "<Error><Code>AccessDenied</Code></Error>", S3DLIO_ERROR_DENIED, S3D_S3_CURE_NONE);
  assert_failure (403, "<Error><Code>InvalidAccessKeyId</Code></Error>", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_NONE);
  assert_failure (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", S3DLIO_ERROR_CREDENTIALS,
                  S3D_S3_CURE_NONE);
  assert_failure (400, "<Error><Code>ExpiredToken</Code></Error>", S3DLIO_ERROR_CREDENTIALS, S3D_S3_CURE_TOKEN);
  assert_failure (403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", S3DLIO_ERROR_CREDENTIALS,
                  S3D_S3_CURE_CLOCK);
  assert_failure (400, "<Error><Code>AuthorizationHeaderMalformed</Code></Error>", S3DLIO_ERROR_CREDENTIALS,
                  S3D_S3_CURE_REGION);
  assert_failure (412, "<Error><Code>PreconditionFailed</Code></Error>", S3DLIO_ERROR_PRECONDITION, S3D_S3_CURE_NONE);
  assert_failure (503, "<Error><Code>SlowDown</Code></Error>", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN);
  assert_failure (500, "<Error><Code>InternalError</Code></Error>", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY);
  assert_failure (400, "<Error><Code>RequestTimeout</Code></Error>", S3DLIO_ERROR_TIMED_OUT, S3D_S3_CURE_RETRY);
  assert_failure (409, "<Error><Code>BucketNotEmpty</Code></Error>", S3DLIO_ERROR_PRECONDITION, S3D_S3_CURE_NONE);
  assert_failure (200, "<Error><Code>InternalError</Code></Error>", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY);
  assert_failure (200, "<Error><Code>Unheard</Code></Error>", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_RETRY);
}

static void
test_statuses (void)
{
  assert_failure (404, "", S3DLIO_ERROR_NOT_FOUND, S3D_S3_CURE_NONE);
  assert_failure (403, "", S3DLIO_ERROR_DENIED, S3D_S3_CURE_NONE);
  assert_failure (503, "<html><body>Sorry", S3DLIO_ERROR_UNAVAILABLE, S3D_S3_CURE_SLOW_DOWN);
  assert_failure (429, "busy", S3DLIO_ERROR_THROTTLED, S3D_S3_CURE_SLOW_DOWN);
  assert_failure (400, "<Error><Code>Unheard</Code></Error>", S3DLIO_ERROR_INVALID, S3D_S3_CURE_NONE);
}

static void
test_fields (void)
{
  static const char xml[] = "  \n<?xml version=\"1.0\"?><Error><Code>InvalidRange</Code>"
                            "<Message>The requested\n range is not satisfiable.</Message>"
                            "<ActualObjectSize>17</ActualObjectSize><RequestId>4F</RequestId>"
                            "<StringToSign>SECRET</StringToSign><Region>eu-west-1</Region></Error>";
  g_auto (S3dS3Failure) failure = { 0 };
  g_autoptr (GError) error = NULL;
  s3d_s3_failure_parse (&failure, 416, xml, strlen (xml));
  g_assert_cmpint (failure.actual_size, ==, 17);
  g_assert_cmpstr (failure.region, ==, "eu-west-1");
  s3d_s3_failure_set_error (&failure, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE);
  g_assert_cmpstr (error->message, ==, "InvalidRange: The requested  range is not satisfiable; request id 4F");
}

static void
test_hostile_message (void)
{
  g_autofree char *filler = g_strnfill (100000, 'x');
  g_autofree char *xml = g_strconcat ("<Error><Code>C</Code><Message>\x1b[31m", filler, "</Message></Error>", NULL);
  g_autofree char *plain = g_strconcat ("<Error><Code>C</Code><Message>", filler, "</Message></Error>", NULL);
  g_auto (S3dS3Failure) failure = { 0 };
  g_auto (S3dS3Failure) lengthy = { 0 };
  s3d_s3_failure_parse (&failure, 500, xml, strlen (xml));
  g_assert_true (failure.message == NULL || strchr (failure.message, '\x1b') == NULL);
  s3d_s3_failure_parse (&lengthy, 500, plain, strlen (plain));
  g_assert_cmpuint (strlen (lengthy.message), <=, 400);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/s3/xml/page-of-a-list", test_page);
  g_test_add_func ("/s3/xml/keys-that-are-not-encoded", test_not_encoded);
  g_test_add_func ("/s3/xml/objects-and-prefixes-in-one-order", test_merged);
  g_test_add_func ("/s3/xml/key-with-a-broken-encoding-is-refused", test_bad_key);
  g_test_add_func ("/s3/xml/other-document-is-no-list", test_other_root);
  g_test_add_func ("/s3/xml/error-codes", test_codes);
  g_test_add_func ("/s3/xml/errors-without-a-code", test_statuses);
  g_test_add_func ("/s3/xml/fields-of-an-error", test_fields);
  g_test_add_func ("/s3/xml/hostile-message-is-tamed", test_hostile_message);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the test server does when nothing is wrong: S3's operations, HTTP's rules, and the ledger.
 * Requests are unsigned; test-sigv4.c has the signatures.
 */
#include "config.h"

#include "raw-client.h"

#include <string.h>

static TestServer *
anonymous_server (void)
{
  const TestServerOptions options = { .buckets = "bucket", .anonymous = TRUE, .min_part_size = 4 };

  return ts_server_new (&options);
}

static void
put (TestServer *server, const char *key, const char *text)
{
  g_autoptr (GBytes) data = g_bytes_new (text, strlen (text));

  ts_server_put_object (server, "bucket", key, data);
}

static void
assert_object (TestServer *server, const char *key, const char *text)
{
  g_autoptr (GBytes) data = ts_server_get_object (server, "bucket", key);

  g_assert_nonnull (data);
  g_assert_cmpmem (g_bytes_get_data (data, NULL), g_bytes_get_size (data), text, strlen (text));
}

/* Asks over a connection of its own; @code NULL: no error in the body. */
static void
expect (TestServer *server, const char *method, const char *target, const char *headers, const char *body, guint status,
        const char *code)
{
  g_autoptr (RawAnswer) answer = raw_ask (server, method, target, headers, body);
  g_autofree char *found = raw_answer_element (answer, "Code");

  g_assert_cmpstr (found, ==, code);
  g_assert_cmpuint (answer->status, ==, status);
}

static void
test_put_get (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawClient) client = raw_client_new (server);
  g_autoptr (RawAnswer) stored = NULL;
  g_autoptr (RawAnswer) got = NULL;
  g_autoptr (RawAnswer) head = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *type = NULL;
  g_autofree char *meta = NULL;
  g_autofree char *length = NULL;

  stored = raw_client_ask (client, "PUT", "/bucket/a/b%20c%2Bd",
                           "Content-Type: text/plain\r\nx-amz-meta-Colour: blue\r\n", "hello");
  etag = raw_answer_header (stored, "ETag");
  g_assert_cmpstr (etag, ==, "\"5d41402abc4b2a76b9719d911017c592\"");
  assert_object (server, "a/b c+d", "hello");
  got = raw_client_ask (client, "GET", "/bucket/a/b%20c+d", NULL, NULL);
  type = raw_answer_header (got, "Content-Type");
  meta = raw_answer_header (got, "x-amz-meta-colour");
  g_assert_cmpstr (got->body, ==, "hello");
  g_assert_cmpstr (type, ==, "text/plain");
  g_assert_cmpstr (meta, ==, "blue");
  head = raw_client_ask (client, "HEAD", "/bucket/a/b%20c+d", NULL, NULL);
  length = raw_answer_header (head, "Content-Length");
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpstr (length, ==, "5");
  g_assert_cmpuint (ts_server_count_accepted (server), ==, 1);
  expect (server, "DELETE", "/bucket/a/b%20c+d", NULL, NULL, 204, NULL);
  expect (server, "DELETE", "/bucket/a/b%20c+d", NULL, NULL, 204, NULL);
  expect (server, "GET", "/bucket/a/b%20c+d", NULL, NULL, 404, "NoSuchKey");
  expect (server, "GET", "/nowhere/a", NULL, NULL, 404, "NoSuchBucket");
  expect (server, "PUT", "/nowhere/a", NULL, "x", 404, "NoSuchBucket");
}

static void
test_ranges (void)
{
  static const struct
  {
    const char *range;
    guint status;
    const char *body;
    const char *content_range;
  } cases[] = {
    { "bytes=0-3", 206, "0123", "bytes 0-3/10" },
    { "bytes=8-", 206, "89", "bytes 8-9/10" },
    { "bytes=8-100", 206, "89", "bytes 8-9/10" },
    { "bytes=-3", 206, "789", "bytes 7-9/10" },
    { "bytes=-30", 206, "0123456789", "bytes 0-9/10" },
    { "bytes=3-2", 200, "0123456789", NULL },
    { "bytes=0-1,3-4", 200, "0123456789", NULL },
    { "lines=0-1", 200, "0123456789", NULL },
    { "bytes=10-", 416, NULL, "bytes */10" },
    { "bytes=-0", 416, NULL, "bytes */10" },
  };
  g_autoptr (TestServer) server = anonymous_server ();

  put (server, "ten", "0123456789");
  put (server, "empty", "");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *header = g_strdup_printf ("Range: %s\r\n", cases[i].range);
      g_autoptr (RawAnswer) answer = raw_ask (server, "GET", "/bucket/ten", header, NULL);
      g_autofree char *content_range = raw_answer_header (answer, "Content-Range");

      g_assert_cmpuint (answer->status, ==, cases[i].status);
      g_assert_cmpstr (content_range, ==, cases[i].content_range);
      if (cases[i].body != NULL)
        g_assert_cmpstr (answer->body, ==, cases[i].body);
    }
  expect (server, "GET", "/bucket/empty", "Range: bytes=0-9\r\n", NULL, 416, "InvalidRange");
}

static void
test_read_conditions (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *same = NULL;
  g_autofree char *none = NULL;
  g_autofree char *etag = NULL;

  put (server, "k", "hello");
  etag = ts_server_get_object_header (server, "bucket", "k", "ETag");
  same = g_strdup_printf ("If-Match: %s\r\n", etag);
  none = g_strdup_printf ("If-None-Match: %s\r\n", etag);
  expect (server, "GET", "/bucket/k", same, NULL, 200, NULL);
  expect (server, "GET", "/bucket/k", "If-Match: \"x\"\r\n", NULL, 412, "PreconditionFailed");
  expect (server, "GET", "/bucket/k", none, NULL, 304, NULL);
  expect (server, "GET", "/bucket/k", "If-None-Match: \"x\"\r\n", NULL, 200, NULL);
  expect (server, "GET", "/bucket/k", "If-Modified-Since: Fri, 24 May 2013 00:00:00 GMT\r\n", NULL,
          200, NULL);
  expect (server, "GET", "/bucket/k", "If-Modified-Since: Fri, 24 May 2199 00:00:00 GMT\r\n", NULL,
          304, NULL);
  expect (server, "GET", "/bucket/k", "If-Unmodified-Since: Fri, 24 May 2013 00:00:00 GMT\r\n",
          NULL, 412, "PreconditionFailed");
}

static void
test_write_conditions (void)
{
  g_autoptr (TestServer) server = anonymous_server ();

  expect (server, "PUT", "/bucket/k", "If-Match: \"x\"\r\n", "one", 404, "NoSuchKey");
  expect (server, "PUT", "/bucket/k", "If-None-Match: *\r\n", "one", 200, NULL);
  expect (server, "PUT", "/bucket/k", "If-None-Match: *\r\n", "two", 412, "PreconditionFailed");
  expect (server, "PUT", "/bucket/k", "If-Match: \"x\"\r\n", "two", 412, "PreconditionFailed");
  assert_object (server, "k", "one");
  expect (server, "PUT", "/bucket/k", "Content-MD5: AAAA\r\n", "two", 400, "InvalidDigest");
  expect (server, "PUT", "/bucket/k", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n", "two", 400,
          "BadDigest");
  assert_object (server, "k", "one");
  expect (server, "PUT", "/bucket/k", "Content-MD5: uKn3Fdu2T9XFbneDxoIKYQ==\r\n", "two", 200,
          NULL);
}

static void
test_host_style (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawClient) client = raw_client_new (server);
  g_autoptr (RawAnswer) virtual_host = NULL;
  g_autoptr (RawAnswer) wrong_port = NULL;
  g_autoptr (RawAnswer) none = NULL;
  g_autoptr (RawAnswer) through_proxy = NULL;
  g_autofree char *code = NULL;
  g_autofree char *request = NULL;

  put (server, "k/l", "hello");
  request = g_strdup_printf ("GET /k/l HTTP/1.1\r\nHost: bucket.s3.localhost:%u\r\n\r\n",
                             ts_server_get_port (server));
  raw_client_send (client, request, -1);
  virtual_host = raw_client_receive (client, FALSE);
  g_assert_cmpstr (virtual_host->body, ==, "hello");
  raw_client_send (client,
                   "GET http://s3.example/bucket/k/l HTTP/1.1\r\nHost: s3.example\r\n\r\n", -1);
  through_proxy = raw_client_receive (client, FALSE);
  g_assert_cmpstr (through_proxy->body, ==, "hello");
  raw_client_send (client, "GET /bucket/k/l HTTP/1.1\r\nHost: localhost:1\r\n\r\n", -1);
  wrong_port = raw_client_receive (client, FALSE);
  code = raw_answer_element (wrong_port, "Code");
  g_assert_cmpstr (code, ==, "InvalidHost");
  g_assert_true (raw_client_at_end (client));
}

static void
assert_keys (RawAnswer *answer, const char *wanted)
{
  g_autoptr (GRegex) regex = g_regex_new ("<(Key|Prefix)>([^<]+)</", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GString) found = g_string_new (NULL);

  g_regex_match (regex, strstr (answer->body, "</IsTruncated>"), 0, &match);
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 2);

      g_string_append_printf (found, "%s ", name);
    }
  g_assert_cmpstr (found->str, ==, wanted);
}

static void
expect_list (TestServer *server, const char *query, const char *wanted)
{
  g_autofree char *target = g_strdup_printf ("/bucket?list-type=2%s", query);
  g_autoptr (RawAnswer) answer = raw_ask (server, "GET", target, NULL, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  assert_keys (answer, wanted);
}

static void
test_list (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  const char *keys[] = { "a", "a b", "a/b", "a/c/d", "a0", "b+c", "\xc3\xa9", "B" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    put (server, keys[i], "x");
  expect_list (server, "", "B a a b a/b a/c/d a0 b+c \xc3\xa9 ");
  expect_list (server, "&prefix=a/", "a/b a/c/d ");
  expect_list (server, "&delimiter=/", "B a a b a0 b+c \xc3\xa9 a/ ");
  expect_list (server, "&delimiter=/&prefix=a/", "a/b a/c/ ");
  expect_list (server, "&start-after=a/b", "a/c/d a0 b+c \xc3\xa9 ");
  expect_list (server, "&encoding-type=url&start-after=B", "a a+b a/b a/c/d a0 b%2Bc %C3%A9 ");
  expect_list (server, "&max-keys=0", "");
  expect (server, "GET", "/bucket?list-type=2&max-keys=x", NULL, NULL, 400, "InvalidArgument");
  expect (server, "GET", "/bucket?list-type=2&continuation-token=!", NULL, NULL, 400,
          "InvalidArgument");
}

static void
test_list_pages (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *token = NULL;
  guint keys = 0;
  guint pages = 0;

  for (guint i = 0; i < 2500; i++)
    {
      g_autofree char *key = g_strdup_printf ("d%u/k%04u", i % 3, i);

      put (server, key, "");
    }
  do
    {
      g_autofree char *encoded = token != NULL ? g_uri_escape_string (token, NULL, FALSE) : NULL;
      g_autofree char *target = g_strdup_printf (
          "/bucket?list-type=2%s%s", token != NULL ? "&continuation-token=" : "",
          token != NULL ? encoded : "");
      g_autoptr (RawAnswer) answer = raw_ask (server, "GET", target, NULL, NULL);
      g_autofree char *count = raw_answer_element (answer, "KeyCount");

      keys += (guint) g_ascii_strtoull (count, NULL, 10);
      pages++;
      g_free (token);
      token = raw_answer_element (answer, "NextContinuationToken");
    }
  while (token != NULL);
  g_assert_cmpuint (keys, ==, 2500);
  g_assert_cmpuint (pages, ==, 3);
}

/* One common prefix a page: the next page must go on behind all that it stands for. */
static void
test_list_prefix_pages (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawAnswer) first = NULL;
  g_autoptr (RawAnswer) second = NULL;
  g_autofree char *token = NULL;
  g_autofree char *encoded = NULL;
  g_autofree char *target = NULL;

  put (server, "a/1", "");
  put (server, "a/2", "");
  put (server, "b/1", "");
  first = raw_ask (server, "GET", "/bucket?list-type=2&delimiter=/&max-keys=1", NULL, NULL);
  assert_keys (first, "a/ ");
  token = raw_answer_element (first, "NextContinuationToken");
  g_assert_nonnull (token);
  encoded = g_uri_escape_string (token, NULL, FALSE);
  target = g_strdup_printf ("/bucket?list-type=2&delimiter=/&max-keys=1&continuation-token=%s",
                            encoded);
  second = raw_ask (server, "GET", target, NULL, NULL);
  assert_keys (second, "b/ ");
  g_assert_nonnull (strstr (second->body, "<IsTruncated>false<"));
}

static char *
content_md5 (const char *text)
{
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  guint8 digest[16];
  gsize size = sizeof digest;
  g_autofree char *base64 = NULL;

  g_checksum_update (md5, (const guchar *) text, -1);
  g_checksum_get_digest (md5, digest, &size);
  base64 = g_base64_encode (digest, size);
  return g_strdup_printf ("Content-MD5: %s\r\n", base64);
}

static void
test_delete_objects (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  const char *xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b"
                    "</Key></Object><Object><Key>c&#13;</Key></Object><Object><Key>none</Key>"
                    "</Object></Delete>";
  g_autofree char *md5 = content_md5 (xml);
  g_autoptr (RawAnswer) answer = NULL;
  g_autoptr (GString) many = g_string_new ("<Delete>");
  g_autofree char *many_md5 = NULL;

  put (server, "a&b", "");
  put (server, "c\r", "");
  put (server, "kept", "");
  expect (server, "POST", "/bucket?delete", NULL, xml, 400, "InvalidRequest");
  answer = raw_ask (server, "POST", "/bucket?delete", md5, xml);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (answer->body, "<Deleted><Key>a&amp;b</Key></Deleted>"));
  g_assert_nonnull (strstr (answer->body, "<Key>none</Key>"));
  g_assert_cmpuint (ts_server_count_objects (server, "bucket"), ==, 1);
  for (guint i = 0; i < 1001; i++)
    g_string_append (many, "<Object><Key>kept</Key></Object>");
  g_string_append (many, "</Delete>");
  many_md5 = content_md5 (many->str);
  expect (server, "POST", "/bucket?delete", many_md5, many->str, 400, "MalformedXML");
}

static void
test_copy (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *type = NULL;
  g_autofree char *replaced = NULL;

  expect (server, "PUT", "/bucket/a%20b", "Content-Type: text/plain\r\n", "hello", 200, NULL);
  expect (server, "PUT", "/bucket/c", "x-amz-copy-source: /bucket/a%20b\r\n", "", 200, NULL);
  assert_object (server, "c", "hello");
  type = ts_server_get_object_header (server, "bucket", "c", "Content-Type");
  g_assert_cmpstr (type, ==, "text/plain");
  expect (server, "PUT", "/bucket/c",
          "x-amz-copy-source: bucket/c\r\nx-amz-metadata-directive: REPLACE\r\n"
          "Content-Type: text/html\r\n", "", 200, NULL);
  replaced = ts_server_get_object_header (server, "bucket", "c", "Content-Type");
  g_assert_cmpstr (replaced, ==, "text/html");
  expect (server, "PUT", "/bucket/c", "x-amz-copy-source: bucket/c\r\n", "", 400, "InvalidRequest");
  expect (server, "PUT", "/bucket/d", "x-amz-copy-source: bucket/none\r\n", "", 404, "NoSuchKey");
  expect (server, "PUT", "/bucket/d",
          "x-amz-copy-source: bucket/c\r\nx-amz-copy-source-if-match: \"x\"\r\n", "", 412,
          "PreconditionFailed");
}

/* ---- multipart ---- */

static char *
begin_upload (TestServer *server, const char *key)
{
  g_autofree char *target = g_strdup_printf ("/bucket/%s?uploads", key);
  g_autoptr (RawAnswer) answer = raw_ask (server, "POST", target,
                                          "Content-Type: text/plain\r\n", "");

  return raw_answer_element (answer, "UploadId");
}

/* The element that Complete needs for the part. */
static char *
upload_part (TestServer *server, const char *key, const char *id, guint number, const char *text)
{
  g_autofree char *target = g_strdup_printf ("/bucket/%s?partNumber=%u&uploadId=%s", key, number,
                                             id);
  g_autoptr (RawAnswer) answer = raw_ask (server, "PUT", target, NULL, text);
  g_autofree char *etag = raw_answer_header (answer, "ETag");

  g_assert_cmpuint (answer->status, ==, 200);
  return g_strdup_printf ("<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>", number, etag);
}

static RawAnswer *
complete (TestServer *server, const char *key, const char *id, const char *parts)
{
  g_autofree char *target = g_strdup_printf ("/bucket/%s?uploadId=%s", key, id);
  g_autofree char *xml
      = g_strdup_printf ("<CompleteMultipartUpload>%s</CompleteMultipartUpload>", parts);

  return raw_ask (server, "POST", target, NULL, xml);
}

static void
expect_complete (TestServer *server, const char *key, const char *id, const char *one, const char *two,
                 const char *code)
{
  g_autofree char *parts = g_strconcat (one, two, NULL);
  g_autoptr (RawAnswer) answer = complete (server, key, id, parts);
  g_autofree char *found = raw_answer_element (answer, "Code");

  g_assert_cmpstr (found, ==, code);
}

static void
test_multipart (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *id = begin_upload (server, "k");
  g_autofree char *first = upload_part (server, "k", id, 1, "hello ");
  g_autofree char *small = upload_part (server, "k", id, 2, "x");
  g_autofree char *second = upload_part (server, "k", id, 3, "world");
  g_autofree char *parts = g_strdup_printf ("/bucket/k?uploadId=%s&max-parts=2", id);
  g_autofree char *etag = NULL;
  g_autoptr (RawAnswer) listed = raw_ask (server, "GET", parts, NULL, NULL);

  g_assert_nonnull (strstr (listed->body, "<NextPartNumberMarker>2</NextPartNumberMarker>"));
  g_assert_nonnull (strstr (listed->body, "<IsTruncated>true</IsTruncated>"));
  g_assert_cmpuint (ts_server_count_uploads (server, "bucket"), ==, 1);
  expect_complete (server, "k", id, second, first, "InvalidPartOrder");
  expect_complete (server, "k", id, small, second, "EntityTooSmall");
  expect_complete (server, "k", id, first,
                   "<Part><PartNumber>3</PartNumber><ETag>\"x\"</ETag></Part>", "InvalidPart");
  expect_complete (server, "k", id, first,
                   "<Part><PartNumber>9</PartNumber><ETag>\"x\"</ETag></Part>", "InvalidPart");
  expect_complete (server, "k", id, "", "", "MalformedXML");
  expect (server, "GET", "/bucket/k", NULL, NULL, 404, "NoSuchKey");
  expect_complete (server, "k", id, first, second, NULL);
  assert_object (server, "k", "hello world");
  etag = ts_server_get_object_header (server, "bucket", "k", "ETag");
  g_assert_cmpstr (etag, ==, "\"e09e4fd6265b36115fe3db32df945d84-2\"");
  g_assert_cmpuint (ts_server_count_uploads (server, "bucket"), ==, 0);
  expect_complete (server, "k", id, first, second, "NoSuchUpload");
}

static void
test_multipart_copy_abort (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *id = begin_upload (server, "k");
  g_autofree char *target = g_strdup_printf ("/bucket/k?partNumber=1&uploadId=%s", id);
  g_autofree char *abort_target = g_strdup_printf ("/bucket/k?uploadId=%s", id);
  g_autofree char *too_far = g_strdup_printf ("/bucket/k?partNumber=10001&uploadId=%s", id);
  g_autofree char *etag = NULL;
  g_autofree char *part = NULL;
  g_autoptr (RawAnswer) copied = NULL;

  put (server, "source", "0123456789");
  copied = raw_ask (server, "PUT", target,
                    "x-amz-copy-source: /bucket/source\r\n"
                    "x-amz-copy-source-range: bytes=2-7\r\n", "");
  etag = raw_answer_element (copied, "ETag");
  g_assert_nonnull (etag);
  expect (server, "PUT", target,
          "x-amz-copy-source: /bucket/source\r\nx-amz-copy-source-range: bytes=2-70\r\n", "", 400,
          "InvalidArgument");
  expect (server, "PUT", too_far, NULL, "x", 400, "InvalidArgument");
  part = g_strdup_printf ("<Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part>", etag);
  expect_complete (server, "k", id, part, "", NULL);
  assert_object (server, "k", "234567");
  expect (server, "DELETE", abort_target, NULL, NULL, 404, "NoSuchUpload");
  g_free (id);
  id = begin_upload (server, "k");
  g_free (abort_target);
  abort_target = g_strdup_printf ("/bucket/k?uploadId=%s", id);
  expect (server, "DELETE", abort_target, NULL, NULL, 204, NULL);
  g_assert_cmpuint (ts_server_count_uploads (server, NULL), ==, 0);
}

static void
test_list_uploads (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autofree char *one = begin_upload (server, "b");
  g_autofree char *two = begin_upload (server, "a");
  g_autofree char *three = begin_upload (server, "a");
  g_autofree char *next = NULL;
  g_autofree char *first_id = NULL;
  g_autofree char *next_id = NULL;
  g_autoptr (RawAnswer) first
      = raw_ask (server, "GET", "/bucket?uploads&max-uploads=1", NULL, NULL);
  g_autoptr (RawAnswer) rest = NULL;

  first_id = raw_answer_element (first, "UploadId");
  g_assert_cmpstr (first_id, ==, two);
  next = g_strdup_printf ("/bucket?uploads&key-marker=a&upload-id-marker=%s", two);
  rest = raw_ask (server, "GET", next, NULL, NULL);
  next_id = raw_answer_element (rest, "UploadId");
  g_assert_cmpstr (next_id, ==, three);
  g_assert_nonnull (strstr (rest->body, one));
}

static void
test_buckets (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  const char *west = "<CreateBucketConfiguration><LocationConstraint>eu-west-1"
                     "</LocationConstraint></CreateBucketConfiguration>";
  const char *east = "<CreateBucketConfiguration><LocationConstraint>us-east-1"
                     "</LocationConstraint></CreateBucketConfiguration>";
  g_autoptr (RawAnswer) list = NULL;
  g_autoptr (RawAnswer) location = NULL;

  expect (server, "PUT", "/another", NULL, west, 200, NULL);
  expect (server, "PUT", "/third", NULL, east, 400, "InvalidLocationConstraint");
  expect (server, "PUT", "/another", NULL, "", 409, "BucketAlreadyOwnedByYou");
  expect (server, "PUT", "/No", NULL, "", 400, "InvalidBucketName");
  location = raw_ask (server, "GET", "/another?location", NULL, NULL);
  g_assert_nonnull (strstr (location->body, ">eu-west-1<"));
  list = raw_ask (server, "GET", "/", NULL, NULL);
  g_assert_nonnull (strstr (list->body, "<Name>another</Name>"));
  g_assert_nonnull (strstr (list->body, "<Name>bucket</Name>"));
  put (server, "k", "");
  expect (server, "HEAD", "/bucket", NULL, NULL, 200, NULL);
  expect (server, "HEAD", "/none", NULL, NULL, 404, NULL);
  expect (server, "DELETE", "/bucket", NULL, NULL, 409, "BucketNotEmpty");
  expect (server, "DELETE", "/another", NULL, NULL, 204, NULL);
  g_assert_false (ts_server_has_bucket (server, "another"));
}

/* ---- HTTP ---- */

static void
test_strict (void)
{
  static const char *const bad[]
      = { "GET /\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
          "GET nothing HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET /bucket/%00 HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET /bucket/%ff HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nBad Name: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n",
          "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "PUT /bucket/k HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" };
  g_autoptr (TestServer) server = anonymous_server ();

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (RawClient) client = raw_client_new (server);
      g_autoptr (RawAnswer) answer = NULL;

      raw_client_send (client, bad[i], -1);
      answer = raw_client_receive (client, FALSE);
      g_assert_cmpuint (answer->status, ==, 400);
      g_assert_true (raw_client_at_end (client));
    }
  expect (server, "PUT", "/bucket/k", NULL, NULL, 411, "MissingContentLength");
  expect (server, "PUT", "/bucket/k", "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n",
          NULL, 501, "NotImplemented");
}

static void
test_continue (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawClient) client = raw_client_new (server);
  g_autoptr (RawAnswer) go_on = NULL;
  g_autoptr (RawAnswer) answer = NULL;

  go_on = raw_client_ask (client, "PUT", "/bucket/k",
                          "Content-Length: 5\r\nExpect: 100-continue\r\n", NULL);
  g_assert_cmpuint (go_on->status, ==, 100);
  raw_client_send (client, "hello", -1);
  answer = raw_client_receive (client, FALSE);
  g_assert_cmpuint (answer->status, ==, 200);
  assert_object (server, "k", "hello");
}

/* Refused by its head alone: no 100, and the connection ends. */
static void
test_continue_refused (void)
{
  const TestServerOptions options = { .buckets = "bucket" };
  g_autoptr (TestServer) server = ts_server_new (&options);
  g_autoptr (RawClient) client = raw_client_new (server);
  g_autoptr (RawAnswer) answer = NULL;

  answer = raw_client_ask (client, "PUT", "/bucket/k",
                           "Content-Length: 5\r\nExpect: 100-continue\r\n", NULL);
  g_assert_cmpuint (answer->status, ==, 403);
  g_assert_true (raw_client_at_end (client));
}

static void
test_chunked (void)
{
  const TestServerOptions options = { .buckets = "bucket", .anonymous = TRUE, .streaming = TRUE };
  g_autoptr (TestServer) server = ts_server_new (&options);
  g_autoptr (RawClient) client = raw_client_new (server);
  g_autoptr (RawAnswer) answer = NULL;
  g_autoptr (RawAnswer) again = NULL;
  g_autofree char *request = NULL;

  request = g_strdup_printf ("PUT /bucket/k HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\n\r\n",
                             ts_server_get_port (server));
  raw_client_send (client, request, -1);
  answer = raw_client_receive (client, FALSE);
  g_assert_cmpuint (answer->status, ==, 200);
  assert_object (server, "k", "hello world");
  again = raw_client_ask (client, "PUT", "/bucket/l",
                          "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
                          "x-amz-decoded-content-length: 5\r\n",
                          "5\r\nhello\r\n0\r\nx-amz-checksum-crc32: x\r\n\r\n");
  g_assert_cmpuint (again->status, ==, 200);
  assert_object (server, "l", "hello");
}

/* ---- checksums ---- */

#define CRC_HEADER "x-amz-checksum-crc32c"
#define CRC_123456789 "4waSgw==" /* the check value of CRC32C */

static void
test_checksums (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawAnswer) head = NULL;
  g_autoptr (RawAnswer) plain = NULL;
  g_autofree char *told = NULL;
  g_autofree char *untold = NULL;

  expect (server, "PUT", "/bucket/k", CRC_HEADER ": " CRC_123456789 "\r\n", "123456789", 200, NULL);
  expect (server, "PUT", "/bucket/k", CRC_HEADER ": " CRC_123456789 "\r\n", "123456780", 400, "BadDigest");
  expect (server, "PUT", "/bucket/k", CRC_HEADER ": 4waS\r\n", "123456789", 400, "InvalidRequest");
  expect (server, "PUT", "/bucket/k", "x-amz-sdk-checksum-algorithm: CRC32C\r\n", "", 400, "InvalidRequest");
  head = raw_ask (server, "HEAD", "/bucket/k", "x-amz-checksum-mode: ENABLED\r\n", NULL);
  told = raw_answer_header (head, CRC_HEADER);
  g_assert_cmpstr (told, ==, CRC_123456789);
  plain = raw_ask (server, "HEAD", "/bucket/k", NULL, NULL);
  untold = raw_answer_header (plain, CRC_HEADER);
  g_assert_null (untold);

  ts_server_add_fault (server, "op=PutObject action=corrupt-request at=8");
  expect (server, "PUT", "/bucket/l", CRC_HEADER ": " CRC_123456789 "\r\n", "123456789", 400, "BadDigest");
  expect (server, "PUT", "/bucket/l", NULL, "123456789", 200, NULL);
  assert_object (server, "l", "123456788");
}

/* Each type of upload: its answer to the beginning, and what the whole is told to have. */
static void
test_checksums_of_parts (void)
{
  static const struct
  {
    TsChecksumMode mode;
    const char *type;
    const char *answered;
    const char *whole;
  } cases[] = {
    { TS_CHECKSUM_FULL, "FULL_OBJECT", "FULL_OBJECT", CRC_123456789 },
    { TS_CHECKSUM_FULL, "COMPOSITE", "COMPOSITE", "pzJFoA==-1" },
    { TS_CHECKSUM_COMPOSITE, "FULL_OBJECT", NULL, "pzJFoA==-1" },
  };
  static const char *const named[] = { CRC_123456789, "AAAAAA==" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestServerOptions options = { .buckets = "bucket", .anonymous = TRUE, .checksum_mode = cases[i].mode };
      g_autoptr (TestServer) server = ts_server_new (&options);
      g_autofree char *headers
          = g_strdup_printf ("x-amz-checksum-algorithm: CRC32C\r\nx-amz-checksum-type: %s\r\n", cases[i].type);
      g_autoptr (RawAnswer) begun = raw_ask (server, "POST", "/bucket/k?uploads", headers, "");
      g_autofree char *answered = raw_answer_header (begun, "x-amz-checksum-type");
      g_autofree char *id = raw_answer_element (begun, "UploadId");
      g_autofree char *part = g_strdup_printf ("/bucket/k?partNumber=1&uploadId=%s", id);
      g_autofree char *complete = g_strdup_printf ("/bucket/k?uploadId=%s", id);

      g_assert_cmpstr (answered, ==, cases[i].answered);
      expect (server, "PUT", part, NULL, "123456789", 400, "InvalidRequest");
      expect (server, "PUT", part, CRC_HEADER ": " CRC_123456789 "\r\n", "123456789", 200, NULL);
      for (int wrong = 1; wrong >= 0; wrong--)
        {
          g_autofree char *xml = g_strdup_printf (
              "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>25f9e794323b453885f5181f1b624d0b</ETag>"
              "<ChecksumCRC32C>%s</ChecksumCRC32C></Part></CompleteMultipartUpload>", named[wrong]);
          g_autoptr (RawAnswer) done = raw_ask (server, "POST", complete, NULL, xml);
          g_autofree char *told = raw_answer_element (done, "ChecksumCRC32C");

          g_assert_cmpuint (done->status, ==, wrong ? 400 : 200);
          g_assert_cmpstr (told, ==, wrong ? NULL : cases[i].whole);
        }
    }
}

/* ---- ledger ---- */

static void
test_ledger (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (GPtrArray) gets = NULL;
  const TsRequest *get;

  put (server, "k", "hello");
  expect (server, "GET", "/bucket/k?x=y", "Range: bytes=1-2\r\n", NULL, 206, NULL);
  expect (server, "GET", "/bucket/none", NULL, NULL, 404, "NoSuchKey");
  expect (server, "HEAD", "/bucket/k", NULL, NULL, 200, NULL);
  g_assert_true (ts_server_wait_idle (server, 10000));
  g_assert_true (ts_server_wait_open (server, 0, 10000));
  g_assert_cmpuint (ts_server_count (server, NULL), ==, 3);
  g_assert_cmpuint (ts_server_count (server, "GetObject"), ==, 2);
  g_assert_cmpuint (ts_server_max_in_flight (server, NULL), ==, 1);
  g_assert_cmpuint (ts_server_count_accepted (server), ==, 3);
  gets = ts_server_get_requests (server, "GetObject");
  g_assert_cmpuint (gets->len, ==, 2);
  get = g_ptr_array_index (gets, 0);
  g_assert_cmpstr (get->target, ==, "/bucket/k?x=y");
  g_assert_cmpstr (get->query, ==, "x=y");
  g_assert_cmpstr (get->bucket, ==, "bucket");
  g_assert_cmpstr (get->key, ==, "k");
  g_assert_cmpstr (ts_request_get_header (get, "range"), ==, "bytes=1-2");
  g_assert_null (ts_request_get_header (get, "rang"));
  g_assert_cmpuint (get->status, ==, 206);
  g_assert_cmpuint (get->bytes_out, ==, 2);
  g_assert_cmpint (get->finished_us, >=, get->started_us);
  get = g_ptr_array_index (gets, 1);
  g_assert_cmpstr (get->code, ==, "NoSuchKey");
  ts_server_reset_ledger (server);
  g_assert_cmpuint (ts_server_count (server, NULL), ==, 0);
}

static void
test_admin (void)
{
  g_autoptr (TestServer) server = anonymous_server ();
  g_autoptr (RawAnswer) added = NULL;
  g_autoptr (RawAnswer) refused = NULL;
  g_autoptr (RawAnswer) made = NULL;
  g_autoptr (RawAnswer) ledger = NULL;
  g_autoptr (RawAnswer) counts = NULL;
  g_autoptr (RawAnswer) keys = NULL;

  made = raw_ask (server, "POST", "/-/objects?bucket=bucket&key=p&size=1K&seed=3", NULL, "");
  added = raw_ask (server, "POST", "/-/faults", NULL, "op=GetObject action=status status=503\n");
  g_assert_cmpstr (added->body, ==, "1\n");
  refused = raw_ask (server, "POST", "/-/faults", NULL, "action=nothing\n");
  g_assert_cmpuint (refused->status, ==, 400);
  expect (server, "GET", "/bucket/p", NULL, NULL, 503, "SlowDown");
  expect (server, "HEAD", "/bucket/p", NULL, NULL, 200, NULL);
  ledger = raw_ask (server, "GET", "/-/ledger?op=GetObject", NULL, NULL);
  g_assert_nonnull (strstr (ledger->body, "\"status\":503"));
  g_assert_null (strstr (ledger->body, "HeadObject"));
  counts = raw_ask (server, "GET", "/-/counts", NULL, NULL);
  g_assert_nonnull (strstr (counts->body, "\"HeadObject\":{\"count\":1"));
  keys = raw_ask (server, "GET", "/-/objects?bucket=bucket", NULL, NULL);
  g_assert_cmpstr (keys->body, ==, "p");
  g_assert_cmpuint (ts_server_count (server, NULL), ==, 2);
}

static void
test_pattern (void)
{
  guint8 whole[100];
  guint8 piece[37];

  ts_pattern_fill (whole, sizeof whole, 0, 7);
  ts_pattern_fill (piece, sizeof piece, 13, 7);
  g_assert_cmpmem (whole + 13, sizeof piece, piece, sizeof piece);
  g_assert_cmpuint (ts_pattern_check (piece, sizeof piece, 13, 7), ==, sizeof piece);
  piece[30] ^= 1;
  g_assert_cmpuint (ts_pattern_check (piece, sizeof piece, 13, 7), ==, 30);
  g_assert_cmpuint (ts_pattern_check (whole, sizeof whole, 0, 8), <, 8);
}

/* Stopping closes what is open: no client keeps the server alive. */
static void
test_stop (void)
{
  TestServer *server = anonymous_server ();
  g_autoptr (RawClient) idle = raw_client_new (server);
  g_autoptr (RawClient) held = raw_client_new (server);
  g_autofree char *request = NULL;

  ts_server_add_fault (server, "action=hold");
  request = g_strdup_printf ("GET /bucket/k HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                             ts_server_get_port (server));
  raw_client_send (held, request, -1);
  g_assert_true (ts_server_wait_held (server, 1, 10000));
  ts_server_free (server);
  g_assert_true (raw_client_at_end (held));
  g_assert_true (raw_client_at_end (idle));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/s3/put-get-head-delete", test_put_get);
  g_test_add_func ("/server/s3/ranges-of-all-forms", test_ranges);
  g_test_add_func ("/server/s3/read-conditions", test_read_conditions);
  g_test_add_func ("/server/s3/write-conditions-and-digests", test_write_conditions);
  g_test_add_func ("/server/s3/virtual-host-path-and-proxy-style", test_host_style);
  g_test_add_func ("/server/s3/list-in-byte-order", test_list);
  g_test_add_func ("/server/s3/list-in-pages-of-1000", test_list_pages);
  g_test_add_func ("/server/s3/list-pages-of-common-prefixes", test_list_prefix_pages);
  g_test_add_func ("/server/s3/delete-objects", test_delete_objects);
  g_test_add_func ("/server/s3/copy", test_copy);
  g_test_add_func ("/server/s3/multipart", test_multipart);
  g_test_add_func ("/server/s3/multipart-copy-and-abort", test_multipart_copy_abort);
  g_test_add_func ("/server/s3/list-uploads", test_list_uploads);
  g_test_add_func ("/server/s3/buckets", test_buckets);
  g_test_add_func ("/server/http/malformed-requests-are-refused", test_strict);
  g_test_add_func ("/server/http/continue-before-the-body", test_continue);
  g_test_add_func ("/server/http/refused-before-the-body", test_continue_refused);
  g_test_add_func ("/server/http/chunked-bodies", test_chunked);
  g_test_add_func ("/server/s3/checksums-are-verified", test_checksums);
  g_test_add_func ("/server/s3/checksums-of-parts", test_checksums_of_parts);
  g_test_add_func ("/server/ledger/records-what-came", test_ledger);
  g_test_add_func ("/server/admin/faults-ledger-objects", test_admin);
  g_test_add_func ("/server/pattern/by-position", test_pattern);
  g_test_add_func ("/server/stop/closes-all", test_stop);
  return g_test_run ();
}

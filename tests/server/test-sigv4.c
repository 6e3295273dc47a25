/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's verification of signatures, against the examples that AWS publishes in
 * “Authenticating Requests (AWS Signature Version 4)”: each is accepted as printed, and refused
 * when anything that it covers is changed.
 */
#include "config.h"

#include "raw-client.h"

#include <string.h>

#define HOST "Host: examplebucket.s3.amazonaws.com\r\n"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define CREDENTIAL \
  "Authorization: AWS4-HMAC-SHA256 " \
  "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"

static const char get_object[]
    = "GET /test.txt HTTP/1.1\r\n" HOST "Range: bytes=0-9\r\n"
      "x-amz-content-sha256: " EMPTY "\r\nx-amz-date: 20130524T000000Z\r\n" CREDENTIAL
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n\r\n";

static const char put_object[]
    = "PUT /test$file.text HTTP/1.1\r\n" HOST "Date: Fri, 24 May 2013 00:00:00 GMT\r\n"
      "x-amz-date: 20130524T000000Z\r\nx-amz-storage-class: REDUCED_REDUNDANCY\r\n"
      "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r\n"
      "Content-Length: 21\r\n" CREDENTIAL
      "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
      "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\r\n\r\n"
      "Welcome to Amazon S3.";

static const char get_lifecycle[]
    = "GET /?lifecycle HTTP/1.1\r\n" HOST "x-amz-date: 20130524T000000Z\r\n"
      "x-amz-content-sha256: " EMPTY "\r\n" CREDENTIAL
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
      "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543\r\n\r\n";

static const char list_objects[]
    = "GET /?max-keys=2&prefix=J HTTP/1.1\r\n" HOST "x-amz-date: 20130524T000000Z\r\n"
      "x-amz-content-sha256: " EMPTY "\r\n" CREDENTIAL
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
      "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7\r\n\r\n";

static const char presigned[]
    = "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
      " HTTP/1.1\r\n" HOST "\r\n";

static TestServerOptions
example_options (void)
{
  const gint64 then = 1369353600; /* 2013-05-24T00:00:00Z */

  return (TestServerOptions) {
    .buckets = "examplebucket",
    .domain = "s3.amazonaws.com",
    .access_key = "AKIAIOSFODNN7EXAMPLE",
    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    .clock_offset = then + 60 - g_get_real_time () / G_USEC_PER_SEC,
  };
}

static RawAnswer *
send_text (TestServer *server, const char *text)
{
  g_autoptr (RawClient) client = raw_client_new (server);

  raw_client_send (client, text, -1);
  return raw_client_receive (client, FALSE);
}

/* Sends @text with the first @from replaced by @to, and wants this status and code. */
static void
expect (TestServer *server, const char *text, const char *from, const char *to, guint status, const char *code)
{
  g_autoptr (GString) changed = g_string_new (text);
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *found = NULL;

  if (from != NULL)
    g_assert_cmpuint (g_string_replace (changed, from, to, 1), ==, 1);
  answer = send_text (server, changed->str);
  found = raw_answer_element (answer, "Code");
  g_assert_cmpstr (found, ==, code);
  g_assert_cmpuint (answer->status, ==, status);
}

static TestServer *
example_server (void)
{
  TestServerOptions options = example_options ();
  TestServer *server = ts_server_new (&options);
  g_autoptr (GBytes) data = g_bytes_new_static ("0123456789ABCDEF", 16);

  ts_server_put_object (server, "examplebucket", "test.txt", data);
  return server;
}

static void
test_published (void)
{
  g_autoptr (TestServer) server = example_server ();
  g_autofree char *storage_class = NULL;
  g_autoptr (GBytes) stored = NULL;

  expect (server, get_object, NULL, NULL, 206, NULL);
  expect (server, put_object, NULL, NULL, 200, NULL);
  expect (server, get_lifecycle, NULL, NULL, 404, "NoSuchLifecycleConfiguration");
  expect (server, list_objects, NULL, NULL, 200, NULL);
  expect (server, presigned, NULL, NULL, 200, NULL);
  stored = ts_server_get_object (server, "examplebucket", "test$file.text");
  g_assert_cmpmem (g_bytes_get_data (stored, NULL), g_bytes_get_size (stored),
                   "Welcome to Amazon S3.", 21);
  storage_class = ts_server_get_object_header (server, "examplebucket", "test$file.text",
                                               "x-amz-storage-class");
  g_assert_cmpstr (storage_class, ==, "REDUCED_REDUNDANCY");
}

static void
test_changed (void)
{
  g_autoptr (TestServer) server = example_server ();
  const char *refused = "SignatureDoesNotMatch";

  expect (server, get_object, "f0e8bd", "f0e8be", 403, refused);
  expect (server, get_object, "bytes=0-9", "bytes=0-8", 403, refused);
  expect (server, get_object, "/test.txt", "/test.txu", 403, refused);
  expect (server, get_object, "GET", "DELETE", 403, refused);
  expect (server, get_object, "examplebucket", "examplebuckeu", 403, refused);
  expect (server, get_object, "T000000Z", "T000001Z", 403, refused);
  expect (server, list_objects, "max-keys=2", "max-keys=3", 403, refused);
  expect (server, presigned, "Expires=86400", "Expires=86401", 403, refused);
  expect (server, presigned, "/test.txt", "/test2.txt", 403, refused);
  expect (server, put_object, "REDUCED_REDUNDANCY", "STANDARD", 403, refused);
  expect (server, get_object, "x-amz-date:", "x-amz-meta-a: b\r\nx-amz-date:", 403, "AccessDenied");
  expect (server, put_object, "Welcome to", "welcome to", 400, "XAmzContentSHA256Mismatch");
  expect (server, get_object, "AKIAIOSFODNN7", "AKIAIOSFODNN8", 403, "InvalidAccessKeyId");
  expect (server, get_object, "/us-east-1/", "/eu-west-1/", 400, "AuthorizationHeaderMalformed");
  expect (server, get_object, "host;range;", "range;host;", 400, "AuthorizationHeaderMalformed");
  expect (server, get_object, "Authorization:", "X-Authorization:", 403, "AccessDenied");
  expect (server, get_object, "AWS4-HMAC-SHA256 ", "AWS ", 400, "InvalidRequest");
}

/* What is encoded on the wire does not matter, what is meant does. */
static void
test_equivalent (void)
{
  g_autoptr (TestServer) server = example_server ();

  expect (server, put_object, "/test$file.text", "/test%24file.text", 200, NULL);
  expect (server, put_object, "/test$file.text", "/%74est%24file.text", 200, NULL);
  expect (server, get_lifecycle, "?lifecycle", "?lifecycle=", 404, "NoSuchLifecycleConfiguration");
  expect (server, list_objects, "?max-keys=2&prefix=J", "?prefix=J&max-keys=2", 200, NULL);
}

static void
test_clock (void)
{
  TestServerOptions options = example_options ();
  TestServer *server;

  options.clock_offset += 20 * 60;
  server = ts_server_new (&options);
  expect (server, get_object, NULL, NULL, 403, "RequestTimeTooSkewed");
  expect (server, presigned, NULL, NULL, 404, "NoSuchKey");
  ts_server_free (server);
  options.clock_offset += 24 * 3600;
  server = ts_server_new (&options);
  expect (server, presigned, NULL, NULL, 403, "AccessDenied");
  ts_server_free (server);
}

static void
test_tokens (void)
{
  TestServerOptions options = example_options ();
  g_autoptr (TestServer) server = NULL;
  const char *with_token = "x-amz-date: 20130524T000000Z\r\nx-amz-security-token: T\r\n";

  options.session_token = "TOKEN";
  server = ts_server_new (&options);
  expect (server, get_object, NULL, NULL, 403, "InvalidAccessKeyId");
  expect (server, get_object, "x-amz-date: 20130524T000000Z\r\n", with_token, 400, "InvalidToken");
  ts_server_expire_credentials (server, "AKIAIOSFODNN7EXAMPLE");
  expect (server, get_object, "x-amz-date: 20130524T000000Z\r\n", with_token, 400, "ExpiredToken");
}

static void
test_regions (void)
{
  TestServerOptions options = example_options ();
  TestServer *server;
  g_autoptr (RawAnswer) malformed = NULL;
  g_autoptr (RawAnswer) redirect = NULL;
  g_autofree char *named = NULL;
  g_autofree char *header = NULL;

  options.buckets = "examplebucket@eu-west-1";
  server = ts_server_new (&options);
  malformed = send_text (server, get_object);
  named = raw_answer_element (malformed, "Region");
  g_assert_cmpuint (malformed->status, ==, 400);
  g_assert_cmpstr (named, ==, "eu-west-1");
  ts_server_free (server);

  options.region_mode = TS_REGION_REDIRECT;
  server = ts_server_new (&options);
  redirect = send_text (server, get_object);
  header = raw_answer_header (redirect, "x-amz-bucket-region");
  g_assert_cmpuint (redirect->status, ==, 301);
  g_assert_cmpstr (header, ==, "eu-west-1");
  ts_server_free (server);

  options.region_mode = TS_REGION_IGNORE;
  server = ts_server_new (&options);
  expect (server, get_object, NULL, NULL, 404, "NoSuchKey");
  ts_server_free (server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/sigv4/published-examples-are-accepted", test_published);
  g_test_add_func ("/server/sigv4/what-was-changed-is-refused", test_changed);
  g_test_add_func ("/server/sigv4/what-means-the-same-is-accepted", test_equivalent);
  g_test_add_func ("/server/sigv4/clock-skew-is-refused", test_clock);
  g_test_add_func ("/server/sigv4/tokens-must-match", test_tokens);
  g_test_add_func ("/server/sigv4/wrong-region-is-named", test_regions);
  return g_test_run ();
}

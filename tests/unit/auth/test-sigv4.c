/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signatures against the examples that AWS publishes
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). */

#include "config.h"

#include "auth/auth-sigv4.h"
#include "base/base-digest.h"

#include <string.h>

#define ORIGIN "https://examplebucket.s3.amazonaws.com"
#define ACCESS_KEY "AKIAIOSFODNN7EXAMPLE"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define NOW (G_GINT64_CONSTANT (1369353600) * G_USEC_PER_SEC) /* 2013-05-24T00:00:00Z */
#define DAY (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)
#define N_THREADS 4

static S3dHttpVerdict
classify (S3dHttpRequest *request, gpointer data, GError **error)
{
  return S3D_HTTP_FINAL;
}

static const S3dHttpHooks hooks = { .classify = classify };

static S3dHttpRequest *
new_request (const char *method, const char *target)
{
  return s3d_http_request_new (method, ORIGIN, target, &hooks, NULL);
}

static void
sign (S3dSigv4 *signer, S3dHttpRequest *request, const char *payload_hash)
{
  g_autoptr (S3dCredentials) credentials = s3d_credentials_new (ACCESS_KEY, SECRET_KEY, NULL, "test");
  s3d_sigv4_sign (signer, request, credentials, "us-east-1", payload_hash, NOW);
}

static void
assert_signed (S3dHttpRequest *request, const char *headers, const char *signature)
{
  g_autofree char *expected =
      g_strdup_printf ("AWS4-HMAC-SHA256 Credential=" ACCESS_KEY "/20130524/us-east-1/s3/aws4_request,"
                       "SignedHeaders=%s,Signature=%s",
                       headers, signature);
  g_assert_cmpstr (s3d_http_request_get_header (request, "authorization"), ==, expected);
}

static void
test_get_range (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("GET", "/test.txt");
  s3d_http_request_set_header (request, "Range", "bytes=0-9");
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  assert_signed (request, "host;range;x-amz-content-sha256;x-amz-date",
                 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  g_assert_cmpstr (s3d_http_request_get_header (request, "host"), ==, "examplebucket.s3.amazonaws.com");
  g_assert_cmpstr (s3d_http_request_get_header (request, "x-amz-date"), ==, "20130524T000000Z");
  g_assert_cmpstr (s3d_http_request_get_header (request, "x-amz-content-sha256"), ==, S3D_SHA256_EMPTY_HEX);
}

static void
test_put (void)
{
  static const char body[] = "Welcome to Amazon S3.";
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("PUT", "/test%24file.text");
  guint8 digest[S3D_SHA256_SIZE];
  char hex[2 * S3D_SHA256_SIZE + 1];
  s3d_sha256 (body, strlen (body), digest);
  s3d_hex (digest, sizeof digest, hex);
  s3d_http_request_set_header (request, "x-amz-storage-class", "REDUCED_REDUNDANCY");
  s3d_http_request_set_header (request, "Date", "Fri, 24 May 2013 00:00:00 GMT");
  s3d_http_request_set_header (request, "User-Agent", "not signed");
  sign (signer, request, hex);
  assert_signed (request, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                 "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void
test_parameter_without_value (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("GET", "/?lifecycle");
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  assert_signed (request, "host;x-amz-content-sha256;x-amz-date",
                 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void
test_list (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("GET", "/?max-keys=2&prefix=J");
  g_autoptr (S3dHttpRequest) reversed = new_request ("GET", "/?prefix=J&max-keys=2");
  const char *signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  assert_signed (request, "host;x-amz-content-sha256;x-amz-date", signature);
  sign (signer, reversed, S3D_SHA256_EMPTY_HEX);
  assert_signed (reversed, "host;x-amz-content-sha256;x-amz-date", signature);
}

/* A retry signs again: nothing of the first time may stay. */
static void
test_again (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("GET", "/?lifecycle");
  g_autoptr (S3dCredentials) other = s3d_credentials_new ("OTHER", "other", "token", "test");
  s3d_sigv4_sign (signer, request, other, "eu-west-1", S3D_UNSIGNED_PAYLOAD, NOW + DAY);
  g_assert_cmpstr (s3d_http_request_get_header (request, "x-amz-security-token"), ==, "token");
  g_assert_nonnull (strstr (s3d_http_request_get_header (request, "authorization"), "x-amz-security-token"));
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  assert_signed (request, "host;x-amz-content-sha256;x-amz-date",
                 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  g_assert_null (s3d_http_request_get_header (request, "x-amz-security-token"));
}

static char *
host_of (const char *origin)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = s3d_http_request_new ("GET", origin, "/", &hooks, NULL);
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  return g_strdup (s3d_http_request_get_header (request, "host"));
}

static void
test_host (void)
{
  static const char *const cases[][2] = { { "http://127.0.0.1:9000", "127.0.0.1:9000" },
                                          { "http://h:80", "h" },
                                          { "https://h:443", "h" },
                                          { "https://h:80", "h:80" },
                                          { "http://[::1]:9000", "[::1]:9000" } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *host = host_of (cases[i][0]);
      g_assert_cmpstr (host, ==, cases[i][1]);
    }
}

static char *
signature_with (const char *value)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (S3dHttpRequest) request = new_request ("PUT", "/k");
  s3d_http_request_set_header (request, "x-amz-meta-a", value);
  sign (signer, request, S3D_UNSIGNED_PAYLOAD);
  return g_strdup (s3d_http_request_get_header (request, "authorization"));
}

/* What a server sees of a value has lost its outer blanks, and its signature counts any run of them as one. */
static void
test_blanks (void)
{
  g_autofree char *plain = signature_with ("a b");
  g_autofree char *blank = signature_with ("  a \t  b ");
  g_autofree char *other = signature_with ("ab");
  g_assert_cmpstr (plain, ==, blank);
  g_assert_cmpstr (plain, !=, other);
}

/* More of everything than the buffers on the stack hold. */
static void
test_large (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  g_autoptr (GString) target = g_string_new ("/");
  for (guint i = 0; i < 1000; i++)
    g_string_append (target, "%C3%A4");
  for (guint i = 0; i < 40; i++)
    g_string_append_printf (target, "%cp%02u=%u", i == 0 ? '?' : '&', 99 - i, i);
  g_autoptr (S3dHttpRequest) request = new_request ("GET", target->str);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("x-amz-meta-%02u", 99 - i);
      s3d_http_request_set_header (request, name, "value");
    }
  sign (signer, request, S3D_SHA256_EMPTY_HEX);
  const char *authorization = s3d_http_request_get_header (request, "authorization");
  g_assert_nonnull (strstr (authorization, "x-amz-date;x-amz-meta-50;x-amz-meta-51;"));
  g_assert_true (g_str_has_prefix (strstr (authorization, ",Signature="), ",Signature="));
}

static gpointer
sign_much (gpointer data)
{
  S3dSigv4 *signer = data;
  for (guint i = 0; i < 2000; i++)
    {
      /* Days and regions enough to push one another out of the cache. */
      g_autoptr (S3dHttpRequest) other = new_request ("GET", "/");
      g_autoptr (S3dHttpRequest) request = new_request ("GET", "/?lifecycle");
      g_autoptr (S3dCredentials) credentials = s3d_credentials_new ("K", "secret", NULL, "test");
      g_autofree char *region = g_strdup_printf ("region-%u", i % 7);
      s3d_sigv4_sign (signer, other, credentials, region, S3D_UNSIGNED_PAYLOAD, NOW);
      sign (signer, request, S3D_SHA256_EMPTY_HEX);
      assert_signed (request, "host;x-amz-content-sha256;x-amz-date",
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (S3dSigv4) signer = s3d_sigv4_new ("s3");
  GThread *threads[N_THREADS];
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("sign", sign_much, signer);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth/sigv4/published-get-of-a-range", test_get_range);
  g_test_add_func ("/auth/sigv4/published-put", test_put);
  g_test_add_func ("/auth/sigv4/published-parameter-without-value", test_parameter_without_value);
  g_test_add_func ("/auth/sigv4/published-list-in-any-order", test_list);
  g_test_add_func ("/auth/sigv4/signing-again-leaves-nothing-of-before", test_again);
  g_test_add_func ("/auth/sigv4/host-has-no-implied-port", test_host);
  g_test_add_func ("/auth/sigv4/blanks-are-folded", test_blanks);
  g_test_add_func ("/auth/sigv4/large-requests", test_large);
  g_test_add_func ("/auth/sigv4/many-threads", test_threads);
  return g_test_run ();
}

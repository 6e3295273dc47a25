/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What S3 looks like on the wire: endpoints, addressing, targets, header values. No server. */

#include "config.h"

#include "base/base-error.h"
#include "s3/s3-wire.h"

#include <glib/gstdio.h>
#include <string.h>

/* A profile made of the text of a config file. */
static S3dProfile *
profile_new (const char *text)
{
  S3dSettings settings = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("s3dlio-wire-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "config", NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_setenv ("AWS_CONFIG_FILE", path, TRUE);
  S3dProfile *profile = s3d_profile_load (&settings, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_rmdir (dir);
  return profile;
}

/* "ORIGIN PATH REGION" of the bucket. */
static char *
place_of (const char *uri_text, const S3dSettings *settings, const char *profile_text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (uri_text, &error);
  g_assert_no_error (error);
  g_autoptr (S3dProfile) profile = profile_new (profile_text != NULL ? profile_text : "");
  g_autoptr (S3dS3Endpoint) endpoint = s3d_s3_endpoint_new (uri, settings, profile, &error);
  g_assert_no_error (error);
  g_autoptr (S3dS3Place) place = s3d_s3_place_new (endpoint, uri->container, NULL);
  return g_strjoin (" ", place->origin, *place->path != '\0' ? place->path : "-", place->region, NULL);
}

static void
assert_place (const char *uri, const S3dSettings *settings, const char *profile, const char *expected)
{
  g_autofree char *place = place_of (uri, settings, profile);
  g_assert_cmpstr (place, ==, expected);
}

static void
test_amazon (void)
{
  S3dSettings plain = { 0 };
  S3dSettings frankfurt = { .region = (char *) "eu-central-1" };
  S3dSettings beijing = { .region = (char *) "cn-north-1" };
  assert_place ("s3://bucket/k", &plain, NULL, "https://bucket.s3.us-east-1.amazonaws.com - us-east-1");
  assert_place ("s3://bucket/k", &frankfurt, NULL, "https://bucket.s3.eu-central-1.amazonaws.com - eu-central-1");
  assert_place ("s3://bucket/k", &beijing, NULL, "https://bucket.s3.cn-north-1.amazonaws.com.cn - cn-north-1");
  assert_place ("s3://bucket/k", &plain, "[default]\nregion = eu-west-3\n",
                "https://bucket.s3.eu-west-3.amazonaws.com - eu-west-3");
  assert_place ("s3://bucket/k", &frankfurt, "[default]\nregion = eu-west-3\n",
                "https://bucket.s3.eu-central-1.amazonaws.com - eu-central-1");
  assert_place ("s3://", &plain, NULL, "https://s3.us-east-1.amazonaws.com - us-east-1");
}

static void
test_style (void)
{
  S3dSettings plain = { 0 };
  S3dSettings path = { .addressing_style = S3D_ADDRESSING_PATH };
  S3dSettings custom = { .endpoint_url = (char *) "http://s3.localhost:9000" };
  S3dSettings virtual = { .endpoint_url = (char *) "http://s3.localhost:9000",
                          .addressing_style = S3D_ADDRESSING_VIRTUAL };
  S3dSettings address = { .endpoint_url = (char *) "http://127.0.0.1:9000",
                          .addressing_style = S3D_ADDRESSING_VIRTUAL };
  assert_place ("s3://dotted.bucket/k", &plain, NULL, "https://s3.us-east-1.amazonaws.com /dotted.bucket us-east-1");
  assert_place ("s3://Upper_Case/k", &plain, NULL, "https://s3.us-east-1.amazonaws.com /Upper_Case us-east-1");
  assert_place ("s3://bucket/k", &path, NULL, "https://s3.us-east-1.amazonaws.com /bucket us-east-1");
  assert_place ("s3://bucket/k", &custom, NULL, "http://s3.localhost:9000 /bucket us-east-1");
  assert_place ("s3://bucket/k", &virtual, NULL, "http://bucket.s3.localhost:9000 - us-east-1");
  assert_place ("s3://Upper/k", &virtual, NULL, "http://s3.localhost:9000 /Upper us-east-1");
  assert_place ("s3://bucket/k", &address, NULL, "http://127.0.0.1:9000 /bucket us-east-1");
  assert_place ("s3://bucket/k", &custom, "[default]\ns3 =\n  addressing_style = virtual\n",
                "http://bucket.s3.localhost:9000 - us-east-1");
  assert_place ("s3://bucket/k", &path, "[default]\ns3 =\n  addressing_style = virtual\n",
                "https://s3.us-east-1.amazonaws.com /bucket us-east-1");
}

static void
test_endpoints (void)
{
  S3dSettings plain = { 0 };
  S3dSettings setting = { .endpoint_url = (char *) "https://Gate.Example:9443/s3/" };
  const char *profile = "[default]\nendpoint_url = http://profile:1\nservices = x\n"
                        "[services x]\ns3 =\n  endpoint_url = http://service:2\n";
  assert_place ("s3://bucket/k", &setting, profile, "https://gate.example:9443 /s3/bucket us-east-1");
  assert_place ("s3://bucket/k", &plain, profile, "http://service:2 /bucket us-east-1");
  assert_place ("s3://bucket/k", &plain, "[default]\nendpoint_url = http://profile:80\n",
                "http://profile /bucket us-east-1");
  assert_place ("s3://other:9000/bucket/k", &setting, profile, "http://other:9000 /bucket us-east-1");
}

static gboolean
sends_checksums (const char *uri_text, const S3dSettings *settings, const char *profile_text)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (uri_text, NULL);
  g_autoptr (S3dProfile) profile = profile_new (profile_text);
  g_autoptr (S3dS3Endpoint) endpoint = s3d_s3_endpoint_new (uri, settings, profile, NULL);
  return endpoint->checksums;
}

static void
test_checksums (void)
{
  static const char *const supported = "[default]\nrequest_checksum_calculation = WHEN_SUPPORTED\n";
  static const char *const required = "[default]\nrequest_checksum_calculation = when_required\n";
  S3dSettings unset = { .checksum_is_default = TRUE };
  S3dSettings none = { .checksum = S3D_CHECKSUM_NONE };
  S3dSettings automatic = { .checksum = S3D_CHECKSUM_AUTO };
  S3dSettings always = { .checksum = S3D_CHECKSUM_CRC32C };
  S3dSettings named = { .checksum = S3D_CHECKSUM_AUTO,
                        .endpoint_url = (char *) "https://s3.dualstack.eu-west-1.amazonaws.com:443" };
  S3dSettings imposter = { .checksum = S3D_CHECKSUM_AUTO, .endpoint_url = (char *) "https://amazonaws.com.example" };
  g_assert_false (sends_checksums ("s3://b/k", &unset, ""));
  g_assert_false (sends_checksums ("s3://b/k", &none, supported));
  g_assert_true (sends_checksums ("s3://b/k", &unset, supported));
  g_assert_false (sends_checksums ("s3://b/k", &unset, required));
  g_assert_true (sends_checksums ("s3://b/k", &automatic, required));
  g_assert_false (sends_checksums ("s3://h:9000/b/k", &unset, supported));
  g_assert_false (sends_checksums ("s3://h:9000/b/k", &automatic, ""));
  g_assert_true (sends_checksums ("s3://h:9000/b/k", &always, ""));
  g_assert_true (sends_checksums ("s3://b/k", &named, ""));
  g_assert_false (sends_checksums ("s3://b/k", &imposter, ""));
}

static void
test_authority (void)
{
  S3dSettings plain = { 0 };
  S3dSettings tls = { .endpoint_url = (char *) "https://h:9000" };
  assert_place ("s3://h:9000/bucket/k", &plain, NULL, "http://h:9000 /bucket us-east-1");
  assert_place ("s3://h:443/bucket/k", &plain, NULL, "https://h /bucket us-east-1");
  assert_place ("s3://h:80/bucket/k", &plain, NULL, "http://h /bucket us-east-1");
  assert_place ("s3://[::1]:9000/bucket/k", &plain, NULL, "http://[::1]:9000 /bucket us-east-1");
  assert_place ("s3://h:9000/bucket/k", &tls, NULL, "https://h:9000 /bucket us-east-1");
  assert_place ("s3://h:9001/bucket/k", &tls, NULL, "http://h:9001 /bucket us-east-1");
}

static void
test_bad_endpoints (void)
{
  static const char *const bad[] = { "h:9000", "ftp://h", "http://", "http://h:9000/?x=1", "http://:9000" };
  g_autoptr (S3dProfile) profile = profile_new ("");
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("s3://b/k", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      S3dSettings settings = { .endpoint_url = (char *) bad[i] };
      g_assert_null (s3d_s3_endpoint_new (uri, &settings, profile, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, "endpoint-url"));
      g_assert_nonnull (strstr (error->message, bad[i]));
    }
  g_autoptr (GError) region_error = NULL;
  S3dSettings region = { .region = (char *) "eu.example/" };
  g_assert_null (s3d_s3_endpoint_new (uri, &region, profile, &region_error));
  g_assert_error (region_error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (region_error->message, "region \"eu.example/\""));

  g_autoptr (GError) error = NULL;
  S3dSettings settings = { .endpoint_url = (char *) "http://user:SECRET@h/" };
  g_assert_null (s3d_s3_endpoint_new (uri, &settings, profile, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_null (strstr (error->message, "SECRET"));
}

static void
assert_target (const char *path, const char *key, const char *query, const char *expected)
{
  S3dS3Place place = { .path = (char *) path };
  g_autoptr (GString) text = g_string_new (NULL);
  s3d_s3_append_target (text, &place, key, query);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_targets (void)
{
  assert_target ("/bucket", "a/b", NULL, "/bucket/a/b");
  assert_target ("/bucket", NULL, NULL, "/bucket");
  assert_target ("/bucket", "", "list-type=2", "/bucket?list-type=2");
  assert_target ("", "a", "uploads", "/a?uploads");
  assert_target ("", NULL, "list-type=2", "/?list-type=2");
  assert_target ("", "/a//b/../c/.", NULL, "//a//b/../c/.");
  assert_target ("", "a b+c%d?e#f&g=h~", NULL, "/a%20b%2Bc%25d%3Fe%23f%26g%3Dh~");
  assert_target ("", "gr\xc3\xbc\xc3\x9f\n\x01", NULL, "/gr%C3%BC%C3%9F%0A%01");
}

static void
test_copy_source (void)
{
  g_autofree char *source = s3d_s3_copy_source ("bucket", "a b/c+d%e\xc3\xbc?");
  g_assert_cmpstr (source, ==, "/bucket/a%20b/c%2Bd%25e%C3%BC%3F");
}

static void
test_decode (void)
{
  char text[] = "a+b%2Bc%2F%C3%BC%0A";
  char nul[] = "a%00";
  char cut[] = "a%4";
  char no_hex[] = "a%zz";
  g_assert_true (s3d_s3_decode (text));
  g_assert_cmpstr (text, ==, "a b+c/\xc3\xbc\n");
  g_assert_false (s3d_s3_decode (nul));
  g_assert_false (s3d_s3_decode (cut));
  g_assert_false (s3d_s3_decode (no_hex));
}

static void
test_etag (void)
{
  static const char *const cases[][2] = { { "\"abc-2\"", "abc-2" }, { "abc", "abc" }, { "\"\"", NULL },
                                          { "", NULL },             { "W/\"abc\"", NULL }, { NULL, NULL } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *etag = s3d_s3_parse_etag (cases[i][0]);
      g_assert_cmpstr (etag, ==, cases[i][1]);
    }
}

static void
test_content_range (void)
{
  static const char *const bad[] = { NULL,
                                     "",
                                     "bytes",
                                     "bytes 0-9",
                                     "bytes 0-9/",
                                     "bytes 9-0/10",
                                     "bytes 0-9/9",
                                     "bytes -1-9/10",
                                     "bytes 0-9/10 ",
                                     "bytes 0-9/x",
                                     "bytes 0-99999999999999999999/*",
                                     "items 0-9/10",
                                     "bytes */",
                                     "bytes */*" };
  gint64 first, last, total;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (s3d_s3_parse_content_range (bad[i], &first, &last, &total));

  g_assert_true (s3d_s3_parse_content_range ("bytes 5-9/10", &first, &last, &total));
  g_assert_cmpint (first, ==, 5);
  g_assert_cmpint (last, ==, 9);
  g_assert_cmpint (total, ==, 10);
  g_assert_true (s3d_s3_parse_content_range ("Bytes 0-0/*", &first, &last, &total));
  g_assert_cmpint (total, ==, -1);
  g_assert_true (s3d_s3_parse_content_range ("bytes */12", &first, &last, &total));
  g_assert_cmpint (first, ==, -1);
  g_assert_cmpint (total, ==, 12);
}

static void
test_metadata (void)
{
  static const char *const as_they_are[] = { "", "plain text", "a=b?c", "~!@#" };
  static const char *const encoded[] = { "\xc3\xbc", " a", "a ", "a  b", "a\nb", "=?UTF-8?B?YQ==?=", "tab\there" };
  g_autofree char *lengthy = g_strnfill (1000, 'x');
  g_autoptr (GString) umlauts = g_string_new ("x");
  for (guint i = 0; i < 200; i++)
    g_string_append (umlauts, "\xf0\x9f\x98\x80");

  for (guint i = 0; i < G_N_ELEMENTS (as_they_are); i++)
    {
      g_autofree char *text = s3d_s3_encode_metadata (as_they_are[i]);
      g_assert_cmpstr (text, ==, as_they_are[i]);
    }
  g_autofree char *unchanged = s3d_s3_encode_metadata (lengthy);
  g_assert_cmpstr (unchanged, ==, lengthy);
  for (guint i = 0; i <= G_N_ELEMENTS (encoded); i++)
    {
      const char *value = i < G_N_ELEMENTS (encoded) ? encoded[i] : umlauts->str;
      g_autofree char *text = s3d_s3_encode_metadata (value);
      g_autofree char *back = s3d_s3_decode_metadata (text);
      g_assert_true (g_str_has_prefix (text, "=?UTF-8?B?"));
      g_assert_true (s3d_s3_is_header_value (text));
      g_assert_true (g_str_is_ascii (text));
      g_assert_cmpstr (back, ==, value);
    }
}

static void
test_foreign_metadata (void)
{
  static const char *const cases[][2] = { { "=?UTF-8?Q?gr=C3=BC=C3=9Fe_an?= you", "gr\xc3\xbc\xc3\x9f" "e an you" },
                                          { "=?iso-8859-1?q?=FC?=", "\xc3\xbc" },
                                          { "a =?utf-8?B?w7w=?= =?utf-8?B?w7w=?= b", "a \xc3\xbc\xc3\xbc b" },
                                          { "=?what?Q?x?=", "=?what?Q?x?=" },
                                          { "=?UTF-8?Q?open", "=?UTF-8?Q?open" },
                                          { "raw \xc3\xbc", "raw \xc3\xbc" } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = s3d_s3_decode_metadata (cases[i][0]);
      g_assert_cmpstr (text, ==, cases[i][1]);
    }
}

static void
test_names (void)
{
  g_assert_true (s3d_s3_is_metadata_name ("a-b_c.1"));
  g_assert_false (s3d_s3_is_metadata_name (""));
  g_assert_false (s3d_s3_is_metadata_name ("a b"));
  g_assert_false (s3d_s3_is_metadata_name ("a:b"));
  g_assert_false (s3d_s3_is_metadata_name ("Upper"));
  g_assert_false (s3d_s3_is_metadata_name ("\xc3\xbc"));
  g_assert_true (s3d_s3_is_header_value ("text/plain; charset=utf-8"));
  g_assert_false (s3d_s3_is_header_value ("a\r\nX-Injected: yes"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/s3/wire/amazon-by-region", test_amazon);
  g_test_add_func ("/s3/wire/path-or-virtual-host", test_style);
  g_test_add_func ("/s3/wire/uri-beats-setting-beats-profile", test_endpoints);
  g_test_add_func ("/s3/wire/host-and-port-of-a-uri", test_authority);
  g_test_add_func ("/s3/wire/checksums-where-they-are-taken", test_checksums);
  g_test_add_func ("/s3/wire/bad-endpoint-or-region-is-named", test_bad_endpoints);
  g_test_add_func ("/s3/wire/any-key-in-a-target", test_targets);
  g_test_add_func ("/s3/wire/copy-source", test_copy_source);
  g_test_add_func ("/s3/wire/encoded-keys", test_decode);
  g_test_add_func ("/s3/wire/etag", test_etag);
  g_test_add_func ("/s3/wire/content-range-is-read-strictly", test_content_range);
  g_test_add_func ("/s3/wire/metadata-survives-header-fields", test_metadata);
  g_test_add_func ("/s3/wire/metadata-of-others", test_foreign_metadata);
  g_test_add_func ("/s3/wire/names-and-values-that-cannot-be-sent", test_names);
  return g_test_run ();
}

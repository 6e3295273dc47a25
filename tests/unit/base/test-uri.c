/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* URIs: what is read, what is refused and with which words, and that text comes back as it was. */

#include "config.h"

#include "base/base-uri.h"
#include "s3dlio/s3dlio-error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  const char *text;
  const char *scheme;
  const char *authority;
  const char *container;
  const char *key;
  const char *canonical; /* NULL: the same as text */
} Good;

#define ODD_KEY "\n\t\x01 \xc3\xa9 \xf0\x9f\x98\x80"

static const Good good[] = {
  { "s3://", "s3", NULL, NULL, "", NULL },
  { "s3://bucket", "s3", NULL, "bucket", "", "s3://bucket/" },
  { "s3://bucket/", "s3", NULL, "bucket", "", NULL },
  { "s3://bucket/key", "s3", NULL, "bucket", "key", NULL },
  { "S3://bucket/key", "s3", NULL, "bucket", "key", "s3://bucket/key" },
  { "s3://bucket//key", "s3", NULL, "bucket", "/key", NULL },
  { "s3://bucket/a/../b/./c//", "s3", NULL, "bucket", "a/../b/./c//", NULL },
  { "s3://bucket/a b%20c?d#e&f=g+h\\", "s3", NULL, "bucket", "a b%20c?d#e&f=g+h\\", NULL },
  { "s3://bucket/" ODD_KEY, "s3", NULL, "bucket", ODD_KEY, NULL },
  { "s3://bucket/s3://other/key", "s3", NULL, "bucket", "s3://other/key", NULL },
  { "s3://bucket/host:9000/key@x", "s3", NULL, "bucket", "host:9000/key@x", NULL },
  { "s3://1bucket.with.dots-and_more/k", "s3", NULL, "1bucket.with.dots-and_more", "k", NULL },
  { "s3://127.0.0.1/key", "s3", NULL, "127.0.0.1", "key", NULL },
  { "s3://127.0.0.1:9000/bucket/key", "s3", "127.0.0.1:9000", "bucket", "key", NULL },
  { "s3://localhost:80/bucket", "s3", "localhost:80", "bucket", "", "s3://localhost:80/bucket/" },
  { "s3://localhost:80", "s3", "localhost:80", NULL, "", "s3://localhost:80/" },
  { "s3://localhost:80/", "s3", "localhost:80", NULL, "", NULL },
  { "s3://[::1]:9000/bucket/key", "s3", "[::1]:9000", "bucket", "key", NULL },
  { "az://account/container/a/b", "az", "account", "container", "a/b", NULL },
  { "az://account/$web/a", "az", "account", "$web", "a", NULL },
  { "az://account", "az", "account", NULL, "", "az://account/" },
  { "az://", "az", NULL, NULL, "", NULL },
  { "gs://bucket/key", "gs", NULL, "bucket", "key", NULL },
  { "gcs://bucket/key", "gs", NULL, "bucket", "key", "gs://bucket/key" },
  { "mem://store/key", "mem", NULL, "store", "key", NULL },
  { "file:///", "file", NULL, "", "/", NULL },
  { "file:///dir/a%20b", "file", NULL, "", "/dir/a b", NULL },
  { "file:///dir/a b", "file", NULL, "", "/dir/a b", "file:///dir/a%20b" },
  { "file://localhost/dir/", "file", NULL, "", "/dir/", "file:///dir/" },
  { "file:///a%25%3F%23%0A%FF%C3%A9", "file", NULL, "", "/a%?#\n\xff\xc3\xa9", NULL },
  { "file:///a//b/../c", "file", NULL, "", "/a//b/../c", NULL },
  { "direct:///dir/a+b:c", "direct", NULL, "", "/dir/a+b:c", NULL },
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      const Good *want = &good[i];
      g_autoptr (GError) error = NULL;
      g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (want->text, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (s3dlio_uri_get_scheme (uri), ==, want->scheme);
      g_assert_cmpstr (s3dlio_uri_get_authority (uri), ==, want->authority);
      g_assert_cmpstr (s3dlio_uri_get_container (uri), ==, want->container);
      g_assert_cmpstr (s3dlio_uri_get_key (uri), ==, want->key);
      g_assert_true (s3dlio_uri_has_scheme (want->text));

      g_autofree char *text = s3dlio_uri_to_string (uri);
      g_assert_cmpstr (text, ==, want->canonical != NULL ? want->canonical : want->text);

      g_autoptr (S3dlioUri) again = s3dlio_uri_parse (text, &error);
      g_assert_no_error (error);
      g_autofree char *text_again = s3dlio_uri_to_string (again);
      g_assert_cmpstr (text_again, ==, text);
      g_assert_cmpstr (again->key, ==, uri->key);
    }
}

static void
test_bad (void)
{
  const struct
  {
    const char *text;
    const char *message; /* a part of it */
  } bad[] = {
    { "", "not a URI" },
    { "bucket/key", "does not begin with a scheme" },
    { "s3:/bucket/key", "does not begin with a scheme" },
    { "file:/dir", "does not begin with a scheme" },
    { "http://host/key", "the scheme 'http' is none of s3, az, gs, file, direct, mem" },
    { "s3x://bucket/key", "the scheme 's3x'" },
    { "s3:///key", "the bucket is missing" },
    { "s3:///", "the bucket is missing" },
    { "s3://host:80//key", "the bucket is missing" },
    { "s3://buck et/key", "the bucket 'buck et' holds the character U+0020" },
    { "s3://bucket?x/key", "the bucket 'bucket?x' holds the character U+003F" },
    { "s3://b\xc3\xbc\x63ket/key", "holds the character U+00FC" },
    { "s3://bucket\n/key", "holds the character U+000A" },
    { "s3://../key", "'..' cannot be a bucket" },
    { "s3://host:/bucket/key", "the port '' is not a number from 1 to 65535" },
    { "s3://host:65536/bucket/key", "the port '65536' is not a number" },
    { "s3://host:0/bucket/key", "the port '0' is not a number" },
    { "s3://host:80x/bucket/key", "the port '80x' is not a number" },
    { "s3://:80/bucket/key", "the host '' is neither" },
    { "s3://ho st:80/bucket/key", "the host 'ho st' is neither" },
    { "s3://a:b:80/bucket/key", "the host 'a:b' is neither" },
    { "s3://[::1]/bucket/key", "the endpoint '[::1]' has no port" },
    { "s3://[::x]:80/bucket/key", "the host '[::x]' is neither" },
    { "s3://[::1:80/bucket/key", "the host '[::1' is neither" },
    { "s3://host:80/buck:et/key", "the bucket 'buck:et' holds the character U+003A" },
    { "gs://host:80/bucket/key", "the bucket 'host:80' holds the character U+003A" },
    { "az:///container/key", "the account is missing" },
    { "az://account//key", "the container is missing" },
    { "az://acc.ount/c/key", "the account 'acc.ount' holds" },
    { "mem:///key", "the store is missing" },
    { "file://", "the path is missing" },
    { "file://dir/name", "the path is not absolute; write file:///PATH" },
    { "direct://dir", "the path is not absolute; write direct:///PATH" },
    { "file:///a?b", "unescaped '?'; write %3F" },
    { "file:///a#b", "unescaped '#'; write %23" },
    { "file:///a%2", "not followed by two hex digits" },
    { "file:///a%zz", "not followed by two hex digits" },
    { "file:///a%", "not followed by two hex digits" },
    { "file:///a%00b", "holds '%00'" },
    { "file:///a%2fb", "holds '%2f'" },
    { "s3://bucket/\xff", "not valid UTF-8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (s3dlio_uri_parse (bad[i].text, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      if (strstr (error->message, bad[i].message) == NULL)
        g_error ("'%s' lacks '%s'", error->message, bad[i].message);
    }
}

static void
test_no_secret (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (s3dlio_uri_parse ("s3://user:hidden@host:80/bucket/key", &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_null (strstr (error->message, "hidden"));
}

static void
test_has_scheme (void)
{
  const char *paths[] = { "", "a", "/a", "./s3://b", "s3:/b", "://", "3s://b", "a b://c", "dir/s3://b" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_false (s3dlio_uri_has_scheme (paths[i]));
  g_assert_true (s3dlio_uri_has_scheme ("any+thing-1.0://"));
}

static void
test_as_glib (void)
{
  for (int byte = 1; byte < 256; byte++)
    {
      const char path[] = { '/', 'a', (char) byte, 'b', '\0' };
      g_autofree char *expected = g_filename_to_uri (path, NULL, NULL);
      g_autoptr (S3dlioUri) uri = s3dlio_uri_new_for_path (path);
      g_autofree char *text = s3dlio_uri_to_string (uri);
      g_autoptr (S3dlioUri) again = s3dlio_uri_parse (text, NULL);

      g_assert_cmpstr (text, ==, expected);
      g_assert_cmpstr (s3dlio_uri_get_key (again), ==, path);
    }
}

static void
assert_path (const char *path, const char *key)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_new_for_path (path);

  g_assert_cmpstr (s3dlio_uri_get_scheme (uri), ==, "file");
  g_assert_cmpstr (s3dlio_uri_get_key (uri), ==, key);
}

static void
test_paths (void)
{
  g_autofree char *before = g_get_current_dir ();

  assert_path ("/", "/");
  assert_path ("/a/b", "/a/b");
  assert_path ("//a///b/", "/a/b/");
  assert_path ("/a/./b/.", "/a/b/");
  assert_path ("/a/../b", "/a/../b"); /* a may be a symbolic link */
  assert_path ("/../a", "/a");
  assert_path ("/s3://b/k", "/s3:/b/k");

  g_assert_cmpint (g_chdir ("/proc/self"), ==, 0);
  g_setenv ("PWD", "/proc/self", TRUE);
  g_autofree char *self = g_strdup_printf ("/proc/%d", (int) getpid ());
  g_autofree char *file = g_strdup_printf ("%s/dir/file", self);
  g_autofree char *slash = g_strdup_printf ("%s/", self);
  g_autofree char *hidden = g_strdup_printf ("%s/.hidden", self);
  assert_path (".", self);
  assert_path ("./", slash);
  assert_path ("dir/file", file);
  assert_path ("./dir/./file", file);
  assert_path (".hidden", hidden);
  assert_path ("..", "/proc");
  assert_path ("../", "/proc/");
  assert_path ("../../..", "/");
  assert_path ("../a/../b", "/proc/a/../b");

  g_assert_cmpint (g_chdir ("/"), ==, 0);
  assert_path (".", "/");
  assert_path ("a", "/a");
  g_assert_cmpint (g_chdir (before), ==, 0);
}

static void
test_relatives (void)
{
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("s3://host:80/bucket/a/b", NULL);
  g_autoptr (S3dlioUri) other = s3dlio_uri_with_key (uri, "/c d");
  g_autoptr (S3dlioUri) bucket = s3d_uri_new_sibling (uri, NULL, "");
  g_autofree char *other_text = s3dlio_uri_to_string (other);
  g_autofree char *bucket_text = s3dlio_uri_to_string (bucket);
  g_autofree char *root = s3d_uri_root (other);

  g_assert_cmpstr (other_text, ==, "s3://host:80/bucket//c d");
  g_assert_cmpstr (bucket_text, ==, "s3://host:80/");
  g_assert_cmpstr (root, ==, "s3://host:80/bucket/");

  g_autoptr (S3dlioUri) path = s3dlio_uri_parse ("direct:///a", NULL);
  g_autoptr (S3dlioUri) relative = s3dlio_uri_with_key (path, "b/c%");
  g_autofree char *relative_text = s3dlio_uri_to_string (relative);
  g_autofree char *path_root = s3d_uri_root (path);

  g_assert_cmpstr (relative_text, ==, "direct:///b/c%25");
  g_assert_cmpstr (path_root, ==, "direct://");
}

static void
test_encode (void)
{
  g_autoptr (GString) out = g_string_new ("/");

  s3d_uri_encode (out, "az-._~/A Z+%\xc3\xa9\n", TRUE);
  g_assert_cmpstr (out->str, ==, "/az-._~/A%20Z%2B%25%C3%A9%0A");
  g_string_truncate (out, 0);
  s3d_uri_encode (out, "a/b=*", FALSE);
  g_assert_cmpstr (out->str, ==, "a%2Fb%3D%2A");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/uri/every-form-comes-back-as-text", test_good);
  g_test_add_func ("/base/uri/errors-name-the-part-that-is-wrong", test_bad);
  g_test_add_func ("/base/uri/errors-hold-no-password", test_no_secret);
  g_test_add_func ("/base/uri/paths-have-no-scheme", test_has_scheme);
  g_test_add_func ("/base/uri/file-text-is-the-same-as-glib's", test_as_glib);
  g_test_add_func ("/base/uri/local-paths-become-absolute", test_paths);
  g_test_add_func ("/base/uri/another-key-keeps-endpoint-and-bucket", test_relatives);
  g_test_add_func ("/base/uri/encoding-keeps-the-unreserved", test_encode);

  return g_test_run ();
}

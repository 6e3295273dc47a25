/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The AWS shared files, as people and tools write them. */

#include "config.h"

#include "auth/auth-profile.h"
#include "base/base-error.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *dir, *config, *credentials;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("s3dlio-profile-XXXXXX", NULL);
  fixture->config = g_build_filename (fixture->dir, "config", NULL);
  fixture->credentials = g_build_filename (fixture->dir, "credentials", NULL);
  g_setenv ("AWS_CONFIG_FILE", fixture->config, TRUE);
  g_setenv ("AWS_SHARED_CREDENTIALS_FILE", fixture->credentials, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->config);
  g_unlink (fixture->credentials);
  g_rmdir (fixture->dir);
  g_free (fixture->config);
  g_free (fixture->credentials);
  g_free (fixture->dir);
}

static void
write_file (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static S3dProfile *
load (const char *name, GError **error)
{
  S3dSettings settings = { .profile = (char *) name };
  return s3d_profile_load (&settings, error);
}

static void
assert_has (const char *profile_name, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dProfile) profile = load (profile_name, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (s3d_profile_get (profile, name), ==, value);
}

static void
test_sections (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->config, "[default]\nregion = eu-west-1\n\n[profile work]\nregion=us-west-2\n"
                               "[work]\nregion = not-this\n[profile \"two words\"]\nregion = x\n");
  write_file (fixture->credentials, "[default]\naws_access_key_id = AKID\naws_secret_access_key = s/e+c=r\n"
                                    "[work]\naws_access_key_id=WORK\naws_secret_access_key=w\n");
  assert_has (NULL, "region", "eu-west-1");
  assert_has (NULL, "aws_access_key_id", "AKID");
  assert_has (NULL, "aws_secret_access_key", "s/e+c=r");
  assert_has ("work", "region", "us-west-2");
  assert_has ("work", "aws_access_key_id", "WORK");
  assert_has ("two words", "region", "x");
  assert_has ("work", "output", NULL);
}

static void
test_nested (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->config, "[profile a]\n"
                               "s3 =\n"
                               "  addressing_style = virtual\n"
                               "\tmax_concurrent_requests = 20 ; many\n"
                               "region = r\n"
                               "  continued, which is nobody's nested = x\n"
                               "api_versions =\n"
                               "    ec2 = 2015-03-01\n");
  assert_has ("a", "s3.addressing_style", "virtual");
  assert_has ("a", "s3.max_concurrent_requests", "20");
  assert_has ("a", "region", "r");
  assert_has ("a", "addressing_style", NULL);
  assert_has ("a", "api_versions.ec2", "2015-03-01");
}

static void
test_services (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->config, "[profile a]\nservices = mine\nendpoint_url = http://all\n"
                               "[services mine]\ns3 =\n  endpoint_url = http://s3\n"
                               "ec2 =\n  endpoint_url = http://ec2\n");
  assert_has ("a", "s3.endpoint_url", "http://s3");
  assert_has ("a", "endpoint_url", "http://all");
  assert_has ("a", "ec2.endpoint_url", NULL);
}

static void
test_lexical (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->config, "\xef\xbb\xbf# a comment\r\n  ; another, indented\r\n"
                               "[default] # with a comment\r\n"
                               "Region   =   eu-central-1   # where I am\r\n"
                               "endpoint_url = http://h/#x\r\n"
                               "ca_bundle =\r\n"
                               "\r\n");
  assert_has (NULL, "region", "eu-central-1");
  assert_has (NULL, "endpoint_url", "http://h/#x");
  assert_has (NULL, "ca_bundle", NULL);
}

static void
test_credentials_win (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->config, "[default]\naws_access_key_id = CONFIG\nregion = r\n");
  write_file (fixture->credentials, "[default]\naws_access_key_id = CREDENTIALS\n");
  assert_has (NULL, "aws_access_key_id", "CREDENTIALS");
  assert_has (NULL, "region", "r");
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  assert_has (NULL, "region", NULL);
  g_assert_null (load ("nobody", &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "\"nobody\""));
  g_assert_nonnull (strstr (error->message, fixture->config));
  g_assert_nonnull (strstr (error->message, "no such file"));
}

static void
test_malformed (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "[default]\nkey SECRET\n", "\nkey = SECRET\n", "[default\nkey = SECRET\n" };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      write_file (fixture->credentials, texts[i]);
      g_assert_null (load (NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, fixture->credentials));
      g_assert_nonnull (strstr (error->message, i == 2 ? "line 1" : "line 2"));
      g_assert_null (strstr (error->message, "SECRET"));
    }
}

/* A container often runs with somebody else's HOME. (Root can read every file, but no directory as one.) */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (g_mkdir (fixture->config, 0700), ==, 0);
  g_autoptr (S3dProfile) profile = load (NULL, NULL);
  g_rmdir (fixture->config);
  g_assert_nonnull (profile);
  g_assert_nonnull (strstr (s3d_profile_describe (profile), "cannot be read"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/auth/profile/sections-of-both-files", test_sections);
  ADD ("/auth/profile/nested-blocks", test_nested);
  ADD ("/auth/profile/services-section", test_services);
  ADD ("/auth/profile/comments-blanks-and-line-ends", test_lexical);
  ADD ("/auth/profile/credentials-file-wins", test_credentials_win);
  ADD ("/auth/profile/missing-default-is-empty-missing-other-is-an-error", test_missing);
  ADD ("/auth/profile/malformed-line-is-named-and-not-shown", test_malformed);
  ADD ("/auth/profile/unreadable-file-is-as-good-as-none", test_unreadable);
  return g_test_run ();
}

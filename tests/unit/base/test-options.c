/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of operations: what comes back, and what an operation refuses. */

#include "config.h"

#include "base/base-options.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

static const char *const put[] = { S3DLIO_OPTION_IF_MATCH, S3DLIO_OPTION_NO_CLOBBER, S3DLIO_OPTION_CONTENT_TYPE,
                                   S3D_OPTION_METADATA,    S3D_OPTION_PROGRESS,      NULL };
static const char *const list[] = { S3DLIO_OPTION_LIMIT, NULL };

static void
progress (gint64 done, gint64 total, gpointer user_data)
{
}

static void
test_values (void)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioOptions) again = s3dlio_options_ref (options);
  gpointer data = NULL;
  int mark = 0;

  s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, "text/plain");
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, 2);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, G_MAXINT64);
  s3dlio_options_set_metadata (options, "Colour", "blue");
  s3dlio_options_set_metadata (options, "COLOUR", "red");
  s3dlio_options_set_progress (options, progress, &mark, NULL);

  g_assert_cmpstr (s3d_options_get_string (again, S3DLIO_OPTION_CONTENT_TYPE), ==, "text/plain");
  g_assert_true (s3d_options_get_boolean (again, S3DLIO_OPTION_NO_CLOBBER));
  g_assert_cmpint (s3d_options_get_int64 (again, S3DLIO_OPTION_LIMIT, 0), ==, G_MAXINT64);
  g_assert_cmpuint (g_hash_table_size (s3d_options_get_metadata (again)), ==, 1);
  g_assert_cmpstr (g_hash_table_lookup (s3d_options_get_metadata (again), "colour"), ==, "red");
  g_assert_true (s3d_options_get_progress (again, &data) == progress);
  g_assert_true (data == &mark);

  s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, NULL);
  s3dlio_options_set_metadata (options, "colour", NULL);
  g_assert_null (s3d_options_get_string (options, S3DLIO_OPTION_CONTENT_TYPE));
  g_assert_cmpuint (g_hash_table_size (s3d_options_get_metadata (options)), ==, 0);
}

static void
test_null (void)
{
  gpointer data = &data;

  g_assert_true (s3d_options_check (NULL, put, NULL));
  g_assert_null (s3d_options_get_string (NULL, "x"));
  g_assert_false (s3d_options_get_boolean (NULL, "x"));
  g_assert_cmpint (s3d_options_get_int64 (NULL, "x", 5), ==, 5);
  g_assert_null (s3d_options_get_metadata (NULL));
  g_assert_null (s3d_options_get_progress (NULL, &data));
  g_assert_null (data);
}

static void
assert_refused (S3dlioOptions *options, const char *const *known, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3d_options_check (options, known, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, message);
}

static void
refuse_string (const char *name, const char *value, const char *message)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  s3dlio_options_set_string (options, name, value);
  assert_refused (options, put, message);
}

static void
refuse_metadata (const char *name, const char *value, const char *message)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  s3dlio_options_set_metadata (options, name, value);
  assert_refused (options, put, message);
}

static void
test_refused (void)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  refuse_string ("if-macth", "x", "there is no option 'if-macth'");
  refuse_string ("metadata", "x", "there is no option 'metadata'");
  refuse_string ("limit", "5", "the option 'limit' does not apply here");
  refuse_string ("no-clobber", "yes", "the option 'no-clobber' is a boolean, not text");
  refuse_string ("content-type", "a\r\nX-Evil: b", "the option 'content-type' is not one line of UTF-8");
  refuse_string ("content-type", "\xff", "the option 'content-type' is not one line of UTF-8");
  refuse_metadata ("a b", "x", "the metadata name 'a b' holds a character that no header name can hold");
  refuse_metadata ("", "x", "the metadata name '' holds a character that no header name can hold");
  refuse_metadata ("a", "x\ny", "the metadata 'a' is not one line of UTF-8");

  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, -1);
  assert_refused (options, list, "the option 'limit' is -1, less than 0");
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, 1);
  g_assert_true (s3d_options_check (options, list, NULL));
  s3dlio_options_set_metadata (options, "a", "b");
  assert_refused (options, list, "metadata does not apply here");
  s3dlio_options_set_metadata (options, "a", NULL);
  s3dlio_options_set_progress (options, progress, NULL, NULL);
  assert_refused (options, list, "this operation has no progress to tell of");
}

static void
test_accepted (void)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "\"etag\"");
  s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, FALSE);
  s3dlio_options_set_metadata (options, "x-1_y.z", "gr\xc3\xbc\xc3\x9f dich");
  s3dlio_options_set_progress (options, progress, NULL, NULL);
  g_assert_true (s3d_options_check (options, put, NULL));
}

static void
count (gpointer data)
{
  (*(guint *) data)++;
}

static void
test_destroy (void)
{
  S3dlioOptions *options = s3dlio_options_new ();
  guint first = 0, second = 0;

  s3dlio_options_set_progress (options, progress, &first, count);
  s3dlio_options_set_progress (options, progress, &second, count);
  g_assert_cmpuint (first, ==, 1);
  s3dlio_options_unref (options);
  g_assert_cmpuint (first, ==, 1);
  g_assert_cmpuint (second, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/options/values-come-back", test_values);
  g_test_add_func ("/base/options/null-is-no-options", test_null);
  g_test_add_func ("/base/options/what-an-operation-does-not-know-is-refused-by-name", test_refused);
  g_test_add_func ("/base/options/what-it-knows-is-accepted", test_accepted);
  g_test_add_func ("/base/options/progress-data-is-destroyed-once", test_destroy);

  return g_test_run ();
}

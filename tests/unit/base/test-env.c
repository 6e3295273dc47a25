/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The environment: blanks, emptiness, and names that nobody knows. */

#include "config.h"

#include "base/base-env.h"

#include <string.h>

static void
test_get (void)
{
  g_autofree char *value = NULL;

  g_setenv ("S3DLIO_TEST_VALUE", "  a b \n", TRUE);
  value = s3d_env_get ("S3DLIO_TEST_VALUE");
  g_assert_cmpstr (value, ==, "a b");

  g_setenv ("S3DLIO_TEST_VALUE", " \t", TRUE);
  g_assert_null (s3d_env_get ("S3DLIO_TEST_VALUE"));
  g_unsetenv ("S3DLIO_TEST_VALUE");
  g_assert_null (s3d_env_get ("S3DLIO_TEST_VALUE"));
}

static void
count_notes (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  guint *notes = data;

  g_assert_nonnull (strstr (message, "S3DLIO_RETRYS"));
  g_assert_null (strstr (message, "hidden"));
  (*notes)++;
}

static void
test_unknown (void)
{
  const char *const known[] = { "S3DLIO_REGION", NULL };
  guint notes = 0;
  const guint handler = g_log_set_handler ("s3dlio", G_LOG_LEVEL_MASK, count_notes, &notes);

  g_setenv ("S3DLIO_REGION", "here", TRUE);
  g_setenv ("S3DLIO_TEST_ANYTHING", "1", TRUE);
  g_setenv ("S3DLIO_RETRYS", "hidden", TRUE);

  s3d_env_note_unknown (known);
  g_assert_cmpuint (notes, ==, 1);
  s3d_env_note_unknown (known);
  g_assert_cmpuint (notes, ==, 1);

  g_log_remove_handler ("s3dlio", handler);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/env/blank-is-unset", test_get);
  g_test_add_func ("/base/env/unknown-names-are-noted-once", test_unknown);

  return g_test_run ();
}

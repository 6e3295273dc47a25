/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Error codes, their names, and what becomes of an errno. */

#include "config.h"

#include "base/base-error.h"

#include <errno.h>

static void
test_names (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int code = S3DLIO_ERROR_NOT_FOUND; code <= S3DLIO_ERROR_FAILED; code++)
    {
      const char *name = s3dlio_error_code_to_string ((S3dlioError) code);

      g_assert_nonnull (name);
      g_assert_true (g_hash_table_add (seen, (gpointer) name));
    }
  g_assert_cmpstr (s3dlio_error_code_to_string (S3DLIO_ERROR_TIMED_OUT), ==, "timed-out");
  g_assert_cmpstr (s3dlio_error_code_to_string ((S3dlioError) 1000), ==, "failed");
  g_assert_cmpstr (g_quark_to_string (S3DLIO_ERROR), ==, "s3dlio-error-quark");
}

static void
test_errno (void)
{
  const struct
  {
    int err;
    S3dlioError code;
  } cases[] = {
    { ENOENT, S3DLIO_ERROR_NOT_FOUND },
    { ENOTDIR, S3DLIO_ERROR_NOT_FOUND },
    { EEXIST, S3DLIO_ERROR_EXISTS },
    { ENOTEMPTY, S3DLIO_ERROR_EXISTS },
    { EACCES, S3DLIO_ERROR_DENIED },
    { EPERM, S3DLIO_ERROR_DENIED },
    { EROFS, S3DLIO_ERROR_DENIED },
    { ENOSPC, S3DLIO_ERROR_NO_SPACE },
    { EDQUOT, S3DLIO_ERROR_NO_SPACE },
    { EFBIG, S3DLIO_ERROR_NO_SPACE },
    { ENOMEM, S3DLIO_ERROR_NO_SPACE },
    { ECONNRESET, S3DLIO_ERROR_NETWORK },
    { ECONNREFUSED, S3DLIO_ERROR_NETWORK },
    { EPIPE, S3DLIO_ERROR_NETWORK },
    { ETIMEDOUT, S3DLIO_ERROR_TIMED_OUT },
    { EINVAL, S3DLIO_ERROR_INVALID },
    { EISDIR, S3DLIO_ERROR_INVALID },
    { ENAMETOOLONG, S3DLIO_ERROR_INVALID },
    { EOPNOTSUPP, S3DLIO_ERROR_UNSUPPORTED },
    { EIO, S3DLIO_ERROR_FAILED },
    { 0, S3DLIO_ERROR_FAILED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (s3d_error_code_from_errno (cases[i].err), ==, cases[i].code);
}

static void
test_set_errno (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("open /d/%%s: %s", g_strerror (ENOENT));

  s3d_error_set_errno (&error, ENOENT, "open %s", "/d/%s");
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, expected);

  s3d_error_set_errno (NULL, ENOENT, "nobody listens");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/error/every-code-has-a-name-of-its-own", test_names);
  g_test_add_func ("/base/error/errno-maps-to-what-a-caller-can-do", test_errno);
  g_test_add_func ("/base/error/message-says-what-and-why", test_set_errno);

  return g_test_run ();
}

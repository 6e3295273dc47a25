/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The version that a program runs with, as opposed to the one it was compiled against.
 * Constants only: any thread, nothing to free. */

#include "config.h"

#include "s3dlio/s3dlio-version.h"

/**
 * s3dlio_get_version:
 *
 * The version of the library in use, such as "0.9.0".
 *
 * Returns: (transfer none): a constant string
 *
 * Since: 0.9
 */
const char *
s3dlio_get_version (void)
{
  return S3DLIO_VERSION_STRING;
}

/**
 * s3dlio_check_version:
 * @major: a major version
 * @minor: a minor version
 * @micro: a micro version
 *
 * Whether the library in use is of that version or a later one. See S3DLIO_CHECK_VERSION() for
 * the headers that a program is compiled against.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.9
 */
gboolean
s3dlio_check_version (guint major, guint minor, guint micro)
{
  const guint have[] = { S3DLIO_MAJOR_VERSION, S3DLIO_MINOR_VERSION, S3DLIO_MICRO_VERSION };
  const guint want[] = { major, minor, micro };

  for (gsize i = 0; i < G_N_ELEMENTS (have); i++)
    {
      if (have[i] != want[i])
        return have[i] > want[i];
    }

  return TRUE;
}

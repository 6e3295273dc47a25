/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints the version compiled against and the version in use.
 *   cc version.c $(pkg-config --cflags --libs s3dlio) -o version */

#include <stdio.h>

#include <s3dlio/s3dlio.h>

int
main (void)
{
  printf ("compiled against %s, running with %s\n", S3DLIO_VERSION_STRING, s3dlio_get_version ());

  return s3dlio_check_version (S3DLIO_MAJOR_VERSION, S3DLIO_MINOR_VERSION, 0) ? 0 : 1;
}

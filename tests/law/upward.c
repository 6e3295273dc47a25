/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A floor below base that calls base: must not link. */

#include "config.h"

#include "s3dlio/s3dlio-version.h"

const char *s3d_upward (void);

const char *
s3d_upward (void)
{
  return s3dlio_get_version ();
}

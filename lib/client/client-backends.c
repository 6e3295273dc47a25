/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The registration table. A new backend is a folder beside s3/ and a row here; nothing else in the library names it.
 * Constant; any thread. */

#include "config.h"

#include "client/client-backends.h"

#include "file/file.h"
#include "s3/s3.h"

static const S3dBackend backends[] = {
  { "s3", s3d_s3_store_open },
  { "file", s3d_file_store_open },
  { "mem", s3d_mem_store_open },
};

const S3dBackend *
s3d_backend_for_scheme (const char *scheme)
{
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    if (g_str_equal (backends[i].scheme, scheme))
      return &backends[i];

  return NULL;
}

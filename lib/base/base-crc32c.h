/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* CRC32C (Castagnoli), the checksum of S3, Azure's and Google's stores. */

#include <glib.h>

/* Goes on from @crc, that of what came before; 0 to begin. */
guint32 s3d_crc32c (guint32 crc, gconstpointer data, gsize size);
/* Of two pieces in a row, from that of each. */
guint32 s3d_crc32c_combine (guint32 first, guint32 second, guint64 second_size);

/* As S3's headers have it: the base64 of four bytes, the highest first. */
#define S3D_CRC32C_TEXT_SIZE 9
void s3d_crc32c_to_text (guint32 crc, char text[S3D_CRC32C_TEXT_SIZE]);

/* The ways to compute it, for tests and benchmarks: by table, and with this processor's instructions where it has
 * them. s3d_crc32c() takes the last one. */
typedef struct
{
  const char *name;
  guint32 (*compute) (guint32 crc, gconstpointer data, gsize size);
} S3dCrc32cWay;

const S3dCrc32cWay *s3d_crc32c_get_ways (guint *n);

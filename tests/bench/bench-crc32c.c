/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fast CRC32C is computed, in every way that this machine can, beside crc32() of zlib and SHA-256 of GnuTLS:
 * 64 KiB in the cache, 64 MiB from memory.
 *
 *   bench-crc32c */

#include "config.h"

#include "base/base-crc32c.h"
#include "base/base-digest.h"

#include <dlfcn.h>
#include <string.h>
#include <time.h>

#define MIB (1024 * 1024)
#define WORK (512 * (gsize) MIB)

typedef guint32 (*Compute) (guint32 crc, gconstpointer data, gsize size);

static unsigned long (*zlib_crc32) (unsigned long crc, const unsigned char *data, unsigned size);

static guint32
by_zlib (guint32 crc, gconstpointer data, gsize size)
{
  return (guint32) zlib_crc32 (crc, data, (unsigned) size);
}

static guint32
by_sha256 (guint32 crc, gconstpointer data, gsize size)
{
  guint8 digest[S3D_SHA256_SIZE];

  s3d_sha256 (data, size, digest);
  return crc ^ digest[0];
}

/* Of the processor, which others may want too. */
static double
seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double
gigabytes_a_second (Compute compute, gconstpointer data, gsize size)
{
  double best = 0;
  guint32 crc = 0;

  for (guint round = 0; round < 5; round++)
    {
      double start = seconds ();

      for (gsize done = 0; done < WORK; done += size)
        crc = compute (crc, data, size);
      best = MAX (best, (double) WORK / 1e9 / (seconds () - start));
    }
  g_assert_cmphex (crc, !=, 1);

  return best;
}

static void
measure (const char *name, Compute compute, gconstpointer data)
{
  g_print ("%-22s %7.2f GB/s of 64 KiB, %7.2f GB/s of 64 MiB\n", name, gigabytes_a_second (compute, data, 64 * 1024),
           gigabytes_a_second (compute, data, 64 * MIB));
}

int
main (void)
{
  g_autofree guint8 *data = g_malloc (64 * MIB);
  void *zlib = dlopen ("libz.so.1", RTLD_NOW);
  guint n;
  const S3dCrc32cWay *ways = s3d_crc32c_get_ways (&n);

  memset (data, 'x', 64 * MIB);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("crc32c, %s", ways[i].name);

      measure (name, ways[i].compute, data);
    }
  measure ("sha-256, GnuTLS", by_sha256, data);
  if (zlib == NULL)
    return 0;
  *(void **) &zlib_crc32 = dlsym (zlib, "crc32");
  measure ("crc32, zlib", by_zlib, data);
  return 0;
}

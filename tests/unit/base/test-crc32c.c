/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CRC32C against the vectors of RFC 3720 (appendix B.4), and every way of computing it against the definition: bit by
 * bit. */

#include "config.h"

#include "base/base-crc32c.h"

#include <string.h>

static guint32
bit_by_bit (const guint8 *data, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }

  return ~crc;
}

static void
test_vectors (void)
{
  static const guint8 scsi_read[48] = { [0] = 0x01, [1] = 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18,
                                        [32] = 0x28, [40] = 0x02 };
  guint8 ones[32], up[32], down[32];
  const struct
  {
    gconstpointer data;
    gsize size;
    guint32 crc;
  } vectors[] = {
    { "", 0, 0 },
    { "123456789", 9, 0xe3069283 },
    { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32, 0x8a9136aa },
    { ones, 32, 0x62a8ab43 },
    { up, 32, 0x46dd794e },
    { down, 32, 0x113fdb5c },
    { scsi_read, 48, 0xd9963a56 },
  };
  guint n;
  const S3dCrc32cWay *ways = s3d_crc32c_get_ways (&n);

  for (guint w = 0; w < n; w++)
    g_test_message ("computed by %s", ways[w].name);
  memset (ones, 0xff, sizeof ones);
  for (guint8 i = 0; i < 32; i++)
    {
      up[i] = i;
      down[i] = 31 - i;
    }
  for (guint v = 0; v < G_N_ELEMENTS (vectors); v++)
    {
      for (guint w = 0; w < n; w++)
        g_assert_cmphex (ways[w].compute (0, vectors[v].data, vectors[v].size), ==, vectors[v].crc);
      g_assert_cmphex (s3d_crc32c (0, vectors[v].data, vectors[v].size), ==, vectors[v].crc);
    }
}

static guint8 *
random_bytes (gsize size)
{
  guint8 *bytes = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) g_test_rand_int ();

  return bytes;
}

/* Lengths around a word, and around the pieces that are computed side by side. */
static void
test_lengths_and_alignments (void)
{
  static const gsize sizes[] = { 0, 1, 3, 7, 8, 9, 15, 17, 255, 4095, 12287, 12288, 12289, 12301, 24576, 40003 };
  g_autofree guint8 *bytes = random_bytes (40003 + 8);
  guint n;
  const S3dCrc32cWay *ways = s3d_crc32c_get_ways (&n);

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      for (guint offset = 0; offset < 8; offset++)
        {
          guint32 expected = bit_by_bit (bytes + offset, sizes[s]);

          for (guint w = 0; w < n; w++)
            g_assert_cmphex (ways[w].compute (0, bytes + offset, sizes[s]), ==, expected);
        }
    }
}

static void
test_in_pieces (void)
{
  const gsize size = 50000;
  g_autofree guint8 *bytes = random_bytes (size);
  guint32 whole = bit_by_bit (bytes, size);
  guint n;
  const S3dCrc32cWay *ways = s3d_crc32c_get_ways (&n);

  for (guint w = 0; w < n; w++)
    {
      for (gsize cut = 0; cut <= size; cut += 1 + cut / 3)
        g_assert_cmphex (ways[w].compute (ways[w].compute (0, bytes, cut), bytes + cut, size - cut), ==, whole);
    }
}

static void
test_combine (void)
{
  const gsize size = 50000;
  g_autofree guint8 *bytes = random_bytes (size);
  guint32 whole = s3d_crc32c (0, bytes, size);
  g_autofree guint8 *nothing = g_malloc0 (1 << 20);
  guint32 zeros = 0;

  for (gsize cut = 0; cut <= size; cut += 1 + cut / 3)
    g_assert_cmphex (s3d_crc32c_combine (s3d_crc32c (0, bytes, cut), s3d_crc32c (0, bytes + cut, size - cut),
                                         size - cut), ==, whole);

  for (guint i = 0; i < 64; i++)
    zeros = s3d_crc32c (zeros, nothing, 1 << 20);
  g_assert_cmphex (s3d_crc32c_combine (whole, zeros, 64 << 20), !=, whole);
  for (guint i = 0; i < 64; i++)
    whole = s3d_crc32c (whole, nothing, 1 << 20);
  g_assert_cmphex (s3d_crc32c_combine (s3d_crc32c (0, bytes, size), zeros, 64 << 20), ==, whole);
}

static void
test_text (void)
{
  char text[S3D_CRC32C_TEXT_SIZE];

  s3d_crc32c_to_text (0xe3069283, text);
  g_assert_cmpstr (text, ==, "4waSgw==");
  s3d_crc32c_to_text (0, text);
  g_assert_cmpstr (text, ==, "AAAAAA==");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/crc32c/vectors-of-rfc-3720", test_vectors);
  g_test_add_func ("/base/crc32c/every-way-agrees-at-any-length-and-alignment", test_lengths_and_alignments);
  g_test_add_func ("/base/crc32c/goes-on-from-any-point", test_in_pieces);
  g_test_add_func ("/base/crc32c/combined-from-parts", test_combine);
  g_test_add_func ("/base/crc32c/text-of-a-header", test_text);

  return g_test_run ();
}

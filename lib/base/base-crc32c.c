/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CRC32C: polynomial 0x1EDC6F41, bits reflected, RFC 3720 appendix B.4.
 *
 * The instructions of x86-64 (SSE 4.2) and ARMv8 take one word a cycle, but give its result three cycles later: three
 * pieces are computed side by side, and then combined. Elsewhere eight bytes are looked up at once in eight tables.
 * The way is chosen once, by what the processor says.
 *
 * A CRC is a polynomial over GF(2) modulo the one above, so zeros after it are a multiplication by a power of x.
 * In reflected order the highest bit is x^0.
 *
 * Any thread. */

#include "config.h"

#include "base/base-crc32c.h"

#include <string.h>

#if defined __x86_64__
#define TARGET __attribute__ ((target ("sse4.2")))
#define STEP_BYTE(crc, byte) __builtin_ia32_crc32qi (crc, byte)
#define STEP_WORD(crc, word) ((guint32) __builtin_ia32_crc32di (crc, word))
#elif defined __aarch64__ && defined __linux__
#include <sys/auxv.h>
#define TARGET __attribute__ ((target ("+crc")))
#define STEP_BYTE(crc, byte) __builtin_aarch64_crc32cb (crc, byte)
#define STEP_WORD(crc, word) __builtin_aarch64_crc32cx (crc, word)
#define HAS_CRC32 (1 << 7) /* of AT_HWCAP */
#endif

#define POLYNOMIAL 0x82f63b78u
#define ONE 0x80000000u
#define X_TO_8 0x00800000u
/* Of one of three: combining them costs a hundred cycles. */
#define PIECE 4096

static guint32
multiply (guint32 a, guint32 b)
{
  guint32 product = 0;

  for (guint32 bit = ONE; bit != 0; bit >>= 1)
    {
      product ^= (a & bit) != 0 ? b : 0;
      b = b >> 1 ^ ((b & 1) != 0 ? POLYNOMIAL : 0);
    }

  return product;
}

/* By what a CRC is multiplied when @bytes zeros follow. */
static guint32
zeros (guint64 bytes)
{
  guint32 product = ONE;

  for (guint32 power = X_TO_8; bytes != 0; bytes >>= 1, power = multiply (power, power))
    {
      if ((bytes & 1) != 0)
        product = multiply (product, power);
    }

  return product;
}

guint32
s3d_crc32c_combine (guint32 first, guint32 second, guint64 second_size)
{
  return multiply (first, zeros (second_size)) ^ second;
}

static guint64
load (const guint8 *p)
{
  guint64 word;

  memcpy (&word, p, sizeof word);

  return GUINT64_FROM_LE (word);
}

/* --- by table --- */

static guint32 table[8][256]; /* [k][byte]: of the byte with k zeros behind it */

static void
fill_table (void)
{
  for (guint32 byte = 0; byte < 256; byte++)
    {
      table[0][byte] = byte;
      for (guint bit = 0; bit < 8; bit++)
        table[0][byte] = table[0][byte] >> 1 ^ ((table[0][byte] & 1) != 0 ? POLYNOMIAL : 0);
    }
  for (guint k = 1; k < 8; k++)
    {
      for (guint byte = 0; byte < 256; byte++)
        table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xff];
    }
}

static guint32
compute_by_table (guint32 crc, gconstpointer data, gsize size)
{
  const guint8 *p = data;

  crc = ~crc;
  for (; size >= 8; size -= 8, p += 8)
    {
      guint64 word = load (p) ^ crc;

      crc = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^ table[5][word >> 16 & 0xff]
            ^ table[4][word >> 24 & 0xff] ^ table[3][word >> 32 & 0xff] ^ table[2][word >> 40 & 0xff]
            ^ table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
    }
  for (; size > 0; size--, p++)
    crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];

  return ~crc;
}

/* --- by instruction --- */

#ifdef TARGET

static guint32 over_one, over_two; /* zeros() of one piece and of two */

TARGET static guint32
compute_three_pieces (guint32 crc, const guint8 *p)
{
  guint32 second = 0, third = 0;

  for (const guint8 *end = p + PIECE; p < end; p += 8)
    {
      crc = STEP_WORD (crc, load (p));
      second = STEP_WORD (second, load (p + PIECE));
      third = STEP_WORD (third, load (p + 2 * PIECE));
    }

  return multiply (over_two, crc) ^ multiply (over_one, second) ^ third;
}

TARGET static guint32
compute_by_instruction (guint32 crc, gconstpointer data, gsize size)
{
  const guint8 *p = data;

  crc = ~crc;
  for (; size >= 3 * PIECE; size -= 3 * PIECE, p += 3 * PIECE)
    crc = compute_three_pieces (crc, p);
  for (; size >= 8; size -= 8, p += 8)
    crc = STEP_WORD (crc, load (p));
  for (; size > 0; size--, p++)
    crc = STEP_BYTE (crc, *p);

  return ~crc;
}

static gboolean
has_instruction (void)
{
#ifdef __x86_64__
  return __builtin_cpu_supports ("sse4.2");
#else
  return (getauxval (AT_HWCAP) & HAS_CRC32) != 0;
#endif
}

#endif

/* --- the choice --- */

static S3dCrc32cWay ways[2] = { { "table", compute_by_table } };

const S3dCrc32cWay *
s3d_crc32c_get_ways (guint *n)
{
  static gsize n_ways;

  if (g_once_init_enter (&n_ways))
    {
      gsize found = 1;

      fill_table ();
#ifdef TARGET
      over_one = zeros (PIECE);
      over_two = zeros (2 * PIECE);
      if (has_instruction ())
        ways[found++] = (S3dCrc32cWay){ "instruction", compute_by_instruction };
#endif
      g_once_init_leave (&n_ways, found);
    }
  *n = (guint) n_ways;

  return ways;
}

guint32
s3d_crc32c (guint32 crc, gconstpointer data, gsize size)
{
  guint n;
  const S3dCrc32cWay *all = s3d_crc32c_get_ways (&n);

  return all[n - 1].compute (crc, data, size);
}

void
s3d_crc32c_to_text (guint32 crc, char text[S3D_CRC32C_TEXT_SIZE])
{
  guint32 big_endian = GUINT32_TO_BE (crc);
  g_autofree char *base64 = g_base64_encode ((const guchar *) &big_endian, sizeof big_endian);

  g_strlcpy (text, base64, S3D_CRC32C_TEXT_SIZE);
}

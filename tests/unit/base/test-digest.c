/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests against the published examples: FIPS 180-4, RFC 4231, RFC 1321. */

#include "config.h"

#include "base/base-digest.h"

#include <string.h>

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void
assert_hex (const guint8 digest[S3D_SHA256_SIZE], const char *expected)
{
  char hex[2 * S3D_SHA256_SIZE + 1];

  s3d_hex (digest, S3D_SHA256_SIZE, hex);
  g_assert_cmpstr (hex, ==, expected);
}

static void
test_sha256 (void)
{
  guint8 digest[S3D_SHA256_SIZE];

  s3d_sha256 ("abc", 3, digest);
  assert_hex (digest, SHA256_ABC);
  s3d_sha256 ("", 0, digest);
  assert_hex (digest, S3D_SHA256_EMPTY_HEX);
}

static void
test_running (void)
{
  guint8 digest[S3D_SHA256_SIZE];
  S3dSha256 *sha = s3d_sha256_new ();

  s3d_sha256_update (sha, "a", 1);
  s3d_sha256_update (sha, "", 0);
  s3d_sha256_update (sha, "bc", 2);
  s3d_sha256_free (sha, digest);
  assert_hex (digest, SHA256_ABC);

  s3d_sha256_free (s3d_sha256_new (), digest);
  assert_hex (digest, S3D_SHA256_EMPTY_HEX);
  s3d_sha256_free (s3d_sha256_new (), NULL);
}

static void
test_hmac (void)
{
  guint8 digest[S3D_SHA256_SIZE];
  guint8 long_key[131];

  s3d_hmac_sha256 ("Jefe", 4, "what do ya want for nothing?", 28, digest);
  assert_hex (digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

  memset (long_key, 0xaa, sizeof long_key);
  s3d_hmac_sha256 (long_key, sizeof long_key, "Test Using Larger Than Block-Size Key - Hash Key First", 54, digest);
  assert_hex (digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
test_md5 (void)
{
  g_autofree char *empty = s3d_md5_base64 ("", 0);
  g_autofree char *abc = s3d_md5_base64 ("abc", 3);

  g_assert_cmpstr (empty, ==, "1B2M2Y8AsgTpgAmY7PhCfg==");
  g_assert_cmpstr (abc, ==, "kAFQmDzST7DWlj99KOF/cg==");
}

static void
test_hex (void)
{
  const guint8 bytes[] = { 0x00, 0x0f, 0xf0, 0xff };
  char hex[2 * sizeof bytes + 1];

  s3d_hex (bytes, sizeof bytes, hex);
  g_assert_cmpstr (hex, ==, "000ff0ff");
  s3d_hex (bytes, 0, hex);
  g_assert_cmpstr (hex, ==, "");
}

static void
test_unhex (void)
{
  static const char *const wrong[] = { "", "1", "g0", "0g", " 1", "+1", "%1", "0" };

  for (guint byte = 0; byte < 256; byte++)
    {
      const guint8 data = (guint8) byte;
      char hex[3];

      s3d_hex (&data, 1, hex);
      g_assert_cmpint (s3d_unhex (hex), ==, byte);
      hex[0] = g_ascii_toupper (hex[0]);
      hex[1] = g_ascii_toupper (hex[1]);
      g_assert_cmpint (s3d_unhex (hex), ==, byte);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_cmpint (s3d_unhex (wrong[i]), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/digest/sha256-of-the-standard", test_sha256);
  g_test_add_func ("/base/digest/sha256-in-pieces", test_running);
  g_test_add_func ("/base/digest/hmac-of-rfc4231", test_hmac);
  g_test_add_func ("/base/digest/md5-as-content-md5", test_md5);
  g_test_add_func ("/base/digest/hex-in-lower-case", test_hex);
  g_test_add_func ("/base/digest/hex-of-every-byte-and-back", test_unhex);

  return g_test_run ();
}

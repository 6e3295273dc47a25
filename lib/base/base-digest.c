/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests through GnuTLS. SHA-256 and its HMAC cannot fail short of a broken library, which ends the process: there
 * is no request that could be signed without them. MD5 is refused by GnuTLS in FIPS mode; it is no security here
 * (Content-MD5 that a service demands), so GLib computes it then. Any thread; a S3dSha256 belongs to one thread at
 * a time. */

#include "config.h"

#include "base/base-digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define MD5_SIZE 16

static void
must_work (int result)
{
  if (result < 0)
    g_error ("GnuTLS cannot compute SHA-256: %s", gnutls_strerror (result));
}

void
s3d_sha256 (gconstpointer data, gsize size, guint8 digest[S3D_SHA256_SIZE])
{
  must_work (gnutls_hash_fast (GNUTLS_DIG_SHA256, data, size, digest));
}

void
s3d_hmac_sha256 (gconstpointer key, gsize key_size, gconstpointer data, gsize size, guint8 digest[S3D_SHA256_SIZE])
{
  must_work (gnutls_hmac_fast (GNUTLS_MAC_SHA256, key, key_size, data, size, digest));
}

char *
s3d_md5_base64 (gconstpointer data, gsize size)
{
  guint8 digest[MD5_SIZE];

  if (gnutls_hash_fast (GNUTLS_DIG_MD5, data, size, digest) < 0)
    {
      g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);
      gsize length = sizeof digest;

      g_checksum_update (checksum, data, (gssize) size);
      g_checksum_get_digest (checksum, digest, &length);
    }

  return g_base64_encode (digest, sizeof digest);
}

void
s3d_hex (const guint8 *data, gsize size, char *hex)
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < size; i++)
    {
      *hex++ = digits[data[i] >> 4];
      *hex++ = digits[data[i] & 15];
    }
  *hex = '\0';
}

int
s3d_unhex (const char *hex)
{
  const int high = g_ascii_xdigit_value (hex[0]);
  const int low = high >= 0 ? g_ascii_xdigit_value (hex[1]) : -1;

  return low >= 0 ? high << 4 | low : -1;
}

struct _S3dSha256
{
  gnutls_hash_hd_t handle;
};

S3dSha256 *
s3d_sha256_new (void)
{
  S3dSha256 *sha = g_new0 (S3dSha256, 1);

  must_work (gnutls_hash_init (&sha->handle, GNUTLS_DIG_SHA256));

  return sha;
}

void
s3d_sha256_update (S3dSha256 *sha, gconstpointer data, gsize size)
{
  must_work (gnutls_hash (sha->handle, data, size));
}

void
s3d_sha256_free (S3dSha256 *sha, guint8 digest[S3D_SHA256_SIZE])
{
  gnutls_hash_deinit (sha->handle, digest);
  g_free (sha);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SHA-256, HMAC and MD5 through GnuTLS (SHA-NI where there is one; GLib's own is four times
 * slower). */

#include <glib.h>

#define S3D_SHA256_SIZE 32
#define S3D_SHA256_EMPTY_HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

void s3d_sha256 (gconstpointer data, gsize size, guint8 digest[S3D_SHA256_SIZE]);
void s3d_hmac_sha256 (gconstpointer key, gsize key_size, gconstpointer data, gsize size,
                      guint8 digest[S3D_SHA256_SIZE]);
char *s3d_md5_base64 (gconstpointer data, gsize size);

/* Writes 2 × @size characters and a NUL. */
void s3d_hex (const guint8 *data, gsize size, char *hex);
/* The byte that two digits mean, of any case; -1: they are none. Reads no further than the first that is none. */
int s3d_unhex (const char *hex);

/* A running SHA-256, for data that comes in pieces. */
typedef struct _S3dSha256 S3dSha256;
S3dSha256 *s3d_sha256_new (void);
void s3d_sha256_update (S3dSha256 *sha, gconstpointer data, gsize size);
void s3d_sha256_free (S3dSha256 *sha, guint8 digest[S3D_SHA256_SIZE]); /* @digest may be NULL */

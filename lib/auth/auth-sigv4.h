/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html),
 * header form. The day key is cached. Thread-safe. */

#include "auth/auth-credentials.h"
#include "http/http-request.h"

#define S3D_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

typedef struct _S3dSigv4 S3dSigv4;

S3dSigv4 *s3d_sigv4_new (const char *service);
void s3d_sigv4_free (S3dSigv4 *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSigv4, s3d_sigv4_free)

/* Sets host, x-amz-date, x-amz-content-sha256, x-amz-security-token and authorization, over all headers that are
 * set but those that proxies change. The target's path and query must be encoded as s3d_uri_encode() does.
 * @payload_hash: hex SHA-256 or S3D_UNSIGNED_PAYLOAD. @now: wall clock in microseconds. */
void s3d_sigv4_sign (S3dSigv4 *signer, S3dHttpRequest *request, const S3dCredentials *credentials, const char *region,
                     const char *payload_hash, gint64 now);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <glib-object.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioUri:
 *
 * The name of an object, of a prefix or of a container: `s3://BUCKET/KEY`,
 * `s3://HOST:PORT/BUCKET/KEY`, `az://ACCOUNT/CONTAINER/KEY`, `gs://BUCKET/KEY`, `file:///PATH`,
 * `direct:///PATH`, `mem://NAME/KEY`. Keys are taken verbatim, never percent-decoded; paths of
 * `file` and `direct` follow GLib's file URIs.
 *
 * Immutable and reference-counted; may be used from any thread.
 *
 * Since: 0.9
 */
typedef struct _S3dlioUri S3dlioUri;

#define S3DLIO_TYPE_URI (s3dlio_uri_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_uri_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioUri *s3dlio_uri_parse (const char *text, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioUri *s3dlio_uri_new_for_path (const char *path);

S3DLIO_AVAILABLE_IN_0_9
S3dlioUri *s3dlio_uri_ref (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_uri_unref (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_uri_has_scheme (const char *text);

S3DLIO_AVAILABLE_IN_0_9
char *s3dlio_uri_to_string (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_uri_get_scheme (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_uri_get_authority (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_uri_get_container (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_uri_get_key (S3dlioUri *uri);

S3DLIO_AVAILABLE_IN_0_9
S3dlioUri *s3dlio_uri_with_key (S3dlioUri *uri, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioUri, s3dlio_uri_unref)

G_END_DECLS

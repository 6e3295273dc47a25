/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Moving objects. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_rename (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                               GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_rename_async (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_rename_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-object-info.h>
#include <s3dlio/s3dlio-options.h>

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_abort_upload (S3dlioClient *client, const char *uri, const char *upload_id,
                                     S3dlioOptions *options, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_abort_upload_async (S3dlioClient *client, const char *uri, const char *upload_id,
                                       S3dlioOptions *options, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_abort_upload_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_client_get_open_uploads (S3dlioClient *client);

G_END_DECLS

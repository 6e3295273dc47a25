/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-object-info.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Writing objects: from memory, files and streams, and copying. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put (S3dlioClient *client, const char *uri, GBytes *bytes, S3dlioOptions *options,
                            S3dlioObjectInfo **info, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_put_async (S3dlioClient *client, const char *uri, GBytes *bytes, S3dlioOptions *options,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                                 S3dlioObjectInfo **info, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_put_file_async (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put_file_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info,
                                        GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put_stream (S3dlioClient *client, const char *uri, GInputStream *stream,
                                   S3dlioOptions *options, S3dlioObjectInfo **info, GCancellable *cancellable,
                                   GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_put_stream_async (S3dlioClient *client, const char *uri, GInputStream *stream,
                                     S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_put_stream_finish (S3dlioClient *client, GAsyncResult *result, S3dlioObjectInfo **info,
                                          GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_copy (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                             GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_copy_async (S3dlioClient *client, const char *from, const char *to, S3dlioOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_copy_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

G_END_DECLS

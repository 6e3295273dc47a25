/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Reading objects: into memory, into the caller's memory, to files and descriptors. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_client_get (S3dlioClient *client, const char *uri, S3dlioOptions *options, GCancellable *cancellable,
                           GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_client_get_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_client_get_range (S3dlioClient *client, const char *uri, gint64 offset, gint64 length,
                                 S3dlioOptions *options, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_range_async (S3dlioClient *client, const char *uri, gint64 offset, gint64 length,
                                    S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_client_get_range_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_into (S3dlioClient *client, const char *uri, gint64 offset, gint64 length, gpointer buffer,
                                 gsize size, S3dlioOptions *options, gsize *n_read, GCancellable *cancellable,
                                 GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_into_async (S3dlioClient *client, const char *uri, gint64 offset, gint64 length,
                                   gpointer buffer, gsize size, S3dlioOptions *options, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_into_finish (S3dlioClient *client, GAsyncResult *result, gsize *n_read, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_to_file (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                                    GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_to_file_async (S3dlioClient *client, const char *uri, const char *path, S3dlioOptions *options,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_to_file_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_to_fd (S3dlioClient *client, const char *uri, int fd, S3dlioOptions *options,
                                  GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_to_fd_async (S3dlioClient *client, const char *uri, int fd, S3dlioOptions *options,
                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_get_to_fd_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Deleting objects: one, many, and all below a prefix. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                               GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_delete_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                    guint64 *n_deleted, guint64 *n_failed, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_delete_many_async (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_many_finish (S3dlioClient *client, GAsyncResult *result, guint64 *n_deleted,
                                           guint64 *n_failed, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_prefix (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                      guint64 *n_deleted, guint64 *n_failed, GCancellable *cancellable,
                                      GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_delete_prefix_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_prefix_finish (S3dlioClient *client, GAsyncResult *result, guint64 *n_deleted,
                                             guint64 *n_failed, GError **error);

G_END_DECLS

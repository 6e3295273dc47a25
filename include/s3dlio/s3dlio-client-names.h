/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-lister.h>
#include <s3dlio/s3dlio-object-info.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Names: lists, what is known of an object, containers. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_client_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options,
                               GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_list_async (S3dlioClient *client, const char *uri, S3dlioListFlags flags, S3dlioOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_client_list_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioObjectInfo *s3dlio_client_stat (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                      GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_stat_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
S3dlioObjectInfo *s3dlio_client_stat_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_exists (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                               GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_exists_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_exists_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_create_container (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                         GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_create_container_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_create_container_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_container (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                         GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_delete_container_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_client_delete_container_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_client_list_containers (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                          GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_list_containers_async (S3dlioClient *client, const char *uri, S3dlioOptions *options,
                                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_client_list_containers_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioLister *s3dlio_client_open_list (S3dlioClient *client, const char *uri, S3dlioListFlags flags,
                                       S3dlioOptions *options, GError **error);

G_END_DECLS

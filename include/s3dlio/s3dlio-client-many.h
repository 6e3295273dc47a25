/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-batch.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-version.h>

/* Many objects at once: read into memory, into the caller's memory, or written. */

G_BEGIN_DECLS

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_get_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                     GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_many_async (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_get_many_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_start_get_many (S3dlioClient *client, const char *const *uris, S3dlioOptions *options,
                                           GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_get_many_into (S3dlioClient *client, const char *const *uris, gpointer buffer,
                                          gsize stride, S3dlioOptions *options, GCancellable *cancellable,
                                          GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_get_many_into_async (S3dlioClient *client, const char *const *uris, gpointer buffer, gsize stride,
                                        S3dlioOptions *options, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_get_many_into_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_start_get_many_into (S3dlioClient *client, const char *const *uris, gpointer buffer,
                                                gsize stride, S3dlioOptions *options, GCancellable *cancellable,
                                                GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_put_many (S3dlioClient *client, const char *const *uris, GBytes *const *bytes,
                                     S3dlioOptions *options, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_client_put_many_async (S3dlioClient *client, const char *const *uris, GBytes *const *bytes,
                                   S3dlioOptions *options, GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_put_many_finish (S3dlioClient *client, GAsyncResult *result, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_client_start_put_many (S3dlioClient *client, const char *const *uris, GBytes *const *bytes,
                                           S3dlioOptions *options, GCancellable *cancellable, GError **error);

G_END_DECLS

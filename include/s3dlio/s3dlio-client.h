/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-config.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

#define S3DLIO_TYPE_CLIENT (s3dlio_client_get_type ())

/**
 * S3dlioClient:
 *
 * Reads and writes objects, whatever stores them; the URI says where. One client serves any number of threads, and
 * each of its functions may be called from any of them. Connections and threads start with the first operation and
 * live until the last reference is dropped.
 *
 * Every operation comes three times: `x` blocks the calling thread, `x_async` returns at once and calls back in the
 * caller's thread-default main context, `x_finish` gives that result. A cancelled operation reports
 * %G_IO_ERROR_CANCELLED, and returns only when nothing of it touches the caller's memory any more.
 *
 * Since: 0.9
 */
S3DLIO_AVAILABLE_IN_0_9
G_DECLARE_FINAL_TYPE (S3dlioClient, s3dlio_client, S3DLIO, CLIENT, GObject)

S3DLIO_AVAILABLE_IN_0_9
S3dlioClient *s3dlio_client_new (S3dlioConfig *config, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_supports_scheme (const char *scheme);

S3DLIO_AVAILABLE_IN_0_9
S3dlioConfig *s3dlio_client_get_config (S3dlioClient *client);

G_END_DECLS

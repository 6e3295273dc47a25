/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-object-info.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioListFlags:
 * @S3DLIO_LIST_NONE: split at "/": what lies deeper is shown as its common prefix
 * @S3DLIO_LIST_RECURSIVE: every object below the prefix
 * @S3DLIO_LIST_UPLOADS: instead of objects, the unfinished uploads of objects below the prefix, however deep
 *
 * How to list.
 *
 * Since: 0.9
 */
typedef enum
{
  S3DLIO_LIST_NONE = 0,
  S3DLIO_LIST_RECURSIVE = 1 << 0,
  S3DLIO_LIST_UPLOADS = 1 << 1
} S3dlioListFlags;

#define S3DLIO_TYPE_LISTER (s3dlio_lister_get_type ())

/**
 * S3dlioLister:
 *
 * A list on its way, page by page, in the byte order of the keys and in bounded memory. One call at a time.
 *
 * Since: 0.9
 */
S3DLIO_AVAILABLE_IN_0_9
G_DECLARE_FINAL_TYPE (S3dlioLister, s3dlio_lister, S3DLIO, LISTER, GObject)

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_lister_next_page (S3dlioLister *lister, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_lister_next_page_async (S3dlioLister *lister, GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
GPtrArray *s3dlio_lister_next_page_finish (S3dlioLister *lister, GAsyncResult *result, GError **error);

G_END_DECLS

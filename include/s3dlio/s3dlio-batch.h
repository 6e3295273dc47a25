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
 * S3dlioBatch:
 *
 * Many objects that are being read or written. Each item, by its index in the array of URIs that was given, ends with
 * its own result or its own error; items can be taken as they become ready, so that a batch never waits for its
 * slowest. Reference-counted. Dropping the last reference cancels what is still under way.
 *
 * s3dlio_batch_next() blocks: a program that lives in a main loop calls it on a thread of its own, or waits for the
 * whole batch by s3dlio_client_get_many_async() and its kin.
 *
 * Since: 0.9
 */
typedef struct _S3dlioBatch S3dlioBatch;

#define S3DLIO_TYPE_BATCH (s3dlio_batch_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_batch_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioBatch *s3dlio_batch_ref (S3dlioBatch *batch);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_batch_unref (S3dlioBatch *batch);

S3DLIO_AVAILABLE_IN_0_9
gsize s3dlio_batch_get_n_items (S3dlioBatch *batch);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_batch_next (S3dlioBatch *batch, gsize *index, GCancellable *cancellable, GError **error);

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_batch_take (S3dlioBatch *batch, gsize index, GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_batch_take_size (S3dlioBatch *batch, gsize index, gsize *size, GError **error);

S3DLIO_AVAILABLE_IN_0_9
S3dlioObjectInfo *s3dlio_batch_take_info (S3dlioBatch *batch, gsize index, GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_batch_cancel (S3dlioBatch *batch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioBatch, s3dlio_batch_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A store of one object whose reads are a blocking function of somebody's: so the range engine serves whoever has such
 * a function. Each read runs on the range pool. */

#include "store/store.h"

/* As S3dlioRangeFunc. */
typedef gssize (*S3dCallbackRead) (guint64 offset, gsize length, gpointer destination, GCancellable *cancellable,
                                   gpointer data, GError **error);

/* The object has @size bytes. A call that takes longer than @timeout_ms (0: no limit) is cancelled and counts as
 * TIMED_OUT. */
S3dStore *s3d_callback_store_new (S3dSettings *settings, guint64 size, guint timeout_ms, S3dCallbackRead read,
                                  gpointer data);

/* After the last op: ends what watches the time. Blocks for no longer than that takes. */
void s3d_callback_store_stop (S3dStore *store);

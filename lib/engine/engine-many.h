/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many gets at once: a window over a list of objects, bounded in count by max-concurrent-downloads and in bytes by
 * the budget. Each item has its own bytes or its own error, so the sequence itself fails only when it is cancelled;
 * items can be taken as they become ready. Nothing of GObject an item. */

#include "base/base-budget.h"
#include "engine/engine-sequence.h"

/* @stores and @targets: arrays of @n, kept by reference. */
S3dSequence *s3d_get_many_new (S3dStore **stores, S3dlioUri **targets, gsize n, guint at_once, S3dBudget *budget);
gsize s3d_get_many_get_n_items (S3dSequence *many);

/* Called as an item ends, on a thread of the library's, with its index: once for each item, also of a sequence that is
 * cancelled. Must not block. Set before the start. */
typedef void (*S3dItemReady) (S3dSequence *many, gsize index, gpointer data);
void s3d_get_many_set_ready (S3dSequence *many, S3dItemReady ready, gpointer data);

/* For an item that has ended: its bytes (transfer full), or NULL with its error. Once each. */
GBytes *s3d_get_many_steal (S3dSequence *many, gsize index, GError **error);

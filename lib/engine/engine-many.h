/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many gets or puts at once: a window over a list of objects, bounded in count, and for gets into memory of ours in
 * bytes by the budget. Each item has its own result or its own error, so the sequence itself fails only when it is
 * cancelled; items can be taken as they become ready. Nothing of GObject an item. */

#include "base/base-budget.h"
#include "engine/engine-put.h"
#include "engine/engine-sequence.h"

/* One object. */
typedef struct
{
  S3dStore *store;
  S3dlioUri *target;
  gint64 offset, length; /* of a get; length -1: to the end */
  GBytes *bytes;         /* of a put */
} S3dManyItem;

/* @items: an array of @n, kept by reference. */
S3dSequence *s3d_many_new_get (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget);
/* Item i lands at i × @stride of @memory; one that is larger than @stride ends with NO_SPACE and writes nothing. */
S3dSequence *s3d_many_new_get_into (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget,
                                    gpointer memory, gsize stride);
/* @options: of every item. */
S3dSequence *s3d_many_new_put (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget,
                               const S3dPutOptions *options);
gsize s3d_many_get_n_items (S3dSequence *many);

typedef enum
{
  S3D_MANY_GET,
  S3D_MANY_GET_INTO,
  S3D_MANY_PUT
} S3dManyKind;

S3dManyKind s3d_many_get_kind (S3dSequence *many);

/* Called as an item ends, on a thread of the library's, with its index: once for each item, also of a sequence that is
 * cancelled. Must not block. Set before the start. */
typedef void (*S3dItemReady) (S3dSequence *many, gsize index, gpointer data);
void s3d_many_set_ready (S3dSequence *many, S3dItemReady ready, gpointer data);

/* For an item that has ended, by its kind; errors say which object it was. */
GBytes *s3d_many_steal_bytes (S3dSequence *many, gsize index, GError **error); /* (transfer full), once each */
/* Also with NO_SPACE @size is how many bytes there are. */
gboolean s3d_many_get_size (S3dSequence *many, gsize index, gsize *size, GError **error);
S3dlioObjectInfo *s3d_many_steal_info (S3dSequence *many, gsize index, GError **error); /* (transfer full), once each */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lists: pages, one after the other. */

#include "engine/engine-sequence.h"

/* From where @cursor stands (borrowed; a zeroed one, or NULL, begins), at most @limit entries (0: all), a single page
 * when @one_page. @kind: S3D_OP_LIST or S3D_OP_CONTAINER_LIST. */
S3dSequence *s3d_list_new (S3dStore *store, S3dOpKind kind, S3dlioUri *prefix, gboolean recursive, guint64 limit,
                           S3dCursor *cursor, gboolean one_page);

/* After done. (transfer container), of S3dlioObjectInfo *. */
GPtrArray *s3d_list_steal_items (S3dSequence *list);

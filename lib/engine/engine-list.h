/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lists: pages, one after the other. */

#include "engine/engine-filter.h"
#include "engine/engine-sequence.h"

typedef struct
{
  S3dOpKind kind;    /* S3D_OP_LIST, S3D_OP_UPLOAD_LIST or S3D_OP_CONTAINER_LIST */
  gboolean recursive;
  guint64 limit;     /* entries, 0: all; what cannot be needed is not asked for */
  S3dFilter *filter; /* nullable; a reference is taken. Over what follows the prefix */
} S3dListWanted;

/* Where a list stands between two pages. Of who lists; begins zeroed. */
typedef struct
{
  S3dCursor cursor;
  GPtrArray *unseen; /* a page that the filter has not gone through yet */
} S3dListPlace;

void s3d_list_place_clear (S3dListPlace *place);

/* One page from @place (borrowed) on, the next that is not empty; with NULL the whole list. */
S3dSequence *s3d_list_new (S3dStore *store, S3dlioUri *prefix, const S3dListWanted *wanted, S3dListPlace *place);

/* After done. (transfer container), of S3dlioObjectInfo *. */
GPtrArray *s3d_list_steal_items (S3dSequence *list);

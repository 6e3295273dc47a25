/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many deletions: named ones, of any stores, or all below a prefix. They go in batches as the store allows, several at
 * once; each ends well or with its own error, and the sequence fails at its end with the first of those. Below a prefix
 * only the pages that are under way are held. */

#include "engine/engine-sequence.h"

/* @at_once: requests. */
S3dSequence *s3d_delete_new (guint at_once);
/* One more object; before the start. */
void s3d_delete_add (S3dSequence *sequence, S3dStore *store, S3dlioUri *uri);
/* One more that fails with @error (taken): it has no store. */
void s3d_delete_add_failed (S3dSequence *sequence, S3dlioUri *uri, GError *error);

/* All whose keys begin with that of @prefix and a "/" (all of the container when it has none); where objects are files,
 * the tree with its directories, and no symbolic link is followed. */
S3dSequence *s3d_delete_prefix_new (S3dStore *store, S3dlioUri *prefix, guint at_once);

/* Called with each object as its deletion has ended, by s3d_delete_tell() alone. Set before the start. */
typedef void (*S3dDeleteFunc) (const char *uri, const GError *error, gpointer data);
void s3d_delete_set_func (S3dSequence *sequence, S3dDeleteFunc func, gpointer data);
/* Tells of what has ended since the last time, in the calling thread. What nobody has been told of is bounded: when
 * there is much, nothing more is begun. */
void s3d_delete_tell (S3dSequence *sequence);

void s3d_delete_get_counts (S3dSequence *sequence, guint64 *deleted, guint64 *failed);

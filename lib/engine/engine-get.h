/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The range engine: bytes of one object, each range at its final place, in as few requests as can be.
 *
 * No size is asked for first: the first read is of bytes 0 to threshold-1, and what it answers
 * gives size and ETag; the rest follows in parallel, every range with If-Match. So an object up
 * to the threshold costs exactly one request, a larger one exactly its ranges. A range that
 * breaks in mid-body goes on from the byte reached. */

#include "base/base-budget.h"
#include "engine/engine-journal.h"
#include "engine/engine-sequence.h"

typedef enum
{
  S3D_GET_BYTES,  /* memory of the engine's: s3d_get_steal_bytes() */
  /* memory of the caller's: a result larger than it is NO_SPACE, s3d_get_get_length() tells the
   * size */
  S3D_GET_MEMORY,
  S3D_GET_FILE    /* a descriptor of the caller's */
} S3dGetKind;

typedef struct
{
  S3dGetKind kind;
  gpointer memory;
  gsize memory_size;
  int fd;
  guint64 file_offset; /* where the first byte goes, unless in order; in the end fd stands behind the last one */
  /* the descriptor cannot seek (a pipe): ranges are fetched ahead in bounded memory and written
   * in order */
  gboolean in_order;
} S3dGetDestination;

/* @offset ≥ 0, @length ≥ 0 or -1: to the end. @offset < 0: the last -@offset bytes, or all when there are fewer;
 * @length is -1 (or 0) then. @if_match nullable. */
S3dSequence *s3d_get_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, gint64 offset, gint64 length,
                          const char *if_match, const S3dGetDestination *destination);

/* Before the start. Other ranges than the store's settings say. */
void s3d_get_set_ranges (S3dSequence *sequence, const S3dRangeSettings *ranges);
/* Of S3D_GET_FILE, not in order: goes on from @journal, borrowed, and tells it what arrives. */
void s3d_get_set_journal (S3dSequence *sequence, S3dJournal *journal);

/* After done, without error. */
GBytes *s3d_get_steal_bytes (S3dSequence *sequence); /* S3D_GET_BYTES */
/* bytes delivered; with NO_SPACE: the bytes that there are */
guint64 s3d_get_get_length (S3dSequence *sequence);
S3dlioObjectInfo *s3d_get_get_info (S3dSequence *sequence); /* (transfer none), nullable */
guint s3d_get_get_n_ranges (S3dSequence *sequence);

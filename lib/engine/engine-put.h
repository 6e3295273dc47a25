/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writing one object: one WRITE up to the multipart threshold, else a multipart upload in bounded memory, its parts in
 * parallel; aborted on failure and cancellation, so that nothing is left behind. */

#include "base/base-budget.h"
#include "engine/engine-sequence.h"

typedef struct
{
  gboolean no_clobber;
  const char *if_match;      /* nullable */
  S3dAttributes *attributes; /* nullable */
} S3dPutOptions;

/* Of known length: memory, or a descriptor of a regular file (parts are read as they are sent, never held). @options
 * (nullable) are copied. */
S3dSequence *s3d_put_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, S3dSource *source,
                          const S3dPutOptions *options);

/* Of unknown length: @read fills @buffer with up to @size bytes (0: the end, -1: error); it may block, is called on
 * the download pool, one call at a time, until @size bytes or the end. @cancellable is cancelled when the put fails or
 * is cancelled: the read should end then. One WRITE when all fits the threshold; else parts that grow, so that 5 TiB
 * fit 10,000 parts. @destroy (nullable) frees @data when the put has ended, or is freed without a start. */
typedef gssize (*S3dPutRead) (gpointer data, gpointer buffer, gsize size, GCancellable *cancellable, GError **error);
S3dSequence *s3d_put_new_stream (S3dStore *store, S3dBudget *budget, S3dlioUri *target, S3dPutRead read, gpointer data,
                                 GDestroyNotify destroy, const S3dPutOptions *options);

/* The part size for an object of @size bytes (or, of unknown size, for part number @part): at least @wanted, few
 * enough parts for the service. */
guint64 s3d_put_part_size (const S3dStoreClass *klass, guint64 wanted, guint64 size);
guint64 s3d_put_growing_part_size (const S3dStoreClass *klass, guint64 wanted, guint part);

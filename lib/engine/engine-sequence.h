/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sequences: everything that takes more than one step of a store. A sequence launches ops, is
 * stepped as each completes, and is done when nothing is in flight and nothing is left to do. The
 * first error cancels what is in flight; a sequence that has something to take back (an unfinished
 * upload) launches that in its cleanup before it is done.
 *
 * Reference-counted; start and cancel from any thread; done once, on a thread of the library's,
 * never inside start, and only after every op has let go of the caller's memory. The virtual
 * functions run under the sequence's lock. */

#include "store/store.h"

typedef struct _S3dSequence S3dSequence;
typedef void (*S3dSequenceDone) (S3dSequence *sequence, gpointer data);

typedef struct
{
  /* Launches what can be launched now. Called at the start and after every completion, until it
   * fails. When it returns with nothing in flight, the sequence has ended well. */
  void (*step) (S3dSequence *sequence);
  /* An op has completed. Sets the sequence's error with s3d_sequence_fail() when the op's error
   * is not mended. */
  void (*completed) (S3dSequence *sequence, S3dOp *op);
  /* After the last op of a sequence that failed or was cancelled: may launch ops that take
   * things back. Nullable. */
  void (*cleanup) (S3dSequence *sequence);
  void (*free) (S3dSequence *sequence);
} S3dSequenceClass;

struct _S3dSequence
{
  gatomicrefcount refs;
  const S3dSequenceClass *klass;
  GMutex lock;
  GPtrArray *in_flight; /* of S3dOp * */
  GError *error;        /* the first */
  gboolean cancelled, cleaning, ended;
  S3dSequenceDone done;
  gpointer done_data;
  /* Bytes done and in all (-1: not known), for who wants to show progress; read with
   * s3d_sequence_get_progress(). */
  guint64 progress_done;
  gint64 progress_total;
  S3dFacts facts; /* of all ops together */
};

void s3d_sequence_start (S3dSequence *sequence, S3dSequenceDone done, gpointer data);
void s3d_sequence_cancel (S3dSequence *sequence);
S3dSequence *s3d_sequence_ref (S3dSequence *sequence);
void s3d_sequence_unref (S3dSequence *sequence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSequence, s3d_sequence_unref)

void s3d_sequence_get_progress (S3dSequence *sequence, guint64 *done, gint64 *total);
/* After done. (transfer full) */
GError *s3d_sequence_steal_error (S3dSequence *sequence);

/* For implementations, under the lock. */
void s3d_sequence_init (S3dSequence *sequence, const S3dSequenceClass *klass);
/* Starts @op on @store (takes the caller's reference); a start that fails becomes the sequence's
 * error. */
void s3d_sequence_launch (S3dSequence *sequence, S3dStore *store, S3dOp *op);
void s3d_sequence_fail (S3dSequence *sequence, GError *error); /* takes @error */

/* The sequence of a single op. */
S3dSequence *s3d_single_new (S3dStore *store, S3dOp *op); /* takes @op */
S3dOp *s3d_single_get_op (S3dSequence *sequence);

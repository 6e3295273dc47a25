/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sequences: everything that takes more than one step of a store. A sequence launches ops, is stepped as each
 * completes, and is done when nothing is in flight and nothing is left to do. The first error cancels what is in
 * flight; a sequence that has something to take back (an unfinished upload) launches that in its cleanup before it
 * is done.
 *
 * * Reference-counted; start and cancel from any thread; done once, on a thread of the library's, never inside
 * start, and only after every op has let go of the caller's memory. The virtual functions run under the sequence's
 * lock, interrupt and ended aside. */

#include "base/base-budget.h"
#include "base/base-pool.h"
#include "base/base-report.h"
#include "store/store.h"

typedef struct _S3dSequence S3dSequence;
typedef void (*S3dSequenceDone) (S3dSequence *sequence, gpointer data);

typedef struct
{
  /* Launches what can be launched now. Called at the start and after every completion, until it fails. When it
   * returns with nothing in flight and nothing pending, the sequence has ended well. */
  void (*step) (S3dSequence *sequence);
  /* An op has completed. Sets the sequence's error with s3d_sequence_fail() when the op's error is not mended. */
  void (*completed) (S3dSequence *sequence, S3dOp *op);
  /* It failed or was cancelled: wakes jobs, and tells sequences within it to end. Once, without the lock. Nullable. */
  void (*interrupt) (S3dSequence *sequence);
  /* After the last op of a sequence that failed or was cancelled: may launch ops that take things back. Nullable. */
  void (*cleanup) (S3dSequence *sequence);
  /* An op of the cleanup has completed. Nullable. */
  void (*cleaned) (S3dSequence *sequence, S3dOp *op);
  /* Right before done, without the lock: lets go of what is the caller's. (The last reference may be dropped later,
   * by a thread that is on its way out.) Nullable. */
  void (*ended) (S3dSequence *sequence);
  /* After done: what is known of the object that was written. (transfer none), nullable. */
  S3dlioObjectInfo *(*get_info) (S3dSequence *sequence);
  void (*free) (S3dSequence *sequence);
} S3dSequenceClass;

/* What was chosen for it, and for sequences that it is made of: numbers are added up, of sizes the largest is meant. */
typedef struct
{
  guint ranges;
  guint64 range_split_threshold, range_chunk_size; /* 0: not in ranges */
  guint max_concurrent_ranges;
  guint parts;
  guint64 multipart_threshold, part_size; /* 0: nothing is written; not in parts */
  guint concurrent_parts;
} S3dChoices;

struct _S3dSequence
{
  gatomicrefcount refs;
  const S3dSequenceClass *klass;
  GMutex lock;
  GPtrArray *in_flight; /* of S3dOp * */
  guint pending;        /* jobs out, a reservation waited for, sequences within */
  GError *error;        /* the first */
  gboolean started, interrupted, cleaning, ended;
  S3dSequenceDone done;
  gpointer done_data;

  S3dReservation *reservation;
  S3dReservation *stale; /* to be released once the lock is */
  gboolean reserving;    /* the reservation is waited for */
  S3dSequence *within;   /* nullable: kept until free */
  gboolean starts_within;
  S3dPool *pool;         /* nullable: for jobs, and for done when no thread of ours is at hand */

  /* Bytes done and in all (-1: not known), for who wants to show progress; read with s3d_sequence_get_progress(). */
  guint64 progress_done;
  gint64 progress_total;
  S3dFacts facts; /* of all ops together */
  S3dChoices choices;
};

void s3d_sequence_start (S3dSequence *sequence, S3dSequenceDone done, gpointer data);
void s3d_sequence_cancel (S3dSequence *sequence);
S3dSequence *s3d_sequence_ref (S3dSequence *sequence);
void s3d_sequence_unref (S3dSequence *sequence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSequence, s3d_sequence_unref)

/* After done, of one that wrote an object: what is known of it. (transfer none), nullable. */
S3dlioObjectInfo *s3d_sequence_get_info (S3dSequence *sequence);
void s3d_sequence_get_progress (S3dSequence *sequence, guint64 *done, gint64 *total);
/* After done. (transfer full) */
GError *s3d_sequence_steal_error (S3dSequence *sequence);

/* After done: what it cost and what was chosen. (transfer full) */
S3dlioReport *s3d_sequence_report (S3dSequence *sequence);

/* For implementations, under the lock unless it says otherwise. */

void s3d_sequence_init (S3dSequence *sequence, const S3dSequenceClass *klass);
/* Starts @op on @store (takes the caller's reference); a start that fails becomes the sequence's error. An op that is
 * shielded is not cancelled with the sequence: its answer is waited for. */
void s3d_sequence_launch (S3dSequence *sequence, S3dStore *store, S3dOp *op);
void s3d_sequence_fail (S3dSequence *sequence, GError *error); /* takes @error */

/* Reserves @bytes in @budget, instead of what was reserved before, until the sequence ends. TRUE when they are there;
 * FALSE: there is no step until they are. */
gboolean s3d_sequence_reserve (S3dSequence *sequence, S3dBudget *budget, guint64 bytes);

/* Runs @job, which may block, on the download pool, without the lock; then the sequence is stepped. */
typedef void (*S3dSequenceJob) (S3dSequence *sequence);
void s3d_sequence_push (S3dSequence *sequence, S3dSequenceJob job);

/* Runs @child (taken) as a step: its error becomes the sequence's, its progress and facts are the sequence's, and it is
 * cancelled with it. One in a lifetime; it stays readable until the sequence is freed. */
void s3d_sequence_run_within (S3dSequence *sequence, S3dSequence *child);

/* For what is pending otherwise: pending++ under the lock, then s3d_sequence_resume() once, without the lock, from a
 * completion. It is stepped then. */
void s3d_sequence_resume (S3dSequence *sequence);
/* Without the lock, while an op is in flight: its answer's headers told something, there may be a step to take. */
void s3d_sequence_poke (S3dSequence *sequence);

/* The facts and choices of @part, which has ended, become the sequence's. */
void s3d_sequence_absorb (S3dSequence *sequence, const S3dSequence *part);

/* The sequence of a single op. */
S3dSequence *s3d_single_new (S3dStore *store, S3dOp *op); /* takes @op */
S3dOp *s3d_single_get_op (S3dSequence *sequence);

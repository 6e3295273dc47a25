/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Between a caller of the library and a sequence: one public operation, blocking or as a GTask. Cancellation is watched
 * here, progress polled here. Nothing iterates a main context. */

#include "engine/engine-sequence.h"

/* As S3dlioProgressFunc. Called when something has changed, about ten times a second, and at the end. */
typedef void (*S3dCallProgress) (gint64 done, gint64 total, gpointer data);

/* Starts @sequence and waits for its end, which comes soon after @cancellable (nullable) is cancelled. @progress
 * (nullable) is called in the calling thread. Refused on threads of the library. FALSE with the sequence's error. */
gboolean s3d_call_run (S3dSequence *sequence, GCancellable *cancellable, S3dCallProgress progress,
                       gpointer progress_data, GError **error);

/* The sequence has ended, in the task's context: returns the task, with @error (transfer full) when that is set. */
typedef void (*S3dCallReturn) (GTask *task, S3dSequence *sequence, GError *error, gpointer data);

/* The same for @task (taken), with its cancellable. @progress and @finish are called in the task's context; what was
 * finished is not reported as cancelled. @sequence is kept by reference. @destroy (nullable) frees @data at the end,
 * in the context too. */
void s3d_call_start (S3dSequence *sequence, GTask *task, S3dCallProgress progress, gpointer progress_data,
                     S3dCallReturn finish, gpointer data, GDestroyNotify destroy);

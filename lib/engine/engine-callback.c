/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads by a blocking function, as ops of a store.
 *
 * An op is a job on the range pool, which calls the function until the range is there; what is transient is waited for
 * before it is tried again. A cancelled op completes when the function has returned, or at once when it was still
 * queued: other people's stalled calls may be before it. Calls that take too long are cancelled by a thread of the
 * store's, which lives from the first read to s3d_callback_store_stop().
 *
 * A job is referenced by the pool's queue and by its op; its lock guards what both change. The function's data belongs
 * to whoever made the store, and outlives its ops. */

#include "config.h"

#include "engine/engine-callback.h"

#include "base/base-backoff.h"
#include "base/base-error.h"
#include "base/base-pool.h"

#include <signal.h>

typedef struct
{
  S3dStore parent;
  guint64 size;
  guint timeout_ms;
  S3dCallbackRead read;
  gpointer data;
  S3dPool *pool, *other_pool;

  GMutex lock;
  GCond cond;      /* a call began, or it is over */
  GQueue calls;    /* of Job *: calls that run, the one that times out first in front */
  GThread *watch;  /* nullable */
  gboolean stopped;
} Callback;

typedef enum
{
  QUEUED,
  RUNS,
  GONE /* completed by its cancellation */
} State;

typedef struct
{
  gatomicrefcount refs;
  Callback *store; /* while it is not gone */
  S3dOp *op;       /* likewise */
  GCancellable *cancellable;

  GMutex lock;
  GCond cond;
  State state;
  gboolean cancelled;

  /* Under the store's lock. */
  GList link;
  gint64 deadline;
  gboolean timed_out;
} Job;

static void
job_unref (Job *job)
{
  if (!g_atomic_ref_count_dec (&job->refs))
    return;

  g_object_unref (job->cancellable);
  g_mutex_clear (&job->lock);
  g_cond_clear (&job->cond);
  g_free (job);
}

/* --- time --- */

/* The call in front when its time is over. Waits for one otherwise; NULL: stopped. Under the lock. */
static Job *
next_late (Callback *store)
{
  while (!store->stopped)
    {
      Job *first = g_queue_peek_head (&store->calls);

      if (first == NULL)
        g_cond_wait (&store->cond, &store->lock);
      else if (first->deadline <= g_get_monotonic_time ())
        return first;
      else
        g_cond_wait_until (&store->cond, &store->lock, first->deadline);
    }

  return NULL;
}

static gpointer
watch (gpointer data)
{
  Callback *store = data;
  Job *job;

  s3d_thread_enter ("s3d-range-watch");
  g_mutex_lock (&store->lock);
  while ((job = next_late (store)) != NULL)
    {
      g_autoptr (GCancellable) cancellable = g_object_ref (job->cancellable);

      job->timed_out = TRUE;
      g_queue_unlink (&store->calls, &job->link);
      job->deadline = 0;
      g_mutex_unlock (&store->lock);
      g_cancellable_cancel (cancellable);
      g_mutex_lock (&store->lock);
    }
  g_mutex_unlock (&store->lock);

  return NULL;
}

/* Under the lock. Without a thread there is no limit. */
static void
start_watch (Callback *store)
{
  sigset_t all, mask;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &mask);
  store->watch = g_thread_try_new ("s3d-range-watch", watch, store, NULL);
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
}

static void
call_begins (Job *job)
{
  Callback *store = job->store;

  if (store->timeout_ms == 0)
    return;

  g_mutex_lock (&store->lock);
  if (store->watch == NULL)
    start_watch (store);
  job->deadline = g_get_monotonic_time () + (gint64) store->timeout_ms * 1000;
  g_queue_push_tail_link (&store->calls, &job->link);
  if (store->calls.length == 1)
    g_cond_signal (&store->cond);
  g_mutex_unlock (&store->lock);
}

/* TRUE: it took too long. */
static gboolean
call_ended (Job *job)
{
  Callback *store = job->store;
  gboolean late;

  g_mutex_lock (&store->lock);
  if (job->deadline > 0)
    g_queue_unlink (&store->calls, &job->link);
  job->deadline = 0;
  late = job->timed_out;
  g_mutex_unlock (&store->lock);

  return late;
}

/* --- reading --- */

static gboolean
is_transient (const GError *error)
{
  return g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK)
         || g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE)
         || g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_THROTTLED)
         || g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT);
}

/* The backoff between two attempts; FALSE: cancelled meanwhile. */
static gboolean
wait_before_retry (Job *job)
{
  gint64 end = g_get_monotonic_time ();
  gboolean cancelled;

  if (job->op->attempts_made > 0)
    end += (gint64) s3d_backoff_delay_ms (job->op->attempts_made) * 1000;

  g_mutex_lock (&job->lock);
  while (!job->cancelled && job->op->attempts_made > 0 && g_cond_wait_until (&job->cond, &job->lock, end))
    continue;
  cancelled = job->cancelled;
  g_mutex_unlock (&job->lock);

  return !cancelled;
}

/* One call: up to @size bytes at @offset. 0 with @error when there is none. */
static gsize
call_once (Job *job, gint64 offset, gpointer buffer, gsize size, GError **error)
{
  g_autoptr (GError) failed = NULL;
  gboolean late;
  gssize n;

  call_begins (job);
  n = job->store->read ((guint64) offset, size, buffer, job->cancellable, job->store->data, &failed);
  late = call_ended (job);

  if (n > 0 && (gsize) n <= size)
    return (gsize) n;

  if (late)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT, "no byte came for %u ms", job->store->timeout_ms);
  else if (n < 0 && failed != NULL)
    g_propagate_error (error, g_steal_pointer (&failed));
  else if (n == 0)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                 "the data ends at %" G_GINT64_FORMAT ", %" G_GSIZE_FORMAT " bytes before the end of the range", offset,
                 size);
  else
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the range function returned %" G_GSSIZE_FORMAT " of %"
                 G_GSIZE_FORMAT " bytes", n, size);

  return 0;
}

static gboolean
read_range (Job *job, GError **error)
{
  S3dOp *op = job->op;
  gint64 at = op->offset;
  gint64 end = op->offset + op->range_length;

  while (at < end)
    {
      gsize size = (gsize) (end - at);
      gpointer buffer = s3d_sink_get_buffer (op->sink, &size);
      gsize n;

      if (!s3d_op_goes_on (op, error))
        return FALSE;

      n = call_once (job, at, buffer, (gsize) MIN ((gint64) size, end - at), error);
      if (n == 0)
        return FALSE;

      s3d_sink_commit (op->sink, n);
      op->facts.bytes += n;
      at += (gint64) n;
    }

  return TRUE;
}

static gboolean
serve (Job *job, GError **error)
{
  S3dOp *op = job->op;

  if (!wait_before_retry (job))
    {
      g_propagate_error (error, s3d_error_new_cancelled ());
      return FALSE;
    }

  op->facts.attempts = 1;
  op->total = (gint64) job->store->size;
  op->range_offset = op->offset;
  op->range_length = MIN (op->length < 0 ? op->total : op->length, op->total - op->offset);
  if (!op->ready (op, op->ready_data, error) || !s3d_sink_begin (op->sink, op->range_length, error))
    return FALSE;

  return read_range (job, error);
}

static void
complete (Job *job, GError *error)
{
  S3dOp *op = job->op;

  op->resumable = error != NULL && is_transient (error);
  s3d_op_complete (op, error);
  job_unref (job);
}

static void
run_job (gpointer data)
{
  Job *job = data;
  GError *error = NULL;
  gboolean gone;

  g_mutex_lock (&job->lock);
  gone = job->state == GONE;
  job->state = gone ? GONE : RUNS;
  g_mutex_unlock (&job->lock);

  if (!gone)
    {
      serve (job, &error);
      complete (job, error);
    }
  job_unref (job);
}

static void
complete_gone (gpointer data)
{
  complete (data, s3d_error_new_cancelled ());
}

static void
cancel_job (S3dOp *op, gpointer data)
{
  Job *job = data;

  g_mutex_lock (&job->lock);
  job->cancelled = TRUE;
  g_cond_signal (&job->cond);
  if (job->state == QUEUED)
    {
      job->state = GONE;
      s3d_pool_push (job->store->other_pool, complete_gone, job);
    }
  g_mutex_unlock (&job->lock);

  g_cancellable_cancel (job->cancellable);
}

static void
start_read (S3dStore *store, S3dOp *op)
{
  Callback *callback = (Callback *) store;
  Job *job = g_new0 (Job, 1);

  g_atomic_ref_count_init (&job->refs);
  g_atomic_ref_count_inc (&job->refs);
  job->store = callback;
  job->op = op;
  job->cancellable = g_cancellable_new ();
  job->link.data = job;
  g_mutex_init (&job->lock);
  g_cond_init (&job->cond);

  s3d_op_set_cancel (op, cancel_job, job);
  s3d_pool_push (callback->pool, run_job, job);
}

static void
callback_free (S3dStore *store)
{
  Callback *callback = (Callback *) store;

  s3d_callback_store_stop (store);
  s3d_pool_unref (callback->pool);
  s3d_pool_unref (callback->other_pool);
  g_mutex_clear (&callback->lock);
  g_cond_clear (&callback->cond);
  g_free (callback);
}

static const S3dStoreClass callback_class = {
  .name = "the range function",
  .start = { [S3D_OP_READ] = start_read },
  .free = callback_free,
};

S3dStore *
s3d_callback_store_new (S3dSettings *settings, guint64 size, guint timeout_ms, S3dCallbackRead read, gpointer data)
{
  Callback *callback = g_new0 (Callback, 1);

  s3d_store_init (&callback->parent, &callback_class, settings, "callback");
  callback->size = size;
  callback->timeout_ms = timeout_ms;
  callback->read = read;
  callback->data = data;
  callback->pool = s3d_pool_get (S3D_POOL_RANGE);
  callback->other_pool = s3d_pool_get (S3D_POOL_DOWNLOAD);
  g_mutex_init (&callback->lock);
  g_cond_init (&callback->cond);

  return &callback->parent;
}

void
s3d_callback_store_stop (S3dStore *store)
{
  Callback *callback = (Callback *) store;
  GThread *thread;

  g_mutex_lock (&callback->lock);
  callback->stopped = TRUE;
  thread = g_steal_pointer (&callback->watch);
  g_cond_signal (&callback->cond);
  g_mutex_unlock (&callback->lock);

  if (thread != NULL)
    g_thread_join (thread);
}

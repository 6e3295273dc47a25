/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sequences for callers: wait for one, or return a GTask when one has ended.
 *
 * The cancellable's handler holds a reference to the sequence and only cancels it; it is connected before the start and
 * taken off with g_signal_handler_disconnect(), since GCancellable's own disconnect waits for others' handlers. A
 * task is returned from a source in its own context, so that it, and all it holds, also dies there and never on a
 * thread of the library. */

#include "config.h"

#include "engine/engine-call.h"

#include "base/base-error.h"

#define PROGRESS_MS 100

typedef struct
{
  S3dSequence *sequence;
  GCancellable *cancellable; /* nullable */
  gulong handler;
  S3dCallProgress progress; /* nullable */
  gpointer progress_data;
  guint64 shown_done;
  gint64 shown_total;
} Watch;

typedef struct
{
  gatomicrefcount refs;
  GMutex lock;
  GCond cond;
  gboolean ended;
} Waiter;

typedef struct
{
  Watch watch;
  GTask *task;
  GSource *timer; /* nullable */
  S3dCallReturn finish;
  gpointer data;
  GDestroyNotify destroy;
} Call;

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  s3d_sequence_cancel (data);
}

static void
drop_sequence (gpointer data, GClosure *closure)
{
  s3d_sequence_unref (data);
}

static void
watch_init (Watch *watch, S3dSequence *sequence, GCancellable *cancellable, S3dCallProgress progress,
            gpointer progress_data)
{
  watch->sequence = s3d_sequence_ref (sequence);
  watch->progress = progress;
  watch->progress_data = progress_data;
  watch->shown_total = -1;
  if (cancellable == NULL)
    return;

  watch->cancellable = g_object_ref (cancellable);
  watch->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (on_cancelled),
                                          s3d_sequence_ref (sequence), drop_sequence, 0);
  if (g_cancellable_is_cancelled (cancellable))
    s3d_sequence_cancel (sequence);
}

static void
watch_clear (Watch *watch)
{
  if (watch->handler != 0)
    g_signal_handler_disconnect (watch->cancellable, watch->handler);
  watch->handler = 0;
  g_clear_object (&watch->cancellable);
  g_clear_pointer (&watch->sequence, s3d_sequence_unref);
}

static void
show_progress (Watch *watch)
{
  guint64 done;
  gint64 total;

  if (watch->progress == NULL)
    return;

  s3d_sequence_get_progress (watch->sequence, &done, &total);
  if (done == watch->shown_done && total == watch->shown_total)
    return;

  watch->shown_done = done;
  watch->shown_total = total;
  watch->progress ((gint64) done, total, watch->progress_data);
}

static void
waiter_unref (Waiter *waiter)
{
  if (!g_atomic_ref_count_dec (&waiter->refs))
    return;

  g_mutex_clear (&waiter->lock);
  g_cond_clear (&waiter->cond);
  g_free (waiter);
}

static void
wake_waiter (S3dSequence *sequence, gpointer data)
{
  Waiter *waiter = data;

  g_mutex_lock (&waiter->lock);
  waiter->ended = TRUE;
  g_mutex_unlock (&waiter->lock);
  /* Without the lock: who wakes takes it, and would sleep again at once. */
  g_cond_signal (&waiter->cond);

  waiter_unref (waiter);
}

static void
wait_for_end (Waiter *waiter, Watch *watch)
{
  gint64 next = g_get_monotonic_time () + PROGRESS_MS * 1000;

  g_mutex_lock (&waiter->lock);
  while (!waiter->ended)
    {
      if (watch->progress == NULL)
        {
          g_cond_wait (&waiter->cond, &waiter->lock);
        }
      else if (!g_cond_wait_until (&waiter->cond, &waiter->lock, next))
        {
          g_mutex_unlock (&waiter->lock);
          show_progress (watch);
          next = g_get_monotonic_time () + PROGRESS_MS * 1000;
          g_mutex_lock (&waiter->lock);
        }
    }
  g_mutex_unlock (&waiter->lock);
}

gboolean
s3d_call_run (S3dSequence *sequence, GCancellable *cancellable, S3dCallProgress progress, gpointer progress_data,
              GError **error)
{
  Watch watch = { NULL };
  Waiter *waiter;
  GError *failed;

  if (s3d_thread_is_ours ())
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                           "a blocking call on a thread of the library would wait for itself");
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  waiter = g_new0 (Waiter, 1);
  g_atomic_ref_count_init (&waiter->refs);
  g_atomic_ref_count_inc (&waiter->refs);
  g_mutex_init (&waiter->lock);
  g_cond_init (&waiter->cond);

  watch_init (&watch, sequence, cancellable, progress, progress_data);
  s3d_sequence_start (sequence, wake_waiter, waiter);
  wait_for_end (waiter, &watch);
  waiter_unref (waiter);

  failed = s3d_sequence_steal_error (sequence);
  if (failed == NULL)
    show_progress (&watch);
  watch_clear (&watch);
  if (failed == NULL)
    return TRUE;

  g_propagate_error (error, failed);

  return FALSE;
}

static void
call_free (gpointer data)
{
  Call *call = data;

  watch_clear (&call->watch);
  if (call->timer != NULL)
    g_source_destroy (call->timer);
  g_clear_pointer (&call->timer, g_source_unref);
  if (call->destroy != NULL)
    call->destroy (call->data);
  g_object_unref (call->task);
  g_free (call);
}

static gboolean
on_tick (gpointer data)
{
  show_progress (&((Call *) data)->watch);

  return G_SOURCE_CONTINUE;
}

static gboolean
return_task (gpointer data)
{
  Call *call = data;
  g_autoptr (S3dSequence) sequence = s3d_sequence_ref (call->watch.sequence);
  GError *error = s3d_sequence_steal_error (sequence);

  if (error == NULL)
    show_progress (&call->watch);
  if (call->timer != NULL)
    g_source_destroy (call->timer);
  watch_clear (&call->watch);
  call->finish (call->task, sequence, error, call->data);

  return G_SOURCE_REMOVE;
}

static void
queue_return (S3dSequence *sequence, gpointer data)
{
  Call *call = data;
  GSource *source = g_idle_source_new ();

  g_source_set_static_name (source, "[s3dlio] end of an operation");
  g_source_set_priority (source, g_task_get_priority (call->task));
  g_source_set_callback (source, return_task, call, call_free);
  g_source_attach (source, g_task_get_context (call->task));
  g_source_unref (source);
}

void
s3d_call_start (S3dSequence *sequence, GTask *task, S3dCallProgress progress, gpointer progress_data,
                S3dCallReturn finish, gpointer data, GDestroyNotify destroy)
{
  Call *call = g_new0 (Call, 1);

  call->task = task;
  call->finish = finish;
  call->data = data;
  call->destroy = destroy;
  g_task_set_check_cancellable (task, FALSE);
  watch_init (&call->watch, sequence, g_task_get_cancellable (task), progress, progress_data);

  if (progress != NULL)
    {
      call->timer = g_timeout_source_new (PROGRESS_MS);
      g_source_set_static_name (call->timer, "[s3dlio] progress");
      g_source_set_callback (call->timer, on_tick, call, NULL);
      g_source_attach (call->timer, g_task_get_context (task));
    }

  s3d_sequence_start (sequence, queue_return, call);
}

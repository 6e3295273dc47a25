/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What callers are promised: where callbacks arrive, when cancellation is seen, who waits for memory. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-pool.h"
#include "box.h"
#include "engine/engine-get.h"

#define SMALL "range-split-threshold=100 range-chunk-size=40 max-concurrent-ranges=4 retries=4"

static S3dSequence *
get_new (Box *box)
{
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };
  g_autoptr (S3dlioUri) uri = box_uri ("k");

  return s3d_get_new (box->store, box->budget, uri, 0, -1, NULL, &bytes);
}

/* --- blocking --- */

typedef struct
{
  Box *box;
  GMutex lock;
  GCond cond;
  gboolean ended;
  GError *error;
} Refusal;

static void
call_from_pool (gpointer data)
{
  Refusal *refusal = data;
  g_autoptr (S3dSequence) get = get_new (refusal->box);

  s3d_call_run (get, NULL, NULL, NULL, &refusal->error);
  g_mutex_lock (&refusal->lock);
  refusal->ended = TRUE;
  g_cond_signal (&refusal->cond);
  g_mutex_unlock (&refusal->lock);
}

static void
test_refused_on_our_threads (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  Refusal refusal = { .box = box };
  S3dPool *pool = s3d_pool_get (S3D_POOL_DOWNLOAD);

  s3d_pool_push (pool, call_from_pool, &refusal);
  g_mutex_lock (&refusal.lock);
  while (!refusal.ended)
    g_cond_wait (&refusal.cond, &refusal.lock);
  g_mutex_unlock (&refusal.lock);
  g_assert_error (refusal.error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_error_free (refusal.error);
  s3d_pool_unref (pool);
}

typedef struct
{
  GThread *thread;
  gint64 done, total;
  guint calls;
  GMainLoop *loop; /* nullable: what to quit */
} Shown;

static void
on_progress (gint64 done, gint64 total, gpointer data)
{
  Shown *shown = data;

  g_assert_true (g_thread_self () == shown->thread);
  g_assert_cmpint (done, >=, shown->done);
  shown->done = done;
  shown->total = total;
  shown->calls++;
}

static void
test_progress (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) get = get_new (box);
  Shown shown = { .thread = g_thread_self () };
  g_autoptr (GError) error = NULL;

  box_put (box, "k", 1000);
  s3d_call_run (get, NULL, on_progress, &shown, &error);
  g_assert_no_error (error);
  g_assert_cmpint (shown.done, ==, 1000);
  g_assert_cmpint (shown.total, ==, 1000);
  g_assert_cmpuint (shown.calls, >=, 1);
}

static void
test_no_handler_stays (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) get = get_new (box);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint id = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);

  box_put (box, "k", 1000);
  g_assert_true (s3d_call_run (get, cancellable, NULL, NULL, NULL));
  g_assert_cmpuint (g_signal_handler_find (cancellable, G_SIGNAL_MATCH_ID, id, 0, NULL, NULL, NULL), ==, 0);
}

/* --- as a task --- */

typedef struct
{
  Shown shown;
  GError *error;
  gboolean good;
  gboolean destroyed;
} Outcome;

static void
return_get (GTask *task, S3dSequence *sequence, GError *error, gpointer data)
{
  Outcome *outcome = data;

  g_assert_true (g_thread_self () == outcome->shown.thread);
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, s3d_get_steal_bytes (sequence), (GDestroyNotify) g_bytes_unref);
}

static void
on_destroy (gpointer data)
{
  Outcome *outcome = data;

  g_assert_true (g_thread_self () == outcome->shown.thread);
  outcome->destroyed = TRUE;
}

static void
on_returned (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), &outcome->error);

  g_assert_true (g_thread_self () == outcome->shown.thread);
  outcome->good = bytes != NULL;
  g_main_loop_quit (outcome->shown.loop);
}

/* One asynchronous get, in a context of its own; returns with it. */
static Outcome
run_async (Box *box, GCancellable *cancellable)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Outcome outcome = { .shown = { .thread = g_thread_self (), .loop = loop } };
  g_autoptr (S3dSequence) get = get_new (box);
  GTask *task;

  g_main_context_push_thread_default (context);
  task = g_task_new (NULL, cancellable, on_returned, &outcome);
  s3d_call_start (get, task, on_progress, &outcome.shown, return_get, &outcome, on_destroy);
  g_main_loop_run (loop);
  while (!outcome.destroyed)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  return outcome;
}

static void
test_async (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint id = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);
  Outcome outcome;

  box_put (box, "k", 1000);
  outcome = run_async (box, cancellable);
  g_assert_no_error (outcome.error);
  g_assert_true (outcome.good);
  g_assert_cmpint (outcome.shown.done, ==, 1000);
  g_assert_cmpuint (g_signal_handler_find (cancellable, G_SIGNAL_MATCH_ID, id, 0, NULL, NULL, NULL), ==, 0);
}

static void
test_async_error (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  Outcome outcome = run_async (box, NULL);

  g_assert_error (outcome.error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_clear_error (&outcome.error);
}

static gpointer
cancel_when_held (gpointer data)
{
  gpointer *args = data;

  fault_store_wait_held (args[0], 4);
  g_cancellable_cancel (args[1]);

  return NULL;
}

static void
test_async_cancelled (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gpointer args[] = { box->fault, cancellable };
  GThread *thread;
  Outcome outcome;

  box_put (box, "k", 1000);
  fault_store_gate (box->fault, S3D_OP_READ, 1, 0);
  thread = g_thread_new ("cancel", cancel_when_held, args);
  outcome = run_async (box, cancellable);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  g_thread_join (thread);
}

static void
test_async_cancelled_before (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome;

  g_cancellable_cancel (cancellable);
  outcome = run_async (box, cancellable);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  g_assert_cmpuint (fault_store_total (box->fault), ==, 0);
}

/* The cancellation comes when the result is on its way: the result stays. */
static void
cancel_now (GTask *task, S3dSequence *sequence, GError *error, gpointer data)
{
  g_cancellable_cancel (g_task_get_cancellable (task));
  return_get (task, sequence, error, data);
}

static void
test_async_cancelled_too_late (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Outcome outcome = { .shown = { .thread = g_thread_self (), .loop = loop } };
  g_autoptr (S3dSequence) get = get_new (box);

  box_put (box, "k", 1000);
  s3d_call_start (get, g_task_new (NULL, cancellable, on_returned, &outcome), NULL, NULL, cancel_now, &outcome, NULL);
  g_main_loop_run (loop);
  g_assert_no_error (outcome.error);
  g_assert_true (outcome.good);
}

/* --- memory --- */

typedef struct
{
  GMutex lock;
  GCond cond;
  guint ended;
} Ends;

static void
count_end (S3dSequence *sequence, gpointer data)
{
  Ends *ends = data;

  g_assert_true (s3d_thread_is_ours ());
  g_mutex_lock (&ends->lock);
  ends->ended++;
  g_cond_signal (&ends->cond);
  g_mutex_unlock (&ends->lock);
}

static void
wait_for_ends (Ends *ends, guint n)
{
  g_mutex_lock (&ends->lock);
  while (ends->ended < n)
    g_cond_wait (&ends->cond, &ends->lock);
  g_mutex_unlock (&ends->lock);
}

static void
never (gpointer data)
{
  g_assert_not_reached ();
}

static void
assert_all_given_back (Box *box)
{
  gboolean granted = FALSE;
  S3dReservation *all = s3d_budget_reserve (box->budget, box->settings->memory_budget, never, NULL, &granted);

  g_assert_true (granted);
  s3d_reservation_release (all);
}

static void
test_budget (void)
{
  g_autoptr (Box) box = box_new ("range-split-threshold=600Ki range-chunk-size=100Ki memory-budget=1Mi", NULL, NULL);
  S3dSequence *gets[10];
  Ends ends = { .ended = 0 };

  /* Larger than the budget: each runs alone. */
  box_put (box, "k", 3 << 20);
  for (guint i = 0; i < G_N_ELEMENTS (gets); i++)
    {
      gets[i] = get_new (box);
      s3d_sequence_start (gets[i], count_end, &ends);
    }
  wait_for_ends (&ends, G_N_ELEMENTS (gets));
  for (guint i = 0; i < G_N_ELEMENTS (gets); i++)
    {
      g_autoptr (GError) error = s3d_sequence_steal_error (gets[i]);
      g_autoptr (GBytes) bytes = s3d_get_steal_bytes (gets[i]);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 3 << 20);
      s3d_sequence_unref (gets[i]);
    }
  assert_all_given_back (box);
}

static void
test_budget_waits (void)
{
  g_autoptr (Box) box = box_new ("range-split-threshold=600Ki memory-budget=1Mi", NULL, NULL);
  g_autoptr (S3dSequence) first = get_new (box);
  g_autoptr (S3dSequence) second = get_new (box);
  g_autoptr (S3dSequence) third = get_new (box);
  g_autoptr (GError) error = NULL;
  Ends ends = { .ended = 0 };

  box_put (box, "k", 1000);
  fault_store_gate (box->fault, S3D_OP_READ, 0, 0);
  s3d_sequence_start (first, count_end, &ends);
  s3d_sequence_start (second, count_end, &ends);
  s3d_sequence_start (third, count_end, &ends);
  fault_store_wait_held (box->fault, 1);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 1);

  s3d_sequence_cancel (second);
  wait_for_ends (&ends, 1);
  error = s3d_sequence_steal_error (second);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 1);

  fault_store_open_gate (box->fault);
  wait_for_ends (&ends, 3);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 2);
  assert_all_given_back (box);
}

/* --- a sequence within another --- */

typedef struct
{
  S3dSequence parent;
  S3dSequence *child;
} Outer;

static void
outer_step (S3dSequence *sequence)
{
  Outer *outer = (Outer *) sequence;

  if (outer->child)
    s3d_sequence_run_within (sequence, g_steal_pointer (&outer->child));
}

static void
outer_free (S3dSequence *sequence)
{
  g_free (sequence);
}

static const S3dSequenceClass outer_class = { .step = outer_step, .free = outer_free };

static S3dSequence *
outer_new (Box *box)
{
  Outer *outer = g_new0 (Outer, 1);

  s3d_sequence_init (&outer->parent, &outer_class);
  outer->child = get_new (box);

  return &outer->parent;
}

static void
test_within (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) bad = outer_new (box);
  g_autoptr (S3dSequence) good = outer_new (box);
  g_autoptr (GError) error = NULL;
  guint64 done;
  gint64 total;

  g_assert_false (s3d_call_run (bad, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);

  box_put (box, "k", 1000);
  g_assert_true (s3d_call_run (good, NULL, NULL, NULL, NULL));
  s3d_sequence_get_progress (good, &done, &total);
  g_assert_cmpuint (done, ==, 1000);
  g_assert_cmpint (total, ==, 1000);
  g_assert_cmpuint (good->facts.bytes, ==, 1000);
}

static void
test_within_cancelled (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) outer = outer_new (box);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gpointer args[] = { box->fault, cancellable };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  box_put (box, "k", 1000);
  fault_store_gate (box->fault, S3D_OP_READ, 1, 0);
  thread = g_thread_new ("cancel", cancel_when_held, args);
  g_assert_false (s3d_call_run (outer, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/call/blocking-is-refused-on-threads-of-the-library", test_refused_on_our_threads);
  g_test_add_func ("/engine/call/progress-in-the-calling-thread", test_progress);
  g_test_add_func ("/engine/call/no-handler-stays-on-the-cancellable", test_no_handler_stays);
  g_test_add_func ("/engine/call/async-returns-in-the-context-of-the-caller", test_async);
  g_test_add_func ("/engine/call/async-error", test_async_error);
  g_test_add_func ("/engine/call/async-cancelled-while-stalled", test_async_cancelled);
  g_test_add_func ("/engine/call/async-cancelled-before-costs-nothing", test_async_cancelled_before);
  g_test_add_func ("/engine/call/async-cancelled-too-late-is-a-success", test_async_cancelled_too_late);
  g_test_add_func ("/engine/call/what-is-larger-than-the-budget-runs-alone", test_budget);
  g_test_add_func ("/engine/call/cancelled-while-waiting-for-memory", test_budget_waits);
  g_test_add_func ("/engine/call/sequence-within-is-part-of-the-whole", test_within);
  g_test_add_func ("/engine/call/sequence-within-is-cancelled-too", test_within_cancelled);

  return g_test_run ();
}

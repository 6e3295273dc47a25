/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The memory budget: who waits, in which order they go on, and that nothing is lost. */

#include "config.h"

#include "base/base-budget.h"

typedef struct
{
  GString *order;
  char name;
} Waiter;

static void
on_granted (gpointer data)
{
  Waiter *waiter = data;

  g_string_append_c (waiter->order, waiter->name);
}

static S3dReservation *
reserve (S3dBudget *budget, guint64 bytes, Waiter *waiter, gboolean expected)
{
  gboolean granted;
  S3dReservation *reservation = s3d_budget_reserve (budget, bytes, on_granted, waiter, &granted);

  g_assert_cmpint (granted, ==, expected);
  return reservation;
}

static void
test_first_in_first_out (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Waiter waiters[] = { { order, 'a' }, { order, 'b' }, { order, 'c' }, { order, 'd' } };
  S3dBudget *budget = s3d_budget_new (100);
  S3dReservation *a = reserve (budget, 60, &waiters[0], TRUE);
  S3dReservation *b = reserve (budget, 60, &waiters[1], FALSE);
  /* It would fit, but does not pass the one before it. */
  S3dReservation *c = reserve (budget, 10, &waiters[2], FALSE);
  S3dReservation *d = reserve (budget, 50, &waiters[3], FALSE);

  g_assert_cmpstr (order->str, ==, "");
  g_assert_false (s3d_reservation_release (a));
  g_assert_cmpstr (order->str, ==, "bc");
  g_assert_false (s3d_reservation_release (b));
  g_assert_cmpstr (order->str, ==, "bcd");
  g_assert_false (s3d_reservation_release (c));
  g_assert_false (s3d_reservation_release (d));
  s3d_budget_unref (budget);
}

static void
test_larger_than_all_runs_alone (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Waiter waiters[] = { { order, 'a' }, { order, 'b' }, { order, 'c' } };
  S3dBudget *budget = s3d_budget_new (100);
  S3dReservation *a = reserve (budget, 1, &waiters[0], TRUE);
  S3dReservation *b = reserve (budget, G_MAXUINT64, &waiters[1], FALSE);
  S3dReservation *c = reserve (budget, 1, &waiters[2], FALSE);

  s3d_reservation_release (a);
  g_assert_cmpstr (order->str, ==, "b");
  s3d_reservation_release (b);
  g_assert_cmpstr (order->str, ==, "bc");
  s3d_reservation_release (c);
  s3d_budget_unref (budget);
}

static void
test_leaving_the_queue (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Waiter waiters[] = { { order, 'a' }, { order, 'b' }, { order, 'c' } };
  S3dBudget *budget = s3d_budget_new (100);
  S3dReservation *a = reserve (budget, 60, &waiters[0], TRUE);
  S3dReservation *b = reserve (budget, 60, &waiters[1], FALSE);
  S3dReservation *c = reserve (budget, 40, &waiters[2], FALSE);

  /* Who leaves lets those behind go on. */
  g_assert_true (s3d_reservation_release (b));
  g_assert_cmpstr (order->str, ==, "c");
  s3d_reservation_release (a);
  s3d_reservation_release (c);
  s3d_budget_unref (budget);
}

#define N_THREADS 4
#define N_ROUNDS 2000

typedef struct
{
  S3dBudget *budget;
  gint held;
} Shared;

typedef struct
{
  Shared *shared;
  GMutex lock;
  GCond cond;
  gboolean granted;
} Worker;

static void
wake (gpointer data)
{
  Worker *worker = data;

  g_mutex_lock (&worker->lock);
  worker->granted = TRUE;
  g_cond_signal (&worker->cond);
  g_mutex_unlock (&worker->lock);
}

static gpointer
work (gpointer data)
{
  Worker worker = { .shared = data };

  g_mutex_init (&worker.lock);
  g_cond_init (&worker.cond);
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      gboolean at_once;
      S3dReservation *reservation;
      gint held;

      worker.granted = FALSE;
      reservation = s3d_budget_reserve (worker.shared->budget, 40, wake, &worker, &at_once);
      g_mutex_lock (&worker.lock);
      while (!at_once && !worker.granted)
        g_cond_wait (&worker.cond, &worker.lock);
      g_mutex_unlock (&worker.lock);

      held = g_atomic_int_add (&worker.shared->held, 40) + 40;
      g_assert_cmpint (held, <=, 100);
      g_atomic_int_add (&worker.shared->held, -40);
      s3d_reservation_release (reservation);
    }
  g_mutex_clear (&worker.lock);
  g_cond_clear (&worker.cond);
  return NULL;
}

static void
test_limit_holds_between_threads (void)
{
  Shared shared = { .budget = s3d_budget_new (100) };
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", work, &shared);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  s3d_budget_unref (shared.budget);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base/budget/first-in-first-out", test_first_in_first_out);
  g_test_add_func ("/base/budget/larger-than-all-runs-alone", test_larger_than_all_runs_alone);
  g_test_add_func ("/base/budget/leaving-the-queue-lets-others-go-on", test_leaving_the_queue);
  g_test_add_func ("/base/budget/limit-holds-between-threads", test_limit_holds_between_threads);

  return g_test_run ();
}

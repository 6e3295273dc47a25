/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The memory budget: a counter and a queue. What does not fit waits, and everything behind it waits too, so that a
 * large operation is not passed by small ones for ever. Releasing grants what fits now, from the front; the callbacks
 * run with no lock held, in the thread that released. Thread-safe; a reservation belongs to who made it. */

#include "config.h"

#include "base/base-budget.h"

struct _S3dBudget
{
  gatomicrefcount refs;
  GMutex lock;
  guint64 limit;
  guint64 used;
  GQueue waiting; /* of S3dReservation, linked by themselves */
};

struct _S3dReservation
{
  S3dBudget *budget;
  guint64 bytes;
  S3dBudgetGranted callback;
  gpointer data;
  gboolean granted;
  GList link;
};

S3dBudget *
s3d_budget_new (guint64 limit)
{
  S3dBudget *budget = g_new0 (S3dBudget, 1);

  g_atomic_ref_count_init (&budget->refs);
  g_mutex_init (&budget->lock);
  g_queue_init (&budget->waiting);
  budget->limit = limit;
  return budget;
}

S3dBudget *
s3d_budget_ref (S3dBudget *budget)
{
  g_atomic_ref_count_inc (&budget->refs);
  return budget;
}

void
s3d_budget_unref (S3dBudget *budget)
{
  if (!g_atomic_ref_count_dec (&budget->refs))
    return;

  g_mutex_clear (&budget->lock);
  g_free (budget);
}

/* Under the lock. What is larger than the budget runs alone. */
static gboolean
fits (S3dBudget *budget, guint64 bytes)
{
  return budget->used == 0 || (bytes <= budget->limit && budget->used <= budget->limit - bytes);
}

static void
grant (S3dBudget *budget, S3dReservation *reservation)
{
  budget->used += reservation->bytes;
  reservation->granted = TRUE;
}

S3dReservation *
s3d_budget_reserve (S3dBudget *budget, guint64 bytes, S3dBudgetGranted callback, gpointer data, gboolean *granted)
{
  S3dReservation *reservation = g_new0 (S3dReservation, 1);

  reservation->budget = s3d_budget_ref (budget);
  reservation->bytes = bytes;
  reservation->callback = callback;
  reservation->data = data;
  reservation->link.data = reservation;

  g_mutex_lock (&budget->lock);
  if (g_queue_is_empty (&budget->waiting) && fits (budget, bytes))
    grant (budget, reservation);
  else
    g_queue_push_tail_link (&budget->waiting, &reservation->link);
  *granted = reservation->granted;
  g_mutex_unlock (&budget->lock);

  return reservation;
}

/* Grants the first that waits, when it fits. Its callback may release it at once, so what is needed is taken out. */
static gboolean
grant_next (S3dBudget *budget)
{
  S3dReservation *next;
  S3dBudgetGranted callback = NULL;
  gpointer data = NULL;

  g_mutex_lock (&budget->lock);
  next = g_queue_peek_head (&budget->waiting);
  if (next != NULL && fits (budget, next->bytes))
    {
      g_queue_unlink (&budget->waiting, &next->link);
      grant (budget, next);
      callback = next->callback;
      data = next->data;
    }
  g_mutex_unlock (&budget->lock);

  if (callback != NULL)
    callback (data);
  return callback != NULL;
}

gboolean
s3d_reservation_release (S3dReservation *reservation)
{
  S3dBudget *budget = reservation->budget;
  gboolean waited;

  g_mutex_lock (&budget->lock);
  waited = !reservation->granted;
  if (waited)
    g_queue_unlink (&budget->waiting, &reservation->link);
  else
    budget->used -= reservation->bytes;
  g_mutex_unlock (&budget->lock);

  g_free (reservation);
  while (grant_next (budget))
    continue;
  s3d_budget_unref (budget);
  return waited;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory budget: bytes of object data in flight. An operation reserves all that it needs in
 * one first-in first-out step before it starts and never waits for more while it holds some; one
 * that is larger than the budget runs alone. */

#include <glib.h>

typedef struct _S3dBudget S3dBudget;
typedef struct _S3dReservation S3dReservation;
typedef void (*S3dBudgetGranted) (gpointer data);

S3dBudget *s3d_budget_new (guint64 limit);
S3dBudget *s3d_budget_ref (S3dBudget *budget);
void s3d_budget_unref (S3dBudget *budget);

/* Queues for @bytes. Returns TRUE in @granted when they are there at once (the callback is then
 * not called); else the callback is called later, once, from the thread that released, with no
 * lock held. */
S3dReservation *s3d_budget_reserve (S3dBudget *budget, guint64 bytes, S3dBudgetGranted callback, gpointer data,
                                    gboolean *granted);

/* Gives the bytes back, or leaves the queue. TRUE when it had not been granted: the callback
 * will not be called then. */
gboolean s3d_reservation_release (S3dReservation *reservation);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What many gets at once promise: each item its own bytes or its own error, a window that is kept, and an end for every
 * item. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-many.h"

#define N 50
#define AT_ONCE 4

typedef struct
{
  GMutex lock;
  guint ready[N];
} Seen;

static void
count_ready (S3dSequence *many, gsize index, gpointer data)
{
  Seen *seen = data;

  g_mutex_lock (&seen->lock);
  seen->ready[index]++;
  g_mutex_unlock (&seen->lock);
}

/* Item i is the object "i", whether there is one or not. */
static S3dSequence *
many_new (Box *box, gsize n, Seen *seen)
{
  g_autofree S3dManyItem *items = g_new0 (S3dManyItem, n);
  S3dSequence *many;

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("%" G_GSIZE_FORMAT, i);

      items[i].store = box->store;
      items[i].target = box_uri (key);
      items[i].length = -1;
    }
  many = s3d_many_new_get (items, n, AT_ONCE, box->budget);
  for (gsize i = 0; i < n; i++)
    s3dlio_uri_unref (items[i].target);
  s3d_many_set_ready (many, count_ready, seen);

  return many;
}

static void
put_items (Box *box)
{
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      if (i % 10 != 3)
        box_put (box, key, i * 100);
    }
}

static void
assert_item (S3dSequence *many, guint i)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3d_many_steal_bytes (many, i, &error);
  g_autoptr (GBytes) expected = box_pattern (i * 100);

  if (i % 10 == 3)
    {
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
      g_assert_null (bytes);
      return;
    }

  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (bytes, expected));
}

static void
test_each_its_own (void)
{
  g_autoptr (Box) box = box_new ("", NULL, NULL);
  Seen seen = { .ready = { 0 } };
  g_autoptr (S3dSequence) many = many_new (box, N, &seen);
  g_autoptr (GError) error = NULL;

  put_items (box);
  fault_store_gate (box->fault, S3D_OP_READ, 0, AT_ONCE);
  s3d_call_run (many, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N; i++)
    {
      g_assert_cmpuint (seen.ready[i], ==, 1);
      assert_item (many, i);
    }
  g_assert_cmpuint (fault_store_total (box->fault), ==, N);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_READ), ==, AT_ONCE);
}

static void
test_none (void)
{
  g_autoptr (Box) box = box_new ("", NULL, NULL);
  Seen seen = { .ready = { 0 } };
  g_autoptr (S3dSequence) many = many_new (box, 0, &seen);

  g_assert_true (s3d_call_run (many, NULL, NULL, NULL, NULL));
  g_assert_cmpuint (fault_store_total (box->fault), ==, 0);
}

static void
test_small_budget (void)
{
  g_autoptr (Box) box = box_new ("memory-budget=1Mi", NULL, NULL);
  Seen seen = { .ready = { 0 } };
  g_autoptr (S3dSequence) many = many_new (box, N, &seen);

  put_items (box);
  g_assert_true (s3d_call_run (many, NULL, NULL, NULL, NULL));
  for (guint i = 0; i < N; i++)
    assert_item (many, i);
}

typedef struct
{
  Box *box;
  GCancellable *cancellable;
} Canceller;

static gpointer
cancel_when_held (gpointer data)
{
  Canceller *canceller = data;

  fault_store_wait_held (canceller->box->fault, AT_ONCE);
  g_cancellable_cancel (canceller->cancellable);

  return NULL;
}

static void
test_cancelled (void)
{
  g_autoptr (Box) box = box_new ("", NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { box, cancellable };
  Seen seen = { .ready = { 0 } };
  g_autoptr (S3dSequence) many = many_new (box, N, &seen);
  g_autoptr (GError) error = NULL;
  GThread *thread;
  guint n_cancelled = 0;

  put_items (box);
  fault_store_gate (box->fault, S3D_OP_READ, 10, 0);
  thread = g_thread_new ("cancel", cancel_when_held, &canceller);
  g_assert_false (s3d_call_run (many, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);

  for (guint i = 0; i < N; i++)
    {
      g_autoptr (GError) own = NULL;
      g_autoptr (GBytes) bytes = s3d_many_steal_bytes (many, i, &own);

      g_assert_cmpuint (seen.ready[i], ==, 1);
      g_assert_true ((bytes == NULL) == (own != NULL));
      n_cancelled += g_error_matches (own, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  g_assert_cmpuint (n_cancelled, ==, N - 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/many/each-item-has-its-own-bytes-or-error", test_each_its_own);
  g_test_add_func ("/engine/many/none-is-no-request", test_none);
  g_test_add_func ("/engine/many/budget-smaller-than-one-range", test_small_budget);
  g_test_add_func ("/engine/many/cancelled-while-stalled-ends-every-item", test_cancelled);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* S3dlioBatch: a sequence of many gets or puts and the order in which its items became ready. What the sequence's
 * callbacks touch stands in a state of its own that they keep alive; the batch itself belongs to the caller alone, so
 * that dropping it can cancel what is under way. Any thread. */

#include "config.h"

#include "client/client-batch.h"
#include "engine/engine-many.h"

/* Shared with the sequence's callbacks; an atomic box. */
typedef struct
{
  GMutex lock;
  GCond changed;
  gsize *ready; /* indices, in the order in which they became ready */
  gsize n_ready;
  guint n_waiting; /* callers that wait for a change */
  gsize n_taken;
} State;

struct _S3dlioBatch
{
  gatomicrefcount refs;
  S3dSequence *many;
  gsize n_items;
  State *state;
  GCancellable *cancellable; /* nullable; of the whole batch, with its handler */
  gulong handler;
  gboolean waits; /* it writes to memory of the caller's: the last reference waits for the end */
};

G_DEFINE_BOXED_TYPE (S3dlioBatch, s3dlio_batch, s3dlio_batch_ref, s3dlio_batch_unref)

static void
state_clear (gpointer data)
{
  State *state = data;

  g_free (state->ready);
  g_cond_clear (&state->changed);
  g_mutex_clear (&state->lock);
}

static void
state_unref (gpointer state)
{
  g_atomic_rc_box_release_full (state, state_clear);
}

static void
on_item_ready (S3dSequence *many, gsize index, gpointer data)
{
  State *state = data;

  gboolean awaited;

  g_mutex_lock (&state->lock);
  state->ready[state->n_ready++] = index;
  awaited = state->n_waiting > 0;
  g_mutex_unlock (&state->lock);
  /* Without the lock, which who wakes takes at once. The sequence has its reference to the state. */
  if (awaited)
    g_cond_broadcast (&state->changed);
}

/* Under the lock. */
static void
wait_for_change (State *state)
{
  state->n_waiting++;
  g_cond_wait (&state->changed, &state->lock);
  state->n_waiting--;
}

/* The end of the sequence: its last reference to the state. */
static void
on_done (S3dSequence *many, gpointer data)
{
  state_unref (data);
}

static void
on_cancelled (GCancellable *cancellable, gpointer many)
{
  s3d_sequence_cancel (many);
}

static void
wake (GCancellable *cancellable, gpointer data)
{
  State *state = data;

  g_mutex_lock (&state->lock);
  g_cond_broadcast (&state->changed);
  g_mutex_unlock (&state->lock);
}

S3dlioBatch *
s3d_batch_new (S3dSequence *many)
{
  const gsize n = s3d_many_get_n_items (many);
  S3dlioBatch *batch = g_new0 (S3dlioBatch, 1);

  g_atomic_ref_count_init (&batch->refs);
  batch->many = s3d_sequence_ref (many);
  batch->n_items = n;
  batch->state = g_atomic_rc_box_new0 (State);
  batch->state->ready = g_new (gsize, n);
  for (gsize i = 0; i < n; i++)
    batch->state->ready[i] = i;
  batch->state->n_ready = n;
  g_mutex_init (&batch->state->lock);
  g_cond_init (&batch->state->changed);
  return batch;
}

void
s3d_batch_start (S3dlioBatch *batch, GCancellable *cancellable)
{
  batch->state->n_ready = 0;
  batch->waits = s3d_many_get_kind (batch->many) == S3D_MANY_GET_INTO;
  s3d_many_set_ready (batch->many, on_item_ready, batch->state);
  s3d_sequence_start (batch->many, on_done, g_atomic_rc_box_acquire (batch->state));

  if (cancellable == NULL)
    return;

  batch->cancellable = g_object_ref (cancellable);
  batch->handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), s3d_sequence_ref (batch->many),
                                          (GDestroyNotify) s3d_sequence_unref);
}

/**
 * s3dlio_batch_ref:
 * @batch: a batch
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @batch
 *
 * Since: 0.9
 */
S3dlioBatch *
s3dlio_batch_ref (S3dlioBatch *batch)
{
  g_return_val_if_fail (batch != NULL, NULL);

  g_atomic_ref_count_inc (&batch->refs);
  return batch;
}

static void
wait_for_all (State *state, gsize n_items)
{
  g_mutex_lock (&state->lock);
  while (state->n_ready < n_items)
    wait_for_change (state);
  g_mutex_unlock (&state->lock);
}

/**
 * s3dlio_batch_unref:
 * @batch: (transfer full): a batch
 *
 * Drops a reference. The last one cancels what is still under way. It does not wait for it, but where items land in
 * memory of the caller's: that may be freed when this returns.
 *
 * Since: 0.9
 */
void
s3dlio_batch_unref (S3dlioBatch *batch)
{
  g_return_if_fail (batch != NULL);

  if (!g_atomic_ref_count_dec (&batch->refs))
    return;

  /* Disconnecting by the cancellable would wait for other people's handlers. */
  if (batch->handler != 0)
    g_signal_handler_disconnect (batch->cancellable, batch->handler);
  g_clear_object (&batch->cancellable);

  s3d_sequence_cancel (batch->many);
  if (batch->waits)
    wait_for_all (batch->state, batch->n_items);
  s3d_sequence_unref (batch->many);
  state_unref (batch->state);
  g_free (batch);
}

/**
 * s3dlio_batch_get_n_items:
 * @batch: a batch
 *
 * The size of the batch, ready or not.
 *
 * Returns: how many objects were asked for
 *
 * Since: 0.9
 */
gsize
s3dlio_batch_get_n_items (S3dlioBatch *batch)
{
  g_return_val_if_fail (batch != NULL, 0);

  return batch->n_items;
}

/**
 * s3dlio_batch_next:
 * @batch: a batch
 * @index: (out): which item is ready, from 0, as in the array of URIs
 * @cancellable: (nullable): a cancellable, of the waiting alone: the batch goes on
 * @error: return location for an error
 *
 * Waits for the next item to be ready, in the order in which they become so; s3dlio_batch_take(),
 * s3dlio_batch_take_size() or s3dlio_batch_take_info() then tells what became of it. Several threads may share the
 * work: each item is given once. Of a batch that was waited for, all are ready, and given in their order.
 *
 * Returns: %TRUE with @index; %FALSE without @error when every item has been given, with @error when the wait was
 *   cancelled
 *
 * Since: 0.9
 */
gboolean
s3dlio_batch_next (S3dlioBatch *batch, gsize *index, GCancellable *cancellable, GError **error)
{
  State *state;
  gulong handler = 0;
  gboolean ready;

  g_return_val_if_fail (batch != NULL && index != NULL, FALSE);

  state = batch->state;
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (wake), g_atomic_rc_box_acquire (state), state_unref);

  g_mutex_lock (&state->lock);
  while (state->n_taken == state->n_ready && state->n_taken < batch->n_items
         && !g_cancellable_is_cancelled (cancellable))
    wait_for_change (state);

  ready = state->n_taken < state->n_ready;
  if (ready)
    *index = state->ready[state->n_taken++];
  g_mutex_unlock (&state->lock);

  if (handler != 0)
    g_signal_handler_disconnect (cancellable, handler);

  if (!ready)
    g_cancellable_set_error_if_cancelled (cancellable, error);
  return ready;
}

/**
 * s3dlio_batch_take:
 * @batch: a batch of s3dlio_client_get_many() or s3dlio_client_start_get_many()
 * @index: an item that is ready: one that s3dlio_batch_next() gave, or any of a batch that was waited for
 * @error: return location for the error of that item
 *
 * Takes the bytes of an item, which can be had once, or tells its error.
 *
 * Returns: (transfer full): its bytes, or %NULL with @error; %S3DLIO_ERROR_INVALID when it is not ready, or was taken
 *
 * Since: 0.9
 */
GBytes *
s3dlio_batch_take (S3dlioBatch *batch, gsize index, GError **error)
{
  g_return_val_if_fail (batch != NULL, NULL);
  g_return_val_if_fail (index < batch->n_items, NULL);
  g_return_val_if_fail (s3d_many_get_kind (batch->many) == S3D_MANY_GET, NULL);

  return s3d_many_steal_bytes (batch->many, index, error);
}

/**
 * s3dlio_batch_take_size: (skip)
 * @batch: a batch of s3dlio_client_get_many_into() or s3dlio_client_start_get_many_into()
 * @index: an item that is ready: one that s3dlio_batch_next() gave, or any of a batch that was waited for
 * @size: (out) (optional): how many bytes of its place the item has filled; with %S3DLIO_ERROR_NO_SPACE, how many
 *   bytes there are
 * @error: return location for the error of that item
 *
 * Tells what became of an item that landed in the caller's memory.
 *
 * Returns: %TRUE when all of it is there; %FALSE with @error, %S3DLIO_ERROR_INVALID when it is not ready
 *
 * Since: 0.9
 */
gboolean
s3dlio_batch_take_size (S3dlioBatch *batch, gsize index, gsize *size, GError **error)
{
  g_return_val_if_fail (batch != NULL, FALSE);
  g_return_val_if_fail (index < batch->n_items, FALSE);
  g_return_val_if_fail (s3d_many_get_kind (batch->many) == S3D_MANY_GET_INTO, FALSE);

  return s3d_many_get_size (batch->many, index, size, error);
}

/**
 * s3dlio_batch_take_info:
 * @batch: a batch of s3dlio_client_put_many() or s3dlio_client_start_put_many()
 * @index: an item that is ready: one that s3dlio_batch_next() gave, or any of a batch that was waited for
 * @error: return location for the error of that item
 *
 * Takes what was written of an item, which can be had once, or tells its error.
 *
 * Returns: (transfer full): what was written: its size, its ETag; or %NULL with @error, %S3DLIO_ERROR_INVALID when it
 *   is not ready, or was taken
 *
 * Since: 0.9
 */
S3dlioObjectInfo *
s3dlio_batch_take_info (S3dlioBatch *batch, gsize index, GError **error)
{
  g_return_val_if_fail (batch != NULL, NULL);
  g_return_val_if_fail (index < batch->n_items, NULL);
  g_return_val_if_fail (s3d_many_get_kind (batch->many) == S3D_MANY_PUT, NULL);

  return s3d_many_steal_info (batch->many, index, error);
}

/**
 * s3dlio_batch_cancel:
 * @batch: a batch
 *
 * Cancels what is still under way: each of those items becomes ready with %G_IO_ERROR_CANCELLED.
 *
 * Since: 0.9
 */
void
s3dlio_batch_cancel (S3dlioBatch *batch)
{
  g_return_if_fail (batch != NULL);

  s3d_sequence_cancel (batch->many);
}

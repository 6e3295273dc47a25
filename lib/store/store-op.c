/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of one step of a store, from s3d_op_new() to s3d_op_complete().
 *
 * Any thread may cancel an op, at any time; a cancel function that is running when the op completes is waited for (it
 * only sets a flag and wakes somebody), so that none runs once done has been called. An op owns what its fields say;
 * while it is started it holds a reference to itself and to its store. */

#include "config.h"

#include "store/store.h"

S3dOp *
s3d_op_new (S3dOpKind kind, S3dlioUri *target, S3dOpDone done, gpointer data)
{
  S3dOp *op = g_new0 (S3dOp, 1);

  g_atomic_ref_count_init (&op->refs);
  op->kind = kind;
  op->target = target != NULL ? s3dlio_uri_ref (target) : NULL;
  op->done = done;
  op->done_data = data;
  op->length = -1;
  op->total = -1;
  op->range_length = -1;
  g_mutex_init (&op->lock);
  g_cond_init (&op->cancel_ended);

  return op;
}

S3dOp *
s3d_op_ref (S3dOp *op)
{
  g_atomic_ref_count_inc (&op->refs);

  return op;
}

void
s3d_op_unref (S3dOp *op)
{
  if (!g_atomic_ref_count_dec (&op->refs))
    return;

  g_clear_pointer (&op->target, s3dlio_uri_unref);
  g_clear_pointer (&op->from, s3dlio_uri_unref);
  g_clear_pointer (&op->source, s3d_source_unref);
  g_clear_pointer (&op->attributes, s3d_attributes_free);
  g_clear_pointer (&op->info, s3dlio_object_info_unref);
  g_clear_pointer (&op->items, g_ptr_array_unref);
  g_clear_pointer (&op->part_etags, g_ptr_array_unref);
  g_clear_pointer (&op->keys, g_array_unref);
  g_clear_pointer (&op->part_sums, g_array_unref);
  g_clear_error (&op->error);
  g_free (op->if_match);
  g_free (op->upload_id);
  g_free (op->etag);
  g_mutex_clear (&op->lock);
  g_cond_clear (&op->cancel_ended);
  g_free (op);
}

/* Runs the cancel function that stands in the op, without its lock. */
static void
run_cancel (S3dOp *op)
{
  void (*cancel) (S3dOp *, gpointer) = op->cancel;
  gpointer data = op->cancel_data;

  op->cancels_running++;
  g_mutex_unlock (&op->lock);
  cancel (op, data);
  g_mutex_lock (&op->lock);
  op->cancels_running--;
  g_cond_broadcast (&op->cancel_ended);
}

void
s3d_op_cancel (S3dOp *op)
{
  g_mutex_lock (&op->lock);
  if (!op->cancelled)
    {
      op->cancelled = TRUE;
      if (op->cancel != NULL)
        run_cancel (op);
    }
  g_mutex_unlock (&op->lock);
}

gboolean
s3d_op_is_cancelled (S3dOp *op)
{
  gboolean cancelled;

  g_mutex_lock (&op->lock);
  cancelled = op->cancelled;
  g_mutex_unlock (&op->lock);

  return cancelled;
}

gboolean
s3d_op_goes_on (S3dOp *op, GError **error)
{
  if (!s3d_op_is_cancelled (op))
    return TRUE;

  g_propagate_error (error, s3d_error_new_cancelled ());

  return FALSE;
}

GError *
s3d_error_new_cancelled (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
}

void
s3d_op_set_cancel (S3dOp *op, void (*cancel) (S3dOp *op, gpointer data), gpointer data)
{
  g_mutex_lock (&op->lock);
  op->cancel = cancel;
  op->cancel_data = data;
  if (cancel != NULL && op->cancelled)
    run_cancel (op);
  g_mutex_unlock (&op->lock);
}

void
s3d_op_complete (S3dOp *op, GError *error)
{
  S3dStore *store;

  g_mutex_lock (&op->lock);
  op->cancel = NULL;
  while (op->cancels_running > 0)
    g_cond_wait (&op->cancel_ended, &op->lock);
  store = g_steal_pointer (&op->store);
  g_mutex_unlock (&op->lock);

  op->error = error;
  if (op->facts.ended == 0)
    op->facts.ended = g_get_monotonic_time ();
  if (store != NULL)
    s3d_store_watch_uploads (store, op);

  op->done (op, op->done_data);

  s3d_op_unref (op);
  g_clear_pointer (&store, s3d_store_unref);
}

void
s3d_cursor_clear (S3dCursor *cursor)
{
  g_clear_pointer (&cursor->token, g_free);
  if (cursor->state != NULL && cursor->state_free != NULL)
    cursor->state_free (cursor->state);
  cursor->state = NULL;
  cursor->state_free = NULL;
  cursor->at_end = FALSE;
}

static void
key_clear (gpointer data)
{
  S3dKey *key = data;

  g_free (key->key);
  g_clear_error (&key->error);
}

GArray *
s3d_keys_new (guint reserved)
{
  GArray *keys = g_array_sized_new (FALSE, FALSE, sizeof (S3dKey), reserved);

  g_array_set_clear_func (keys, key_clear);

  return keys;
}

void
s3d_keys_add (GArray *keys, const char *key)
{
  S3dKey item = { .key = g_strdup (key) };

  g_array_append_val (keys, item);
}

S3dAttributes *
s3d_attributes_new (void)
{
  return g_new0 (S3dAttributes, 1);
}

S3dAttributes *
s3d_attributes_copy (const S3dAttributes *attributes)
{
  S3dAttributes *copy = s3d_attributes_new ();
  GHashTableIter iter;
  gpointer name, value;

  if (attributes == NULL)
    return copy;

  copy->content_type = g_strdup (attributes->content_type);
  copy->content_encoding = g_strdup (attributes->content_encoding);
  copy->content_language = g_strdup (attributes->content_language);
  copy->content_disposition = g_strdup (attributes->content_disposition);
  copy->cache_control = g_strdup (attributes->cache_control);
  copy->storage_class = g_strdup (attributes->storage_class);
  if (attributes->metadata == NULL)
    return copy;

  copy->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_iter_init (&iter, attributes->metadata);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy->metadata, g_ascii_strdown (name, -1), g_strdup (value));

  return copy;
}

void
s3d_attributes_free (S3dAttributes *attributes)
{
  g_free (attributes->content_type);
  g_free (attributes->content_encoding);
  g_free (attributes->content_language);
  g_free (attributes->content_disposition);
  g_free (attributes->cache_control);
  g_free (attributes->storage_class);
  g_clear_pointer (&attributes->metadata, g_hash_table_unref);
  g_free (attributes);
}

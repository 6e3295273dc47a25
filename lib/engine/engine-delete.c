/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many deletions as one sequence. Keys wait in lots, each of one container and of at most what one request can carry.
 * Named objects are all in lots before the start; below a prefix a page of the list becomes a lot, and no page is asked
 * for while enough lots wait. What a batch cannot carry comes back and goes alone.
 *
 * Outcomes wait until the caller's thread takes them. Thread rule and ownership as in engine-sequence.h; a lot belongs
 * to the queue, its keys to the op that they are given to. */

#include "config.h"

#include "engine/engine-delete.h"

#include "base/base-error.h"

#include <string.h>

#define PAGE_SIZE 1000     /* of lists */
#define MAX_OUTCOMES 32768 /* that nobody has been told of, before no more is begun */

typedef struct
{
  S3dStore *store; /* NULL: there is none, because of */
  GError *failure;
  S3dlioUri *root; /* the container */
  GArray *keys;    /* of S3dKey */
  guint next;      /* when they go alone: which is the next one */
  gboolean alone;
} Lot;

typedef struct
{
  char *uri;
  GError *error;
} Outcome;

typedef struct
{
  S3dSequence parent;
  guint at_once;
  GQueue lots;      /* of Lot */
  GHashTable *open; /* root, as text → the Lot that its next key joins; until the start */
  GHashTable *sent; /* op of many → its Lot, without the keys */

  /* Below a prefix. */
  S3dStore *store;
  S3dlioUri *prefix;
  S3dCursor cursor;
  gboolean asking; /* for a page */
  guint64 n_listed;
  GError *failure; /* of the list */

  S3dDeleteFunc func;
  gpointer func_data;
  GArray *outcomes; /* of Outcome; only with a func */
  gboolean blocked; /* until some of them are told */

  guint64 n_deleted, n_failed;
  GError *first; /* of those that failed, with its URI */
} Delete;

static void
lot_free (Lot *lot)
{
  g_clear_pointer (&lot->store, s3d_store_unref);
  g_clear_error (&lot->failure);
  s3dlio_uri_unref (lot->root);
  g_clear_pointer (&lot->keys, g_array_unref);
  g_free (lot);
}

static Lot *
lot_new (S3dStore *store, S3dlioUri *uri)
{
  Lot *lot = g_new0 (Lot, 1);

  lot->store = store != NULL ? s3d_store_ref (store) : NULL;
  lot->root = s3d_uri_new_sibling (uri, s3dlio_uri_get_container (uri), "");
  lot->keys = s3d_keys_new (0);

  return lot;
}

static void
outcome_clear (gpointer data)
{
  Outcome *outcome = data;

  g_free (outcome->uri);
  g_clear_error (&outcome->error);
}

static GArray *
outcomes_new (void)
{
  GArray *outcomes = g_array_new (FALSE, FALSE, sizeof (Outcome));

  g_array_set_clear_func (outcomes, outcome_clear);

  return outcomes;
}

/* The deletion of @key has ended; takes @error. */
static void
settle_key (Delete *self, S3dlioUri *root, const char *key, GError *error)
{
  g_autofree char *text = NULL;
  GString *uri;
  Outcome outcome;

  self->parent.progress_done++;
  if (error != NULL)
    self->n_failed++;
  else
    self->n_deleted++;
  if (error == NULL && self->func == NULL)
    return;

  text = s3d_uri_root (root);
  uri = g_string_new (text);
  s3d_uri_append_key (root, uri, key);
  if (error != NULL && self->first == NULL)
    self->first = g_error_new (error->domain, error->code, "%s: %s", uri->str, error->message);

  outcome = (Outcome){ .uri = g_string_free (uri, FALSE), .error = error };
  if (self->func != NULL)
    g_array_append_val (self->outcomes, outcome);
  else
    outcome_clear (&outcome);
}

/* --- launching --- */

static void
launch_one (Delete *self, Lot *lot)
{
  S3dKey *key = &g_array_index (lot->keys, S3dKey, lot->next++);
  g_autoptr (S3dlioUri) target = s3d_uri_new_sibling (lot->root, s3dlio_uri_get_container (lot->root), key->key);

  s3d_sequence_launch (&self->parent, lot->store, s3d_op_new (S3D_OP_DELETE, target, NULL, NULL));
}

/* Takes @lot. */
static void
launch_many (Delete *self, Lot *lot)
{
  S3dOp *op = s3d_op_new (S3D_OP_DELETE_MANY, lot->root, NULL, NULL);

  op->keys = g_steal_pointer (&lot->keys);
  g_hash_table_insert (self->sent, op, lot);
  s3d_sequence_launch (&self->parent, lot->store, op);
}

/* Takes @lot. */
static void
give_up (Delete *self, Lot *lot)
{
  for (guint i = 0; i < lot->keys->len; i++)
    settle_key (self, lot->root, g_array_index (lot->keys, S3dKey, i).key, g_error_copy (lot->failure));
  lot_free (lot);
}

static void
launch_lot (Delete *self)
{
  Lot *lot = g_queue_peek_head (&self->lots);

  if (lot->failure != NULL)
    {
      give_up (self, g_queue_pop_head (&self->lots));
      return;
    }
  if (!lot->alone && lot->keys->len > 1 && s3d_store_can (lot->store, S3D_OP_DELETE_MANY))
    {
      launch_many (self, g_queue_pop_head (&self->lots));
      return;
    }

  launch_one (self, lot);
  if (lot->next == lot->keys->len)
    lot_free (g_queue_pop_head (&self->lots));
}

static void
launch_page (Delete *self)
{
  gboolean tree = s3d_store_can (self->store, S3D_OP_DELETE_TREE);
  S3dOp *op = s3d_op_new (tree ? S3D_OP_DELETE_TREE : S3D_OP_LIST, self->prefix, NULL, NULL);

  op->recursive = TRUE;
  op->cursor = &self->cursor;
  op->page_size = PAGE_SIZE;
  self->asking = TRUE;
  s3d_sequence_launch (&self->parent, self->store, op);
}

static void
delete_step (S3dSequence *sequence)
{
  Delete *self = (Delete *) sequence;
  gboolean full = self->outcomes != NULL && self->outcomes->len >= MAX_OUTCOMES;

  g_clear_pointer (&self->open, g_hash_table_unref);
  if (full && !self->blocked)
    {
      self->blocked = TRUE;
      sequence->pending++;
    }
  if (self->blocked)
    return;

  if (self->store != NULL && !self->asking && !self->cursor.at_end && self->lots.length < self->at_once)
    launch_page (self);
  while (self->lots.length > 0 && sequence->in_flight->len < self->at_once + self->asking)
    launch_lot (self);
}

/* --- what has ended --- */

static void
take_keys (Delete *self, S3dOp *op)
{
  GArray *alone = s3d_keys_new (0);
  Lot *lot = NULL;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = &g_array_index (op->keys, S3dKey, i);

      if (key->state == S3D_KEY_PENDING && op->error != NULL)
        key->error = g_error_copy (op->error);
      if (key->state == S3D_KEY_ALONE)
        s3d_keys_add (alone, key->key);
      else
        settle_key (self, op->target, key->key, g_steal_pointer (&key->error));
    }

  if (g_hash_table_steal_extended (self->sent, op, NULL, (gpointer *) &lot))
    lot->keys = g_array_ref (alone);
  if (lot != NULL && alone->len > 0)
    {
      lot->alone = TRUE;
      g_queue_push_head (&self->lots, lot);
    }
  else if (lot != NULL)
    {
      lot_free (lot);
    }
  g_array_unref (alone);
}

/* Keys are verbatim where objects are no files. */
static void
take_page (Delete *self, GPtrArray *items)
{
  g_autofree char *root = s3d_uri_root (self->prefix);
  gsize length = strlen (root);
  Lot *lot;

  if (items->len == 0)
    return;

  lot = lot_new (self->store, self->prefix);
  for (guint i = 0; i < items->len; i++)
    s3d_keys_add (lot->keys, s3dlio_object_info_get_uri (g_ptr_array_index (items, i)) + length);
  g_queue_push_tail (&self->lots, lot);
  self->n_listed += items->len;
}

/* What was listed before is deleted for all that. */
static void
fail_list (Delete *self, GError *error)
{
  self->failure = error;
  self->cursor.at_end = TRUE;
}

static void
delete_completed (S3dSequence *sequence, S3dOp *op)
{
  Delete *self = (Delete *) sequence;

  if (op->kind == S3D_OP_DELETE)
    {
      settle_key (self, op->target, s3dlio_uri_get_key (op->target), g_steal_pointer (&op->error));
      return;
    }
  if (op->keys != NULL)
    take_keys (self, op);
  if (op->kind == S3D_OP_DELETE_MANY)
    return;

  self->asking = FALSE;
  if (op->error != NULL)
    fail_list (self, g_steal_pointer (&op->error));
  else if (op->items != NULL)
    take_page (self, op->items);
  else
    self->n_listed += op->keys->len;
  if (self->cursor.at_end)
    sequence->progress_total = (gint64) self->n_listed;
}

static void
unblock (Delete *self)
{
  gboolean was;

  g_mutex_lock (&self->parent.lock);
  was = self->blocked;
  self->blocked = FALSE;
  g_mutex_unlock (&self->parent.lock);

  if (was)
    s3d_sequence_resume (&self->parent);
}

static void
delete_interrupt (S3dSequence *sequence)
{
  unblock ((Delete *) sequence);
}

/* The first of the keys that failed, and how many there are. */
static GError *
sum_up (Delete *self)
{
  guint64 all = self->n_deleted + self->n_failed;

  if (self->first == NULL || all == 1)
    return g_steal_pointer (&self->first);

  return g_error_new (self->first->domain, self->first->code,
                      "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " could not be deleted; the first: %s",
                      self->n_failed, all, self->first->message);
}

static void
delete_ended (S3dSequence *sequence)
{
  Delete *self = (Delete *) sequence;

  g_mutex_lock (&sequence->lock);
  if (sequence->error == NULL)
    sequence->error = self->failure != NULL ? g_steal_pointer (&self->failure) : sum_up (self);
  g_mutex_unlock (&sequence->lock);
}

static void
delete_free (S3dSequence *sequence)
{
  Delete *self = (Delete *) sequence;

  g_queue_clear_full (&self->lots, (GDestroyNotify) lot_free);
  g_clear_pointer (&self->open, g_hash_table_unref);
  g_hash_table_unref (self->sent);
  g_clear_pointer (&self->store, s3d_store_unref);
  g_clear_pointer (&self->prefix, s3dlio_uri_unref);
  s3d_cursor_clear (&self->cursor);
  g_clear_error (&self->failure);
  g_clear_pointer (&self->outcomes, g_array_unref);
  g_clear_error (&self->first);
  g_free (self);
}

static const S3dSequenceClass delete_class = {
  .step = delete_step,
  .completed = delete_completed,
  .interrupt = delete_interrupt,
  .ended = delete_ended,
  .free = delete_free,
};

/* --- making --- */

S3dSequence *
s3d_delete_new (guint at_once)
{
  Delete *self = g_new0 (Delete, 1);

  s3d_sequence_init (&self->parent, &delete_class);
  self->at_once = MAX (at_once, 1);
  g_queue_init (&self->lots);
  self->sent = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) lot_free);

  return &self->parent;
}

void
s3d_delete_add (S3dSequence *sequence, S3dStore *store, S3dlioUri *uri)
{
  Delete *self = (Delete *) sequence;
  char *root = s3d_uri_root (uri);
  Lot *lot;

  if (self->open == NULL)
    self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  lot = g_hash_table_lookup (self->open, root);
  if (lot == NULL || lot->keys->len >= store->klass->max_delete)
    {
      lot = lot_new (store, uri);
      g_queue_push_tail (&self->lots, lot);
    }
  g_hash_table_replace (self->open, root, lot);
  s3d_keys_add (lot->keys, s3dlio_uri_get_key (uri));
  sequence->progress_total = MAX (sequence->progress_total, 0) + 1;
}

void
s3d_delete_add_failed (S3dSequence *sequence, S3dlioUri *uri, GError *error)
{
  Delete *self = (Delete *) sequence;
  Lot *lot = lot_new (NULL, uri);

  lot->failure = error;
  s3d_keys_add (lot->keys, s3dlio_uri_get_key (uri));
  g_queue_push_tail (&self->lots, lot);
  sequence->progress_total = MAX (sequence->progress_total, 0) + 1;
}

S3dSequence *
s3d_delete_prefix_new (S3dStore *store, S3dlioUri *prefix, guint at_once)
{
  S3dSequence *sequence = s3d_delete_new (at_once);
  Delete *self = (Delete *) sequence;
  const char *key = s3dlio_uri_get_key (prefix);
  g_autofree char *slashed = *key != '\0' && !g_str_has_suffix (key, "/") ? g_strconcat (key, "/", NULL) : NULL;

  self->store = s3d_store_ref (store);
  self->prefix = s3d_uri_new_sibling (prefix, s3dlio_uri_get_container (prefix), slashed != NULL ? slashed : key);

  return sequence;
}

void
s3d_delete_set_func (S3dSequence *sequence, S3dDeleteFunc func, gpointer data)
{
  Delete *self = (Delete *) sequence;

  self->func = func;
  self->func_data = data;
  self->outcomes = outcomes_new ();
}

void
s3d_delete_tell (S3dSequence *sequence)
{
  Delete *self = (Delete *) sequence;
  g_autoptr (GArray) outcomes = NULL;

  if (self->func == NULL)
    return;

  g_mutex_lock (&sequence->lock);
  outcomes = g_steal_pointer (&self->outcomes);
  self->outcomes = outcomes_new ();
  g_mutex_unlock (&sequence->lock);
  unblock (self);

  for (guint i = 0; i < outcomes->len; i++)
    {
      const Outcome *outcome = &g_array_index (outcomes, Outcome, i);

      self->func (outcome->uri, outcome->error, self->func_data);
    }
}

void
s3d_delete_get_counts (S3dSequence *sequence, guint64 *deleted, guint64 *failed)
{
  Delete *self = (Delete *) sequence;

  g_mutex_lock (&sequence->lock);
  *deleted = self->n_deleted;
  *failed = self->n_failed;
  g_mutex_unlock (&sequence->lock);
}

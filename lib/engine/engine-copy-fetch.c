/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A copy by way of this process: a put whose parts are fetched by gets, each a sequence of its own, several at once,
 * and sent as they come.
 *
 * The first get brings as much as one write takes; what it tells of the object decides how it goes on, and all further
 * ones are of the same version of it (If-Match). So a small object costs one get and one put.
 *
 * Gets are started by a job, without the lock; as each ends it leaves its bytes under the lock and is dropped. State is
 * under the sequence's lock. */

#include "config.h"

#include "base/base-error.h"
#include "engine/engine-copy-private.h"
#include "engine/engine-range.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)
/* Parts of one copy that are held together. */
#define HELD_MAX (128 * MIB)

typedef struct
{
  S3dCopy *copy;
  S3dSequence *get;
  guint number; /* of the part; 0: the first look */
  gboolean started;
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *fetch = data;

  s3d_sequence_unref (fetch->get);
  g_free (fetch);
}

static void
queue_part (S3dCopy *copy, GBytes *bytes, guint number)
{
  g_queue_push_tail (&copy->put.ready, s3d_put_new_part (&copy->put, number, s3d_source_new_bytes (bytes)));
}

/* As many whole parts as came with the first get. */
static void
cut_head (S3dCopy *copy)
{
  S3dPut *put = &copy->put;
  guint64 size = g_bytes_get_size (copy->head);

  while (put->next < size && (put->next + put->part_size <= size || size == put->size))
    {
      guint64 length = MIN (put->part_size, size - put->next);
      g_autoptr (GBytes) piece = g_bytes_new_from_bytes (copy->head, (gsize) put->next, (gsize) length);

      queue_part (copy, piece, (guint) (put->next / put->part_size) + 1);
      put->next += length;
    }
  g_clear_pointer (&copy->head, g_bytes_unref);
}

/* Size and attributes are known. */
static void
plan (S3dCopy *copy)
{
  S3dPut *put = &copy->put;
  guint64 share = MIN (put->store->settings->memory_budget / 2, HELD_MAX);

  copy->planned = TRUE;
  if (g_bytes_get_size (copy->head) == put->size)
    s3d_put_decide (put);
  else
    s3d_put_decide_parts (put);

  if (put->way == S3D_PUT_SINGLE)
    {
      put->source = s3d_source_new_bytes (copy->head);
      g_clear_pointer (&copy->head, g_bytes_unref);
    }
  else if (put->parent.error == NULL)
    {
      copy->window = (guint) CLAMP (share / put->part_size, 1, (guint64) s3d_put_parts_at_once (put));
      cut_head (copy);
      put->at_end = put->next == put->size;
    }
}

static void
first_landed (S3dCopy *copy, S3dGet *get, GBytes *bytes)
{
  S3dPut *put = &copy->put;

  copy->head = bytes;
  put->size = get->total >= 0 ? (guint64) get->total : get->length;
  put->parent.progress_total = (gint64) put->size;
  s3d_copy_adopt (copy, get->info);
  if (get->info != NULL || put->attributes != NULL)
    plan (copy);
  else
    s3d_copy_launch_stat (copy); /* it is empty, and the service told nothing else */
}

static void
part_landed (S3dCopy *copy, const Fetch *fetch, GBytes *bytes)
{
  guint64 start = (guint64) (fetch->number - 1) * copy->put.part_size;

  if (g_bytes_get_size (bytes) != MIN (copy->put.part_size, copy->put.size - start))
    s3d_sequence_fail (&copy->put.parent, g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                                                               "the object became shorter while it was read"));
  else
    queue_part (copy, bytes, fetch->number);
  g_bytes_unref (bytes);
}

static void
on_fetched (S3dSequence *get, gpointer data)
{
  Fetch *fetch = data;
  S3dCopy *copy = fetch->copy;
  S3dSequence *sequence = &copy->put.parent;
  GError *error = s3d_sequence_steal_error (get);
  GBytes *bytes = error != NULL ? NULL : s3d_get_steal_bytes (get);

  g_mutex_lock (&sequence->lock);
  s3d_sequence_absorb (sequence, get);
  if (error != NULL)
    s3d_sequence_fail (sequence, error);
  else if (fetch->number == 0)
    first_landed (copy, (S3dGet *) get, bytes);
  else
    part_landed (copy, fetch, bytes);
  g_ptr_array_remove_fast (copy->fetches, fetch);
  copy->put.at_end = copy->planned && copy->put.next == copy->put.size && copy->fetches->len == 0;
  g_mutex_unlock (&sequence->lock);

  s3d_sequence_resume (sequence);
}

/* The next get to start, with a reference; NULL: none. */
static S3dSequence *
claim_fetch (S3dCopy *copy, Fetch **fetch)
{
  S3dSequence *sequence = &copy->put.parent;
  S3dSequence *get = NULL;

  g_mutex_lock (&sequence->lock);
  for (guint i = 0; i < copy->fetches->len && get == NULL && sequence->error == NULL; i++)
    {
      *fetch = g_ptr_array_index (copy->fetches, i);
      if ((*fetch)->started)
        continue;

      (*fetch)->started = TRUE;
      sequence->pending++;
      get = s3d_sequence_ref ((*fetch)->get);
    }
  g_mutex_unlock (&sequence->lock);

  return get;
}

static void
start_fetches (S3dSequence *sequence)
{
  S3dSequence *get;
  Fetch *fetch;

  while ((get = claim_fetch ((S3dCopy *) sequence, &fetch)) != NULL)
    {
      s3d_sequence_start (get, on_fetched, fetch);
      s3d_sequence_unref (get);
    }
}

static void
add_fetch (S3dCopy *copy, guint64 offset, guint64 length, guint number)
{
  static const S3dGetDestination destination = { .kind = S3D_GET_BYTES };
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->copy = copy;
  fetch->number = number;
  fetch->get = s3d_get_new (copy->from_store, NULL, copy->from, (gint64) offset, (gint64) length, copy->if_match,
                            &destination);
  g_ptr_array_add (copy->fetches, fetch);
}

/* FALSE: memory is waited for. */
static gboolean
have_memory (S3dCopy *copy, guint64 needed)
{
  if (copy->put.budget == NULL || needed <= copy->reserved)
    return TRUE;

  copy->reserved = needed;

  return s3d_sequence_reserve (&copy->put.parent, copy->put.budget, needed);
}

static void
begin_fetching (S3dCopy *copy)
{
  if (!have_memory (copy, copy->first))
    return;

  copy->begun = TRUE;
  add_fetch (copy, 0, copy->first, 0);
  s3d_sequence_push (&copy->put.parent, start_fetches);
}

static void
fetch_step (S3dPut *put)
{
  S3dCopy *copy = (S3dCopy *) put;
  gboolean more = FALSE;

  if (!copy->begun)
    begin_fetching (copy);
  if (!copy->planned || put->upload_id == NULL || !have_memory (copy, copy->window * put->part_size))
    return;

  while (put->next < put->size && put->n_flying + put->ready.length + copy->fetches->len < copy->window)
    {
      guint64 length = MIN (put->part_size, put->size - put->next);

      add_fetch (copy, put->next, length, (guint) (put->next / put->part_size) + 1);
      put->next += length;
      more = TRUE;
    }
  if (more)
    s3d_sequence_push (&put->parent, start_fetches);
}

/* The facts of an empty object. */
static gboolean
fetch_completed (S3dPut *put, S3dOp *op)
{
  S3dCopy *copy = (S3dCopy *) put;

  if (op->target != copy->from)
    return FALSE;

  if (op->error != NULL)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
  else
    s3d_copy_adopt (copy, op->info);
  if (put->parent.error == NULL)
    plan (copy);

  return TRUE;
}

static void
fetch_interrupt (S3dPut *put)
{
  S3dCopy *copy = (S3dCopy *) put;
  g_autoptr (GPtrArray) gets = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_sequence_unref);

  g_mutex_lock (&put->parent.lock);
  for (guint i = 0; i < copy->fetches->len; i++)
    {
      Fetch *fetch = g_ptr_array_index (copy->fetches, i);

      if (fetch->started)
        g_ptr_array_add (gets, s3d_sequence_ref (fetch->get));
    }
  g_mutex_unlock (&put->parent.lock);

  for (guint i = 0; i < gets->len; i++)
    s3d_sequence_cancel (g_ptr_array_index (gets, i));
}

static const S3dPutFeed fetch_feed = {
  .step = fetch_step,
  .completed = fetch_completed,
  .interrupt = fetch_interrupt,
  .clear = s3d_copy_clear,
};

void
s3d_copy_by_fetching (S3dCopy *copy)
{
  S3dPut *put = &copy->put;

  put->feed = &fetch_feed;
  put->way = S3D_PUT_UNDECIDED;
  put->launched = FALSE;
  put->copied_from = NULL;
  copy->begun = FALSE;
  copy->first = MAX (MIN (s3d_put_threshold (put), HELD_MAX), 1);
  copy->fetches = g_ptr_array_new_with_free_func (fetch_free);
}

S3dSequence *
s3d_copy_new (S3dStore *from_store, S3dlioUri *from, S3dStore *store, S3dlioUri *target, S3dBudget *budget,
              const char *if_match, const S3dPutOptions *options)
{
  S3dCopy *copy = s3d_copy_alloc (&fetch_feed, from_store, from, store, target, budget, if_match, options);

  s3d_copy_by_fetching (copy);

  return &copy->put.parent;
}

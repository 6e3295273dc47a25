/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many gets or puts at once. The window is filled by a job at the start, and from then on by each item that ends: it
 * starts the next, on the thread that it ended on, without the lock. Thread rule and ownership as in
 * engine-sequence.h; an item belongs to what runs for it until that has ended, then to who steals from it. */

#include "config.h"

#include "engine/engine-many.h"

#include "base/base-error.h"
#include "engine/engine-get.h"

typedef struct _Many Many;

typedef struct
{
  Many *many;
  S3dManyItem wanted;
  S3dSequence *running; /* while it runs */
  gint ready; /* atomic: what follows is there */
  GError *error;
  union
  {
    GBytes *bytes;
    gsize size;
    S3dlioObjectInfo *info;
    gpointer any; /* but a size */
  } result; /* by the kind of the whole */
} Item;

struct _Many
{
  S3dSequence parent;
  S3dManyKind kind;
  Item *items;
  gsize n_items;
  guint at_once;
  S3dBudget *budget;
  guint8 *memory;          /* gets into: the caller's */
  gsize stride;
  S3dAttributes *attributes; /* puts */
  gboolean no_clobber;
  S3dItemReady ready;
  gpointer ready_data;

  /* Under the lock. */
  gsize next;
  guint running;
  gboolean filled;
};

static void start_more (Many *many);

static void
item_ended (Item *item)
{
  Many *many = item->many;

  g_atomic_int_set (&item->ready, TRUE);
  if (many->ready != NULL)
    many->ready (&many->parent, item - many->items, many->ready_data);
}

/* What it gave; without the lock. */
static void
harvest (Item *item, S3dSequence *ended)
{
  S3dlioObjectInfo *info;

  item->error = s3d_sequence_steal_error (ended);
  switch (item->many->kind)
    {
    case S3D_MANY_GET:
      item->result.bytes = item->error == NULL ? s3d_get_steal_bytes (ended) : NULL;
      break;
    case S3D_MANY_GET_INTO:
      item->result.size = (gsize) MIN (s3d_get_get_length (ended), G_MAXSIZE);
      break;
    case S3D_MANY_PUT:
      info = item->error == NULL ? s3d_sequence_get_info (ended) : NULL;
      item->result.info = info != NULL ? s3dlio_object_info_ref (info) : NULL;
      g_clear_pointer (&item->wanted.bytes, g_bytes_unref);
      break;
    }
}

static void
on_ended (S3dSequence *ended, gpointer data)
{
  Item *item = data;
  Many *many = item->many;

  harvest (item, ended);

  g_mutex_lock (&many->parent.lock);
  g_clear_pointer (&item->running, s3d_sequence_unref);
  many->running--;
  if (item->error == NULL)
    many->parent.progress_done += ended->progress_done;
  s3d_sequence_absorb (&many->parent, ended);
  g_mutex_unlock (&many->parent.lock);

  item_ended (item);
  start_more (many);
  s3d_sequence_resume (&many->parent);
}

static S3dSequence *
new_get (Item *item)
{
  const Many *many = item->many;
  S3dGetDestination destination = { .kind = S3D_GET_BYTES };

  if (many->kind == S3D_MANY_GET_INTO)
    {
      destination.kind = S3D_GET_MEMORY;
      destination.memory = many->memory + (gsize) (item - many->items) * many->stride;
      destination.memory_size = many->stride;
    }

  return s3d_get_new (item->wanted.store, many->budget, item->wanted.target, item->wanted.offset, item->wanted.length,
                      NULL, &destination);
}

static S3dSequence *
new_put (Item *item)
{
  const Many *many = item->many;
  const S3dPutOptions options = { .no_clobber = many->no_clobber, .attributes = many->attributes };
  g_autoptr (S3dSource) source = s3d_source_new_bytes (item->wanted.bytes);

  return s3d_put_new (item->wanted.store, many->budget, item->wanted.target, source, &options);
}

/* The next item that may start, with what is to run for it (a reference for the caller); NULL: none now. */
static Item *
claim_next (Many *many, S3dSequence **sequence)
{
  Item *item = NULL;

  g_mutex_lock (&many->parent.lock);
  if (many->parent.error == NULL && many->next < many->n_items && many->running < many->at_once)
    {
      item = &many->items[many->next++];
      item->running = many->kind == S3D_MANY_PUT ? new_put (item) : new_get (item);
      *sequence = s3d_sequence_ref (item->running);
      many->running++;
      many->parent.pending++;
    }
  g_mutex_unlock (&many->parent.lock);

  return item;
}

static void
start_more (Many *many)
{
  S3dSequence *sequence;
  Item *item;

  while ((item = claim_next (many, &sequence)) != NULL)
    {
      s3d_sequence_start (sequence, on_ended, item);
      s3d_sequence_unref (sequence);
    }
}

static void
fill (S3dSequence *sequence)
{
  start_more ((Many *) sequence);
}

static void
many_step (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;

  if (many->filled || many->n_items == 0)
    return;

  many->filled = TRUE;
  s3d_sequence_push (sequence, fill);
}

/* A cancellation: everything that runs is told; its item ends as any other. */
static void
many_interrupt (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;
  g_autoptr (GPtrArray) running = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_sequence_unref);

  g_mutex_lock (&sequence->lock);
  for (gsize i = 0; i < many->next; i++)
    if (many->items[i].running != NULL)
      g_ptr_array_add (running, s3d_sequence_ref (many->items[i].running));
  g_mutex_unlock (&sequence->lock);

  for (guint i = 0; i < running->len; i++)
    s3d_sequence_cancel (running->pdata[i]);
}

/* What never began ends too. Nothing else runs by now, so the items are this job's alone. */
static void
end_rest (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;

  for (; many->next < many->n_items; many->next++)
    {
      many->items[many->next].error = s3d_error_new_cancelled ();
      item_ended (&many->items[many->next]);
    }
}

static void
many_cleanup (S3dSequence *sequence)
{
  s3d_sequence_push (sequence, end_rest);
}

static void
clear_item (Item *item)
{
  s3d_store_unref (item->wanted.store);
  s3dlio_uri_unref (item->wanted.target);
  g_clear_pointer (&item->wanted.bytes, g_bytes_unref);
  g_clear_error (&item->error);
  if (item->many->kind == S3D_MANY_GET)
    g_clear_pointer (&item->result.bytes, g_bytes_unref);
  else if (item->many->kind == S3D_MANY_PUT)
    g_clear_pointer (&item->result.info, s3dlio_object_info_unref);
}

static void
many_free (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;

  for (gsize i = 0; i < many->n_items; i++)
    clear_item (&many->items[i]);

  g_free (many->items);
  g_clear_pointer (&many->attributes, s3d_attributes_free);
  s3d_budget_unref (many->budget);
  g_free (many);
}

static const S3dSequenceClass many_class = {
  .step = many_step,
  .interrupt = many_interrupt,
  .cleanup = many_cleanup,
  .free = many_free,
};

static Many *
many_new (S3dManyKind kind, const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget)
{
  Many *many = g_new0 (Many, 1);

  s3d_sequence_init (&many->parent, &many_class);
  many->kind = kind;
  many->items = g_new0 (Item, n);
  many->n_items = n;
  many->at_once = MAX (at_once, 1);
  many->budget = s3d_budget_ref (budget);
  for (gsize i = 0; i < n; i++)
    {
      many->items[i].many = many;
      many->items[i].wanted = items[i];
      s3d_store_ref (items[i].store);
      s3dlio_uri_ref (items[i].target);
      if (items[i].bytes != NULL)
        g_bytes_ref (items[i].bytes);
    }

  return many;
}

S3dSequence *
s3d_many_new_get (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget)
{
  return &many_new (S3D_MANY_GET, items, n, at_once, budget)->parent;
}

S3dSequence *
s3d_many_new_get_into (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget, gpointer memory,
                       gsize stride)
{
  Many *many = many_new (S3D_MANY_GET_INTO, items, n, at_once, budget);

  many->memory = memory;
  many->stride = stride;
  return &many->parent;
}

S3dSequence *
s3d_many_new_put (const S3dManyItem *items, gsize n, guint at_once, S3dBudget *budget, const S3dPutOptions *options)
{
  Many *many = many_new (S3D_MANY_PUT, items, n, at_once, budget);

  many->no_clobber = options->no_clobber;
  many->attributes = options->attributes != NULL ? s3d_attributes_copy (options->attributes) : NULL;
  many->parent.progress_total = 0;
  for (gsize i = 0; i < n; i++)
    many->parent.progress_total += (gint64) g_bytes_get_size (items[i].bytes);

  return &many->parent;
}

gsize
s3d_many_get_n_items (S3dSequence *many)
{
  return ((Many *) many)->n_items;
}

S3dManyKind
s3d_many_get_kind (S3dSequence *many)
{
  return ((Many *) many)->kind;
}

void
s3d_many_set_ready (S3dSequence *many, S3dItemReady ready, gpointer data)
{
  ((Many *) many)->ready = ready;
  ((Many *) many)->ready_data = data;
}

static gboolean
refuse (const Item *item, GError *reason, GError **error)
{
  g_autofree char *uri = s3dlio_uri_to_string (item->wanted.target);

  if (!g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (&reason, "%s %s: ", item->many->kind == S3D_MANY_PUT ? "put" : "get", uri);
  g_propagate_error (error, reason);
  return FALSE;
}

/* TRUE: it ended well. */
static gboolean
check_item (const Item *item, GError **error)
{
  if (!g_atomic_int_get (&item->ready))
    return refuse (item, g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "it is not ready"), error);

  return item->error == NULL || refuse (item, g_error_copy (item->error), error);
}

static gpointer
steal_result (Item *item, GError **error)
{
  if (!check_item (item, error))
    return NULL;
  if (item->result.any == NULL)
    refuse (item, g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "it was taken already"), error);

  return g_steal_pointer (&item->result.any);
}

GBytes *
s3d_many_steal_bytes (S3dSequence *many, gsize index, GError **error)
{
  return steal_result (&((Many *) many)->items[index], error);
}

gboolean
s3d_many_get_size (S3dSequence *many, gsize index, gsize *size, GError **error)
{
  const Item *item = &((Many *) many)->items[index];
  GError *reason = NULL;
  const gboolean good = check_item (item, &reason);

  if (size != NULL)
    *size = good || g_error_matches (reason, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE) ? item->result.size : 0;
  if (!good)
    g_propagate_error (error, reason);
  return good;
}

S3dlioObjectInfo *
s3d_many_steal_info (S3dSequence *many, gsize index, GError **error)
{
  return steal_result (&((Many *) many)->items[index], error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Many gets at once. The window is filled by a job at the start, and from then on by each get that ends: it starts the
 * next, on the thread that it ended on, without the lock. Thread rule and ownership as in engine-sequence.h; an item
 * belongs to its get until that has ended, then to who steals from it. */

#include "config.h"

#include "engine/engine-many.h"

#include "base/base-error.h"
#include "engine/engine-get.h"

typedef struct _Many Many;

typedef struct
{
  Many *many;
  S3dStore *store;
  S3dlioUri *target;
  S3dSequence *get; /* while it runs */
  GBytes *bytes;
  GError *error;
} Item;

struct _Many
{
  S3dSequence base;
  Item *items;
  gsize n_items;
  guint at_once;
  S3dBudget *budget;
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

  if (many->ready != NULL)
    many->ready (&many->base, item - many->items, many->ready_data);
}

static void
on_got (S3dSequence *get, gpointer data)
{
  Item *item = data;
  Many *many = item->many;

  item->error = s3d_sequence_steal_error (get);
  if (item->error == NULL)
    item->bytes = s3d_get_steal_bytes (get);

  g_mutex_lock (&many->base.lock);
  g_clear_pointer (&item->get, s3d_sequence_unref);
  many->running--;
  many->base.progress_done += s3d_get_get_length (get);
  s3d_facts_add (&many->base.facts, &get->facts);
  g_mutex_unlock (&many->base.lock);

  item_ended (item);
  start_more (many);
  s3d_sequence_resume (&many->base);
}

/* The next item that may start, with its get (a reference for the caller); NULL: none now. */
static Item *
claim_next (Many *many, S3dSequence **get)
{
  static const S3dGetDestination destination = { .kind = S3D_GET_BYTES };
  Item *item = NULL;

  g_mutex_lock (&many->base.lock);
  if (many->base.error == NULL && many->next < many->n_items && many->running < many->at_once)
    {
      item = &many->items[many->next++];
      item->get = s3d_get_new (item->store, many->budget, item->target, 0, -1, NULL, &destination);
      *get = s3d_sequence_ref (item->get);
      many->running++;
      many->base.pending++;
    }
  g_mutex_unlock (&many->base.lock);

  return item;
}

static void
start_more (Many *many)
{
  S3dSequence *get;
  Item *item;

  while ((item = claim_next (many, &get)) != NULL)
    {
      s3d_sequence_start (get, on_got, item);
      s3d_sequence_unref (get);
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

/* A cancellation: every get that runs is told; its item ends as any other. */
static void
many_interrupt (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;
  g_autoptr (GPtrArray) running = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_sequence_unref);

  g_mutex_lock (&sequence->lock);
  for (gsize i = 0; i < many->next; i++)
    if (many->items[i].get != NULL)
      g_ptr_array_add (running, s3d_sequence_ref (many->items[i].get));
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
many_free (S3dSequence *sequence)
{
  Many *many = (Many *) sequence;

  for (gsize i = 0; i < many->n_items; i++)
    {
      Item *item = &many->items[i];

      s3d_store_unref (item->store);
      s3dlio_uri_unref (item->target);
      g_clear_pointer (&item->bytes, g_bytes_unref);
      g_clear_error (&item->error);
    }

  g_free (many->items);
  s3d_budget_unref (many->budget);
  g_free (many);
}

static const S3dSequenceClass many_class = {
  .step = many_step,
  .interrupt = many_interrupt,
  .cleanup = many_cleanup,
  .free = many_free,
};

S3dSequence *
s3d_get_many_new (S3dStore **stores, S3dlioUri **targets, gsize n, guint at_once, S3dBudget *budget)
{
  Many *many = g_new0 (Many, 1);

  s3d_sequence_init (&many->base, &many_class);
  many->items = g_new0 (Item, n);
  many->n_items = n;
  many->at_once = MAX (at_once, 1);
  many->budget = s3d_budget_ref (budget);
  for (gsize i = 0; i < n; i++)
    {
      many->items[i].many = many;
      many->items[i].store = s3d_store_ref (stores[i]);
      many->items[i].target = s3dlio_uri_ref (targets[i]);
    }

  return &many->base;
}

gsize
s3d_get_many_get_n_items (S3dSequence *many)
{
  return ((Many *) many)->n_items;
}

void
s3d_get_many_set_ready (S3dSequence *many, S3dItemReady ready, gpointer data)
{
  ((Many *) many)->ready = ready;
  ((Many *) many)->ready_data = data;
}

GBytes *
s3d_get_many_steal (S3dSequence *many, gsize index, GError **error)
{
  Item *item = &((Many *) many)->items[index];

  if (item->error != NULL)
    g_propagate_error (error, g_steal_pointer (&item->error));
  return g_steal_pointer (&item->bytes);
}

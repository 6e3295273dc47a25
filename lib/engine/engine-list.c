/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists: pages, one after the other, as each is told where the next begins by the one before. The caller's cursor
 * keeps the place, so that a list can go on page by page in bounded memory. Thread rule and ownership as in
 * engine-sequence.h. */

#include "config.h"

#include "engine/engine-list.h"

#define PAGE_SIZE 1000 /* the most that S3 and its relatives give */

typedef struct
{
  S3dSequence base;
  S3dStore *store;
  S3dOpKind kind;
  S3dlioUri *prefix;
  gboolean recursive, one_page;
  guint64 limit;
  S3dCursor *cursor;     /* the caller's, or own */
  S3dCursor own;
  GPtrArray *items;
} List;

static gboolean
is_complete (List *list)
{
  return list->cursor->at_end || (list->limit > 0 && list->items->len >= list->limit)
         || (list->one_page && list->items->len > 0);
}

static void
list_step (S3dSequence *sequence)
{
  List *list = (List *) sequence;
  S3dOp *op;

  if (sequence->in_flight->len > 0 || is_complete (list))
    return;

  op = s3d_op_new (list->kind, list->prefix, NULL, NULL);
  op->recursive = list->recursive;
  op->cursor = list->cursor;
  op->page_size = PAGE_SIZE;
  if (list->limit > 0)
    op->page_size = MIN (PAGE_SIZE, list->limit - list->items->len);
  s3d_sequence_launch (sequence, list->store, op);
}

static void
list_completed (S3dSequence *sequence, S3dOp *op)
{
  List *list = (List *) sequence;

  if (op->error != NULL)
    {
      s3d_sequence_fail (sequence, g_steal_pointer (&op->error));
      return;
    }

  if (list->items->len == 0)
    {
      g_ptr_array_unref (list->items);
      list->items = g_steal_pointer (&op->items);
    }
  else
    g_ptr_array_extend_and_steal (list->items, g_steal_pointer (&op->items));
}

static void
list_free (S3dSequence *sequence)
{
  List *list = (List *) sequence;

  s3d_store_unref (list->store);
  s3dlio_uri_unref (list->prefix);
  s3d_cursor_clear (&list->own);
  g_clear_pointer (&list->items, g_ptr_array_unref);
  g_free (list);
}

static const S3dSequenceClass list_class = {
  .step = list_step,
  .completed = list_completed,
  .free = list_free,
};

S3dSequence *
s3d_list_new (S3dStore *store, S3dOpKind kind, S3dlioUri *prefix, gboolean recursive, guint64 limit, S3dCursor *cursor,
              gboolean one_page)
{
  List *list = g_new0 (List, 1);

  s3d_sequence_init (&list->base, &list_class);
  list->store = s3d_store_ref (store);
  list->kind = kind;
  list->prefix = s3dlio_uri_ref (prefix);
  list->recursive = recursive;
  list->limit = limit;
  list->cursor = cursor != NULL ? cursor : &list->own;
  list->one_page = one_page;
  list->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  return &list->base;
}

GPtrArray *
s3d_list_steal_items (S3dSequence *list)
{
  return g_steal_pointer (&((List *) list)->items);
}

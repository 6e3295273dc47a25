/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists: pages, one after the other, as each is told where the next begins by the one before. The caller's place is
 * kept, so that a list can go on page by page in bounded memory. A page goes through the filter on the download pool,
 * since an expression may be costly, and is kept until it has: after an error nothing is passed over. Thread rule and
 * ownership as in engine-sequence.h. */

#include "config.h"

#include "engine/engine-list.h"

#include "base/base-uri.h"

#include <string.h>

#define PAGE_SIZE 1000 /* the most that S3 and its relatives give */

typedef struct
{
  S3dSequence parent;
  S3dStore *store;
  S3dlioUri *prefix;
  S3dListWanted wanted;
  gsize prefix_length; /* of its text */
  S3dListPlace *place; /* the caller's, or own */
  S3dListPlace own;
  gboolean one_page;
  GPtrArray *items;
} List;

void
s3d_list_place_clear (S3dListPlace *place)
{
  s3d_cursor_clear (&place->cursor);
  g_clear_pointer (&place->unseen, g_ptr_array_unref);
}

static GPtrArray *
new_items (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
}

static gboolean
is_complete (const List *list)
{
  return list->place->cursor.at_end || (list->wanted.limit > 0 && list->items->len >= list->wanted.limit)
         || (list->one_page && list->items->len > 0);
}

/* --- the filter --- */

static gboolean
matches (const List *list, S3dlioObjectInfo *info, gboolean *yes, GError **error)
{
  const char *rest = s3dlio_object_info_get_uri (info) + list->prefix_length;
  g_autofree char *decoded = s3d_uri_is_path (list->prefix) ? g_uri_unescape_string (rest, NULL) : NULL;

  return s3d_filter_match (list->wanted.filter, decoded != NULL ? decoded : rest, yes, error);
}

/* TRUE: it is cancelled; there is no need to go on. */
static gboolean
is_interrupted (S3dSequence *sequence)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&sequence->lock);

  return sequence->error != NULL;
}

/* The job. Only it touches the page while it runs. */
static void
filter_page (S3dSequence *sequence)
{
  List *list = (List *) sequence;
  GPtrArray *unseen = list->place->unseen;
  g_autoptr (GPtrArray) found = new_items ();
  GError *error = NULL;
  gboolean yes;

  for (guint i = 0; i < unseen->len && error == NULL && !is_interrupted (sequence); i++)
    {
      if (matches (list, g_ptr_array_index (unseen, i), &yes, &error) && yes)
        g_ptr_array_add (found, s3dlio_object_info_ref (g_ptr_array_index (unseen, i)));
    }

  g_mutex_lock (&sequence->lock);
  if (error != NULL)
    s3d_sequence_fail (sequence, error);
  if (sequence->error == NULL)
    {
      g_clear_pointer (&list->place->unseen, g_ptr_array_unref);
      g_ptr_array_extend_and_steal (list->items, g_steal_pointer (&found));
      if (list->wanted.limit > 0 && list->items->len > list->wanted.limit)
        g_ptr_array_set_size (list->items, (int) list->wanted.limit);
    }
  g_mutex_unlock (&sequence->lock);
}

/* --- the sequence --- */

static void
list_step (S3dSequence *sequence)
{
  List *list = (List *) sequence;
  S3dOp *op;

  if (sequence->in_flight->len > 0 || sequence->pending > 0)
    return;

  if (list->place->unseen != NULL)
    {
      s3d_sequence_push (sequence, filter_page);
      return;
    }
  if (is_complete (list))
    return;

  op = s3d_op_new (list->wanted.kind, list->prefix, NULL, NULL);
  op->recursive = list->wanted.recursive;
  op->no_follow = list->wanted.kind == S3D_OP_UPLOAD_LIST; /* what is listed is to be removed */
  op->cursor = &list->place->cursor;
  op->page_size = PAGE_SIZE;
  if (list->wanted.limit > 0 && list->wanted.filter == NULL)
    op->page_size = MIN (PAGE_SIZE, list->wanted.limit - list->items->len);
  s3d_sequence_launch (sequence, list->store, op);
}

static void
list_completed (S3dSequence *sequence, S3dOp *op)
{
  List *list = (List *) sequence;

  if (op->error != NULL)
    s3d_sequence_fail (sequence, g_steal_pointer (&op->error));
  else if (list->wanted.filter != NULL)
    list->place->unseen = g_steal_pointer (&op->items);
  else
    g_ptr_array_extend_and_steal (list->items, g_steal_pointer (&op->items));
}

static void
list_free (S3dSequence *sequence)
{
  List *list = (List *) sequence;

  s3d_store_unref (list->store);
  s3dlio_uri_unref (list->prefix);
  g_clear_pointer (&list->wanted.filter, s3d_filter_unref);
  s3d_list_place_clear (&list->own);
  g_clear_pointer (&list->items, g_ptr_array_unref);
  g_free (list);
}

static const S3dSequenceClass list_class = {
  .step = list_step,
  .completed = list_completed,
  .free = list_free,
};

S3dSequence *
s3d_list_new (S3dStore *store, S3dlioUri *prefix, const S3dListWanted *wanted, S3dListPlace *place)
{
  List *list = g_new0 (List, 1);
  g_autofree char *text = s3dlio_uri_to_string (prefix);

  s3d_sequence_init (&list->parent, &list_class);
  list->store = s3d_store_ref (store);
  list->prefix = s3dlio_uri_ref (prefix);
  list->prefix_length = strlen (text);
  list->wanted = *wanted;
  if (wanted->filter != NULL)
    s3d_filter_ref (wanted->filter);
  list->place = place != NULL ? place : &list->own;
  list->one_page = place != NULL;
  list->items = new_items ();
  return &list->parent;
}

GPtrArray *
s3d_list_steal_items (S3dSequence *list)
{
  return g_steal_pointer (&((List *) list)->items);
}

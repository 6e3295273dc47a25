/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies: a put that is fed from an object.
 *
 * To another store the parts are fetched by gets, each a sequence of its own, several at once, and sent as they come.
 * The first get brings as much as one write takes; what it tells of the object decides how it goes on, and all further
 * ones are of the same version of it (If-Match). So a small object costs one get and one put.
 *
 * Inside a store the parts are ranges that the service copies. Its size is asked for only where the answer matters: a
 * copy in one step is tried first when the threshold is what the service takes at most, and its refusal leads on. Where
 * parts cannot be held to a version of the source, a second look, when all are there, must find what the first one did;
 * where the service cannot copy parts of it at all, they come by way of this process.
 *
 * Gets are started by a job, without the lock; as each ends it leaves its bytes under the lock and is dropped. State is
 * under the sequence's lock. */

#include "config.h"

#include "engine/engine-copy.h"

#include "base/base-error.h"
#include "engine/engine-put-private.h"
#include "engine/engine-range.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)
/* Parts of one copy that are held together. */
#define HELD_MAX (128 * MIB)
/* Ranges that the service copies cost it little more than a request each: few of them, but some for every slot. */
#define RANGE_MAX (1024 * MIB)
#define RANGES_A_SLOT 4

typedef struct
{
  S3dPut put;
  S3dStore *from_store;
  S3dlioUri *from;
  char *if_match; /* the caller's, then that of what was found; nullable */
  gboolean begun;
  gboolean known; /* the size is */

  /* Inside a store. */
  GError *refused; /* what the service said to the copy in one step */
  S3dlioObjectInfo *found; /* that the ranges are of; nullable */
  gboolean looked_again;

  /* By way of this process. */
  guint64 first;     /* bytes that the first get asks for */
  gboolean waited;   /* memory for that was asked for */
  guint64 reserved;
  guint window;      /* parts held */
  GBytes *head;      /* what the first get brought */
  GPtrArray *fetches; /* of Fetch * */
} Copy;

typedef struct
{
  Copy *copy;
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

static S3dAttributes *
attributes_of (S3dlioObjectInfo *info)
{
  S3dAttributes *attributes = s3d_attributes_new ();
  g_auto (GStrv) names = s3dlio_object_info_list_metadata (info);

  attributes->content_type = g_strdup (s3dlio_object_info_get_attribute (info, "content-type"));
  attributes->content_encoding = g_strdup (s3dlio_object_info_get_attribute (info, "content-encoding"));
  attributes->content_language = g_strdup (s3dlio_object_info_get_attribute (info, "content-language"));
  attributes->content_disposition = g_strdup (s3dlio_object_info_get_attribute (info, "content-disposition"));
  attributes->cache_control = g_strdup (s3dlio_object_info_get_attribute (info, "cache-control"));
  if (!names || !names[0])
    return attributes;

  attributes->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; names[i]; i++)
    g_hash_table_insert (attributes->metadata, g_strdup (names[i]),
                         g_strdup (s3dlio_object_info_get_metadata (info, names[i])));

  return attributes;
}

/* What was found is what is copied, and no later version of it. */
static void
adopt (Copy *copy,
       S3dlioObjectInfo *info)
{
  const char *etag = info ? s3dlio_object_info_get_etag (info) : NULL;

  if (info && !copy->put.attributes)
    copy->put.attributes = attributes_of (info);
  if (!etag)
    return;

  g_free (copy->if_match);
  copy->if_match = g_strdup (etag);
}

static void
launch_stat (Copy *copy)
{
  s3d_sequence_launch (&copy->put.parent, copy->from_store, s3d_op_new (S3D_OP_STAT, copy->from, NULL, NULL));
}

/* --- by way of this process --- */

static void
queue_part (Copy *copy,
            GBytes *bytes,
            guint number)
{
  g_queue_push_tail (&copy->put.ready, s3d_put_new_part (&copy->put, number, s3d_source_new_bytes (bytes)));
}

/* As many whole parts as came with the first get. */
static void
cut_head (Copy *copy)
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
plan (Copy *copy)
{
  S3dPut *put = &copy->put;
  guint64 share = MIN (put->store->settings->memory_budget / 2, HELD_MAX);

  copy->known = TRUE;
  if (g_bytes_get_size (copy->head) == put->size)
    s3d_put_decide (put);
  else
    s3d_put_decide_parts (put);

  if (put->way == S3D_PUT_SINGLE)
    {
      put->source = s3d_source_new_bytes (copy->head);
      g_clear_pointer (&copy->head, g_bytes_unref);
    }
  else if (!put->parent.error)
    {
      copy->window = (guint) CLAMP (share / put->part_size, 1, (guint64) s3d_put_parts_at_once (put));
      cut_head (copy);
      put->at_end = put->next == put->size;
    }
}

static void
first_landed (Copy *copy,
              S3dGet *get,
              GBytes *bytes)
{
  S3dPut *put = &copy->put;

  copy->head = bytes;
  put->size = get->total >= 0 ? (guint64) get->total : get->length;
  put->parent.progress_total = (gint64) put->size;
  adopt (copy, get->info);
  if (get->info || put->attributes)
    plan (copy);
  else
    launch_stat (copy); /* it is empty, and the service told nothing else */
}

static void
part_landed (Copy *copy,
             const Fetch *fetch,
             GBytes *bytes)
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
on_fetched (S3dSequence *get,
            gpointer data)
{
  Fetch *fetch = data;
  Copy *copy = fetch->copy;
  S3dSequence *sequence = &copy->put.parent;
  GError *error = s3d_sequence_steal_error (get);
  GBytes *bytes = error ? NULL : s3d_get_steal_bytes (get);

  g_mutex_lock (&sequence->lock);
  s3d_sequence_absorb (sequence, get);
  if (error)
    s3d_sequence_fail (sequence, error);
  else if (fetch->number == 0)
    first_landed (copy, (S3dGet *) get, bytes);
  else
    part_landed (copy, fetch, bytes);
  g_ptr_array_remove_fast (copy->fetches, fetch);
  copy->put.at_end = copy->known && copy->put.next == copy->put.size && copy->fetches->len == 0;
  g_mutex_unlock (&sequence->lock);

  s3d_sequence_resume (sequence);
}

/* As much as one write takes. */
static guint64
first_fetch (const S3dPut *put)
{
  return MAX (MIN (s3d_put_threshold (put), HELD_MAX), 1);
}

/* The next get to start, with a reference; NULL: none. */
static S3dSequence *
claim_fetch (Copy *copy,
             Fetch **fetch)
{
  S3dSequence *sequence = &copy->put.parent;
  S3dSequence *get = NULL;

  g_mutex_lock (&sequence->lock);
  for (guint i = 0; i < copy->fetches->len && !get && !sequence->error; i++)
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

  while ((get = claim_fetch ((Copy *) sequence, &fetch)))
    {
      s3d_sequence_start (get, on_fetched, fetch);
      s3d_sequence_unref (get);
    }
}

static void
add_fetch (Copy *copy,
           guint64 offset,
           guint64 length,
           guint number)
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
have_memory (Copy *copy,
             guint64 needed)
{
  if (!copy->put.budget || needed <= copy->reserved)
    return TRUE;

  copy->reserved = needed;

  return s3d_sequence_reserve (&copy->put.parent, copy->put.budget, needed);
}

static void
begin_fetching (Copy *copy)
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
  Copy *copy = (Copy *) put;
  gboolean more = FALSE;

  if (!copy->begun)
    begin_fetching (copy);
  if (!copy->known || !put->upload_id || !have_memory (copy, copy->window * put->part_size))
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
fetch_completed (S3dPut *put,
                 S3dOp *op)
{
  Copy *copy = (Copy *) put;

  if (op->target != copy->from)
    return FALSE;

  if (op->error)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
  else
    adopt (copy, op->info);
  if (!put->parent.error)
    plan (copy);

  return TRUE;
}

static void
fetch_interrupt (S3dPut *put)
{
  Copy *copy = (Copy *) put;
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

static void
copy_clear (S3dPut *put)
{
  Copy *copy = (Copy *) put;

  g_ptr_array_unref (copy->fetches);
  g_clear_pointer (&copy->head, g_bytes_unref);
  g_clear_error (&copy->refused);
  g_clear_pointer (&copy->found, s3dlio_object_info_unref);
  g_free (copy->if_match);
  s3dlio_uri_unref (copy->from);
  s3d_store_unref (copy->from_store);
}

static const S3dPutFeed fetch_feed = {
  .step = fetch_step,
  .completed = fetch_completed,
  .interrupt = fetch_interrupt,
  .clear = copy_clear,
};

/* --- inside a store --- */

static guint64
one_step_at_most (const S3dPut *put)
{
  return MIN (put->store->settings->multipart_copy_threshold, put->store->klass->max_copy);
}

static void
launch_copy (Copy *copy)
{
  S3dPut *put = &copy->put;
  S3dOp *op = s3d_op_new (S3D_OP_COPY, put->target, NULL, NULL);

  op->from = s3dlio_uri_ref (copy->from);
  op->if_match = g_strdup (copy->if_match);
  op->no_clobber = put->no_clobber;
  op->attributes = put->attributes ? s3d_attributes_copy (put->attributes) : NULL;
  put->launched = TRUE;
  put->way = S3D_PUT_SINGLE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static void
add_range (Copy *copy)
{
  S3dPut *put = &copy->put;
  S3dOp *op = s3d_op_new (S3D_OP_UPLOAD_PART_COPY, put->target, NULL, NULL);

  op->from = s3dlio_uri_ref (copy->from);
  op->if_match = g_strdup (copy->if_match);
  op->offset = (gint64) put->next;
  op->length = (gint64) MIN (put->part_size, put->size - put->next);
  op->part_number = (guint) (put->next / put->part_size) + 1;
  put->next += (guint64) op->length;
  g_queue_push_tail (&put->ready, op);
}

static void
within_step (S3dPut *put)
{
  Copy *copy = (Copy *) put;
  guint at_once = s3d_put_parts_at_once (put);

  if (!copy->begun && one_step_at_most (put) == put->store->klass->max_copy)
    launch_copy (copy);
  else if (!copy->begun)
    launch_stat (copy);
  copy->begun = TRUE;
  if (put->way != S3D_PUT_PARTS)
    return;

  while (put->next < put->size && put->n_flying + put->ready.length < at_once)
    add_range (copy);
  if (put->next < put->size)
    return;

  if (s3d_store_part_copy (put->store, copy->from) == S3D_PART_COPY_HELD)
    {
      put->at_end = TRUE;
    }
  else if (!copy->looked_again && put->n_flying + put->ready.length == 0)
    {
      copy->looked_again = TRUE;
      launch_stat (copy);
    }
}

static void
plan_ranges (Copy *copy)
{
  S3dPut *put = &copy->put;
  guint64 share = put->size / (s3d_put_parts_at_once (put) * RANGES_A_SLOT) / MIB * MIB;

  put->way = S3D_PUT_PARTS;
  put->launched = FALSE;
  put->parent.progress_total = (gint64) put->size;
  put->part_size = s3d_put_part_size (put->store->klass,
                                      MAX (MIN (share, RANGE_MAX), put->store->settings->part_size), put->size);
  if ((put->size - 1) / put->part_size >= put->store->klass->max_parts)
    s3d_put_fail_unsupported (put);
}

static void
go_by_way_of_this_process (Copy *copy)
{
  copy->put.feed = &fetch_feed;
  copy->put.way = S3D_PUT_UNDECIDED;
  copy->put.launched = FALSE;
  copy->put.copied_from = NULL;
  copy->begun = FALSE;
  copy->first = first_fetch (&copy->put);
}

/* The parts are all there. */
static void
second_look_landed (Copy *copy,
                    S3dOp *op)
{
  S3dlioObjectInfo *found = copy->found;

  if (op->error)
    s3d_sequence_fail (&copy->put.parent, g_steal_pointer (&op->error));
  else if (g_strcmp0 (s3dlio_object_info_get_etag (found), s3dlio_object_info_get_etag (op->info)) != 0
           || s3dlio_object_info_get_size (found) != s3dlio_object_info_get_size (op->info)
           || s3dlio_object_info_get_mtime (found) != s3dlio_object_info_get_mtime (op->info))
    s3d_sequence_fail (&copy->put.parent, g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION,
                                                               "the object was changed while it was copied"));
  else
    copy->put.at_end = TRUE;
}

static void
stat_landed (Copy *copy,
             S3dOp *op)
{
  S3dPut *put = &copy->put;
  const char *etag = op->info ? s3dlio_object_info_get_etag (op->info) : NULL;
  gint64 size = op->info ? s3dlio_object_info_get_size (op->info) : -1;

  if (op->error)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
  else if (size > 0 && (guint64) size > one_step_at_most (put) && copy->if_match && etag
           && g_strcmp0 (copy->if_match, etag) != 0)
    s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION,
                                                  "its ETag is \"%s\", not \"%s\"", etag, copy->if_match));
  else if (size > 0 && (guint64) size > one_step_at_most (put))
    {
      put->size = (guint64) size;
      copy->found = s3dlio_object_info_ref (op->info);
      adopt (copy, op->info);
      if (s3d_store_part_copy (put->store, copy->from) == S3D_PART_COPY_NONE)
        go_by_way_of_this_process (copy);
      else
        plan_ranges (copy);
    }
  else if (copy->refused)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&copy->refused));
  else
    launch_copy (copy);
}

static gboolean
within_completed (S3dPut *put,
                  S3dOp *op)
{
  Copy *copy = (Copy *) put;
  gboolean too_large = g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);

  if (op->target == copy->from)
    {
      if (copy->looked_again)
        second_look_landed (copy, op);
      else
        stat_landed (copy, op);
      return TRUE;
    }
  if (op->kind != S3D_OP_COPY || !too_large || one_step_at_most (put) < put->store->klass->max_copy)
    return FALSE;

  copy->refused = g_steal_pointer (&op->error);
  launch_stat (copy);

  return TRUE;
}

static const S3dPutFeed within_feed = {
  .step = within_step,
  .completed = within_completed,
  .clear = copy_clear,
};

static Copy *
copy_new (const S3dPutFeed *feed,
          S3dStore *from_store,
          S3dlioUri *from,
          S3dStore *store,
          S3dlioUri *target,
          S3dBudget *budget,
          const char *if_match,
          const S3dPutOptions *options)
{
  Copy *copy = g_new0 (Copy, 1);

  s3d_put_init (&copy->put, feed, store, budget, target, options);
  copy->from_store = s3d_store_ref (from_store);
  copy->from = s3dlio_uri_ref (from);
  copy->if_match = g_strdup (if_match);
  copy->fetches = g_ptr_array_new_with_free_func (fetch_free);

  return copy;
}

S3dSequence *
s3d_copy_new (S3dStore *from_store,
              S3dlioUri *from,
              S3dStore *store,
              S3dlioUri *target,
              S3dBudget *budget,
              const char *if_match,
              const S3dPutOptions *options)
{
  Copy *copy = copy_new (&fetch_feed, from_store, from, store, target, budget, if_match, options);

  copy->first = first_fetch (&copy->put);

  return &copy->put.parent;
}

S3dSequence *
s3d_copy_new_within (S3dStore *store,
                     S3dlioUri *from,
                     S3dlioUri *target,
                     S3dBudget *budget,
                     const char *if_match,
                     const S3dPutOptions *options)
{
  Copy *copy = copy_new (&within_feed, store, from, store, target, budget, if_match, options);

  copy->put.copied_from = from;
  copy->put.parent.choices.multipart_threshold = one_step_at_most (&copy->put);

  return &copy->put.parent;
}

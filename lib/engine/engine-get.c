/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The range engine: what is asked for, and when.
 *
 * The first read is of the first threshold bytes. When its answer's headers are in, size, ETag and so the whole plan
 * (engine-get-plan.c) are known: memory is allocated once, and the other ranges are launched beside the first, which is
 * still coming.
 *
 * Of the last bytes of an object the very last come first, as nothing else can be asked for while the size is unknown;
 * their answer tells it, and the ranges before them follow.
 *
 * State is under the sequence's lock. Memory of the result belongs to the get until it is stolen; the caller's memory
 * and descriptor are borrowed, and let go before done. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "engine/engine-range.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* How many bytes the first read asks for; -1: all. */
static gint64
first_length (const S3dGet *get)
{
  gint64 first = (gint64) MIN (get->ranges.split_threshold, G_MAXINT64);

  if (get->destination.in_order)
    first = MIN (first, get->chunk);
  else if (!get->ranges.enabled)
    return get->wanted;

  return get->wanted < 0 ? first : MIN (first, get->wanted);
}

static void
plain_landed (S3dGet *get, S3dOp *op)
{
  if (op->error != NULL)
    {
      s3d_sequence_fail (&get->parent, g_steal_pointer (&op->error));
      return;
    }

  get->length = get->plain->written;
  get->parent.progress_done = get->length;
  get->parent.progress_total = (gint64) get->length;
  if (get->destination.in_order)
    get->plain_bytes = s3d_sink_steal_bytes (get->plain);
}

static void
get_completed (S3dSequence *sequence, S3dOp *op)
{
  S3dGet *get = (S3dGet *) sequence;
  S3dRange *range = op->ready_data;

  if (op->kind == S3D_OP_STAT)
    {
      s3d_get_stat_landed (get, op);
      return;
    }

  get->n_flying--;
  if (!get->planned && g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE))
    s3d_get_first_refused (get, op);
  else if (get->plain != NULL)
    plain_landed (get, op);
  else if (!s3d_resume_start_over (get, range, op) && s3d_range_landed (range, op) && !get->destination.in_order)
    s3d_range_free (range);
}

static void
launch_next (S3dGet *get)
{
  gint64 length = MIN (get->chunk, s3d_resume_gap (get, get->next));
  S3dRange *range = s3d_range_new (get, get->next, length);
  GError *error = NULL;

  if (get->destination.in_order)
    {
      s3d_order_insert (range);
      if (!s3d_order_prepare (range, &error))
        {
          s3d_sequence_fail (&get->parent, error);
          return;
        }
    }
  else if (get->destination.kind == S3D_GET_BYTES)
    range->memory = get->memory + (get->next - get->offset);
  else if (get->destination.kind == S3D_GET_MEMORY)
    range->memory = (guint8 *) get->destination.memory + (get->next - get->offset);

  get->next = s3d_resume_skip (get, get->next + length);
  s3d_range_launch (range);
}

/* Of the last bytes the last @length, or all of them; where they stand is not yet known. */
static S3dRange *
last_range (S3dGet *get, gint64 length)
{
  return s3d_range_new (get, length >= 0 ? MAX (get->offset, -length) : get->offset, -1);
}

/* FALSE: memory is waited for. */
static gboolean
begin (S3dGet *get)
{
  gint64 first = first_length (get);
  guint64 bytes = (guint64) (first >= 0 ? first : get->chunk);
  gboolean holds = get->destination.in_order || get->destination.kind == S3D_GET_BYTES;
  S3dRange *range = s3d_resume_begin (get);

  if (range == NULL)
    range = get->offset >= 0 ? s3d_range_new (get, get->offset, first) : last_range (get, first);

  get->begun = TRUE;
  if (get->destination.in_order)
    s3d_order_insert (range);
  g_queue_push_tail (&get->again, range);

  return get->budget == NULL || !holds || s3d_sequence_reserve (&get->parent, get->budget, bytes);
}

static gboolean
may_launch (const S3dGet *get)
{
  return get->planned && !get->unsure && get->next < get->end && get->n_flying < get->at_once
         && get->parent.error == NULL && (!get->destination.in_order || get->order.length < get->window);
}

static gboolean
next_is_complete (S3dGet *get)
{
  const S3dRange *range = g_queue_peek_head (&get->order);

  return range != NULL && range->complete;
}

/* Nothing is left to ask for: the descriptor is left as if it had been written from front to back. */
static void
set_position (const S3dGet *get)
{
  const S3dGetDestination *to = &get->destination;

  if (to->kind == S3D_GET_FILE && !to->in_order && get->planned && get->n_flying == 0)
    (void) lseek (to->fd, (off_t) (to->file_offset + get->length), SEEK_SET);
}

static void
get_step (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;
  GError *error = NULL;

  if (get->wanted == 0 || (get->planned && get->total == get->offset))
    {
      set_position (get);
      return;
    }
  if (!get->begun && get->wanted > 0 && !s3d_get_fits (get, get->wanted, &error))
    {
      s3d_sequence_fail (sequence, error);
      return;
    }
  if (!get->begun && !begin (get))
    return;

  while (!g_queue_is_empty (&get->again) && get->n_flying < get->at_once)
    s3d_range_launch (g_queue_pop_head (&get->again));

  if (get->to_reserve > 0 && get->budget != NULL)
    {
      guint64 bytes = (guint64) get->to_reserve;

      get->to_reserve = 0;
      if (!s3d_sequence_reserve (sequence, get->budget, bytes))
        return;
    }

  while (may_launch (get))
    launch_next (get);
  set_position (get);

  if ((next_is_complete (get) || get->plain_bytes != NULL) && !get->writing)
    {
      get->writing = TRUE;
      s3d_sequence_push (sequence, s3d_order_write);
    }
}

static void
get_interrupt (S3dSequence *sequence)
{
  s3d_order_interrupt ((S3dGet *) sequence);
}

static void
get_free (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;

  while (!g_queue_is_empty (&get->live))
    s3d_range_free (g_queue_peek_head (&get->live));
  g_queue_clear (&get->again);
  g_queue_clear (&get->order);
  if (get->memory != NULL)
    s3d_memory_free (get->memory, get->memory_size);
  if (get->wake >= 0)
    close (get->wake);
  g_clear_pointer (&get->plain, s3d_sink_free);
  g_clear_pointer (&get->plain_bytes, g_bytes_unref);
  g_clear_pointer (&get->info, s3dlio_object_info_unref);
  g_clear_pointer (&get->budget, s3d_budget_unref);
  g_clear_error (&get->refused);
  g_free (get->if_match);
  g_free (get->etag);
  s3dlio_uri_unref (get->target);
  s3d_store_unref (get->store);
  g_free (get);
}

static const S3dSequenceClass get_class = {
  .step = get_step,
  .completed = get_completed,
  .interrupt = get_interrupt,
  .free = get_free,
};

S3dSequence *
s3d_get_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, gint64 offset, gint64 length, const char *if_match,
             const S3dGetDestination *destination)
{
  S3dGet *get = g_new0 (S3dGet, 1);

  s3d_sequence_init (&get->parent, &get_class);
  get->store = s3d_store_ref (store);
  get->budget = budget != NULL ? s3d_budget_ref (budget) : NULL;
  get->target = s3dlio_uri_ref (target);
  get->offset = MAX (offset, -G_MAXINT64);
  get->wanted = length > G_MAXINT64 - MAX (offset, 0) ? -1 : length;
  get->if_match = g_strdup (if_match);
  get->destination = *destination;
  get->total = -1;
  get->end = -1;
  get->note_step = G_MAXINT64;
  get->wake = destination->in_order ? eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
  s3d_get_set_ranges (&get->parent, s3d_settings_range (store->settings, store->scheme));

  return &get->parent;
}

GBytes *
s3d_get_steal_bytes (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;

  if (get->plain != NULL)
    return s3d_sink_steal_bytes (get->plain);
  if (get->memory == NULL)
    return g_bytes_new_static ("", 0);

  return s3d_memory_to_bytes (g_steal_pointer (&get->memory), get->memory_size, get->memory_size);
}

guint64
s3d_get_get_length (S3dSequence *sequence)
{
  return ((S3dGet *) sequence)->length;
}

S3dlioObjectInfo *
s3d_get_get_info (S3dSequence *sequence)
{
  return ((S3dGet *) sequence)->info;
}

guint
s3d_get_get_n_ranges (S3dSequence *sequence)
{
  return sequence->choices.ranges;
}

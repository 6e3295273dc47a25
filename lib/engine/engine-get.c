/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The range engine: what is asked for, and when.
 *
 * The first read is of the first threshold bytes. When its answer's headers are in, size, ETag and so the whole plan
 * are known: memory is allocated once, and the other ranges are launched beside the first, which is still coming.
 * Chunks grow with the object only as far as every slot keeps some to do, since fewer requests cost less and the last
 * round of large ones leaves slots idle: 8 ranges a slot bound that loss to an eighth.
 *
 * Of the last bytes of an object the very last come first, as nothing else can be asked for while the size is unknown;
 * their answer tells it, and the ranges before them follow.
 *
 * State is under the sequence's lock. Memory of the result belongs to the get until it is stolen; the caller's memory
 * and descriptor are borrowed, and let go before done. Ranges and 416 are those of RFC 9110, 14. */

#include "config.h"

#include "engine/engine-range.h"

#include "base/base-error.h"
#include "base/base-memory.h"

#include <sys/eventfd.h>
#include <unistd.h>

#define MIB (G_GINT64_CONSTANT (1) << 20)
#define CHUNK_MAX (64 * MIB)
#define RANGES_A_SLOT 8
/* In order, what is fetched ahead is held: so much at most, in pieces of so much at most. */
#define ORDER_MAX (128 * MIB)
#define ORDER_CHUNK_MAX (16 * MIB)

static gboolean
refuse_size (S3dGet *get,
             gint64 length,
             GError **error)
{
  get->length = (guint64) length;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE,
               "%" G_GINT64_FORMAT " bytes do not fit into a buffer of %" G_GSIZE_FORMAT, length,
               get->destination.memory_size);

  return FALSE;
}

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
grow_chunk (S3dGet *get)
{
  gint64 wanted = (get->end - get->next) / ((gint64) get->at_once * RANGES_A_SLOT);

  if (!get->ranges.chunk_grows || get->destination.in_order || wanted <= get->chunk)
    return;

  wanted = (wanted + MIB - 1) / MIB * MIB;
  get->chunk = MAX (get->chunk, MIN (wanted, CHUNK_MAX));
}

void
s3d_get_choose_chunk (S3dGet *get)
{
  S3dChoices *choices = &get->parent.choices;

  grow_chunk (get);
  if (!get->ranges.enabled && !get->destination.in_order)
    return;

  choices->range_split_threshold = get->ranges.split_threshold;
  choices->range_chunk_size = (guint64) get->chunk;
  choices->max_concurrent_ranges = get->at_once;
  if (get->destination.in_order)
    choices->range_split_threshold = MIN (choices->range_split_threshold, choices->range_chunk_size);
}

/* The size of the whole object, as far as the answer tells it. */
static gboolean
learn_total (S3dGet *get,
             const S3dRange *range,
             const S3dOp *op,
             GError **error)
{
  gboolean all_of_it = range->length < 0 || op->range_length < range->length;

  get->total = op->total;
  if (get->total < 0 && op->range_length >= 0 && all_of_it)
    get->total = op->range_offset + op->range_length;

  if (get->total < 0 && (op->range_length >= 0 || get->wanted >= 0 || get->offset != 0))
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                           "the service does not tell the size of the object");
      return FALSE;
    }
  if (get->total >= 0 && op->range_length > get->total - op->range_offset)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "the answer is longer than its object");
      return FALSE;
    }

  return TRUE;
}

/* Whether the answer begins where the range does; a range of the last bytes learns here where that is. */
static gboolean
learn_place (S3dGet *get,
             S3dRange *range,
             const S3dOp *op,
             GError **error)
{
  if (get->offset < 0)
    {
      get->offset = MAX (get->total + get->offset, 0);
      if (op->range_offset >= get->offset && op->range_offset + op->range_length == get->total)
        range->start = op->range_offset;
    }
  if (op->range_offset == range->start)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
               "the service answered a range from %" G_GINT64_FORMAT " with bytes from %" G_GINT64_FORMAT,
               range->start, op->range_offset);

  return FALSE;
}

/* A body whose length is told by its end alone: one stream, into whatever there is. */
static void
plan_plain (S3dGet *get)
{
  const S3dGetDestination *to = &get->destination;

  if (to->kind == S3D_GET_MEMORY)
    get->plain = s3d_sink_new_memory (to->memory, to->memory_size);
  else if (to->kind == S3D_GET_FILE && !to->in_order)
    get->plain = s3d_sink_new_file (to->fd, to->file_offset);
  else
    get->plain = s3d_sink_new_growing (to->in_order ? ORDER_MAX : G_MAXSSIZE);
}

static gboolean
plan_memory (S3dGet *get,
             S3dRange *range,
             gint64 length,
             GError **error)
{
  const S3dGetDestination *to = &get->destination;

  if (to->in_order)
    return s3d_order_prepare (range, error);

  if (to->kind == S3D_GET_MEMORY)
    {
      range->memory = (guint8 *) to->memory + (range->start - get->offset);
      return (guint64) length <= to->memory_size || refuse_size (get, length, error);
    }

  if (to->kind == S3D_GET_FILE || length == 0)
    return TRUE;

  get->memory_size = (gsize) length;
  get->memory = (guint64) length <= G_MAXSSIZE ? s3d_memory_alloc (get->memory_size) : NULL;
  if (get->memory)
    range->memory = get->memory + (range->start - get->offset);
  else
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "no memory for %" G_GINT64_FORMAT " bytes", length);

  return get->memory != NULL;
}

static void
plan_reservation (S3dGet *get,
                  gint64 length)
{
  if (get->next >= get->end)
    return;

  if (get->destination.in_order)
    get->to_reserve = MIN (length, (gint64) get->window * get->chunk);
  else if (get->destination.kind == S3D_GET_BYTES)
    get->to_reserve = length;
}

/* What further ranges are for: all behind the first one, or before it, when it was of the last bytes. */
static void
set_rest (S3dGet *get,
          const S3dRange *first,
          gint64 length)
{
  const gboolean before = first->start > get->offset;

  get->next = before ? get->offset : first->start + first->length;
  get->end = before ? first->start : get->offset + length;
}

gboolean
s3d_get_plan (S3dGet *get,
              S3dRange *range,
              S3dOp *op,
              GError **error)
{
  gint64 asked = range->length;
  gint64 length;

  if (!learn_total (get, range, op, error) || !learn_place (get, range, op, error))
    return FALSE;

  get->info = op->info ? s3dlio_object_info_ref (op->info) : NULL;
  get->etag = op->info ? g_strdup (s3dlio_object_info_get_etag (op->info)) : NULL;
  get->planned = TRUE;
  if (get->total < 0)
    {
      plan_plain (get);
      return TRUE;
    }

  length = get->total - get->offset;
  if (get->wanted >= 0)
    length = MIN (length, get->wanted);
  get->parent.progress_total = length;

  range->rewinds = asked >= 0 && op->range_length > asked;
  range->length = op->range_length < 0 || range->rewinds ? length : MIN (op->range_length, length);
  range->clipped = op->range_length > range->length;
  set_rest (get, range, length);
  if (range->rewinds && get->destination.in_order && range->length > ORDER_MAX)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                           "the service ignores ranges, and the object is too large to be held");
      return FALSE;
    }
  if (!plan_memory (get, range, length, error))
    return FALSE;

  get->length = (guint64) length;
  s3d_get_choose_chunk (get);
  s3d_resume_describe (get);
  plan_reservation (get, length);

  return TRUE;
}

static void
set_empty (S3dGet *get)
{
  get->planned = TRUE;
  get->total = get->offset = MAX (get->offset, 0);
  get->end = get->next = get->offset;
  get->length = 0;
  get->parent.progress_total = 0;
}

/* The service has no byte at the offset. @total: the object's size. */
static void
judge_refusal (S3dGet *get,
               gint64 total,
               GError *error)
{
  if (total == MAX (get->offset, 0))
    {
      g_error_free (error);
      set_empty (get);
      return;
    }

  if (total < get->offset)
    {
      g_clear_error (&error);
      g_set_error (&error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE,
                   "offset %" G_GINT64_FORMAT " lies behind the end of an object of %" G_GINT64_FORMAT " bytes",
                   get->offset, total);
    }
  s3d_sequence_fail (&get->parent, error);
}

/* 416 with a size is an answer; without one, offset 0 means that the object is empty, as a negative one does, and for
 * any other a stat must tell. */
static void
first_refused (S3dGet *get,
               S3dOp *op)
{
  GError *error = g_steal_pointer (&op->error);

  if (op->total >= 0)
    judge_refusal (get, op->total, error);
  else if (get->offset <= 0)
    judge_refusal (get, 0, error);
  else
    {
      get->refused = error;
      s3d_sequence_launch (&get->parent, get->store, s3d_op_new (S3D_OP_STAT, get->target, NULL, NULL));
    }
}

static void
stat_landed (S3dGet *get,
             S3dOp *op)
{
  gint64 size = op->info ? s3dlio_object_info_get_size (op->info) : -1;

  if (op->error)
    s3d_sequence_fail (&get->parent, g_steal_pointer (&op->error));
  else if (size >= 0)
    judge_refusal (get, size, g_steal_pointer (&get->refused));
  else
    s3d_sequence_fail (&get->parent, g_steal_pointer (&get->refused));
}

static void
plain_landed (S3dGet *get,
              S3dOp *op)
{
  if (op->error)
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
get_completed (S3dSequence *sequence,
               S3dOp *op)
{
  S3dGet *get = (S3dGet *) sequence;
  S3dRange *range = op->ready_data;

  if (op->kind == S3D_OP_STAT)
    {
      stat_landed (get, op);
      return;
    }

  get->n_flying--;
  if (!get->planned && g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE))
    first_refused (get, op);
  else if (get->plain)
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
last_range (S3dGet *get,
            gint64 length)
{
  return s3d_range_new (get, length >= 0 ? MAX (get->offset, -length) : get->offset, -1);
}

/* FALSE: memory is waited for. */
static gboolean
begin (S3dGet *get)
{
  gint64 first = first_length (get);
  guint64 bytes = get->expected > 0 ? get->expected : (guint64) (first >= 0 ? first : get->chunk);
  gboolean holds = get->destination.in_order || get->destination.kind == S3D_GET_BYTES;
  S3dRange *range = s3d_resume_begin (get);

  if (!range)
    range = get->offset >= 0 ? s3d_range_new (get, get->offset, first) : last_range (get, first);

  get->begun = TRUE;
  if (get->destination.in_order)
    s3d_order_insert (range);
  g_queue_push_tail (&get->again, range);

  return !get->budget || !holds || s3d_sequence_reserve (&get->parent, get->budget, bytes);
}

static gboolean
may_launch (const S3dGet *get)
{
  return get->planned && !get->unsure && get->next < get->end && get->n_flying < get->at_once && !get->parent.error &&
         (!get->destination.in_order || get->order.length < get->window);
}

static gboolean
next_is_complete (S3dGet *get)
{
  const S3dRange *range = g_queue_peek_head (&get->order);

  return range && range->complete;
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

  if (get->wanted == 0 || (get->planned && get->total == get->offset))
    {
      set_position (get);
      return;
    }
  if (!get->begun && get->destination.kind == S3D_GET_MEMORY && get->wanted >= 0 &&
      (guint64) get->wanted > get->destination.memory_size)
    {
      GError *error = NULL;

      refuse_size (get, get->wanted, &error);
      s3d_sequence_fail (sequence, error);
      return;
    }
  if (!get->begun && !begin (get))
    return;

  while (!g_queue_is_empty (&get->again) && get->n_flying < get->at_once)
    s3d_range_launch (g_queue_pop_head (&get->again));

  if (get->to_reserve > 0 && get->budget)
    {
      guint64 bytes = (guint64) get->to_reserve;

      get->to_reserve = 0;
      if (!s3d_sequence_reserve (sequence, get->budget, bytes))
        return;
    }

  while (may_launch (get))
    launch_next (get);
  set_position (get);

  if ((next_is_complete (get) || get->plain_bytes) && !get->writing)
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
  if (get->memory)
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

/* What follows from the range settings. */
static void
adopt_ranges (S3dGet *get,
              const S3dRangeSettings *ranges)
{
  const S3dSettings *settings = get->store->settings;
  gint64 share = (gint64) MIN (settings->memory_budget / 2, (guint64) ORDER_MAX);

  get->ranges = *ranges;
  get->chunk = (gint64) MAX (MIN (ranges->chunk_size, G_MAXINT64), 1);
  get->at_once = ranges->enabled ? MAX (MIN (ranges->concurrent, settings->max_total_requests), 1) : 1;
  if (!get->destination.in_order)
    return;

  get->chunk = MIN (get->chunk, ORDER_CHUNK_MAX);
  get->at_once = MAX (get->at_once, ranges->enabled ? 1 : 2);
  get->window = (guint) CLAMP (share / get->chunk, 2, (gint64) get->at_once + 1);
}

S3dSequence *
s3d_get_new (S3dStore *store,
             S3dBudget *budget,
             S3dlioUri *target,
             gint64 offset,
             gint64 length,
             const char *if_match,
             const S3dGetDestination *destination)
{
  S3dGet *get = g_new0 (S3dGet, 1);

  s3d_sequence_init (&get->parent, &get_class);
  get->store = s3d_store_ref (store);
  get->budget = budget ? s3d_budget_ref (budget) : NULL;
  get->target = s3dlio_uri_ref (target);
  get->offset = MAX (offset, -G_MAXINT64);
  get->wanted = length > G_MAXINT64 - MAX (offset, 0) ? -1 : length;
  get->if_match = g_strdup (if_match);
  get->destination = *destination;
  get->total = -1;
  get->end = -1;
  get->note_step = G_MAXINT64;
  get->wake = destination->in_order ? eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
  adopt_ranges (get, s3d_settings_range (store->settings, store->scheme));

  return &get->parent;
}

void
s3d_get_set_ranges (S3dSequence *sequence,
                    const S3dRangeSettings *ranges)
{
  adopt_ranges ((S3dGet *) sequence, ranges);
}

void
s3d_get_set_expected (S3dSequence *sequence,
                      guint64 bytes)
{
  ((S3dGet *) sequence)->expected = bytes;
}

GBytes *
s3d_get_steal_bytes (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;

  if (get->plain)
    return s3d_sink_steal_bytes (get->plain);
  if (!get->memory)
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

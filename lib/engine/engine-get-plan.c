/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The plan of a get: what its settings, and then its first answer, decide.
 *
 * The first answer's headers tell size and ETag, and with these everything is known: where its bytes go, what other
 * ranges there are, in which chunks and with how much memory. Or they tell that there is nothing at the offset.
 *
 * Chunks grow with the object only as far as every slot keeps some to do, since fewer requests cost less and the last
 * round of large ones leaves slots idle: 8 ranges a slot bound that loss to an eighth.
 *
 * Thread rule and ownership as in engine-get.c. Ranges and 416 are those of RFC 9110, 14. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "engine/engine-range.h"

#define MIB (G_GINT64_CONSTANT (1) << 20)
#define CHUNK_MAX (64 * MIB)
#define RANGES_A_SLOT 8
/* In order, what is fetched ahead is held: so much at most, in pieces of so much at most. */
#define ORDER_MAX (128 * MIB)
#define ORDER_CHUNK_MAX (16 * MIB)

void
s3d_get_set_ranges (S3dSequence *sequence, const S3dRangeSettings *ranges)
{
  S3dGet *get = (S3dGet *) sequence;
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

gboolean
s3d_get_fits (S3dGet *get, gint64 length, GError **error)
{
  if (get->destination.kind != S3D_GET_MEMORY || (guint64) length <= get->destination.memory_size)
    return TRUE;

  get->length = (guint64) length;
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE,
               "%" G_GINT64_FORMAT " bytes do not fit into a buffer of %" G_GSIZE_FORMAT, length,
               get->destination.memory_size);

  return FALSE;
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
learn_total (S3dGet *get, const S3dRange *range, const S3dOp *op, GError **error)
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
learn_place (S3dGet *get, S3dRange *range, const S3dOp *op, GError **error)
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
plan_memory (S3dGet *get, S3dRange *range, gint64 length, GError **error)
{
  const S3dGetDestination *to = &get->destination;

  if (to->in_order)
    return s3d_order_prepare (range, error);

  if (to->kind == S3D_GET_MEMORY)
    {
      range->memory = (guint8 *) to->memory + (range->start - get->offset);
      return s3d_get_fits (get, length, error);
    }

  if (to->kind == S3D_GET_FILE || length == 0)
    return TRUE;

  get->memory_size = (gsize) length;
  get->memory = s3d_memory_alloc ((guint64) length, error);
  if (get->memory != NULL)
    range->memory = get->memory + (range->start - get->offset);

  return get->memory != NULL;
}

static void
plan_reservation (S3dGet *get, gint64 length)
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
set_rest (S3dGet *get, const S3dRange *first, gint64 length)
{
  const gboolean before = first->start > get->offset;

  get->next = before ? get->offset : first->start + first->length;
  get->end = before ? first->start : get->offset + length;
}

gboolean
s3d_get_plan (S3dGet *get, S3dRange *range, S3dOp *op, GError **error)
{
  gint64 asked = range->length;
  gint64 length;

  if (!learn_total (get, range, op, error) || !learn_place (get, range, op, error))
    return FALSE;

  get->info = op->info != NULL ? s3dlio_object_info_ref (op->info) : NULL;
  get->etag = op->info != NULL ? g_strdup (s3dlio_object_info_get_etag (op->info)) : NULL;
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
judge_refusal (S3dGet *get, gint64 total, GError *error)
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
void
s3d_get_first_refused (S3dGet *get, S3dOp *op)
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

void
s3d_get_stat_landed (S3dGet *get, S3dOp *op)
{
  gint64 size = op->info != NULL ? s3dlio_object_info_get_size (op->info) : -1;

  if (op->error != NULL)
    s3d_sequence_fail (&get->parent, g_steal_pointer (&op->error));
  else if (size >= 0)
    judge_refusal (get, size, g_steal_pointer (&get->refused));
  else
    s3d_sequence_fail (&get->parent, g_steal_pointer (&get->refused));
}

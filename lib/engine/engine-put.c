/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing one object, in one step or in parts.
 *
 * A source of known length is cut into slices, which the backend reads as it sends them. A stream is read by a job on
 * the download pool, into a buffer a part, no more buffers than were reserved; while the parts grow, fewer are held.
 * Every upload that was begun is either completed or aborted: its begin is shielded from cancellation, because only its
 * answer tells what to abort. An answer to a complete that was lost shows, when it is asked for again, as an upload
 * that is not there: then one stat tells whether the object is.
 *
 * State is under the sequence's lock, the stream's read without it. Limits of parts: those of the store's class
 * (Amazon S3: 5 MiB to 5 GiB, 10,000 parts). */

#include "config.h"

#include "engine/engine-put.h"

#include "base/base-error.h"
#include "base/base-memory.h"

#include <string.h>

#define MIB (G_GUINT64_CONSTANT (1) << 20)
/* Buffers of one stream together. */
#define STREAM_MAX (128 * MIB)
/* A stream's part size doubles so often on the way to the last part. */
#define DOUBLINGS 10

typedef enum
{
  UNDECIDED,
  SINGLE,
  PARTS
} Way;

typedef struct
{
  S3dSequence parent;
  S3dStore *store;
  S3dBudget *budget; /* nullable */
  S3dlioUri *target;
  gboolean no_clobber;
  char *if_match;
  S3dAttributes *attributes;
  S3dlioObjectInfo *info; /* nullable */

  Way way;
  S3dSource *source;   /* of known length, or what a stream came to; nullable */
  guint64 size;        /* of the source, or read so far */
  guint64 part_size;
  guint64 next;        /* where the next slice begins */
  gboolean launched;   /* the one write, or the begin */
  gboolean asked;      /* no_clobber: whether the object is there */
  gboolean vacant;     /* it is not */
  gboolean completing;
  char *upload_id;
  GPtrArray *etags;    /* of char *, by part */
  guint n_parts;       /* launched */
  guint n_flying;
  gboolean published;
  GError *lost;        /* what the complete said while the stat is out */

  /* A stream. */
  S3dPutRead read;
  gpointer data;
  GDestroyNotify destroy;
  GCancellable *cancellable;
  gboolean reading, at_end;
  guint64 to_read;     /* of the read that is out, or comes next */
  guint64 reserved;
  guint n_cut;         /* parts made */
  GBytes *first;       /* until it is known whether more comes */
  GQueue ready;        /* of S3dSource *: parts that wait */
} Put;

guint64
s3d_put_part_size (const S3dStoreClass *klass,
                   guint64 wanted,
                   guint64 size)
{
  guint64 needed = klass->max_parts > 0 ? size / klass->max_parts + (size % klass->max_parts != 0) : size;

  wanted = MAX (MAX (wanted, klass->min_part_size), 1);
  if (needed <= wanted)
    return wanted;
  if (needed > MIB)
    needed = (needed + MIB - 1) / MIB * MIB;

  return MIN (needed, MAX (klass->max_part_size, wanted));
}

guint64
s3d_put_growing_part_size (const S3dStoreClass *klass,
                           guint64 wanted,
                           guint part)
{
  guint every = MAX (klass->max_parts / (DOUBLINGS + 1), 1);
  guint times = MIN ((part - 1) / every, 20);

  wanted = MAX (MAX (wanted, klass->min_part_size), 1);

  return wanted > (klass->max_part_size >> times) ? MAX (klass->max_part_size, wanted) : wanted << times;
}

static guint64
growing_size (const Put *put,
              guint part)
{
  return s3d_put_growing_part_size (put->store->klass, put->store->settings->part_size, part);
}

static guint64
threshold (const Put *put)
{
  return MIN (put->store->settings->multipart_threshold, put->store->klass->max_write);
}

static S3dOp *
new_op (Put *put,
        S3dOpKind kind)
{
  S3dOp *op = s3d_op_new (kind, put->target, NULL, NULL);

  op->upload_id = g_strdup (put->upload_id);

  return op;
}

/* What decides over the object at its publication. */
static void
set_conditions (const Put *put,
                S3dOp *op)
{
  op->no_clobber = put->no_clobber;
  op->if_match = g_strdup (put->if_match);
}

static void
set_attributes (const Put *put,
                S3dOp *op)
{
  op->attributes = put->attributes ? s3d_attributes_copy (put->attributes) : NULL;
}

static void
launch_write (Put *put)
{
  S3dOp *op = new_op (put, S3D_OP_WRITE);

  op->source = s3d_source_ref (put->source);
  set_conditions (put, op);
  set_attributes (put, op);
  put->launched = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

/* Some services (Ceph 16) take no condition at the completion, so an upload that must not replace anything asks
 * first: it also saves sending what would be refused. Others close the gap that is left. */
static void
launch_check (Put *put)
{
  put->asked = TRUE;
  s3d_sequence_launch (&put->parent, put->store, new_op (put, S3D_OP_STAT));
}

static void
launch_begin (Put *put)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_BEGIN);

  set_attributes (put, op);
  op->shielded = TRUE;
  put->launched = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

/* @source is taken. */
static void
launch_part (Put *put,
             S3dSource *source)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_PART);

  op->source = source;
  op->part_number = ++put->n_parts;
  put->n_flying++;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static void
launch_complete (Put *put)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_COMPLETE);

  op->part_etags = g_ptr_array_ref (put->etags);
  set_conditions (put, op);
  set_attributes (put, op);
  put->completing = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static S3dSource *
next_slice (Put *put)
{
  guint64 offset = put->next;
  guint64 length = MIN (put->part_size, put->size - offset);

  if (!put->source)
    return g_queue_pop_head (&put->ready);
  if (length == 0)
    return NULL;

  put->next += length;

  return s3d_source_new_slice (put->source, offset, length);
}

static gboolean
all_is_sent (const Put *put)
{
  if (put->n_flying > 0)
    return FALSE;

  return put->source ? put->next == put->size : put->at_end && g_queue_is_empty ((GQueue *) &put->ready);
}

static void
step_parts (Put *put)
{
  guint at_once = MAX (MIN (put->store->settings->concurrent_parts, put->store->settings->max_total_requests), 1);
  S3dSource *slice;

  if (put->no_clobber && !put->asked)
    launch_check (put);
  if (put->no_clobber && !put->vacant)
    return;
  if (!put->launched)
    launch_begin (put);
  if (!put->upload_id || put->completing)
    return;

  while (put->n_flying < at_once && !put->parent.error && (slice = next_slice (put)))
    launch_part (put, slice);

  if (all_is_sent (put) && !put->parent.error)
    launch_complete (put);
}

static void
fail_unsupported (Put *put)
{
  s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                                                "%s cannot take an object of %" G_GUINT64_FORMAT " bytes or more",
                                                put->store->klass->name, put->size));
}

static void
decide (Put *put)
{
  const S3dStoreClass *klass = put->store->klass;
  gboolean in_parts = s3d_store_can (put->store, S3D_OP_UPLOAD_BEGIN);

  if (put->size <= threshold (put) || (!in_parts && put->size <= klass->max_write))
    {
      put->way = SINGLE;
      return;
    }

  put->way = PARTS;
  put->part_size = s3d_put_part_size (klass, put->store->settings->part_size, put->size);
  if (!in_parts || put->size / put->part_size + (put->size % put->part_size != 0) > klass->max_parts)
    fail_unsupported (put);
}

/* --- streams --- */

static void
cut_first (Put *put)
{
  guint64 size = g_bytes_get_size (put->first);

  for (guint64 at = 0; at < size;)
    {
      guint64 length = MIN (growing_size (put, ++put->n_cut), size - at);
      g_autoptr (GBytes) piece = g_bytes_new_from_bytes (put->first, (gsize) at, (gsize) length);

      g_queue_push_tail (&put->ready, s3d_source_new_bytes (piece));
      at += length;
    }
  g_clear_pointer (&put->first, g_bytes_unref);
}

/* What was read decides: all of it in one write, or parts. */
static void
decide_stream (Put *put)
{
  if (put->size > threshold (put))
    {
      put->way = PARTS;
      cut_first (put);
      if (!s3d_store_can (put->store, S3D_OP_UPLOAD_BEGIN))
        fail_unsupported (put);
    }
  else if (put->at_end)
    {
      put->way = SINGLE;
      put->source = s3d_source_new_bytes (put->first);
      g_clear_pointer (&put->first, g_bytes_unref);
    }
}

/* A buffer was filled (taken), unless the stream ended; under the lock. */
static void
take_bytes (Put *put,
            GBytes *bytes)
{
  gsize size = g_bytes_get_size (bytes);

  put->size += size;
  put->at_end = size < put->to_read;
  if (put->way == UNDECIDED && !put->first)
    {
      put->first = bytes;
      decide_stream (put);
      return;
    }

  if (put->way == UNDECIDED)
    decide_stream (put);
  if (size > 0 && ++put->n_cut > put->store->klass->max_parts)
    fail_unsupported (put);
  else if (size > 0)
    g_queue_push_tail (&put->ready, s3d_source_new_bytes (bytes));
  g_bytes_unref (bytes);
}

static gboolean
fill (Put *put,
      guint8 *memory,
      gsize size,
      gsize *got,
      GError **error)
{
  for (*got = 0; *got < size;)
    {
      gssize n = put->read (put->data, memory + *got, size - *got, put->cancellable, error);

      if (n < 0)
        return FALSE;
      if (n == 0)
        return TRUE;
      *got += (gsize) n;
    }

  return TRUE;
}

/* The job: reads one buffer. */
static void
read_buffer (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;
  gsize size = (gsize) put->to_read;
  guint8 *memory = put->to_read <= G_MAXSSIZE ? s3d_memory_alloc (size) : NULL;
  GBytes *bytes = NULL;
  GError *error = NULL;
  gsize got = 0;

  if (!memory)
    g_set_error (&error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "no memory for a part of %" G_GUINT64_FORMAT " bytes",
                 put->to_read);
  else if (fill (put, memory, size, &got, &error))
    bytes = s3d_memory_to_bytes (memory, size, got);
  else
    s3d_memory_free (memory, size);

  g_mutex_lock (&sequence->lock);
  put->reading = FALSE;
  if (bytes)
    take_bytes (put, bytes);
  else
    s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);
}

/* How many buffers of @size there may be. */
static guint
n_buffers (const Put *put,
           guint64 size)
{
  guint64 share = MIN (put->store->settings->memory_budget / 2, STREAM_MAX);

  return (guint) CLAMP (share / size, 1, (guint64) put->store->settings->concurrent_parts + 1);
}

/* TRUE: there is memory for the next buffer. Nothing is held while more is waited for; the first read, which may need
 * another one to know whether more comes, reserves for both. */
static gboolean
have_memory (Put *put)
{
  guint64 part = growing_size (put, put->n_cut + 1);
  guint buffers = n_buffers (put, part);
  guint held = put->n_flying + put->ready.length;
  guint64 needed = MAX (put->size == 0 ? put->to_read + part : 0, buffers * part);

  if (held > 0 && held >= buffers)
    return FALSE;
  if (!put->budget || needed <= put->reserved || put->first)
    return TRUE;
  if (held > 0)
    return FALSE;

  put->reserved = needed;

  return s3d_sequence_reserve (&put->parent, put->budget, needed);
}

/* The first read is of as many whole parts as reach the threshold: it need not be copied, whatever comes of it. */
static guint64
first_read (const Put *put)
{
  guint64 size = 0;

  for (guint part = 1; size < threshold (put); part++)
    size += growing_size (put, part);

  return MAX (size, 1);
}

static void
step_stream (Put *put)
{
  if (put->way == PARTS)
    step_parts (put);
  if (put->reading || put->at_end || put->parent.error)
    return;

  put->to_read = put->size == 0 ? first_read (put) : growing_size (put, put->n_cut + 1);
  if (!have_memory (put))
    return;

  put->reading = TRUE;
  s3d_sequence_push (&put->parent, read_buffer);
}

/* --- the sequence --- */

static void
put_step (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;

  if (put->published)
    return;
  if (put->way == UNDECIDED && put->source)
    decide (put);
  if (sequence->error)
    return;

  if (put->way == SINGLE && !put->launched)
    launch_write (put);
  else if (put->read && put->way != SINGLE)
    step_stream (put);
  else if (put->way == PARTS)
    step_parts (put);
}

/* It is there, whatever else was wished for meanwhile. Services do not tell the size of what was written. */
static void
publish (Put *put,
         const S3dOp *op)
{
  g_autofree char *uri = s3dlio_uri_to_string (put->target);

  put->published = TRUE;
  put->info = op->info ? s3dlio_object_info_ref (op->info)
                       : s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, -1, S3D_TIME_UNKNOWN, NULL);
  s3d_object_info_set_size (put->info, (gint64) put->size);
  put->parent.progress_done = put->size;
  put->parent.progress_total = (gint64) put->size;
  if (g_error_matches (put->parent.error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&put->parent.error);
}

static void
part_completed (Put *put,
                S3dOp *op)
{
  put->n_flying--;
  if (op->error)
    {
      s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
      return;
    }

  if (put->etags->len < op->part_number)
    g_ptr_array_set_size (put->etags, (gint) op->part_number);
  g_ptr_array_index (put->etags, op->part_number - 1) = g_steal_pointer (&op->etag);
  put->parent.progress_done += s3d_source_get_length (op->source);
}

static void
complete_completed (Put *put,
                    S3dOp *op)
{
  if (!op->error)
    publish (put, op);
  else if (op->facts.attempts > 1 && g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND))
    {
      put->lost = g_steal_pointer (&op->error);
      s3d_sequence_launch (&put->parent, put->store, new_op (put, S3D_OP_STAT));
    }
  else
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
}

/* Is the object that is there ours? Its size, and the number of parts where the ETag tells it. */
static gboolean
is_ours (const Put *put,
         const S3dOp *stat)
{
  const char *etag = stat->info ? s3dlio_object_info_get_etag (stat->info) : NULL;
  const char *dash = etag ? strrchr (etag, '-') : NULL;

  if (stat->error || !stat->info || s3dlio_object_info_get_size (stat->info) != (gint64) put->size)
    return FALSE;

  return !dash || g_ascii_strtoull (dash + 1, NULL, 10) == put->n_parts;
}

static void
check_completed (Put *put,
                 S3dOp *op)
{
  put->vacant = g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  if (put->vacant)
    return;

  s3d_sequence_fail (&put->parent, op->error ? g_steal_pointer (&op->error)
                                             : g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "it exists already"));
}

static void
put_completed (S3dSequence *sequence,
               S3dOp *op)
{
  Put *put = (Put *) sequence;

  if (op->kind == S3D_OP_UPLOAD_PART)
    part_completed (put, op);
  else if (op->kind == S3D_OP_UPLOAD_COMPLETE)
    complete_completed (put, op);
  else if (op->kind == S3D_OP_STAT && !put->completing)
    check_completed (put, op);
  else if (op->kind == S3D_OP_STAT && is_ours (put, op))
    publish (put, op);
  else if (op->kind == S3D_OP_STAT)
    s3d_sequence_fail (sequence, g_steal_pointer (&put->lost));
  else if (op->error)
    s3d_sequence_fail (sequence, g_steal_pointer (&op->error));
  else if (op->kind == S3D_OP_UPLOAD_BEGIN)
    put->upload_id = g_steal_pointer (&op->upload_id);
  else
    publish (put, op);
}

static void
put_interrupt (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;

  if (put->cancellable)
    g_cancellable_cancel (put->cancellable);
}

/* Few attempts: who cancelled waits for it. */
static void
put_cleanup (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;
  guint retries = put->store->settings->retries;
  S3dOp *op;

  if (!put->upload_id || put->published)
    return;

  op = new_op (put, S3D_OP_UPLOAD_ABORT);
  op->attempts_made = retries > 3 ? retries - 3 : 0;
  s3d_sequence_launch (sequence, put->store, op);
}

static void
put_ended (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;

  if (put->destroy)
    put->destroy (put->data);
  put->destroy = NULL;
  g_clear_pointer (&put->source, s3d_source_unref);
}

static void
put_free (S3dSequence *sequence)
{
  Put *put = (Put *) sequence;

  put_ended (sequence);
  g_clear_object (&put->cancellable);
  g_clear_pointer (&put->first, g_bytes_unref);
  g_queue_clear_full (&put->ready, (GDestroyNotify) s3d_source_unref);
  g_clear_pointer (&put->info, s3dlio_object_info_unref);
  g_clear_pointer (&put->attributes, s3d_attributes_free);
  g_clear_pointer (&put->budget, s3d_budget_unref);
  g_ptr_array_unref (put->etags);
  g_clear_error (&put->lost);
  g_free (put->if_match);
  g_free (put->upload_id);
  s3dlio_uri_unref (put->target);
  s3d_store_unref (put->store);
  g_free (put);
}

static const S3dSequenceClass put_class = {
  .step = put_step,
  .completed = put_completed,
  .interrupt = put_interrupt,
  .cleanup = put_cleanup,
  .ended = put_ended,
  .free = put_free,
};

static Put *
put_new (S3dStore *store,
         S3dBudget *budget,
         S3dlioUri *target,
         const S3dPutOptions *options)
{
  Put *put = g_new0 (Put, 1);

  s3d_sequence_init (&put->parent, &put_class);
  put->store = s3d_store_ref (store);
  put->budget = budget ? s3d_budget_ref (budget) : NULL;
  put->target = s3dlio_uri_ref (target);
  put->etags = g_ptr_array_new_with_free_func (g_free);
  if (!options)
    return put;

  put->no_clobber = options->no_clobber;
  put->if_match = g_strdup (options->if_match);
  put->attributes = options->attributes ? s3d_attributes_copy (options->attributes) : NULL;

  return put;
}

S3dSequence *
s3d_put_new (S3dStore *store,
             S3dBudget *budget,
             S3dlioUri *target,
             S3dSource *source,
             const S3dPutOptions *options)
{
  Put *put = put_new (store, budget, target, options);

  put->source = s3d_source_ref (source);
  put->size = s3d_source_get_length (source);
  put->parent.progress_total = (gint64) put->size;

  return &put->parent;
}

S3dSequence *
s3d_put_new_stream (S3dStore *store,
                    S3dBudget *budget,
                    S3dlioUri *target,
                    S3dPutRead read,
                    gpointer data,
                    GDestroyNotify destroy,
                    const S3dPutOptions *options)
{
  Put *put = put_new (store, budget, target, options);

  put->read = read;
  put->data = data;
  put->destroy = destroy;
  put->cancellable = g_cancellable_new ();

  return &put->parent;
}

S3dlioObjectInfo *
s3d_put_get_info (S3dSequence *sequence)
{
  return ((Put *) sequence)->info;
}

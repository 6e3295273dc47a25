/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The machine under every operation of more than one step.
 *
 * One lock a sequence. Whatever happens (a start, a completion, a cancellation) takes it, changes the state, lets the
 * implementation launch what follows, and ends in settle(), which leaves the lock and then does what may not be done
 * under it: cancelling ops (that may run a user's handlers), giving reservations back (that starts other sequences),
 * starting a sequence within, and calling done. A started sequence holds a reference to itself until done has
 * returned. */

#include "config.h"

#include "engine/engine-sequence.h"

#define IDLE(sequence) ((sequence)->in_flight->len == 0 && (sequence)->pending == 0)

typedef struct
{
  S3dSequence *sequence;
  S3dSequenceJob job;
} Job;

static void
add_facts (S3dFacts *all, const S3dFacts *one)
{
  all->attempts += one->attempts;
  all->retries += one->retries;
  all->throttled += one->throttled;
  all->bytes += one->bytes;
  if (one->started != 0 && (all->started == 0 || one->started < all->started))
    all->started = one->started;
  if (one->first_byte != 0 && (all->first_byte == 0 || one->first_byte < all->first_byte))
    all->first_byte = one->first_byte;
  all->ended = MAX (all->ended, one->ended);
}

void
s3d_sequence_absorb (S3dSequence *sequence, const S3dSequence *part)
{
  S3dChoices *all = &sequence->choices;
  const S3dChoices *one = &part->choices;

  add_facts (&sequence->facts, &part->facts);
  all->ranges += one->ranges;
  all->range_split_threshold = MAX (all->range_split_threshold, one->range_split_threshold);
  all->range_chunk_size = MAX (all->range_chunk_size, one->range_chunk_size);
  all->max_concurrent_ranges = MAX (all->max_concurrent_ranges, one->max_concurrent_ranges);
  all->parts += one->parts;
  all->multipart_threshold = MAX (all->multipart_threshold, one->multipart_threshold);
  all->part_size = MAX (all->part_size, one->part_size);
  all->concurrent_parts = MAX (all->concurrent_parts, one->concurrent_parts);
}

void
s3d_sequence_init (S3dSequence *sequence, const S3dSequenceClass *klass)
{
  g_atomic_ref_count_init (&sequence->refs);
  sequence->klass = klass;
  g_mutex_init (&sequence->lock);
  sequence->in_flight = g_ptr_array_new ();
  sequence->progress_total = -1;
}

S3dSequence *
s3d_sequence_ref (S3dSequence *sequence)
{
  g_atomic_ref_count_inc (&sequence->refs);

  return sequence;
}

void
s3d_sequence_unref (S3dSequence *sequence)
{
  if (!g_atomic_ref_count_dec (&sequence->refs))
    return;

  g_ptr_array_unref (sequence->in_flight);
  g_clear_pointer (&sequence->within, s3d_sequence_unref);
  g_clear_error (&sequence->error);
  g_clear_pointer (&sequence->pool, s3d_pool_unref);
  g_mutex_clear (&sequence->lock);
  sequence->klass->free (sequence);
}

static void
finish (gpointer data)
{
  S3dSequence *sequence = data;

  if (sequence->klass->ended != NULL)
    sequence->klass->ended (sequence);
  sequence->done (sequence, sequence->done_data);
  s3d_sequence_unref (sequence);
}

/* The ops to cancel, with a reference each; under the lock. */
static GPtrArray *
list_victims (S3dSequence *sequence)
{
  GPtrArray *victims = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_op_unref);

  for (guint i = 0; i < sequence->in_flight->len; i++)
    {
      S3dOp *op = g_ptr_array_index (sequence->in_flight, i);

      if (!op->shielded)
        g_ptr_array_add (victims, s3d_op_ref (op));
    }

  return victims;
}

static void settle (S3dSequence *sequence, gboolean here);

static void
within_done (S3dSequence *child, gpointer data)
{
  S3dSequence *sequence = data;
  GError *error = s3d_sequence_steal_error (child);

  g_mutex_lock (&sequence->lock);
  s3d_sequence_absorb (sequence, child);
  if (error != NULL)
    s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);

  s3d_sequence_resume (sequence);
}

/* Leaves the queue of the budget; the reference that waits there goes with it. */
static void
give_up_waiting (S3dSequence *sequence, S3dReservation *reservation)
{
  if (!s3d_reservation_release (reservation))
    return; /* granted(), which is on its way, does the same */

  g_mutex_lock (&sequence->lock);
  sequence->reserving = FALSE;
  sequence->pending--;
  settle (sequence, FALSE);
  s3d_sequence_unref (sequence);
}

static void
interrupt (S3dSequence *sequence, GPtrArray *victims, S3dReservation *waiting)
{
  for (guint i = 0; i < victims->len; i++)
    s3d_op_cancel (g_ptr_array_index (victims, i));

  if (sequence->within != NULL)
    s3d_sequence_cancel (sequence->within);
  if (sequence->klass->interrupt != NULL)
    sequence->klass->interrupt (sequence);

  if (waiting != NULL)
    give_up_waiting (sequence, waiting);
}

/* Called with the lock, by who holds a reference; leaves the lock. @here: done may be called by this thread, when it
 * is the library's. */
static void
settle (S3dSequence *sequence, gboolean here)
{
  g_autoptr (GPtrArray) victims = NULL;
  S3dReservation *waiting = NULL, *held = NULL;
  S3dReservation *stale = g_steal_pointer (&sequence->stale);
  gboolean starts = sequence->starts_within;
  gboolean ends = FALSE;

  sequence->starts_within = FALSE;
  if (sequence->error != NULL && !sequence->interrupted)
    {
      sequence->interrupted = TRUE;
      victims = list_victims (sequence);
      if (sequence->reserving)
        waiting = g_steal_pointer (&sequence->reservation);
    }

  if (sequence->started && !sequence->ended && IDLE (sequence))
    {
      if (sequence->error != NULL && sequence->klass->cleanup != NULL && !sequence->cleaning)
        {
          sequence->cleaning = TRUE;
          sequence->klass->cleanup (sequence);
        }
      if (IDLE (sequence))
        {
          ends = sequence->ended = TRUE;
          held = g_steal_pointer (&sequence->reservation);
          if (!(here && s3d_thread_is_ours ()) && sequence->pool == NULL)
            sequence->pool = s3d_pool_get (S3D_POOL_DOWNLOAD);
        }
    }

  g_mutex_unlock (&sequence->lock);

  if (stale != NULL)
    s3d_reservation_release (stale);
  if (held != NULL)
    s3d_reservation_release (held);
  if (victims != NULL)
    interrupt (sequence, victims, waiting);
  if (starts)
    s3d_sequence_start (sequence->within, within_done, sequence);

  if (ends && here && s3d_thread_is_ours ())
    finish (sequence);
  else if (ends)
    s3d_pool_push (sequence->pool, finish, sequence);
}

static void
step (S3dSequence *sequence)
{
  if (sequence->error == NULL && !sequence->reserving && !sequence->ended)
    sequence->klass->step (sequence);
}

void
s3d_sequence_start (S3dSequence *sequence, S3dSequenceDone done, gpointer data)
{
  s3d_sequence_ref (sequence); /* dropped by finish() */
  s3d_sequence_ref (sequence);

  g_mutex_lock (&sequence->lock);
  sequence->started = TRUE;
  sequence->done = done;
  sequence->done_data = data;
  step (sequence);
  settle (sequence, FALSE);

  s3d_sequence_unref (sequence);
}

void
s3d_sequence_cancel (S3dSequence *sequence)
{
  s3d_sequence_ref (sequence);

  g_mutex_lock (&sequence->lock);
  if (!sequence->ended)
    s3d_sequence_fail (sequence, s3d_error_new_cancelled ());
  settle (sequence, FALSE);

  s3d_sequence_unref (sequence);
}

S3dlioObjectInfo *
s3d_sequence_get_info (S3dSequence *sequence)
{
  return sequence->klass->get_info != NULL ? sequence->klass->get_info (sequence) : NULL;
}

void
s3d_sequence_get_progress (S3dSequence *sequence, guint64 *done, gint64 *total)
{
  S3dSequence *within;

  g_mutex_lock (&sequence->lock);
  within = sequence->within;
  *done = sequence->progress_done;
  *total = sequence->progress_total;
  g_mutex_unlock (&sequence->lock);

  if (within != NULL)
    s3d_sequence_get_progress (within, done, total);
}

S3dlioReport *
s3d_sequence_report (S3dSequence *sequence)
{
  const S3dFacts *facts = &sequence->facts;
  const S3dChoices *choices = &sequence->choices;
  S3dlioReport *report = s3d_report_new ();
  guint64 done;
  gint64 total;

  s3d_sequence_get_progress (sequence, &done, &total);
  s3d_report_add (report, S3DLIO_REPORT_REQUESTS, facts->attempts);
  s3d_report_add (report, S3DLIO_REPORT_RETRIES, facts->retries);
  s3d_report_add (report, S3DLIO_REPORT_THROTTLED, facts->throttled);
  s3d_report_add (report, S3DLIO_REPORT_BYTES, done);
  s3d_report_add (report, S3DLIO_REPORT_ELAPSED, (guint64) MAX (facts->ended - facts->started, 0));
  if (choices->ranges > 0)
    s3d_report_add (report, S3DLIO_REPORT_RANGES, choices->ranges);
  if (choices->range_chunk_size > 0)
    {
      s3d_report_add (report, S3DLIO_REPORT_RANGE_SPLIT_THRESHOLD, choices->range_split_threshold);
      s3d_report_add (report, S3DLIO_REPORT_RANGE_CHUNK_SIZE, choices->range_chunk_size);
      s3d_report_add (report, S3DLIO_REPORT_MAX_CONCURRENT_RANGES, choices->max_concurrent_ranges);
    }
  if (choices->multipart_threshold > 0)
    {
      s3d_report_add (report, S3DLIO_REPORT_PARTS, choices->parts);
      s3d_report_add (report, S3DLIO_REPORT_MULTIPART_THRESHOLD, choices->multipart_threshold);
    }
  if (choices->parts > 0)
    {
      s3d_report_add (report, S3DLIO_REPORT_PART_SIZE, choices->part_size);
      s3d_report_add (report, S3DLIO_REPORT_CONCURRENT_PARTS, choices->concurrent_parts);
    }

  return report;
}

GError *
s3d_sequence_steal_error (S3dSequence *sequence)
{
  GError *error;

  g_mutex_lock (&sequence->lock);
  error = g_steal_pointer (&sequence->error);
  g_mutex_unlock (&sequence->lock);

  return error;
}

void
s3d_sequence_fail (S3dSequence *sequence, GError *error)
{
  if (sequence->error != NULL)
    g_error_free (error);
  else
    sequence->error = error;
}

static void
remove_in_flight (S3dSequence *sequence, S3dOp *op)
{
  guint last = sequence->in_flight->len - 1;
  S3dOp *moved = g_ptr_array_index (sequence->in_flight, last);

  moved->slot = op->slot;
  g_ptr_array_index (sequence->in_flight, op->slot) = moved;
  g_ptr_array_set_size (sequence->in_flight, (gint) last);
}

/* Of the requests of a step all but the first are retries, and that one too when the op goes on with a broken one. */
static void
count_op (S3dSequence *sequence, S3dOp *op)
{
  if (op->facts.attempts > 0)
    op->facts.retries = op->facts.attempts - op->steps - (op->goes_on ? 0 : 1);
  add_facts (&sequence->facts, &op->facts);
}

static void
op_done (S3dOp *op, gpointer data)
{
  S3dSequence *sequence = s3d_sequence_ref (data);

  g_mutex_lock (&sequence->lock);
  remove_in_flight (sequence, op);
  count_op (sequence, op);
  if (!sequence->cleaning)
    sequence->klass->completed (sequence, op);
  else if (sequence->klass->cleaned != NULL)
    sequence->klass->cleaned (sequence, op);
  step (sequence);
  settle (sequence, TRUE);

  s3d_op_unref (op);
  s3d_sequence_unref (sequence);
}

void
s3d_sequence_launch (S3dSequence *sequence, S3dStore *store, S3dOp *op)
{
  GError *error = NULL;

  if (sequence->error != NULL && !sequence->cleaning)
    {
      s3d_op_unref (op);
      return;
    }

  op->done = op_done;
  op->done_data = sequence;
  op->slot = sequence->in_flight->len;
  g_ptr_array_add (sequence->in_flight, op);
  if (s3d_store_start (store, op, &error))
    return;

  remove_in_flight (sequence, op);
  s3d_op_unref (op);
  s3d_sequence_fail (sequence, error);
}

static void
granted (gpointer data)
{
  S3dSequence *sequence = data;

  g_mutex_lock (&sequence->lock);
  sequence->reserving = FALSE;
  sequence->pending--;
  step (sequence);
  settle (sequence, FALSE);

  s3d_sequence_unref (sequence);
}

gboolean
s3d_sequence_reserve (S3dSequence *sequence, S3dBudget *budget, guint64 bytes)
{
  gboolean at_once = FALSE;

  g_assert (!sequence->stale && !sequence->reserving);

  sequence->stale = g_steal_pointer (&sequence->reservation);
  s3d_sequence_ref (sequence); /* granted()'s */
  sequence->reservation = s3d_budget_reserve (budget, bytes, granted, sequence, &at_once);
  if (at_once)
    {
      g_atomic_ref_count_dec (&sequence->refs); /* never the last one */
      return TRUE;
    }

  sequence->reserving = TRUE;
  sequence->pending++;

  return FALSE;
}

static void
run_job (gpointer data)
{
  Job *job = data;
  S3dSequence *sequence = s3d_sequence_ref (job->sequence);

  job->job (sequence);
  g_free (job);
  s3d_sequence_resume (sequence);

  s3d_sequence_unref (sequence);
}

void
s3d_sequence_push (S3dSequence *sequence, S3dSequenceJob job)
{
  Job *work = g_new (Job, 1);

  work->sequence = sequence;
  work->job = job;
  sequence->pending++;
  if (sequence->pool == NULL)
    sequence->pool = s3d_pool_get (S3D_POOL_DOWNLOAD);
  s3d_pool_push (sequence->pool, run_job, work);
}

void
s3d_sequence_run_within (S3dSequence *sequence, S3dSequence *child)
{
  g_assert (!sequence->within);

  sequence->within = child;
  sequence->starts_within = TRUE;
  sequence->pending++;
}

void
s3d_sequence_resume (S3dSequence *sequence)
{
  s3d_sequence_ref (sequence);

  g_mutex_lock (&sequence->lock);
  sequence->pending--;
  step (sequence);
  settle (sequence, TRUE);

  s3d_sequence_unref (sequence);
}

void
s3d_sequence_poke (S3dSequence *sequence)
{
  g_mutex_lock (&sequence->lock);
  step (sequence);
  settle (sequence, FALSE);
}

typedef struct
{
  S3dSequence parent;
  S3dStore *store;
  S3dOp *op;
  gboolean launched;
} Single;

static void
single_step (S3dSequence *sequence)
{
  Single *single = (Single *) sequence;

  if (single->launched)
    return;

  single->launched = TRUE;
  s3d_sequence_launch (sequence, single->store, s3d_op_ref (single->op));
}

static void
single_completed (S3dSequence *sequence, S3dOp *op)
{
  sequence->progress_done = op->facts.bytes;
  sequence->progress_total = (gint64) op->facts.bytes;
  if (op->error != NULL)
    s3d_sequence_fail (sequence, g_steal_pointer (&op->error));
}

static void
single_free (S3dSequence *sequence)
{
  Single *single = (Single *) sequence;

  s3d_op_unref (single->op);
  s3d_store_unref (single->store);
  g_free (single);
}

static S3dlioObjectInfo *
single_get_info (S3dSequence *sequence)
{
  return ((Single *) sequence)->op->info;
}

static const S3dSequenceClass single_class = {
  .get_info = single_get_info,
  .step = single_step,
  .completed = single_completed,
  .free = single_free,
};

S3dSequence *
s3d_single_new (S3dStore *store, S3dOp *op)
{
  Single *single = g_new0 (Single, 1);

  s3d_sequence_init (&single->parent, &single_class);
  single->store = s3d_store_ref (store);
  single->op = op;

  return &single->parent;
}

S3dOp *
s3d_single_get_op (S3dSequence *sequence)
{
  return ((Single *) sequence)->op;
}

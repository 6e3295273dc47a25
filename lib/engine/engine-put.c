/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing one object, in one step or in parts.
 *
 * A source of known length is cut into slices, which the backend reads as it sends them; of anything else a feed
 * makes the parts. Every upload that was begun is either completed or aborted: its begin is shielded from cancellation,
 * because only its answer tells what to abort. An answer to a complete that was lost shows, when it is asked for again,
 * as an upload that is not there: then one stat tells whether the object is. With the setting "verify" one stat more,
 * at the end, must find what was written.
 *
 * State is under the sequence's lock. Limits of parts: those of the store's class (Amazon S3: 5 MiB to 5 GiB, 10,000
 * parts). */

#include "config.h"

#include "engine/engine-put-private.h"

#include "base/base-error.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)
/* A stream's part size doubles so often on the way to the last part. */
#define DOUBLINGS 10
/* Few, within two seconds: who has cancelled waits for it. */
#define ABORT_ATTEMPTS 5

guint64
s3d_put_part_size (const S3dStoreClass *klass, guint64 wanted, guint64 size)
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
s3d_put_growing_part_size (const S3dStoreClass *klass, guint64 wanted, guint part)
{
  guint every = MAX (klass->max_parts / (DOUBLINGS + 1), 1);
  guint times = MIN ((part - 1) / every, 20);

  wanted = MAX (MAX (wanted, klass->min_part_size), 1);

  return wanted > (klass->max_part_size >> times) ? MAX (klass->max_part_size, wanted) : wanted << times;
}

guint64
s3d_put_threshold (const S3dPut *put)
{
  return MIN (put->store->settings->multipart_threshold, put->store->klass->max_write);
}

static S3dOp *
new_op (S3dPut *put, S3dOpKind kind)
{
  S3dOp *op = s3d_op_new (kind, put->target, NULL, NULL);

  op->upload_id = g_strdup (put->upload_id);

  return op;
}

/* What decides over the object at its publication. */
static void
set_conditions (const S3dPut *put, S3dOp *op)
{
  op->no_clobber = put->no_clobber;
  op->if_match = g_strdup (put->if_match);
}

static void
set_attributes (const S3dPut *put, S3dOp *op)
{
  op->attributes = put->attributes != NULL ? s3d_attributes_copy (put->attributes) : NULL;
}

static void
launch_write (S3dPut *put)
{
  S3dOp *op = new_op (put, S3D_OP_WRITE);

  op->source = s3d_source_ref (put->source);
  set_conditions (put, op);
  set_attributes (put, op);
  put->launched = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static gboolean
is_conditional (const S3dPut *put)
{
  return put->no_clobber || put->if_match != NULL;
}

/* Some services (Ceph 16) take no condition at the completion, so an upload with one looks before it begins, which also
 * saves sending what would be refused, and once more when all parts are there. Others close the gap that is left. */
static void
launch_check (S3dPut *put)
{
  put->looks++;
  put->holds = FALSE;
  s3d_sequence_launch (&put->parent, put->store, new_op (put, S3D_OP_STAT));
}

static void
launch_begin (S3dPut *put)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_BEGIN);

  set_attributes (put, op);
  op->from = put->copied_from != NULL ? s3dlio_uri_ref (put->copied_from) : NULL;
  op->shielded = TRUE;
  put->launched = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

S3dOp *
s3d_put_new_part (S3dPut *put, guint number, S3dSource *source)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_PART);

  op->source = source;
  op->part_number = number;

  return op;
}

/* Of a part that is sent, or copied by the service. */
static guint64
part_length (const S3dOp *op)
{
  return op->source != NULL ? s3d_source_get_length (op->source) : (guint64) op->length;
}

static void
count_part (S3dPut *put, const S3dOp *op)
{
  S3dChoices *choices = &put->parent.choices;

  choices->parts++;
  choices->part_size = MAX (choices->part_size, part_length (op));
  choices->concurrent_parts = s3d_put_parts_at_once (put);
}

/* Takes @op, which may have been made before the upload had an id. */
static void
launch_part (S3dPut *put, S3dOp *op)
{
  g_free (op->upload_id);
  op->upload_id = g_strdup (put->upload_id);
  put->n_parts++;
  put->n_flying++;
  count_part (put, op);
  s3d_sequence_launch (&put->parent, put->store, op);
}

static void
launch_complete (S3dPut *put)
{
  S3dOp *op = new_op (put, S3D_OP_UPLOAD_COMPLETE);

  op->part_etags = g_ptr_array_ref (put->etags);
  op->part_sums = g_array_ref (put->sums);
  op->whole_sum = put->whole_sum;
  set_conditions (put, op);
  set_attributes (put, op);
  put->completing = TRUE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static S3dOp *
next_part (S3dPut *put)
{
  guint64 offset = put->next;
  guint64 length = MIN (put->part_size, put->size - offset);

  if (put->source == NULL)
    return g_queue_pop_head (&put->ready);
  if (length == 0)
    return NULL;

  put->next += length;

  return s3d_put_new_part (put, put->n_parts + 1, s3d_source_new_slice (put->source, offset, length));
}

static gboolean
all_is_sent (const S3dPut *put)
{
  if (put->n_flying > 0)
    return FALSE;

  return put->source != NULL ? put->next == put->size : put->at_end && g_queue_is_empty ((GQueue *) &put->ready);
}

guint
s3d_put_parts_at_once (const S3dPut *put)
{
  return MAX (MIN (put->store->settings->concurrent_parts, put->store->settings->max_total_requests), 1);
}

static void
step_parts (S3dPut *put)
{
  guint at_once = s3d_put_parts_at_once (put);
  S3dOp *part;

  if (is_conditional (put) && put->looks == 0)
    launch_check (put);
  if (is_conditional (put) && !put->holds)
    return;
  if (!put->launched)
    launch_begin (put);
  if (put->upload_id == NULL || put->completing)
    return;

  while (put->n_flying < at_once && put->parent.error == NULL && (part = next_part (put)) != NULL)
    launch_part (put, part);

  if (!all_is_sent (put) || put->parent.error != NULL)
    return;

  if (is_conditional (put) && put->looks == 1)
    launch_check (put);
  else
    launch_complete (put);
}

void
s3d_put_fail_unsupported (S3dPut *put)
{
  s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                                                "%s cannot take an object of %" G_GUINT64_FORMAT " bytes or more",
                                                put->store->klass->name, put->size));
}

void
s3d_put_decide (S3dPut *put)
{
  gboolean in_parts = s3d_store_can (put->store, S3D_OP_UPLOAD_BEGIN);

  if (put->size <= s3d_put_threshold (put) || (!in_parts && put->size <= put->store->klass->max_write))
    put->way = S3D_PUT_SINGLE;
  else
    s3d_put_decide_parts (put);
}

void
s3d_put_decide_parts (S3dPut *put)
{
  const S3dStoreClass *klass = put->store->klass;

  put->way = S3D_PUT_PARTS;
  put->part_size = s3d_put_part_size (klass, put->store->settings->part_size, put->size);
  if (!s3d_store_can (put->store, S3D_OP_UPLOAD_BEGIN)
      || put->size / put->part_size + (put->size % put->part_size != 0) > klass->max_parts)
    s3d_put_fail_unsupported (put);
}

/* --- the sequence --- */

static void
put_step (S3dSequence *sequence)
{
  S3dPut *put = (S3dPut *) sequence;

  if (put->published)
    return;
  if (put->way == S3D_PUT_UNDECIDED && put->source != NULL)
    s3d_put_decide (put);
  if (sequence->error != NULL)
    return;

  if (put->way == S3D_PUT_SINGLE && !put->launched)
    launch_write (put);
  if (put->feed != NULL && put->way != S3D_PUT_SINGLE)
    put->feed->step (put);
  if (put->way == S3D_PUT_PARTS && sequence->error == NULL)
    step_parts (put);
}

/* Of what the service copied by itself not even the size is known here. */
static gboolean
is_known (const S3dOp *written)
{
  return written->kind != S3D_OP_COPY;
}

/* Whether a look at it is wanted. Where objects are files the answer has told all that there is to see. */
static gboolean
is_to_be_verified (const S3dPut *put, const S3dOp *written)
{
  return put->store->settings->verify && is_known (written) && put->store->klass->local_path == NULL
         && s3d_store_can (put->store, S3D_OP_STAT);
}

static void
launch_verification (S3dPut *put, const S3dOp *written)
{
  S3dOp *op = new_op (put, S3D_OP_STAT);

  op->sum = written->sum;
  op->part_sums = written->part_sums != NULL ? g_array_ref (written->part_sums) : NULL;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static void
fail_unlike (S3dPut *put, gint64 size)
{
  s3d_sequence_fail (&put->parent,
                     g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                                  "%" G_GUINT64_FORMAT " bytes were written, but it has %" G_GINT64_FORMAT,
                                  put->size, size));
}

static void
verification_completed (S3dPut *put, S3dOp *op)
{
  const char *written = s3dlio_object_info_get_etag (put->info);
  const char *found = op->info != NULL ? s3dlio_object_info_get_etag (op->info) : NULL;
  gint64 size = op->info != NULL ? s3dlio_object_info_get_size (op->info) : -1;

  if (op->error != NULL)
    {
      g_prefix_error_literal (&op->error, "it was written, but cannot be verified: ");
      s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
    }
  else if (size != (gint64) put->size)
    fail_unlike (put, size);
  else if (written != NULL && found != NULL && strcmp (written, found) != 0)
    s3d_sequence_fail (&put->parent,
                       g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                                    "it was written with the ETag \"%s\", but has \"%s\"", written, found));
}

/* It is there, whatever else was wished for meanwhile. Services do not tell the size of what was written; files do. */
static void
publish (S3dPut *put, const S3dOp *op)
{
  g_autofree char *uri = s3dlio_uri_to_string (put->target);
  gint64 told = op->info != NULL ? s3dlio_object_info_get_size (op->info) : -1;
  gboolean verify = is_to_be_verified (put, op);

  put->published = TRUE;
  put->info = op->info != NULL ? s3dlio_object_info_ref (op->info)
                               : s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, -1, S3D_TIME_UNKNOWN, NULL);
  if (is_known (op))
    s3d_object_info_set_size (put->info, (gint64) put->size);
  put->parent.progress_done = put->size;
  put->parent.progress_total = (gint64) put->size;
  if (!verify && g_error_matches (put->parent.error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&put->parent.error);

  if (told >= 0 && is_known (op) && told != (gint64) put->size)
    fail_unlike (put, told);
  else if (verify && put->parent.error == NULL)
    launch_verification (put, op);
}

static void
part_completed (S3dPut *put, S3dOp *op)
{
  put->n_flying--;
  if (op->error != NULL)
    {
      s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
      return;
    }

  if (put->etags->len < op->part_number)
    {
      g_ptr_array_set_size (put->etags, (gint) op->part_number);
      g_array_set_size (put->sums, op->part_number);
    }
  g_ptr_array_index (put->etags, op->part_number - 1) = g_steal_pointer (&op->etag);
  g_array_index (put->sums, S3dSum, op->part_number - 1) = op->sum;
  put->parent.progress_done += part_length (op);
}

static void
complete_completed (S3dPut *put, S3dOp *op)
{
  if (op->error == NULL)
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
is_ours (const S3dPut *put, const S3dOp *stat)
{
  const char *etag = stat->info != NULL ? s3dlio_object_info_get_etag (stat->info) : NULL;
  const char *dash = etag != NULL ? strrchr (etag, '-') : NULL;

  if (stat->error != NULL || stat->info == NULL || s3dlio_object_info_get_size (stat->info) != (gint64) put->size)
    return FALSE;

  return dash == NULL || g_ascii_strtoull (dash + 1, NULL, 10) == put->n_parts;
}

static void
check_completed (S3dPut *put, S3dOp *op)
{
  const char *etag = op->info != NULL ? s3dlio_object_info_get_etag (op->info) : NULL;

  if (put->no_clobber)
    put->holds = g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  else
    put->holds = op->error == NULL && (strcmp (put->if_match, "*") == 0 || g_strcmp0 (etag, put->if_match) == 0);

  if (put->holds)
    return;
  if (op->error != NULL)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
  else if (put->no_clobber)
    s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "it exists already"));
  else
    s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION,
                                                  "its ETag is \"%s\", not \"%s\"", etag != NULL ? etag : "",
                                                  put->if_match));
}

static void
put_completed (S3dSequence *sequence, S3dOp *op)
{
  S3dPut *put = (S3dPut *) sequence;

  if (put->feed != NULL && put->feed->completed != NULL && put->feed->completed (put, op))
    return;

  if (op->kind == S3D_OP_UPLOAD_PART || op->kind == S3D_OP_UPLOAD_PART_COPY)
    part_completed (put, op);
  else if (op->kind == S3D_OP_UPLOAD_COMPLETE)
    complete_completed (put, op);
  else if (op->kind == S3D_OP_STAT && put->published)
    verification_completed (put, op);
  else if (op->kind == S3D_OP_STAT && !put->completing)
    check_completed (put, op);
  else if (op->kind == S3D_OP_STAT && is_ours (put, op))
    publish (put, op);
  else if (op->kind == S3D_OP_STAT)
    s3d_sequence_fail (sequence, g_steal_pointer (&put->lost));
  else if (op->error != NULL)
    s3d_sequence_fail (sequence, g_steal_pointer (&op->error));
  else if (op->kind == S3D_OP_UPLOAD_BEGIN)
    {
      put->upload_id = g_steal_pointer (&op->upload_id);
      put->whole_sum = op->whole_sum;
    }
  else
    publish (put, op);
}

static void
put_interrupt (S3dSequence *sequence)
{
  S3dPut *put = (S3dPut *) sequence;

  if (put->feed != NULL && put->feed->interrupt != NULL)
    put->feed->interrupt (put);
}

static void
put_cleanup (S3dSequence *sequence)
{
  S3dPut *put = (S3dPut *) sequence;
  S3dOp *op;

  if (put->upload_id == NULL || put->published)
    return;

  op = new_op (put, S3D_OP_UPLOAD_ABORT);
  op->max_attempts = ABORT_ATTEMPTS;
  s3d_sequence_launch (sequence, put->store, op);
}

/* What is left behind costs money for as long as nobody aborts it. */
static void
put_cleaned (S3dSequence *sequence, S3dOp *op)
{
  g_autofree char *before = NULL;
  g_autofree char *uri = NULL;

  if (op->error == NULL)
    return;

  before = g_steal_pointer (&sequence->error->message);
  uri = s3dlio_uri_to_string (op->target);
  sequence->error->message = g_strdup_printf ("%s; the unfinished upload %s of %s is left behind: %s", before,
                                              op->upload_id, uri, op->error->message);
}

static void
put_ended (S3dSequence *sequence)
{
  S3dPut *put = (S3dPut *) sequence;

  if (put->feed != NULL && put->feed->ended != NULL)
    put->feed->ended (put);
  g_clear_pointer (&put->source, s3d_source_unref);
}

static void
put_free (S3dSequence *sequence)
{
  S3dPut *put = (S3dPut *) sequence;

  put_ended (sequence);
  if (put->feed != NULL && put->feed->clear != NULL)
    put->feed->clear (put);
  g_queue_clear_full (&put->ready, (GDestroyNotify) s3d_op_unref);
  g_clear_pointer (&put->info, s3dlio_object_info_unref);
  g_clear_pointer (&put->attributes, s3d_attributes_free);
  g_clear_pointer (&put->budget, s3d_budget_unref);
  g_ptr_array_unref (put->etags);
  g_array_unref (put->sums);
  g_clear_error (&put->lost);
  g_free (put->if_match);
  g_free (put->upload_id);
  s3dlio_uri_unref (put->target);
  s3d_store_unref (put->store);
  g_free (put);
}

static S3dlioObjectInfo *
put_get_info (S3dSequence *sequence)
{
  return ((S3dPut *) sequence)->info;
}

static const S3dSequenceClass put_class = {
  .get_info = put_get_info,
  .step = put_step,
  .completed = put_completed,
  .interrupt = put_interrupt,
  .cleanup = put_cleanup,
  .cleaned = put_cleaned,
  .ended = put_ended,
  .free = put_free,
};

void
s3d_put_init (S3dPut *put, const S3dPutFeed *feed, S3dStore *store, S3dBudget *budget, S3dlioUri *target,
              const S3dPutOptions *options)
{
  s3d_sequence_init (&put->parent, &put_class);
  put->feed = feed;
  put->store = s3d_store_ref (store);
  put->budget = budget != NULL ? s3d_budget_ref (budget) : NULL;
  put->target = s3dlio_uri_ref (target);
  put->parent.choices.multipart_threshold = s3d_put_threshold (put);
  put->etags = g_ptr_array_new_with_free_func (g_free);
  put->sums = g_array_new (FALSE, TRUE, sizeof (S3dSum));
  if (options == NULL)
    return;

  put->no_clobber = options->no_clobber;
  put->if_match = g_strdup (options->if_match);
  put->attributes = options->attributes != NULL ? s3d_attributes_copy (options->attributes) : NULL;
}

S3dSequence *
s3d_put_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, S3dSource *source, const S3dPutOptions *options)
{
  S3dPut *put = g_new0 (S3dPut, 1);

  s3d_put_init (put, NULL, store, budget, target, options);
  put->source = s3d_source_ref (source);
  put->size = s3d_source_get_length (source);
  put->parent.progress_total = (gint64) put->size;

  return &put->parent;
}

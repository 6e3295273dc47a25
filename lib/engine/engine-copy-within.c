/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A copy inside a store: in one step, or in parts that are ranges that the service copies.
 *
 * The size is asked for only where the answer matters: a copy in one step is tried first when the threshold is what the
 * service takes at most, and its refusal leads on. Where parts cannot be held to a version of the source, a second
 * look, when all are there, must find what the first one did; where the service cannot copy parts of it at all, they
 * come by way of this process.
 *
 * State is under the sequence's lock. */

#include "config.h"

#include "base/base-error.h"
#include "engine/engine-copy-private.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)
/* Ranges that the service copies cost it little more than a request each: few of them, but some for every slot. */
#define RANGE_MAX (1024 * MIB)
#define RANGES_A_SLOT 4

static guint64
one_step_at_most (const S3dPut *put)
{
  return MIN (put->store->settings->multipart_copy_threshold, put->store->klass->max_copy);
}

static void
launch_copy (S3dCopy *copy)
{
  S3dPut *put = &copy->put;
  S3dOp *op = s3d_op_new (S3D_OP_COPY, put->target, NULL, NULL);

  op->from = s3dlio_uri_ref (copy->from);
  op->if_match = g_strdup (copy->if_match);
  op->no_clobber = put->no_clobber;
  op->attributes = put->attributes != NULL ? s3d_attributes_copy (put->attributes) : NULL;
  put->launched = TRUE;
  put->way = S3D_PUT_SINGLE;
  s3d_sequence_launch (&put->parent, put->store, op);
}

static void
add_range (S3dCopy *copy)
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
  S3dCopy *copy = (S3dCopy *) put;
  guint at_once = s3d_put_parts_at_once (put);

  if (!copy->begun && one_step_at_most (put) == put->store->klass->max_copy)
    launch_copy (copy);
  else if (!copy->begun)
    s3d_copy_launch_stat (copy);
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
      s3d_copy_launch_stat (copy);
    }
}

static void
plan_ranges (S3dCopy *copy)
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

/* The parts are all there. */
static void
second_look_landed (S3dCopy *copy, S3dOp *op)
{
  S3dlioObjectInfo *found = copy->found;

  if (op->error != NULL)
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
stat_landed (S3dCopy *copy, S3dOp *op)
{
  S3dPut *put = &copy->put;
  const char *etag = op->info != NULL ? s3dlio_object_info_get_etag (op->info) : NULL;
  gint64 size = op->info != NULL ? s3dlio_object_info_get_size (op->info) : -1;

  if (op->error != NULL)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&op->error));
  else if (size > 0 && (guint64) size > one_step_at_most (put) && copy->if_match != NULL && etag != NULL
           && g_strcmp0 (copy->if_match, etag) != 0)
    s3d_sequence_fail (&put->parent, g_error_new (S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION,
                                                  "its ETag is \"%s\", not \"%s\"", etag, copy->if_match));
  else if (size > 0 && (guint64) size > one_step_at_most (put))
    {
      put->size = (guint64) size;
      copy->found = s3dlio_object_info_ref (op->info);
      s3d_copy_adopt (copy, op->info);
      if (s3d_store_part_copy (put->store, copy->from) == S3D_PART_COPY_NONE)
        s3d_copy_by_fetching (copy);
      else
        plan_ranges (copy);
    }
  else if (copy->refused != NULL)
    s3d_sequence_fail (&put->parent, g_steal_pointer (&copy->refused));
  else
    launch_copy (copy);
}

static gboolean
within_completed (S3dPut *put, S3dOp *op)
{
  S3dCopy *copy = (S3dCopy *) put;
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
  s3d_copy_launch_stat (copy);

  return TRUE;
}

static const S3dPutFeed within_feed = {
  .step = within_step,
  .completed = within_completed,
  .clear = s3d_copy_clear,
};

S3dSequence *
s3d_copy_new_within (S3dStore *store, S3dlioUri *from, S3dlioUri *target, S3dBudget *budget, const char *if_match,
                     const S3dPutOptions *options)
{
  S3dCopy *copy = s3d_copy_alloc (&within_feed, store, from, store, target, budget, if_match, options);

  copy->put.copied_from = from;
  copy->put.parent.choices.multipart_threshold = one_step_at_most (&copy->put);

  return &copy->put.parent;
}

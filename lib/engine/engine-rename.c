/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A rename: one step of the store, or four: look, which version there is; plan a copy of that version; copy it; delete
 * that version. Whoever overwrites the source meanwhile loses nothing: the copy fails, or the source stays. What has no
 * ETag (a symbolic link, a device) cannot be watched like that, and is not moved.
 *
 * State is under the sequence's lock. The plan opens files, so it is a job on the download pool; the copy is a sequence
 * within. */

#include "config.h"

#include "engine/engine-rename.h"

#include "base/base-error.h"

#include <string.h>

typedef enum
{
  STAGE_RENAME,
  STAGE_LOOK,
  STAGE_PLAN,
  STAGE_COPY,
  STAGE_DELETE,
  STAGE_DONE
} Stage;

typedef struct
{
  S3dSequence parent;
  S3dRename wanted; /* with references of its own */
  char *if_match;   /* the caller's, then that of what was found */

  Stage stage;
  S3dSequence *planned; /* nullable */
  S3dlioObjectInfo *info; /* of what was renamed in one step; nullable */
} Rename;

static void
launch (Rename *self, S3dOp *op)
{
  op->if_match = g_strdup (self->if_match);
  op->no_follow = TRUE;
  s3d_sequence_launch (&self->parent, self->wanted.store, op);
}

static void
launch_rename (Rename *self)
{
  S3dOp *op = s3d_op_new (S3D_OP_RENAME, self->wanted.to, NULL, NULL);

  op->from = s3dlio_uri_ref (self->wanted.from);
  op->no_clobber = self->wanted.no_clobber;
  launch (self, op);
}

static void
plan_copy (S3dSequence *sequence)
{
  Rename *self = (Rename *) sequence;
  GError *error = NULL;
  S3dSequence *planned = self->wanted.copy (self->wanted.data, self->if_match, &error);

  g_mutex_lock (&sequence->lock);
  self->planned = planned;
  if (planned == NULL)
    s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);
}

static void
rename_step (S3dSequence *sequence)
{
  Rename *self = (Rename *) sequence;

  if (sequence->pending > 0 || sequence->in_flight->len > 0)
    return;

  switch (self->stage)
    {
    case STAGE_RENAME:
      launch_rename (self);
      break;
    case STAGE_LOOK:
      launch (self, s3d_op_new (S3D_OP_STAT, self->wanted.from, NULL, NULL));
      break;
    case STAGE_PLAN:
      self->stage = STAGE_COPY;
      s3d_sequence_push (sequence, plan_copy);
      break;
    case STAGE_COPY:
      self->stage = STAGE_DELETE;
      s3d_sequence_run_within (sequence, g_steal_pointer (&self->planned));
      break;
    case STAGE_DELETE:
      launch (self, s3d_op_new (S3D_OP_DELETE, self->wanted.from, NULL, NULL));
      break;
    case STAGE_DONE:
    default:
      break;
    }
}

/* It has happened, whatever else was wished for meanwhile. */
static void
end_well (Rename *self)
{
  if (g_error_matches (self->parent.error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&self->parent.error);
}

static void
renamed (Rename *self, S3dOp *op)
{
  if (g_error_matches (op->error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED))
    {
      self->stage = self->if_match != NULL ? STAGE_PLAN : STAGE_LOOK;
      return;
    }

  self->stage = STAGE_DONE;
  if (op->error != NULL)
    {
      s3d_sequence_fail (&self->parent, g_steal_pointer (&op->error));
      return;
    }

  end_well (self);
  self->info = op->info != NULL ? s3dlio_object_info_ref (op->info) : NULL;
}

static void
looked (Rename *self, S3dOp *op)
{
  const char *etag = op->info != NULL ? s3dlio_object_info_get_etag (op->info) : NULL;

  self->stage = STAGE_PLAN;
  if (op->error != NULL)
    s3d_sequence_fail (&self->parent, g_steal_pointer (&op->error));
  else if (etag == NULL)
    s3d_sequence_fail (&self->parent, g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                                                           "only what has an ETag is moved, as regular files have"));
  else
    self->if_match = g_strdup (etag);
}

static void
deleted (Rename *self, S3dOp *op)
{
  self->stage = STAGE_DONE;
  if (op->error == NULL)
    {
      end_well (self);
      return;
    }

  if (op->error->domain == S3DLIO_ERROR)
    g_prefix_error (&op->error, "it was copied, but its source is left: ");
  s3d_sequence_fail (&self->parent, g_steal_pointer (&op->error));
}

static void
rename_completed (S3dSequence *sequence, S3dOp *op)
{
  Rename *self = (Rename *) sequence;

  if (op->kind == S3D_OP_RENAME)
    renamed (self, op);
  else if (op->kind == S3D_OP_STAT)
    looked (self, op);
  else
    deleted (self, op);
}

static void
rename_ended (S3dSequence *sequence)
{
  Rename *self = (Rename *) sequence;

  if (self->wanted.destroy != NULL)
    self->wanted.destroy (self->wanted.data);
  self->wanted.destroy = NULL;
}

static S3dlioObjectInfo *
rename_get_info (S3dSequence *sequence)
{
  return sequence->within != NULL ? s3d_sequence_get_info (sequence->within) : ((Rename *) sequence)->info;
}

static void
rename_free (S3dSequence *sequence)
{
  Rename *self = (Rename *) sequence;

  rename_ended (sequence);
  g_clear_pointer (&self->planned, s3d_sequence_unref);
  g_clear_pointer (&self->info, s3dlio_object_info_unref);
  g_clear_pointer (&self->wanted.to, s3dlio_uri_unref);
  s3dlio_uri_unref (self->wanted.from);
  s3d_store_unref (self->wanted.store);
  g_free (self->if_match);
  g_free (self);
}

static const S3dSequenceClass rename_class = {
  .get_info = rename_get_info,
  .step = rename_step,
  .completed = rename_completed,
  .ended = rename_ended,
  .free = rename_free,
};

S3dSequence *
s3d_rename_new (const S3dRename *wanted)
{
  Rename *self = g_new0 (Rename, 1);
  gboolean any = wanted->if_match == NULL || strcmp (wanted->if_match, "*") == 0; /* then the look tells which */

  s3d_sequence_init (&self->parent, &rename_class);
  self->wanted = *wanted;
  s3d_store_ref (wanted->store);
  s3dlio_uri_ref (wanted->from);
  self->if_match = any ? NULL : g_strdup (wanted->if_match);
  if (wanted->to != NULL)
    s3dlio_uri_ref (wanted->to);
  if (wanted->to != NULL && s3d_store_can (wanted->store, S3D_OP_RENAME))
    self->stage = STAGE_RENAME;
  else
    self->stage = any ? STAGE_LOOK : STAGE_PLAN;

  return &self->parent;
}

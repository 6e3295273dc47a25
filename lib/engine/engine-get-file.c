/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A get to a file: opens it, lets a get within write to it at any offset, publishes it. What blocks (opening,
 * publishing, giving up) is done by jobs on the download pool. One that can be resumed writes to a part with a name,
 * which stays with its journal when the get fails; their lock is held until the target is there. Thread rule and
 * ownership as in engine-sequence.h. */

#include "config.h"

#include "engine/engine-get-file.h"

#include "base/base-error.h"
#include "base/base-file.h"
#include "engine/engine-get.h"

#include <errno.h>
#include <unistd.h>

typedef enum
{
  STAGE_OPEN,
  STAGE_FETCH,
  STAGE_PUBLISH,
  STAGE_DONE
} Stage;

typedef struct
{
  S3dSequence parent;
  S3dStore *store;
  S3dBudget *budget;
  S3dlioUri *target;
  char *path, *if_match;
  gint64 offset, length;
  S3dAtomicFlags flags;
  gboolean preserve_mtime;

  Stage stage;
  S3dAtomicFile *file;
  S3dJournal *journal; /* nullable */
} GetFile;

/* A job's failure; without the lock. */
static void
fail (GetFile *self, GError *error)
{
  g_mutex_lock (&self->parent.lock);
  s3d_sequence_fail (&self->parent, error);
  g_mutex_unlock (&self->parent.lock);
}

static gboolean
open_journal (GetFile *self, GError **error)
{
  g_autofree char *uri = s3dlio_uri_to_string (self->target);
  const S3dJournalWish wish = {
    .uri = uri,
    .offset = self->offset,
    .length = self->length,
    .if_match = self->if_match,
  };

  self->journal = s3d_journal_open (s3d_atomic_file_get_dir (self->file), s3d_atomic_file_get_name (self->file),
                                    s3d_atomic_file_get_fd (self->file), &wish, error);
  if (self->journal != NULL && s3d_journal_get_size (self->journal) >= 0)
    g_info ("%s: %" G_GUINT64_FORMAT " of %" G_GINT64_FORMAT " bytes are there from an earlier get", uri,
            s3d_journal_get_n_bytes (self->journal), s3d_journal_get_size (self->journal));

  return self->journal != NULL;
}

static void
open_file (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;
  GError *error = NULL;

  self->file = s3d_atomic_file_open (self->path, self->flags, &error);
  if (self->file == NULL || ((self->flags & S3D_ATOMIC_PART) != 0 && !open_journal (self, &error)))
    fail (self, error);
}

/* A part may have held more than the object has. */
static gboolean
cut_part (GetFile *self, GError **error)
{
  const off_t length = (off_t) s3d_get_get_length (self->parent.within);

  if (self->journal == NULL || ftruncate (s3d_atomic_file_get_fd (self->file), length) == 0)
    return TRUE;

  s3d_error_set_path (error, errno, "write", self->path);
  return FALSE;
}

static void
publish_file (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;
  S3dlioObjectInfo *info = s3d_get_get_info (sequence->within);
  gint64 mtime = S3D_TIME_UNKNOWN;
  GError *error = NULL;

  if (self->preserve_mtime && info != NULL)
    mtime = s3dlio_object_info_get_mtime (info);

  if (!cut_part (self, &error) || !s3d_atomic_file_commit (g_steal_pointer (&self->file), mtime, &error))
    fail (self, error);
  if (self->journal != NULL)
    s3d_journal_remove (self->journal);
  g_clear_pointer (&self->journal, s3d_journal_free);
}

static void
discard_file (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;

  if (self->journal != NULL && s3d_journal_keep (self->journal))
    g_clear_pointer (&self->file, s3d_atomic_file_keep);
  else
    g_clear_pointer (&self->file, s3d_atomic_file_discard);
  g_clear_pointer (&self->journal, s3d_journal_free);
}

static S3dSequence *
new_fetch (GetFile *self)
{
  const S3dGetDestination destination = {
    .kind = S3D_GET_FILE,
    .fd = s3d_atomic_file_get_fd (self->file),
    .in_order = !s3d_atomic_file_can_seek (self->file),
  };

  S3dSequence *get = s3d_get_new (self->store, self->budget, self->target, self->offset, self->length,
                                  self->if_match, &destination);

  if (self->journal != NULL)
    s3d_get_set_journal (get, self->journal);
  return get;
}

static void
get_file_step (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;

  if (sequence->pending > 0)
    return;

  switch (self->stage++)
    {
    case STAGE_OPEN:
      s3d_sequence_push (sequence, open_file);
      break;
    case STAGE_FETCH:
      s3d_sequence_run_within (sequence, new_fetch (self));
      break;
    case STAGE_PUBLISH:
      s3d_sequence_push (sequence, publish_file);
      break;
    case STAGE_DONE:
      self->stage = STAGE_DONE;
      break;
    }
}

static void
get_file_cleanup (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;

  if (self->file != NULL)
    s3d_sequence_push (sequence, discard_file);
}

static void
get_file_free (S3dSequence *sequence)
{
  GetFile *self = (GetFile *) sequence;

  s3d_journal_free (self->journal);
  s3d_store_unref (self->store);
  s3d_budget_unref (self->budget);
  s3dlio_uri_unref (self->target);
  g_free (self->path);
  g_free (self->if_match);
  g_free (self);
}

static const S3dSequenceClass get_file_class = {
  .step = get_file_step,
  .cleanup = get_file_cleanup,
  .free = get_file_free,
};

/* Objects that are files are copied by their store: no byte passes through this process. */
static S3dSequence *
new_copy (S3dStore *store, S3dlioUri *target, const S3dGetFile *wanted)
{
  g_autoptr (S3dlioUri) path = s3dlio_uri_new_for_path (wanted->path);
  S3dOp *op = s3d_op_new (S3D_OP_COPY, path, NULL, NULL);

  op->from = s3dlio_uri_ref (target);
  op->if_match = g_strdup (wanted->if_match);
  op->no_clobber = wanted->no_clobber;
  op->preserve_mtime = wanted->preserve_mtime;
  return s3d_single_new (store, op);
}

S3dSequence *
s3d_get_file_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, const S3dGetFile *wanted)
{
  GetFile *self;

  if (!wanted->resume && store->klass->local_path != NULL && wanted->offset == 0 && wanted->length == -1)
    return new_copy (store, target, wanted);

  self = g_new0 (GetFile, 1);
  s3d_sequence_init (&self->parent, &get_file_class);
  self->store = s3d_store_ref (store);
  self->budget = s3d_budget_ref (budget);
  self->target = s3dlio_uri_ref (target);
  self->path = g_strdup (wanted->path);
  self->if_match = g_strdup (wanted->if_match);
  self->offset = wanted->offset;
  self->length = wanted->length;
  self->preserve_mtime = wanted->preserve_mtime;
  self->flags = S3D_ATOMIC_MAKE_PARENTS;
  if (wanted->no_clobber)
    self->flags |= S3D_ATOMIC_NO_CLOBBER;
  if (wanted->resume)
    self->flags |= S3D_ATOMIC_PART;
  if (store->settings->fsync)
    self->flags |= S3D_ATOMIC_FSYNC;
  return &self->parent;
}

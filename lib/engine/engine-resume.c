/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A get that goes on where an earlier one was interrupted: it asks for what the journal does not have, each range under
 * If-Match with the ETag of then. The first range goes alone, since its answer tells whether the object is still that
 * one: if it is not, the part is dropped and the get starts over, as if nothing had been there. Under the sequence's
 * lock, but for the job that drops. */

#include "config.h"

#include "base/base-error.h"
#include "engine/engine-range.h"

void
s3d_get_set_journal (S3dSequence *sequence, S3dJournal *journal)
{
  ((S3dGet *) sequence)->journal = journal;
}

/* The object is known: notes can be made. */
void
s3d_resume_describe (S3dGet *get)
{
  if (get->journal != NULL)
    get->note_step = s3d_journal_describe (get->journal, get->total, get->etag);
}

void
s3d_resume_note (S3dRange *range)
{
  s3d_journal_note (range->get->journal, range->start + range->noted, range->done - range->noted);
  range->noted = range->done;
}

gint64
s3d_resume_gap (S3dGet *get, gint64 at)
{
  return get->journal != NULL ? MIN (s3d_journal_gap (get->journal, at), get->end - at) : get->end - at;
}

gint64
s3d_resume_skip (S3dGet *get, gint64 at)
{
  return get->journal != NULL ? s3d_journal_skip (get->journal, at) : at;
}

S3dRange *
s3d_resume_begin (S3dGet *get)
{
  gint64 size = get->journal != NULL ? s3d_journal_get_size (get->journal) : -1;
  gint64 start, length;

  if (size < 0)
    return NULL;

  get->asked = get->offset;
  get->total = size;
  get->etag = g_strdup (s3d_journal_get_etag (get->journal));
  if (get->offset < 0)
    get->offset = MAX (size + get->offset, 0);
  get->length = (guint64) (get->wanted < 0 ? size - get->offset : MIN (get->wanted, size - get->offset));
  get->end = get->offset + (gint64) get->length;
  get->parent.progress_total = (gint64) get->length;
  get->planned = get->unsure = TRUE;
  s3d_resume_describe (get);

  start = s3d_resume_skip (get, get->offset);
  length = MIN (get->chunk, s3d_resume_gap (get, start));
  get->next = s3d_resume_skip (get, start + length);
  s3d_get_choose_chunk (get);

  return s3d_range_new (get, start, length);
}

void
s3d_resume_confirm (S3dGet *get, const S3dOp *op)
{
  get->unsure = FALSE;
  get->info = op->info != NULL ? s3dlio_object_info_ref (op->info) : NULL;
  get->parent.progress_done += s3d_journal_get_n_bytes (get->journal);
}

static void
forget (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;
  GError *error = NULL;
  gboolean forgotten = s3d_journal_forget (get->journal, &error);

  g_info ("what an earlier get had left was of another object, or its service does not read ranges: begun anew");
  g_mutex_lock (&sequence->lock);
  if (forgotten)
    get->begun = FALSE;
  else
    s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);
}

gboolean
s3d_resume_start_over (S3dGet *get, S3dRange *range, const S3dOp *op)
{
  if (!get->unsure || op->error == NULL || op->error->domain != S3DLIO_ERROR)
    return FALSE;

  switch ((S3dlioError) op->error->code)
    {
    case S3DLIO_ERROR_PRECONDITION:
      if (get->if_match != NULL) /* the caller's own condition */
        return FALSE;
      break;
    case S3DLIO_ERROR_RANGE:
    case S3DLIO_ERROR_INTEGRITY:
    case S3DLIO_ERROR_UNSUPPORTED: /* ranges, it seems */
      break;
    default:
      return FALSE;
    }

  s3d_range_free (range);
  g_clear_pointer (&get->etag, g_free);
  get->planned = get->unsure = FALSE;
  get->offset = get->asked;
  get->total = get->end = get->parent.progress_total = -1;
  get->length = 0;
  get->note_step = G_MAXINT64;
  s3d_sequence_push (&get->parent, forget);

  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One range: the op that fetches it, the sink that puts it at its place, and what is done when it breaks.
 *
 * A range that broke in mid-body is asked for again from the byte reached, with the attempts made so far; they count
 * anew after a MiB of progress, so that a long range on a bad line gets through and a hopeless one does not go on for
 * ever. Every answer is compared with the first (ETag and size; time where there is no ETag), because not every service
 * honours If-Match. The sink runs on the backend's thread without a lock; the rest under the sequence's. */

#include "config.h"

#include "engine/engine-range.h"

#include "base/base-error.h"
#include "base/base-memory.h"

#include <string.h>
#include <unistd.h>

#define PROGRESS_STEP (256 * 1024)
#define FRESH_START (1024 * 1024)

static void
account (S3dRange *range, gsize size)
{
  range->done += (gint64) size;
  if (range->done - range->shown < PROGRESS_STEP)
    return;

  g_mutex_lock (&range->get->parent.lock);
  range->get->parent.progress_done += (guint64) (range->done - range->shown);
  range->shown = range->done;
  g_mutex_unlock (&range->get->parent.lock);

  if (range->done - range->noted >= range->get->note_step)
    s3d_resume_note (range);
}

static gboolean
write_file (const S3dRange *range, gconstpointer data, gsize size, GError **error)
{
  const S3dGet *get = range->get;
  gint64 at = (gint64) get->destination.file_offset + range->start - get->offset + range->done;

  return s3d_sink_write_at (get->destination.fd, (guint64) at, data, size, error);
}

static gboolean
range_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  S3dRange *range = (S3dRange *) sink;
  gsize room = (gsize) MIN ((guint64) (range->length - range->done), G_MAXSIZE);
  gsize fits = MIN (size, room);

  if (range->memory != NULL)
    memcpy (range->memory + range->done, data, fits);
  else if (!write_file (range, data, fits, error))
    return FALSE;

  account (range, fits);
  if (fits == size)
    return TRUE;

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "more bytes came than were asked for");

  return FALSE;
}

static gpointer
range_get_buffer (S3dSink *sink, gsize *size)
{
  S3dRange *range = (S3dRange *) sink;

  if (range->memory == NULL || range->done >= range->length)
    return NULL;

  *size = (gsize) (range->length - range->done);

  return range->memory + range->done;
}

static void
range_commit (S3dSink *sink, gsize size)
{
  account ((S3dRange *) sink, size);
}

/* What has come is kept, and the engine asks for the rest; only an answer that cannot begin elsewhere begins anew. */
static gboolean
range_restart (S3dSink *sink)
{
  S3dRange *range = (S3dRange *) sink;

  if (sink->written > 0 && !range->rewinds)
    return FALSE;

  range->done -= (gint64) sink->written;

  return TRUE;
}

static void
range_sink_free (S3dSink *sink)
{
}

static const S3dSinkClass range_sink_class = {
  .write = range_write,
  .get_buffer = range_get_buffer,
  .commit = range_commit,
  .restart = range_restart,
  .free = range_sink_free,
};

S3dRange *
s3d_range_new (S3dGet *get, gint64 start, gint64 length)
{
  S3dRange *range = g_new0 (S3dRange, 1);

  range->sink.klass = &range_sink_class;
  range->get = get;
  range->start = start;
  range->length = length;
  range->link.data = range;
  g_queue_push_tail_link (&get->live, &range->link);
  get->parent.choices.ranges++;

  return range;
}

void
s3d_range_free (S3dRange *range)
{
  g_queue_unlink (&range->get->live, &range->link);
  if (range->get->destination.in_order && range->memory != NULL)
    s3d_memory_free (range->memory, (gsize) range->length);
  g_free (range);
}

static void
set_changed (GError **error)
{
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "the object changed while it was read");
}

static gboolean
same_object (const S3dGet *get, const S3dOp *op)
{
  const char *etag = op->info != NULL ? s3dlio_object_info_get_etag (op->info) : NULL;
  gint64 mtime = op->info != NULL ? s3dlio_object_info_get_mtime (op->info) : S3D_TIME_UNKNOWN;
  gint64 first_mtime = get->info != NULL ? s3dlio_object_info_get_mtime (get->info) : S3D_TIME_UNKNOWN;

  if (op->total >= 0 && get->total >= 0 && op->total != get->total)
    return FALSE;
  if (etag != NULL && get->etag != NULL)
    return strcmp (etag, get->etag) == 0;
  if (get->unsure)
    return FALSE;

  return mtime == S3D_TIME_UNKNOWN || first_mtime == S3D_TIME_UNKNOWN || mtime == first_mtime;
}

/* An answer after the first: is it the same object, and what was asked for? The whole instead of the rest will do, as
 * long as the range begins where the object does. */
static gboolean
check_answer (S3dRange *range, const S3dOp *op, GError **error)
{
  gint64 reached = range->start + range->done;

  if (!same_object (range->get, op))
    {
      set_changed (error);
      return FALSE;
    }

  if (op->range_offset == 0 && range->start == 0 && range->done > 0)
    {
      range->rewinds = range->clipped = TRUE;
      range->done = reached = 0;
    }

  if (op->range_offset != reached)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED,
                   "the service answered a range from %" G_GINT64_FORMAT " with bytes from %" G_GINT64_FORMAT, reached,
                   op->range_offset);
      return FALSE;
    }

  if (range->length >= 0 && op->range_length > range->length - range->done && !range->clipped)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                   "%" G_GINT64_FORMAT " bytes were asked for, %" G_GINT64_FORMAT " would come",
                   range->length - range->done, op->range_length);
      return FALSE;
    }

  return TRUE;
}

static gboolean
range_ready (S3dOp *op, gpointer data, GError **error)
{
  S3dRange *range = data;
  S3dGet *get = range->get;
  gboolean good;

  g_mutex_lock (&get->parent.lock);
  if (get->parent.error != NULL)
    {
      g_propagate_error (error, s3d_error_new_cancelled ());
      good = FALSE;
    }
  else if (get->planned)
    good = check_answer (range, op, error);
  else
    good = s3d_get_plan (get, range, op, error);
  if (good && get->unsure)
    s3d_resume_confirm (get, op);
  op->sink = get->plain != NULL ? get->plain : &range->sink;
  g_mutex_unlock (&get->parent.lock);

  if (good)
    s3d_sequence_poke (&get->parent);

  return good;
}

/* A weak ETag never matches If-Match; answers are still compared with it. */
static const char *
condition (const S3dGet *get)
{
  if (get->etag != NULL && !g_str_has_prefix (get->etag, "W/"))
    return get->etag;

  return get->if_match;
}

void
s3d_range_launch (S3dRange *range)
{
  S3dGet *get = range->get;
  S3dOp *op = s3d_op_new (S3D_OP_READ, get->target, NULL, NULL);

  op->offset = range->start + range->done;
  op->length = range->length < 0 ? -1 : range->length - range->done;
  op->if_match = g_strdup (condition (get));
  op->attempts_made = range->attempts;
  op->stall_ms = get->ranges.enabled ? get->ranges.timeout_ms : 0;
  op->ready = range_ready;
  op->ready_data = range;
  op->goes_on = range->launched;
  range->launched = TRUE;
  get->n_flying++;
  s3d_sequence_launch (&get->parent, get->store, op);
}

/* What a failure of a later range means to who asked for the whole. */
static GError *
explain (S3dGet *get, GError *error)
{
  gboolean changed = g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE)
                     || (g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION) && get->if_match == NULL);

  if (!get->planned || !changed)
    return error;

  g_clear_error (&error);
  set_changed (&error);

  return error;
}

gboolean
s3d_range_landed (S3dRange *range, S3dOp *op)
{
  S3dGet *get = range->get;
  guint retries = get->store->settings->retries;
  GError *error = g_steal_pointer (&op->error);

  range->attempts += MAX (op->facts.attempts, 1);
  if (get->note_step < G_MAXINT64 && (range->done != range->length || get->n_flying > 0 || get->next < get->end))
    s3d_resume_note (range);
  if (range->done == range->length && (error == NULL || range->clipped || op->resumable))
    {
      get->parent.progress_done += (guint64) (range->done - range->shown);
      range->shown = range->done;
      range->complete = TRUE;
      g_clear_error (&error);
      return TRUE;
    }

  if (range->done - range->mark >= FRESH_START && !range->rewinds)
    {
      range->mark = range->done;
      range->attempts = 0;
    }

  if ((error == NULL || op->resumable) && range->attempts < retries)
    {
      g_clear_error (&error);
      g_queue_push_tail (&get->again, range);
      return FALSE;
    }

  if (error == NULL)
    g_set_error (&error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY,
                 "the body ended %" G_GINT64_FORMAT " bytes before its end, %u times", range->length - range->done,
                 range->attempts);
  s3d_sequence_fail (&get->parent, explain (get, error));

  return FALSE;
}

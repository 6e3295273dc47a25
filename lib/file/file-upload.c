/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* UPLOAD_*: a file that comes in parts, for streams whose length nobody knows.
 *
 * The parts go into the nameless file that becomes the target, each at once to its final place: parts that are started
 * in order (part 2 once part 1 was started, running or not) know their places, since the lengths before them are known.
 * A part that has no place there, because it came out of order or with another length than the first time, goes into a
 * second file, the spill, and completing copies all into a third one. Completing publishes; until then nothing can be
 * seen, and an upload that is aborted, or whose store goes away, leaves nothing.
 *
 * Uploads live in the store, under its lock; what stands in one is under its own. Parts run on the range pool, several
 * of one upload at once, and hold a reference to it. */

#include "config.h"

#include "base/base-part.h"
#include "file/file-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  gatomicrefcount refs;
  guint64 offset;
  guint64 size;
  gboolean spilled;
  char *etag;
} Part;

typedef struct
{
  gatomicrefcount refs;
  char *path;
  gboolean no_clobber;
  S3dFileOutput output; /* opened at the start; its file is NULL once completed */

  GMutex lock;
  S3dFileOutput spill;  /* opened when first needed */
  guint64 spill_end;
  GPtrArray *laid;      /* of Part: part i+1 has its place in the output, written or not */
  guint64 laid_end;
  GHashTable *parts;    /* number → Part that is whole */
  guint n_running;
  gboolean ending;      /* being completed: no more parts, and output and spill are that op's alone */
  guint64 serial;
} Upload;

typedef struct
{
  S3dOp *op;
  Upload *upload; /* nullable */
  Part *part;     /* NULL: there is no such upload, or not any more */
} PartJob;

static Part *
part_ref (Part *part)
{
  g_atomic_ref_count_inc (&part->refs);

  return part;
}

static void
part_unref (gpointer data)
{
  Part *part = data;

  if (!g_atomic_ref_count_dec (&part->refs))
    return;

  g_free (part->etag);
  g_free (part);
}

static Upload *
upload_new (const char *path, gboolean no_clobber)
{
  Upload *upload = g_new0 (Upload, 1);

  g_atomic_ref_count_init (&upload->refs);
  upload->path = g_strdup (path);
  upload->no_clobber = no_clobber;
  upload->output.fd = upload->spill.fd = -1;
  g_mutex_init (&upload->lock);
  upload->laid = g_ptr_array_new_with_free_func (part_unref);
  upload->parts = g_hash_table_new_full (NULL, NULL, NULL, part_unref);

  return upload;
}

void
s3d_file_upload_unref (gpointer data)
{
  Upload *upload = data;

  if (!g_atomic_ref_count_dec (&upload->refs))
    return;

  s3d_file_output_clear (&upload->output);
  s3d_file_output_clear (&upload->spill);
  g_ptr_array_unref (upload->laid);
  g_hash_table_unref (upload->parts);
  g_mutex_clear (&upload->lock);
  g_free (upload->path);
  g_free (upload);
}

/* (transfer full), nullable */
static Upload *
find_upload (S3dFileStore *store, S3dOp *op)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);
  Upload *upload = op->upload_id != NULL ? g_hash_table_lookup (store->uploads, op->upload_id) : NULL;

  if (upload == NULL || strcmp (upload->path, s3dlio_uri_get_key (op->target)) != 0)
    return NULL;

  g_atomic_ref_count_inc (&upload->refs);

  return upload;
}

static void
set_unknown (S3dOp *op, GError **error)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no upload \"%s\"",
               op->upload_id != NULL ? op->upload_id : "");
}

static void
set_invalid (GError **error, guint number, const char *predicate)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "part %u %s", number, predicate);
}

/* --- beginning --- */

static gboolean
is_fifo (const char *path)
{
  struct stat now;

  return stat (path, &now) == 0 && S_ISFIFO (now.st_mode);
}

gboolean
s3d_file_run_upload_begin (S3dOp *op, GError **error)
{
  S3dFileStore *store = (S3dFileStore *) op->store;
  const char *path = s3dlio_uri_get_key (op->target);
  Upload *upload = upload_new (path, op->no_clobber);
  gboolean in_order = is_fifo (path); /* found before its reader is waited for */
  gboolean opened = !in_order && s3d_file_output_open (&upload->output, op, op->no_clobber, error);

  in_order = in_order || (opened && upload->output.in_order);
  if (in_order)
    s3d_error_set_about (error, S3DLIO_ERROR_UNSUPPORTED, path, "takes its bytes in order, not in parts");
  if (in_order || !opened)
    {
      s3d_file_upload_unref (upload);
      return FALSE;
    }

  g_free (op->upload_id);
  g_mutex_lock (&store->lock);
  op->upload_id = g_strdup_printf ("file-%" G_GUINT64_FORMAT, ++store->serial);
  g_hash_table_insert (store->uploads, g_strdup (op->upload_id), upload);
  g_mutex_unlock (&store->lock);

  return TRUE;
}

/* --- parts --- */

/* Gives the part its place. With the lock held. */
static Part *
place_part (Upload *upload, guint number, guint64 size)
{
  Part *laid = number <= upload->laid->len ? g_ptr_array_index (upload->laid, number - 1) : NULL;
  Part *part = g_new0 (Part, 1);

  g_atomic_ref_count_init (&part->refs);
  part->size = size;
  if (laid != NULL && laid->size == size)
    part->offset = laid->offset;
  else if (number == upload->laid->len + 1)
    {
      part->offset = upload->laid_end;
      upload->laid_end += size;
      g_ptr_array_add (upload->laid, part_ref (part));
    }
  else
    {
      part->spilled = TRUE;
      part->offset = upload->spill_end;
      upload->spill_end += size;
    }

  return part;
}

static gboolean
open_spill (Upload *upload, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&upload->lock);

  return upload->spill.file != NULL || s3d_file_output_open (&upload->spill, op, FALSE, error);
}

static gboolean
write_part (Upload *upload, const Part *part, S3dOp *op, GError **error)
{
  if (part->spilled && !open_spill (upload, op, error))
    return FALSE;

  return s3d_file_output_send (part->spilled ? &upload->spill : &upload->output, op, op->source, part->offset, error);
}

/* Takes @part. */
static void
end_part (Upload *upload, Part *part, S3dOp *op, gboolean written)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&upload->lock);

  upload->n_running--;
  if (!written)
    {
      part_unref (part);
      return;
    }

  part->etag = g_strdup_printf ("%u-%" G_GUINT64_FORMAT, op->part_number, ++upload->serial);
  g_free (op->etag);
  op->etag = g_strdup (part->etag);
  g_hash_table_replace (upload->parts, GUINT_TO_POINTER (op->part_number), part);
}

static void
run_part (gpointer data)
{
  PartJob *job = data;
  S3dOp *op = job->op;
  GError *error = NULL;

  if (job->part != NULL)
    end_part (job->upload, job->part, op,
              s3d_op_goes_on (op, &error) && write_part (job->upload, job->part, op, &error));
  else
    set_unknown (op, &error);

  g_clear_pointer (&job->upload, s3d_file_upload_unref);
  g_free (job);
  s3d_op_complete (op, error);
}

void
s3d_file_start_upload_part (S3dStore *store, S3dOp *op)
{
  S3dFileStore *self = (S3dFileStore *) store;
  PartJob *job = g_new0 (PartJob, 1);
  Upload *upload = op->part_number > 0 ? find_upload (self, op) : NULL;

  job->op = op;
  job->upload = upload;
  if (upload != NULL)
    {
      g_mutex_lock (&upload->lock);
      if (!upload->ending && upload->output.file != NULL)
        {
          upload->n_running++;
          job->part = place_part (upload, op->part_number, op->source != NULL ? s3d_source_get_length (op->source) : 0);
        }
      g_mutex_unlock (&upload->lock);
    }

  s3d_pool_push (self->pool, run_part, job);
}

/* --- the end --- */

/* The parts as asked for. With the lock held. */
static GPtrArray *
collect_parts (Upload *upload, S3dOp *op, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (part_unref);

  if (upload->n_running > 0 || op->part_etags == NULL || op->part_etags->len == 0)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                           upload->n_running > 0 ? "parts are still being written" : "an upload needs a part");
      return NULL;
    }

  for (guint i = 0; i < op->part_etags->len; i++)
    {
      Part *part = g_hash_table_lookup (upload->parts, GUINT_TO_POINTER (i + 1));

      if (part == NULL || g_strcmp0 (part->etag, g_ptr_array_index (op->part_etags, i)) != 0)
        {
          set_invalid (error, i + 1, part != NULL ? "has been replaced" : "is missing");
          return NULL;
        }
      g_ptr_array_add (parts, part_ref (part));
    }

  return g_steal_pointer (&parts);
}

/* Whether the output is the object as it stands. */
static gboolean
is_in_place (const GPtrArray *parts)
{
  guint64 end = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      const Part *part = g_ptr_array_index (parts, i);

      if (part->spilled || part->offset != end)
        return FALSE;
      end += part->size;
    }

  return TRUE;
}

/* Takes off what parts that do not count have left behind the end. */
static gboolean
trim (const S3dFileOutput *output, const GPtrArray *parts, GError **error)
{
  const Part *last = g_ptr_array_index (parts, parts->len - 1);

  if (!output->regular || ftruncate (output->fd, (off_t) (last->offset + last->size)) == 0)
    return TRUE;

  s3d_error_set_path (error, errno, "write", output->path);

  return FALSE;
}

static gboolean
join_parts (Upload *upload, const GPtrArray *parts, S3dOp *op, S3dFileOutput *output, GError **error)
{
  guint64 end = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      const Part *part = g_ptr_array_index (parts, i);
      const S3dFileOutput *from = part->spilled ? &upload->spill : &upload->output;
      S3dFileInput input = { .path = upload->path, .fd = from->fd };
      S3dFileCopy copy = { .op = op, .input = &input, .output = output };
      gboolean copied = s3d_file_copy_bytes (&copy, part->offset, end, part->size, error);

      s3d_file_buffer_clear (&copy.buffer);
      if (!copied)
        return FALSE;
      end += part->size;
    }

  return TRUE;
}

/* NULL with @error, or the parts; the upload is then this op's alone. */
static GPtrArray *
begin_end (Upload *upload, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&upload->lock);
  GPtrArray *parts = NULL;

  if (upload->ending || upload->output.file == NULL)
    set_unknown (op, error);
  else
    parts = collect_parts (upload, op, error);
  upload->ending = upload->ending || parts != NULL;

  return parts;
}

static gboolean
publish (Upload *upload, const GPtrArray *parts, S3dOp *op, GError **error)
{
  g_auto (S3dFileOutput) joined = { .fd = -1 };
  gboolean no_clobber = op->no_clobber || upload->no_clobber;
  gboolean in_place = is_in_place (parts);

  if (!s3d_file_check_target (upload->path, op->if_match, error))
    return FALSE;

  if (in_place && op->no_clobber)
    s3d_atomic_file_set_no_clobber (upload->output.file);
  if (in_place)
    return trim (&upload->output, parts, error) && s3d_file_output_commit (&upload->output, op, op->if_match, error);

  return s3d_file_output_open (&joined, op, no_clobber, error) && join_parts (upload, parts, op, &joined, error)
         && s3d_file_output_commit (&joined, op, op->if_match, error);
}

static void
forget (S3dFileStore *store, S3dOp *op)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->lock);

  g_hash_table_remove (store->uploads, op->upload_id);
}

gboolean
s3d_file_run_upload_complete (S3dOp *op, GError **error)
{
  S3dFileStore *store = (S3dFileStore *) op->store;
  Upload *upload = find_upload (store, op);
  g_autoptr (GPtrArray) parts = NULL;
  gboolean completed;

  if (upload == NULL)
    {
      set_unknown (op, error);
      return FALSE;
    }

  parts = begin_end (upload, op, error);
  completed = parts != NULL && publish (upload, parts, op, error);
  if (completed)
    forget (store, op);

  g_mutex_lock (&upload->lock);
  if (parts != NULL)
    upload->ending = FALSE;
  g_mutex_unlock (&upload->lock);
  s3d_file_upload_unref (upload);

  return completed;
}

/* A process that was killed left it, under a name that no user gives a file; its id is that name again. One that is
 * alive has its lock. */
static gboolean
remove_temporary (S3dOp *op, GError **error)
{
  const char *path = s3dlio_uri_get_key (op->target);
  g_autofree char *name = g_path_get_basename (path);
  struct stat now;
  int err;

  if (g_strcmp0 (name, op->upload_id) != 0 || !s3d_atomic_file_is_temporary (name) || lstat (path, &now) != 0
      || !S_ISREG (now.st_mode))
    return TRUE;

  err = s3d_part_remove (path);
  if (err == 0)
    return TRUE;

  if (err == EWOULDBLOCK)
    s3d_error_set_about (error, S3DLIO_ERROR_UNAVAILABLE, path, "is being written, and left alone");
  else
    s3d_error_set_path (error, err, "delete", path);

  return FALSE;
}

gboolean
s3d_file_run_upload_abort (S3dOp *op, GError **error)
{
  Upload *upload = find_upload ((S3dFileStore *) op->store, op);

  if (upload == NULL)
    return remove_temporary (op, error);

  forget ((S3dFileStore *) op->store, op);
  s3d_file_upload_unref (upload);

  return TRUE;
}

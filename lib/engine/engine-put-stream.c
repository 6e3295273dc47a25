/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing an object from a stream, whose length shows at its end. It is read by a job on the download pool, into a
 * buffer a part, no more buffers than were reserved; while the parts grow, fewer are held. State is under the
 * sequence's lock, the read without it; the put owns the buffers. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "engine/engine-put-private.h"

/* Buffers of one stream together. */
#define STREAM_MAX (G_GUINT64_CONSTANT (128) << 20)

typedef struct
{
  S3dPut put;
  S3dPutRead read;
  gpointer data;
  GDestroyNotify destroy;
  GCancellable *cancellable;
  gboolean reading;
  guint64 to_read; /* of the read that is out, or comes next */
  guint64 reserved;
  guint n_cut;     /* parts made */
  GBytes *first;   /* until it is known whether more comes */
} Stream;

static guint64
growing_size (const Stream *stream, guint part)
{
  return s3d_put_growing_part_size (stream->put.store->klass, stream->put.store->settings->part_size, part);
}

static void
queue_part (Stream *stream, guint number, GBytes *bytes)
{
  g_queue_push_tail (&stream->put.ready, s3d_put_new_part (&stream->put, number, s3d_source_new_bytes (bytes)));
}

static void
cut_first (Stream *stream)
{
  guint64 size = g_bytes_get_size (stream->first);

  for (guint64 at = 0; at < size;)
    {
      guint64 part = growing_size (stream, ++stream->n_cut);
      guint64 length = MIN (part, size - at);
      g_autoptr (GBytes) piece = g_bytes_new_from_bytes (stream->first, (gsize) at, (gsize) length);

      queue_part (stream, stream->n_cut, piece);
      at += length;
    }
  g_clear_pointer (&stream->first, g_bytes_unref);
}

/* What was read decides: all of it in one write, or parts. */
static void
decide_stream (Stream *stream)
{
  if (stream->put.size > s3d_put_threshold (&stream->put))
    {
      stream->put.way = S3D_PUT_PARTS;
      cut_first (stream);
      if (!s3d_store_can (stream->put.store, S3D_OP_UPLOAD_BEGIN))
        s3d_put_fail_unsupported (&stream->put);
    }
  else if (stream->put.at_end)
    {
      stream->put.way = S3D_PUT_SINGLE;
      stream->put.source = s3d_source_new_bytes (stream->first);
      g_clear_pointer (&stream->first, g_bytes_unref);
    }
}

/* A buffer was filled (taken), unless the stream ended; under the lock. */
static void
take_bytes (Stream *stream, GBytes *bytes)
{
  gsize size = g_bytes_get_size (bytes);

  stream->put.size += size;
  stream->put.at_end = size < stream->to_read;
  if (stream->put.way == S3D_PUT_UNDECIDED && stream->first == NULL)
    {
      stream->first = bytes;
      decide_stream (stream);
      return;
    }

  if (stream->put.way == S3D_PUT_UNDECIDED)
    decide_stream (stream);
  if (size > 0 && ++stream->n_cut > stream->put.store->klass->max_parts)
    s3d_put_fail_unsupported (&stream->put);
  else if (size > 0)
    queue_part (stream, stream->n_cut, bytes);
  g_bytes_unref (bytes);
}

static gboolean
fill (Stream *stream, guint8 *memory, gsize size, gsize *got, GError **error)
{
  for (*got = 0; *got < size;)
    {
      gssize n = stream->read (stream->data, memory + *got, size - *got, stream->cancellable, error);

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
  Stream *stream = (Stream *) sequence;
  gsize size = (gsize) stream->to_read;
  GError *error = NULL;
  guint8 *memory = s3d_memory_alloc (stream->to_read, &error);
  GBytes *bytes = NULL;
  gsize got = 0;

  if (memory != NULL && fill (stream, memory, size, &got, &error))
    bytes = s3d_memory_to_bytes (memory, size, got);
  else if (memory != NULL)
    s3d_memory_free (memory, size);

  g_mutex_lock (&sequence->lock);
  stream->reading = FALSE;
  if (bytes != NULL)
    take_bytes (stream, bytes);
  else
    s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);
}

/* How many buffers of @size there may be. */
static guint
n_buffers (const Stream *stream, guint64 size)
{
  guint64 share = MIN (stream->put.store->settings->memory_budget / 2, STREAM_MAX);

  return (guint) CLAMP (share / size, 1, (guint64) stream->put.store->settings->concurrent_parts + 1);
}

/* TRUE: there is memory for the next buffer. Nothing is held while more is waited for; the first read, which may need
 * another one to know whether more comes, reserves for both. */
static gboolean
have_memory (Stream *stream)
{
  guint64 part = growing_size (stream, stream->n_cut + 1);
  guint buffers = n_buffers (stream, part);
  guint held = stream->put.n_flying + stream->put.ready.length;
  guint64 needed = MAX (stream->put.size == 0 ? stream->to_read + part : 0, buffers * part);

  if (held > 0 && held >= buffers)
    return FALSE;
  if (stream->put.budget == NULL || needed <= stream->reserved || stream->first != NULL)
    return TRUE;
  if (held > 0)
    return FALSE;

  stream->reserved = needed;

  return s3d_sequence_reserve (&stream->put.parent, stream->put.budget, needed);
}

/* The first read is of as many whole parts as reach the threshold: it need not be copied, whatever comes of it. */
static guint64
first_read (const Stream *stream)
{
  guint64 size = 0;

  for (guint part = 1; size < s3d_put_threshold (&stream->put); part++)
    size += growing_size (stream, part);

  return MAX (size, 1);
}

static void
stream_step (S3dPut *put)
{
  Stream *stream = (Stream *) put;

  if (stream->reading || put->at_end)
    return;

  stream->to_read = put->size == 0 ? first_read (stream) : growing_size (stream, stream->n_cut + 1);
  if (!have_memory (stream))
    return;

  stream->reading = TRUE;
  s3d_sequence_push (&put->parent, read_buffer);
}

static void
stream_interrupt (S3dPut *put)
{
  g_cancellable_cancel (((Stream *) put)->cancellable);
}

static void
stream_ended (S3dPut *put)
{
  Stream *stream = (Stream *) put;

  if (stream->destroy != NULL)
    stream->destroy (stream->data);
  stream->destroy = NULL;
}

static void
stream_clear (S3dPut *put)
{
  Stream *stream = (Stream *) put;

  g_clear_object (&stream->cancellable);
  g_clear_pointer (&stream->first, g_bytes_unref);
}

static const S3dPutFeed stream_feed = {
  .step = stream_step,
  .interrupt = stream_interrupt,
  .ended = stream_ended,
  .clear = stream_clear,
};

S3dSequence *
s3d_put_new_stream (S3dStore *store, S3dBudget *budget, S3dlioUri *target, S3dPutRead read, gpointer data,
                    GDestroyNotify destroy, const S3dPutOptions *options)
{
  Stream *stream = g_new0 (Stream, 1);

  s3d_put_init (&stream->put, &stream_feed, store, budget, target, options);
  stream->read = read;
  stream->data = data;
  stream->destroy = destroy;
  stream->cancellable = g_cancellable_new ();

  return &stream->put.parent;
}

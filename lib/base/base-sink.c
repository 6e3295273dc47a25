/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Destinations of a body: memory of the caller, memory of our own that grows, a place in a file. A sink has no lock:
 * the operation that made it owns it, and one thread at a time uses it. Descriptors and the caller's memory are
 * borrowed; memory of our own belongs to the sink until its bytes are stolen. */

#include "config.h"

#include "base/base-sink.h"

#include "base/base-error.h"
#include "base/base-memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What a body of unknown length starts with. */
#define GROWING_FIRST ((gsize) 64 * 1024)

typedef struct
{
  S3dSink sink;
  guint8 *memory;
  gsize size;  /* as given, or as allocated */
  gsize limit; /* growing only */
} MemorySink;

typedef struct
{
  S3dSink sink;
  int fd;
  guint64 offset;
} FileSink;

static gboolean
refuse (GError **error, guint64 bytes, gsize size)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE,
               "%" G_GUINT64_FORMAT " bytes do not fit into a buffer of %" G_GSIZE_FORMAT, bytes, size);
  return FALSE;
}

/* --- memory of the caller --- */

static gboolean
memory_begin (S3dSink *sink, gint64 length, GError **error)
{
  MemorySink *self = (MemorySink *) sink;

  if (length > 0 && (guint64) length > self->size)
    return refuse (error, (guint64) length, self->size);

  return TRUE;
}

static gpointer
memory_get_buffer (S3dSink *sink, gsize *size)
{
  MemorySink *self = (MemorySink *) sink;
  gsize room = self->size - (gsize) sink->written;

  if (room == 0)
    return NULL;

  *size = room;
  return self->memory + sink->written;
}

static gboolean
memory_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  MemorySink *self = (MemorySink *) sink;

  if (size > self->size - (gsize) sink->written)
    return refuse (error, sink->written + size, self->size);

  memcpy (self->memory + sink->written, data, size);
  return TRUE;
}

static gboolean
any_restart (S3dSink *sink)
{
  return TRUE;
}

static void
any_free (S3dSink *sink)
{
  g_free (sink);
}

static const S3dSinkClass memory_class = {
  .begin = memory_begin,
  .write = memory_write,
  .get_buffer = memory_get_buffer,
  .restart = any_restart,
  .free = any_free
};

S3dSink *
s3d_sink_new_memory (gpointer memory, gsize size)
{
  MemorySink *self = g_new0 (MemorySink, 1);

  self->sink.klass = &memory_class;
  self->memory = memory;
  self->size = size;
  return &self->sink;
}

/* --- memory of our own --- */

static gboolean
growing_resize (MemorySink *self, gsize size, GError **error)
{
  gsize used = (gsize) self->sink.written;
  guint8 *memory = s3d_memory_alloc (size, error);

  if (memory == NULL)
    return FALSE;
  if (used > 0)
    memcpy (memory, self->memory, used);
  if (self->memory != NULL)
    s3d_memory_free (self->memory, self->size);

  self->memory = memory;
  self->size = size;
  return TRUE;
}

/* Room for @more bytes behind what is written. The size doubles, so that each byte is copied about once. */
static gboolean
growing_reserve (MemorySink *self, gsize more, GError **error)
{
  gsize used = (gsize) self->sink.written;
  gsize wanted;

  if (more <= self->size - used)
    return TRUE;
  if (more > self->limit - used)
    return refuse (error, self->sink.written + more, self->limit);

  wanted = MAX (used + more, GROWING_FIRST);
  if (self->size <= self->limit / 2)
    wanted = MAX (wanted, self->size * 2);
  else
    wanted = self->limit;

  return growing_resize (self, MIN (wanted, self->limit), error);
}

static gboolean
growing_begin (S3dSink *sink, gint64 length, GError **error)
{
  MemorySink *self = (MemorySink *) sink;

  if (length <= 0)
    return TRUE;
  if ((guint64) length > self->limit)
    return refuse (error, (guint64) length, self->limit);
  if (self->size == (gsize) length)
    return TRUE;

  return growing_resize (self, (gsize) length, error);
}

static gpointer
growing_get_buffer (S3dSink *sink, gsize *size)
{
  MemorySink *self = (MemorySink *) sink;
  gsize used = (gsize) sink->written;

  if (used == self->limit)
    return NULL;
  if (self->size == used && !growing_reserve (self, MIN (MAX (*size, 1), self->limit - used), NULL))
    return NULL;

  *size = self->size - used;
  return self->memory + used;
}

static gboolean
growing_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  MemorySink *self = (MemorySink *) sink;

  if (!growing_reserve (self, size, error))
    return FALSE;

  memcpy (self->memory + sink->written, data, size);
  return TRUE;
}

static void
growing_free (S3dSink *sink)
{
  MemorySink *self = (MemorySink *) sink;

  if (self->memory != NULL)
    s3d_memory_free (self->memory, self->size);
  g_free (self);
}

static const S3dSinkClass growing_class = {
  .begin = growing_begin,
  .write = growing_write,
  .get_buffer = growing_get_buffer,
  .restart = any_restart,
  .free = growing_free
};

S3dSink *
s3d_sink_new_growing (gsize limit)
{
  MemorySink *self = g_new0 (MemorySink, 1);

  self->sink.klass = &growing_class;
  self->limit = limit;
  return &self->sink;
}

GBytes *
s3d_sink_steal_bytes (S3dSink *sink)
{
  MemorySink *self = (MemorySink *) sink;
  gsize used = (gsize) sink->written;
  guint8 *memory = g_steal_pointer (&self->memory);

  g_assert (sink->klass == &growing_class);

  sink->written = 0;
  if (memory == NULL)
    return g_bytes_new_static ("", 0);

  return s3d_memory_to_bytes (memory, self->size, used);
}

/* --- descriptors --- */

gboolean
s3d_sink_write_at (int fd, guint64 offset, gconstpointer data, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size)
    {
      ssize_t n = pwrite (fd, (const guint8 *) data + done, size - done, (off_t) (offset + done));

      if (n > 0)
        done += (gsize) n;
      else if (n == 0 || errno != EINTR)
        {
          s3d_error_set_errno (error, n == 0 ? ENOSPC : errno,
                               "cannot write %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT,
                               size - done, offset + done);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
file_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  FileSink *self = (FileSink *) sink;

  return s3d_sink_write_at (self->fd, self->offset + sink->written, data, size, error);
}

static const S3dSinkClass file_class = {
  .write = file_write,
  .restart = any_restart,
  .free = any_free
};

S3dSink *
s3d_sink_new_file (int fd, guint64 offset)
{
  FileSink *self = g_new0 (FileSink, 1);

  self->sink.klass = &file_class;
  self->fd = fd;
  self->offset = offset;
  return &self->sink;
}

/* --- what the transport calls --- */

gboolean
s3d_sink_begin (S3dSink *sink, gint64 length, GError **error)
{
  sink->written = 0;
  return sink->klass->begin == NULL || sink->klass->begin (sink, length, error);
}

gboolean
s3d_sink_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  if (size == 0)
    return TRUE;
  if (!sink->klass->write (sink, data, size, error))
    return FALSE;

  sink->written += size;
  return TRUE;
}

gpointer
s3d_sink_get_buffer (S3dSink *sink, gsize *size)
{
  return sink->klass->get_buffer != NULL ? sink->klass->get_buffer (sink, size) : NULL;
}

void
s3d_sink_commit (S3dSink *sink, gsize size)
{
  if (sink->klass->commit != NULL)
    sink->klass->commit (sink, size);
  sink->written += size;
}

gboolean
s3d_sink_restart (S3dSink *sink)
{
  if (!sink->klass->restart (sink))
    return FALSE;

  sink->written = 0;
  return TRUE;
}

void
s3d_sink_free (S3dSink *sink)
{
  sink->klass->free (sink);
}

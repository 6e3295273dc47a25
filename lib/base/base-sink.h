/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a body goes. The transport calls s3d_sink_begin() when the headers are in (so that
 * memory is allocated exactly and late), then writes; a retry restarts. One thread at a time
 * uses a sink; it belongs to the operation that made it. */

#include <glib.h>

typedef struct _S3dSink S3dSink;

/* begin, get_buffer and commit may be NULL: always yes, never, nothing to do. The functions below keep @written; a
 * class reads it and never sets it. */
typedef struct
{
  /* @length bytes will come, or -1 when that is not known. FALSE refuses (error set: the
   * caller's buffer is too small…). */
  gboolean (*begin) (S3dSink *sink, gint64 length, GError **error);
  /* Takes all @size bytes, or fails (disk full…). */
  gboolean (*write) (S3dSink *sink, gconstpointer data, gsize size, GError **error);
  /* Where the next bytes may be put directly (@size: in how much is wanted, out how much there
   * is), or NULL: use write. What was put there counts only after commit. */
  gpointer (*get_buffer) (S3dSink *sink, gsize *size);
  void (*commit) (S3dSink *sink, gsize size);
  /* Forgets what was written since begin; FALSE: it cannot. */
  gboolean (*restart) (S3dSink *sink);
  void (*free) (S3dSink *sink);
} S3dSinkClass;

struct _S3dSink
{
  const S3dSinkClass *klass;
  guint64 written; /* bytes committed since begin */
};

/* Fixed memory of somebody else; more than @size bytes is S3DLIO_ERROR_NO_SPACE. */
S3dSink *s3d_sink_new_memory (gpointer memory, gsize size);
/* Allocates exactly at begin when the length is known (s3d_memory_alloc), grows otherwise, up to
 * @limit. */
S3dSink *s3d_sink_new_growing (gsize limit);
GBytes *s3d_sink_steal_bytes (S3dSink *sink); /* of a growing one */
/* The descriptor stays the caller's. */
S3dSink *s3d_sink_new_file (int fd, guint64 offset);
/* For a class that writes to a file: all of it, at @offset on. */
gboolean s3d_sink_write_at (int fd, guint64 offset, gconstpointer data, gsize size, GError **error);

gboolean s3d_sink_begin (S3dSink *sink, gint64 length, GError **error);
gboolean s3d_sink_write (S3dSink *sink, gconstpointer data, gsize size, GError **error);
gpointer s3d_sink_get_buffer (S3dSink *sink, gsize *size);
void s3d_sink_commit (S3dSink *sink, gsize size);
gboolean s3d_sink_restart (S3dSink *sink);
void s3d_sink_free (S3dSink *sink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSink, s3d_sink_free)

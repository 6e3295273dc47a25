/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a request's body comes from: memory, or a piece of a file. Its length is known, and it
 * can be read again from the start (a retry). Reading past what is there is an error: a file
 * that shrank under us fails the upload. */

#include <glib.h>
#include <sys/stat.h>

typedef struct _S3dSource S3dSource;

S3dSource *s3d_source_new_bytes (GBytes *bytes);                             /* keeps a reference */
S3dSource *s3d_source_new_memory (gconstpointer data, gsize size);           /* borrows */
/* pread(); the descriptor stays the caller's */
S3dSource *s3d_source_new_file (int fd, guint64 offset, guint64 length);
/* The whole of the regular file at @path, as @found; closes @fd at the end. When its last byte, or the last one of a
 * slice of it, is read and the file is no longer as it was found, that read fails: what was read is never a mixture. */
S3dSource *s3d_source_new_path_take (int fd, const char *path, const struct stat *found);
/* INTEGRITY with the path, when a file is no longer as it was found (or has gone from under @fd). */
gboolean s3d_source_check_file (int fd, const char *path, const struct stat *found, GError **error);
S3dSource *s3d_source_new_slice (S3dSource *whole, guint64 offset, guint64 length); /* keeps a reference to @whole */
S3dSource *s3d_source_ref (S3dSource *source);
void s3d_source_unref (S3dSource *source);

guint64 s3d_source_get_length (S3dSource *source);
/* The bytes when they are in memory, else NULL. */
gconstpointer s3d_source_peek (S3dSource *source);
/* Reads at most @size bytes at @offset; -1 with @error. Stateless, so that a rewind costs
 * nothing. */
gssize s3d_source_read (S3dSource *source, guint64 offset, gpointer buffer, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSource, s3d_source_unref)

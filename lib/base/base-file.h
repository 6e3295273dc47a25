/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files that appear whole or not at all: O_TMPFILE linked to a temporary name and renamed (a
 * dot-file beside the target where O_TMPFILE does not work). A target that is no regular file
 * (/dev/null, a FIFO) is written in place; a symlink is followed; a new file has 0666 & ~umask,
 * an existing one keeps its mode. Blocking; any one thread at a time. */

#include <glib.h>

typedef struct _S3dAtomicFile S3dAtomicFile;

typedef enum
{
  S3D_ATOMIC_NONE = 0,
  /* EXISTS when the target is there, also when it appears meanwhile */
  S3D_ATOMIC_NO_CLOBBER = 1 << 0,
  S3D_ATOMIC_MAKE_PARENTS = 1 << 1,
  S3D_ATOMIC_FSYNC = 1 << 2,       /* file and directory are on the disk when commit returns */
  /* the bytes go to the part of base-part.h, with what is in it; a target to be written in place is refused, and one
   * that somebody else is at is UNAVAILABLE */
  S3D_ATOMIC_PART = 1 << 3,
  S3D_ATOMIC_EXECUTABLE = 1 << 4 /* a new file has 0777 & ~umask, for who takes away from it */
} S3dAtomicFlags;

S3dAtomicFile *s3d_atomic_file_open (const char *path, S3dAtomicFlags flags, GError **error);
int s3d_atomic_file_get_fd (S3dAtomicFile *file);
/* FALSE when the target is written in place and may not seek: then bytes must come in order. */
gboolean s3d_atomic_file_can_seek (S3dAtomicFile *file);
/* As if it had been opened with S3D_ATOMIC_NO_CLOBBER, for those who learn late that the target must be new. */
void s3d_atomic_file_set_no_clobber (S3dAtomicFile *file);
/* Publishes; @mtime in microseconds or S3D_TIME_UNKNOWN. The object is freed either way. */
gboolean s3d_atomic_file_commit (S3dAtomicFile *file, gint64 mtime, GError **error);
void s3d_atomic_file_discard (S3dAtomicFile *file);

/* Renames one file, replacing @to; UNSUPPORTED where it takes a copy, since they are on two file systems. */
gboolean s3d_atomic_rename (const char *from, const char *to, S3dAtomicFlags flags, GError **error);

/* With S3D_ATOMIC_PART: as discard, but the part stays; the directory (O_PATH) and the name of the target. */
void s3d_atomic_file_keep (S3dAtomicFile *file);
int s3d_atomic_file_get_dir (S3dAtomicFile *file);
const char *s3d_atomic_file_get_name (S3dAtomicFile *file);

/* Whether @name, without its directory, is one that a file has before it is published. */
gboolean s3d_atomic_file_is_temporary (const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dAtomicFile, s3d_atomic_file_discard)

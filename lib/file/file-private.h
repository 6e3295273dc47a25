/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the sources of this folder share: the store, facts of files, and the two ends of every transfer. All of it
 * blocks and runs on the range pool, one op at a time on each object but the store and the uploads. */

#include <sys/stat.h>

#include "base/base-error.h"
#include "base/base-file.h"
#include "base/base-pool.h"
#include "store/store.h"

#define S3D_FILE_PIECE (1024 * 1024) /* between two looks at whether the op was cancelled */

typedef struct
{
  S3dStore parent;
  S3dPool *pool;
  GMutex lock;
  GHashTable *uploads; /* id → upload, under the lock */
  guint64 serial;      /* of ids, under the lock */
} S3dFileStore;

/* --- file-facts.c --- */

/* @if_match nullable; "*" is any. */
gboolean s3d_file_check_match (const char *path, const struct stat *stat, const char *if_match, GError **error);
gint64 s3d_file_mtime (const struct stat *stat); /* microseconds */
/* Size and ETag are those of a regular file only. */
S3dlioObjectInfo *s3d_file_info (S3dlioObjectType type, const char *uri, const struct stat *stat);

/* --- file-input.c: what is read --- */

typedef struct
{
  const char *path; /* borrowed */
  int fd;
  struct stat stat;
  gint64 size;     /* -1: its end tells */
  gboolean stream; /* comes in order: a FIFO, a terminal */
} S3dFileInput;

#define S3D_FILE_INPUT_INIT { .fd = -1 }

/* @streams: what comes in order is welcome too. */
gboolean s3d_file_input_open (S3dFileInput *input, S3dlioUri *uri, const char *if_match, gboolean streams,
                              GError **error);
/* At most @size bytes; 0 is the end. -1 with @error. Waits for a stream until @op is cancelled; @offset is where it has
 * come to. */
gssize s3d_file_input_read (S3dFileInput *input, S3dOp *op, gpointer buffer, gsize size, guint64 offset,
                            GError **error);
/* FALSE when it is no longer the file that was opened, so that what was read may be a mixture. */
gboolean s3d_file_input_check (S3dFileInput *input, const char *if_match, GError **error);
void s3d_file_input_clear (S3dFileInput *input);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dFileInput, s3d_file_input_clear)

/* Memory between two descriptors. */
typedef struct
{
  guint8 *data;
  gsize size;
} S3dFileBuffer;

gboolean s3d_file_buffer_alloc (S3dFileBuffer *buffer, guint64 wanted, GError **error);
void s3d_file_buffer_clear (S3dFileBuffer *buffer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dFileBuffer, s3d_file_buffer_clear)

/* --- file-output.c: what is written --- */

typedef struct
{
  char *path;
  S3dAtomicFile *file;
  int fd; /* the file's */
  gboolean regular;
  gboolean in_order; /* cannot seek */
} S3dFileOutput;

/* Waits, until @op is cancelled, for the reader of a FIFO. */
gboolean s3d_file_output_open (S3dFileOutput *output, S3dOp *op, gboolean no_clobber, GError **error);
/* @offset goes up by what was written before, when the output is in order. */
gboolean s3d_file_output_write (S3dFileOutput *output, S3dOp *op, gconstpointer data, gsize size, guint64 offset,
                                GError **error);
/* All of @source, at @offset. */
gboolean s3d_file_output_send (S3dFileOutput *output, S3dOp *op, S3dSource *source, guint64 offset, GError **error);
/* Publishes and fills in op->info. @if_match: of the file that is replaced; nullable. The output is cleared either
 * way. */
gboolean s3d_file_output_commit (S3dFileOutput *output, S3dOp *op, const char *if_match, GError **error);
void s3d_file_output_clear (S3dFileOutput *output); /* discards */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dFileOutput, s3d_file_output_clear)

/* PRECONDITION unless the file at @path fits @if_match; NOT_FOUND when there is none. */
gboolean s3d_file_check_target (const char *path, const char *if_match, GError **error);

/* --- file-directory.c --- */

/* A directory, read whole and sorted as the keys of its entries are. */
typedef struct
{
  char *path;       /* with its "/" at the end */
  dev_t device;
  ino_t inode;
  int fd;           /* -1 while those below it are walked */
  GPtrArray *names; /* directories have a "/" at the end */
  GStringChunk *chunk;
  guint next;       /* the entry that comes next */
} S3dFileDirectory;

/* The entries whose keys begin with @path and @filter; @path ends in "/". Symbolic links count as what is behind them,
 * unless @no_follow: then they are files. */
S3dFileDirectory *s3d_file_directory_read (const char *path, const char *filter, gboolean no_follow, S3dOp *op,
                                           GError **error);
/* FALSE: it has gone, or is no file (or link, with @no_follow). */
gboolean s3d_file_directory_stat (S3dFileDirectory *directory, const char *name, gboolean no_follow, struct stat *stat);
void s3d_file_directory_rest (S3dFileDirectory *directory); /* gives its descriptor back until it is needed */
void s3d_file_directory_free (gpointer data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dFileDirectory, s3d_file_directory_free)

/* --- file-copy.c --- */

/* Bytes of one descriptor into an output, in the kernel where it can. Begins zeroed, but for the paths and ends. */
typedef struct
{
  S3dOp *op;
  S3dFileInput *input;
  S3dFileOutput *output;
  gboolean by_hand; /* the kernel cannot */
  S3dFileBuffer buffer;
} S3dFileCopy;

gboolean s3d_file_copy_bytes (S3dFileCopy *copy, guint64 from, guint64 to, guint64 length, GError **error);

/* --- the jobs; FALSE with @error --- */

gboolean s3d_file_run_read (S3dOp *op, GError **error);
gboolean s3d_file_run_write (S3dOp *op, GError **error);
gboolean s3d_file_run_list (S3dOp *op, GError **error);
gboolean s3d_file_run_delete_tree (S3dOp *op, GError **error);
gboolean s3d_file_run_copy (S3dOp *op, GError **error);
gboolean s3d_file_run_upload_begin (S3dOp *op, GError **error);
gboolean s3d_file_run_upload_complete (S3dOp *op, GError **error);
gboolean s3d_file_run_upload_abort (S3dOp *op, GError **error);

/* --- file-upload.c --- */

/* Does not block: parts that are started in order get their places before they run. */
void s3d_file_start_upload_part (S3dStore *store, S3dOp *op);
void s3d_file_upload_unref (gpointer data);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One step of a store: one request, or one job on the range pool. Start-and-complete:
 * s3d_store_start() returns at once, and the completion comes later, exactly once, on a thread of
 * the backend's (never inside start, never with a lock held). The completion must not block nor
 * call the user's code; it may start further steps.
 *
 * Whoever makes an op fills its "in" part before the start and reads its "out" part in the
 * completion or after; in between the op is the backend's. Reference-counted; s3d_op_cancel()
 * may come from any thread at any time. */

#include "base/base-facts.h"
#include "base/base-sink.h"
#include "base/base-source.h"
#include "base/base-uri.h"
#include "store/store-info.h"

#include <gio/gio.h>

typedef enum
{
  S3D_OP_READ,             /* bytes of one object, into a sink */
  S3D_OP_STAT,
  S3D_OP_WRITE,            /* one object, whole or not at all */
  S3D_OP_DELETE,           /* exactly one key; a missing one is no error */
  S3D_OP_DELETE_MANY,      /* up to max_delete keys of one container, each with an outcome of its own */
  S3D_OP_DELETE_TREE,      /* where objects are files: a page of what is below a directory, and what that empties */
  S3D_OP_LIST,             /* one page */
  S3D_OP_COPY,             /* inside the store */
  S3D_OP_RENAME,           /* in one step, or UNSUPPORTED where that takes a copy and a delete */
  S3D_OP_UPLOAD_BEGIN,     /* multipart: begin → upload_id */
  S3D_OP_UPLOAD_PART,
  S3D_OP_UPLOAD_PART_COPY, /* a part that is a range of another object of the store */
  S3D_OP_UPLOAD_COMPLETE,
  S3D_OP_UPLOAD_ABORT,     /* one that is gone is no error */
  S3D_OP_UPLOAD_LIST,      /* one page of those that are begun and not ended */
  S3D_OP_CONTAINER_CREATE,
  S3D_OP_CONTAINER_DELETE, /* refuses one that is not empty */
  S3D_OP_CONTAINER_LIST,
  S3D_OP_N_KINDS
} S3dOpKind;

typedef struct _S3dOp S3dOp;
typedef struct _S3dStore S3dStore;

typedef void (*S3dOpDone) (S3dOp *op, gpointer data);

/* READ: called once an attempt, when it is known what will come and before the first byte:
 * total, range_offset, range_length and info are filled in. May set op->sink. FALSE with @error
 * refuses the body and fails the op. */
typedef gboolean (*S3dOpReady) (S3dOp *op, gpointer data, GError **error);

/* Where a list stands between two pages. Owned by who lists; begins zeroed; the backend fills
 * it. */
typedef struct
{
  char *token;              /* S3: the continuation token */
  gpointer state;           /* file: the stack of open directories */
  GDestroyNotify state_free;
  gboolean at_end;          /* no further page */
} S3dCursor;

void s3d_cursor_clear (S3dCursor *cursor);

/* What became of one of many keys that are deleted. */
typedef enum
{
  S3D_KEY_PENDING, /* not decided: if the op fails, so does it */
  S3D_KEY_GONE,
  S3D_KEY_FAILED,  /* with its own error */
  S3D_KEY_ALONE    /* not tried: it takes an S3D_OP_DELETE of its own */
} S3dKeyState;

typedef struct
{
  char *key;
  S3dKeyState state;
  GError *error;
} S3dKey;

/* An array of S3dKey that owns its keys and errors. */
GArray *s3d_keys_new (guint reserved);
void s3d_keys_add (GArray *keys, const char *key);

/* What a new object is given beside its bytes. All nullable. */
typedef struct
{
  char *content_type;
  char *content_encoding;
  char *content_language;
  char *content_disposition;
  char *cache_control;
  char *storage_class;
  GHashTable *metadata; /* name → value, without the service's prefix; names in lower case */
} S3dAttributes;

S3dAttributes *s3d_attributes_new (void);
S3dAttributes *s3d_attributes_copy (const S3dAttributes *attributes);
void s3d_attributes_free (S3dAttributes *attributes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dAttributes, s3d_attributes_free)

/* The checksum of some bytes. */
typedef struct
{
  gboolean known;
  guint32 crc32c;
  guint64 size;
} S3dSum;

struct _S3dOp
{
  gatomicrefcount refs;
  S3dOpKind kind;

  /* in: every kind */
  S3dlioUri *target;
  S3dOpDone done;
  gpointer done_data;
  /* attempts that earlier ops of the same work made: the backoff goes on from there */
  guint attempts_made;
  guint max_attempts;   /* 0: as configured */

  /* in: READ, UPLOAD_PART_COPY (there length > 0) */
  gint64 offset;        /* ≥ 0; READ, with length -1: < 0 for the last -offset bytes, or all when there are fewer */
  gint64 length;        /* > 0, or -1: to the end. A tail beyond the end is clamped */
  S3dOpReady ready;     /* nullable */
  gpointer ready_data;
  S3dSink *sink;        /* borrowed; NULL until ready sets it */
  guint stall_ms;       /* fails after so long without a byte, where that can be timed; 0: as the settings say */

  /* in: READ, DELETE, COPY, RENAME and UPLOAD_PART_COPY (of the source; see S3dPartCopy), WRITE and
   * UPLOAD_COMPLETE (of what is replaced) */
  char *if_match;       /* ETag without quotes */

  /* in: WRITE, UPLOAD_PART */
  S3dSource *source;    /* a reference */

  /* in: WRITE, COPY, RENAME (no_clobber alone), UPLOAD_BEGIN, UPLOAD_COMPLETE */
  gboolean no_clobber;
  S3dAttributes *attributes; /* owned, nullable; COPY: NULL keeps those of the source */

  /* in: DELETE_MANY, the keys; out: what became of them; DELETE_TREE: out alone, with paths. Owned */
  GArray *keys;         /* of S3dKey */

  /* in: LIST, UPLOAD_LIST, CONTAINER_LIST (the prefix is the target's key, literal), DELETE_TREE (the target
   * is the directory) */
  gboolean recursive;   /* FALSE: split at "/", common prefixes as entries of type PREFIX */
  guint page_size;      /* 0: as the service likes */
  S3dCursor *cursor;    /* borrowed */

  /* in: LIST, STAT, UPLOAD_LIST, where objects are files: symbolic links are entries of unknown size, not followed */
  gboolean no_follow;

  /* in: COPY, RENAME, UPLOAD_PART_COPY; UPLOAD_BEGIN: when the parts will be copied from there */
  S3dlioUri *from;
  gboolean preserve_mtime; /* where objects are files: the copy is as old as its source */

  /* in: UPLOAD_*; out: UPLOAD_BEGIN */
  char *upload_id;
  guint part_number;    /* from 1 */
  GPtrArray *part_etags; /* UPLOAD_COMPLETE: of char *, part i+1 at index i; owned */

  /* Checksums, where the store sends them along with what is written. WRITE, UPLOAD_PART, UPLOAD_COMPLETE: out, what
   * was sent; the answer did not tell another one. STAT: in, what the object is to have; INTEGRITY when it has another
   * one */
  S3dSum sum;
  GArray *part_sums;     /* in: UPLOAD_COMPLETE, STAT: of S3dSum, as the ETags; nullable, owned */
  gboolean whole_sum;    /* out: UPLOAD_BEGIN, in: UPLOAD_COMPLETE: the service takes the checksum of the whole */

  /* out */
  GError *error;        /* NULL: it worked */
  /* failed, but the same again (from the byte reached) may work: transient, attempts are left */
  gboolean resumable;
  S3dFacts facts;
  guint steps; /* requests beside the first that are no retries of it: it takes several */
  S3dlioObjectInfo *info; /* READ (from ready on), STAT, WRITE, COPY, RENAME, UPLOAD_COMPLETE; nullable */
  /* READ: size of the whole object, -1 unknown; also with a RANGE error when the service told it */
  gint64 total;
  gint64 range_offset;  /* READ: where the body begins */
  gint64 range_length;  /* READ: how much will come, -1 unknown */
  char *etag;           /* UPLOAD_PART, UPLOAD_PART_COPY; without quotes */
  GPtrArray *items;     /* LIST, UPLOAD_LIST, CONTAINER_LIST: of S3dlioObjectInfo * */

  /* whoever launched it */
  guint slot;           /* where it stands among what is in flight */
  gboolean goes_on;     /* with what an earlier one, which broke off, has begun */
  gboolean shielded;    /* its answer is wanted even when the whole is cancelled */

  /* the store's */
  S3dStore *store;
  GMutex lock;
  GCond cancel_ended;
  guint cancels_running;
  gboolean cancelled;
  void (*cancel) (S3dOp *op, gpointer data);
  gpointer cancel_data;
};

S3dOp *s3d_op_new (S3dOpKind kind, S3dlioUri *target, S3dOpDone done, gpointer data);
S3dOp *s3d_op_ref (S3dOp *op);
void s3d_op_unref (S3dOp *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dOp, s3d_op_unref)

/* Asks the backend to end it soon; it then completes with G_IO_ERROR_CANCELLED, unless it was
 * just done. Idempotent; before the start it makes the start's op end at once. The completion is
 * the acknowledgement that sink and source are let go. */
void s3d_op_cancel (S3dOp *op);
gboolean s3d_op_is_cancelled (S3dOp *op);
/* FALSE with @error when it was cancelled. */
gboolean s3d_op_goes_on (S3dOp *op, GError **error);
GError *s3d_error_new_cancelled (void);

/* For backends: what s3d_op_cancel() does (called without the op's lock held; at once when it is
 * cancelled already). */
void s3d_op_set_cancel (S3dOp *op, void (*cancel) (S3dOp *op, gpointer data), gpointer data);
/* For backends: the end. Takes @error. No cancel function runs any more when done is called. */
void s3d_op_complete (S3dOp *op, GError *error);

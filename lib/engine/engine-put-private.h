/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of writing one object: a put, and what feeds it when its bytes are not all at hand. engine-put.c decides
 * between one write and parts, and brings the upload to its end; engine-put-stream.c feeds it from a stream,
 * engine-copy-*.c from an object. */

#include "engine/engine-put.h"

typedef struct _S3dPut S3dPut;

typedef enum
{
  S3D_PUT_UNDECIDED,
  S3D_PUT_SINGLE,
  S3D_PUT_PARTS
} S3dPutWay;

/* Where the bytes of a put come from, when not from a source that is there from the start. Embeds S3dPut as its first
 * member. The functions run under the sequence's lock, interrupt and ended aside. */
typedef struct
{
  /* Gets on with what comes next: sets size and either source or way, then puts parts into ready, until at_end. */
  void (*step) (S3dPut *put);
  /* An op that is no put's: TRUE when it was the feed's. Nullable. */
  gboolean (*completed) (S3dPut *put, S3dOp *op);
  void (*interrupt) (S3dPut *put); /* as a sequence's; nullable, like the next */
  void (*ended) (S3dPut *put);     /* lets go of what is the caller's; may be called more than once */
  void (*clear) (S3dPut *put);     /* what it added to the S3dPut */
} S3dPutFeed;

struct _S3dPut
{
  S3dSequence parent;
  S3dStore *store;
  S3dBudget *budget; /* nullable */
  S3dlioUri *target;
  gboolean no_clobber;
  char *if_match;
  S3dAttributes *attributes;
  S3dlioUri *copied_from; /* by the service, in parts; borrowed, nullable */
  S3dlioObjectInfo *info; /* nullable */

  S3dPutWay way;
  const S3dPutFeed *feed; /* nullable */
  S3dSource *source;      /* of known length, or what the feed came to; nullable */
  guint64 size;           /* of the source, or known so far */
  guint64 part_size;
  guint64 next;           /* where the next slice begins */
  GQueue ready;           /* of S3dOp *: parts that the feed has made, with their numbers */
  gboolean at_end;        /* the feed makes no more of them */
  gboolean launched;      /* the one write, or the begin */
  guint looks;            /* with a condition: how often it was asked whether that holds */
  gboolean holds;         /* it did, the last time */
  gboolean completing;
  char *upload_id;
  GPtrArray *etags;       /* of char *, by part */
  GArray *sums;           /* of S3dSum, the same */
  gboolean whole_sum;     /* the service takes the checksum of the whole */
  guint n_parts;          /* launched */
  guint n_flying;
  gboolean published;
  GError *lost;           /* what the complete said while the stat is out */
};

/* Of a zeroed one; @options nullable. */
void s3d_put_init (S3dPut *put, const S3dPutFeed *feed, S3dStore *store, S3dBudget *budget, S3dlioUri *target,
                   const S3dPutOptions *options);

/* The most that goes in one write. */
guint64 s3d_put_threshold (const S3dPut *put);
guint s3d_put_parts_at_once (const S3dPut *put);
/* The size is known: sets way and part_size, or fails. */
void s3d_put_decide (S3dPut *put);
void s3d_put_decide_parts (S3dPut *put);
void s3d_put_fail_unsupported (S3dPut *put);
/* For ready; @source is taken. */
S3dOp *s3d_put_new_part (S3dPut *put, guint number, S3dSource *source);

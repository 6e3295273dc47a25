/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of the range engine: a get, and the ranges it is made of. engine-get.c asks for them,
 * engine-get-plan.c decides which there are, engine-range.c brings one home, engine-resume.c leaves out what an earlier
 * get has left, engine-order.c writes them to descriptors that cannot seek. */

#include "engine/engine-get.h"

typedef struct _S3dGet S3dGet;

/* One piece of the object. Its sink puts the bytes at their final place, so that a range that broke goes on behind the
 * last byte that came. While an op is out for it, @done is the backend's thread's. */
typedef struct
{
  S3dSink sink;
  GList link;       /* in the get's live ones */
  S3dGet *get;
  gint64 start;     /* in the object; < 0, until planned: so many from its end */
  gint64 length;    /* of what is wanted of it; -1: to the end, wherever that is */
  gint64 done;      /* bytes at their place */
  gint64 shown;     /* of them counted as progress */
  gint64 noted;     /* of them told to the journal */
  gint64 mark;      /* done when attempts began to be counted */
  guint attempts;
  gboolean clipped; /* the answer brings more than is wanted: the rest is let go */
  gboolean rewinds; /* the answer is the whole object, and will be again: may begin anew */
  gboolean launched; /* once, at least */
  gboolean complete;
  guint8 *memory;   /* where its first byte goes; NULL: to the descriptor */
} S3dRange;

struct _S3dGet
{
  S3dSequence parent;
  S3dStore *store;
  S3dBudget *budget;  /* nullable */
  S3dlioUri *target;
  gint64 offset;      /* < 0, until planned: the last bytes */
  gint64 wanted;      /* -1: to the end */
  char *if_match;     /* the caller's, nullable */
  S3dGetDestination destination;
  S3dRangeSettings ranges;

  /* What the first answer told. */
  gboolean begun, planned;
  S3dlioObjectInfo *info; /* nullable */
  gint64 total;
  char *etag;             /* nullable */
  gint64 chunk;
  gint64 next;            /* where the next range begins… */
  gint64 end;             /* …and where the last of them ends */
  gint64 to_reserve;      /* before the next range; 0: nothing */
  guint at_once;
  S3dSink *plain;         /* instead of ranges, when the length is known only at the end; nullable */
  guint64 length;         /* the result's, also with NO_SPACE */

  S3dJournal *journal;    /* borrowed; nullable */
  gint64 asked;           /* offset, when it began from the journal */
  gint64 note_step;       /* so many bytes are worth a note */
  gboolean unsure;        /* no answer has told yet whether the object is still the journal's */

  guint n_flying;
  GQueue live;            /* every S3dRange that there is */
  GQueue again;           /* of S3dRange *: to be launched once more */
  GError *refused;        /* a RANGE error that waits for the object's size */

  guint8 *memory;         /* S3D_GET_BYTES */
  gsize memory_size;

  /* In order: ranges out or not yet written, in the object's order. */
  GQueue order;
  GBytes *plain_bytes;    /* of a body of unknown length; nullable */
  guint window;
  gboolean writing;
  int wake;
};

S3dRange *s3d_range_new (S3dGet *get, gint64 start, gint64 length);
void s3d_range_free (S3dRange *range);
/* Launches an op for what is missing of it. */
void s3d_range_launch (S3dRange *range);
/* Its op is back; TRUE: the range is complete. Else it waits to be launched again, or the get has failed. */
gboolean s3d_range_landed (S3dRange *range, S3dOp *op);

/* The first answer is there: decides what becomes of the whole. */
gboolean s3d_get_plan (S3dGet *get, S3dRange *range, S3dOp *op, GError **error);
/* Once @next and @end are known. */
void s3d_get_choose_chunk (S3dGet *get);
/* FALSE: the caller's memory is smaller than @length. */
gboolean s3d_get_fits (S3dGet *get, gint64 length, GError **error);
/* The first answer was that no byte is there (S3DLIO_ERROR_RANGE). It may need a stat, which lands here too. */
void s3d_get_first_refused (S3dGet *get, S3dOp *op);
void s3d_get_stat_landed (S3dGet *get, S3dOp *op);

/* With a journal, what it has is left out. The first range, where an earlier get has left something, else NULL. */
S3dRange *s3d_resume_begin (S3dGet *get);
void s3d_resume_describe (S3dGet *get);
void s3d_resume_confirm (S3dGet *get, const S3dOp *op);
void s3d_resume_note (S3dRange *range);
gint64 s3d_resume_gap (S3dGet *get, gint64 at);  /* how much is to be asked for from there */
gint64 s3d_resume_skip (S3dGet *get, gint64 at); /* where something is to be asked for next */
/* TRUE: the first range has shown that what there was is of no use; the get begins anew. */
gboolean s3d_resume_start_over (S3dGet *get, S3dRange *range, const S3dOp *op);

/* In order: a range's place among those to be written; memory for it; the job that writes what is complete; an end to
 * its waiting. */
void s3d_order_insert (S3dRange *range);
gboolean s3d_order_prepare (S3dRange *range, GError **error);
void s3d_order_write (S3dSequence *sequence);
void s3d_order_interrupt (S3dGet *get);

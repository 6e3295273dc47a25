/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A store around another one that counts what is asked of it and breaks what it is told to break. */

#include "store/store.h"

typedef struct _FaultStore FaultStore;

/* What to do with one op. Everything 0: nothing. */
typedef struct
{
  GError *error;        /* fails with it (taken) before anything was done… */
  gboolean after;       /* …or after all was done: a lost answer */
  guint attempts;       /* that were made; 0: one */
  gboolean resumable;   /* with error, or with cut: the same again may work */
  gint64 cut;           /* READ: so many bytes of the body come; with resumable it breaks there, without it just ends */
  gboolean cuts;
} Fault;

/* Called as each op starts, with its number among those of its kind, from 0. Of DELETE_MANY it may decide on keys, by
 * their state and error. */
typedef void (*FaultScript) (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data);

FaultStore *fault_store_new (S3dStore *inner, FaultScript script, gpointer data);

/* Ops of @kind, from the @first one on, wait at their start until @n of them wait (then the gate opens for good), or
 * for ever when @n is 0, or until they are cancelled. */
void fault_store_gate (FaultStore *store, S3dOpKind kind, guint first, guint n);
void fault_store_open_gate (FaultStore *store);
void fault_store_wait_held (FaultStore *store, guint n); /* until so many are held */

/* How the service is. Set before the first op. */
typedef struct
{
  gboolean without_etag;    /* and does not honour If-Match */
  gboolean without_time;
  gboolean ignores_ranges;  /* answers with the whole object */
  gboolean hides_size;      /* tells no length at all */
  gboolean hides_size_416;
  gboolean ignores_match;
  gboolean tells_nothing;   /* of what was written */
  guint64 max_write;
} FaultManners;

void fault_store_set_manners (FaultStore *store, const FaultManners *manners);

/* After those of the inner store were changed. */
void fault_store_adopt_limits (FaultStore *store);

guint fault_store_count (FaultStore *store, S3dOpKind kind);
guint fault_store_total (FaultStore *store);
guint fault_store_most (FaultStore *store, S3dOpKind kind); /* in flight at once */
guint64 fault_store_most_bytes (FaultStore *store);         /* of parts in flight at once */
int fault_store_open_uploads (FaultStore *store);           /* begun, and neither completed nor aborted */
/* "offset+length offset+length …" of the reads, in the order of their start. */
char *fault_store_reads (FaultStore *store);

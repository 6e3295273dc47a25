/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of copies: a put that is fed from an object. engine-copy-fetch.c fetches it, engine-copy-within.c has the
 * service copy it, engine-copy.c is what both need. */

#include "engine/engine-copy.h"
#include "engine/engine-put-private.h"

typedef struct
{
  S3dPut put;
  S3dStore *from_store;
  S3dlioUri *from;
  char *if_match; /* the caller's, then that of what was found; nullable */
  gboolean begun;

  /* Inside a store. */
  GError *refused; /* what the service said to the copy in one step; nullable */
  S3dlioObjectInfo *found; /* what the ranges are of; nullable */
  gboolean looked_again;

  /* By way of this process. */
  gboolean planned;
  guint64 first;      /* bytes that the first get asks for: as much as one write takes */
  guint64 reserved;
  guint window;       /* parts held */
  GBytes *head;       /* what the first get brought */
  GPtrArray *fetches; /* of Fetch *, out or to be started */
} S3dCopy;

S3dCopy *s3d_copy_alloc (const S3dPutFeed *feed, S3dStore *from_store, S3dlioUri *from, S3dStore *store,
                         S3dlioUri *target, S3dBudget *budget, const char *if_match, const S3dPutOptions *options);
/* S3dPutFeed's. */
void s3d_copy_clear (S3dPut *put);

void s3d_copy_launch_stat (S3dCopy *copy);
/* What was found (nullable) is what is copied, and no later version of it. */
void s3d_copy_adopt (S3dCopy *copy, S3dlioObjectInfo *info);
/* From the next step on, and anew. */
void s3d_copy_by_fetching (S3dCopy *copy);

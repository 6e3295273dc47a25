/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A get to a file that appears whole or not at all. */

#include "base/base-budget.h"
#include "engine/engine-sequence.h"

typedef struct
{
  const char *path;
  gint64 offset, length; /* length -1: to the end */
  const char *if_match;  /* nullable */
  gboolean no_clobber;
  gboolean preserve_mtime; /* the file's becomes the object's */
  gboolean resume;         /* goes on from what an interruption has left, and leaves it when interrupted */
} S3dGetFile;

/* The file is opened when the sequence starts and published when all bytes are in it, both on the download pool. A
 * store whose objects are files is asked to copy, unless that is to be resumed. */
S3dSequence *s3d_get_file_new (S3dStore *store, S3dBudget *budget, S3dlioUri *target, const S3dGetFile *wanted);

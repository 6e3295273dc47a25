/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Moving one object: renamed by its store where that can, else copied, and deleted once the copy is whole and only if
 * it is still the version that was copied. */

#include "engine/engine-sequence.h"

typedef struct
{
  S3dStore *store; /* of the source */
  S3dlioUri *from;
  S3dlioUri *to;        /* NULL: of another store, which takes a copy */
  const char *if_match; /* of the source; nullable */
  gboolean no_clobber;

  /* Plans the copy of that version of the source: a sequence, not started. It may block. */
  S3dSequence *(*copy) (gpointer data, const char *if_match, GError **error);
  gpointer data;
  GDestroyNotify destroy; /* of @data, when the rename has ended, or is freed without a start */
} S3dRename;

/* @wanted is copied, its store and URIs are referred to. */
S3dSequence *s3d_rename_new (const S3dRename *wanted);

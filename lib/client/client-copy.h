/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Copies between any two stores, planned, and the options of what is written. */

#include "client/client-private.h"
#include "engine/engine-put.h"

/* The options that give a new object something, and what they give: NULL when that is nothing, so that a copy keeps
 * what its source has. */
#define S3D_WRITE_OPTIONS                                                                                              \
  S3DLIO_OPTION_CONTENT_TYPE, S3DLIO_OPTION_CONTENT_ENCODING, S3DLIO_OPTION_CONTENT_LANGUAGE,                          \
      S3DLIO_OPTION_CONTENT_DISPOSITION, S3DLIO_OPTION_CACHE_CONTROL, S3DLIO_OPTION_STORAGE_CLASS, S3D_OPTION_METADATA
S3dAttributes *s3d_client_attributes_of (S3dlioOptions *options);
#define S3D_PUT_OPTIONS                                                                                                \
  S3DLIO_OPTION_IF_MATCH, S3DLIO_OPTION_NO_CLOBBER, S3D_WRITE_OPTIONS, S3D_OPTION_PROGRESS, S3D_OPTION_REPORT
/* @attributes: borrowed, as the texts of @options are. */
S3dPutOptions s3d_client_put_options_of (S3dlioOptions *options, S3dAttributes *attributes);

/* The file at @path, of the store of files @from, as it is now or when @from_if_match (nullable) is its ETag. */
S3dSequence *s3d_client_plan_put_path (S3dStore *from, const char *path, S3dTarget *target, S3dBudget *budget,
                                       const char *from_if_match, const S3dPutOptions *put, GError **error);
/* Within one store, in one step. */
S3dSequence *s3d_client_plan_copy_op (S3dTarget *from, S3dTarget *to, S3dlioOptions *options, const char *if_match,
                                      gboolean preserve_mtime);

/* Both names of a copy, after a look at its options. */
gboolean s3d_client_resolve_copy (S3dlioClient *client, const char *from_uri, const char *to_uri,
                                  S3dlioOptions *options, S3dTarget *from, S3dTarget *to, GError **error);
/* The copy of @from as @if_match (nullable) says; opens a file that it copies to another store. */
S3dSequence *s3d_client_plan_copy (S3dTarget *from, S3dTarget *to, S3dBudget *budget, S3dlioOptions *options,
                                   const char *if_match, gboolean preserve_mtime, GError **error);

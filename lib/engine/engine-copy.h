/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Copying one object to where its store cannot bring it by itself in one step: to another store, by way of this
 * process and in bounded memory, or inside a store that copies large objects only in parts. What the source has of
 * attributes is carried along unless the options bring some. Aborted on failure and cancellation. */

#include "engine/engine-put.h"

/* @options (nullable) are of the target; @if_match (nullable) is of the source. */
S3dSequence *s3d_copy_new (S3dStore *from_store, S3dlioUri *from, S3dStore *store, S3dlioUri *target, S3dBudget *budget,
                           const char *if_match, const S3dPutOptions *options);

/* Inside @store, which can S3D_OP_UPLOAD_PART_COPY: one COPY up to the setting multipart-copy-threshold. No byte passes
 * through this process, unless the store cannot copy parts of @from. */
S3dSequence *s3d_copy_new_within (S3dStore *store, S3dlioUri *from, S3dlioUri *target, S3dBudget *budget,
                                  const char *if_match, const S3dPutOptions *options);

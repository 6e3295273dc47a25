/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Making S3dlioObjectInfo. Lists make millions: one allocation each. */

#include <s3dlio/s3dlio-object-info.h>

#include "base/base-time.h"

/* @uri is the whole URI; @size -1, @mtime S3D_TIME_UNKNOWN, @etag NULL when not known. */
S3dlioObjectInfo *s3d_object_info_new (S3dlioObjectType type, const char *uri, gint64 size, gint64 mtime,
                                       const char *etag);

/* Only while the creator alone holds it. @name: "content-type", "content-encoding",
 * "content-language", "content-disposition", "cache-control", "storage-class", "version-id", "upload-id". */
void s3d_object_info_set_size (S3dlioObjectInfo *info, gint64 size);
void s3d_object_info_set_attribute (S3dlioObjectInfo *info, const char *name, const char *value);
void s3d_object_info_set_metadata (S3dlioObjectInfo *info, const char *name, const char *value);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <glib-object.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioObjectType:
 * @S3DLIO_OBJECT_TYPE_OBJECT: an object, or a regular file
 * @S3DLIO_OBJECT_TYPE_PREFIX: a common prefix of a list that is not recursive, or a directory
 * @S3DLIO_OBJECT_TYPE_CONTAINER: a bucket
 * @S3DLIO_OBJECT_TYPE_UPLOAD: an unfinished upload; the URI is that of the object it would make
 *
 * What a [struct@S3dlio.ObjectInfo] describes.
 *
 * Since: 0.9
 */
typedef enum
{
  S3DLIO_OBJECT_TYPE_OBJECT,
  S3DLIO_OBJECT_TYPE_PREFIX,
  S3DLIO_OBJECT_TYPE_CONTAINER,
  S3DLIO_OBJECT_TYPE_UPLOAD
} S3dlioObjectType;

/**
 * S3dlioObjectInfo:
 *
 * What is known of an object, from a list, a stat or a write; as far as the service gives it.
 * Immutable and reference-counted; may be used from any thread.
 *
 * Since: 0.9
 */
typedef struct _S3dlioObjectInfo S3dlioObjectInfo;

#define S3DLIO_TYPE_OBJECT_INFO (s3dlio_object_info_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_object_info_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioObjectInfo *s3dlio_object_info_ref (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_object_info_unref (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
S3dlioObjectType s3dlio_object_info_get_object_type (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_object_info_get_uri (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
gint64 s3dlio_object_info_get_size (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
gint64 s3dlio_object_info_get_mtime (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_object_info_get_etag (S3dlioObjectInfo *info);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_object_info_get_attribute (S3dlioObjectInfo *info, const char *name);

S3DLIO_AVAILABLE_IN_0_9
const char *s3dlio_object_info_get_metadata (S3dlioObjectInfo *info, const char *name);

S3DLIO_AVAILABLE_IN_0_9
char **s3dlio_object_info_list_metadata (S3dlioObjectInfo *info);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioObjectInfo, s3dlio_object_info_unref)

G_END_DECLS

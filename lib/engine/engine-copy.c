/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies: what those that fetch the object and those that the service makes have in common. Thread rule and ownership
 * as in engine-put.c. */

#include "config.h"

#include "engine/engine-copy-private.h"

static S3dAttributes *
attributes_of (S3dlioObjectInfo *info)
{
  S3dAttributes *attributes = s3d_attributes_new ();
  g_auto (GStrv) names = s3dlio_object_info_list_metadata (info);

  attributes->content_type = g_strdup (s3dlio_object_info_get_attribute (info, "content-type"));
  attributes->content_encoding = g_strdup (s3dlio_object_info_get_attribute (info, "content-encoding"));
  attributes->content_language = g_strdup (s3dlio_object_info_get_attribute (info, "content-language"));
  attributes->content_disposition = g_strdup (s3dlio_object_info_get_attribute (info, "content-disposition"));
  attributes->cache_control = g_strdup (s3dlio_object_info_get_attribute (info, "cache-control"));
  if (names == NULL || names[0] == NULL)
    return attributes;

  attributes->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; names[i] != NULL; i++)
    g_hash_table_insert (attributes->metadata, g_strdup (names[i]),
                         g_strdup (s3dlio_object_info_get_metadata (info, names[i])));

  return attributes;
}

void
s3d_copy_adopt (S3dCopy *copy, S3dlioObjectInfo *info)
{
  const char *etag = info != NULL ? s3dlio_object_info_get_etag (info) : NULL;

  if (info != NULL && copy->put.attributes == NULL)
    copy->put.attributes = attributes_of (info);
  if (etag == NULL)
    return;

  g_free (copy->if_match);
  copy->if_match = g_strdup (etag);
}

void
s3d_copy_launch_stat (S3dCopy *copy)
{
  s3d_sequence_launch (&copy->put.parent, copy->from_store, s3d_op_new (S3D_OP_STAT, copy->from, NULL, NULL));
}

void
s3d_copy_clear (S3dPut *put)
{
  S3dCopy *copy = (S3dCopy *) put;

  g_clear_pointer (&copy->fetches, g_ptr_array_unref);
  g_clear_pointer (&copy->head, g_bytes_unref);
  g_clear_error (&copy->refused);
  g_clear_pointer (&copy->found, s3dlio_object_info_unref);
  g_free (copy->if_match);
  s3dlio_uri_unref (copy->from);
  s3d_store_unref (copy->from_store);
}

S3dCopy *
s3d_copy_alloc (const S3dPutFeed *feed, S3dStore *from_store, S3dlioUri *from, S3dStore *store, S3dlioUri *target,
                S3dBudget *budget, const char *if_match, const S3dPutOptions *options)
{
  S3dCopy *copy = g_new0 (S3dCopy, 1);

  s3d_put_init (&copy->put, feed, store, budget, target, options);
  copy->from_store = s3d_store_ref (from_store);
  copy->from = s3dlio_uri_ref (from);
  copy->if_match = g_strdup (if_match);

  return copy;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts of an object. A plain one, as lists make them by the million, is a single allocation: the texts stand behind
 * the structure. Attributes and metadata, which only a stat or a get brings, are two small arrays made when needed.
 * Immutable once it has left its creator, hence usable from any thread. */

#include "config.h"

#include "s3dlio/s3dlio-object-info.h"

#include "store/store-info.h"

#include <string.h>

typedef struct
{
  char *name;
  char *value;
} Pair;

struct _S3dlioObjectInfo
{
  gatomicrefcount refs;
  S3dlioObjectType type;
  gint64 size;
  gint64 mtime;
  GArray *attributes; /* of Pair, nullable */
  GArray *metadata;   /* of Pair, nullable */
  guint etag;         /* where in text; 0: none */
  char text[];        /* URI, then ETag, each with its NUL */
};

G_DEFINE_BOXED_TYPE (S3dlioObjectInfo, s3dlio_object_info, s3dlio_object_info_ref, s3dlio_object_info_unref)

S3dlioObjectInfo *
s3d_object_info_new (S3dlioObjectType type, const char *uri, gint64 size, gint64 mtime, const char *etag)
{
  gsize uri_size = strlen (uri) + 1;
  gsize etag_size = etag != NULL ? strlen (etag) + 1 : 0;
  S3dlioObjectInfo *info = g_malloc (sizeof *info + uri_size + etag_size);

  g_atomic_ref_count_init (&info->refs);
  info->type = type;
  info->size = size;
  info->mtime = mtime;
  info->attributes = NULL;
  info->metadata = NULL;
  info->etag = etag != NULL ? (guint) uri_size : 0;
  memcpy (info->text, uri, uri_size);
  if (etag != NULL)
    memcpy (info->text + uri_size, etag, etag_size);

  return info;
}

static void
clear_pair (gpointer data)
{
  Pair *pair = data;

  g_free (pair->name);
  g_free (pair->value);
}

static const char *
find_pair (const GArray *pairs, const char *name)
{
  for (guint i = 0; pairs != NULL && i < pairs->len; i++)
    {
      const Pair *pair = &g_array_index (pairs, Pair, i);

      if (g_ascii_strcasecmp (pair->name, name) == 0)
        return pair->value;
    }

  return NULL;
}

static void
set_pair (GArray **pairs, const char *name, const char *value)
{
  Pair fresh = { NULL, NULL };

  if (value == NULL)
    return;

  if (*pairs == NULL)
    {
      *pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
      g_array_set_clear_func (*pairs, clear_pair);
    }

  for (guint i = 0; i < (*pairs)->len; i++)
    {
      Pair *pair = &g_array_index (*pairs, Pair, i);

      if (g_ascii_strcasecmp (pair->name, name) == 0)
        {
          g_free (pair->value);
          pair->value = g_strdup (value);
          return;
        }
    }

  fresh.name = g_ascii_strdown (name, -1);
  fresh.value = g_strdup (value);
  g_array_append_val (*pairs, fresh);
}

void
s3d_object_info_set_size (S3dlioObjectInfo *info, gint64 size)
{
  info->size = size;
}

void
s3d_object_info_set_attribute (S3dlioObjectInfo *info, const char *name, const char *value)
{
  set_pair (&info->attributes, name, value);
}

void
s3d_object_info_set_metadata (S3dlioObjectInfo *info, const char *name, const char *value)
{
  set_pair (&info->metadata, name, value);
}

/**
 * s3dlio_object_info_ref:
 * @info: an object info
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @info
 *
 * Since: 0.9
 */
S3dlioObjectInfo *
s3dlio_object_info_ref (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, NULL);

  g_atomic_ref_count_inc (&info->refs);

  return info;
}

/**
 * s3dlio_object_info_unref:
 * @info: (transfer full): an object info
 *
 * Drops a reference; the last one frees it.
 *
 * Since: 0.9
 */
void
s3dlio_object_info_unref (S3dlioObjectInfo *info)
{
  g_return_if_fail (info != NULL);

  if (!g_atomic_ref_count_dec (&info->refs))
    return;

  g_clear_pointer (&info->attributes, g_array_unref);
  g_clear_pointer (&info->metadata, g_array_unref);
  g_free (info);
}

/**
 * s3dlio_object_info_get_object_type:
 * @info: an object info
 *
 * Whether it describes an object, a common prefix or a container.
 *
 * Returns: the type
 *
 * Since: 0.9
 */
S3dlioObjectType
s3dlio_object_info_get_object_type (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, S3DLIO_OBJECT_TYPE_OBJECT);

  return info->type;
}

/**
 * s3dlio_object_info_get_uri:
 * @info: an object info
 *
 * The whole URI, scheme and endpoint included; it can be given to any call as it is.
 *
 * Returns: (transfer none): the URI
 *
 * Since: 0.9
 */
const char *
s3dlio_object_info_get_uri (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, NULL);

  return info->text;
}

/**
 * s3dlio_object_info_get_size:
 * @info: an object info
 *
 * The size of the object.
 *
 * Returns: bytes, or -1 when it is not known (prefixes and containers have none)
 *
 * Since: 0.9
 */
gint64
s3dlio_object_info_get_size (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, -1);

  return info->size;
}

/**
 * s3dlio_object_info_get_mtime:
 * @info: an object info
 *
 * When the object was last written (a container: when it was created; an unfinished upload: when it was begun).
 *
 * Returns: microseconds since the epoch, UTC, or -1 when it is not known
 *
 * Since: 0.9
 */
gint64
s3dlio_object_info_get_mtime (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, -1);

  return info->mtime;
}

/**
 * s3dlio_object_info_get_etag:
 * @info: an object info
 *
 * The entity tag, without the quotes that stand around it in HTTP: it changes whenever the object does.
 *
 * Returns: (transfer none) (nullable): the ETag, or %NULL when there is none
 *
 * Since: 0.9
 */
const char *
s3dlio_object_info_get_etag (S3dlioObjectInfo *info)
{
  g_return_val_if_fail (info != NULL, NULL);

  return info->etag ? info->text + info->etag : NULL;
}

/**
 * s3dlio_object_info_get_attribute:
 * @info: an object info
 * @name: "content-type", "content-encoding", "content-language", "content-disposition", "cache-control",
 *   "storage-class", "version-id", or "upload-id" of an unfinished upload
 *
 * One of the attributes that services keep beside an object.
 *
 * Returns: (transfer none) (nullable): its value, or %NULL when there is none
 *
 * Since: 0.9
 */
const char *
s3dlio_object_info_get_attribute (S3dlioObjectInfo *info, const char *name)
{
  g_return_val_if_fail (info != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return find_pair (info->attributes, name);
}

/**
 * s3dlio_object_info_get_metadata:
 * @info: an object info
 * @name: a name of user metadata, without the service's prefix; case does not matter
 *
 * A value of the user's own metadata. Lists do not bring it.
 *
 * Returns: (transfer none) (nullable): its value, or %NULL when there is none
 *
 * Since: 0.9
 */
const char *
s3dlio_object_info_get_metadata (S3dlioObjectInfo *info, const char *name)
{
  g_return_val_if_fail (info != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return find_pair (info->metadata, name);
}

/**
 * s3dlio_object_info_list_metadata:
 * @info: an object info
 *
 * The names of the user's own metadata, in lower case.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names; free with g_strfreev()
 *
 * Since: 0.9
 */
char **
s3dlio_object_info_list_metadata (S3dlioObjectInfo *info)
{
  GStrvBuilder *builder;
  char **names;

  g_return_val_if_fail (info != NULL, NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; info->metadata != NULL && i < info->metadata->len; i++)
    g_strv_builder_add (builder, g_array_index (info->metadata, Pair, i).name);
  names = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);

  return names;
}

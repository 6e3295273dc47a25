/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mem://: uploads in parts, which belong to the process as objects do. Their table has a lock of its own, never held
 * while another is taken. Semantics after the Amazon S3 API reference: part sizes, ETags, pages of a list. Jobs of the
 * range pool. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "store/store-mem-private.h"

#include <string.h>

#define PAGE_SIZE 1000

typedef struct
{
  GBytes *bytes;
  char *etag;
} Part;

typedef struct
{
  char *container;
  char *key;
  S3dAttributes *attributes;
  GHashTable *parts; /* number → Part */
  guint64 serial;
  gint64 begun;
} Upload;

static GMutex lock;
static GHashTable *uploads; /* id → Upload */

static void
part_free (gpointer data)
{
  Part *part = data;

  g_bytes_unref (part->bytes);
  g_free (part->etag);
  g_free (part);
}

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  g_free (upload->container);
  g_free (upload->key);
  s3d_attributes_free (upload->attributes);
  g_hash_table_unref (upload->parts);
  g_free (upload);
}

static char *
id_of (const Upload *upload)
{
  return g_strdup_printf ("upload-%" G_GUINT64_FORMAT, upload->serial);
}

gboolean
s3d_mem_run_upload_begin (MemStore *store, S3dOp *op, GError **error)
{
  Upload *upload;

  if (!s3d_mem_has_container (op->target, error))
    return FALSE;

  upload = g_new0 (Upload, 1);
  upload->container = g_strdup (s3dlio_uri_get_container (op->target));
  upload->key = g_strdup (s3dlio_uri_get_key (op->target));
  upload->attributes = s3d_attributes_copy (op->attributes);
  upload->parts = g_hash_table_new_full (NULL, NULL, NULL, part_free);
  upload->serial = s3d_mem_next_serial ();
  upload->begun = g_get_real_time ();
  g_free (op->upload_id);
  op->upload_id = id_of (upload);

  g_mutex_lock (&lock);
  if (uploads == NULL)
    uploads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, upload_free);
  g_hash_table_insert (uploads, g_strdup (op->upload_id), upload);
  g_mutex_unlock (&lock);

  return TRUE;
}

/* The upload that @op names. With the lock held. */
static Upload *
find_upload (S3dOp *op, GError **error)
{
  Upload *upload = uploads != NULL && op->upload_id != NULL ? g_hash_table_lookup (uploads, op->upload_id) : NULL;

  if (upload != NULL && g_strcmp0 (upload->container, s3dlio_uri_get_container (op->target)) == 0
      && g_strcmp0 (upload->key, s3dlio_uri_get_key (op->target)) == 0)
    return upload;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no upload \"%s\"",
               op->upload_id != NULL ? op->upload_id : "");

  return NULL;
}

/* --- parts --- */

/* Adds the part that @bytes (taken) are. */
static gboolean
add_part (S3dOp *op, GBytes *bytes, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  guint max_parts = op->store->klass->max_parts;
  Upload *upload = find_upload (op, error);
  Part *part;

  if (upload != NULL && (op->part_number < 1 || op->part_number > max_parts))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "part numbers go from 1 to %u", max_parts);
      upload = NULL;
    }
  if (upload == NULL)
    {
      g_bytes_unref (bytes);
      return FALSE;
    }

  part = g_new0 (Part, 1);
  part->bytes = bytes;
  part->etag = s3d_mem_new_etag ();
  g_free (op->etag);
  op->etag = g_strdup (part->etag);
  g_hash_table_replace (upload->parts, GUINT_TO_POINTER (op->part_number), part);

  return TRUE;
}

gboolean
s3d_mem_run_upload_part (MemStore *store, S3dOp *op, GError **error)
{
  GBytes *bytes = s3d_mem_read_source (op, error);

  return bytes != NULL && add_part (op, bytes, error);
}

gboolean
s3d_mem_run_upload_part_copy (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (S3dMemObject) from = s3d_mem_find_object (op->from, op->if_match, error);
  guint64 size = from != NULL ? g_bytes_get_size (from->bytes) : 0;

  if (from == NULL)
    return FALSE;

  if ((guint64) op->offset + (guint64) op->length > size)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE, "the object has only %" G_GUINT64_FORMAT " bytes", size);
      return FALSE;
    }

  return add_part (op, g_bytes_new_from_bytes (from->bytes, (gsize) op->offset, (gsize) op->length), error);
}

/* --- the end --- */

/* The bytes of the parts as asked for, checked as S3 does. With the lock held. */
static GPtrArray *
collect_parts (S3dOp *op, GHashTable *have, gsize *total, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  *total = 0;
  for (guint i = 0; op->part_etags != NULL && i < op->part_etags->len; i++)
    {
      Part *part = g_hash_table_lookup (have, GUINT_TO_POINTER (i + 1));
      gsize size = part != NULL ? g_bytes_get_size (part->bytes) : 0;

      if (part == NULL || g_strcmp0 (part->etag, g_ptr_array_index (op->part_etags, i)) != 0)
        {
          g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "part %u is not what was uploaded", i + 1);
          return NULL;
        }
      if (i + 1 < op->part_etags->len && size < op->store->klass->min_part_size)
        {
          g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "part %u is too small", i + 1);
          return NULL;
        }
      g_ptr_array_add (parts, g_bytes_ref (part->bytes));
      *total += size;
    }

  if (parts->len == 0)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "an upload needs a part");
      return NULL;
    }

  return g_steal_pointer (&parts);
}

static GBytes *
join_parts (GPtrArray *parts, gsize total, GError **error)
{
  guint8 *memory = s3d_memory_alloc (total, error);
  gsize at = 0;

  if (memory == NULL)
    return NULL;

  for (guint i = 0; i < parts->len; i++)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (g_ptr_array_index (parts, i), &size);

      if (size > 0)
        memcpy (memory + at, data, size);
      at += size;
    }

  return s3d_memory_to_bytes (memory, total, total);
}

gboolean
s3d_mem_run_upload_complete (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GPtrArray) parts = NULL;
  g_autoptr (S3dAttributes) attributes = NULL;
  g_autofree char *etag = s3d_mem_new_etag ();
  S3dMemObject *object;
  Upload *upload;
  GBytes *bytes;
  gsize total = 0;

  g_mutex_lock (&lock);
  upload = find_upload (op, error);
  if (upload != NULL)
    parts = collect_parts (op, upload->parts, &total, error);
  if (parts != NULL)
    attributes = s3d_attributes_copy (upload->attributes);
  g_mutex_unlock (&lock);

  bytes = parts != NULL ? join_parts (parts, total, error) : NULL;
  if (bytes == NULL)
    return FALSE;

  object = s3d_mem_object_new (bytes, g_strdup_printf ("%s-%u", etag, parts->len), g_steal_pointer (&attributes));
  if (!s3d_mem_publish (op, object, op->if_match, error))
    return FALSE;

  g_mutex_lock (&lock);
  g_hash_table_remove (uploads, op->upload_id);
  g_mutex_unlock (&lock);

  return TRUE;
}

gboolean
s3d_mem_run_upload_abort (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (find_upload (op, NULL) != NULL)
    g_hash_table_remove (uploads, op->upload_id);

  return TRUE;
}

/* --- lists --- */

static int
compare_uploads (gconstpointer a, gconstpointer b)
{
  const Upload *one = *(const Upload *const *) a;
  const Upload *two = *(const Upload *const *) b;
  int order = strcmp (one->key, two->key);

  return order != 0 ? order : (one->serial > two->serial) - (one->serial < two->serial);
}

/* The uploads of the container that the page may show, in order; @token is the last that was shown: "SERIAL KEY". With
 * the lock held. */
static GPtrArray *
sort_uploads (S3dlioUri *prefix, const char *token)
{
  GPtrArray *sorted = g_ptr_array_new ();
  char *space = NULL;
  Upload last = { .serial = token != NULL ? g_ascii_strtoull (token, &space, 10) : 0 };
  const Upload *shown = &last;
  GHashTableIter iter;
  gpointer value;

  if (uploads == NULL)
    return sorted;

  last.key = space != NULL ? space + 1 : NULL;
  g_hash_table_iter_init (&iter, uploads);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Upload *upload = value;

      if (g_strcmp0 (upload->container, s3dlio_uri_get_container (prefix)) == 0
          && g_str_has_prefix (upload->key, s3dlio_uri_get_key (prefix))
          && (last.key == NULL || compare_uploads (&upload, &shown) > 0))
        g_ptr_array_add (sorted, value);
    }
  g_ptr_array_sort (sorted, compare_uploads);

  return sorted;
}

gboolean
s3d_mem_run_upload_list (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;
  g_autoptr (GPtrArray) sorted = NULL;
  guint page = op->page_size > 0 ? MIN (op->page_size, PAGE_SIZE) : PAGE_SIZE;

  if (!s3d_mem_has_container (op->target, error))
    return FALSE;

  locker = g_mutex_locker_new (&lock);
  sorted = sort_uploads (op->target, op->cursor->token);
  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  g_clear_pointer (&op->cursor->token, g_free);
  op->cursor->at_end = sorted->len <= page;
  for (guint i = 0; i < MIN (sorted->len, page); i++)
    {
      const Upload *upload = g_ptr_array_index (sorted, i);
      g_autoptr (S3dlioUri) object = s3d_uri_new_sibling (op->target, upload->container, upload->key);
      g_autofree char *uri = s3dlio_uri_to_string (object);
      g_autofree char *id = id_of (upload);
      S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_UPLOAD, uri, -1, upload->begun, NULL);

      s3d_object_info_set_attribute (info, "upload-id", id);
      g_ptr_array_add (op->items, info);
      if (i + 1 == page && !op->cursor->at_end)
        op->cursor->token = g_strdup_printf ("%" G_GUINT64_FORMAT " %s", upload->serial, upload->key);
    }

  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Buckets, objects and uploads in memory. One lock for all; objects are immutable once stored and
 * counted by atomic references, so that a slow answer holds no lock. Bodies are lists of GBytes:
 * nothing is copied when parts become an object, or an object is copied.
 */
#include "config.h"

#include "server-store.h"

#include <string.h>

#define FAST_ETAG_FROM (1024 * 1024)

struct _TsStore
{
  GMutex lock;
  GTree *buckets;
  guint64 last_upload;
};

static int
compare_text (gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
  return strcmp (a, b);
}

static int
compare_numbers (gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
  return GPOINTER_TO_INT (a) - GPOINTER_TO_INT (b);
}

static void
upload_free (gpointer data)
{
  TsUpload *upload = data;

  g_free (upload->id);
  g_free (upload->key);
  g_ptr_array_unref (upload->headers);
  g_tree_unref (upload->parts);
  g_free (upload);
}

static void
bucket_free (gpointer data)
{
  TsBucket *bucket = data;

  g_free (bucket->name);
  g_free (bucket->region);
  g_tree_unref (bucket->objects);
  g_hash_table_unref (bucket->uploads);
  g_free (bucket);
}

TsStore *
ts_store_new (void)
{
  TsStore *store = g_new0 (TsStore, 1);

  g_mutex_init (&store->lock);
  store->buckets = g_tree_new_full (compare_text, NULL, NULL, bucket_free);
  return store;
}

void
ts_store_free (TsStore *store)
{
  g_tree_unref (store->buckets);
  g_mutex_clear (&store->lock);
  g_free (store);
}

void
ts_store_lock (TsStore *store)
{
  g_mutex_lock (&store->lock);
}

void
ts_store_unlock (TsStore *store)
{
  g_mutex_unlock (&store->lock);
}

TsBucket *
ts_store_bucket_locked (TsStore *store, const char *name)
{
  return g_tree_lookup (store->buckets, name);
}

TsBucket *
ts_store_add_bucket_locked (TsStore *store, const char *name, const char *region, gint64 now)
{
  TsBucket *bucket = g_new0 (TsBucket, 1);

  bucket->name = g_strdup (name);
  bucket->region = g_strdup (region);
  bucket->created = now;
  bucket->objects
      = g_tree_new_full (compare_text, NULL, g_free, (GDestroyNotify) ts_object_unref);
  bucket->uploads = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, upload_free);
  g_tree_insert (store->buckets, bucket->name, bucket);
  return bucket;
}

void
ts_store_remove_bucket_locked (TsStore *store, const char *name)
{
  g_tree_remove (store->buckets, name);
}

GTree *
ts_store_buckets_locked (TsStore *store)
{
  return store->buckets;
}

void
ts_bucket_put_locked (TsBucket *bucket, const char *key, TsObject *object)
{
  g_tree_replace (bucket->objects, g_strdup (key), object);
}

TsUpload *
ts_bucket_add_upload_locked (TsStore *store, TsBucket *bucket, const char *key, GPtrArray *headers, gint64 now)
{
  TsUpload *upload = g_new0 (TsUpload, 1);

  upload->id = g_strdup_printf ("upload-%06" G_GUINT64_FORMAT, ++store->last_upload);
  upload->key = g_strdup (key);
  upload->initiated = now;
  upload->headers = headers;
  upload->parts
      = g_tree_new_full (compare_numbers, NULL, NULL, (GDestroyNotify) ts_object_unref);
  g_hash_table_insert (bucket->uploads, upload->id, upload);
  return upload;
}

TsObject *
ts_store_get (TsStore *store, const char *bucket_name, const char *key)
{
  TsObject *object = NULL;
  TsBucket *bucket;

  ts_store_lock (store);
  bucket = ts_store_bucket_locked (store, bucket_name);
  if (bucket != NULL)
    object = g_tree_lookup (bucket->objects, key);
  if (object != NULL)
    ts_object_ref (object);
  ts_store_unlock (store);
  return object;
}

/* ---- objects ---- */

TsObject *
ts_object_new (gint64 now)
{
  TsObject *object = g_new0 (TsObject, 1);

  g_atomic_ref_count_init (&object->references);
  object->segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  object->headers = ts_pairs_new ();
  object->modified = now;
  return object;
}

TsObject *
ts_object_ref (TsObject *object)
{
  g_atomic_ref_count_inc (&object->references);
  return object;
}

void
ts_object_unref (TsObject *object)
{
  if (!g_atomic_ref_count_dec (&object->references))
    return;
  g_ptr_array_unref (object->segments);
  g_ptr_array_unref (object->headers);
  g_free (object->etag);
  g_free (object->checksum);
  g_free (object);
}

void
ts_object_append (TsObject *object, GBytes *bytes)
{
  g_ptr_array_add (object->segments, g_bytes_ref (bytes));
  object->size += g_bytes_get_size (bytes);
}

void
ts_object_append_object (TsObject *object, TsObject *other, guint64 offset, guint64 length)
{
  for (guint i = 0; i < other->segments->len && length > 0; i++)
    {
      GBytes *bytes = g_ptr_array_index (other->segments, i);
      gsize size = g_bytes_get_size (bytes);
      gsize take;

      if (offset >= size)
        {
          offset -= size;
          continue;
        }
      take = MIN (size - offset, length);
      g_ptr_array_add (object->segments, g_bytes_new_from_bytes (bytes, offset, take));
      object->size += take;
      length -= take;
      offset = 0;
    }
}

void
ts_object_set_headers (TsObject *object, GPtrArray *headers)
{
  g_ptr_array_unref (object->headers);
  object->headers = headers;
}

void
ts_object_set_fresh_etag (TsObject *object)
{
  static gint counter;
  const guint n = (guint) g_atomic_int_add (&counter, 1);

  g_free (object->etag);
  object->etag = g_strdup_printf ("\"%08xfeed%08x%012" G_GINT64_MODIFIER "x\"", n, ~n,
                                  (guint64) g_get_real_time () & 0xffffffffffff);
}

void
ts_object_set_md5 (TsObject *object, TsEtagMode mode)
{
  g_autoptr (GChecksum) md5 = NULL;

  if (mode == TS_ETAG_FAST && object->size > FAST_ETAG_FROM)
    {
      ts_object_set_fresh_etag (object);
      return;
    }
  md5 = g_checksum_new (G_CHECKSUM_MD5);
  for (guint i = 0; i < object->segments->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (g_ptr_array_index (object->segments, i), &size);

      g_checksum_update (md5, data, (gssize) size);
    }
  g_free (object->etag);
  object->etag = g_strdup_printf ("\"%s\"", g_checksum_get_string (md5));
}

GBytes *
ts_object_bytes (TsObject *object)
{
  guint8 *data;
  gsize done = 0;

  if (object->segments->len == 1)
    return g_bytes_ref (g_ptr_array_index (object->segments, 0));
  data = g_malloc (object->size);
  for (guint i = 0; i < object->segments->len; i++)
    {
      gsize size;
      const guint8 *from = g_bytes_get_data (g_ptr_array_index (object->segments, i), &size);

      if (size > 0)
        memcpy (data + done, from, size);
      done += size;
    }
  return g_bytes_new_take (data, object->size);
}

TsObject *
ts_object_renamed (TsObject *object)
{
  TsObject *copy = ts_object_new (object->modified);

  ts_object_append_object (copy, object, 0, object->size);
  ts_object_set_headers (copy, ts_pairs_copy (object->headers));
  ts_object_set_fresh_etag (copy);
  return copy;
}

TsObject *
ts_object_inverted (TsObject *object)
{
  TsObject *copy = ts_object_new (object->modified);
  g_autoptr (GBytes) bytes = ts_object_bytes (object);
  g_autoptr (GBytes) other = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint8 *inverted = g_malloc (size);
  gsize i = 0;

  /* By words: a client waits meanwhile, and under valgrind, a byte at a time, for longer than it has patience. */
  for (guint64 word; size - i >= sizeof word; i += sizeof word)
    {
      memcpy (&word, data + i, sizeof word);
      word = ~word;
      memcpy (inverted + i, &word, sizeof word);
    }
  for (; i < size; i++)
    inverted[i] = (guint8) ~data[i];
  other = g_bytes_new_take (inverted, size);
  ts_object_append (copy, other);
  ts_object_set_headers (copy, ts_pairs_copy (object->headers));
  ts_object_set_fresh_etag (copy);
  return copy;
}

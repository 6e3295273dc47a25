/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests put into the server and take out of it without asking over the wire, and the pattern
 * that large objects are made of. Any thread.
 */
#include "config.h"

#include "server-store.h"

#include <string.h>

void
ts_server_add_bucket (TestServer *server, const char *name, const char *region)
{
  TsBucket *bucket;

  if (region == NULL)
    region = server->region;
  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, name);
  if (bucket == NULL)
    ts_store_add_bucket_locked (server->store, name, region, ts_server_now (server));
  else
    {
      g_free (bucket->region);
      bucket->region = g_strdup (region);
    }
  ts_store_unlock (server->store);
}

gboolean
ts_server_has_bucket (TestServer *server, const char *bucket)
{
  gboolean found;

  ts_store_lock (server->store);
  found = ts_store_bucket_locked (server->store, bucket) != NULL;
  ts_store_unlock (server->store);
  return found;
}

void
ts_server_put_object (TestServer *server, const char *bucket_name, const char *key, GBytes *data)
{
  TsObject *object = ts_object_new (ts_server_now (server));
  TsBucket *bucket;

  ts_object_append (object, data);
  ts_object_set_md5 (object, server->etag_mode);
  ts_pairs_add (object->headers, "Content-Type", "binary/octet-stream");
  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket == NULL)
    bucket = ts_store_add_bucket_locked (server->store, bucket_name, server->region,
                                         object->modified);
  ts_bucket_put_locked (bucket, key, object);
  ts_store_unlock (server->store);
}

void
ts_server_put_pattern (TestServer *server, const char *bucket, const char *key, guint64 size, guint32 seed)
{
  guint8 *data = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;

  ts_pattern_fill (data, size, 0, seed);
  bytes = g_bytes_new_take (data, size);
  ts_server_put_object (server, bucket, key, bytes);
}

void
ts_server_remove_object (TestServer *server, const char *bucket_name, const char *key)
{
  TsBucket *bucket;

  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket != NULL)
    g_tree_remove (bucket->objects, key);
  ts_store_unlock (server->store);
}

GBytes *
ts_server_get_object (TestServer *server, const char *bucket, const char *key)
{
  g_autoptr (TsObject) object = ts_store_get (server->store, bucket, key);

  return object != NULL ? ts_object_bytes (object) : NULL;
}

char *
ts_server_get_object_header (TestServer *server, const char *bucket, const char *key, const char *header)
{
  g_autoptr (TsObject) object = ts_store_get (server->store, bucket, key);

  if (object == NULL)
    return NULL;
  if (g_ascii_strcasecmp (header, "ETag") == 0)
    return g_strdup (object->etag);
  return g_strdup (ts_pairs_get (object->headers, header));
}

static gboolean
add_key (gpointer key, gpointer value G_GNUC_UNUSED, gpointer data)
{
  g_ptr_array_add (data, g_strdup (key));
  return FALSE;
}

char **
ts_server_list_keys (TestServer *server, const char *bucket_name)
{
  GPtrArray *keys = g_ptr_array_new ();
  TsBucket *bucket;

  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket != NULL)
    g_tree_foreach (bucket->objects, add_key, keys);
  ts_store_unlock (server->store);
  g_ptr_array_add (keys, NULL);
  return (char **) g_ptr_array_free (keys, FALSE);
}

guint
ts_server_count_objects (TestServer *server, const char *bucket_name)
{
  TsBucket *bucket;
  guint n = 0;

  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket != NULL)
    n = (guint) g_tree_nnodes (bucket->objects);
  ts_store_unlock (server->store);
  return n;
}

static gboolean
add_uploads (gpointer key G_GNUC_UNUSED, gpointer value, gpointer data)
{
  const TsBucket *bucket = value;

  *(guint *) data += g_hash_table_size (bucket->uploads);
  return FALSE;
}

guint
ts_server_count_uploads (TestServer *server, const char *bucket_name)
{
  TsBucket *bucket = NULL;
  guint n = 0;

  ts_store_lock (server->store);
  if (bucket_name == NULL)
    g_tree_foreach (ts_store_buckets_locked (server->store), add_uploads, &n);
  else
    bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket != NULL)
    n = g_hash_table_size (bucket->uploads);
  ts_store_unlock (server->store);
  return n;
}

void
ts_server_begin_upload (TestServer *server, const char *bucket_name, const char *key, guint64 age)
{
  const gint64 begun = ts_server_now (server) - (gint64) age;
  TsBucket *bucket;

  ts_store_lock (server->store);
  bucket = ts_store_bucket_locked (server->store, bucket_name);
  if (bucket != NULL)
    ts_bucket_add_upload_locked (server->store, bucket, key, ts_pairs_new (), begun);
  ts_store_unlock (server->store);
}

/* ---- the pattern ---- */

/* Eight bytes at a time, each word mixed from its number and the seed (splitmix64): no period,
 * no table. */
static guint64
pattern_word (guint64 number, guint32 seed)
{
  guint64 z = (number + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)
              + (guint64) seed * G_GUINT64_CONSTANT (0xd1342543de82ef95);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  return GUINT64_TO_LE (z ^ (z >> 27));
}

void
ts_pattern_fill (guint8 *buffer, gsize size, guint64 offset, guint32 seed)
{
  while (size > 0)
    {
      guint64 word = pattern_word (offset / 8, seed);
      gsize skip = offset % 8;
      gsize n = MIN (8 - skip, size);

      /* A whole word is one store: a call each is minutes of the tests under valgrind. */
      if (n == 8)
        memcpy (buffer, &word, 8);
      else
        memcpy (buffer, (const guint8 *) &word + skip, n);
      buffer += n;
      offset += n;
      size -= n;
    }
}

gsize
ts_pattern_check (const guint8 *buffer, gsize size, guint64 offset, guint32 seed)
{
  gsize done = 0;

  while (done < size)
    {
      const guint64 word = pattern_word ((offset + done) / 8, seed);
      const gsize skip = (offset + done) % 8;
      const gsize n = MIN (8 - skip, size - done);
      guint64 found = 0;

      if (n == 8)
        memcpy (&found, buffer + done, 8);
      if (n < 8 || found != word)
        for (gsize i = 0; i < n; i++)
          if (buffer[done + i] != ((const guint8 *) &word)[skip + i])
            return done + i;
      done += n;
    }
  return size;
}

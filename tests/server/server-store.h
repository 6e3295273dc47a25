/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the server holds: buckets with objects and uploads, in memory. The functions that are named
 * ..._locked need ts_store_lock(); objects never change once they are in, so a reference is good
 * without the lock.
 */
#pragma once

#include "server-private.h"

typedef struct
{
  gatomicrefcount references;
  GPtrArray *segments; /* GBytes */
  guint64 size;
  char *etag;          /* with its quotes */
  gint64 modified;     /* Unix time, by the server's clock */
  GPtrArray *headers;  /* TsPair: Content-Type, x-amz-meta-… */
  guint parts;         /* 0: written in one piece */
  char *checksum;      /* CRC32C in base64, of parts with "-" and their number; NULL: none was sent */
} TsObject;

typedef struct
{
  char *id;
  char *key;
  gint64 initiated;
  GPtrArray *headers;
  GTree *parts; /* number → TsObject */
  gboolean checksum;       /* its parts must have one */
  gboolean whole_checksum; /* type FULL_OBJECT */
} TsUpload;

typedef struct
{
  char *name;
  char *region;
  gint64 created;
  GTree *objects;      /* key → TsObject, in byte order */
  GHashTable *uploads; /* id → TsUpload */
} TsBucket;

TsStore *ts_store_new (void);
void ts_store_free (TsStore *store);
void ts_store_lock (TsStore *store);
void ts_store_unlock (TsStore *store);

TsBucket *ts_store_bucket_locked (TsStore *store, const char *name);
TsBucket *ts_store_add_bucket_locked (TsStore *store, const char *name, const char *region, gint64 now);
void ts_store_remove_bucket_locked (TsStore *store, const char *name);
GTree *ts_store_buckets_locked (TsStore *store); /* name → TsBucket, in byte order */

/* Takes the reference to @object. */
void ts_bucket_put_locked (TsBucket *bucket, const char *key, TsObject *object);
TsUpload *ts_bucket_add_upload_locked (TsStore *store, TsBucket *bucket, const char *key, GPtrArray *headers,
                                       gint64 now);

/* NULL when there is none; else a reference. */
TsObject *ts_store_get (TsStore *store, const char *bucket, const char *key);

TsObject *ts_object_new (gint64 now);
TsObject *ts_object_ref (TsObject *object);
void ts_object_unref (TsObject *object);
void ts_object_append (TsObject *object, GBytes *bytes);
void ts_object_append_object (TsObject *object, TsObject *other, guint64 offset, guint64 length);
void ts_object_set_headers (TsObject *object, GPtrArray *headers); /* takes it */
void ts_object_set_md5 (TsObject *object, TsEtagMode mode);
void ts_object_set_fresh_etag (TsObject *object); /* one that no object had */
GBytes *ts_object_bytes (TsObject *object);
TsObject *ts_object_inverted (TsObject *object);  /* other bytes, another ETag */
TsObject *ts_object_renamed (TsObject *object);   /* the same bytes, another ETag */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TsObject, ts_object_unref)

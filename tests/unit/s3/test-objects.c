/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects: reading, stat, writing, deleting. */

#include "config.h"

#include "base/base-time.h"
#include "s3-fixture.h"

#include <string.h>
#include <unistd.h>

#define SEED 7

static void
assert_attribute (S3dlioObjectInfo *info, const char *name, const char *value)
{
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, name), ==, value);
}

/* ---- Reading ---- */

static void
test_read (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_text (bytes, "0123456789");
  g_assert_cmpint (op->total, ==, 10);
  g_assert_cmpint (op->range_offset, ==, 0);
  g_assert_cmpint (op->range_length, ==, 10);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
  g_assert_cmpuint (op->facts.bytes, ==, 10);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 10);
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, "781e5e245d69b566979b86e28d23f2c7");
  g_assert_cmpint (s3dlio_object_info_get_mtime (op->info), >, 0);
  g_autofree char *uri = s3dlio_uri_to_string (op->target);
  g_assert_cmpstr (s3dlio_object_info_get_uri (op->info), ==, uri);
  assert_sent (fixture, "GetObject", "range", NULL);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 1);
}

static void
assert_range (Fixture *fixture, gint64 offset, gint64 length, const char *header, const char *text)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->offset = offset;
  op->length = length;
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_text (bytes, text);
  assert_sent (fixture, "GetObject", "range", header);
  g_assert_cmpint (op->range_offset, ==, offset);
  g_assert_cmpint (op->range_length, ==, (gint64) strlen (text));
  g_assert_cmpint (op->total, ==, 10);
}

static void
test_ranges (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  assert_range (fixture, 0, 4, "bytes=0-3", "0123");
  assert_range (fixture, 3, 4, "bytes=3-6", "3456");
  assert_range (fixture, 3, -1, "bytes=3-", "3456789");
  assert_range (fixture, 8, 100, "bytes=8-107", "89");
  assert_range (fixture, 9, G_MAXINT64, "bytes=9-9223372036854775807", "9");
}

static void
assert_last_bytes (Fixture *fixture, gint64 count, const char *header, const char *text)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->offset = -count;
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_text (bytes, text);
  assert_sent (fixture, "GetObject", "range", header);
  g_assert_cmpint (op->range_offset, ==, 10 - (gint64) strlen (text));
  g_assert_cmpint (op->total, ==, 10);
}

static void
test_last_bytes (Fixture *fixture, gconstpointer data)
{
  static const char *const wrong[] = { "bytes 0-9/10", "bytes 5-8/10", "bytes 6-8/9", "bytes */10" };
  fixture_put (fixture, "key", "0123456789");
  assert_last_bytes (fixture, 1, "bytes=-1", "9");
  assert_last_bytes (fixture, 4, "bytes=-4", "6789");
  assert_last_bytes (fixture, 100, "bytes=-100", "0123456789");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *fault = g_strdup_printf ("action=content-range value='%s'", wrong[i]);
      ts_server_clear_faults (fixture->server);
      ts_server_add_fault (fixture->server, fault);
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
      op->offset = -4;
      g_autoptr (GBytes) bytes = fixture_read (fixture, op);
      assert_failed (op, S3DLIO_ERROR_INTEGRITY, "Content-Range", "HTTP 206", "127.0.0.1", NULL);
    }
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_text (bytes, "");
  g_assert_cmpint (op->total, ==, 0);
}

static void
assert_behind_the_end (Fixture *fixture, const char *fault, gint64 total)
{
  ts_server_clear_faults (fixture->server);
  ts_server_add_fault (fixture->server, fault);
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->offset = 11;
  op->length = 5;
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_failed (op, S3DLIO_ERROR_RANGE, "InvalidRange", "HTTP 416", NULL);
  g_assert_cmpint (op->total, ==, total);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
  g_assert_false (op->resumable);
}

static void
test_behind_the_end (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  assert_behind_the_end (fixture, "action=range-error mode=content-range", 10);
  assert_behind_the_end (fixture, "action=range-error mode=actual-size", 10);
  assert_behind_the_end (fixture, "action=range-error mode=none", -1);
}

static void
test_range_ignored (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  ts_server_add_fault (fixture->server, "action=ignore-range");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->offset = 3;
  op->length = 2;
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_text (bytes, "0123456789");
  g_assert_cmpint (op->range_offset, ==, 0);
  g_assert_cmpint (op->range_length, ==, 10);
  g_assert_cmpint (op->total, ==, 10);
}

static void
test_wrong_range (Fixture *fixture, gconstpointer data)
{
  static const char *const ranges[] = { "bytes 0-3/10", "bytes 4-7/10", "bytes 3-7/10", "bytes 3-5/10",
                                        "bytes 3-6/6",  "bytes */10",   "lines 3-6/10" };
  fixture_put (fixture, "key", "0123456789");
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      g_autofree char *fault = g_strdup_printf ("action=content-range value='%s'", ranges[i]);
      ts_server_clear_faults (fixture->server);
      ts_server_add_fault (fixture->server, fault);
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
      op->offset = 3;
      op->length = 4;
      g_autoptr (GBytes) bytes = fixture_read (fixture, op);
      assert_failed (op, S3DLIO_ERROR_INTEGRITY, "Content-Range", "HTTP 206", "127.0.0.1", NULL);
    }
}

static void
test_no_length (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  ts_server_add_fault (fixture->server, "action=no-length");
  g_autoptr (S3dOp) whole = fixture_op (fixture, S3D_OP_READ, "key");
  g_autoptr (GBytes) all = fixture_read (fixture, whole);
  assert_ok (whole);
  assert_text (all, "0123456789");
  g_assert_cmpint (whole->total, ==, -1);
  g_assert_cmpint (whole->range_length, ==, -1);
  assert_range (fixture, 3, 4, "bytes=3-6", "3456");
}

static gboolean
take_in_ready (S3dOp *op, gpointer data, GError **error)
{
  S3dSink **sink = data;
  g_assert_cmpint (op->total, ==, 10);
  g_assert_cmpint (op->range_length, ==, 4);
  g_assert_nonnull (op->info);
  op->sink = *sink;
  return TRUE;
}

static gboolean
refuse_in_ready (S3dOp *op, gpointer data, GError **error)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "the buffer is too small");
  return FALSE;
}

static void
test_ready (Fixture *fixture, gconstpointer data)
{
  char memory[4] = { 0 };
  g_autoptr (S3dSink) sink = s3d_sink_new_memory (memory, sizeof memory);
  fixture_put (fixture, "key", "0123456789");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->offset = 2;
  op->length = 4;
  op->ready = take_in_ready;
  op->ready_data = &sink;
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpmem (memory, sizeof memory, "2345", 4);

  g_autoptr (S3dOp) refused = fixture_op (fixture, S3D_OP_READ, "key");
  refused->ready = refuse_in_ready;
  fixture_run (fixture, refused);
  assert_failed (refused, S3DLIO_ERROR_NO_SPACE, "too small", NULL);
  g_assert_cmpuint (refused->facts.attempts, ==, 1);
}

static void
test_if_match (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->if_match = g_strdup ("781e5e245d69b566979b86e28d23f2c7");
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_ok (op);
  assert_sent (fixture, "GetObject", "if-match", "\"781e5e245d69b566979b86e28d23f2c7\"");

  g_autoptr (S3dOp) other = fixture_op (fixture, S3D_OP_READ, "key");
  other->if_match = g_strdup ("00000000000000000000000000000000");
  g_autoptr (GBytes) none = fixture_read (fixture, other);
  assert_failed (other, S3DLIO_ERROR_PRECONDITION, "PreconditionFailed", NULL);
}

static void
test_broken_off (Fixture *fixture, gconstpointer data)
{
  ts_server_put_pattern (fixture->server, "bucket", "key", 1048576, SEED);
  ts_server_add_fault (fixture->server, "action=reset after=300K");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  assert_failed (op, S3DLIO_ERROR_NETWORK, "127.0.0.1", NULL);
  g_assert_true (op->resumable);
  g_assert_cmpint (op->total, ==, 1048576);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) key = fixture_op (fixture, S3D_OP_READ, "no/such");
  g_autoptr (GBytes) none = fixture_read (fixture, key);
  assert_failed (key, S3DLIO_ERROR_NOT_FOUND, "NoSuchKey", "HTTP 404", "request id", "127.0.0.1:", NULL);

  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, "nobucket/key");
  g_autoptr (S3dOp) bucket = fixture_op (fixture, S3D_OP_READ, "k");
  s3dlio_uri_unref (bucket->target);
  bucket->target = s3dlio_uri_ref (uri);
  g_autoptr (GBytes) nothing = fixture_read (fixture, bucket);
  assert_failed (bucket, S3DLIO_ERROR_NOT_FOUND, "NoSuchBucket", NULL);
}

static void
test_no_key (Fixture *fixture, gconstpointer data)
{
  static const S3dOpKind kinds[] = { S3D_OP_READ, S3D_OP_DELETE, S3D_OP_COPY, S3D_OP_UPLOAD_BEGIN };
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, kinds[i], "");
      fixture_run (fixture, op);
      assert_failed (op, S3DLIO_ERROR_INVALID, "/bucket/", NULL);
    }
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 0);
}

/* ---- Stat ---- */

static void
test_stat (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "0123456789");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_STAT, "key");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 10);
  g_assert_cmpint (s3dlio_object_info_get_object_type (op->info), ==, S3DLIO_OBJECT_TYPE_OBJECT);
  g_assert_cmpint (ABS (s3dlio_object_info_get_mtime (op->info) - g_get_real_time ()), <, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (ts_server_count (fixture->server, "HeadObject"), ==, 1);

  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_STAT, "missing");
  fixture_run (fixture, missing);
  assert_failed (missing, S3DLIO_ERROR_NOT_FOUND, "Not Found", "HTTP 404", "request id", NULL);
}

static void
test_stat_bucket (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_STAT, "");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpint (s3dlio_object_info_get_object_type (op->info), ==, S3DLIO_OBJECT_TYPE_CONTAINER);
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_uri (op->info), "/bucket/"));
  g_assert_cmpuint (ts_server_count (fixture->server, "HeadBucket"), ==, 1);
}

/* ---- Writing ---- */

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", "hello");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, "5d41402abc4b2a76b9719d911017c592");
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 5);
  g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", "key");
  assert_text (stored, "hello");
  assert_sent (fixture, "PutObject", "content-length", "5");
  assert_sent (fixture, "PutObject", "expect", NULL);
  assert_sent (fixture, "PutObject", "x-amz-checksum-crc32", NULL);
  assert_sent (fixture, "PutObject", "x-amz-sdk-checksum-algorithm", NULL);
  assert_sent (fixture, "PutObject", "content-md5", NULL);
  /* plain HTTP: the body is signed for */
  assert_sent (fixture, "PutObject", "x-amz-content-sha256",
               "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 1);
}

static void
test_write_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", "");
  fixture_run (fixture, op);
  assert_ok (op);
  g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", "key");
  assert_text (stored, "");
}

static void
test_attributes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", "hello");
  op->attributes = s3d_attributes_new ();
  op->attributes->content_type = g_strdup ("text/plain");
  op->attributes->content_encoding = g_strdup ("zstd");
  op->attributes->content_language = g_strdup ("de");
  op->attributes->content_disposition = g_strdup ("attachment");
  op->attributes->cache_control = g_strdup ("no-cache");
  op->attributes->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (op->attributes->metadata, g_strdup ("plain"), g_strdup ("a b"));
  g_hash_table_insert (op->attributes->metadata, g_strdup ("colour"), g_strdup ("gr\xc3\xbcn  "));
  fixture_run (fixture, op);
  assert_ok (op);
  assert_sent (fixture, "PutObject", "x-amz-meta-plain", "a b");

  g_autoptr (S3dOp) stat = fixture_op (fixture, S3D_OP_STAT, "key");
  fixture_run (fixture, stat);
  assert_ok (stat);
  assert_attribute (stat->info, "content-type", "text/plain");
  assert_attribute (stat->info, "content-encoding", "zstd");
  assert_attribute (stat->info, "content-language", "de");
  assert_attribute (stat->info, "content-disposition", "attachment");
  assert_attribute (stat->info, "cache-control", "no-cache");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (stat->info, "plain"), ==, "a b");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (stat->info, "colour"), ==, "gr\xc3\xbcn  ");
}

static void
test_attributes_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) header = fixture_write (fixture, "key", "hello");
  header->attributes = s3d_attributes_new ();
  header->attributes->content_type = g_strdup ("a\r\nX-Injected: yes");
  fixture_run (fixture, header);
  assert_failed (header, S3DLIO_ERROR_INVALID, "content-type", NULL);

  g_autoptr (S3dOp) etag = fixture_write (fixture, "key", "hello");
  etag->if_match = g_strdup ("a\r\nX-Injected: yes");
  fixture_run (fixture, etag);
  assert_failed (etag, S3DLIO_ERROR_INVALID, "if-match", NULL);

  g_autoptr (S3dOp) name = fixture_write (fixture, "key", "hello");
  name->attributes = s3d_attributes_new ();
  name->attributes->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (name->attributes->metadata, g_strdup ("two words"), g_strdup (""));
  fixture_run (fixture, name);
  assert_failed (name, S3DLIO_ERROR_INVALID, "\"two words\"", NULL);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 0);
}

static void
test_no_clobber (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) first = fixture_write (fixture, "key", "first");
  first->no_clobber = TRUE;
  fixture_run (fixture, first);
  assert_ok (first);
  assert_sent (fixture, "PutObject", "if-none-match", "*");

  g_autoptr (S3dOp) second = fixture_write (fixture, "key", "second");
  second->no_clobber = TRUE;
  fixture_run (fixture, second);
  assert_failed (second, S3DLIO_ERROR_EXISTS, "HTTP 412", NULL);
  g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", "key");
  assert_text (stored, "first");
}

static void
test_write_if_match (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "hello");
  g_autoptr (S3dOp) stale = fixture_write (fixture, "key", "other");
  stale->if_match = g_strdup ("00000000000000000000000000000000");
  fixture_run (fixture, stale);
  assert_failed (stale, S3DLIO_ERROR_PRECONDITION, NULL);

  g_autoptr (S3dOp) right = fixture_write (fixture, "key", "other");
  right->if_match = g_strdup ("5d41402abc4b2a76b9719d911017c592");
  fixture_run (fixture, right);
  assert_ok (right);
}

static const char *const ceph_refuses = "op=PutObject nth=1 action=status status=412 code=PreconditionFailed";
static const char *const ceph_answers = "op=HeadObject action=header name=x-rgw-object-type value=Normal";

static S3dOp *
replacement (Fixture *fixture, const char *etag, const char *text)
{
  S3dOp *op = fixture_write (fixture, "key", text);
  op->if_match = g_strdup (etag);
  return op;
}

/* Ceph 16 compares with the quotes, which is found out once, and refuses also what replaces nothing. */
static void
test_write_if_match_of_ceph (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) large = g_string_new ("other");
  g_string_set_size (large, 200000); /* so that it is hashed on a worker, again */
  memset (large->str, 'x', large->len);
  fixture_put (fixture, "key", "hello");
  ts_server_reset_ledger (fixture->server);
  ts_server_add_fault (fixture->server, ceph_refuses);
  ts_server_add_fault (fixture->server, ceph_answers);
  g_autoptr (S3dOp) first = replacement (fixture, "5d41402abc4b2a76b9719d911017c592", large->str);
  fixture_run (fixture, first);
  assert_ok (first);
  assert_sent (fixture, "PutObject", "if-match", "5d41402abc4b2a76b9719d911017c592");
  g_assert_cmpuint (ts_server_count (fixture->server, "PutObject"), ==, 2);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 3);

  g_autoptr (S3dOp) second = replacement (fixture, s3dlio_object_info_get_etag (first->info), "hello");
  fixture_run (fixture, second);
  assert_ok (second);
  g_autoptr (S3dOp) stale = replacement (fixture, s3dlio_object_info_get_etag (first->info), "more");
  fixture_run (fixture, stale);
  assert_failed (stale, S3DLIO_ERROR_PRECONDITION, NULL);
  g_assert_cmpuint (ts_server_count (fixture->server, "PutObject"), ==, 4);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 6);

  ts_server_add_fault (fixture->server, "op=PutObject key=missing action=status status=412 code=PreconditionFailed");
  g_autoptr (S3dOp) missing = fixture_write (fixture, "missing", "text");
  missing->if_match = g_strdup ("5d41402abc4b2a76b9719d911017c592");
  fixture_run (fixture, missing);
  assert_failed (missing, S3DLIO_ERROR_NOT_FOUND, NULL);
}

/* Whatever is not known to be Ceph, or is another version, has said no for good. */
static void
test_write_if_match_refused (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *fault, *etag;
  } cases[] = {
    { "op=PutObject action=header name=x-other", "5d41402abc4b2a76b9719d911017c592" },
    { ceph_answers, "00000000000000000000000000000000" },
    { "op=HeadObject action=status status=403", "5d41402abc4b2a76b9719d911017c592" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      fixture_put (fixture, "key", "hello");
      ts_server_clear_faults (fixture->server);
      ts_server_reset_ledger (fixture->server);
      ts_server_add_fault (fixture->server, ceph_refuses);
      ts_server_add_fault (fixture->server, cases[i].fault);
      g_autoptr (S3dOp) op = replacement (fixture, cases[i].etag, "other");
      fixture_run (fixture, op);
      assert_failed (op, S3DLIO_ERROR_PRECONDITION, "PreconditionFailed", NULL);
      g_assert_cmpuint (ts_server_count (fixture->server, "PutObject"), ==, 1);
      g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 2);
    }
}

/* Where a bucket keeps versions the service says which this one is. */
static void
test_version_id (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=PutObject,HeadObject action=header name=x-amz-version-id value=v1");
  g_autoptr (S3dOp) write = fixture_write (fixture, "key", "hello");
  fixture_run (fixture, write);
  assert_ok (write);
  assert_attribute (write->info, "version-id", "v1");

  g_autoptr (S3dOp) stat = fixture_op (fixture, S3D_OP_STAT, "key");
  fixture_run (fixture, stat);
  assert_ok (stat);
  assert_attribute (stat->info, "version-id", "v1");
}

/* "*" is any object, not one whose ETag is an asterisk. */
static void
test_write_if_match_any (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) none = replacement (fixture, "*", "first");
  fixture_run (fixture, none);
  assert_failed (none, S3DLIO_ERROR_NOT_FOUND, NULL);

  fixture_put (fixture, "key", "hello");
  g_autoptr (S3dOp) any = replacement (fixture, "*", "second");
  fixture_run (fixture, any);
  assert_ok (any);
  assert_sent (fixture, "PutObject", "if-match", "*");
}

/* More than is hashed on the spot: from memory and from a file, on a worker. */
static void
test_large_body (Fixture *fixture, gconstpointer data)
{
  gsize size = 1048576 + 17;
  g_autofree guint8 *memory = g_malloc (size);
  ts_pattern_fill (memory, size, 0, SEED);
  g_autoptr (S3dOp) from_memory = fixture_op (fixture, S3D_OP_WRITE, "memory");
  from_memory->source = s3d_source_new_memory (memory, size);
  fixture_run (fixture, from_memory);
  assert_ok (from_memory);

  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("s3dlio-body-XXXXXX", &path, NULL);
  g_assert_cmpint (write (fd, memory, size), ==, (gssize) size);
  unlink (path);
  g_autoptr (S3dOp) from_file = fixture_op (fixture, S3D_OP_WRITE, "file");
  from_file->source = s3d_source_new_file (fd, 0, size);
  fixture_run (fixture, from_file);
  assert_ok (from_file);

  g_autoptr (S3dOp) short_file = fixture_op (fixture, S3D_OP_WRITE, "short");
  short_file->source = s3d_source_new_file (fd, 0, size + 1);
  fixture_run (fixture, short_file);
  g_assert_nonnull (short_file->error);
  g_assert_null (ts_server_get_object (fixture->server, "bucket", "short"));
  close (fd);

  static const char *const keys[] = { "memory", "file" };
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", keys[i]);
      g_assert_cmpuint (g_bytes_get_size (stored), ==, size);
      g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (stored, NULL), size, 0, SEED), ==, size);
    }
}

/* ---- Deleting ---- */

static void
test_delete (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "x");
  fixture_put (fixture, "key2", "x");
  for (guint i = 0; i < 2; i++) /* the second time it is gone */
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_DELETE, "key");
      fixture_run (fixture, op);
      assert_ok (op);
    }
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 1);

  ts_server_add_fault (fixture->server, "op=DeleteObject action=status status=404 code=NoSuchKey");
  g_autoptr (S3dOp) missing = fixture_op (fixture, S3D_OP_DELETE, "key");
  fixture_run (fixture, missing);
  assert_ok (missing);
}

/* The ETag of what stands at "key". */
static char *
etag_of_key (Fixture *fixture)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_STAT, "key");
  fixture_run (fixture, op);
  assert_ok (op);
  return g_strdup (s3dlio_object_info_get_etag (op->info));
}

static void
test_delete_if_match (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "x");
  g_autofree char *old = etag_of_key (fixture);
  fixture_put (fixture, "key", "y");

  /* Seen before it is too late, even for a service that heeds no condition. */
  g_autoptr (S3dOp) stale = fixture_op (fixture, S3D_OP_DELETE, "key");
  stale->if_match = g_strdup (old);
  fixture_run (fixture, stale);
  assert_failed (stale, S3DLIO_ERROR_PRECONDITION, old, NULL);
  g_assert_cmpuint (ts_server_count (fixture->server, "DeleteObject"), ==, 0);

  /* Overwritten between the look and the request. */
  ts_server_add_fault (fixture->server, "op=DeleteObject nth=1 action=overwrite");
  g_autoptr (S3dOp) late = fixture_op (fixture, S3D_OP_DELETE, "key");
  late->if_match = etag_of_key (fixture);
  fixture_run (fixture, late);
  assert_failed (late, S3DLIO_ERROR_PRECONDITION, NULL);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 1);

  /* A service that does not know the condition. */
  ts_server_clear_faults (fixture->server);
  ts_server_add_fault (fixture->server, "op=DeleteObject nth=1 action=status status=501 code=NotImplemented");
  g_autoptr (S3dOp) plain = fixture_op (fixture, S3D_OP_DELETE, "key");
  plain->if_match = etag_of_key (fixture);
  fixture_run (fixture, plain);
  assert_ok (plain);
  assert_sent (fixture, "DeleteObject", "if-match", NULL);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 0);
}

/* ---- Keys ---- */

static const char *const odd_keys[] = {
  "a b",
  "a+b",
  "a%20b",
  "a?b=c&d",
  "a#b",
  "//a//",
  "/",
  "a/../b/./c",
  "..",
  "gr\xc3\xbc\xc3\x9f/\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x98\x80",
  "new\nline\ttab",
  "quote\"'`<>&;:@=,!$*()[]{}|\\^~",
  "control\x01\x7f",
  " ",
};

static void
test_odd_keys (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (odd_keys); i++)
    {
      g_autoptr (S3dOp) op = fixture_write (fixture, odd_keys[i], odd_keys[i]);
      fixture_run (fixture, op);
      assert_ok (op);
      g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", odd_keys[i]);
      assert_text (stored, odd_keys[i]);

      g_autoptr (S3dOp) read = fixture_op (fixture, S3D_OP_READ, odd_keys[i]);
      g_autoptr (GBytes) bytes = fixture_read (fixture, read);
      assert_ok (read);
      assert_text (bytes, odd_keys[i]);
    }
  g_autofree char *lengthy = g_strnfill (1024, 'k');
  g_autoptr (S3dOp) op = fixture_write (fixture, lengthy, "x");
  fixture_run (fixture, op);
  assert_ok (op);

  g_autoptr (S3dOp) list = fixture_op (fixture, S3D_OP_LIST, "");
  S3dCursor cursor = { 0 };
  list->recursive = TRUE;
  list->cursor = &cursor;
  fixture_run (fixture, list);
  assert_ok (list);
  g_assert_cmpuint (list->items->len, ==, G_N_ELEMENTS (odd_keys) + 1);
  for (guint i = 0; i < list->items->len; i++)
    {
      /* Passed back as it is. */
      g_autoptr (GError) error = NULL;
      g_autoptr (S3dlioUri) uri =
          s3dlio_uri_parse (s3dlio_object_info_get_uri (g_ptr_array_index (list->items, i)), &error);
      g_assert_no_error (error);
      g_autoptr (S3dOp) delete = fixture_op (fixture, S3D_OP_DELETE, uri->key);
      g_assert_cmpstr (uri->authority, ==, delete->target->authority);
      fixture_run (fixture, delete);
      assert_ok (delete);
    }
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/s3/read/whole-object-in-one-request", test_read);
  ADD ("/s3/read/ranges", test_ranges);
  ADD ("/s3/read/empty-object", test_empty);
  ADD ("/s3/read/behind-the-end-tells-the-size-if-the-service-does", test_behind_the_end);
  ADD ("/s3/read/ignored-range-is-reported", test_range_ignored);
  ADD ("/s3/read/last-bytes-are-those", test_last_bytes);
  ADD ("/s3/read/wrong-content-range-is-refused", test_wrong_range);
  ADD ("/s3/read/answer-without-length", test_no_length);
  ADD ("/s3/read/ready-chooses-the-sink-or-refuses", test_ready);
  ADD ("/s3/read/if-match", test_if_match);
  ADD ("/s3/read/broken-off-body-is-resumable", test_broken_off);
  ADD ("/s3/read/missing-key-and-bucket", test_missing);
  ADD ("/s3/read/no-key-is-an-error-without-a-request", test_no_key);
  ADD ("/s3/stat/object", test_stat);
  ADD ("/s3/stat/bucket", test_stat_bucket);
  ADD ("/s3/write/one-request-without-checksum-headers", test_write);
  ADD ("/s3/write/empty-object", test_write_empty);
  ADD ("/s3/write/headers-and-metadata-come-back", test_attributes);
  ADD ("/s3/write/headers-that-cannot-be-sent-are-refused", test_attributes_refused);
  ADD ("/s3/write/no-clobber", test_no_clobber);
  ADD ("/s3/write/if-match", test_write_if_match);
  ADD ("/s3/write/if-match-of-ceph", test_write_if_match_of_ceph);
  ADD ("/s3/write/if-match-refused-for-good", test_write_if_match_refused);
  ADD ("/s3/write/if-match-any", test_write_if_match_any);
  ADD ("/s3/write/version-id-is-told", test_version_id);
  ADD ("/s3/write/large-body-is-hashed-elsewhere", test_large_body);
  ADD ("/s3/delete/if-match-holds-whatever-the-service-heeds", test_delete_if_match);
  ADD ("/s3/delete/exactly-one-key-and-missing-is-no-error", test_delete);
  ADD ("/s3/keys/any-utf-8", test_odd_keys);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Multipart uploads and copies. */

#include "config.h"

#include "s3-fixture.h"

#include <string.h>

#define SEED 3
#define PART (5 * 1048576)

/* ---- Uploads ---- */

static char *
begin (Fixture *fixture, const char *key)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, key);
  op->attributes = s3d_attributes_new ();
  op->attributes->content_type = g_strdup ("text/x-parts");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_nonnull (op->upload_id);
  return g_strdup (op->upload_id);
}

static S3dOp *
part (Fixture *fixture, const char *key, const char *upload, guint number, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  S3dOp *op = fixture_op (fixture, S3D_OP_UPLOAD_PART, key);
  op->upload_id = g_strdup (upload);
  op->part_number = number;
  op->source = s3d_source_new_bytes (bytes);
  fixture_run (fixture, op);
  return op;
}

/* A COMPLETE of an upload with the parts "one", "two". */
static S3dOp *
two_parts (Fixture *fixture, const char *key)
{
  static const char *const texts[] = { "one", "two" };
  g_autofree char *upload = begin (fixture, key);
  S3dOp *op = fixture_op (fixture, S3D_OP_UPLOAD_COMPLETE, key);
  op->upload_id = g_strdup (upload);
  op->part_etags = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (S3dOp) sent = part (fixture, key, upload, i + 1, texts[i]);
      assert_ok (sent);
      g_ptr_array_add (op->part_etags, g_strdup (sent->etag));
    }
  return op;
}

static void
test_upload (Fixture *fixture, gconstpointer data)
{
  const char *key = "dir/a b+\xc3\xbc";
  g_autoptr (S3dOp) op = two_parts (fixture, key);
  g_assert_cmpstr (g_ptr_array_index (op->part_etags, 0), ==, "f97c5d29941bfb1b2fdab0874906ab82");
  fixture_run (fixture, op);
  assert_ok (op);
  assert_stored (fixture, key, "onetwo");
  g_autofree char *etag = ts_server_get_object_header (fixture->server, "bucket", key, "etag");
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", s3dlio_object_info_get_etag (op->info));
  g_assert_cmpstr (quoted, ==, etag);
  g_autofree char *type = ts_server_get_object_header (fixture->server, "bucket", key, "content-type");
  g_assert_cmpstr (type, ==, "text/x-parts");
  g_assert_cmpuint (ts_server_count_uploads (fixture->server, NULL), ==, 0);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 4);
}

static void
test_large_part (Fixture *fixture, gconstpointer data)
{
  g_autofree guint8 *memory = g_malloc (PART);
  g_autofree char *upload = begin (fixture, "key");
  ts_pattern_fill (memory, PART, 0, SEED);
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_PART, "key");
  op->upload_id = g_strdup (upload);
  op->part_number = 1;
  op->source = s3d_source_new_memory (memory, PART);
  fixture_run (fixture, op);
  assert_ok (op);
  g_autoptr (S3dOp) complete = fixture_op (fixture, S3D_OP_UPLOAD_COMPLETE, "key");
  complete->upload_id = g_strdup (upload);
  complete->part_etags = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (complete->part_etags, g_strdup (op->etag));
  fixture_run (fixture, complete);
  assert_ok (complete);
  g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", "key");
  g_assert_cmpuint (g_bytes_get_size (stored), ==, PART);
  g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (stored, NULL), PART, 0, SEED), ==, PART);
}

static void
test_abort (Fixture *fixture, gconstpointer data)
{
  g_autofree char *upload = begin (fixture, "key");
  g_assert_cmpuint (ts_server_count_uploads (fixture->server, NULL), ==, 1);
  for (guint i = 0; i < 2; i++) /* the second time it is gone */
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_ABORT, "key");
      op->upload_id = g_strdup (upload);
      fixture_run (fixture, op);
      assert_ok (op);
      g_assert_cmpuint (ts_server_count_uploads (fixture->server, NULL), ==, 0);
    }
}

/* All pages, two uploads each, as "KEY=ID" with blanks between them. */
static char *
list_uploads (Fixture *fixture, const char *prefix, guint *pages)
{
  S3dCursor cursor = { 0 };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (S3dlioUri) bucket = fixture_uri (fixture, "bucket/");
  g_autofree char *root = s3dlio_uri_to_string (bucket);
  for (*pages = 0; !cursor.at_end; ++*pages)
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_LIST, prefix);
      op->page_size = 2;
      op->cursor = &cursor;
      fixture_run (fixture, op);
      assert_ok (op);
      g_assert_cmpuint (op->items->len, <=, 2);
      for (guint i = 0; i < op->items->len; i++)
        {
          S3dlioObjectInfo *info = g_ptr_array_index (op->items, i);
          const char *uri = s3dlio_object_info_get_uri (info);
          g_assert_true (g_str_has_prefix (uri, root));
          g_assert_cmpint (s3dlio_object_info_get_object_type (info), ==, S3DLIO_OBJECT_TYPE_UPLOAD);
          g_string_append_printf (text, "%s%s=%s", text->len > 0 ? " " : "", uri + strlen (root),
                                  s3dlio_object_info_get_attribute (info, "upload-id"));
        }
    }
  s3d_cursor_clear (&cursor);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The marker of each page is a key that is odd in some way, or one of three uploads of one key. */
static void
test_list (Fixture *fixture, gconstpointer data)
{
  const char *keys[] = { "odd/%", "odd/<&>", "odd/a b", "odd/a+b&c=d", "odd/gr\xc3\xbcn" };
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *one = begin (fixture, "thrice");
  g_autofree char *two = begin (fixture, "thrice");
  g_autofree char *three = begin (fixture, "thrice");
  g_autofree char *odd = NULL;
  g_autofree char *thrice = NULL;
  guint pages;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *id = begin (fixture, keys[i]);
      g_string_append_printf (expected, "%s%s=%s", i > 0 ? " " : "", keys[i], id);
    }
  odd = list_uploads (fixture, "odd/", &pages);
  g_assert_cmpstr (odd, ==, expected->str);
  g_assert_cmpuint (pages, ==, 3);
  thrice = list_uploads (fixture, "thrice", &pages);
  g_assert_nonnull (strstr (thrice, one));
  g_assert_nonnull (strstr (thrice, two));
  g_assert_nonnull (strstr (thrice, three));
  g_assert_cmpuint (pages, ==, 2);
}

/* What Ceph 16 says to encoding-type=url: the keys encoded, the marker not, and no word of it. */
static void
test_list_of_ceph (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { 0 };
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_LIST, "");
  g_autofree char *uri = NULL;
  ts_server_add_fault (fixture->server, "op=ListMultipartUploads action=status status=200 body='"
                                        "<ListMultipartUploadsResult><NextKeyMarker>a%41</NextKeyMarker>"
                                        "<NextUploadIdMarker>2~x</NextUploadIdMarker><IsTruncated>true</IsTruncated>"
                                        "<Upload><Key>a%2541</Key><UploadId>2~x</UploadId></Upload>"
                                        "</ListMultipartUploadsResult>'");
  op->cursor = &cursor;
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpuint (op->items->len, ==, 1);
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_uri (op->items->pdata[0]), "/a%41"));
  g_assert_cmpstr (cursor.token, ==, "key-marker=a%2541&upload-id-marker=2~x");
  s3d_cursor_clear (&cursor);
}

static void
test_part_of_no_upload (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = part (fixture, "key", "nosuch", 1, "text");
  assert_failed (op, S3DLIO_ERROR_NOT_FOUND, "NoSuchUpload", NULL);
}

static void
test_complete_error_in_ok (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server,
                       "op=CompleteMultipartUpload nth=1 action=ok-error code=InternalError spaces=5");
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload nth=2 action=ok-error code=SlowDown");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpuint (op->facts.attempts, ==, 3);
  assert_stored (fixture, "key", "onetwo");
}

static void
test_complete_refused_in_ok (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload action=ok-error code=InvalidPart spaces=2");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_INVALID, "InvalidPart", NULL);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
}

static void
test_complete_answer_lost (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload nth=1 action=reset applied=yes");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  fixture_run (fixture, op);
  assert_ok (op);
  assert_stored (fixture, "key", "onetwo");
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 6);
  g_assert_cmpuint (ts_server_count (fixture->server, "HeadObject"), ==, 1);
}

static void
test_no_clobber_answer_lost (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload nth=1 action=reset applied=yes");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  op->no_clobber = TRUE;
  fixture_run (fixture, op);
  assert_ok (op);
  assert_stored (fixture, "key", "onetwo");
}

/* As Ceph RGW 16 answers a repeated complete. */
static void
test_complete_under_way (void)
{
  Fixture fixture = { 0 };
  TestServerOptions options = { .min_part_size = 1 };
  fixture_open (&fixture, &options, "retries=3");
  ts_server_add_fault (fixture.server, "op=CompleteMultipartUpload nth=1 action=reset applied=yes");
  ts_server_add_fault (fixture.server, "op=CompleteMultipartUpload action=status status=500 code=InternalError");
  g_autoptr (S3dOp) op = two_parts (&fixture, "key");
  fixture_run (&fixture, op);
  assert_ok (op);
  assert_stored (&fixture, "key", "onetwo");
  fixture_close (&fixture);
}

/* The upload is gone, and what is there is something else. */
static void
test_complete_truly_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) other = g_bytes_new_static ("other", 5);
  ts_server_put_object (fixture->server, "bucket", "key", other);
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload nth=1 action=reset");
  ts_server_add_fault (fixture->server,
                       "op=CompleteMultipartUpload nth=2 action=status status=404 code=NoSuchUpload");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_NOT_FOUND, "NoSuchUpload", "answer was lost", NULL);
}

static void
test_complete_without_etag (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server,
                       "op=CompleteMultipartUpload action=status status=200 type=application/xml "
                       "body='<CompleteMultipartUploadResult><Key>k</Key><ETag></ETag>"
                       "</CompleteMultipartUploadResult>'");
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_null (s3dlio_object_info_get_etag (op->info));
}

static void
test_complete_no_clobber (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) other = g_bytes_new_static ("other", 5);
  ts_server_put_object (fixture->server, "bucket", "key", other);
  g_autoptr (S3dOp) op = two_parts (fixture, "key");
  op->no_clobber = TRUE;
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_EXISTS, NULL);
  assert_stored (fixture, "key", "other");
}

/* ---- Copies ---- */

static S3dOp *
copy_op (Fixture *fixture, const char *from, const char *to)
{
  g_autofree char *path = g_strconcat ("bucket/", from, NULL);
  S3dOp *op = fixture_op (fixture, S3D_OP_COPY, to);
  op->from = fixture_uri (fixture, path);
  return op;
}

static void
test_copy (Fixture *fixture, gconstpointer data)
{
  static const char *const sources[] = { "plain", "a+b c%20d", "gr\xc3\xbc\xc3\x9f?&#", "dir//x" };
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      g_autoptr (S3dOp) write = fixture_write (fixture, sources[i], sources[i]);
      write->attributes = s3d_attributes_new ();
      write->attributes->content_type = g_strdup ("text/x-source");
      fixture_run (fixture, write);
      assert_ok (write);
      g_autoptr (S3dOp) op = copy_op (fixture, sources[i], "target");
      fixture_run (fixture, op);
      assert_ok (op);
      assert_stored (fixture, "target", sources[i]);
      g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, s3dlio_object_info_get_etag (write->info));
      g_assert_cmpint (s3dlio_object_info_get_mtime (op->info), >, 0);
      g_autofree char *type = ts_server_get_object_header (fixture->server, "bucket", "target", "content-type");
      g_assert_cmpstr (type, ==, "text/x-source");
    }
}

static void
test_copy_attributes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "from", "x");
  fixture_run (fixture, write);
  g_autoptr (S3dOp) op = copy_op (fixture, "from", "to");
  op->attributes = s3d_attributes_new ();
  op->attributes->content_type = g_strdup ("text/x-new");
  fixture_run (fixture, op);
  assert_ok (op);
  assert_sent (fixture, "CopyObject", "x-amz-metadata-directive", "REPLACE");
  g_autofree char *type = ts_server_get_object_header (fixture->server, "bucket", "to", "content-type");
  g_assert_cmpstr (type, ==, "text/x-new");
}

static void
test_copy_if_match (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "from", "x");
  fixture_run (fixture, write);
  g_autoptr (S3dOp) op = copy_op (fixture, "from", "to");
  op->if_match = g_strdup ("00000000000000000000000000000000");
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_PRECONDITION, NULL);
  g_assert_null (ts_server_get_object (fixture->server, "bucket", "to"));
}

static void
test_copy_no_clobber (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "from", "x");
  fixture_run (fixture, write);
  g_autoptr (S3dOp) first = copy_op (fixture, "from", "to");
  first->no_clobber = TRUE;
  fixture_run (fixture, first);
  assert_ok (first);
  assert_stored (fixture, "to", "x");
  g_assert_cmpuint (first->facts.attempts, ==, 2);

  g_autoptr (S3dOp) other = fixture_write (fixture, "from", "changed");
  fixture_run (fixture, other);
  g_autoptr (S3dOp) second = copy_op (fixture, "from", "to");
  second->no_clobber = TRUE;
  fixture_run (fixture, second);
  assert_failed (second, S3DLIO_ERROR_EXISTS, "/bucket/to", NULL);
  assert_stored (fixture, "to", "x");
}

static void
test_copy_error_in_ok (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "from", "x");
  fixture_run (fixture, write);
  ts_server_add_fault (fixture->server, "op=CopyObject nth=1 action=ok-error code=InternalError spaces=100");
  g_autoptr (S3dOp) op = copy_op (fixture, "from", "to");
  fixture_run (fixture, op);
  assert_ok (op);
  g_assert_cmpuint (op->facts.attempts, ==, 2);
  assert_stored (fixture, "to", "x");

  ts_server_add_fault (fixture->server, "op=CopyObject action=ok-error code=AccessDenied");
  g_autoptr (S3dOp) denied = copy_op (fixture, "from", "to2");
  fixture_run (fixture, denied);
  assert_failed (denied, S3DLIO_ERROR_DENIED, NULL);
}

static void
test_copy_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = copy_op (fixture, "nosuch", "to");
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_NOT_FOUND, "NoSuchKey", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/s3/upload/begin-parts-complete", test_upload);
  ADD ("/s3/upload/large-part", test_large_part);
  ADD ("/s3/upload/abort-and-missing-is-no-error", test_abort);
  ADD ("/s3/upload/part-of-no-upload", test_part_of_no_upload);
  ADD ("/s3/upload/transient-error-in-a-200-is-retried", test_complete_error_in_ok);
  ADD ("/s3/upload/refusal-in-a-200-is-an-error", test_complete_refused_in_ok);
  ADD ("/s3/upload/lost-answer-of-complete-is-success", test_complete_answer_lost);
  ADD ("/s3/upload/lost-answer-of-conditional-complete-is-success", test_no_clobber_answer_lost);
  g_test_add_func ("/s3/upload/lost-answer-then-refused-for-ever-is-success", test_complete_under_way);
  ADD ("/s3/upload/lists-page-by-page", test_list);
  ADD ("/s3/upload/lists-of-ceph", test_list_of_ceph);
  ADD ("/s3/upload/upload-that-is-gone-is-an-error", test_complete_truly_gone);
  ADD ("/s3/upload/complete-without-etag", test_complete_without_etag);
  ADD ("/s3/upload/no-clobber", test_complete_no_clobber);
  ADD ("/s3/copy/any-key-with-its-headers", test_copy);
  ADD ("/s3/copy/attributes-replace", test_copy_attributes);
  ADD ("/s3/copy/if-match-is-of-the-source", test_copy_if_match);
  ADD ("/s3/copy/no-clobber-looks-first", test_copy_no_clobber);
  ADD ("/s3/copy/error-in-a-200", test_copy_error_in_ok);
  ADD ("/s3/copy/missing-source", test_copy_missing);
  return g_test_run ();
}

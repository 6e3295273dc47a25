/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checksums that go with what is written, against a server that verifies them with code of its own. */

#include "config.h"

#include "s3-fixture.h"

#include <string.h>
#include <unistd.h>

#define HEADER "x-amz-checksum-crc32c"
#define DIGITS "123456789"
#define CRC_OF_DIGITS "4waSgw==" /* the check value of CRC32C */
#define SEED 5
#define LARGE (3 * 1048576 + 7)

/* Without the hash of the payload, which would find damage first. */
#define WITH "checksum=crc32c;sign-payload=never"

static void
open_with (Fixture *fixture, TsChecksumMode mode, const char *settings)
{
  TestServerOptions options = { .min_part_size = 1, .checksum_mode = mode };
  fixture_open (fixture, &options, settings);
}

static void
set_up (Fixture *fixture, gconstpointer settings)
{
  open_with (fixture, TS_CHECKSUM_FULL, settings);
}

/* ---- One request ---- */

static void
test_sent (Fixture *fixture, gconstpointer settings)
{
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", DIGITS);
  fixture_run (fixture, op);
  assert_ok (op);
  assert_sent (fixture, "PutObject", HEADER, CRC_OF_DIGITS);
  assert_sent (fixture, "PutObject", "x-amz-sdk-checksum-algorithm", "CRC32C");
  g_assert_true (op->sum.known);
  g_assert_cmphex (op->sum.crc32c, ==, 0xe3069283);
  g_assert_cmpuint (op->sum.size, ==, 9);

  g_autoptr (S3dOp) empty = fixture_write (fixture, "key", "");
  fixture_run (fixture, empty);
  assert_ok (empty);
  assert_sent (fixture, "PutObject", HEADER, "AAAAAA==");
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 2);
}

static void
test_not_sent (Fixture *fixture, gconstpointer settings)
{
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", DIGITS);
  fixture_run (fixture, op);
  assert_ok (op);
  assert_sent (fixture, "PutObject", HEADER, NULL);
  assert_sent (fixture, "PutObject", "x-amz-sdk-checksum-algorithm", NULL);
  g_assert_false (op->sum.known);

  g_autoptr (S3dOp) begin = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, "key");
  fixture_run (fixture, begin);
  assert_ok (begin);
  assert_sent (fixture, "CreateMultipartUpload", "x-amz-checksum-algorithm", NULL);
  assert_sent (fixture, "CreateMultipartUpload", "x-amz-checksum-type", NULL);
  g_assert_false (begin->whole_sum);
}

/* More than is hashed at once, from memory and from a file; the server has the last word on its value. */
static void
test_large (Fixture *fixture, gconstpointer settings)
{
  g_autofree guint8 *memory = g_malloc (LARGE);
  ts_pattern_fill (memory, LARGE, 0, SEED);
  g_autoptr (S3dOp) from_memory = fixture_op (fixture, S3D_OP_WRITE, "memory");
  from_memory->source = s3d_source_new_memory (memory, LARGE);
  fixture_run (fixture, from_memory);
  assert_ok (from_memory);

  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("s3dlio-checksum-XXXXXX", &path, NULL);
  g_assert_cmpint (write (fd, memory, LARGE), ==, LARGE);
  unlink (path);
  g_autoptr (S3dOp) from_file = fixture_op (fixture, S3D_OP_WRITE, "file");
  from_file->source = s3d_source_new_file (fd, 0, LARGE);
  fixture_run (fixture, from_file);
  close (fd);
  assert_ok (from_file);
  g_assert_cmphex (from_memory->sum.crc32c, ==, from_file->sum.crc32c);
  g_assert_cmpuint (from_file->sum.size, ==, LARGE);
}

/* What was damaged on its way is sent once more. */
static void
test_damaged (Fixture *fixture, gconstpointer settings)
{
  ts_server_add_fault (fixture->server, "op=PutObject key=once nth=1 action=corrupt-request at=3");
  ts_server_add_fault (fixture->server, "op=PutObject key=always action=corrupt-request at=3");
  g_autoptr (S3dOp) once = fixture_write (fixture, "once", DIGITS);
  fixture_run (fixture, once);
  assert_ok (once);
  assert_stored (fixture, "once", DIGITS);
  g_assert_cmpuint (ts_server_count (fixture->server, "PutObject"), ==, 2);

  g_autoptr (S3dOp) always = fixture_write (fixture, "always", DIGITS);
  fixture_run (fixture, always);
  assert_failed (always, S3DLIO_ERROR_INTEGRITY, "BadDigest", NULL);
  g_autoptr (GBytes) stored = ts_server_get_object (fixture->server, "bucket", "always");
  g_assert_null (stored);
}

/* The negative control of the above: nobody notices. */
static void
test_damaged_unnoticed (Fixture *fixture, gconstpointer settings)
{
  ts_server_add_fault (fixture->server, "op=PutObject action=corrupt-request at=3");
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", DIGITS);
  fixture_run (fixture, op);
  assert_ok (op);
  assert_stored (fixture, "key", "123556789");
}

static void
test_wrong_answer (Fixture *fixture, gconstpointer settings)
{
  ts_server_add_fault (fixture->server, "op=PutObject action=wrong-checksum");
  g_autoptr (S3dOp) op = fixture_write (fixture, "key", DIGITS);
  fixture_run (fixture, op);
  assert_failed (op, S3DLIO_ERROR_INTEGRITY, "\"AwaSgw==\"", "\"4waSgw==\"", NULL);
}

/* ---- Asking for it ---- */

static void
test_stat (Fixture *fixture, gconstpointer settings)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "key", DIGITS);
  fixture_run (fixture, write);
  g_autoptr (S3dOp) good = fixture_op (fixture, S3D_OP_STAT, "key");
  good->sum = write->sum;
  fixture_run (fixture, good);
  assert_ok (good);
  assert_sent (fixture, "HeadObject", "x-amz-checksum-mode", "ENABLED");

  g_autoptr (S3dOp) bad = fixture_op (fixture, S3D_OP_STAT, "key");
  bad->sum = (S3dSum){ .known = TRUE, .crc32c = 1, .size = 9 };
  fixture_run (fixture, bad);
  assert_failed (bad, S3DLIO_ERROR_INTEGRITY, CRC_OF_DIGITS, NULL);

  g_autoptr (S3dOp) plain = fixture_op (fixture, S3D_OP_STAT, "key");
  fixture_run (fixture, plain);
  assert_ok (plain);
  assert_sent (fixture, "HeadObject", "x-amz-checksum-mode", NULL);
}

/* ---- Parts ---- */

/* An upload of @texts, complete but for the end, which is not yet run. */
static S3dOp *
upload (Fixture *fixture, const char *const *texts, guint n)
{
  g_autoptr (S3dOp) begin = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, "key");
  fixture_run (fixture, begin);
  assert_ok (begin);
  S3dOp *complete = fixture_op (fixture, S3D_OP_UPLOAD_COMPLETE, "key");
  complete->upload_id = g_strdup (begin->upload_id);
  complete->whole_sum = begin->whole_sum;
  complete->part_etags = g_ptr_array_new_with_free_func (g_free);
  complete->part_sums = g_array_new (FALSE, TRUE, sizeof (S3dSum));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (S3dOp) part = fixture_op (fixture, S3D_OP_UPLOAD_PART, "key");
      part->upload_id = g_strdup (begin->upload_id);
      part->part_number = i + 1;
      part->source = s3d_source_new_memory (texts[i], strlen (texts[i]));
      fixture_run (fixture, part);
      assert_ok (part);
      g_ptr_array_add (complete->part_etags, g_strdup (part->etag));
      g_array_append_val (complete->part_sums, part->sum);
    }
  return complete;
}

static const char *const halves[] = { "1234", "56789" };

static void
test_parts (Fixture *fixture, gconstpointer settings)
{
  g_autoptr (S3dOp) complete = upload (fixture, halves, 2);
  g_assert_true (complete->whole_sum);
  fixture_run (fixture, complete);
  assert_ok (complete);
  assert_stored (fixture, "key", DIGITS);
  assert_sent (fixture, "CreateMultipartUpload", "x-amz-checksum-algorithm", "CRC32C");
  assert_sent (fixture, "CreateMultipartUpload", "x-amz-checksum-type", "FULL_OBJECT");
  assert_sent (fixture, "CompleteMultipartUpload", HEADER, CRC_OF_DIGITS);
  assert_sent (fixture, "CompleteMultipartUpload", "x-amz-checksum-type", "FULL_OBJECT");
  assert_sent (fixture, "CompleteMultipartUpload", "x-amz-mp-object-size", "9");
  g_assert_cmphex (complete->sum.crc32c, ==, 0xe3069283);
}

static void
test_wrong_parts (Fixture *fixture, gconstpointer settings)
{
  ts_server_add_fault (fixture->server, "op=CompleteMultipartUpload action=wrong-checksum");
  g_autoptr (S3dOp) told = upload (fixture, halves, 2);
  fixture_run (fixture, told);
  assert_failed (told, S3DLIO_ERROR_INTEGRITY, "\"AwaSgw==\"", NULL);

  ts_server_add_fault (fixture->server, "op=UploadPart action=wrong-checksum");
  g_autoptr (S3dOp) begin = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, "key");
  fixture_run (fixture, begin);
  g_autoptr (S3dOp) part = fixture_op (fixture, S3D_OP_UPLOAD_PART, "key");
  part->upload_id = g_strdup (begin->upload_id);
  part->part_number = 1;
  part->source = s3d_source_new_memory (DIGITS, 9);
  fixture_run (fixture, part);
  assert_failed (part, S3DLIO_ERROR_INTEGRITY, CRC_OF_DIGITS, NULL);
}

/* A service that knows of parts only the checksum of their checksums is not sent the one of the whole, and what it
 * tells is compared all the same. */
static void
test_composite (void)
{
  Fixture fixture = { NULL };
  open_with (&fixture, TS_CHECKSUM_COMPOSITE, WITH);
  g_autoptr (S3dOp) complete = upload (&fixture, halves, 2);
  g_assert_false (complete->whole_sum);
  fixture_run (&fixture, complete);
  assert_ok (complete);
  assert_sent (&fixture, "CompleteMultipartUpload", HEADER, NULL);

  g_autoptr (S3dOp) good = fixture_op (&fixture, S3D_OP_STAT, "key");
  good->sum = complete->sum;
  good->part_sums = g_array_ref (complete->part_sums);
  fixture_run (&fixture, good);
  assert_ok (good);

  ts_server_add_fault (fixture.server, "op=CompleteMultipartUpload action=wrong-checksum");
  g_autoptr (S3dOp) bad = upload (&fixture, halves, 2);
  fixture_run (&fixture, bad);
  assert_failed (bad, S3DLIO_ERROR_INTEGRITY, "-2\"", NULL);
  fixture_close (&fixture);
}

/* One that takes no notice of all this can be written to. */
static void
test_ignored (void)
{
  Fixture fixture = { NULL };
  open_with (&fixture, TS_CHECKSUM_IGNORE, WITH);
  g_autoptr (S3dOp) op = fixture_write (&fixture, "one", DIGITS);
  fixture_run (&fixture, op);
  assert_ok (op);
  g_autoptr (S3dOp) complete = upload (&fixture, halves, 2);
  fixture_run (&fixture, complete);
  assert_ok (complete);
  assert_stored (&fixture, "key", DIGITS);
  fixture_close (&fixture);
}

/* Parts that the service copies have none. */
static void
test_copied_parts (Fixture *fixture, gconstpointer settings)
{
  g_autoptr (S3dOp) write = fixture_write (fixture, "source", DIGITS);
  fixture_run (fixture, write);
  g_autoptr (S3dOp) begin = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, "key");
  begin->from = s3dlio_uri_ref (write->target);
  fixture_run (fixture, begin);
  assert_ok (begin);
  assert_sent (fixture, "CreateMultipartUpload", "x-amz-checksum-algorithm", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, settings, func) g_test_add (name, Fixture, settings, set_up, func, fixture_tear_down)
  ADD ("/s3/checksum/sent-where-asked-for", WITH, test_sent);
  ADD ("/s3/checksum/sent-beside-a-signed-payload", "checksum=crc32c", test_sent);
  ADD ("/s3/checksum/none-unless-asked-for", NULL, test_not_sent);
  ADD ("/s3/checksum/auto-withholds-it-from-other-services", "checksum=auto", test_not_sent);
  ADD ("/s3/checksum/large-bodies", WITH, test_large);
  ADD ("/s3/checksum/large-bodies-with-signed-payload", "checksum=crc32c", test_large);
  ADD ("/s3/checksum/damaged-on-its-way-is-sent-again", WITH, test_damaged);
  ADD ("/s3/checksum/without-it-damage-goes-unnoticed", "sign-payload=never", test_damaged_unnoticed);
  ADD ("/s3/checksum/another-one-in-the-answer-is-an-error", WITH, test_wrong_answer);
  ADD ("/s3/checksum/stat-compares-it", WITH, test_stat);
  ADD ("/s3/checksum/parts-and-the-whole", WITH, test_parts);
  ADD ("/s3/checksum/another-one-of-parts-is-an-error", WITH, test_wrong_parts);
  ADD ("/s3/checksum/none-of-copied-parts", WITH, test_copied_parts);
  g_test_add_func ("/s3/checksum/composite-services", test_composite);
  g_test_add_func ("/s3/checksum/services-that-ignore-it", test_ignored);
  return g_test_run ();
}

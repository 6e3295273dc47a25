/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that come in parts. */

#include "config.h"

#include "fixture.h"

#include <string.h>
#include <sys/stat.h>

#define N_PARTS 9

static char *
begin (Fixture *fixture, const char *name)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, name);

  fixture_run_ok (fixture, op);
  g_assert_nonnull (op->upload_id);

  return g_strdup (op->upload_id);
}

static S3dOp *
part_op (Fixture *fixture, const char *name, const char *id, guint number, const char *text)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_UPLOAD_PART, name);

  op->upload_id = g_strdup (id);
  op->part_number = number;
  op->source = fixture_source (text);

  return op;
}

/* The ETag of the part. */
static char *
put_part (Fixture *fixture, const char *id, guint number, const char *text)
{
  g_autoptr (S3dOp) op = part_op (fixture, "file", id, number, text);

  fixture_run_ok (fixture, op);
  g_assert_nonnull (op->etag);

  return g_strdup (op->etag);
}

/* Takes the ETags, up to a NULL. */
static S3dOp *
complete_op (Fixture *fixture, const char *id, char *etag, ...)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_UPLOAD_COMPLETE, "file");
  va_list args;

  op->upload_id = g_strdup (id);
  op->part_etags = g_ptr_array_new_with_free_func (g_free);
  va_start (args, etag);
  for (; etag; etag = va_arg (args, char *))
    g_ptr_array_add (op->part_etags, etag);
  va_end (args);

  return op;
}

static S3dOp *
abort_op (Fixture *fixture, const char *id)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_UPLOAD_ABORT, "file");

  op->upload_id = g_strdup (id);

  return op;
}

static void
test_in_order (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *one = put_part (fixture, id, 1, "one,");
  char *two = put_part (fixture, id, 2, "and two,");
  char *three = put_part (fixture, id, 3, "3");
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, two, three, NULL);
  g_autofree char *etag = NULL;

  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "one,and two,3");
  fixture_assert_names (fixture, "file");
  etag = fixture_etag (fixture, "file");
  g_assert_cmpstr (s3dlio_object_info_get_etag (op->info), ==, etag);
  g_assert_cmpint (s3dlio_object_info_get_size (op->info), ==, 13);
}

static void
test_out_of_order (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *three = put_part (fixture, id, 3, "3");
  char *one = put_part (fixture, id, 1, "one,");
  char *four = put_part (fixture, id, 4, ",IV");
  char *two = put_part (fixture, id, 2, "and two,");
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, two, three, four, NULL);

  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "one,and two,3,IV");
  fixture_assert_names (fixture, "file");
}

static void
test_again (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  g_autofree char *stale = put_part (fixture, id, 1, "ONE,");
  char *two = put_part (fixture, id, 2, "two,");
  char *one = put_part (fixture, id, 1, "one,");
  g_autofree char *stale_three = put_part (fixture, id, 3, "three");
  char *three = put_part (fixture, id, 3, "thirty-three");
  g_autoptr (S3dOp) wrong = complete_op (fixture, id, g_strdup (stale), NULL);
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, two, three, NULL);

  fixture_run_bad (fixture, wrong, S3DLIO_ERROR_INVALID, "part 1 ");
  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "one,two,thirty-three");
  fixture_assert_names (fixture, "file");
}

static void
test_fewer (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *one = put_part (fixture, id, 1, "one,");
  g_autofree char *two = put_part (fixture, id, 2, "two,");
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, NULL);

  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "one,");
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  g_autoptr (S3dOp) complete = complete_op (fixture, id, NULL);
  g_autoptr (GString) expected = g_string_new (NULL);
  S3dOp *ops[N_PARTS];

  for (guint i = 0; i < N_PARTS; i++)
    {
      g_autofree char *text = g_strnfill (100000 * (i + 1), (char) ('a' + i));

      g_string_append (expected, text);
      ops[i] = part_op (fixture, "file", id, i + 1, text);
    }
  for (guint i = 0; i < N_PARTS; i++)
    fixture_start (fixture, ops[i]);
  for (guint i = 0; i < N_PARTS; i++)
    {
      fixture_wait (ops[i]);
      g_assert_no_error (ops[i]->error);
      g_ptr_array_add (complete->part_etags, g_strdup (ops[i]->etag));
      s3d_op_unref (ops[i]);
    }
  fixture_run_ok (fixture, complete);
  fixture_assert_text (fixture, "file", expected->str);
}

static void
test_incomplete (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *one = put_part (fixture, id, 1, "one,");
  g_autoptr (S3dOp) missing = complete_op (fixture, id, one, g_strdup ("none"), NULL);
  g_autoptr (S3dOp) none = complete_op (fixture, id, NULL);
  g_autoptr (S3dOp) unknown = complete_op (fixture, "file-999", g_strdup ("none"), NULL);
  g_autoptr (S3dOp) other = part_op (fixture, "other", id, 1, "x");
  g_autoptr (S3dOp) zero = part_op (fixture, "file", id, 0, "x");

  fixture_run_bad (fixture, missing, S3DLIO_ERROR_INVALID, "part 2 ");
  fixture_run_bad (fixture, none, S3DLIO_ERROR_INVALID, "needs a part");
  fixture_run_bad (fixture, unknown, S3DLIO_ERROR_NOT_FOUND, "file-999");
  fixture_run_bad (fixture, other, S3DLIO_ERROR_NOT_FOUND, id);
  fixture_run (fixture, zero);
  g_assert_nonnull (zero->error);
  fixture_assert_names (fixture, "");
}

static void
test_abort (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  g_autofree char *two = put_part (fixture, id, 2, "two,");
  g_autofree char *one = put_part (fixture, id, 1, "one,");
  g_autoptr (S3dOp) op = abort_op (fixture, id);
  g_autoptr (S3dOp) again = abort_op (fixture, id);
  g_autoptr (S3dOp) part = part_op (fixture, "file", id, 3, "x");

  fixture_run_ok (fixture, op);
  fixture_assert_names (fixture, "");
  fixture_run_ok (fixture, again);
  fixture_run_bad (fixture, part, S3DLIO_ERROR_NOT_FOUND, id);
}

/* What a killed process leaves is found by its name, and nothing else is taken for it. */
static void
test_left_behind (Fixture *fixture, gconstpointer data)
{
  const char *left = ".s3dlio-0123456789abcdef";
  const char *others[] = { "file", ".s3dlio-0123456789abcdeX", ".s3dlio-0123456789abcdef0", ".s3dlio-notes", "dir/x" };
  g_autoptr (S3dOp) list = fixture_op (fixture, S3D_OP_UPLOAD_LIST, "");
  g_autofree char *path = g_strconcat ("dir/", left, NULL);
  g_autofree char *uri = NULL;
  g_autofree char *gone = NULL;
  g_autoptr (S3dlioUri) place = fixture_uri (fixture, path);
  S3dCursor cursor = { NULL };

  fixture_make (fixture, path, "left");
  fixture_make_link (fixture, "/", "link");
  fixture_make_link (fixture, "file", left);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    fixture_make (fixture, others[i], "of the user");

  list->cursor = &cursor;
  list->recursive = TRUE;
  list->no_follow = TRUE;
  fixture_run_ok (fixture, list);
  g_assert_true (cursor.at_end);
  g_assert_cmpuint (list->items->len, ==, 1);
  uri = s3dlio_uri_to_string (place);
  g_assert_cmpstr (s3dlio_object_info_get_uri (list->items->pdata[0]), ==, uri);
  g_assert_cmpstr (s3dlio_object_info_get_attribute (list->items->pdata[0], "upload-id"), ==, left);
  g_assert_cmpint (s3dlio_object_info_get_object_type (list->items->pdata[0]), ==, S3DLIO_OBJECT_TYPE_UPLOAD);

  for (guint i = 0; i < 2; i++) /* the second time it is gone */
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_ABORT, path);

      op->upload_id = g_strdup (left);
      fixture_run_ok (fixture, op);
    }
  gone = fixture_path (fixture, path);
  g_assert_false (g_file_test (gone, G_FILE_TEST_EXISTS));

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_ABORT, others[i]);

      op->upload_id = g_path_get_basename (others[i]);
      fixture_run_ok (fixture, op);
      fixture_assert_text (fixture, others[i], "of the user");
    }
}

static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  g_autofree char *one = put_part (fixture, id, 1, "one,");

  g_clear_pointer (&fixture->store, s3d_store_unref);
  /* The worker that ran the part may be the last to let go of the store. */
  while (!fixture_is_empty (fixture))
    g_thread_yield ();
}

static void
test_if_match (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  g_autofree char *one = put_part (fixture, id, 1, "new");
  g_autoptr (S3dOp) stale = complete_op (fixture, id, g_strdup (one), NULL);
  g_autoptr (S3dOp) good = complete_op (fixture, id, g_strdup (one), NULL);

  fixture_make (fixture, "file", "old");
  stale->if_match = g_strdup ("stale");
  good->if_match = fixture_etag (fixture, "file");
  fixture_run_bad (fixture, stale, S3DLIO_ERROR_PRECONDITION, "/file ");
  fixture_assert_text (fixture, "file", "old");
  fixture_run_ok (fixture, good);
  fixture_assert_text (fixture, "file", "new");
}

static void
test_clobber (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *one = put_part (fixture, id, 1, "new");
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, NULL);
  g_autoptr (S3dOp) abort = abort_op (fixture, id);

  fixture_make (fixture, "file", "old");
  op->no_clobber = TRUE;
  fixture_run_bad (fixture, op, S3DLIO_ERROR_EXISTS, "/file ");
  fixture_run_ok (fixture, abort);
  fixture_assert_text (fixture, "file", "old");
  fixture_assert_names (fixture, "file");
}

static void
test_no_clobber_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = begin (fixture, "file");
  char *one = put_part (fixture, id, 1, "new");
  g_autoptr (S3dOp) op = complete_op (fixture, id, one, NULL);

  op->no_clobber = TRUE;
  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "new");
  fixture_assert_names (fixture, "file");
}

static void
test_no_clobber_of_what_has_gone (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *path = fixture_path (fixture, "file");
  g_autoptr (S3dOp) op = NULL;

  fixture_make (fixture, "file", "old");
  id = begin (fixture, "file");
  op = complete_op (fixture, id, put_part (fixture, id, 1, "new"), NULL);
  op->no_clobber = TRUE;
  g_assert_no_errno (g_unlink (path));
  fixture_run_ok (fixture, op);
  fixture_assert_text (fixture, "file", "new");
}

static void
test_fifo (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_UPLOAD_BEGIN, "fifo");
  g_autofree char *path = fixture_path (fixture, "fifo");

  g_assert_no_errno (mkfifo (path, 0600));
  fixture_run_bad (fixture, op, S3DLIO_ERROR_UNSUPPORTED, "in order");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  fixture_add ("/file/upload/parts-in-order", test_in_order);
  fixture_add ("/file/upload/parts-out-of-order", test_out_of_order);
  fixture_add ("/file/upload/part-sent-again-replaces", test_again);
  fixture_add ("/file/upload/only-parts-asked-for-count", test_fewer);
  fixture_add ("/file/upload/parts-at-once", test_at_once);
  fixture_add ("/file/upload/missing-part-publishes-nothing", test_incomplete);
  fixture_add ("/file/upload/abort-leaves-nothing", test_abort);
  fixture_add_named ("/file/upload/abort-leaves-nothing-without-o-tmpfile", test_abort);
  fixture_add ("/file/upload/left-behind-is-listed-and-removed", test_left_behind);
  fixture_add ("/file/upload/dropped-store-leaves-nothing", test_dropped);
  fixture_add_named ("/file/upload/dropped-store-leaves-nothing-without-o-tmpfile", test_dropped);
  fixture_add ("/file/upload/if-match-at-the-end", test_if_match);
  fixture_add ("/file/upload/what-appeared-meanwhile-is-not-clobbered", test_clobber);
  fixture_add_named ("/file/upload/what-appeared-meanwhile-is-not-clobbered-without-o-tmpfile", test_clobber);
  fixture_add ("/file/upload/no-clobber-at-the-end", test_no_clobber_at_the_end);
  fixture_add_named ("/file/upload/no-clobber-at-the-end-without-o-tmpfile", test_no_clobber_at_the_end);
  fixture_add ("/file/upload/no-clobber-of-what-has-gone-meanwhile", test_no_clobber_of_what_has_gone);
  fixture_add ("/file/upload/fifo-is-refused", test_fifo);

  return g_test_run ();
}

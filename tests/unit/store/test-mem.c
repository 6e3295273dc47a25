/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mem:// keeps the promises of the store contract: what it says here, every backend says. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-pool.h"
#include "store/store.h"

#include <string.h>

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean ended;
  gboolean ours;
} Wait;

typedef struct
{
  S3dSettings *settings;
  S3dStore *store;
} Fixture;

static void
wake (S3dOp *op, gpointer data)
{
  Wait *wait = data;

  g_mutex_lock (&wait->lock);
  wait->ended = TRUE;
  wait->ours = s3d_thread_is_ours ();
  g_cond_signal (&wait->cond);
  g_mutex_unlock (&wait->lock);
}

/* Runs @op (taken back as it is) and waits. */
static S3dOp *
run (Fixture *fixture, S3dOp *op)
{
  Wait wait = { .ended = FALSE };
  g_autoptr (GError) error = NULL;

  op->done = wake;
  op->done_data = &wait;
  g_assert_true (s3d_store_start (fixture->store, op, &error));
  g_assert_no_error (error);

  g_mutex_lock (&wait.lock);
  while (!wait.ended)
    g_cond_wait (&wait.cond, &wait.lock);
  g_mutex_unlock (&wait.lock);
  g_assert_true (wait.ours);

  return op;
}

static S3dOp *
op_new (S3dOpKind kind, const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioUri) target = s3dlio_uri_parse (uri, &error);

  g_assert_no_error (error);

  return s3d_op_new (kind, target, NULL, NULL);
}

static void
expect (S3dOp *op, S3dlioError code)
{
  g_assert_error (op->error, S3DLIO_ERROR, (int) code);
  s3d_op_unref (op);
}

static S3dOp *
good (S3dOp *op)
{
  g_assert_no_error (op->error);

  return op;
}

static S3dOp *
write_op (const char *uri, const char *text)
{
  S3dOp *op = op_new (S3D_OP_WRITE, uri);

  op->source = s3d_source_new_memory (text, strlen (text));

  return op;
}

static char *
put (Fixture *fixture, const char *uri, const char *text)
{
  g_autoptr (S3dOp) op = good (run (fixture, write_op (uri, text)));

  return g_strdup (s3dlio_object_info_get_etag (op->info));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("mem://box/", &error);

  g_assert_no_error (error);
  fixture->settings = s3d_settings_new (config, &error);
  g_assert_no_error (error);
  fixture->store = s3d_mem_store_open (uri, fixture->settings, &error);
  g_assert_no_error (error);
  s3d_op_unref (good (run (fixture, op_new (S3D_OP_CONTAINER_CREATE, "mem://box/"))));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  S3dCursor cursor = { NULL };
  g_autoptr (S3dOp) list = op_new (S3D_OP_LIST, "mem://box/");

  list->recursive = TRUE;
  list->cursor = &cursor;
  good (run (fixture, list));
  for (guint i = 0; i < list->items->len; i++)
    {
      const char *uri = s3dlio_object_info_get_uri (g_ptr_array_index (list->items, i));

      s3d_op_unref (good (run (fixture, op_new (S3D_OP_DELETE, uri))));
    }
  s3d_cursor_clear (&cursor);
  s3d_op_unref (good (run (fixture, op_new (S3D_OP_CONTAINER_DELETE, "mem://box/"))));
  s3d_store_unref (fixture->store);
  s3d_settings_unref (fixture->settings);
}

static gboolean
set_sink (S3dOp *op, gpointer data, GError **error)
{
  op->sink = data;

  return TRUE;
}

/* "total offset: bytes" of a read, or the name of its error. */
static char *
read_text (Fixture *fixture, const char *uri, gint64 offset, gint64 length, const char *if_match)
{
  g_autoptr (S3dOp) op = op_new (S3D_OP_READ, uri);
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (1 << 20);
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const char *text;

  op->offset = offset;
  op->length = length;
  op->if_match = g_strdup (if_match);
  op->ready = set_sink;
  op->ready_data = sink;
  run (fixture, op);
  if (op->error)
    return g_strdup_printf ("%s total %" G_GINT64_FORMAT, s3dlio_error_code_to_string ((S3dlioError) op->error->code),
                            op->total);

  bytes = s3d_sink_steal_bytes (sink);
  text = g_bytes_get_data (bytes, &size);
  g_assert_cmpint (op->range_length, ==, (gint64) size);
  g_assert_cmpuint (op->facts.attempts, ==, 1);

  return g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT ": %.*s", op->total, op->range_offset, (int) size,
                          text);
}

static void
assert_read (Fixture *fixture, gint64 offset, gint64 length, const char *expected)
{
  g_autofree char *got = read_text (fixture, "mem://box/k", offset, length, NULL);

  g_assert_cmpstr (got, ==, expected);
}

static void
test_ranges (Fixture *fixture, gconstpointer data)
{
  g_autofree char *etag = put (fixture, "mem://box/k", "0123456789");
  g_autofree char *empty = put (fixture, "mem://box/empty", "");
  g_autofree char *got = NULL;
  const char *behind = s3dlio_error_code_to_string (S3DLIO_ERROR_RANGE);
  g_autofree char *refused = g_strdup_printf ("%s total 10", behind);
  g_autofree char *refused_empty = g_strdup_printf ("%s total 0", behind);

  assert_read (fixture, 0, -1, "10 0: 0123456789");
  assert_read (fixture, 3, 4, "10 3: 3456");
  assert_read (fixture, 8, 100, "10 8: 89");
  assert_read (fixture, 8, -1, "10 8: 89");
  assert_read (fixture, 10, 1, refused);
  assert_read (fixture, 11, -1, refused);

  got = read_text (fixture, "mem://box/empty", 0, -1, NULL);
  g_assert_cmpstr (got, ==, "0 0: ");
  g_free (got);
  got = read_text (fixture, "mem://box/empty", 0, 5, NULL);
  g_assert_cmpstr (got, ==, refused_empty);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  expect (run (fixture, op_new (S3D_OP_READ, "mem://box/none")), S3DLIO_ERROR_NOT_FOUND);
  expect (run (fixture, op_new (S3D_OP_STAT, "mem://box/none")), S3DLIO_ERROR_NOT_FOUND);
  expect (run (fixture, write_op ("mem://nobox/k", "x")), S3DLIO_ERROR_NOT_FOUND);
  s3d_op_unref (good (run (fixture, op_new (S3D_OP_DELETE, "mem://box/none"))));
}

static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first = put (fixture, "mem://box/k", "one");
  g_autofree char *second = put (fixture, "mem://box/k", "two");
  g_autofree char *got = read_text (fixture, "mem://box/k", 0, -1, second);
  S3dOp *op;

  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (got, ==, "3 0: two");
  g_free (got);
  got = read_text (fixture, "mem://box/k", 0, -1, first);
  g_assert_true (g_str_has_prefix (got, s3dlio_error_code_to_string (S3DLIO_ERROR_PRECONDITION)));

  op = write_op ("mem://box/k", "three");
  op->no_clobber = TRUE;
  expect (run (fixture, op), S3DLIO_ERROR_EXISTS);

  op = write_op ("mem://box/k", "three");
  op->if_match = g_strdup (first);
  expect (run (fixture, op), S3DLIO_ERROR_PRECONDITION);

  op = write_op ("mem://box/new", "three");
  op->if_match = g_strdup (first);
  expect (run (fixture, op), S3DLIO_ERROR_NOT_FOUND);

  op = write_op ("mem://box/k", "three");
  op->if_match = g_strdup (second);
  s3d_op_unref (good (run (fixture, op)));
}

static void
test_attributes (Fixture *fixture, gconstpointer data)
{
  S3dOp *op = write_op ("mem://box/k", "text");
  g_autoptr (S3dlioUri) from = s3dlio_uri_ref (op->target);
  S3dlioObjectInfo *info;
  g_auto (GStrv) names = NULL;

  op->attributes = s3d_attributes_new ();
  op->attributes->content_type = g_strdup ("text/plain");
  op->attributes->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (op->attributes->metadata, g_strdup ("Colour"), g_strdup ("Blue"));
  s3d_op_unref (good (run (fixture, op)));

  op = op_new (S3D_OP_COPY, "mem://box/copy");
  op->from = s3dlio_uri_ref (from);
  s3d_op_unref (good (run (fixture, op)));

  op = good (run (fixture, op_new (S3D_OP_STAT, "mem://box/copy")));
  info = op->info;
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, 4);
  g_assert_cmpint (s3dlio_object_info_get_mtime (info), >, 0);
  g_assert_cmpstr (s3dlio_object_info_get_uri (info), ==, "mem://box/copy");
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "content-type"), ==, "text/plain");
  g_assert_null (s3dlio_object_info_get_attribute (info, "cache-control"));
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "COLOUR"), ==, "Blue");
  g_assert_null (s3dlio_object_info_get_metadata (info, "size"));
  names = s3dlio_object_info_list_metadata (info);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  g_assert_cmpstr (names[0], ==, "colour");
  s3d_op_unref (op);
}

/* All pages of a list, each entry with a blank behind, each page with a bar. */
static char *
list_text (Fixture *fixture, const char *uri, gboolean recursive, guint page_size)
{
  S3dCursor cursor = { NULL };
  GString *text = g_string_new (NULL);

  while (!cursor.at_end)
    {
      g_autoptr (S3dOp) op = op_new (S3D_OP_LIST, uri);

      op->recursive = recursive;
      op->page_size = page_size;
      op->cursor = &cursor;
      good (run (fixture, op));
      for (guint i = 0; i < op->items->len; i++)
        {
          S3dlioObjectInfo *info = g_ptr_array_index (op->items, i);
          const char *mark = s3dlio_object_info_get_object_type (info) == S3DLIO_OBJECT_TYPE_PREFIX ? "+" : "";

          g_string_append_printf (text, "%s%s ", s3dlio_object_info_get_uri (info) + strlen ("mem://box/"), mark);
        }
      g_string_append_c (text, '|');
    }
  s3d_cursor_clear (&cursor);

  return g_string_free (text, FALSE);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  const char *const keys[] = { "foo/b/x", "foo/a", "foobar", "foo0", "\xc3\xa9", "Z", "foo/b/y", "foo/", "a b%20?#" };
  const struct
  {
    const char *uri;
    gboolean recursive;
    guint page_size;
    const char *expected;
  } cases[] = {
    { "mem://box/", TRUE, 0, "Z a b%20?# foo/ foo/a foo/b/x foo/b/y foo0 foobar \xc3\xa9 |" },
    { "mem://box/", TRUE, 4, "Z a b%20?# foo/ foo/a |foo/b/x foo/b/y foo0 foobar |\xc3\xa9 |" },
    { "mem://box/", FALSE, 0, "Z a b%20?# foo/+ foo0 foobar \xc3\xa9 |" },
    { "mem://box/", FALSE, 1, "Z |a b%20?# |foo/+ |foo0 |foobar |\xc3\xa9 |" },
    { "mem://box/foo", FALSE, 2, "foo/+ foo0 |foobar |" },
    { "mem://box/foo/", FALSE, 2, "foo/ foo/a |foo/b/+ |" },
    { "mem://box/foo/", TRUE, 0, "foo/ foo/a foo/b/x foo/b/y |" },
    { "mem://box/none", TRUE, 0, "|" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *uri = g_strconcat ("mem://box/", keys[i], NULL);
      g_autofree char *etag = put (fixture, uri, "x");
    }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = list_text (fixture, cases[i].uri, cases[i].recursive, cases[i].page_size);

      g_assert_cmpstr (got, ==, cases[i].expected);
    }
}

static S3dOp *
upload_op (S3dOpKind kind, const char *id)
{
  S3dOp *op = op_new (kind, "mem://box/big");

  op->upload_id = g_strdup (id);

  return op;
}

static char *
upload_part (Fixture *fixture, const char *id, guint number, const char *text)
{
  g_autoptr (S3dOp) op = upload_op (S3D_OP_UPLOAD_PART, id);

  op->part_number = number;
  op->source = s3d_source_new_memory (text, strlen (text));
  good (run (fixture, op));

  return g_strdup (op->etag);
}

static S3dOp *
complete_op (const char *id, char *first, char *second)
{
  S3dOp *op = upload_op (S3D_OP_UPLOAD_COMPLETE, id);

  op->part_etags = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (op->part_etags, g_strdup (first));
  g_ptr_array_add (op->part_etags, g_strdup (second));

  return op;
}

static void
test_upload (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL, *first = NULL, *second = NULL, *small = NULL, *got = NULL;
  S3dOp *op;

  s3d_mem_store_set_part_limits (fixture->store, 4, 100);
  op = good (run (fixture, upload_op (S3D_OP_UPLOAD_BEGIN, NULL)));
  id = g_strdup (op->upload_id);
  s3d_op_unref (op);
  g_assert_nonnull (id);

  second = upload_part (fixture, id, 2, "cd");
  small = upload_part (fixture, id, 1, "a");
  expect (run (fixture, complete_op (id, small, second)), S3DLIO_ERROR_INVALID);
  first = upload_part (fixture, id, 1, "abab");
  expect (run (fixture, complete_op (id, small, second)), S3DLIO_ERROR_INTEGRITY);
  expect (run (fixture, op_new (S3D_OP_STAT, "mem://box/big")), S3DLIO_ERROR_NOT_FOUND);

  op = good (run (fixture, complete_op (id, first, second)));
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_etag (op->info), "-2"));
  s3d_op_unref (op);
  got = read_text (fixture, "mem://box/big", 0, -1, NULL);
  g_assert_cmpstr (got, ==, "6 0: ababcd");

  expect (run (fixture, complete_op (id, first, second)), S3DLIO_ERROR_NOT_FOUND);
  s3d_op_unref (good (run (fixture, upload_op (S3D_OP_UPLOAD_ABORT, id)))); /* is gone */
}

static void
test_upload_abort (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = good (run (fixture, upload_op (S3D_OP_UPLOAD_BEGIN, NULL)));
  g_autofree char *etag = upload_part (fixture, op->upload_id, 1, "x");

  s3d_op_unref (good (run (fixture, upload_op (S3D_OP_UPLOAD_ABORT, op->upload_id))));
  expect (run (fixture, complete_op (op->upload_id, etag, etag)), S3DLIO_ERROR_NOT_FOUND);
}

static void
test_upload_list (Fixture *fixture, gconstpointer data)
{
  const char *keys[] = { "a", "a", "b", "c" };
  g_autoptr (GString) ids = g_string_new (NULL);
  g_autoptr (GString) listed = g_string_new (NULL);
  S3dCursor cursor = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *uri = g_strconcat ("mem://box/many/", keys[i], NULL);
      g_autoptr (S3dOp) op = good (run (fixture, op_new (S3D_OP_UPLOAD_BEGIN, uri)));

      g_string_append_printf (ids, "%s=%s ", uri, op->upload_id);
    }

  while (!cursor.at_end)
    {
      g_autoptr (S3dOp) op = op_new (S3D_OP_UPLOAD_LIST, "mem://box/many/");

      op->cursor = &cursor;
      op->page_size = 1;
      good (run (fixture, op));
      g_assert_cmpuint (op->items->len, ==, 1);
      g_string_append_printf (listed, "%s=%s ", s3dlio_object_info_get_uri (op->items->pdata[0]),
                              s3dlio_object_info_get_attribute (op->items->pdata[0], "upload-id"));
    }
  g_assert_cmpstr (listed->str, ==, ids->str);
  s3d_cursor_clear (&cursor);
}

static void
test_containers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *etag = put (fixture, "mem://box/k", "x");
  g_autoptr (S3dOp) list = op_new (S3D_OP_CONTAINER_LIST, "mem://box/");
  S3dCursor cursor = { NULL };

  expect (run (fixture, op_new (S3D_OP_CONTAINER_CREATE, "mem://box/")), S3DLIO_ERROR_EXISTS);
  expect (run (fixture, op_new (S3D_OP_CONTAINER_DELETE, "mem://box/")), S3DLIO_ERROR_PRECONDITION);
  expect (run (fixture, op_new (S3D_OP_CONTAINER_DELETE, "mem://nobox/")), S3DLIO_ERROR_NOT_FOUND);

  list->cursor = &cursor;
  good (run (fixture, list));
  g_assert_true (cursor.at_end);
  g_assert_cmpuint (list->items->len, ==, 1);
  g_assert_true (g_str_has_prefix (s3dlio_object_info_get_uri (g_ptr_array_index (list->items, 0)), "mem://box"));
}

static void
test_cancel_before (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = op_new (S3D_OP_STAT, "mem://box/k");
  g_autoptr (GError) error = NULL;

  s3d_op_cancel (op);
  g_assert_false (s3d_store_start (fixture->store, op, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
count_cancel (S3dOp *op, gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

static void
test_cancel_function (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) early = op_new (S3D_OP_STAT, "mem://box/k");
  g_autoptr (S3dOp) late = op_new (S3D_OP_STAT, "mem://box/k");
  int calls = 0;

  s3d_op_set_cancel (early, count_cancel, &calls);
  s3d_op_cancel (early);
  s3d_op_cancel (early);
  g_assert_cmpint (calls, ==, 1);

  s3d_op_cancel (late);
  s3d_op_set_cancel (late, count_cancel, &calls);
  g_assert_cmpint (calls, ==, 2);
}

static void
test_info_plain (void)
{
  g_autoptr (S3dlioObjectInfo) info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, "s3://b/k", 5, -1, NULL);
  g_auto (GStrv) names = s3dlio_object_info_list_metadata (info);

  g_assert_null (s3dlio_object_info_get_etag (info));
  g_assert_cmpint (s3dlio_object_info_get_mtime (info), ==, -1);
  g_assert_cmpuint (g_strv_length (names), ==, 0);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/store/mem/ranges-are-clamped-and-refused-with-the-size", test_ranges);
  ADD ("/store/mem/what-is-missing-is-not-found-but-deleted", test_missing);
  ADD ("/store/mem/conditions-hold", test_conditions);
  ADD ("/store/mem/attributes-and-metadata-stay-with-copies", test_attributes);
  ADD ("/store/mem/list-is-in-byte-order-by-pages", test_list);
  ADD ("/store/mem/upload-appears-whole-when-completed", test_upload);
  ADD ("/store/mem/aborted-upload-is-gone", test_upload_abort);
  ADD ("/store/mem/uploads-are-listed-page-by-page", test_upload_list);
  ADD ("/store/mem/containers-are-made-and-emptied-first", test_containers);
  ADD ("/store/op/cancelled-before-start-does-not-start", test_cancel_before);
  ADD ("/store/op/cancel-function-runs-once", test_cancel_function);
  g_test_add_func ("/store/info/plain-one-says-what-it-does-not-know", test_info_plain);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a put promises: exact requests, bounded memory, and nothing left behind. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-put.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* One write up to 100 bytes, parts of 40, 4 at once. */
#define SMALL "multipart-threshold=100 concurrent-parts=4 retries=4"
#define SMALL_PART 40

typedef struct
{
  S3dOpKind kind;
  guint nth;
  S3dlioError code;
  gboolean after;
  guint attempts;
} Plan;

static void
break_op (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  const Plan *plan = data;

  if (op->kind != plan->kind || nth != plan->nth)
    return;

  fault->error = g_error_new_literal (S3DLIO_ERROR, (int) plan->code, "broken by the test");
  fault->after = plan->after;
  fault->attempts = plan->attempts;
}

/* A box whose parts are smaller than the configuration allows. */
static Box *
small_box (const char *settings, FaultScript script, gpointer data)
{
  Box *box = box_new (settings, script, data);

  box->settings->part_size = SMALL_PART;

  return box;
}

static S3dSequence *
put_new (Box *box, gsize size, const S3dPutOptions *options)
{
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autoptr (GBytes) bytes = box_pattern (size);
  g_autoptr (S3dSource) source = s3d_source_new_bytes (bytes);

  return s3d_put_new (box->store, box->budget, uri, source, options);
}

static void
assert_stored (Box *box, gsize size)
{
  g_autoptr (GBytes) expected = box_pattern (size);
  g_autoptr (GBytes) got = box_get (box, "k");

  g_assert_nonnull (got);
  g_assert_cmpuint (g_bytes_get_size (got), ==, size);
  g_assert_true (g_bytes_equal (got, expected));
  g_assert_cmpint (fault_store_open_uploads (box->fault), ==, 0);
}

static void
assert_nothing_left (Box *box)
{
  g_autoptr (GBytes) got = box_get (box, "k");

  g_assert_null (got);
  g_assert_cmpint (fault_store_open_uploads (box->fault), ==, 0);
}

static void
assert_good (S3dSequence *put)
{
  g_autoptr (GError) error = NULL;

  s3d_call_run (put, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_fails (S3dSequence *put, S3dlioError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3d_call_run (put, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, (int) code);
}

/* --- requests --- */

static void
test_one_write (void)
{
  const gsize sizes[] = { 0, 1, 100 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
      g_autoptr (S3dSequence) put = put_new (box, sizes[i], NULL);

      assert_good (put);
      assert_stored (box, sizes[i]);
      g_assert_cmpuint (fault_store_total (box->fault), ==, 1);
      g_assert_cmpint (s3dlio_object_info_get_size (s3d_sequence_get_info (put)), ==, (gint64) sizes[i]);
    }
}

static void
test_parts_and_two (void)
{
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);
  guint64 done;
  gint64 total;

  fault_store_gate (box->fault, S3D_OP_UPLOAD_PART, 0, 4);
  assert_good (put);
  assert_stored (box, 401);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_PART), ==, 11);
  g_assert_cmpuint (fault_store_total (box->fault), ==, 13);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_UPLOAD_PART), ==, 4);
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_etag (s3d_sequence_get_info (put)), "-11"));
  s3d_sequence_get_progress (put, &done, &total);
  g_assert_cmpuint (done, ==, 401);
  g_assert_cmpint (total, ==, 401);
}

static void
test_info_tells_the_size (void)
{
  const FaultManners manners = { .tells_nothing = TRUE };
  const gsize sizes[] = { 0, 50, 300 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
      g_autoptr (S3dSequence) put = put_new (box, sizes[i], NULL);

      fault_store_set_manners (box->fault, &manners);
      assert_good (put);
      g_assert_cmpint (s3dlio_object_info_get_size (s3d_sequence_get_info (put)), ==, (gint64) sizes[i]);
    }
}

static void
test_too_large_for_one_write (void)
{
  const FaultManners manners = { .max_write = 50 };
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) put = NULL;

  fault_store_set_manners (box->fault, &manners);
  put = put_new (box, 90, NULL);
  assert_good (put);
  assert_stored (box, 90);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_PART), ==, 3);
}

static void
test_file (void)
{
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (GBytes) bytes = box_pattern (300);
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("s3dlio-XXXXXX", &path, NULL);
  g_autoptr (S3dSource) whole = s3d_source_new_file (fd, 0, 300);
  g_autoptr (S3dSource) longer = s3d_source_new_file (fd, 0, 301);
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autoptr (S3dSequence) good = s3d_put_new (box->store, box->budget, uri, whole, NULL);
  g_autoptr (S3dSequence) bad = s3d_put_new (box->store, box->budget, uri, longer, NULL);

  g_assert_cmpint (write (fd, g_bytes_get_data (bytes, NULL), 300), ==, 300);
  assert_good (good);
  assert_stored (box, 300);

  box_delete (box, "k");
  assert_fails (bad, S3DLIO_ERROR_INTEGRITY);
  assert_nothing_left (box);
  close (fd);
  g_unlink (path);
}

static void
test_options (void)
{
  S3dAttributes attributes = { .content_type = (char *) "text/plain" };
  const S3dPutOptions fresh = { .no_clobber = TRUE, .attributes = &attributes };
  const S3dPutOptions other = { .if_match = "0123" };
  const gsize sizes[] = { 50, 300 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
      g_autoptr (S3dSequence) first = put_new (box, sizes[i], &fresh);
      g_autoptr (S3dSequence) again = put_new (box, sizes[i] + 1, &fresh);
      g_autoptr (S3dSequence) stale = put_new (box, sizes[i] + 1, &other);
      g_autoptr (S3dlioUri) uri = box_uri ("k");
      g_autoptr (S3dOp) stat = s3d_op_new (S3D_OP_STAT, uri, NULL, NULL);

      assert_good (first);
      box_run (box, stat);
      g_assert_cmpstr (s3dlio_object_info_get_attribute (stat->info, "content-type"), ==, "text/plain");
      assert_fails (again, S3DLIO_ERROR_EXISTS);
      assert_fails (stale, S3DLIO_ERROR_PRECONDITION);
      assert_stored (box, sizes[i]);
    }
}

static void
write_another (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  if (op->kind == S3D_OP_UPLOAD_PART && nth == 0)
    box_put (*(Box **) data, "k", 7);
}

/* Not every service looks at the condition when the upload is completed. */
static void
test_overtaken (void)
{
  const S3dPutOptions conditions[] = { { .no_clobber = TRUE }, { .if_match = "*" }, { .if_match = NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (conditions); i++)
    {
      Box *mine = NULL;
      g_autoptr (Box) box = mine = small_box (SMALL, write_another, &mine);
      g_autoptr (S3dlioUri) uri = box_uri ("k");
      g_autoptr (S3dOp) stat = s3d_op_new (S3D_OP_STAT, uri, NULL, NULL);
      g_autoptr (S3dSequence) put = NULL;
      S3dPutOptions options = conditions[i];
      gboolean any = options.if_match != NULL;

      if (!options.no_clobber)
        {
          box_put (box, "k", 5);
          box_run (box, stat);
        }
      if (!options.no_clobber && !any)
        options.if_match = s3dlio_object_info_get_etag (stat->info);
      put = put_new (box, 401, &options);
      if (any)
        assert_good (put);
      else
        assert_fails (put, options.no_clobber ? S3DLIO_ERROR_EXISTS : S3DLIO_ERROR_PRECONDITION);

      assert_stored (box, any ? 401 : 7);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_STAT), ==, 2);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_COMPLETE), ==, any ? 1 : 0);
    }
}

/* --- what breaks --- */

static void
test_failure_aborts (void)
{
  const Plan plans[] = {
    { .kind = S3D_OP_UPLOAD_PART, .nth = 0, .code = S3DLIO_ERROR_DENIED },
    { .kind = S3D_OP_UPLOAD_PART, .nth = 5, .code = S3DLIO_ERROR_UNAVAILABLE },
    { .kind = S3D_OP_UPLOAD_COMPLETE, .nth = 0, .code = S3DLIO_ERROR_INTEGRITY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, break_op, (gpointer) &plans[i]);
      g_autoptr (S3dSequence) put = put_new (box, 401, NULL);

      assert_fails (put, plans[i].code);
      assert_nothing_left (box);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_ABORT), ==, 1);
    }
}

static void
test_failed_begin (void)
{
  Plan plan = { .kind = S3D_OP_UPLOAD_BEGIN, .code = S3DLIO_ERROR_DENIED };
  g_autoptr (Box) box = small_box (SMALL, break_op, &plan);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);

  assert_fails (put, S3DLIO_ERROR_DENIED);
  g_assert_cmpuint (fault_store_total (box->fault), ==, 1);
}

static void
test_failed_abort (void)
{
  Plan plan = { .kind = S3D_OP_UPLOAD_ABORT, .code = S3DLIO_ERROR_NETWORK };
  const S3dPutOptions fresh = { .no_clobber = TRUE };
  g_autoptr (Box) box = small_box (SMALL, break_op, &plan);
  g_autoptr (S3dSequence) put = put_new (box, 401, &fresh);

  box_put (box, "k", 1);
  assert_fails (put, S3DLIO_ERROR_EXISTS);
}

static void
test_lost_complete (void)
{
  Plan plan = { .kind = S3D_OP_UPLOAD_COMPLETE, .code = S3DLIO_ERROR_NOT_FOUND, .after = TRUE, .attempts = 2 };
  g_autoptr (Box) box = small_box (SMALL, break_op, &plan);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);

  assert_good (put);
  assert_stored (box, 401);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_STAT), ==, 1);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_ABORT), ==, 0);
  g_assert_nonnull (s3d_sequence_get_info (put));
}

static void
test_lost_upload (void)
{
  const gsize before[] = { 0, 400, 401 };

  for (guint i = 0; i < G_N_ELEMENTS (before); i++)
    {
      Plan plan = { .kind = S3D_OP_UPLOAD_COMPLETE, .code = S3DLIO_ERROR_NOT_FOUND, .attempts = 2 };
      g_autoptr (Box) box = small_box (SMALL, break_op, &plan);
      g_autoptr (S3dSequence) put = put_new (box, 401, NULL);

      if (before[i] == 401)
        {
          g_autoptr (S3dSequence) other = put_new (box, 401, NULL);

          box->settings->part_size = 41;
          plan.nth = 1;
          assert_good (other);
          box->settings->part_size = SMALL_PART;
        }
      else if (before[i] > 0)
        box_put (box, "k", before[i]);
      assert_fails (put, S3DLIO_ERROR_NOT_FOUND);
      g_assert_cmpint (fault_store_open_uploads (box->fault), ==, 0);
    }
}

/* --- cancellation --- */

typedef struct
{
  Box *box;
  GCancellable *cancellable;
  guint n;
  gboolean open;
} Canceller;

static gpointer
cancel_when_held (gpointer data)
{
  Canceller *canceller = data;

  fault_store_wait_held (canceller->box->fault, canceller->n);
  g_cancellable_cancel (canceller->cancellable);
  if (canceller->open)
    fault_store_open_gate (canceller->box->fault);

  return NULL;
}

static void
cancel_at (S3dOpKind kind, guint n, gboolean open)
{
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { .box = box, .cancellable = cancellable, .n = n, .open = open };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  fault_store_gate (box->fault, kind, 0, 0);
  thread = g_thread_new ("cancel", cancel_when_held, &canceller);
  g_assert_false (s3d_call_run (put, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  assert_nothing_left (box);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_ABORT), ==, 1);
}

static void
test_cancel_parts (void)
{
  cancel_at (S3D_OP_UPLOAD_PART, 4, FALSE);
}

static void
test_cancel_complete (void)
{
  cancel_at (S3D_OP_UPLOAD_COMPLETE, 1, FALSE);
}

static void
test_cancel_begin (void)
{
  cancel_at (S3D_OP_UPLOAD_BEGIN, 1, TRUE);
}

static void
cancel_late (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  if (op->kind == S3D_OP_UPLOAD_COMPLETE)
    op->shielded = TRUE; /* as if its answer had been on its way */
}

static void
test_cancel_too_late (void)
{
  g_autoptr (Box) box = small_box (SMALL, cancel_late, NULL);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { .box = box, .cancellable = cancellable, .n = 1, .open = TRUE };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  fault_store_gate (box->fault, S3D_OP_UPLOAD_COMPLETE, 0, 0);
  thread = g_thread_new ("cancel", cancel_when_held, &canceller);
  g_assert_true (s3d_call_run (put, cancellable, NULL, NULL, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
  assert_stored (box, 401);
}

/* --- verification --- */

static void
test_verified (void)
{
  const gsize sizes[] = { 0, 100, 401 };
  const guint requests[] = { 2, 2, 14 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = small_box (SMALL " verify=yes", NULL, NULL);
      g_autoptr (S3dSequence) put = put_new (box, sizes[i], NULL);

      assert_good (put);
      assert_stored (box, sizes[i]);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_STAT), ==, 1);
      g_assert_cmpuint (fault_store_total (box->fault), ==, requests[i]);
    }
}

typedef struct
{
  Box *box;
  gsize size;
} Replacement;

/* While the put looks at what it wrote, something else is there. */
static gpointer
replace_when_held (gpointer data)
{
  const Replacement *replacement = data;

  fault_store_wait_held (replacement->box->fault, 1);
  if (replacement->size > 0)
    box_put (replacement->box, "k", replacement->size);
  else
    box_delete (replacement->box, "k");
  fault_store_open_gate (replacement->box->fault);

  return NULL;
}

static void
assert_found_out (gsize size, gsize replaced, S3dlioError code, const char *words)
{
  g_autoptr (Box) box = small_box (SMALL " verify=yes", NULL, NULL);
  g_autoptr (S3dSequence) put = put_new (box, size, NULL);
  Replacement replacement = { box, replaced };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  fault_store_gate (box->fault, S3D_OP_STAT, 0, 0);
  thread = g_thread_new ("replace", replace_when_held, &replacement);
  g_assert_false (s3d_call_run (put, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
  g_thread_join (thread);
  g_assert_cmpint (fault_store_open_uploads (box->fault), ==, 0);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_ABORT), ==, 0);
}

static void
test_unlike (void)
{
  assert_found_out (100, 99, S3DLIO_ERROR_INTEGRITY, "100 bytes were written, but it has 99");
  assert_found_out (401, 400, S3DLIO_ERROR_INTEGRITY, "401 bytes were written, but it has 400");
  assert_found_out (401, 401, S3DLIO_ERROR_INTEGRITY, "it was written with the ETag");
  assert_found_out (100, 0, S3DLIO_ERROR_NOT_FOUND, "it was written, but cannot be verified");
}

/* What a finished write does not do, one that is not yet verified does. */
static void
test_cancel_verification (void)
{
  g_autoptr (Box) box = small_box (SMALL " verify=yes", NULL, NULL);
  g_autoptr (S3dSequence) put = put_new (box, 401, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { .box = box, .cancellable = cancellable, .n = 1 };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  fault_store_gate (box->fault, S3D_OP_STAT, 0, 0);
  thread = g_thread_new ("cancel", cancel_when_held, &canceller);
  g_assert_false (s3d_call_run (put, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  assert_stored (box, 401);
}

/* --- streams --- */

typedef struct
{
  GBytes *bytes;
  gsize at;
  gsize most;   /* in one read */
  gsize fails;  /* at this offset; 0: never */
  gboolean blocks;
  guint destroyed;
} Stream;

static void
stream_destroy (gpointer data)
{
  ((Stream *) data)->destroyed++;
}

static void
wait_for_cancel (GCancellable *cancellable)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (cancellable);
}

static gssize
stream_read (gpointer data, gpointer buffer, gsize size, GCancellable *cancellable, GError **error)
{
  Stream *stream = data;
  gsize all;
  const guint8 *bytes = g_bytes_get_data (stream->bytes, &all);
  gsize n = MIN (MIN (size, stream->most), all - stream->at);

  g_assert_true (s3d_thread_is_ours ());
  if (stream->fails > 0 && stream->at >= stream->fails)
    {
      if (stream->blocks)
        wait_for_cancel (cancellable);
      if (!g_cancellable_set_error_if_cancelled (cancellable, error))
        g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the test's stream broke");
      return -1;
    }

  memcpy (buffer, bytes + stream->at, n);
  stream->at += n;

  return (gssize) n;
}

static S3dSequence *
stream_new (Box *box, Stream *stream)
{
  g_autoptr (S3dlioUri) uri = box_uri ("k");

  return s3d_put_new_stream (box->store, box->budget, uri, stream_read, stream, stream_destroy, NULL);
}

static void
test_stream (void)
{
  const struct
  {
    gsize size, most;
    guint ops;
  } cases[] = {
    { 0, 100, 1 },   { 1, 100, 1 },   { 100, 7, 1 },    { 101, 1000, 5 }, { 119, 3, 5 },
    { 120, 1000, 5 }, { 121, 1000, 6 }, { 1000, 1000, 27 }, { 1001, 33, 28 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
      g_autoptr (GBytes) bytes = box_pattern (cases[i].size);
      Stream stream = { .bytes = bytes, .most = cases[i].most };
      g_autoptr (S3dSequence) put = stream_new (box, &stream);

      assert_good (put);
      assert_stored (box, cases[i].size);
      g_assert_cmpuint (fault_store_total (box->fault), ==, cases[i].ops);
      g_assert_cmpuint (stream.destroyed, ==, 1);
    }
}

static void
test_stream_bounded (void)
{
  g_autoptr (Box) box = box_new ("multipart-threshold=1Mi part-size=256Ki concurrent-parts=8 memory-budget=2Mi",
                                 NULL, NULL);
  g_autoptr (GBytes) bytes = box_pattern (20 << 20);
  Stream stream = { .bytes = bytes, .most = G_MAXSIZE };
  g_autoptr (S3dSequence) put = stream_new (box, &stream);

  fault_store_gate (box->fault, S3D_OP_UPLOAD_PART, 0, 4);
  assert_good (put);
  assert_stored (box, 20 << 20);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_UPLOAD_PART), >=, 4);
  g_assert_cmpuint (fault_store_most_bytes (box->fault), <=, 5 << 18);
}

static void
test_stream_grows (void)
{
  g_autoptr (Box) box = small_box (SMALL " memory-budget=1Mi", NULL, NULL);
  const gsize size = 200000;
  g_autoptr (GBytes) bytes = box_pattern (size);
  Stream stream = { .bytes = bytes, .most = G_MAXSIZE };
  g_autoptr (S3dSequence) put = NULL;

  s3d_mem_store_set_part_limits (box->mem, 4, 20);
  fault_store_adopt_limits (box->fault);
  put = stream_new (box, &stream);
  assert_good (put);
  assert_stored (box, size);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_UPLOAD_PART), <=, 20);
}

static void
test_stream_too_long (void)
{
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (GBytes) bytes = box_pattern (2000);
  Stream stream = { .bytes = bytes, .most = G_MAXSIZE };
  g_autoptr (S3dSequence) put = NULL;

  s3d_mem_store_set_part_limits (box->mem, 4, 3);
  fault_store_adopt_limits (box->fault);
  put = stream_new (box, &stream);
  assert_fails (put, S3DLIO_ERROR_UNSUPPORTED);
  assert_nothing_left (box);
}

static void
test_stream_breaks (void)
{
  const gsize places[] = { 1, 101, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
      g_autoptr (GBytes) bytes = box_pattern (1000);
      Stream stream = { .bytes = bytes, .most = 10, .fails = places[i] };
      g_autoptr (S3dSequence) put = stream_new (box, &stream);

      assert_fails (put, S3DLIO_ERROR_FAILED);
      assert_nothing_left (box);
    }
}

static gpointer
cancel_when_parts (gpointer data)
{
  Canceller *canceller = data;

  while (fault_store_count (canceller->box->fault, S3D_OP_UPLOAD_PART) < canceller->n)
    g_thread_yield ();
  g_cancellable_cancel (canceller->cancellable);

  return NULL;
}

static void
test_stream_cancelled (void)
{
  g_autoptr (Box) box = small_box (SMALL, NULL, NULL);
  g_autoptr (GBytes) bytes = box_pattern (1000);
  Stream stream = { .bytes = bytes, .most = 10, .fails = 500, .blocks = TRUE };
  g_autoptr (S3dSequence) put = stream_new (box, &stream);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { .box = box, .cancellable = cancellable, .n = 12 };
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_when_parts, &canceller);

  g_assert_false (s3d_call_run (put, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  assert_nothing_left (box);
}

/* --- arithmetic --- */

#define MIB (G_GUINT64_CONSTANT (1) << 20)
#define TIB (G_GUINT64_CONSTANT (1) << 40)

static const S3dStoreClass s3_limits = {
  .min_part_size = 5 * MIB, .max_part_size = 5120 * MIB, .max_parts = 10000
};

static void
test_part_sizes (void)
{
  const guint64 sizes[] = { 1, 16 * MIB, 10000 * 8 * MIB, 10000 * 8 * MIB + 1, TIB, 5 * TIB };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint64 part = s3d_put_part_size (&s3_limits, 8 * MIB, sizes[i]);

      g_assert_cmpuint (part, >=, 8 * MIB);
      g_assert_cmpuint (part, <=, s3_limits.max_part_size);
      g_assert_cmpuint ((sizes[i] + part - 1) / part, <=, 10000);
    }
  g_assert_cmpuint (s3d_put_part_size (&s3_limits, 8 * MIB, 10000 * 8 * MIB), ==, 8 * MIB);
  g_assert_cmpuint (s3d_put_part_size (&s3_limits, 1, 10 * MIB), ==, 5 * MIB);
}

static void
test_growing_sizes (void)
{
  const guint64 wanted[] = { 1, 8 * MIB, 64 * MIB, 5120 * MIB };

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      guint64 sum = 0, last = 0;

      for (guint part = 1; part <= 10000; part++)
        {
          guint64 size = s3d_put_growing_part_size (&s3_limits, wanted[i], part);

          g_assert_cmpuint (size, >=, MAX (last, 5 * MIB));
          g_assert_cmpuint (size, <=, s3_limits.max_part_size);
          sum += size;
          last = size;
        }
      g_assert_cmpuint (sum, >=, 5 * TIB);
    }
  g_assert_cmpuint (s3d_put_growing_part_size (&s3_limits, 8 * MIB, 256), ==, 8 * MIB);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/put/up-to-the-threshold-is-one-request", test_one_write);
  g_test_add_func ("/engine/put/multipart-is-its-parts-and-two", test_parts_and_two);
  g_test_add_func ("/engine/put/size-is-told-when-the-service-does-not", test_info_tells_the_size);
  g_test_add_func ("/engine/put/what-one-write-cannot-hold-goes-in-parts", test_too_large_for_one_write);
  g_test_add_func ("/engine/put/file-that-is-shorter-than-declared-is-an-error", test_file);
  g_test_add_func ("/engine/put/conditions-and-attributes-hold-either-way", test_options);
  g_test_add_func ("/engine/put/what-is-written-meanwhile-stays", test_overtaken);
  g_test_add_func ("/engine/put/failure-aborts", test_failure_aborts);
  g_test_add_func ("/engine/put/failed-begin-has-nothing-to-abort", test_failed_begin);
  g_test_add_func ("/engine/put/failed-abort-hides-no-error", test_failed_abort);
  g_test_add_func ("/engine/put/lost-answer-to-complete-is-checked", test_lost_complete);
  g_test_add_func ("/engine/put/lost-upload-is-an-error-whatever-was-there", test_lost_upload);
  g_test_add_func ("/engine/put/cancelled-with-every-part-stalled-aborts", test_cancel_parts);
  g_test_add_func ("/engine/put/cancelled-in-complete-aborts", test_cancel_complete);
  g_test_add_func ("/engine/put/cancelled-in-begin-aborts-what-its-answer-names", test_cancel_begin);
  g_test_add_func ("/engine/put/cancelled-too-late-is-a-success", test_cancel_too_late);
  g_test_add_func ("/engine/put/verified-by-one-request-more", test_verified);
  g_test_add_func ("/engine/put/something-else-than-was-written-is-an-error", test_unlike);
  g_test_add_func ("/engine/put/cancelled-while-it-is-verified", test_cancel_verification);
  g_test_add_func ("/engine/put/stream-of-any-length-in-exact-requests", test_stream);
  g_test_add_func ("/engine/put/stream-in-bounded-memory", test_stream_bounded);
  g_test_add_func ("/engine/put/stream-fits-whatever-few-parts-there-are", test_stream_grows);
  g_test_add_func ("/engine/put/stream-longer-than-the-service-takes-is-an-error", test_stream_too_long);
  g_test_add_func ("/engine/put/stream-that-breaks-leaves-nothing", test_stream_breaks);
  g_test_add_func ("/engine/put/cancelled-while-the-stream-blocks", test_stream_cancelled);
  g_test_add_func ("/engine/put/parts-are-few-enough-for-any-size", test_part_sizes);
  g_test_add_func ("/engine/put/growing-parts-hold-5-tib", test_growing_sizes);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the range engine promises of a get, against a store that counts and breaks. Requests are budgets: exact. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-get.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Threshold 100, chunks of 40, 4 at once. */
#define SMALL "range-split-threshold=100 range-chunk-size=40 max-concurrent-ranges=4 retries=4"

typedef struct
{
  S3dSequence *get;
  GBytes *bytes;
  GError *error;
} Result;

static void
result_clear (Result *result)
{
  g_clear_pointer (&result->get, s3d_sequence_unref);
  g_clear_pointer (&result->bytes, g_bytes_unref);
  g_clear_error (&result->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static Result
get_with (Box *box, const char *key, gint64 offset, gint64 length, const char *if_match,
          const S3dGetDestination *destination)
{
  g_autoptr (S3dlioUri) uri = box_uri (key);
  Result result = { NULL };

  result.get = s3d_get_new (box->store, box->budget, uri, offset, length, if_match, destination);
  if (s3d_call_run (result.get, NULL, NULL, NULL, &result.error) && destination->kind == S3D_GET_BYTES)
    result.bytes = s3d_get_steal_bytes (result.get);

  return result;
}

static Result
get (Box *box, const char *key, gint64 offset, gint64 length)
{
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };

  return get_with (box, key, offset, length, NULL, &bytes);
}

static void
assert_bytes (const Result *result, gsize size, gsize offset, gsize length)
{
  g_autoptr (GBytes) all = box_pattern (size);
  g_autoptr (GBytes) expected = g_bytes_new_from_bytes (all, offset, length);

  g_assert_no_error (result->error);
  g_assert_cmpuint (g_bytes_get_size (result->bytes), ==, length);
  g_assert_true (g_bytes_equal (result->bytes, expected));
  g_assert_cmpuint (s3d_get_get_length (result->get), ==, length);
}

static void
assert_reads (Box *box, const char *expected)
{
  g_autofree char *reads = fault_store_reads (box->fault);

  g_assert_cmpstr (reads, ==, expected);
  g_assert_cmpuint (fault_store_total (box->fault), ==, fault_store_count (box->fault, S3D_OP_READ));
}

/* --- requests --- */

static void
test_one_request (void)
{
  const gsize sizes[] = { 1, 40, 99, 100 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      g_auto (Result) result = { NULL };

      box_put (box, "k", sizes[i]);
      result = get (box, "k", 0, -1);
      assert_bytes (&result, sizes[i], 0, sizes[i]);
      assert_reads (box, "0+100");
      g_assert_cmpuint (s3d_get_get_n_ranges (result.get), ==, 1);
    }
}

static void
test_empty (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 0);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 0, 0, 0);
  assert_reads (box, "0+100");
}

static void
test_exact_ranges (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 205);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 205, 0, 205);
  assert_reads (box, "0+100 100+40 140+40 180+25");
  g_assert_cmpuint (s3d_get_get_n_ranges (result.get), ==, 4);
  g_assert_nonnull (s3d_get_get_info (result.get));
  g_assert_cmpint (s3dlio_object_info_get_size (s3d_get_get_info (result.get)), ==, 205);
}

static void
test_switched_off (void)
{
  g_autoptr (Box) box = box_new (SMALL " enable-range-engine=false", NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 1000);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 1000, 0, 1000);
  assert_reads (box, "0+-1");
}

static void
test_switched_off_empty (void)
{
  g_autoptr (Box) box = box_new (SMALL " enable-range-engine=false", NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 0);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 0, 0, 0);
  assert_reads (box, "0+-1");
}

static void
test_at_once (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 2000);
  fault_store_gate (box->fault, S3D_OP_READ, 1, 4);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 2000, 0, 2000);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_READ), ==, 4);
}

static void
test_chunks_grow (gconstpointer data)
{
  const gboolean chosen = GPOINTER_TO_INT (data);
  g_autoptr (Box) box = box_new (chosen ? "max-concurrent-ranges=1 range-chunk-size=8Mi" : "max-concurrent-ranges=1",
                                 NULL, NULL);
  g_auto (Result) result = { NULL };
  const gsize size = (8 << 20) + 8 * (9 << 20);

  box_put (box, "k", size);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, size, 0, size);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, chosen ? 10 : 9);
}

/* What is set for files is not what is set for all. */
static void
test_knobs_of_files (void)
{
  g_autoptr (Box) box = box_new (SMALL " file-enable-range-engine=yes file-range-split-threshold=300 "
                                 "file-range-chunk-size=200 file-max-concurrent-ranges=2",
                                 NULL, NULL);
  g_auto (Result) result = { NULL };

  box->store->scheme = "file";
  box_put (box, "k", 1000);
  fault_store_gate (box->fault, S3D_OP_READ, 1, 2);
  result = get (box, "k", 0, -1);
  assert_reads (box, "0+300 300+200 500+200 700+200 900+100");
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_READ), ==, 2);
}

static void
test_files_switched_off (void)
{
  g_autoptr (Box) box = box_new (SMALL " file-enable-range-engine=no", NULL, NULL);
  g_auto (Result) result = { NULL };

  box->store->scheme = "file";
  box_put (box, "k", 1000);
  result = get (box, "k", 0, -1);
  assert_reads (box, "0+-1");
}

/* --- get_range --- */

static void
test_slices (void)
{
  const struct
  {
    gint64 offset, length, size;
    const char *reads;
  } cases[] = {
    { 50, 20, 20, "50+20" },
    { 50, 100, 100, "50+100" },
    { 50, 170, 170, "50+100 150+40 190+30" },
    { 290, 20, 10, "290+20" },
    { 150, -1, 150, "150+100 250+40 290+10" },
    { 150, G_MAXINT64, 150, "150+100 250+40 290+10" },
    { 0, 0, 0, "" },
    { 1000, 0, 0, "" },
    { 300, -1, 0, "300+100" },
    { 300, 7, 0, "300+7" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      g_auto (Result) result = { NULL };

      box_put (box, "k", 300);
      result = get (box, "k", cases[i].offset, cases[i].length);
      assert_bytes (&result, 300, (gsize) MIN (cases[i].offset, 300), (gsize) cases[i].size);
      assert_reads (box, cases[i].reads);
    }
}

static void
test_last_bytes (void)
{
  const struct
  {
    gint64 offset;
    gsize size, length;
    const char *reads;
  } cases[] = {
    { -1, 300, 1, "-1+-1" },
    { -100, 300, 100, "-100+-1" },
    { -170, 300, 170, "-100+-1 130+40 170+30" },
    { -300, 300, 300, "-100+-1 0+40 40+40 80+40 120+40 160+40" },
    { -301, 300, 300, "-100+-1 0+40 40+40 80+40 120+40 160+40" },
    { G_MININT64, 130, 130, "-100+-1 0+30" },
    { -50, 7, 7, "-50+-1" },
    { -1, 0, 0, "-1+-1" },
    { -500, 0, 0, "-100+-1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const FaultManners manners = { .hides_size_416 = (i % 2) == 1 };
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      g_auto (Result) result = { NULL };

      box_put (box, "k", cases[i].size);
      fault_store_set_manners (box->fault, &manners);
      result = get (box, "k", cases[i].offset, -1);
      assert_bytes (&result, cases[i].size, cases[i].size - cases[i].length, cases[i].length);
      assert_reads (box, cases[i].reads);
    }
}

static void
test_last_bytes_switched_off (void)
{
  g_autoptr (Box) box = box_new (SMALL " enable-range-engine=false", NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 1000);
  result = get (box, "k", -700, -1);
  assert_bytes (&result, 1000, 300, 700);
  assert_reads (box, "-700+-1");
}

static void
test_behind_the_end (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 300);
  result = get (box, "k", 301, 5);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE);
  g_assert_nonnull (strstr (result.error->message, "300"));
  assert_reads (box, "301+5");
}

static void
test_416_without_size (void)
{
  const FaultManners manners = { .hides_size_416 = TRUE };
  const struct
  {
    gsize size;
    gint64 offset;
    gboolean behind;
    guint stats;
  } cases[] = { { 0, 0, FALSE, 0 }, { 300, 300, FALSE, 1 }, { 300, 301, TRUE, 1 }, { 0, 5, TRUE, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      g_auto (Result) result = { NULL };

      box_put (box, "k", cases[i].size);
      fault_store_set_manners (box->fault, &manners);
      result = get (box, "k", cases[i].offset, -1);
      if (cases[i].behind)
        g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE);
      else
        assert_bytes (&result, cases[i].size, cases[i].size, 0);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 1);
      g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_STAT), ==, cases[i].stats);
    }
}

static void
test_missing (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) result = get (box, "none", 0, -1);

  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  assert_reads (box, "0+100");
}

/* --- what breaks --- */

typedef struct
{
  guint nth;   /* the read to break, and how many more */
  guint times;
  Fault fault;
  S3dlioError code; /* 0 and error: none */
  gboolean fails;
} Plan;

static void
break_reads (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  const Plan *plan = data;

  if (op->kind != S3D_OP_READ || nth < plan->nth || nth >= plan->nth + plan->times)
    return;

  *fault = plan->fault;
  if (plan->fails)
    fault->error = g_error_new_literal (S3DLIO_ERROR, (int) plan->code, "broken by the test");
}

static void
test_truncated_resumed (gconstpointer data)
{
  const gboolean tells = GPOINTER_TO_INT (data);
  Plan first = { .nth = 0, .times = 1, .fault = { .cuts = TRUE, .cut = 30, .resumable = tells } };
  Plan later = { .nth = 2, .times = 1, .fault = { .cuts = TRUE, .cut = 10, .resumable = tells } };
  g_autoptr (Box) box = box_new (SMALL " max-concurrent-ranges=1", break_reads, &first);
  g_autoptr (Box) other = NULL;
  g_auto (Result) result = { NULL };
  g_auto (Result) again = { NULL };

  box_put (box, "k", 205);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 205, 0, 205);
  assert_reads (box, "0+100 30+70 100+40 140+40 180+25");
  g_assert_cmpuint (s3d_get_get_n_ranges (result.get), ==, 4);
  g_clear_pointer (&box, box_free);

  other = box_new (SMALL " max-concurrent-ranges=1", break_reads, &later);
  box_put (other, "k", 205);
  again = get (other, "k", 0, -1);
  assert_bytes (&again, 205, 0, 205);
  assert_reads (other, "0+100 100+40 140+40 150+30 180+25");
}

static void
test_last_bytes_resumed (void)
{
  Plan plan = { .nth = 0, .times = 1, .fault = { .cuts = TRUE, .cut = 30, .resumable = TRUE } };
  g_autoptr (Box) box = box_new (SMALL " max-concurrent-ranges=1", break_reads, &plan);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 205);
  result = get (box, "k", -130, -1);
  assert_bytes (&result, 205, 75, 130);
  assert_reads (box, "-100+-1 135+70 75+30");
}

static void
test_attempts_bounded (void)
{
  Plan plan = { .nth = 1, .times = 1000, .fault = { .cuts = TRUE, .cut = 1 } };
  g_autoptr (Box) box = box_new (SMALL " max-concurrent-ranges=1", break_reads, &plan);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 140);
  result = get (box, "k", 0, -1);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_null (result.bytes);
  assert_reads (box, "0+100 100+40 101+39 102+38 103+37");
}

static void
test_progress_renews_attempts (void)
{
  Plan plan = { .nth = 0, .times = 10, .fault = { .cuts = TRUE, .cut = 1 << 20, .resumable = TRUE } };
  g_autoptr (Box) box = box_new ("retries=2", break_reads, &plan);
  g_auto (Result) result = { NULL };
  const gsize size = (7 << 20) + 5;

  box_put (box, "k", size);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, size, 0, size);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 8);
}

static void
test_attempts_continued (void)
{
  Plan plan = { .times = 1000, .fails = TRUE, .code = S3DLIO_ERROR_UNAVAILABLE, .fault = { .resumable = TRUE } };
  g_autoptr (Box) box = box_new (SMALL, break_reads, &plan);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 140);
  result = get (box, "k", 0, -1);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  assert_reads (box, "0+100 0+100 0+100 0+100");
}

static void
test_first_failure_ends (void)
{
  Plan plan = { .nth = 3, .times = 1, .fails = TRUE, .code = S3DLIO_ERROR_DENIED };
  g_autoptr (Box) box = box_new (SMALL, break_reads, &plan);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 100000);
  fault_store_gate (box->fault, S3D_OP_READ, 4, 0);
  result = get (box, "k", 0, -1);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_null (result.bytes);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), <=, 7);
}

/* --- objects that change --- */

typedef struct
{
  Box *box;
  guint nth;
  gsize size;
} Change;

static void
change_object (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  Change *change = data;
  Box *box = change->box;

  if (op->kind == S3D_OP_READ && nth == change->nth)
    box_put (box, "k", change->size);
}

static void
test_changed (gconstpointer data)
{
  const FaultManners *manners = data;
  const gsize sizes[] = { 2000, 3000, 120, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Change change = { .nth = 2, .size = sizes[i] };
      g_autoptr (Box) box = box_new (SMALL " max-concurrent-ranges=1", change_object, &change);
      g_auto (Result) result = { NULL };

      change.box = box;
      box_put (box, "k", 2000);
      fault_store_set_manners (box->fault, manners);
      result = get (box, "k", 0, -1);
      g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
      g_assert_nonnull (strstr (result.error->message, "changed"));
      g_assert_null (result.bytes);
    }
}

/* Between the last bytes and those before them. */
static void
test_last_bytes_changed (gconstpointer data)
{
  const FaultManners *manners = data;
  Change change = { .nth = 1, .size = 3000 };
  g_autoptr (Box) box = box_new (SMALL " max-concurrent-ranges=1", change_object, &change);
  g_auto (Result) result = { NULL };

  change.box = box;
  box_put (box, "k", 2000);
  fault_store_set_manners (box->fault, manners);
  result = get (box, "k", -1000, -1);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_nonnull (strstr (result.error->message, "changed"));
}

static void
test_if_match (void)
{
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) plain = { NULL };
  g_auto (Result) same = { NULL };
  g_auto (Result) other = { NULL };
  const char *etag;

  box_put (box, "k", 200);
  plain = get (box, "k", 0, -1);
  etag = s3dlio_object_info_get_etag (s3d_get_get_info (plain.get));
  same = get_with (box, "k", 0, -1, etag, &bytes);
  assert_bytes (&same, 200, 0, 200);
  other = get_with (box, "k", 0, -1, "0123", &bytes);
  g_assert_error (other.error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
}

/* --- services with manners of their own --- */

static void
test_ranges_ignored (void)
{
  const FaultManners manners = { .ignores_ranges = TRUE };
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_auto (Result) all = { NULL };
  g_auto (Result) head = { NULL };
  g_auto (Result) tail = { NULL };
  g_auto (Result) last = { NULL };
  g_auto (Result) fewer = { NULL };

  box_put (box, "k", 1000);
  fault_store_set_manners (box->fault, &manners);
  all = get (box, "k", 0, -1);
  assert_bytes (&all, 1000, 0, 1000);
  assert_reads (box, "0+100");

  head = get (box, "k", 0, 300);
  assert_bytes (&head, 1000, 0, 300);
  assert_reads (box, "0+100 0+100");

  tail = get (box, "k", 5, -1);
  g_assert_error (tail.error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);

  last = get (box, "k", -5, -1);
  g_assert_error (last.error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);
  fewer = get (box, "k", -2000, -1);
  assert_bytes (&fewer, 1000, 0, 1000);
}

static void
test_ranges_ignored_and_broken (void)
{
  const FaultManners manners = { .ignores_ranges = TRUE };
  Plan plan = { .nth = 0, .times = 1, .fault = { .cuts = TRUE, .cut = 30, .resumable = TRUE } };
  g_autoptr (Box) box = box_new (SMALL, break_reads, &plan);
  g_auto (Result) result = { NULL };

  box_put (box, "k", 1000);
  fault_store_set_manners (box->fault, &manners);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 1000, 0, 1000);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 2);
}

static void
test_size_hidden (void)
{
  const FaultManners manners = { .hides_size = TRUE };
  g_autoptr (Box) box = box_new (SMALL " enable-range-engine=false", NULL, NULL);
  g_auto (Result) result = { NULL };
  g_auto (Result) slice = { NULL };

  box_put (box, "k", 1000000);
  fault_store_set_manners (box->fault, &manners);
  result = get (box, "k", 0, -1);
  assert_bytes (&result, 1000000, 0, 1000000);
  slice = get (box, "k", 5, 6);
  g_assert_error (slice.error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);
}

/* --- destinations --- */

static void
test_memory (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autofree guint8 *buffer = g_malloc0 (300);
  const S3dGetDestination memory = { .kind = S3D_GET_MEMORY, .memory = buffer, .memory_size = 200 };
  g_autoptr (GBytes) pattern = box_pattern (300);
  g_auto (Result) fits = { NULL };
  g_auto (Result) large = { NULL };
  g_auto (Result) asked = { NULL };
  g_auto (Result) rest = { NULL };
  g_auto (Result) last = { NULL };

  box_put (box, "fits", 200);
  box_put (box, "large", 201);
  fits = get_with (box, "fits", 0, -1, NULL, &memory);
  g_assert_no_error (fits.error);
  g_assert_cmpuint (s3d_get_get_length (fits.get), ==, 200);
  g_assert_cmpmem (buffer, 200, g_bytes_get_data (pattern, NULL), 200);
  g_assert_cmpuint (buffer[200], ==, 0);

  large = get_with (box, "large", 0, -1, NULL, &memory);
  g_assert_error (large.error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (large.error->message, "201"));
  g_assert_cmpuint (s3d_get_get_length (large.get), ==, 201);

  rest = get_with (box, "large", 1, -1, NULL, &memory);
  g_assert_no_error (rest.error);
  g_assert_cmpmem (buffer, 200, (const guint8 *) g_bytes_get_data (pattern, NULL) + 1, 200);

  last = get_with (box, "large", -199, -1, NULL, &memory);
  g_assert_no_error (last.error);
  g_assert_cmpmem (buffer, 199, (const guint8 *) g_bytes_get_data (pattern, NULL) + 2, 199);

  asked = get_with (box, "fits", 0, 201, NULL, &memory);
  g_assert_error (asked.error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_cmpuint (s3d_get_get_length (asked.get), ==, 201);
}

static void
test_file (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) pattern = box_pattern (1000);
  int fd = g_file_open_tmp ("s3dlio-XXXXXX", &path, NULL);
  const S3dGetDestination file = { .kind = S3D_GET_FILE, .fd = fd, .file_offset = 7 };
  g_auto (Result) result = { NULL };
  gsize size;

  box_put (box, "k", 1000);
  result = get_with (box, "k", 10, -1, NULL, &file);
  g_assert_no_error (result.error);
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 997);
  close (fd);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  g_unlink (path);
  g_assert_cmpmem (text + 7, size - 7, (const guint8 *) g_bytes_get_data (pattern, NULL) + 10, 990);
}

static void
test_file_last_bytes (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) pattern = box_pattern (1000);
  int fd = g_file_open_tmp ("s3dlio-XXXXXX", &path, NULL);
  const S3dGetDestination file = { .kind = S3D_GET_FILE, .fd = fd };
  g_auto (Result) result = { NULL };
  gsize size;

  box_put (box, "k", 1000);
  result = get_with (box, "k", -900, -1, NULL, &file);
  g_assert_no_error (result.error);
  close (fd);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  g_unlink (path);
  g_assert_cmpmem (text, size, (const guint8 *) g_bytes_get_data (pattern, NULL) + 100, 900);
}

static void
test_file_full (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fd = open ("/dev/full", O_WRONLY);
  const S3dGetDestination file = { .kind = S3D_GET_FILE, .fd = fd };
  g_auto (Result) result = { NULL };

  box_put (box, "k", 1000);
  result = get_with (box, "k", 0, -1, NULL, &file);
  close (fd);
  g_assert_error (result.error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
}

/* --- cancellation --- */

static gpointer
cancel_when_held (gpointer data)
{
  gpointer *args = data;

  fault_store_wait_held (args[0], GPOINTER_TO_UINT (args[1]));
  g_cancellable_cancel (args[2]);

  return NULL;
}

static void
test_cancel_stalled (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autofree guint8 *buffer = g_malloc (2000);
  const S3dGetDestination memory = { .kind = S3D_GET_MEMORY, .memory = buffer, .memory_size = 2000 };
  g_autoptr (S3dSequence) sequence = s3d_get_new (box->store, box->budget, uri, 0, -1, NULL, &memory);
  gpointer args[] = { box->fault, GUINT_TO_POINTER (4), cancellable };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  box_put (box, "k", 2000);
  fault_store_gate (box->fault, S3D_OP_READ, 1, 0);
  thread = g_thread_new ("cancel", cancel_when_held, args);
  g_assert_false (s3d_call_run (sequence, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_READ), ==, 5);
}

static void
test_cancelled_before (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };
  g_autoptr (S3dSequence) sequence = s3d_get_new (box->store, box->budget, uri, 0, -1, NULL, &bytes);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (s3d_call_run (sequence, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fault_store_total (box->fault), ==, 0);
}

static const FaultManners good_manners = { FALSE };
static const FaultManners no_match = { .ignores_match = TRUE };
static const FaultManners no_etag = { .without_etag = TRUE };

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/range/object-up-to-the-threshold-is-one-request", test_one_request);
  g_test_add_func ("/engine/range/empty-object-is-one-request", test_empty);
  g_test_add_func ("/engine/range/large-object-is-exactly-its-ranges", test_exact_ranges);
  g_test_add_func ("/engine/range/switched-off-is-one-whole-read", test_switched_off);
  g_test_add_func ("/engine/range/switched-off-reads-an-empty-object", test_switched_off_empty);
  g_test_add_func ("/engine/range/as-many-at-once-as-configured-and-never-more", test_at_once);
  g_test_add_func ("/engine/range/knobs-of-files", test_knobs_of_files);
  g_test_add_func ("/engine/range/files-switched-off", test_files_switched_off);
  g_test_add_data_func ("/engine/range/chunk-size-that-was-chosen-stays", GINT_TO_POINTER (TRUE), test_chunks_grow);
  g_test_add_data_func ("/engine/range/chunks-grow-with-the-object", GINT_TO_POINTER (FALSE), test_chunks_grow);
  g_test_add_func ("/engine/range/slices-cost-only-their-ranges", test_slices);
  g_test_add_func ("/engine/range/last-bytes-cost-only-their-ranges", test_last_bytes);
  g_test_add_func ("/engine/range/last-bytes-are-one-read-when-switched-off", test_last_bytes_switched_off);
  g_test_add_func ("/engine/range/last-bytes-are-resumed", test_last_bytes_resumed);
  g_test_add_data_func ("/engine/range/last-bytes-are-of-one-object", &good_manners, test_last_bytes_changed);
  g_test_add_data_func ("/engine/range/last-bytes-are-of-one-object-without-etag", &no_etag, test_last_bytes_changed);
  g_test_add_func ("/engine/range/offset-behind-the-end-is-refused-with-the-size", test_behind_the_end);
  g_test_add_func ("/engine/range/refusal-without-a-size-costs-one-stat-at-most", test_416_without_size);
  g_test_add_func ("/engine/range/missing-object-is-one-request", test_missing);
  g_test_add_data_func ("/engine/range/truncated-body-is-resumed", GINT_TO_POINTER (FALSE), test_truncated_resumed);
  g_test_add_data_func ("/engine/range/broken-body-is-resumed", GINT_TO_POINTER (TRUE), test_truncated_resumed);
  g_test_add_func ("/engine/range/short-for-ever-is-an-error-in-bounded-attempts", test_attempts_bounded);
  g_test_add_func ("/engine/range/progress-renews-the-attempts", test_progress_renews_attempts);
  g_test_add_func ("/engine/range/attempts-are-continued", test_attempts_continued);
  g_test_add_func ("/engine/range/first-failure-cancels-the-rest", test_first_failure_ends);
  g_test_add_data_func ("/engine/range/object-that-changes-is-an-error", &good_manners, test_changed);
  g_test_add_data_func ("/engine/range/object-that-changes-is-an-error-without-if-match", &no_match, test_changed);
  g_test_add_data_func ("/engine/range/object-that-changes-is-an-error-without-etag", &no_etag, test_changed);
  g_test_add_func ("/engine/range/if-match-of-the-caller-holds", test_if_match);
  g_test_add_func ("/engine/range/service-that-ignores-ranges-serves-one-stream", test_ranges_ignored);
  g_test_add_func ("/engine/range/service-that-ignores-ranges-begins-anew", test_ranges_ignored_and_broken);
  g_test_add_func ("/engine/range/body-of-unknown-length-is-one-stream", test_size_hidden);
  g_test_add_func ("/engine/range/memory-too-small-tells-the-size", test_memory);
  g_test_add_func ("/engine/range/file-has-each-range-at-its-place", test_file);
  g_test_add_func ("/engine/range/file-has-the-last-bytes", test_file_last_bytes);
  g_test_add_func ("/engine/range/full-disk-is-no-space", test_file_full);
  g_test_add_func ("/engine/range/cancelled-while-every-range-is-stalled", test_cancel_stalled);
  g_test_add_func ("/engine/range/cancelled-before-costs-nothing", test_cancelled_before);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What many deletions promise: as few requests as there can be, so many at once, an outcome a key, and nobody is told
 * that something is gone which is not. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-delete.h"

#include <string.h>

/* "%s%05u" of 0 to n-1, as objects. */
static void
fill (Box *box, const char *prefix, guint n)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s%05u", prefix, i);

      box_put_bytes (box, key, bytes);
    }
}

static S3dSequence *
named (Box *box, const char *prefix, guint n, guint at_once)
{
  S3dSequence *sequence = s3d_delete_new (at_once);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("%s%05u", prefix, i);
      g_autoptr (S3dlioUri) uri = box_uri (key);

      s3d_delete_add (sequence, box->store, uri);
    }
  return sequence;
}

static void
assert_counts (S3dSequence *sequence, guint64 deleted, guint64 failed)
{
  guint64 n_deleted = 0, n_failed = 0;

  s3d_delete_get_counts (sequence, &n_deleted, &n_failed);
  g_assert_cmpuint (n_deleted, ==, deleted);
  g_assert_cmpuint (n_failed, ==, failed);
}

static gboolean
is_there (Box *box, const char *key)
{
  g_autoptr (GBytes) bytes = box_get (box, key);

  return bytes != NULL;
}

/* ---- Batches ---- */

typedef struct
{
  guint sizes[16];
  guint n;
} Sizes;

static void
note_size (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  Sizes *sizes = data;

  if (op->kind == S3D_OP_DELETE_MANY)
    sizes->sizes[sizes->n++] = op->keys->len;
}

static void
batches_are_of_a_thousand (void)
{
  Sizes sizes = { { 0 } };
  g_autoptr (Box) box = box_new ("retries=1", note_size, &sizes);
  g_autoptr (S3dSequence) sequence = NULL;
  g_autoptr (GError) error = NULL;

  fill (box, "k", 2345);
  sequence = named (box, "k", 2345, 1);
  g_assert_true (s3d_call_run (sequence, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_counts (sequence, 2345, 0);
  g_assert_cmpuint (sizes.n, ==, 3);
  g_assert_cmpuint (sizes.sizes[0], ==, 1000);
  g_assert_cmpuint (sizes.sizes[1], ==, 1000);
  g_assert_cmpuint (sizes.sizes[2], ==, 345);
  g_assert_cmpuint (fault_store_total (box->fault), ==, 3);
  g_assert_false (is_there (box, "k00000"));
  g_assert_false (is_there (box, "k02344"));
}

static void
so_many_at_once_and_no_more (void)
{
  g_autoptr (Box) box = box_new ("retries=1", NULL, NULL);
  g_autoptr (S3dSequence) sequence = named (box, "k", 10000, 3);
  g_autoptr (GError) error = NULL;

  fault_store_gate (box->fault, S3D_OP_DELETE_MANY, 0, 3);
  g_assert_true (s3d_call_run (sequence, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_counts (sequence, 10000, 0);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_DELETE_MANY), ==, 10);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_DELETE_MANY), ==, 3);
}

static gpointer
look_when_held (gpointer data)
{
  Box *box = data;

  fault_store_wait_held (box->fault, 2);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_LIST), <=, 5);
  fault_store_open_gate (box->fault);
  return NULL;
}

/* Every page that is listed is deleted before many more are asked for: what is held does not grow with the prefix. */
static void
pages_wait_for_their_deletion (void)
{
  g_autoptr (Box) box = box_new ("retries=1", NULL, NULL);
  g_autoptr (S3dlioUri) prefix = box_uri ("dir/");
  g_autoptr (S3dSequence) sequence = s3d_delete_prefix_new (box->store, prefix, 2);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  fill (box, "dir/", 9000);
  fault_store_gate (box->fault, S3D_OP_DELETE_MANY, 0, 0);
  thread = g_thread_new ("look", look_when_held, box);
  g_assert_true (s3d_call_run (sequence, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
  assert_counts (sequence, 9000, 0);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_LIST), ==, 9);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_DELETE_MANY), ==, 9);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_DELETE_MANY), ==, 2);
}

/* ---- Outcomes ---- */

typedef struct
{
  GHashTable *errors; /* URI → text, or "" */
} Told;

static void
on_told (const char *uri, const GError *error, gpointer data)
{
  Told *told = data;

  g_assert_true (g_hash_table_insert (told->errors, g_strdup (uri), g_strdup (error != NULL ? error->message : "")));
}

static void
assert_told (Told *told, const char *key, const char *text)
{
  g_autoptr (S3dlioUri) uri = box_uri (key);
  g_autofree char *name = s3dlio_uri_to_string (uri);

  g_assert_cmpstr (g_hash_table_lookup (told->errors, name), ==, text);
}

/* Every 7th fails by itself; every 10th goes alone. */
static void
some_fail_and_some_go_alone (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  if (op->kind == S3D_OP_DELETE && g_str_has_suffix (s3dlio_uri_get_key (op->target), "00090"))
    fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_DENIED, "not this one");
  if (op->kind != S3D_OP_DELETE_MANY)
    return;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = &g_array_index (op->keys, S3dKey, i);
      const guint64 number = g_ascii_strtoull (key->key + 1, NULL, 10);

      if (number % 10 == 0)
        {
          key->state = S3D_KEY_ALONE;
        }
      else if (number % 7 == 0)
        {
          key->state = S3D_KEY_FAILED;
          key->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION, "a seventh");
        }
    }
}

static void
each_key_has_its_outcome (void)
{
  g_autoptr (Box) box = box_new ("retries=1", some_fail_and_some_go_alone, NULL);
  g_autoptr (GHashTable) errors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (S3dSequence) sequence = named (box, "k", 100, 4);
  g_autoptr (GError) error = NULL;
  Told told = { errors };
  guint n_sevenths = 0;

  for (guint i = 0; i < 100; i++)
    n_sevenths += i % 7 == 0 && i % 10 != 0;
  fill (box, "k", 100);
  s3d_delete_set_func (sequence, on_told, &told);
  g_assert_false (s3d_call_run (sequence, NULL, NULL, NULL, &error));
  s3d_delete_tell (sequence);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "of 100 could not be deleted"));
  assert_counts (sequence, 100 - n_sevenths - 1, n_sevenths + 1);
  g_assert_cmpuint (g_hash_table_size (errors), ==, 100);
  assert_told (&told, "k00000", "");
  assert_told (&told, "k00001", "");
  assert_told (&told, "k00007", "a seventh");
  assert_told (&told, "k00090", "not this one");
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_DELETE_MANY), ==, 1);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_DELETE), ==, 10);
  g_assert_true (is_there (box, "k00007"));
  g_assert_true (is_there (box, "k00090"));
  g_assert_false (is_there (box, "k00010"));
}

static void
break_second (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  if (op->kind == S3D_OP_DELETE_MANY && nth == 1)
    fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE, "broken by the test");
}

static void
batch_that_fails_fails_its_own_keys (void)
{
  g_autoptr (Box) box = box_new ("retries=1", break_second, NULL);
  g_autoptr (S3dSequence) sequence = named (box, "k", 3000, 1);
  g_autoptr (GError) error = NULL;

  fill (box, "k", 3000);
  g_assert_false (s3d_call_run (sequence, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "1000 of 3000"));
  assert_counts (sequence, 2000, 1000);
  g_assert_false (is_there (box, "k00999"));
  g_assert_true (is_there (box, "k01000"));
  g_assert_true (is_there (box, "k01999"));
  g_assert_false (is_there (box, "k02000"));
}

static gpointer
cancel_when_held (gpointer data)
{
  gpointer *both = data;

  fault_store_wait_held (((Box *) both[0])->fault, 2);
  g_cancellable_cancel (both[1]);
  return NULL;
}

static void
cancelled_keys_are_not_told_to_be_gone (void)
{
  g_autoptr (Box) box = box_new ("retries=1", NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (S3dSequence) sequence = named (box, "k", 5000, 2);
  g_autoptr (GError) error = NULL;
  gpointer both[] = { box, cancellable };
  GThread *thread;

  fill (box, "k", 5000);
  fault_store_gate (box->fault, S3D_OP_DELETE_MANY, 1, 0);
  thread = g_thread_new ("cancel", cancel_when_held, both);
  g_assert_false (s3d_call_run (sequence, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  assert_counts (sequence, 1000, 2000);
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_DELETE_MANY), ==, 3);
  g_assert_false (is_there (box, "k00999"));
  g_assert_true (is_there (box, "k01000"));
  g_assert_true (is_there (box, "k04999"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/delete/batches-are-of-a-thousand", batches_are_of_a_thousand);
  g_test_add_func ("/engine/delete/so-many-at-once-and-no-more", so_many_at_once_and_no_more);
  g_test_add_func ("/engine/delete/pages-wait-for-their-deletion", pages_wait_for_their_deletion);
  g_test_add_func ("/engine/delete/each-key-has-its-outcome", each_key_has_its_outcome);
  g_test_add_func ("/engine/delete/batch-that-fails-fails-its-own-keys", batch_that_fails_fails_its_own_keys);
  g_test_add_func ("/engine/delete/cancelled-keys-are-not-told-to-be-gone", cancelled_keys_are_not_told_to_be_gone);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a list promises: no more steps than needed, and nothing passed over. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-list.h"

#include <string.h>

#define N_KEYS 2500

/* Keys of 2,500 objects, every tenth of which ends in "0". */
static Box *
full_box (FaultScript script, gpointer data)
{
  Box *box = box_new ("retries=1", script, data);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);

  for (guint i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("dir/%04u", i);

      box_put_bytes (box, key, bytes);
    }
  return box;
}

static GPtrArray *
try_list (Box *box, const S3dListWanted *wanted, S3dListPlace *place, GError **error)
{
  g_autoptr (S3dlioUri) prefix = box_uri ("dir/");
  g_autoptr (S3dSequence) list = s3d_list_new (box->store, prefix, wanted, place);

  return s3d_call_run (list, NULL, NULL, NULL, error) ? s3d_list_steal_items (list) : NULL;
}

static GPtrArray *
list (Box *box, const S3dListWanted *wanted, S3dListPlace *place)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *items = try_list (box, wanted, place, &error);

  g_assert_no_error (error);
  return items;
}

static S3dFilter *
new_filter (const char *glob, const char *regex)
{
  g_autoptr (GError) error = NULL;
  S3dFilter *filter = s3d_filter_new (glob, regex, &error);

  g_assert_no_error (error);
  return filter;
}

typedef struct
{
  guint asked[8]; /* page sizes */
  guint n;
  guint broken;   /* this one fails; 0: none */
} Script;

static void
watch (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  Script *script = data;

  if (op->kind != S3D_OP_LIST)
    return;

  g_assert_cmpuint (script->n, <, G_N_ELEMENTS (script->asked));
  script->asked[script->n++] = op->page_size;
  if (script->n == script->broken)
    fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE, "broken by the test");
}

static void
limit_asks_for_no_more (void)
{
  Script script = { .n = 0 };
  g_autoptr (Box) box = full_box (watch, &script);
  S3dListWanted wanted = { .kind = S3D_OP_LIST, .limit = 1005 };
  g_autoptr (GPtrArray) items = list (box, &wanted, NULL);

  g_assert_cmpuint (items->len, ==, 1005);
  g_assert_cmpuint (script.n, ==, 2);
  g_assert_cmpuint (script.asked[0], ==, 1000);
  g_assert_cmpuint (script.asked[1], ==, 5);
}

static void
filter_asks_for_whole_pages (void)
{
  Script script = { .n = 0 };
  g_autoptr (Box) box = full_box (watch, &script);
  g_autoptr (S3dFilter) filter = new_filter ("*0", NULL);
  S3dListWanted wanted = { .kind = S3D_OP_LIST, .limit = 150, .filter = filter };
  g_autoptr (GPtrArray) items = list (box, &wanted, NULL);

  g_assert_cmpuint (items->len, ==, 150);
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_uri (items->pdata[149]), "dir/1490"));
  g_assert_cmpuint (script.n, ==, 2);
  g_assert_cmpuint (script.asked[0], ==, 1000);
  g_assert_cmpuint (script.asked[1], ==, 1000);
}

static void
filter_is_of_the_rest_of_the_key (void)
{
  g_autoptr (Box) box = full_box (NULL, NULL);
  g_autoptr (S3dFilter) with_prefix = new_filter ("dir/*", NULL);
  g_autoptr (S3dFilter) rest = new_filter (NULL, "^00");
  S3dListWanted wanted = { .kind = S3D_OP_LIST, .filter = with_prefix };
  g_autoptr (GPtrArray) none = list (box, &wanted, NULL);
  g_autoptr (GPtrArray) some = NULL;

  g_assert_cmpuint (none->len, ==, 0);
  wanted.filter = rest;
  some = list (box, &wanted, NULL);
  g_assert_cmpuint (some->len, ==, 100);
}

static void
page_without_a_match_is_passed_over (void)
{
  g_autoptr (Box) box = full_box (NULL, NULL);
  g_autoptr (S3dFilter) filter = new_filter ("24*", NULL);
  S3dListWanted wanted = { .kind = S3D_OP_LIST, .filter = filter };
  S3dListPlace place = { .unseen = NULL };
  g_autoptr (GPtrArray) page = list (box, &wanted, &place);
  g_autoptr (GPtrArray) end = list (box, &wanted, &place);

  g_assert_cmpuint (page->len, ==, 100);
  g_assert_cmpuint (end->len, ==, 0);
  s3d_list_place_clear (&place);
}

static void
failed_page_is_given_again (void)
{
  Script script = { .broken = 2 };
  g_autoptr (Box) box = full_box (watch, &script);
  S3dListWanted wanted = { .kind = S3D_OP_LIST };
  S3dListPlace place = { .unseen = NULL };
  g_autoptr (GPtrArray) first = list (box, &wanted, &place);
  g_autoptr (GPtrArray) second = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (first->len, ==, 1000);
  g_assert_null (try_list (box, &wanted, &place, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  second = list (box, &wanted, &place);
  g_assert_true (g_str_has_suffix (s3dlio_object_info_get_uri (second->pdata[0]), "dir/1000"));
  s3d_list_place_clear (&place);
}

/* It fails on the same page again, and never looks like the end. */
static void
costly_expression_loses_no_page (void)
{
  g_autoptr (Box) box = box_new ("retries=1", NULL, NULL);
  g_autoptr (S3dFilter) filter = new_filter (NULL, "^(a+)+$");
  S3dListWanted wanted = { .kind = S3D_OP_LIST, .filter = filter };
  S3dListPlace place = { .unseen = NULL };

  box_put (box, "dir/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 1);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (try_list (box, &wanted, &place, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
    }
  g_assert_cmpuint (fault_store_count (box->fault, S3D_OP_LIST), ==, 1);
  s3d_list_place_clear (&place);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/list/limit-asks-for-no-more", limit_asks_for_no_more);
  g_test_add_func ("/engine/list/filter-asks-for-whole-pages", filter_asks_for_whole_pages);
  g_test_add_func ("/engine/list/filter-is-of-the-rest-of-the-key", filter_is_of_the_rest_of_the_key);
  g_test_add_func ("/engine/list/page-without-a-match-is-passed-over", page_without_a_match_is_passed_over);
  g_test_add_func ("/engine/list/failed-page-is-given-again", failed_page_is_given_again);
  g_test_add_func ("/engine/list/costly-expression-loses-no-page", costly_expression_loses_no_page);

  return g_test_run ();
}

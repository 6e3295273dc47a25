/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the options of a list promise, on every endpoint: how many, and which. */

#include "config.h"

#include "api-fixture.h"

#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#if __GLIBC_PREREQ (2, 33)
#define HAVE_MALLINFO2 1
#endif
#endif

/* Several lists in one text: the entries below the test's root, decoded, with blanks between them. */
static void
append_names (ApiTest *test, GString *names, GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    {
      const char *uri = s3dlio_object_info_get_uri (items->pdata[i]);
      g_autofree char *name = NULL;

      g_assert_true (g_str_has_prefix (uri, test->root));
      name = g_str_has_prefix (uri, "file:") ? g_uri_unescape_string (uri + strlen (test->root), NULL)
                                             : g_strdup (uri + strlen (test->root));
      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", name);
    }
}

static void
put_all (ApiTest *test, const char *const *keys)
{
  for (gsize i = 0; keys[i] != NULL; i++)
    api_put (test, keys[i], 1, 1);
}

static char *
list_at_once (ApiTest *test, const char *prefix, S3dlioListFlags flags, S3dlioOptions *options)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items
      = s3dlio_client_list (test->client, api_uri (test, prefix), flags, options, NULL, &error);

  g_assert_no_error (error);
  append_names (test, names, items);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static char *
list_by_pages (ApiTest *test, const char *prefix, S3dlioListFlags flags, S3dlioOptions *options)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioLister) lister
      = s3dlio_client_open_list (test->client, api_uri (test, prefix), flags, options, &error);

  g_assert_no_error (error);
  while (TRUE)
    {
      g_autoptr (GPtrArray) page = s3dlio_lister_next_page (lister, NULL, &error);

      g_assert_no_error (error);
      if (page == NULL)
        return g_string_free (g_steal_pointer (&names), FALSE);
      append_names (test, names, page);
    }
}

/* Both ways to list; @glob and @regex nullable, @limit 0: none. */
static void
assert_list (ApiTest *test, const char *prefix, S3dlioListFlags flags, gint64 limit, const char *glob,
             const char *regex, const char *expected)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autofree char *at_once = NULL;
  g_autofree char *by_pages = NULL;

  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, limit);
  s3dlio_options_set_string (options, S3DLIO_OPTION_GLOB, glob);
  s3dlio_options_set_string (options, S3DLIO_OPTION_REGEX, regex);
  at_once = list_at_once (test, prefix, flags, options);
  g_assert_cmpstr (at_once, ==, expected);
  by_pages = list_by_pages (test, prefix, flags, options);
  g_assert_cmpstr (by_pages, ==, expected);
}

static const char *const tree[] = { "a/x", "a/y.bin", "b", "c/d/z", "c.bin", "grün.bin", NULL };

static void
limit_counts_common_prefixes (ApiTest *test)
{
  put_all (test, tree);
  assert_list (test, "", S3DLIO_LIST_NONE, 1, NULL, NULL, "a/");
  assert_list (test, "", S3DLIO_LIST_NONE, 3, NULL, NULL, "a/ b c.bin");
  assert_list (test, "", S3DLIO_LIST_NONE, 4, NULL, NULL, "a/ b c.bin c/");
  assert_list (test, "", S3DLIO_LIST_NONE, 99, NULL, NULL, "a/ b c.bin c/ grün.bin");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 2, NULL, NULL, "a/x a/y.bin");
  assert_list (test, "c", S3DLIO_LIST_RECURSIVE, 1, NULL, NULL, "c.bin");
}

static void
glob_is_over_the_rest_of_the_key (ApiTest *test)
{
  put_all (test, tree);
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 0, "*.bin", NULL, "a/y.bin c.bin grün.bin");
  assert_list (test, "a/", S3DLIO_LIST_RECURSIVE, 0, "*.bin", NULL, "a/y.bin");
  assert_list (test, "a/", S3DLIO_LIST_RECURSIVE, 0, "a/*", NULL, "");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 0, "c*z", NULL, "c/d/z");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 0, "gr?n.*", NULL, "grün.bin");
  assert_list (test, "", S3DLIO_LIST_NONE, 0, "?/", NULL, "a/ c/");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 2, "*.bin", NULL, "a/y.bin c.bin");
}

static void
regex_is_over_the_rest_of_the_key (ApiTest *test)
{
  put_all (test, tree);
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 0, NULL, "^[ab]", "a/x a/y.bin b");
  assert_list (test, "a/", S3DLIO_LIST_RECURSIVE, 0, NULL, "^x$", "a/x");
  assert_list (test, "a/", S3DLIO_LIST_RECURSIVE, 0, NULL, "a", "");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 0, NULL, "^gr.n\\.bin$", "grün.bin");
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 1, "*.bin", "^c", "c.bin");
}

/* rm of "a" once took the name for an expression. */
static void
prefix_is_no_pattern (ApiTest *test)
{
  const char *keys[] = { "a*b/x.y", "axb/x.y", "[a]/x", NULL };

  put_all (test, keys);
  assert_list (test, "a*b/", S3DLIO_LIST_RECURSIVE, 0, "*.y", NULL, "a*b/x.y");
  assert_list (test, "a*", S3DLIO_LIST_RECURSIVE, 0, NULL, NULL, "a*b/x.y");
  assert_list (test, "[a]/", S3DLIO_LIST_RECURSIVE, 0, NULL, "^x$", "[a]/x");
  assert_list (test, "a.b", S3DLIO_LIST_RECURSIVE, 0, NULL, NULL, "");
}

static void
bad_options_are_named (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;

  s3dlio_options_set_string (options, S3DLIO_OPTION_REGEX, "(a+");
  g_assert_null (s3dlio_client_list (test->client, test->root, S3DLIO_LIST_NONE, options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "(a+"));
  g_clear_error (&error);
  g_assert_null (s3dlio_client_open_list (test->client, test->root, S3DLIO_LIST_NONE, options, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);

  s3dlio_options_set_string (options, S3DLIO_OPTION_REGEX, NULL);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, -1);
  g_assert_null (s3dlio_client_list (test->client, test->root, S3DLIO_LIST_NONE, options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "limit"));
}

static gboolean
last_query_has (ApiTest *test, const char *text)
{
  g_autoptr (GPtrArray) requests = ts_server_get_requests (test->server, "ListObjectsV2");
  const TsRequest *last = requests->pdata[requests->len - 1];

  return strstr (last->query, text) != NULL;
}

static void
limit_is_asked_of_the_service (ApiTest *test)
{
  put_all (test, tree);
  api_forget (test);
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 2, NULL, NULL, "a/x a/y.bin");
  g_assert_cmpuint (api_count (test, NULL), ==, 2);
  g_assert_true (last_query_has (test, "max-keys=2&"));
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, 1, "b", NULL, "b");
  g_assert_cmpuint (api_count (test, NULL), ==, 4);
  g_assert_true (last_query_has (test, "max-keys=1000&"));
}

/* Bytes that are allocated now; 0 where nobody counts them. */
static gsize
live_bytes (void)
{
#ifdef HAVE_MALLINFO2
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

/* The server is in this process: what it holds is there before the first page. */
static void
pages_of_many_keys_are_not_kept (ApiTest *test)
{
  const guint n_keys = 50000;
  const char *place = strstr (test->root, "/suite/") + strlen ("/suite/");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);
  g_autoptr (S3dlioLister) lister = NULL;
  g_autoptr (GError) error = NULL;
  gsize early = 0, most = 0;
  guint n = 0;

  for (guint i = 0; i < n_keys; i++)
    {
      g_autofree char *key = g_strdup_printf ("%smany/key-%06u", place, i);

      ts_server_put_object (test->server, "suite", key, bytes);
    }

  lister = s3dlio_client_open_list (test->client, api_uri (test, "many/"), S3DLIO_LIST_RECURSIVE, NULL, &error);
  g_assert_no_error (error);
  while (TRUE)
    {
      g_autoptr (GPtrArray) page = s3dlio_lister_next_page (lister, NULL, &error);

      g_assert_no_error (error);
      if (page == NULL)
        break;
      n += page->len;
      if (n == 10000)
        early = live_bytes ();
      most = MAX (most, live_bytes ());
    }
  g_assert_cmpuint (n, ==, n_keys);
  g_test_message ("%" G_GSIZE_FORMAT " bytes more than after 10,000 keys", most - early);
  g_assert_cmpuint (most, <=, early + 4 * 1024 * 1024);
  for (guint i = 0; i < n_keys; i++)
    {
      g_autofree char *key = g_strdup_printf ("%smany/key-%06u", place, i);

      ts_server_remove_object (test->server, "suite", key);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/list/limit-counts-common-prefixes", API_ANY, limit_counts_common_prefixes);
  api_add ("/list/limit-is-asked-of-the-service", API_SERVER, limit_is_asked_of_the_service);
  api_add ("/list/glob-is-over-the-rest-of-the-key", API_ANY, glob_is_over_the_rest_of_the_key);
  api_add ("/list/regex-is-over-the-rest-of-the-key", API_ANY, regex_is_over_the_rest_of_the_key);
  api_add ("/list/prefix-is-no-pattern", API_ANY, prefix_is_no_pattern);
  api_add ("/list/bad-options-are-named", API_ANY, bad_options_are_named);
  api_add ("/list/pages-of-many-keys-are-not-kept", API_SERVER, pages_of_many_keys_are_not_kept);

  return api_run ();
}

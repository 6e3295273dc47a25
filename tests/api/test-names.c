/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What names promise, on every endpoint: keys are what they are, lists are complete, in byte order and literal, what
 * they return can be passed back, deleting is of exactly what was named. */

#include "config.h"

#include "api-fixture.h"

#include <string.h>

static GPtrArray *
list (ApiTest *test, const char *prefix, S3dlioListFlags flags)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *items = s3dlio_client_list (test->client, api_uri (test, prefix), flags, NULL, NULL, &error);

  g_assert_no_error (error);
  return items;
}

/* The entries below the test's root, one a line, prefixes as they are. */
static char *
names_of (ApiTest *test, GPtrArray *items)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < items->len; i++)
    {
      const char *uri = s3dlio_object_info_get_uri (g_ptr_array_index (items, i));

      g_assert_true (g_str_has_prefix (uri, test->root));
      g_string_append_printf (names, "%s%s", i > 0 ? " " : "", uri + strlen (test->root));
    }

  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
assert_list (ApiTest *test, const char *prefix, S3dlioListFlags flags, const char *expected)
{
  g_autoptr (GPtrArray) items = list (test, prefix, flags);
  g_autofree char *names = names_of (test, items);

  g_assert_cmpstr (names, ==, expected);
}

static void
put_all (ApiTest *test, const char *const *keys)
{
  for (gsize i = 0; keys[i] != NULL; i++)
    api_put (test, keys[i], i, i);
}

static void
lists_are_in_byte_order (ApiTest *test)
{
  const char *keys[] = { "b", "a/z", "a-b", "a/b/c", "a0", "B", "é", NULL };
  g_autofree char *accent = g_strdup (strrchr (api_uri (test, "x/é"), '/') + 1);
  g_autofree char *recursive = g_strdup_printf ("B a-b a/b/c a/z a0 b %s", accent);
  g_autofree char *flat = g_strdup_printf ("B a-b a/ a0 b %s", accent);

  put_all (test, keys);
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, recursive);
  assert_list (test, "", S3DLIO_LIST_NONE, flat);
  assert_list (test, "a/", S3DLIO_LIST_NONE, "a/b/ a/z");
  assert_list (test, "a/", S3DLIO_LIST_RECURSIVE, "a/b/c a/z");
}

static void
prefix_is_literal (ApiTest *test)
{
  const char *keys[] = { "data.bin", "data.bin.bak", "dataxbin", "other", NULL };

  put_all (test, keys);
  assert_list (test, "data.b", S3DLIO_LIST_RECURSIVE, "data.bin data.bin.bak");
  assert_list (test, "da", S3DLIO_LIST_NONE, "data.bin data.bin.bak dataxbin");
  assert_list (test, "data.bin", S3DLIO_LIST_NONE, "data.bin data.bin.bak");
}

static void
entries_say_what_they_are (ApiTest *test)
{
  g_autoptr (GPtrArray) items = NULL;
  const char *keys[] = { "dir/x", "file", NULL };
  gint64 now = g_get_real_time ();

  put_all (test, keys);
  items = list (test, "", S3DLIO_LIST_NONE);
  g_assert_cmpuint (items->len, ==, 2);
  g_assert_cmpint (s3dlio_object_info_get_object_type (items->pdata[0]), ==, S3DLIO_OBJECT_TYPE_PREFIX);
  g_assert_cmpint (s3dlio_object_info_get_object_type (items->pdata[1]), ==, S3DLIO_OBJECT_TYPE_OBJECT);
  g_assert_cmpint (s3dlio_object_info_get_size (items->pdata[1]), ==, 1);
  g_assert_nonnull (s3dlio_object_info_get_etag (items->pdata[1]));
  g_assert_cmpint (ABS (s3dlio_object_info_get_mtime (items->pdata[1]) - now), <, 3600 * (gint64) G_USEC_PER_SEC);
}

static void
limit_stops_the_list (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GError) error = NULL;
  const char *keys[] = { "a", "b", "c", "d", NULL };

  put_all (test, keys);
  s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, 2);
  items = s3dlio_client_list (test->client, test->root, S3DLIO_LIST_RECURSIVE, options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 2);
}

#define N_KEYS 2345

static void
many_keys_come_page_by_page (ApiTest *test)
{
  g_autoptr (S3dlioLister) lister = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0, pages = 0;

  for (guint i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("many/%05u", i);

      api_put (test, key, 0, 0);
    }
  if (test->server != NULL)
    api_forget (test);

  lister = s3dlio_client_open_list (test->client, api_uri (test, "many/"), S3DLIO_LIST_RECURSIVE, NULL, &error);
  g_assert_no_error (error);
  while (TRUE)
    {
      g_autoptr (GPtrArray) page = s3dlio_lister_next_page (lister, NULL, &error);

      g_assert_no_error (error);
      if (page == NULL)
        break;

      g_assert_cmpuint (page->len, <=, 1000);
      pages++;
      for (guint i = 0; i < page->len; i++, n++)
        {
          g_autofree char *key = g_strdup_printf ("many/%05u", n);

          g_assert_cmpstr (s3dlio_object_info_get_uri (page->pdata[i]), ==, api_uri (test, key));
        }
    }
  g_assert_cmpuint (n, ==, N_KEYS);
  g_assert_cmpuint (pages, ==, 3);
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, NULL), ==, 3);
}

static void
odd_keys_come_back (ApiTest *test)
{
  const char *keys[] = {
    " leading", "trailing ", "a+b", "a%2Fb", "a?b", "a#b", "a&b=c", "a\\b", "a:b", "a*b", "a\"b'c", "a<b>c",
    "a;b,c@d", "[x]{y}|z^`~", "grün", "日本語", "🎉", "new\nline", "tab\tx", "..x", "x..", "$(x)", "%", "%41", "a=b",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *key = g_strdup_printf ("odd/%s", keys[i]);
      g_autoptr (GPtrArray) items = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;

      g_test_message ("%s", keys[i]);
      api_put (test, key, 10, i);
      items = list (test, "odd/", S3DLIO_LIST_RECURSIVE);
      g_assert_cmpuint (items->len, ==, 1);
      g_assert_cmpstr (s3dlio_object_info_get_uri (items->pdata[0]), ==, api_uri (test, key));

      /* What a list returns can be passed back as it is. */
      bytes = s3dlio_client_get (test->client, s3dlio_object_info_get_uri (items->pdata[0]), NULL, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (bytes, 10, i);
      s3dlio_client_delete (test->client, s3dlio_object_info_get_uri (items->pdata[0]), NULL, NULL, &error);
      g_assert_no_error (error);
    }
}

static void
empty_prefix_is_an_empty_list (ApiTest *test)
{
  g_autoptr (GPtrArray) items = NULL;

  api_put (test, "x", 1, 1);
  items = list (test, "nothing-begins-so", S3DLIO_LIST_RECURSIVE);
  g_assert_cmpuint (items->len, ==, 0);
}

static void
stat_tells_size_time_and_etag (ApiTest *test)
{
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 4711, 1);
  info = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (s3dlio_object_info_get_object_type (info), ==, S3DLIO_OBJECT_TYPE_OBJECT);
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, 4711);
  g_assert_cmpstr (s3dlio_object_info_get_uri (info), ==, api_uri (test, "object"));
  g_assert_nonnull (s3dlio_object_info_get_etag (info));
  g_assert_cmpint (ABS (s3dlio_object_info_get_mtime (info) - g_get_real_time ()), <, 3600 * (gint64) G_USEC_PER_SEC);
}

static void
exists_is_false_only_for_what_is_missing (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 1, 1);
  g_assert_true (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "missing"), NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (s3dlio_client_exists (test->client, "nonsense", NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
}

static void
exists_tells_what_it_cannot_find_out (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  ts_server_add_fault (test->server, "op=HeadObject action=status status=403 code=AccessDenied");
  g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
}

static void
delete_is_of_exactly_one_key (ApiTest *test)
{
  const char *keys[] = { "a", "a.bak", "ab", "a/b", NULL };
  const char *file_keys[] = { "a", "a.bak", "ab", NULL };
  gboolean is_file = g_str_has_prefix (test->root, "file:");
  g_autoptr (GError) error = NULL;

  put_all (test, is_file ? file_keys : keys);
  s3dlio_client_delete (test->client, api_uri (test, "a"), NULL, NULL, &error);
  g_assert_no_error (error);
  assert_list (test, "", S3DLIO_LIST_RECURSIVE, is_file ? "a.bak ab" : "a.bak a/b ab");
}

static void
delete_if_match_spares_another_version (ApiTest *test)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioObjectInfo) old = NULL;
  g_autoptr (S3dlioObjectInfo) new = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "a", 10, 1);
  old = s3dlio_client_stat (test->client, api_uri (test, "a"), NULL, NULL, &error);
  g_assert_no_error (error);
  api_put (test, "a", 11, 2);
  new = s3dlio_client_stat (test->client, api_uri (test, "a"), NULL, NULL, &error);
  g_assert_no_error (error);

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (old));
  g_assert_false (s3dlio_client_delete (test->client, api_uri (test, "a"), options, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
  g_clear_error (&error);
  g_assert_true (s3dlio_client_exists (test->client, api_uri (test, "a"), NULL, NULL, NULL));

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (new));
  for (guint i = 0; i < 2; i++) /* the second time it is gone */
    {
      s3dlio_client_delete (test->client, api_uri (test, "a"), options, NULL, &error);
      g_assert_no_error (error);
      g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "a"), NULL, NULL, NULL));
    }
}

static void
delete_of_what_is_missing_is_no_error (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (s3dlio_client_delete (test->client, api_uri (test, "missing"), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
containers_come_and_go (ApiTest *test)
{
  g_autofree char *container = api_new_container (test);
  g_autofree char *service = g_strndup (container, strrchr (container, '/') - container + 1);
  g_autofree char *object = g_strconcat (container, "/x", NULL);
  g_autoptr (GPtrArray) containers = NULL;
  g_autoptr (GBytes) bytes = api_bytes (1, 1);
  g_autoptr (GError) error = NULL;
  gboolean found = FALSE;

  s3dlio_client_create_container (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);

  containers = s3dlio_client_list_containers (test->client, service, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < containers->len; i++)
    found |= g_str_has_prefix (s3dlio_object_info_get_uri (containers->pdata[i]), container);
  g_assert_true (found);

  s3dlio_client_put (test->client, object, bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (s3dlio_client_delete_container (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
  g_clear_error (&error);

  s3dlio_client_delete (test->client, object, NULL, NULL, &error);
  g_assert_no_error (error);
  s3dlio_client_delete_container (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);

  g_assert_null (s3dlio_client_list (test->client, container, S3DLIO_LIST_NONE, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_delete_container (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
}

static void
wrong_names_are_named (ApiTest *test)
{
  const char *names[] = { "", "nonsense", "ftp://host/x", "s3://", "s3://bucket", "s3:///key", "file://host/x" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = s3dlio_client_get (test->client, names[i], NULL, NULL, &error);

      g_test_message ("%s: %s", names[i], error != NULL ? error->message : "no error");
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_assert_null (bytes);
    }
}

static void
stat_of_a_container_tells_its_type (ApiTest *test)
{
  g_autofree char *container = api_new_container (test);
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (s3dlio_client_stat (test->client, container, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  s3dlio_client_create_container (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);
  info = s3dlio_client_stat (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (s3dlio_object_info_get_object_type (info), ==, S3DLIO_OBJECT_TYPE_CONTAINER);
  g_assert_cmpint (s3dlio_object_info_get_size (info), ==, -1);
  s3dlio_client_delete_container (test->client, container, NULL, NULL, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/list/in-byte-order", API_ANY, lists_are_in_byte_order);
  api_add ("/list/prefix-is-literal", API_ANY, prefix_is_literal);
  api_add ("/list/entries-say-what-they-are", API_ANY, entries_say_what_they_are);
  api_add ("/list/limit-stops-the-list", API_ANY, limit_stops_the_list);
  api_add ("/list/many-keys-come-page-by-page", API_ANY, many_keys_come_page_by_page);
  api_add ("/list/odd-keys-come-back", API_ANY, odd_keys_come_back);
  api_add ("/list/empty-prefix-is-an-empty-list", API_ANY, empty_prefix_is_an_empty_list);
  api_add ("/stat/tells-size-time-and-etag", API_ANY, stat_tells_size_time_and_etag);
  api_add ("/exists/is-false-only-for-what-is-missing", API_ANY, exists_is_false_only_for_what_is_missing);
  api_add ("/exists/tells-what-it-cannot-find-out", API_SERVER, exists_tells_what_it_cannot_find_out);
  api_add ("/delete/is-of-exactly-one-key", API_ANY, delete_is_of_exactly_one_key);
  api_add ("/delete/if-match-spares-another-version", API_ANY, delete_if_match_spares_another_version);
  api_add ("/delete/of-what-is-missing-is-no-error", API_ANY, delete_of_what_is_missing_is_no_error);
  api_add ("/containers/come-and-go", API_CONTAINERS, containers_come_and_go);
  api_add ("/uri/wrong-names-are-named", API_ANY, wrong_names_are_named);
  api_add ("/stat/of-a-container-tells-its-type", API_CONTAINERS, stat_of_a_container_tells_its_type);

  return api_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of deletions share: keys to delete, what the caller is told of them, and what is left. */

#include "config.h"

#include "delete-fixture.h"

static void
on_deleted (const char *uri, const GError *error, gpointer data)
{
  Told *told = data;

  g_assert_true (g_thread_self () == told->thread);
  g_assert_true (g_hash_table_insert (told->errors, g_strdup (uri), error != NULL ? g_error_copy (error) : NULL));
}

static void
free_error (gpointer error)
{
  g_clear_error ((GError **) &error);
}

void
told_init (Told *told)
{
  *told = (Told){ .thread = g_thread_self () };
  told->errors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_error);
  told->options = s3dlio_options_new ();
  s3dlio_options_set_deleted (told->options, on_deleted, told, NULL);
}

void
told_clear (Told *told)
{
  g_hash_table_unref (told->errors);
  s3dlio_options_unref (told->options);
}

void
assert_told (ApiTest *test, const Told *told, const char *key, int code)
{
  gpointer error = NULL;

  g_assert_true (g_hash_table_lookup_extended (told->errors, api_uri (test, key), NULL, &error));
  if (code < 0)
    g_assert_null (error);
  else
    g_assert_error ((GError *) error, S3DLIO_ERROR, code);
}

/* The URIs of @keys, NULL-terminated. */
GPtrArray *
uris_of (ApiTest *test, const char *const *keys)
{
  GPtrArray *uris = g_ptr_array_new ();

  for (; *keys != NULL; keys++)
    g_ptr_array_add (uris, (char *) api_uri (test, *keys));
  g_ptr_array_add (uris, NULL);
  return uris;
}

gboolean
delete_many (ApiTest *test, S3dlioClient *client, const char *const *keys, Told *told, GError **error)
{
  g_autoptr (GPtrArray) uris = uris_of (test, keys);

  return s3dlio_client_delete_many (client, (const char *const *) uris->pdata, told->options, &told->deleted,
                                    &told->failed, NULL, error);
}

gboolean
delete_prefix (ApiTest *test, const char *key, Told *told, GError **error)
{
  return s3dlio_client_delete_prefix (test->client, api_uri (test, key), told->options, &told->deleted, &told->failed,
                                      NULL, error);
}

void
put_all (ApiTest *test, const char *const *keys)
{
  for (; *keys != NULL; keys++)
    api_put (test, *keys, 0, 0);
}

/* "%s%05u" of 0 to n-1, ended by NULL. */
char **
numbered (const char *prefix, guint n)
{
  char **keys = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    keys[i] = g_strdup_printf ("%s%05u", prefix, i);
  return keys;
}

void
put_numbered (ApiTest *test, char **keys)
{
  put_all (test, (const char *const *) keys);
  if (test->server != NULL)
    api_forget (test);
}

/* @expected: the keys that are left, in byte order, ended by NULL. */
void
assert_left (ApiTest *test, const char *const *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = s3dlio_client_list (test->client, test->root, S3DLIO_LIST_RECURSIVE, NULL, NULL,
                                                    &error);
  guint n = 0;

  /* Of files, the directory itself may have gone. */
  if (g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND) && *expected == NULL)
    return;

  g_assert_no_error (error);
  for (; *expected != NULL; expected++, n++)
    {
      g_assert_cmpuint (n, <, items->len);
      g_assert_cmpstr (s3dlio_object_info_get_uri (items->pdata[n]), ==, api_uri (test, *expected));
    }
  g_assert_cmpuint (items->len, ==, n);
}

gboolean
is_file (ApiTest *test)
{
  return g_str_has_prefix (test->root, "file:");
}

void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

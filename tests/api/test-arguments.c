/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is given that nobody should give, and what is odd but good: no crash, no hang, nothing deleted, and an error
 * that says what was wrong. */

#include "config.h"

#include "api-fixture.h"

#include <string.h>

/* ---- What bindings cannot give ---- */

static void
never (GObject *source, GAsyncResult *result, gpointer data)
{
  g_assert_not_reached ();
}

#define REFUSED(words, call) \
  G_STMT_START \
  { \
    g_test_expect_message ("s3dlio", G_LOG_LEVEL_CRITICAL, "*" words "*"); \
    call; \
    g_test_assert_expected_messages (); \
  } \
  G_STMT_END

static void
null_is_refused_aloud (ApiTest *test)
{
  const char *uri = api_uri (test, "object");
  const char *uris[] = { uri, NULL };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  gsize index;

  REFUSED ("S3DLIO_IS_CLIENT", g_assert_null (s3dlio_client_get (NULL, uri, NULL, NULL, NULL)));
  REFUSED ("S3DLIO_IS_CLIENT", g_assert_null (s3dlio_client_get_many (NULL, uris, NULL, NULL, NULL)));
  REFUSED ("S3DLIO_IS_CLIENT", g_assert_false (s3dlio_client_delete_many (NULL, uris, NULL, NULL, NULL, NULL, NULL)));
  REFUSED ("text != NULL", g_assert_null (s3dlio_client_get (test->client, NULL, NULL, NULL, NULL)));
  REFUSED ("text != NULL", s3dlio_client_get_async (test->client, NULL, NULL, NULL, never, NULL));
  REFUSED ("bytes != NULL", g_assert_false (s3dlio_client_put (test->client, uri, NULL, NULL, NULL, NULL, NULL)));
  REFUSED ("G_IS_INPUT_STREAM",
           g_assert_false (s3dlio_client_put_stream (test->client, uri, NULL, NULL, NULL, NULL, NULL)));
  REFUSED ("path != NULL", g_assert_false (s3dlio_client_put_file (test->client, uri, NULL, NULL, NULL, NULL, NULL)));
  REFUSED ("path != NULL", g_assert_false (s3dlio_client_get_to_file (test->client, uri, NULL, NULL, NULL, NULL)));
  REFUSED ("uris != NULL", g_assert_null (s3dlio_client_get_many (test->client, NULL, NULL, NULL, NULL)));
  REFUSED ("bytes != NULL", g_assert_null (s3dlio_client_put_many (test->client, uris, NULL, NULL, NULL, NULL)));
  REFUSED ("uris != NULL",
           g_assert_false (s3dlio_client_delete_many (test->client, NULL, NULL, NULL, NULL, NULL, NULL)));
  REFUSED ("batch != NULL", g_assert_false (s3dlio_batch_next (NULL, &index, NULL, NULL)));
  REFUSED ("offsets != NULL", s3dlio_options_set_ranges (options, NULL, NULL, 2));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* ---- Wrong, and named ---- */

typedef GInputStream SilentStream;
typedef GInputStreamClass SilentStreamClass;
static GType silent_stream_get_type (void);
G_DEFINE_TYPE (SilentStream, silent_stream, G_TYPE_INPUT_STREAM)

static gssize
fail_silently (GInputStream *stream, void *buffer, gsize size, GCancellable *cancellable, GError **error)
{
  return -1;
}

static void
silent_stream_class_init (SilentStreamClass *klass)
{
  klass->read_fn = fail_silently;
}

static void
silent_stream_init (SilentStream *stream)
{
}

/* As one in Python does that returns -1. */
static void
stream_that_fails_without_an_error_is_named (ApiTest *test)
{
  g_autoptr (GInputStream) stream = g_object_new (silent_stream_get_type (), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_put_stream (test->client, api_uri (test, "x"), stream, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "the stream"));
}

static void
empty_path_is_named (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 10, 1);
  g_assert_false (s3dlio_client_put_file (test->client, api_uri (test, "object"), "", NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "path"));
  g_clear_error (&error);
  g_assert_false (s3dlio_client_get_to_file (test->client, api_uri (test, "object"), "", NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
}

/* A DELETE without the id is one of the object. */
static void
empty_upload_id_deletes_nothing (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 10, 1);
  g_assert_false (s3dlio_client_abort_upload (test->client, api_uri (test, "object"), "", NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_true (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
}

/* Bindings make text of messages, and fail where they are none. */
static void
names_that_are_no_text_are_told_as_text (ApiTest *test)
{
  g_autofree char *uri = g_strconcat (test->root, "bad\xff", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (s3dlio_client_get (test->client, uri, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_clear_error (&error);

  g_assert_false (s3dlio_client_put_file (test->client, api_uri (test, "x"), api_path (test, "missing\xff"), NULL, NULL,
                                          NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
stride_that_nothing_has_is_named (ApiTest *test)
{
  const char *uris[] = { api_uri (test, "a"), api_uri (test, "b"), NULL };
  guint8 buffer[2];
  g_autoptr (GError) error = NULL;

  g_assert_null (s3dlio_client_get_many_into (test->client, uris, buffer, G_MAXSIZE / 2 + 1, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
}

/* A newline would make a header of its own of what follows. */
static void
headers_are_not_injected (ApiTest *test)
{
  const char *names[] = { S3DLIO_OPTION_CONTENT_TYPE, S3DLIO_OPTION_CONTENT_ENCODING, S3DLIO_OPTION_CONTENT_LANGUAGE,
                          S3DLIO_OPTION_CONTENT_DISPOSITION, S3DLIO_OPTION_CACHE_CONTROL,
                          S3DLIO_OPTION_STORAGE_CLASS, S3DLIO_OPTION_IF_MATCH };
  const char *values[] = { "a\r\nx-amz-meta-injected: 1", "a\nb", "a\rb", "\xff" };
  const char *bad_names[] = { "", "a b", "a:", "a\r\nb", "na\xc3\xafve" };
  g_autoptr (GBytes) bytes = api_bytes (1, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    for (gsize k = 0; k <= G_N_ELEMENTS (names); k++)
      {
        g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
        g_autoptr (GError) error = NULL;

        if (k < G_N_ELEMENTS (names))
          s3dlio_options_set_string (options, names[k], values[i]);
        else
          s3dlio_options_set_metadata (options, "name", values[i]);
        g_assert_false (s3dlio_client_put (test->client, api_uri (test, "x"), bytes, options, NULL, NULL, &error));
        g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
        g_assert_nonnull (strstr (error->message, k < G_N_ELEMENTS (names) ? names[k] : "'name'"));
      }

  for (gsize i = 0; i < G_N_ELEMENTS (bad_names); i++)
    {
      g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
      g_autoptr (GError) error = NULL;

      s3dlio_options_set_metadata (options, bad_names[i], "value");
      g_assert_false (s3dlio_client_put (test->client, api_uri (test, "x"), bytes, options, NULL, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
    }
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, NULL), ==, 0);
}

/* ---- Odd, and good ---- */

static void
odd_metadata_comes_back (ApiTest *test)
{
  const struct
  {
    const char *name, *value;
  } odd[] = {
    { "ca-se", "X" },      { "dot.ted", "1" },          { "umlaut", "gr\xc3\xbcn" },
    { "blanks", "  a  " }, { "word", "=?UTF-8?Q?a?=" }, { "percent", "%41" },
    { "empty", "" },       { "quote", "\"a\\b\"" },
  };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GBytes) bytes = api_bytes (1, 1);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    s3dlio_options_set_metadata (options, odd[i].name, odd[i].value);
  s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
  info = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    g_assert_cmpstr (s3dlio_object_info_get_metadata (info, odd[i].name), ==, odd[i].value);
}

/* The transport sends no header that holds nothing; it must not be signed either. */
static void
headers_of_blanks_are_none (ApiTest *test)
{
  const char *values[] = { "", " ", "  a  " };
  g_autoptr (GBytes) bytes = api_bytes (1, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
      g_autoptr (GError) error = NULL;

      s3dlio_options_set_string (options, S3DLIO_OPTION_CACHE_CONTROL, values[i]);
      s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_LANGUAGE, values[i]);
      s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
      g_assert_no_error (error);
    }
}

/* As long as S3 allows, and one byte more. */
static void
longest_keys_are_kept (ApiTest *test)
{
  const char *key = strchr (strstr (test->root, "://") + 3, '/') + 1;
  g_autofree char *rest = NULL;
  g_autoptr (GBytes) bytes = api_bytes (7, 1);
  g_autoptr (GBytes) back = NULL;
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GError) error = NULL;
  const char *uris[2] = { NULL };
  gsize length;

  if (g_str_has_prefix (key, "suite/")) /* behind an endpoint */
    key += strlen ("suite/");
  length = 1024 - strlen (key);
  rest = g_strnfill (length + 1, 'k');
  if (test->server != NULL)
    {
      g_assert_false (s3dlio_client_put (test->client, api_uri (test, rest), bytes, NULL, NULL, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_clear_error (&error);
    }
  rest[length] = '\0';
  uris[0] = api_uri (test, rest);
  s3dlio_client_put (test->client, uris[0], bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  back = s3dlio_client_get (test->client, uris[0], NULL, NULL, &error);
  g_assert_no_error (error);
  api_assert_pattern (back, 7, 1);
  items = s3dlio_client_list (test->client, test->root, S3DLIO_LIST_RECURSIVE, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 1);
  g_assert_cmpstr (s3dlio_object_info_get_uri (items->pdata[0]), ==, uris[0]);
  s3dlio_client_delete_many (test->client, uris, NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (s3dlio_client_exists (test->client, uris[0], NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
deleted_twice_is_gone (ApiTest *test)
{
  const char *uris[] = { api_uri (test, "a"), api_uri (test, "b"), api_uri (test, "a"), NULL };
  g_autoptr (GError) error = NULL;
  guint64 n_deleted = 0, n_failed = 1;

  api_put (test, "a", 1, 1);
  api_put (test, "b", 1, 1);
  g_assert_true (s3dlio_client_delete_many (test->client, uris, NULL, &n_deleted, &n_failed, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_deleted, ==, 3);
  g_assert_cmpuint (n_failed, ==, 0);
  g_assert_false (s3dlio_client_exists (test->client, uris[0], NULL, NULL, &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/arguments/null-is-refused-aloud", API_SLOW, null_is_refused_aloud);
  api_add ("/arguments/stream-that-fails-without-an-error-is-named", API_SLOW,
           stream_that_fails_without_an_error_is_named);
  api_add ("/arguments/empty-path-is-named", API_ANY, empty_path_is_named);
  api_add ("/arguments/empty-upload-id-deletes-nothing", API_ANY, empty_upload_id_deletes_nothing);
  api_add ("/arguments/names-that-are-no-text-are-told-as-text", API_ANY, names_that_are_no_text_are_told_as_text);
  api_add ("/arguments/stride-that-nothing-has-is-named", API_ANY, stride_that_nothing_has_is_named);
  api_add ("/arguments/headers-are-not-injected", API_ANY, headers_are_not_injected);
  api_add ("/arguments/odd-metadata-comes-back", API_CONTAINERS, odd_metadata_comes_back);
  api_add ("/arguments/headers-of-blanks-are-none", API_ANY, headers_of_blanks_are_none);
  api_add ("/arguments/longest-keys-are-kept", API_CONTAINERS, longest_keys_are_kept);
  api_add ("/arguments/deleted-twice-is-gone", API_ANY, deleted_twice_is_gone);

  return api_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a copy inside a service promises when it goes in parts: one version of the source, whole and with its
 * attributes, or nothing at all. Amazon S3 holds every part to that version; of others a second look at the source,
 * when all parts are there, must find what the first one did.
 *
 * Our own server is Amazon's where it is asked as a proxy. */

#include "config.h"

#include "api-fixture.h"

#include <string.h>

#define MIB (1024 * 1024)
#define THRESHOLD "multipart-copy-threshold=16Mi"
#define SIZE (40 * MIB + 7)
#define N_PARTS 6
#define AMAZON "endpoint-url=http://s3.us-east-1.amazonaws.com"

static TestServer *amazon;

/* A service that copies in parts, with a source. */
typedef struct
{
  TestServer *server;
  S3dlioClient *client;
  const char *from, *to; /* URIs */
  const char *key;       /* of the source */
  gboolean conditions;   /* are sent with the parts */
} Place;

static void
place_clear (Place *place)
{
  g_clear_object (&place->client);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static void
place_init (Place *place, ApiTest *test, gboolean is_amazon)
{
  const char *key = strstr (api_uri (test, "source"), "/suite/") + strlen ("/suite/");

  *place = (Place){ .server = is_amazon ? amazon : test->server, .key = key, .conditions = is_amazon };
  place->client = api_client_with (test, THRESHOLD, is_amazon ? AMAZON : NULL, NULL);
  place->from = is_amazon ? "s3://suite/source" : api_uri (test, "source");
  place->to = is_amazon ? "s3://suite/copy" : api_uri (test, "copy");
  if (is_amazon)
    place->key = "source";
  ts_server_clear_faults (place->server);
  ts_server_remove_object (place->server, "suite", is_amazon ? "copy" : "-");
  ts_server_put_pattern (place->server, "suite", place->key, SIZE, 1);
  ts_server_reset_ledger (place->server);
}

static void
assert_copy (S3dlioClient *client, const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (client, uri, NULL, NULL, &error);

  g_assert_no_error (error);
  api_assert_pattern (bytes, SIZE, 1);
}

static void
copy_of_key_is_the_same (ApiTest *test, const char *key)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, THRESHOLD, NULL);
  const char *from = api_uri (test, key), *to = api_uri (test, "copy");
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GBytes) bytes = api_bytes (SIZE, 1);
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, "text/x-test");
  s3dlio_options_set_metadata (options, "colour", "dark blue, grün");
  s3dlio_client_put (test->client, from, bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);

  s3dlio_client_copy (client, from, to, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_copy (client, to);
  info = s3dlio_client_stat (client, to, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "content-type"), ==, "text/x-test");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "colour"), ==, "dark blue, grün");
  g_assert_cmpint (strlen (strchr (s3dlio_object_info_get_etag (info), '-')), ==, 2);
}

static void
is_the_same (ApiTest *test)
{
  copy_of_key_is_the_same (test, "a b+&=~'()[]!*;:@$,?#grün/source");
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, "UploadPartCopy"), ==, N_PARTS);
}

/* Ceph 16 decodes the name of a part's source twice: the first of these keys is that of the second to it, and the third
 * one ends its process. So of such keys no parts are copied by anyone but Amazon. */
static void
of_keys_that_decode_twice_is_the_same (ApiTest *test)
{
  static const char *const keys[] = { "x%41", "a%/b", "100%" };

  api_put (test, "xA", SIZE, 2);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    copy_of_key_is_the_same (test, keys[i]);
  if (test->server != NULL)
    g_assert_cmpuint (api_count (test, "UploadPartCopy"), ==, 0);
}

/* The same names for a copy in one step, which are decoded once. */
static void
of_small_keys_is_the_same (ApiTest *test)
{
  static const char *const keys[] = { "x%41", "a%/b", "100%", "a b+&=~'()[]!*;:@$,?#grün/source" };

  api_put (test, "xA", 10, 9);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;

      api_put (test, keys[i], 10, i);
      s3dlio_client_copy (test->client, api_uri (test, keys[i]), api_uri (test, "copy"), NULL, NULL, &error);
      g_assert_no_error (error);
      bytes = s3dlio_client_get (test->client, api_uri (test, "copy"), NULL, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (bytes, 10, i);
    }
}

static void
is_looks_and_its_parts (ApiTest *test)
{
  for (guint is_amazon = 0; is_amazon < 2; is_amazon++)
    {
      g_auto (Place) place = { NULL };
      g_autoptr (GPtrArray) parts = NULL;
      g_autoptr (GError) error = NULL;
      guint looks = is_amazon ? 1 : 2;

      place_init (&place, test, is_amazon);
      s3dlio_client_copy (place.client, place.from, place.to, NULL, NULL, &error);
      g_assert_no_error (error);
      parts = ts_server_get_requests (place.server, "UploadPartCopy");
      g_assert_cmpuint (parts->len, ==, N_PARTS);
      g_assert_cmpuint (ts_server_count (place.server, "HeadObject"), ==, looks);
      g_assert_cmpuint (ts_server_count (place.server, NULL), ==, N_PARTS + 2 + looks);
      for (guint i = 0; i < parts->len; i++)
        {
          g_assert_true ((ts_request_get_header (parts->pdata[i], "x-amz-copy-source-if-match") != NULL)
                         == place.conditions);
          g_assert_null (ts_request_get_header (parts->pdata[i], "x-amz-copy-if-match"));
        }
      assert_copy (place.client, place.to);
    }
}

static void
needs_no_look_without_a_threshold (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  api_put (test, "object", SIZE, 1);
  api_forget (test);
  s3dlio_client_copy (test->client, api_uri (test, "object"), api_uri (test, "copy"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (api_count (test, "CopyObject"), ==, 1);
  g_assert_cmpuint (api_count (test, NULL), ==, 1);
}

/* It fails with @code, and neither an object nor an upload is there. */
static void
assert_fails (Place *place, S3dlioError code, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_copy (place->client, place->from, place->to, NULL, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, S3DLIO_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, word));
  g_clear_error (&error);
  g_assert_cmpuint (ts_server_count (place->server, "CompleteMultipartUpload"), ==, 0);
  g_assert_cmpuint (ts_server_count (place->server, "AbortMultipartUpload"), ==, 1);
  g_assert_cmpuint (ts_server_count_uploads (place->server, NULL), ==, 0);
  g_assert_false (s3dlio_client_exists (place->client, place->to, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
that_fails_leaves_nothing (ApiTest *test)
{
  for (guint is_amazon = 0; is_amazon < 2; is_amazon++)
    {
      g_auto (Place) place = { NULL };

      place_init (&place, test, is_amazon);
      ts_server_add_fault (place.server, "op=UploadPartCopy nth=3- action=status status=403 code=AccessDenied");
      assert_fails (&place, S3DLIO_ERROR_DENIED, "AccessDenied");
    }
}

static gpointer
change_source (gpointer data)
{
  Place *place = data;

  g_assert_true (ts_server_wait_held (place->server, 1, 30000));
  ts_server_put_pattern (place->server, "suite", place->key, SIZE, 2);
  ts_server_release (place->server);
  return NULL;
}

static void
of_a_source_that_changes_leaves_nothing (ApiTest *test)
{
  for (guint is_amazon = 0; is_amazon < 2; is_amazon++)
    {
      g_auto (Place) place = { NULL };
      GThread *thread;

      place_init (&place, test, is_amazon);
      ts_server_add_fault (place.server, "op=UploadPartCopy nth=3 action=hold");
      thread = g_thread_new ("change", change_source, &place);
      assert_fails (&place, S3DLIO_ERROR_PRECONDITION, is_amazon ? "PreconditionFailed" : "changed while it was");
      g_thread_join (thread);
    }
}

/* The same bytes and so the same ETag; but between them there may have been others. */
static void
of_a_source_that_was_written_again_leaves_nothing (ApiTest *test)
{
  g_auto (Place) place = { NULL };

  place_init (&place, test, FALSE);
  ts_server_add_fault (place.server, "op=HeadObject nth=2 action=header name=Last-Modified "
                                     "value='Fri, 01 Jan 2100 00:00:00 GMT'");
  assert_fails (&place, S3DLIO_ERROR_PRECONDITION, "changed while it was copied");
}

static void
of_a_source_that_goes_leaves_nothing (ApiTest *test)
{
  g_auto (Place) place = { NULL };

  place_init (&place, test, FALSE);
  ts_server_add_fault (place.server, "op=HeadObject nth=2 action=status status=404");
  assert_fails (&place, S3DLIO_ERROR_NOT_FOUND, "source");
}

int
main (int argc, char **argv)
{
  const TestServerOptions options = { .buckets = "suite", .etag_mode = TS_ETAG_FAST };
  int status;

  g_test_init (&argc, &argv, NULL);
  amazon = ts_server_new (&options);
  g_setenv ("http_proxy", ts_server_get_url (amazon), TRUE);
  g_setenv ("no_proxy", "127.0.0.1,localhost", TRUE);

  api_add ("/copy-parts/is-the-same", API_CONTAINERS, is_the_same);
  api_add ("/copy-parts/of-keys-that-decode-twice-is-the-same", API_CONTAINERS, of_keys_that_decode_twice_is_the_same);
  api_add ("/copy-parts/of-small-keys-is-the-same", API_ANY, of_small_keys_is_the_same);
  api_add ("/copy-parts/is-looks-and-its-parts", API_SERVER, is_looks_and_its_parts);
  api_add ("/copy-parts/needs-no-look-without-a-threshold", API_SERVER, needs_no_look_without_a_threshold);
  api_add ("/copy-parts/that-fails-leaves-nothing", API_SERVER, that_fails_leaves_nothing);
  api_add ("/copy-parts/of-a-source-that-changes-leaves-nothing", API_SERVER, of_a_source_that_changes_leaves_nothing);
  api_add ("/copy-parts/of-a-source-written-again-leaves-nothing", API_SERVER,
           of_a_source_that_was_written_again_leaves_nothing);
  api_add ("/copy-parts/of-a-source-that-goes-leaves-nothing", API_SERVER, of_a_source_that_goes_leaves_nothing);

  status = api_run ();
  ts_server_free (amazon);
  return status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What copying promises: the same bytes and the same attributes, wherever source and target lie, in as few requests as
 * can be, from one version of the source, and nothing left behind when it fails. */

#include "config.h"

#include "api-fixture.h"

#include <string.h>

#define MIB (1024 * 1024)
#define THRESHOLD (16 * MIB) /* multipart-threshold */

static void
put_with_attributes (S3dlioClient *client, const char *uri, gsize size)
{
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GBytes) bytes = api_bytes (size, 1);
  g_autoptr (GError) error = NULL;

  s3dlio_options_set_string (options, S3DLIO_OPTION_CONTENT_TYPE, "text/x-test");
  s3dlio_options_set_string (options, S3DLIO_OPTION_CACHE_CONTROL, "no-cache");
  s3dlio_options_set_metadata (options, "colour", "dark blue, grün");
  s3dlio_client_put (client, uri, bytes, options, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_attributes (S3dlioClient *client, const char *uri)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioObjectInfo) info = s3dlio_client_stat (client, uri, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "content-type"), ==, "text/x-test");
  g_assert_cmpstr (s3dlio_object_info_get_attribute (info, "cache-control"), ==, "no-cache");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "colour"), ==, "dark blue, grün");
}

static void
copy (S3dlioClient *client, const char *from, const char *to)
{
  g_autoptr (GError) error = NULL;

  s3dlio_client_copy (client, from, to, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_pattern (S3dlioClient *client, const char *uri, gsize size, guint32 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (client, uri, NULL, NULL, &error);

  g_assert_no_error (error);
  api_assert_pattern (bytes, size, seed);
}

static void
between_stores_of_any_size (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, THRESHOLD, THRESHOLD + 1, 26 * MIB + 3 };

  api_make_elsewhere (test);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      api_put (test, "source", sizes[i], i);
      copy (test->client, api_uri (test, "source"), API_ELSEWHERE "/there");
      copy (test->client, API_ELSEWHERE "/there", api_uri (test, "back"));
      assert_pattern (test->client, api_uri (test, "back"), sizes[i], i);
    }
}

static void
attributes_go_between_stores (ApiTest *test)
{
  const gsize sizes[] = { 0, 10, 20 * MIB };

  api_make_elsewhere (test);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      put_with_attributes (test->client, api_uri (test, "source"), sizes[i]);
      copy (test->client, api_uri (test, "source"), API_ELSEWHERE "/there");
      assert_attributes (test->client, API_ELSEWHERE "/there");
      copy (test->client, API_ELSEWHERE "/there", api_uri (test, "back"));
      assert_attributes (test->client, api_uri (test, "back"));
    }
}

static void
no_clobber_holds_between_stores (ApiTest *test)
{
  const gsize sizes[] = { 10, 20 * MIB };

  api_make_elsewhere (test);
  api_put (test, "there", 100, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
      g_autoptr (GError) error = NULL;

      put_with_attributes (test->client, API_ELSEWHERE "/source", sizes[i]);
      s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
      g_assert_false (
          s3dlio_client_copy (test->client, API_ELSEWHERE "/source", api_uri (test, "there"), options, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
      assert_pattern (test->client, api_uri (test, "there"), 100, 3);
    }
}

/* A further server, and the URI of an object there. */
static TestServer *
new_other_server (char **uri)
{
  const TestServerOptions options = { .buckets = "other", .etag_mode = TS_ETAG_FAST };
  TestServer *server = ts_server_new (&options);

  *uri = g_strdup_printf ("s3://127.0.0.1:%u/other/object", ts_server_get_port (server));
  return server;
}

static void
between_endpoints_each_byte_travels_once (ApiTest *test)
{
  g_autofree char *uri = NULL;
  g_autoptr (TestServer) other = new_other_server (&uri);

  put_with_attributes (test->client, api_uri (test, "small"), THRESHOLD);
  put_with_attributes (test->client, api_uri (test, "large"), 100 * MIB);
  api_forget (test);

  copy (test->client, api_uri (test, "small"), uri);
  g_assert_cmpuint (api_count (test, NULL), ==, api_count (test, "GetObject"));
  g_assert_cmpuint (api_count (test, "GetObject"), <=, 2);
  g_assert_cmpuint (ts_server_count (other, NULL), ==, 1);
  assert_attributes (test->client, uri);

  api_forget (test);
  ts_server_reset_ledger (other);
  copy (test->client, api_uri (test, "large"), uri);
  g_assert_cmpuint (api_count (test, NULL), ==, api_count (test, "GetObject"));
  g_assert_cmpuint (api_count (test, "GetObject"), <=, 14);
  g_assert_cmpuint (ts_server_count (other, NULL), ==, ts_server_count (other, "UploadPart") + 2);
  g_assert_cmpuint (ts_server_max_in_flight (other, "UploadPart"), <=, 8);
  assert_attributes (test->client, uri);
  assert_pattern (test->client, uri, 100 * MIB, 1);
}

static void
broken_source_goes_on (ApiTest *test)
{
  g_autofree char *uri = NULL;
  g_autoptr (TestServer) other = new_other_server (&uri);

  api_put (test, "object", 60 * MIB, 4);
  ts_server_add_fault (test->server, "op=GetObject nth=3- count=4 action=reset after=1M");
  copy (test->client, api_uri (test, "object"), uri);
  assert_pattern (test->client, uri, 60 * MIB, 4);
}

/* The copy fails with @code, and neither an object nor an upload is there afterwards. */
static void
assert_fails (ApiTest *test, const char *from, const char *to, TestServer *target, S3dlioError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_copy (test->client, from, to, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, (int) code);
  g_clear_error (&error);
  g_assert_cmpuint (ts_server_count_uploads (target, NULL), ==, 0);
  g_assert_false (s3dlio_client_exists (test->client, to, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
changed_source_fails_and_leaves_nothing (ApiTest *test)
{
  g_autofree char *uri = NULL;
  g_autoptr (TestServer) other = new_other_server (&uri);

  api_put (test, "object", 60 * MIB, 4);
  ts_server_add_fault (test->server, "op=GetObject nth=4 action=overwrite");
  assert_fails (test, api_uri (test, "object"), uri, other, S3DLIO_ERROR_PRECONDITION);
}

static void
failed_part_leaves_nothing (ApiTest *test)
{
  g_autofree char *uri = NULL;
  g_autoptr (TestServer) other = new_other_server (&uri);

  api_put (test, "object", 60 * MIB, 4);
  ts_server_add_fault (other, "op=UploadPart nth=3- action=status status=403 code=AccessDenied");
  assert_fails (test, api_uri (test, "object"), uri, other, S3DLIO_ERROR_DENIED);
}

static void
cancelled_leaves_nothing (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *uri = NULL;
  g_autoptr (TestServer) other = new_other_server (&uri);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  api_put (test, "object", 60 * MIB, 4);
  ts_server_add_fault (test->server, "op=GetObject nth=4- action=hold");
  thread = api_cancel_when_held (test, 2, cancellable);
  g_assert_false (s3dlio_client_copy (test->client, api_uri (test, "object"), uri, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  ts_server_release (test->server);
  g_assert_cmpuint (ts_server_count_uploads (other, NULL), ==, 0);
}

static void
if_match_is_of_the_source (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "multipart-copy-threshold=16Mi", NULL);
  const gsize sizes[] = { 10, 20 * MIB };

  api_make_elsewhere (test);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const char *targets[] = { API_ELSEWHERE "/there", api_uri (test, "copy") };

      api_put (test, "object", sizes[i], 1);
      for (gsize k = 0; k < G_N_ELEMENTS (targets); k++)
        {
          g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
          g_autoptr (GError) error = NULL;

          s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "0123456789abcdef0123456789abcdef");
          g_assert_false (s3dlio_client_copy (client, api_uri (test, "object"), targets[k], options, NULL, &error));
          g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);

          g_clear_error (&error);
          s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "*");
          s3dlio_client_copy (client, api_uri (test, "object"), targets[k], options, NULL, &error);
          g_assert_no_error (error);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/copy/between-stores-of-any-size", API_ANY, between_stores_of_any_size);
  api_add ("/copy/attributes-go-between-stores", API_CONTAINERS, attributes_go_between_stores);
  api_add ("/copy/no-clobber-holds-between-stores", API_ANY, no_clobber_holds_between_stores);
  api_add ("/copy/if-match-is-of-the-source", API_CONTAINERS, if_match_is_of_the_source);
  api_add ("/copy/between-endpoints-each-byte-travels-once", API_SERVER, between_endpoints_each_byte_travels_once);
  api_add ("/copy/broken-source-goes-on", API_SERVER, broken_source_goes_on);
  api_add ("/copy/changed-source-fails-and-leaves-nothing", API_SERVER, changed_source_fails_and_leaves_nothing);
  api_add ("/copy/failed-part-leaves-nothing", API_SERVER, failed_part_leaves_nothing);
  api_add ("/copy/cancelled-leaves-nothing", API_SERVER, cancelled_leaves_nothing);

  return api_run ();
}

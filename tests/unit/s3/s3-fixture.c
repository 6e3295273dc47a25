/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An S3 store against the server in process. An op's completion comes on a thread of the library's; a test waits
 * for it with a condition, and with a bound, so that a completion which never comes is a failure and no hang. */

#include "config.h"

#include "s3-fixture.h"

#include <string.h>

#define PATIENCE (60 * G_USEC_PER_SEC)
#define MAX_OBJECT (64 * 1024 * 1024)

static GMutex lock;
static GCond ended;

void
fixture_open (Fixture *fixture, const TestServerOptions *options, const char *settings_text)
{
  TestServerOptions all = options != NULL ? *options : (TestServerOptions){ 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  if (all.buckets == NULL)
    all.buckets = "bucket";
  fixture->server = ts_server_new (&all);
  s3dlio_config_set_from_string (config, "access-key-id", TS_ACCESS_KEY, &error);
  g_assert_no_error (error);
  s3dlio_config_set_from_string (config, "secret-access-key", TS_SECRET_KEY, &error);
  g_assert_no_error (error);
  if (all.session_token != NULL)
    s3dlio_config_set_from_string (config, "session-token", all.session_token, &error);
  if (all.tls)
    {
      s3dlio_config_set_from_string (config, "ca-bundle", ts_server_get_ca_file (fixture->server), &error);
      s3dlio_config_set_from_string (config, "endpoint-url", ts_server_get_tls_url (fixture->server), &error);
    }
  g_auto (GStrv) lines = g_strsplit (settings_text != NULL ? settings_text : "", ";", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) pair = g_strsplit (lines[i], "=", 2);
      s3dlio_config_set_from_string (config, pair[0], pair[1], &error);
      g_assert_no_error (error);
    }
  fixture->settings = s3d_settings_new (config, &error);
  g_assert_no_error (error);
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, "bucket/");
  fixture->store = s3d_s3_store_open (uri, fixture->settings, &error);
  g_assert_no_error (error);
}

void
fixture_close (Fixture *fixture)
{
  g_clear_pointer (&fixture->store, s3d_store_unref);
  g_clear_pointer (&fixture->settings, s3d_settings_unref);
  g_clear_pointer (&fixture->server, ts_server_free);
}

void
fixture_set_up (Fixture *fixture, gconstpointer settings_text)
{
  const TestServerOptions options = { .min_part_size = 1 };
  fixture_open (fixture, &options, settings_text);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer settings_text)
{
  fixture_close (fixture);
}

void
fixture_put (Fixture *fixture, const char *key, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  ts_server_put_object (fixture->server, "bucket", key, bytes);
}

S3dlioUri *
fixture_uri (Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  if (fixture->settings != NULL && fixture->settings->endpoint_url != NULL)
    text = g_strconcat ("s3://", path, NULL);
  else
    text = g_strdup_printf ("s3://127.0.0.1:%u/%s", ts_server_get_port (fixture->server), path);
  S3dlioUri *uri = s3dlio_uri_parse (text, &error);
  g_assert_no_error (error);
  return uri;
}

static void
on_done (S3dOp *op, gpointer data)
{
  g_mutex_lock (&lock);
  op->done_data = op; /* marks it */
  g_cond_broadcast (&ended);
  g_mutex_unlock (&lock);
}

S3dOp *
fixture_op (Fixture *fixture, S3dOpKind kind, const char *key)
{
  g_autofree char *path = g_strconcat ("bucket/", key, NULL);
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, path);
  return s3d_op_new (kind, uri, on_done, NULL);
}

void
fixture_start (Fixture *fixture, S3dOp *op)
{
  g_autoptr (GError) error = NULL;
  s3d_store_start (fixture->store, op, &error);
  g_assert_no_error (error);
}

void
fixture_wait (S3dOp *op)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE;
  g_mutex_lock (&lock);
  while (op->done_data == NULL)
    g_assert_true (g_cond_wait_until (&ended, &lock, deadline));
  g_mutex_unlock (&lock);
}

void
fixture_run (Fixture *fixture, S3dOp *op)
{
  fixture_start (fixture, op);
  fixture_wait (op);
}

GBytes *
fixture_read (Fixture *fixture, S3dOp *op)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (MAX_OBJECT);
  op->sink = sink;
  fixture_run (fixture, op);
  op->sink = NULL;
  return op->error == NULL ? s3d_sink_steal_bytes (sink) : NULL;
}

S3dOp *
fixture_write (Fixture *fixture, const char *key, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  S3dOp *op = fixture_op (fixture, S3D_OP_WRITE, key);
  op->source = s3d_source_new_bytes (bytes);
  return op;
}

void
assert_text (GBytes *bytes, const char *text)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

void
assert_stored (Fixture *fixture, const char *key, const char *text)
{
  g_autoptr (GBytes) bytes = ts_server_get_object (fixture->server, "bucket", key);
  assert_text (bytes, text);
}

void
assert_ok (S3dOp *op)
{
  g_assert_no_error (op->error);
}

void
assert_failed (S3dOp *op, S3dlioError code, ...)
{
  va_list words;
  g_assert_error (op->error, S3DLIO_ERROR, (int) code);
  va_start (words, code);
  for (const char *word = va_arg (words, const char *); word != NULL; word = va_arg (words, const char *))
    {
      if (strstr (op->error->message, word) == NULL)
        g_error ("no \"%s\" in \"%s\"", word, op->error->message);
    }
  va_end (words);
  g_assert_null (strstr (op->error->message, TS_SECRET_KEY));
  g_assert_null (strstr (op->error->message, "Signature="));
}

void
assert_sent (Fixture *fixture, const char *operation, const char *header, const char *value)
{
  g_autoptr (GPtrArray) requests = ts_server_get_requests (fixture->server, operation);
  g_assert_cmpuint (requests->len, >, 0);
  const TsRequest *request = g_ptr_array_index (requests, requests->len - 1);
  g_assert_cmpstr (ts_request_get_header (request, header), ==, value);
}

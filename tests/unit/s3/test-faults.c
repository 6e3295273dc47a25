/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes wrong between us and the service: credentials, clocks, regions, overload, cancellation; and TLS. */

#include "config.h"

#include "s3-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE_MS 30000
#define MALFORMED "Malformed"

/* Reads "key"; the op with its end. */
static S3dOp *
read_key (Fixture *fixture)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_READ, "key");
  g_autoptr (GBytes) bytes = fixture_read (fixture, op);
  if (bytes != NULL)
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "text", 4);
  return op;
}

/* As read_key() on a store of its own. */
static S3dOp *
read_with (const TestServerOptions *options, const char *settings, guint *requests)
{
  Fixture fixture = { 0 };
  fixture_open (&fixture, options, settings);
  fixture_put (&fixture, "key", "text");
  S3dOp *op = read_key (&fixture);
  if (requests != NULL)
    *requests = ts_server_count (fixture.server, NULL);
  fixture_close (&fixture);
  return op;
}

/* A portal or a proxy says 200 to anything. */
static void
test_write_without_etag (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "key");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("text", 4);

  ts_server_add_fault (fixture->server, "op=PutObject action=header name=ETag");
  op->source = s3d_source_new_bytes (bytes);
  fixture_run (fixture, op);
  g_assert_error (op->error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
}

static void
test_overload (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "text");
  ts_server_add_fault (fixture->server, "nth=1 action=status status=503 code=SlowDown");
  ts_server_add_fault (fixture->server, "nth=2 action=status status=500 code=InternalError");
  ts_server_add_fault (fixture->server, "nth=3 action=status status=400 code=RequestTimeout");
  ts_server_add_fault (fixture->server, "nth=4 action=reset");
  g_autoptr (S3dOp) op = read_key (fixture);
  assert_ok (op);
  g_assert_cmpuint (op->facts.attempts, ==, 5);
  g_assert_cmpuint (op->facts.throttled, ==, 1);
}

static void
test_overload_lasts (void)
{
  static const struct
  {
    const char *fault;
    S3dlioError code;
    const char *word;
  } cases[] = { { "action=status status=503 code=SlowDown message='Please reduce your request rate.'",
                  S3DLIO_ERROR_THROTTLED, "SlowDown: Please reduce your request rate; request id" },
                { "action=status status=500 code=InternalError", S3DLIO_ERROR_UNAVAILABLE, "InternalError" } };
  Fixture fixture = { 0 };
  fixture_open (&fixture, NULL, "retries=3");
  fixture_put (&fixture, "key", "text");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      ts_server_clear_faults (fixture.server);
      ts_server_add_fault (fixture.server, cases[i].fault);
      g_autoptr (S3dOp) op = read_key (&fixture);
      assert_failed (op, cases[i].code, cases[i].word, "3 attempts", "127.0.0.1", NULL);
      g_assert_cmpuint (op->facts.attempts, ==, 3);
    }
  fixture_close (&fixture);
}

static void
test_body_damaged (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "op=PutObject nth=1 action=status status=400 code=BadDigest");
  g_autoptr (S3dOp) once = fixture_write (fixture, "key", "text");
  fixture_run (fixture, once);
  assert_ok (once);
  ts_server_add_fault (fixture->server, "op=PutObject action=status status=400 code=XAmzContentSHA256Mismatch");
  g_autoptr (S3dOp) always = fixture_write (fixture, "key", "text");
  fixture_run (fixture, always);
  assert_failed (always, S3DLIO_ERROR_INTEGRITY, "XAmzContentSHA256Mismatch", NULL);
  g_assert_cmpuint (always->facts.attempts, ==, 2);
}

/* ---- Credentials ---- */

static void
test_wrong_secret (void)
{
  TestServerOptions options = { .secret_key = "another" };
  g_autoptr (S3dOp) op = read_with (&options, NULL, NULL);
  assert_failed (op, S3DLIO_ERROR_CREDENTIALS, "SignatureDoesNotMatch", NULL);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
}

static void
test_wrong_key (void)
{
  TestServerOptions options = { .access_key = "SOMEBODYELSE" };
  g_autoptr (S3dOp) op = read_with (&options, NULL, NULL);
  assert_failed (op, S3DLIO_ERROR_CREDENTIALS, "InvalidAccessKeyId", NULL);
}

static void
test_session_token (void)
{
  TestServerOptions options = { .session_token = "tok/en+=" };
  g_autoptr (S3dOp) op = read_with (&options, NULL, NULL);
  assert_ok (op);
}

static void
test_anonymous (void)
{
  TestServerOptions options = { .anonymous = TRUE };
  Fixture fixture = { 0 };
  fixture_open (&fixture, &options, "no-sign-request=true");
  fixture_put (&fixture, "key", "text");
  g_autoptr (S3dOp) op = read_key (&fixture);
  assert_ok (op);
  assert_sent (&fixture, "GetObject", "authorization", NULL);
  assert_sent (&fixture, "GetObject", "x-amz-date", NULL);
  fixture_close (&fixture);

  g_autoptr (S3dOp) refused = read_with (NULL, "no-sign-request=true", NULL);
  assert_failed (refused, S3DLIO_ERROR_DENIED, "AccessDenied", NULL);
}

/* A store that finds its keys in the shared file, and nowhere else. */
static S3dStore *
open_with_file (Fixture *fixture, const char *credentials_path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dSettings) settings = s3d_settings_new (NULL, &error);
  g_assert_no_error (error);
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, "bucket/");
  g_setenv ("AWS_SHARED_CREDENTIALS_FILE", credentials_path, TRUE);
  S3dStore *store = s3d_s3_store_open (uri, settings, &error);
  g_assert_no_error (error);
  return store;
}

static void
write_keys (const char *path, const char *access_key)
{
  g_autofree char *text = g_strconcat ("[default]\naws_access_key_id = ", access_key,
                                       "\naws_secret_access_key = " TS_SECRET_KEY "\n", NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_no_credentials (Fixture *fixture, gconstpointer data)
{
  s3d_store_unref (fixture->store);
  fixture->store = open_with_file (fixture, "/nonexistent/credentials");
  g_autoptr (S3dOp) op = read_key (fixture);
  assert_failed (op, S3DLIO_ERROR_CREDENTIALS, "AWS_ACCESS_KEY_ID", "/nonexistent/credentials", "--no-sign-request",
                 NULL);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 0);
}

/* A tool renews the keys in the file while we run: the refusal makes us read it again, on another thread. */
static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("s3dlio-faults-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "credentials", NULL);
  fixture_put (fixture, "key", "text");
  write_keys (path, TS_ACCESS_KEY);
  s3d_store_unref (fixture->store);
  fixture->store = open_with_file (fixture, path);
  g_autoptr (S3dOp) before = read_key (fixture);
  assert_ok (before);

  ts_server_expire_credentials (fixture->server, TS_ACCESS_KEY);
  ts_server_add_credentials (fixture->server, "RENEWED", TS_SECRET_KEY, NULL);
  write_keys (path, "RENEWED");
  g_autoptr (S3dOp) after = read_key (fixture);
  assert_ok (after);
  g_assert_cmpuint (after->facts.attempts, ==, 2);

  ts_server_expire_credentials (fixture->server, "RENEWED");
  g_autoptr (S3dOp) last = read_key (fixture);
  assert_failed (last, S3DLIO_ERROR_CREDENTIALS, "ExpiredToken", NULL);
  g_assert_cmpuint (last->facts.attempts, ==, 2);
  g_unlink (path);
  g_rmdir (dir);
}

/* ---- Clock and region ---- */

static void
test_clock (void)
{
  static const gint64 offsets[] = { 7200, -7200, 86400 * 30 };
  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      TestServerOptions options = { .clock_offset = offsets[i] };
      Fixture fixture = { 0 };
      fixture_open (&fixture, &options, NULL);
      fixture_put (&fixture, "key", "text");
      g_autoptr (S3dOp) first = read_key (&fixture);
      assert_ok (first);
      g_assert_cmpuint (first->facts.attempts, ==, 2);
      g_autoptr (S3dOp) second = read_key (&fixture); /* learnt once */
      assert_ok (second);
      g_assert_cmpuint (second->facts.attempts, ==, 1);
      fixture_close (&fixture);
    }
}

/* An answer to HEAD says 403 and no more. */
static void
test_clock_head (void)
{
  TestServerOptions options = { .clock_offset = 7200 };
  Fixture fixture = { 0 };
  fixture_open (&fixture, &options, NULL);
  fixture_put (&fixture, "key", "text");
  g_autoptr (S3dOp) op = fixture_op (&fixture, S3D_OP_STAT, "key");
  fixture_run (&fixture, op);
  assert_ok (op);
  fixture_close (&fixture);
}

static void
test_region (gconstpointer data)
{
  static const S3dOpKind kinds[] = { S3D_OP_READ, S3D_OP_STAT };
  gboolean malformed = g_strcmp0 (data, MALFORMED) == 0;
  TestServerOptions options = { .buckets = "bucket@eu-central-1",
                                .region_mode = malformed ? TS_REGION_MALFORMED : TS_REGION_REDIRECT };
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      Fixture fixture = { 0 };
      fixture_open (&fixture, &options, NULL);
      fixture_put (&fixture, "key", "text");
      for (guint n = 0; n < 2; n++)
        {
          g_autoptr (S3dOp) op = fixture_op (&fixture, kinds[i], "key");
          g_autoptr (GBytes) bytes = fixture_read (&fixture, op);
          assert_ok (op);
          g_assert_cmpuint (op->facts.attempts, ==, n == 0 ? 2 : 1); /* learnt once */
        }
      fixture_close (&fixture);
    }
}

/* Many that were begun before anything was learnt: of the first ones that are sent each is refused once, and no other
 * is. Whoever waits for its turn goes to the right region. */
static void
test_region_of_many (gconstpointer data)
{
  gboolean malformed = g_strcmp0 (data, MALFORMED) == 0;
  TestServerOptions options = { .buckets = "bucket@eu-central-1",
                                .region_mode = malformed ? TS_REGION_MALFORMED : TS_REGION_REDIRECT };
  const guint n_ops = 1000, at_once = 16;
  g_autoptr (GPtrArray) ops = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_op_unref);
  Fixture fixture = { 0 };
  guint attempts = 0;

  fixture_open (&fixture, &options, "max-total-requests=16");
  fixture_put (&fixture, "key", "text");
  for (guint i = 0; i < n_ops; i++)
    {
      g_ptr_array_add (ops, fixture_op (&fixture, S3D_OP_STAT, "key"));
      fixture_start (&fixture, ops->pdata[i]);
    }
  for (guint i = 0; i < n_ops; i++)
    {
      S3dOp *op = ops->pdata[i];

      fixture_wait (op);
      assert_ok (op);
      attempts += op->facts.attempts;
    }
  g_test_message ("%u attempts", attempts);
  g_assert_cmpuint (attempts, >, n_ops);
  g_assert_cmpuint (attempts, <=, n_ops + at_once);
  g_assert_cmpuint (ts_server_count (fixture.server, "HeadObject"), ==, attempts);
  fixture_close (&fixture);
}

static void
test_redirect (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server, "action=redirect status=307 location=http://127.0.0.1:1/elsewhere");
  g_autoptr (S3dOp) op = read_key (fixture);
  g_assert_error (op->error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
}

/* What the service calls a region would become part of the host that gets our signature. */
static void
test_hostile_region (Fixture *fixture, gconstpointer data)
{
  ts_server_add_fault (fixture->server,
                       "action=status status=400 code=AuthorizationHeaderMalformed type=application/xml "
                       "body='<Error><Code>AuthorizationHeaderMalformed</Code><Region>evil.example/</Region></Error>'");
  g_autoptr (S3dOp) op = read_key (fixture);
  assert_failed (op, S3DLIO_ERROR_CREDENTIALS, "AuthorizationHeaderMalformed", NULL);
  g_assert_cmpuint (op->facts.attempts, ==, 1);
}

/* ---- Addressing and TLS ---- */

static void
test_virtual_host (void)
{
  Fixture fixture = { 0 };
  TestServerOptions options = { 0 };
  fixture_open (&fixture, &options, NULL);
  g_autofree char *settings = g_strdup_printf ("addressing-style=virtual;endpoint-url=http://s3.localhost:%u",
                                               ts_server_get_port (fixture.server));
  Fixture virtual = { .server = fixture.server };
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) pairs = g_strsplit_set (settings, ";=", -1);
  for (guint i = 0; pairs[i] != NULL; i += 2)
    s3dlio_config_set_from_string (config, pairs[i], pairs[i + 1], &error);
  s3dlio_config_set_from_string (config, "access-key-id", TS_ACCESS_KEY, &error);
  s3dlio_config_set_from_string (config, "secret-access-key", TS_SECRET_KEY, &error);
  g_assert_no_error (error);
  virtual.settings = s3d_settings_new (config, &error);
  g_assert_no_error (error);
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("s3://bucket/", NULL);
  virtual.store = s3d_s3_store_open (uri, virtual.settings, &error);
  g_assert_no_error (error);

  fixture_put (&fixture, "key", "text");
  g_autoptr (S3dOp) op = read_key (&virtual);
  assert_ok (op);
  g_autofree char *host = g_strdup_printf ("bucket.s3.localhost:%u", ts_server_get_port (fixture.server));
  assert_sent (&fixture, "GetObject", "host", host);
  s3d_store_unref (virtual.store);
  s3d_settings_unref (virtual.settings);
  fixture_close (&fixture);
}

static void
test_tls (void)
{
  Fixture fixture = { 0 };
  TestServerOptions options = { .tls = TRUE };
  fixture_open (&fixture, &options, NULL);
  g_autoptr (S3dOp) write = fixture_write (&fixture, "key", "text");
  fixture_run (&fixture, write);
  assert_ok (write);
  assert_sent (&fixture, "PutObject", "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  g_autoptr (S3dOp) read = read_key (&fixture);
  assert_ok (read);
  fixture_close (&fixture);
}

static void
test_sign_payload (void)
{
  static const char *const signed_hash = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
  Fixture never = { 0 };
  fixture_open (&never, NULL, "sign-payload=never");
  g_autoptr (S3dOp) unsigned_write = fixture_write (&never, "key", "text");
  fixture_run (&never, unsigned_write);
  assert_ok (unsigned_write);
  assert_sent (&never, "PutObject", "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  fixture_close (&never);

  Fixture always = { 0 };
  TestServerOptions options = { .tls = TRUE };
  fixture_open (&always, &options, "sign-payload=always");
  g_autoptr (S3dOp) signed_write = fixture_write (&always, "key", "text");
  fixture_run (&always, signed_write);
  assert_ok (signed_write);
  assert_sent (&always, "PutObject", "x-amz-content-sha256", signed_hash);
  fixture_close (&always);
}

/* ---- Cancellation ---- */

static void
assert_cancelled (S3dOp *op)
{
  fixture_wait (op);
  g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancel_in_flight (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (1024);
  fixture_put (fixture, "key", "text");
  ts_server_add_fault (fixture->server, "action=hold");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, "key");
  op->sink = sink;
  fixture_start (fixture, op);
  g_assert_true (ts_server_wait_held (fixture->server, 1, PATIENCE_MS));
  s3d_op_cancel (op);
  s3d_op_cancel (op);
  assert_cancelled (op);
  ts_server_release (fixture->server);
}

/* While the body is being hashed, or just when it has been. */
static void
test_cancel_while_hashing (Fixture *fixture, gconstpointer data)
{
  gsize size = 32 * 1048576;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_WRITE, "key");
      op->source = s3d_source_new_bytes (bytes);
      fixture_start (fixture, op);
      s3d_op_cancel (op);
      assert_cancelled (op);
    }
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 0);
}

static gpointer
cancel_soon (gpointer data)
{
  s3d_op_cancel (data);
  return NULL;
}

/* From another thread, at any moment of a small request's life. */
static void
test_cancel_any_time (Fixture *fixture, gconstpointer data)
{
  guint done = 0;
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (S3dOp) op = fixture_write (fixture, "key", "text");
      GThread *thread = NULL;
      g_autoptr (GError) error = NULL;
      if (i % 2 == 0)
        thread = g_thread_new ("cancel", cancel_soon, op);
      gboolean started = s3d_store_start (fixture->store, op, &error);
      if (thread == NULL)
        thread = g_thread_new ("cancel", cancel_soon, op);
      if (started)
        fixture_wait (op);
      g_thread_join (thread);
      if (!started)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else if (op->error != NULL)
        g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      done += started && op->error == NULL;
    }
  g_test_message ("%u of 200 were done before", done);
}

/* The second request of an operation is cancelled as the first is. */
static void
test_cancel_second_request (Fixture *fixture, gconstpointer data)
{
  fixture_put (fixture, "key", "text");
  ts_server_add_fault (fixture->server, "op=CopyObject action=hold");
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_COPY, "to");
  op->from = fixture_uri (fixture, "bucket/key");
  op->no_clobber = TRUE;
  fixture_start (fixture, op);
  g_assert_true (ts_server_wait_held (fixture->server, 1, PATIENCE_MS));
  s3d_op_cancel (op);
  assert_cancelled (op);
  ts_server_release (fixture->server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/s3/faults/overload-is-waited-out", test_overload);
  ADD ("/s3/faults/a-write-without-an-etag-is-an-error", test_write_without_etag);
  g_test_add_func ("/s3/faults/lasting-overload-says-what-and-how-often", test_overload_lasts);
  ADD ("/s3/faults/damaged-body-is-sent-once-more", test_body_damaged);
  g_test_add_func ("/s3/credentials/wrong-secret", test_wrong_secret);
  g_test_add_func ("/s3/credentials/wrong-key", test_wrong_key);
  g_test_add_func ("/s3/credentials/session-token", test_session_token);
  g_test_add_func ("/s3/credentials/anonymous", test_anonymous);
  ADD ("/s3/credentials/none-is-an-error-without-a-request", test_no_credentials);
  ADD ("/s3/credentials/expired-ones-are-fetched-anew-once", test_expired);
  g_test_add_func ("/s3/clock/skew-is-learnt-once", test_clock);
  g_test_add_func ("/s3/clock/skew-is-learnt-from-a-head", test_clock_head);
  g_test_add_data_func ("/s3/region/learnt-once-from-a-refusal", MALFORMED, test_region);
  g_test_add_data_func ("/s3/region/learnt-once-from-a-redirect", NULL, test_region);
  g_test_add_data_func ("/s3/region/of-many-at-once-is-learnt-from-a-refusal", MALFORMED, test_region_of_many);
  g_test_add_data_func ("/s3/region/of-many-at-once-is-learnt-from-a-redirect", NULL, test_region_of_many);
  ADD ("/s3/region/that-is-none-is-not-believed", test_hostile_region);
  ADD ("/s3/region/other-redirects-are-errors", test_redirect);
  g_test_add_func ("/s3/addressing/virtual-host", test_virtual_host);
  g_test_add_func ("/s3/tls/payload-is-not-signed", test_tls);
  g_test_add_func ("/s3/tls/payload-signed-as-set", test_sign_payload);
  ADD ("/s3/cancel/in-flight", test_cancel_in_flight);
  ADD ("/s3/cancel/while-the-body-is-hashed", test_cancel_while_hashing);
  ADD ("/s3/cancel/at-any-time", test_cancel_any_time);
  ADD ("/s3/cancel/second-request-of-an-operation", test_cancel_second_request);
  return g_test_run ();
}

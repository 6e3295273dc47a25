/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every action of the faults is seen once over a bare socket, and every way to say which requests
 * it is for.
 */
#include "config.h"

#include "raw-client.h"

#include <string.h>

#define PATIENCE 10000 /* ms: a bound on hanging */

typedef struct
{
  TestServer *server;
  RawClient *client;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  const TestServerOptions options = { .buckets = "bucket", .anonymous = TRUE };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("0123456789", 10);

  fixture->server = ts_server_new (&options);
  fixture->client = raw_client_new (fixture->server);
  ts_server_put_object (fixture->server, "bucket", "k", bytes);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  raw_client_free (fixture->client);
  ts_server_free (fixture->server);
}

static RawAnswer *
get (Fixture *fixture)
{
  return raw_client_ask (fixture->client, "GET", "/bucket/k", NULL, NULL);
}

static RawAnswer *
get_range (Fixture *fixture, const char *range)
{
  g_autofree char *header = g_strdup_printf ("Range: bytes=%s\r\n", range);

  return raw_client_ask (fixture->client, "GET", "/bucket/k", header, NULL);
}

/* A GET over a connection of its own: its status, 0 when none came. */
static guint
status_of (Fixture *fixture, const char *method, const char *target, const char *headers)
{
  g_autoptr (RawAnswer) answer = raw_ask (fixture->server, method, target, headers, NULL);

  return answer->status;
}

static void
test_status (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint rule = ts_server_add_fault (fixture->server, "nth=1 action=status status=503 retry-after=7 "
                                                     "message='Please slow down'");
  g_autoptr (RawAnswer) refused = get (fixture);
  g_autoptr (RawAnswer) served = get (fixture);
  g_autofree char *after = raw_answer_header (refused, "Retry-After");
  g_autofree char *code = raw_answer_element (refused, "Code");
  g_autofree char *message = raw_answer_element (refused, "Message");

  g_assert_cmpuint (refused->status, ==, 503);
  g_assert_cmpstr (after, ==, "7");
  g_assert_cmpstr (code, ==, "SlowDown");
  g_assert_cmpstr (message, ==, "Please slow down");
  g_assert_cmpstr (served->body, ==, "0123456789");
  g_assert_cmpuint (ts_server_count_fault (fixture->server, rule), ==, 1);
  ts_server_clear_faults (fixture->server);
  g_assert_cmpuint (ts_server_count_fault (fixture->server, rule), ==, 1);
}

static void
test_status_body (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *type = NULL;

  ts_server_add_fault (fixture->server, "action=status status=502 body='<html>' type=text/html");
  answer = get (fixture);
  type = raw_answer_header (answer, "Content-Type");
  g_assert_cmpuint (answer->status, ==, 502);
  g_assert_cmpstr (answer->body, ==, "<html>");
  g_assert_cmpstr (type, ==, "text/html");
}

static void
test_reset_first (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "op=PutObject action=reset");
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/new", NULL, "x");
  g_assert_cmpuint (answer->status, ==, 0);
  g_assert_cmpint (answer->end, ==, RAW_RESET);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 1);
}

/* The request is carried out and the answer lost. */
static void
test_reset_applied (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "op=PutObject action=reset applied=yes");
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/new", NULL, "x");
  g_assert_cmpint (answer->end, ==, RAW_RESET);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 2);
}

static void
expect_cut (Fixture *fixture, const char *line, RawEnd end, const char *body)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, line);
  answer = get (fixture);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpint (answer->end, ==, end);
  g_assert_cmpstr (answer->body, ==, body);
}

static void
test_reset_after (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect_cut (fixture, "action=reset after=4", RAW_RESET, "0123");
}

static void
test_reset_after_head (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect_cut (fixture, "action=reset after=0", RAW_RESET, "");
}

static void
test_close_after (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect_cut (fixture, "action=close after=4", RAW_CLOSED, "0123");
}

/* All of it: there is nothing to cut. */
static void
test_close_beyond (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect_cut (fixture, "action=close after=10", RAW_WHOLE, "0123456789");
}

static void
test_close_first (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "action=close");
  answer = get (fixture);
  g_assert_cmpuint (answer->status, ==, 0);
  g_assert_cmpint (answer->end, ==, RAW_CLOSED);
}

static gpointer
get_in_thread (gpointer data)
{
  return get (data);
}

static void
test_stall_release (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  GThread *thread;
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "action=stall after=4");
  thread = g_thread_new ("get", get_in_thread, fixture);
  g_assert_true (ts_server_wait_held (fixture->server, 1, PATIENCE));
  g_assert_false (ts_server_wait_idle (fixture->server, 0));
  ts_server_release (fixture->server);
  answer = g_thread_join (thread);
  g_assert_cmpstr (answer->body, ==, "0123456789");
  g_assert_cmpint (answer->end, ==, RAW_WHOLE);
}

/* A client that gives up ends the stall. */
static void
test_stall_closed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *request
      = g_strdup_printf ("GET /bucket/k HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                         ts_server_get_port (fixture->server));

  ts_server_add_fault (fixture->server, "action=stall");
  raw_client_send (fixture->client, request, -1);
  g_assert_true (ts_server_wait_held (fixture->server, 1, PATIENCE));
  raw_client_free (fixture->client);
  g_assert_true (ts_server_wait_open (fixture->server, 0, PATIENCE));
  fixture->client = raw_client_new (fixture->server);
}

static void
test_reset_request (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *body = g_strnfill (100000, 'x');
  g_autoptr (RawAnswer) answer = NULL;
  g_autoptr (GPtrArray) puts = NULL;

  ts_server_add_fault (fixture->server, "op=PutObject action=reset-request after=1000");
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/new", NULL, body);
  g_assert_cmpuint (answer->status, ==, 0);
  g_assert_true (ts_server_wait_idle (fixture->server, PATIENCE));
  puts = ts_server_get_requests (fixture->server, "PutObject");
  g_assert_cmpuint (((TsRequest *) g_ptr_array_index (puts, 0))->bytes_in, ==, 1000);
}

static void
test_early (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "op=PutObject action=early status=403 code=Nope");
  /* Announces a body that never comes. */
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/new", "Content-Length: 1000000\r\n",
                           NULL);
  g_assert_cmpuint (answer->status, ==, 403);
  g_assert_true (raw_client_at_end (fixture->client));
}

/* Two wait at once, and the ledger knows. */
static void
test_hold (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Fixture other = { fixture->server, raw_client_new (fixture->server) };
  GThread *one, *two;
  g_autoptr (RawAnswer) first = NULL;
  g_autoptr (RawAnswer) second = NULL;

  ts_server_add_fault (fixture->server, "op=GetObject action=hold");
  one = g_thread_new ("get", get_in_thread, fixture);
  two = g_thread_new ("get", get_in_thread, &other);
  g_assert_true (ts_server_wait_held (fixture->server, 2, PATIENCE));
  g_assert_false (ts_server_wait_held (fixture->server, 3, 0));
  g_assert_cmpuint (ts_server_max_in_flight (fixture->server, "GetObject"), ==, 2);
  ts_server_release (fixture->server);
  first = g_thread_join (one);
  second = g_thread_join (two);
  g_assert_cmpuint (first->status, ==, 200);
  g_assert_cmpuint (second->status, ==, 200);
  raw_client_free (other.client);
}

/* The least time that a GET takes with this rule, in microseconds. */
static gint64
time_of_get (Fixture *fixture, const char *line)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, line);
  answer = get (fixture);
  g_assert_cmpstr (answer->body, ==, "0123456789");
  return g_get_monotonic_time () - start;
}

static void
test_latency (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (time_of_get (fixture, "action=latency ms=40"), >=, 40000);
}

static void
test_slow (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (time_of_get (fixture, "action=slow ms=40"), >=, 40000);
}

/* About 300 bytes of head and body at 5000 a second. */
static void
test_bandwidth (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (time_of_get (fixture, "action=bandwidth rate=5000"), >=, 20000);
}

static void
test_trickle (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (time_of_get (fixture, "action=trickle us=2000"), >=, 9 * 2000);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) damaged = NULL;
  g_autoptr (RawAnswer) good = NULL;

  ts_server_add_fault (fixture->server, "nth=1 action=corrupt at=9");
  ts_server_add_fault (fixture->server, "nth=1 action=corrupt at=3");
  damaged = get (fixture);
  good = get (fixture);
  g_assert_cmpuint (damaged->size, ==, 10);
  g_assert_cmpstr (damaged->body, ==, "012#456789");
  g_assert_cmpstr (good->body, ==, "0123456789");
}

static void
test_headers (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *extra = NULL;
  g_autofree char *range = NULL;

  ts_server_add_fault (fixture->server, "action=header name=ETag");
  ts_server_add_fault (fixture->server, "action=header name=X-Extra value='a b'");
  ts_server_add_fault (fixture->server, "action=content-range value='bytes 5-6/10'");
  answer = get_range (fixture, "1-2");
  etag = raw_answer_header (answer, "ETag");
  extra = raw_answer_header (answer, "X-Extra");
  range = raw_answer_header (answer, "Content-Range");
  g_assert_null (etag);
  g_assert_cmpstr (extra, ==, "a b");
  g_assert_cmpstr (range, ==, "bytes 5-6/10");
  g_assert_cmpstr (answer->body, ==, "12");
}

static void
test_huge_header (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "action=huge-header size=300K");
  answer = get (fixture);
  g_assert_cmpuint (strlen (answer->head), >, 300 * 1024);
  g_assert_cmpstr (answer->body, ==, "0123456789");
}

static void
test_ignore_range (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "action=ignore-range");
  answer = get_range (fixture, "1-2");
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (answer->body, ==, "0123456789");
}

static void
test_changed_etag (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *before = ts_server_get_object_header (fixture->server, "bucket", "k", "ETag");
  g_autofree char *condition = g_strdup_printf ("If-Match: %s\r\n", before);
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "from=5 nth=1 action=etag");
  g_assert_cmpuint (status_of (fixture, "GET", "/bucket/k", condition), ==, 200);
  answer = get_range (fixture, "5-6");
  g_assert_cmpstr (answer->body, ==, "56");
  g_assert_cmpuint (status_of (fixture, "GET", "/bucket/k", condition), ==, 412);
}

static void
test_overwrite (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *before = ts_server_get_object_header (fixture->server, "bucket", "k", "ETag");
  g_autofree char *after = NULL;
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "nth=1 action=overwrite");
  answer = get (fixture);
  after = ts_server_get_object_header (fixture->server, "bucket", "k", "ETag");
  g_assert_cmpstr (after, !=, before);
  g_assert_cmpuint (answer->size, ==, 10);
  g_assert_cmpint ((guint8) answer->body[0], ==, (guint8) ~'0');
}

static void
expect_range_error (Fixture *fixture, const char *mode, const char *header, const char *element)
{
  g_autofree char *line = g_strdup_printf ("action=range-error mode=%s", mode);
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *range = NULL;
  g_autofree char *size = NULL;

  ts_server_clear_faults (fixture->server);
  ts_server_add_fault (fixture->server, line);
  answer = get_range (fixture, "10-19");
  range = raw_answer_header (answer, "Content-Range");
  size = raw_answer_element (answer, "ActualObjectSize");
  g_assert_cmpuint (answer->status, ==, 416);
  g_assert_cmpstr (range, ==, header);
  g_assert_cmpstr (size, ==, element);
}

static void
test_range_error (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  expect_range_error (fixture, "content-range", "bytes */10", NULL);
  expect_range_error (fixture, "actual-size", NULL, "10");
  expect_range_error (fixture, "none", NULL, NULL);
}

static void
test_ok_error (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *code = NULL;

  ts_server_add_fault (fixture->server, "op=CopyObject action=ok-error spaces=3 ms=1");
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/copy",
                           "x-amz-copy-source: bucket/k\r\n", "");
  code = raw_answer_element (answer, "Code");
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (code, ==, "InternalError");
  g_assert_nonnull (strstr (answer->body, "?>\n   <Error>"));
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 1);
}

static void
test_spaces (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "op=CopyObject action=spaces spaces=5 ms=1");
  answer = raw_client_ask (fixture->client, "PUT", "/bucket/copy",
                           "x-amz-copy-source: bucket/k\r\n", "");
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (answer->body, "?>\n     <CopyObjectResult"));
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 2);
}

static void
test_delete_error (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  const char *xml = "<Delete><Quiet>true</Quiet><Object><Key>k</Key></Object>"
                    "<Object><Key>l</Key></Object></Delete>";
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  guint8 digest[16];
  gsize size = sizeof digest;
  g_autofree char *base64 = NULL;
  g_autofree char *header = NULL;
  g_autoptr (RawAnswer) answer = NULL;

  g_checksum_update (md5, (const guchar *) xml, -1);
  g_checksum_get_digest (md5, digest, &size);
  base64 = g_base64_encode (digest, size);
  header = g_strdup_printf ("Content-MD5: %s\r\n", base64);
  ts_server_add_fault (fixture->server, "action=delete-error code=AccessDenied match=k*");
  answer = raw_client_ask (fixture->client, "POST", "/bucket?delete", header, xml);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (answer->body, "<Error><Key>k</Key><Code>AccessDenied</Code>"));
  g_assert_null (strstr (answer->body, "<Key>l</Key>"));
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, 1);
}

static void
test_garbage (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;

  ts_server_add_fault (fixture->server, "op=ListObjectsV2 action=garbage");
  answer = raw_client_ask (fixture->client, "GET", "/bucket?list-type=2", NULL, NULL);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_nonnull (strstr (answer->body, "&&&"));
}

static void
test_redirect (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *location = NULL;

  ts_server_add_fault (fixture->server, "action=redirect status=301 location=http://x.example/");
  answer = get (fixture);
  location = raw_answer_header (answer, "Location");
  g_assert_cmpuint (answer->status, ==, 301);
  g_assert_cmpstr (location, ==, "http://x.example/");
}

static void
test_expired_token (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *code = NULL;

  ts_server_add_fault (fixture->server, "action=expired-token");
  answer = get (fixture);
  code = raw_answer_element (answer, "Code");
  g_assert_cmpuint (answer->status, ==, 400);
  g_assert_cmpstr (code, ==, "ExpiredToken");
}

static void
test_no_length (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *length = NULL;

  ts_server_add_fault (fixture->server, "action=no-length");
  answer = get (fixture);
  length = raw_answer_header (answer, "Content-Length");
  g_assert_null (length);
  g_assert_cmpstr (answer->body, ==, "0123456789");
}

static void
test_drop (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (RawAnswer) answer = NULL;
  g_autofree char *connection = NULL;

  ts_server_add_fault (fixture->server, "action=drop");
  answer = get (fixture);
  connection = raw_answer_header (answer, "Connection");
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_null (connection);
  g_assert_true (raw_client_at_end (fixture->client));
}

/* ---- which requests ---- */

static void
test_matching (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const struct
  {
    const char *line;
    guint k;     /* status of GET /bucket/k */
    guint range; /* … of its bytes from 5 */
    guint head;
  } cases[] = {
    { "op=HeadObject,PutObject", 200, 206, 500 },
    { "method=GET", 500, 500, 200 },
    { "bucket=b*", 500, 500, 500 },
    { "bucket=c*", 200, 206, 200 },
    { "key=?", 500, 500, 500 },
    { "key=k?", 200, 206, 200 },
    { "offset=5", 200, 500, 200 },
    { "from=1", 200, 500, 200 },
    { "from=6", 200, 206, 200 },
    { "part=1", 200, 206, 200 },
    { "tls=yes", 200, 206, 200 },
    { "tls=no", 500, 500, 500 },
    { "nth=2", 200, 500, 200 },
    { "nth=2-", 200, 500, 500 },
    { "nth=1-2", 500, 500, 200 },
    { "every=3", 200, 206, 500 },
    { "count=1", 500, 206, 200 },
    { "prob=0", 200, 206, 200 },
    { "prob=1 seed=3", 500, 500, 500 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = g_strconcat (cases[i].line, " action=status status=500", NULL);

      ts_server_clear_faults (fixture->server);
      ts_server_add_fault (fixture->server, line);
      g_test_message ("%s", line);
      g_assert_cmpuint (status_of (fixture, "GET", "/bucket/k", NULL), ==, cases[i].k);
      g_assert_cmpuint (status_of (fixture, "GET", "/bucket/k", "Range: bytes=5-\r\n"), ==,
                        cases[i].range);
      g_assert_cmpuint (status_of (fixture, "HEAD", "/bucket/k", NULL), ==, cases[i].head);
    }
}

static void
roll (Fixture *fixture, char *rolled, gsize n)
{
  ts_server_clear_faults (fixture->server);
  ts_server_add_fault (fixture->server, "prob=0.5 seed=42 action=status status=500");
  for (gsize i = 0; i < n; i++)
    rolled[i] = status_of (fixture, "GET", "/bucket/k", NULL) == 500;
}

static void
test_seed (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  char first[40];
  char second[40];

  roll (fixture, first, sizeof first);
  roll (fixture, second, sizeof second);
  g_assert_cmpmem (first, sizeof first, second, sizeof second);
  g_assert_nonnull (memchr (first, 0, sizeof first));
  g_assert_nonnull (memchr (first, 1, sizeof first));
}

static void
test_bad_lines (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const lines[]
      = { "op=GetObject",          "action=nothing",         "action=status",
          "action=status status=x", "action=reset ms=4",     "action=hold hold",
          "nth=0 action=hold",     "nth=3-2 action=hold",    "prob=2 action=hold",
          "tls=maybe action=hold", "action=bandwidth rate=0", "action=range-error mode=x",
          "count=1 count=2 action=hold", "action='hold" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpuint (ts_server_try_add_fault (fixture->server, lines[i], &error), ==, 0);
      g_assert_nonnull (error);
    }
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/server/faults/status", test_status);
  ADD ("/server/faults/status-with-a-body", test_status_body);
  ADD ("/server/faults/reset-before-the-head", test_reset_first);
  ADD ("/server/faults/reset-after-it-was-applied", test_reset_applied);
  ADD ("/server/faults/reset-in-the-body", test_reset_after);
  ADD ("/server/faults/reset-after-the-head", test_reset_after_head);
  ADD ("/server/faults/truncated-body", test_close_after);
  ADD ("/server/faults/nothing-to-truncate", test_close_beyond);
  ADD ("/server/faults/close-before-the-head", test_close_first);
  ADD ("/server/faults/stall-until-released", test_stall_release);
  ADD ("/server/faults/stall-until-closed", test_stall_closed);
  ADD ("/server/faults/reset-in-the-request", test_reset_request);
  ADD ("/server/faults/early-answer", test_early);
  ADD ("/server/faults/hold", test_hold);
  ADD ("/server/faults/latency", test_latency);
  ADD ("/server/faults/slow-first-byte", test_slow);
  ADD ("/server/faults/bandwidth", test_bandwidth);
  ADD ("/server/faults/trickle", test_trickle);
  ADD ("/server/faults/corrupted-byte", test_corrupt);
  ADD ("/server/faults/headers-changed", test_headers);
  ADD ("/server/faults/huge-header", test_huge_header);
  ADD ("/server/faults/range-ignored", test_ignore_range);
  ADD ("/server/faults/etag-changes", test_changed_etag);
  ADD ("/server/faults/overwritten", test_overwrite);
  ADD ("/server/faults/what-a-416-tells", test_range_error);
  ADD ("/server/faults/200-with-an-error", test_ok_error);
  ADD ("/server/faults/blanks-before-the-answer", test_spaces);
  ADD ("/server/faults/delete-errors-by-key", test_delete_error);
  ADD ("/server/faults/garbage", test_garbage);
  ADD ("/server/faults/redirect", test_redirect);
  ADD ("/server/faults/expired-token", test_expired_token);
  ADD ("/server/faults/no-length", test_no_length);
  ADD ("/server/faults/drop-after-the-answer", test_drop);
  ADD ("/server/faults/which-requests", test_matching);
  ADD ("/server/faults/the-same-for-a-seed", test_seed);
  ADD ("/server/faults/bad-lines-are-refused", test_bad_lines);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One exchange: what goes out, what comes back, byte by byte, against a server that sends what the test says. */

#include "config.h"

#include "fixture.h"

#include <string.h>

/* Sends the same bytes to each request, then goes on or, without a length, closes. */
static void
send_text (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    {
      raw_send (connection, data);
      if (strcasestr (data, "content-length") == NULL && strcasestr (data, "chunked") == NULL)
        return;
    }
}

static void
test_get (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, send_text,
                (gpointer) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\nx-two:  two words \r\n"
                           "X-One: 2\r\n\r\nhello");
  call = call_new (world.http, "GET", world.url, "/a/b?c=d");
  call_run (call);
  call_assert_body (call, "hello");
  g_assert_cmpuint (s3d_http_request_get_status (call->request), ==, 200);
  g_assert_cmpint (s3d_http_request_get_content_length (call->request), ==, 5);
  g_assert_cmpstr (s3d_http_request_get_response_header (call->request, "x-one"), ==, "2");
  g_assert_cmpstr (s3d_http_request_get_response_header (call->request, "X-TWO"), ==, "two words");
  g_assert_null (s3d_http_request_get_response_header (call->request, "x-three"));
  g_assert_cmpint (call->n_signed, ==, 1);
  g_assert_cmpint (call->n_headers, ==, 1);
  g_assert_cmpint (call->n_classified, ==, 0);
}

static void
test_facts (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  const S3dFacts *facts;

  world_set_up (&world, send_text, (gpointer) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  facts = s3d_http_request_get_facts (call->request);
  g_assert_cmpuint (facts->attempts, ==, 1);
  g_assert_cmpuint (facts->throttled, ==, 0);
  g_assert_cmpuint (facts->bytes, ==, 5);
  g_assert_cmpint (facts->started, >, 0);
  g_assert_cmpint (facts->first_byte, >=, facts->started);
  g_assert_cmpint (facts->ended, >=, facts->first_byte);
}

/* Echoes the head of the request. */
static void
send_head_back (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    {
      g_autofree char *head = g_strdup (connection->head->str);

      raw_answer (connection, 200, "", head);
    }
}

static void
test_wire (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autofree char *expected = NULL;

  world_set_up (&world, send_head_back, NULL);
  call = call_new (world.http, "GET", world.url, "/a//b/../c%2F%20/./?x=%26&y&z=?&");
  s3d_http_request_set_header (call->request, "Range", "bytes=0-9");
  s3d_http_request_set_header (call->request, "X-Gone", "1");
  s3d_http_request_set_header (call->request, "x-empty", "");
  s3d_http_request_set_header (call->request, "User-Agent", "test");
  s3d_http_request_set_header (call->request, "range", "bytes=1000-2000");
  s3d_http_request_set_header (call->request, "x-gone", NULL);
  expected = g_strdup_printf ("GET /a//b/../c%%2F%%20/./?x=%%26&y&z=?& HTTP/1.1\r\nHost: %s\r\n"
                              "Range: bytes=1000-2000\r\nx-empty:\r\nUser-Agent: test\r\n\r\n",
                              world.url + strlen ("http://"));
  call_run (call);
  call_assert_body (call, expected);
}

static void
test_line_break (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, send_head_back, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  s3d_http_request_set_header (call->request, "x-amz-meta-note", "one\r\nAuthorization: two");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_INVALID, "x-amz-meta-note");
  g_assert_null (strstr (call_error (call)->message, "two"));
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 0);
}

typedef struct
{
  const char *answer;
  const char *body;
  gint64 length;
} Form;

static void
test_form (gconstpointer data)
{
  const Form *form = data;
  g_auto (World) world = { 0 };

  world_set_up (&world, send_text, (gpointer) form->answer);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Call) call = call_new (world.http, "GET", world.url, "/");

      call->no_sink = i == 1;
      call_run (call);
      call_assert_body (call, form->body);
      g_assert_cmpint (s3d_http_request_get_content_length (call->request), ==, form->length);
      g_assert_cmpint (call->n_classified, ==, (int) i);
    }
}

static const Form empty = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 0 };
static const Form chunked = { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n"
                              "X-Trailer: 1\r\n\r\n",
                              "hello!", -1 };
static const Form unsized = { "HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", -1 };
static const Form old = { "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", "old", 3 };
static const Form interim = { "HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
                              "yes", 3 };
static const Form bare = { "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nyes", "yes", 3 };

typedef struct
{
  S3dSink sink;
  int n_begun;
  gint64 length;
} CountingSink;

static gboolean
counting_begin (S3dSink *sink, gint64 length, GError **error)
{
  ((CountingSink *) sink)->n_begun++;
  ((CountingSink *) sink)->length = length;
  return TRUE;
}

static gboolean
counting_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  g_assert_cmpint (((CountingSink *) sink)->n_begun, ==, 1);
  return TRUE;
}

static gboolean
counting_restart (S3dSink *sink)
{
  ((CountingSink *) sink)->n_begun--;
  return TRUE;
}

static void
counting_free (S3dSink *sink)
{
}

static const S3dSinkClass counting_class
    = { .begin = counting_begin, .write = counting_write, .restart = counting_restart, .free = counting_free };

static void
test_begin (void)
{
  static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour",
                                         "HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                         "HTTP/1.1 204 OK\r\n\r\n" };
  static const gint64 lengths[] = { 0, 4, -1, 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = NULL;
      CountingSink sink = { .sink.klass = &counting_class, .length = -2 };

      world_set_up (&world, send_text, (gpointer) answers[i]);
      call = call_new (world.http, "GET", world.url, "/");
      call->sink = &sink.sink;
      call_run (call);
      g_assert_no_error (call_error (call));
      g_assert_cmpint (sink.n_begun, ==, 1);
      g_assert_cmpint (sink.length, ==, lengths[i]);
    }
}

static void
test_head (void)
{
  g_auto (World) world = { 0 };

  world_set_up (&world, send_text, (gpointer) "HTTP/1.1 200 OK\r\nContent-Length: 12345678901\r\n\r\n");
  for (guint i = 0; i < 2; i++) /* twice: the connection can be used again */
    {
      g_autoptr (Call) call = call_new (world.http, "HEAD", world.url, "/");

      call->no_sink = TRUE;
      call_run (call);
      call_assert_body (call, "");
      g_assert_cmpint (s3d_http_request_get_content_length (call->request), ==, 12345678901);
    }
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 1);
}

static void
trickle (RawConnection *connection, gpointer data)
{
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789";

  while (raw_read_request (connection))
    for (gsize i = 0; i < sizeof answer - 1; i++)
      raw_send_bytes (connection, answer + i, 1);
}

static void
test_trickle (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, trickle, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_body (call, "01234567890123456789");
}

#define MANY_BYTES (40 * 1024 * 1024)

static void
send_many (RawConnection *connection, gpointer data)
{
  g_autofree char *bytes = g_malloc (MANY_BYTES);
  g_autofree char *head = NULL;

  memset (bytes, 'a', MANY_BYTES);
  head = g_strdup_printf ("HTTP/1.1 %s OK\r\nContent-Length: %d\r\n\r\n", (const char *) data, MANY_BYTES);
  while (raw_read_request (connection))
    {
      raw_send (connection, head);
      raw_send_bytes (connection, bytes, MANY_BYTES);
    }
}

static void
test_large (void)
{
  for (guint bulk = 0; bulk < 2; bulk++)
    {
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = NULL;
      g_autoptr (GBytes) bytes = NULL;
      const char *data;
      gsize size;

      world_set_up (&world, send_many, (gpointer) "200");
      call = call_new (world.http, "GET", world.url, "/");
      s3d_http_request_set_bulk (call->request, bulk == 1);
      call_run (call);
      g_assert_no_error (call_error (call));
      bytes = call_steal_bytes (call);
      data = g_bytes_get_data (bytes, &size);
      g_assert_cmpuint (size, ==, MANY_BYTES);
      g_assert_true (data[0] == 'a' && memcmp (data, data + 1, size - 1) == 0);
    }
}

static void
test_large_captured (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) failed = NULL;
  g_auto (World) failing = { 0 };
  gsize size;

  world_set_up (&world, send_many, (gpointer) "200");
  call = call_new (world.http, "GET", world.url, "/");
  call->no_sink = TRUE;
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_FAILED, "larger than 32 MiB");

  world_set_up (&failing, send_many, (gpointer) "403");
  failed = call_new (failing.http, "GET", failing.url, "/");
  call_run (failed);
  call_assert_error (failed, S3DLIO_ERROR_DENIED, "Code403");
  s3d_http_request_get_body (failed->request, &size);
  g_assert_cmpuint (size, ==, 64 * 1024);
}

static void
test_error_body (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autofree char *where = NULL;

  world_set_up (&world, send_text, (gpointer) "HTTP/1.1 404 No\r\nContent-Length: 6\r\n\r\n<Error");
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  where = g_strdup_printf ("Code404 (HTTP 404, %s)", world.url + strlen ("http://"));
  call_assert_error (call, S3DLIO_ERROR_NOT_FOUND, where);
  g_assert_cmpstr (s3d_http_request_get_body (call->request, NULL), ==, "<Error");
  g_assert_cmpint (call->n_headers, ==, 0);
  g_assert_cmpint (call->n_classified, ==, 1);
  g_assert_cmpuint (call->sink->written, ==, 0);
}

static void
send_huge_header (RawConnection *connection, gpointer data)
{
  g_autofree char *value = g_strnfill (60 * 1024, 'v');
  guint n = GPOINTER_TO_UINT (data);

  while (raw_read_request (connection))
    {
      raw_send (connection, "HTTP/1.1 200 OK\r\n");
      for (guint i = 0; i < n; i++)
        {
          raw_send (connection, "X-Huge: ");
          raw_send (connection, value);
          raw_send (connection, "\r\n");
        }
      raw_send (connection, "Content-Length: 2\r\n\r\nok");
    }
}

static void
test_huge_header (void)
{
  g_auto (World) fits = { 0 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autoptr (Call) refused = NULL;

  world_set_up (&fits, send_huge_header, GUINT_TO_POINTER (1));
  call = call_new (fits.http, "GET", fits.url, "/");
  call_run (call);
  call_assert_body (call, "ok");
  g_assert_cmpuint (strlen (s3d_http_request_get_response_header (call->request, "x-huge")), ==, 60 * 1024);

  world_set_up (&world, send_huge_header, GUINT_TO_POINTER (100));
  refused = call_new (world.http, "GET", world.url, "/");
  call_run (refused);
  g_assert_nonnull (call_error (refused));
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 1);
}

static void
test_garbage (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, send_text, (gpointer) "220 mail.example.org ESMTP\r\n");
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "the answer is not HTTP");
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "after 3 attempts");
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 3);
}

static void
cut_off (RawConnection *connection, gpointer data)
{
  if (!raw_read_request (connection))
    return;
  raw_send (connection, data);
  if (connection->number % 2 == 0)
    raw_reset (connection);
}

static void
test_truncated (gconstpointer data)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, cut_off, (gpointer) data);
  call = call_new (world.http, "GET", world.url, "/");
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, NULL);
  g_assert_true (s3d_http_request_is_resumable (call->request));
  g_assert_cmpuint (call->sink->written, ==, 5);
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 1);
}

static void
test_truncated_captured (gconstpointer data)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, cut_off, (gpointer) data);
  call = call_new (world.http, "GET", world.url, "/");
  call->no_sink = TRUE;
  call_run (call);
  call_assert_error (call, S3DLIO_ERROR_NETWORK, "after 3 attempts");
  g_assert_false (s3d_http_request_is_resumable (call->request));
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 3);
}

static const char truncated[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
static const char truncated_chunks[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n";

static void
test_small_buffer (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  char buffer[4];

  world_set_up (&world, send_text, (gpointer) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  call = call_new (world.http, "GET", world.url, "/");
  call->sink = s3d_sink_new_memory (buffer, sizeof buffer);
  call_run (call);
  g_assert_error (call_error (call), S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
  g_assert_cmpint (call->n_headers, ==, 1);
}

static gboolean
refuse_headers (S3dHttpRequest *request, gpointer data, GError **error)
{
  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "another ETag");
  return FALSE;
}

static void
test_refused (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, send_text, (gpointer) "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  call = call_new (world.http, "GET", world.url, "/");
  call->headers = refuse_headers;
  call_run (call);
  g_assert_error (call_error (call), S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_cmpstr (call_error (call)->message, ==, "another ETag");
  g_assert_cmpint (call->n_signed, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/get/body-and-headers-arrive", test_get);
  g_test_add_func ("/http/get/facts-are-told", test_facts);
  g_test_add_func ("/http/get/target-and-headers-go-out-as-given", test_wire);
  g_test_add_func ("/http/get/line-break-in-a-header-is-refused", test_line_break);
  g_test_add_data_func ("/http/get/empty-body", &empty, test_form);
  g_test_add_data_func ("/http/get/chunked-body", &chunked, test_form);
  g_test_add_data_func ("/http/get/body-that-ends-with-the-connection", &unsized, test_form);
  g_test_add_data_func ("/http/get/http-1.0", &old, test_form);
  g_test_add_data_func ("/http/get/interim-answer-is-skipped", &interim, test_form);
  g_test_add_data_func ("/http/get/status-without-a-reason", &bare, test_form);
  g_test_add_func ("/http/get/sink-begins-once-with-the-length", test_begin);
  g_test_add_func ("/http/get/head-tells-a-length-and-has-no-body", test_head);
  g_test_add_func ("/http/get/one-byte-at-a-time", test_trickle);
  g_test_add_func ("/http/get/large-body-whole", test_large);
  g_test_add_func ("/http/get/captured-bodies-are-capped", test_large_captured);
  g_test_add_func ("/http/get/error-body-goes-to-classify-not-to-the-sink", test_error_body);
  g_test_add_func ("/http/get/huge-headers", test_huge_header);
  g_test_add_func ("/http/get/garbage-is-a-network-error", test_garbage);
  g_test_add_data_func ("/http/get/truncated-body-is-resumable", truncated, test_truncated);
  g_test_add_data_func ("/http/get/truncated-chunks-are-resumable", truncated_chunks, test_truncated);
  g_test_add_data_func ("/http/get/truncated-captured-body-is-tried-again", truncated, test_truncated_captured);
  g_test_add_data_func ("/http/get/truncated-captured-chunks-are-tried-again", truncated_chunks,
                        test_truncated_captured);
  g_test_add_func ("/http/get/sink-that-refuses-ends-it", test_small_buffer);
  g_test_add_func ("/http/get/headers-hook-that-refuses-ends-it", test_refused);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bodies that go out: from memory and files, sent again from the start, cut short by an early answer or a reset. */

#include "config.h"

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Answers with the request's head and body. */
static void
echo (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    {
      g_autofree char *text = g_strconcat (connection->head->str, connection->body->str, NULL);

      raw_answer (connection, 200, "", text);
    }
}

static S3dSource *
source_of (const char *text)
{
  return s3d_source_new_memory (text, strlen (text));
}

typedef struct
{
  const char *method;
  const char *body; /* NULL: no source */
  const char *sent; /* after the Host line */
} Form;

static void
test_form (gconstpointer data)
{
  const Form *form = data;
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;
  g_autofree char *expected = NULL;

  world_set_up (&world, echo, NULL);
  call = call_new (world.http, form->method, world.url, "/x");
  s3d_http_request_set_header (call->request, "User-Agent", "t");
  s3d_http_request_set_header (call->request, "Content-Length", "77"); /* ours to say */
  if (form->body != NULL)
    {
      g_autoptr (S3dSource) source = source_of (form->body);

      s3d_http_request_set_source (call->request, source);
    }
  expected = g_strdup_printf ("%s /x HTTP/1.1\r\nHost: %s\r\n%s", form->method, world.url + strlen ("http://"),
                              form->sent);
  call_run (call);
  call_assert_body (call, expected);
}

static const Form put = { "PUT", "hello", "User-Agent: t\r\nContent-Length: 5\r\n\r\nhello" };
static const Form put_nothing = { "PUT", "", "User-Agent: t\r\nContent-Length: 0\r\n\r\n" };
static const Form put_sourceless = { "PUT", NULL, "User-Agent: t\r\nContent-Length: 0\r\n\r\n" };
static const Form post = { "POST", "<a/>", "User-Agent: t\r\nContent-Length: 4\r\n\r\n<a/>" };
static const Form post_nothing = { "POST", NULL, "User-Agent: t\r\nContent-Length: 0\r\n\r\n" };
static const Form delete = { "DELETE", NULL, "User-Agent: t\r\n\r\n" };

/* One handle after the other: what one method sets must not show in the next. */
static void
test_in_turn (void)
{
  static const Form *const forms[] = { &put, &delete, &post, &put_sourceless, &delete, &post_nothing, &put };
  g_auto (World) world = { 0 };

  world_set_up (&world, echo, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (Call) call = call_new (world.http, forms[i]->method, world.url, "/x");
      g_autoptr (Call) get = call_new (world.http, "GET", world.url, "/y");
      g_autoptr (Call) head = call_new (world.http, "HEAD", world.url, "/z");
      g_autofree char *expected = NULL;

      s3d_http_request_set_header (call->request, "User-Agent", "t");
      s3d_http_request_set_header (get->request, "User-Agent", "t");
      if (forms[i]->body != NULL)
        {
          g_autoptr (S3dSource) source = source_of (forms[i]->body);

          s3d_http_request_set_source (call->request, source);
        }
      expected = g_strdup_printf ("%s /x HTTP/1.1\r\nHost: %s\r\n%s", forms[i]->method,
                                  world.url + strlen ("http://"), forms[i]->sent);
      call_run (call);
      call_assert_body (call, expected);
      g_clear_pointer (&expected, g_free);
      expected = g_strdup_printf ("GET /y HTTP/1.1\r\nHost: %s\r\nUser-Agent: t\r\n\r\n",
                                  world.url + strlen ("http://"));
      call_run (get);
      call_assert_body (get, expected);
    }
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 1);
}

#define LARGE (20 * 1024 * 1024)

static GBytes *
large_body (void)
{
  guint8 *bytes = g_malloc (LARGE);

  for (gsize i = 0; i < LARGE; i++)
    bytes[i] = (guint8) (i * 7 + i / 251);
  return g_bytes_new_take (bytes, LARGE);
}

typedef struct
{
  GBytes *body;
  int n_whole; /* atomic */
} Receiver;

static void
compare (RawConnection *connection, gpointer data)
{
  Receiver *receiver = data;

  while (raw_read_request (connection))
    {
      gsize size;
      gconstpointer bytes = g_bytes_get_data (receiver->body, &size);

      g_assert_cmpuint (connection->body->len, ==, size);
      g_assert_cmpint (memcmp (connection->body->str, bytes, size), ==, 0);
      g_atomic_int_inc (&receiver->n_whole);
      raw_answer (connection, 200, "", "");
    }
}

/* A descriptor of an unlinked file with @size bytes of @body. */
static int
file_of (GBytes *body, gsize size)
{
  g_autofree char *name = NULL;
  int fd = g_file_open_tmp ("s3dlio-put-XXXXXX", &name, NULL);
  const char *bytes = g_bytes_get_data (body, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_unlink (name);
  for (gsize done = 0; done < size;)
    done += (gsize) write (fd, bytes + done, size - done);
  return fd;
}

static void
test_large (void)
{
  g_autoptr (GBytes) body = large_body ();
  Receiver receiver = { body, 0 };
  g_auto (World) world = { 0 };
  int fd = file_of (body, LARGE);

  world_set_up (&world, compare, &receiver);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (S3dSource) source = i == 0 ? s3d_source_new_bytes (body) : s3d_source_new_file (fd, 0, LARGE);
      g_autoptr (Call) call = call_new (world.http, "PUT", world.url, "/x");

      s3d_http_request_set_source (call->request, source);
      call_run (call);
      g_assert_no_error (call_error (call));
      g_assert_cmpuint (s3d_http_request_get_facts (call->request)->bytes, ==, LARGE);
    }
  g_assert_cmpint (receiver.n_whole, ==, 2);
  close (fd);
}

static void
test_shrunk_file (void)
{
  g_autoptr (GBytes) body = large_body ();
  Receiver receiver = { body, 0 };
  g_auto (World) world = { 0 };
  int fd = file_of (body, LARGE / 2);
  g_autoptr (S3dSource) source = s3d_source_new_file (fd, 0, LARGE);
  g_autoptr (Call) call = NULL;

  world_set_up (&world, compare, &receiver);
  call = call_new (world.http, "PUT", world.url, "/x");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  g_assert_nonnull (call_error (call));
  g_assert_cmpint (call->n_signed, ==, 1);
  g_assert_cmpint (receiver.n_whole, ==, 0);
  close (fd);
}

/* Each connection but the third breaks in mid-body, or after it. */
static void
break_twice (RawConnection *connection, gpointer data)
{
  if (connection->number == 3)
    {
      compare (connection, data);
      return;
    }
  if (!raw_read_head (connection))
    return;
  raw_reset (connection);
  if (connection->number == 2)
    while (connection->rest->len < LARGE / 2)
      {
        char buffer[4096];
        ssize_t n = read (connection->fd, buffer, sizeof buffer);

        if (n <= 0)
          return;
        g_string_append_len (connection->rest, buffer, n);
      }
}

static void
put_through_resets (void)
{
  g_autoptr (GBytes) body = large_body ();
  g_autoptr (S3dSource) source = s3d_source_new_bytes (body);
  Receiver receiver = { body, 0 };
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

  world_set_up (&world, break_twice, &receiver);
  call = call_new (world.http, "PUT", world.url, "/x");
  s3d_http_request_set_source (call->request, source);
  call_run (call);
  g_assert_no_error (call_error (call));
  g_assert_cmpint (receiver.n_whole, ==, 1);
  g_assert_cmpint (call->n_signed, ==, 3);
  g_assert_cmpuint (s3d_http_request_get_facts (call->request)->attempts, ==, 3);
}

static void
test_reset (void)
{
  put_through_resets ();
}

static void
test_sigpipe (void)
{
  if (g_test_subprocess ())
    {
      signal (SIGPIPE, SIG_DFL);
      for (guint i = 0; i < 5; i++)
        put_through_resets ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Answers as soon as the head is in, and closes with the body unread: the kernel makes that a reset. */
static void
answer_early (RawConnection *connection, gpointer data)
{
  if (!raw_read_head (connection))
    return;
  raw_send (connection, "HTTP/1.1 403 No\r\nContent-Length: 7\r\nConnection: close\r\n\r\n<Error>");
}

static void
answer_early_and_read (RawConnection *connection, gpointer data)
{
  answer_early (connection, data);
  raw_wait_for_close (connection);
}

static void
test_early_answer (gconstpointer data)
{
  g_autoptr (GBytes) body = large_body ();
  g_autoptr (S3dSource) source = s3d_source_new_bytes (body);

  for (guint i = 0; i < 50; i++)
    {
      g_auto (World) world = { 0 };
      g_autoptr (Call) call = NULL;

      world_set_up (&world, (RawHandler) (gpointer) data, NULL);
      call = call_new (world.http, "PUT", world.url, "/x");
      s3d_http_request_set_source (call->request, source);
      call_run (call);
      call_assert_error (call, S3DLIO_ERROR_DENIED, "Code403");
      g_assert_cmpstr (s3d_http_request_get_body (call->request, NULL), ==, "<Error>");
      g_assert_cmpuint (raw_server_count_requests (world.server), ==, 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/http/put/body", &put, test_form);
  g_test_add_data_func ("/http/put/empty-body", &put_nothing, test_form);
  g_test_add_data_func ("/http/put/no-body", &put_sourceless, test_form);
  g_test_add_data_func ("/http/put/post", &post, test_form);
  g_test_add_data_func ("/http/put/post-without-body", &post_nothing, test_form);
  g_test_add_data_func ("/http/put/delete", &delete, test_form);
  g_test_add_func ("/http/put/methods-leave-nothing-behind", test_in_turn);
  g_test_add_func ("/http/put/large-body-from-memory-and-file", test_large);
  g_test_add_func ("/http/put/file-that-shrank-is-an-error", test_shrunk_file);
  g_test_add_func ("/http/put/resets-are-tried-again-from-the-start", test_reset);
  g_test_add_func ("/http/put/reset-does-not-raise-sigpipe", test_sigpipe);
  g_test_add_data_func ("/http/put/early-answer-is-heard", answer_early_and_read, test_early_answer);
  g_test_add_data_func ("/http/put/early-answer-with-a-reset-is-heard", answer_early, test_early_answer);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A raw HTTP/1.1 client on a blocking socket, see raw-client.h. Failures of the socket that no test
 * expects abort.
 */
#include "config.h"

#include "raw-client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE 10 /* seconds: a bound on hanging */

RawClient *
raw_client_new (TestServer *server)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  struct timeval patience = { .tv_sec = PATIENCE };
  RawClient *client = g_new0 (RawClient, 1);

  address.sin_port = htons (ts_server_get_port (server));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  client->buffer = g_byte_array_new ();
  client->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (client->fd, >=, 0);
  setsockopt (client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  g_assert_cmpint (connect (client->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  return client;
}

void
raw_client_free (RawClient *client)
{
  close (client->fd);
  g_byte_array_unref (client->buffer);
  g_free (client);
}

void
raw_answer_free (RawAnswer *answer)
{
  g_free (answer->head);
  g_free (answer->body);
  g_free (answer);
}

void
raw_client_send (RawClient *client, const char *data, gssize size)
{
  gsize left = size < 0 ? strlen (data) : (gsize) size;

  while (left > 0)
    {
      gssize n = send (client->fd, data, left, MSG_NOSIGNAL);

      if (n <= 0)
        return; /* what the server said before it hung up is still to be read */
      data += n;
      left -= (gsize) n;
    }
}

/* More into the buffer; FALSE: the end, and @end says which. */
static gboolean
fill (RawClient *client, RawEnd *end)
{
  guint8 data[16 * 1024];
  gssize n = recv (client->fd, data, sizeof data, 0);

  if (n < 0 && errno != ECONNRESET)
    g_error ("nothing came for %d seconds (%s)", PATIENCE, g_strerror (errno));
  if (n > 0)
    {
      g_byte_array_append (client->buffer, data, (guint) n);
      return TRUE;
    }
  *end = n == 0 ? RAW_CLOSED : RAW_RESET;
  return FALSE;
}

/* Takes @size bytes from the front of the buffer. */
static char *
take (RawClient *client, gsize size)
{
  char *taken = g_malloc (size + 1);

  if (size > 0)
    memcpy (taken, client->buffer->data, size);
  taken[size] = '\0';
  g_byte_array_remove_range (client->buffer, 0, (guint) size);
  return taken;
}

/* Takes what goes up to @mark and the mark itself; NULL: the end came first. */
static char *
take_up_to (RawClient *client, const char *mark, RawEnd *end)
{
  const guint8 *found;

  while ((found = client->buffer->len > 0 ? memmem (client->buffer->data, client->buffer->len, mark,
                                                    strlen (mark)) : NULL) == NULL)
    if (!fill (client, end))
      return NULL;
  return take (client, (gsize) (found - client->buffer->data) + strlen (mark));
}

static gboolean
read_bytes (RawClient *client, RawAnswer *answer, GString *body, gsize size)
{
  g_autofree char *bytes = NULL;
  gsize n;

  while (client->buffer->len < size && fill (client, &answer->end))
    ;
  n = MIN (size, client->buffer->len);
  bytes = take (client, n);
  g_string_append_len (body, bytes, (gssize) n);
  return n == size;
}

static gboolean
read_chunked (RawClient *client, RawAnswer *answer, GString *body)
{
  gsize size;

  do
    {
      g_autofree char *line = take_up_to (client, "\r\n", &answer->end);
      g_autofree char *ending = NULL;

      if (line == NULL)
        return FALSE;
      size = g_ascii_strtoull (line, NULL, 16);
      if (!read_bytes (client, answer, body, size))
        return FALSE;
      ending = take_up_to (client, "\r\n", &answer->end);
      if (ending == NULL)
        return FALSE;
    }
  while (size > 0);
  return TRUE;
}

static void
read_body (RawClient *client, RawAnswer *answer)
{
  g_autofree char *length = raw_answer_header (answer, "Content-Length");
  g_autofree char *coding = raw_answer_header (answer, "Transfer-Encoding");
  GString *body = g_string_new (NULL);
  gboolean whole = TRUE;

  if (coding != NULL)
    whole = read_chunked (client, answer, body);
  else if (length != NULL)
    whole = read_bytes (client, answer, body, g_ascii_strtoull (length, NULL, 10));
  if (whole)
    answer->end = RAW_WHOLE;
  answer->size = body->len;
  g_free (answer->body);
  answer->body = g_string_free (body, FALSE);
}

RawAnswer *
raw_client_receive (RawClient *client, gboolean head)
{
  RawAnswer *answer = g_new0 (RawAnswer, 1);

  answer->body = g_strdup ("");
  answer->head = take_up_to (client, "\r\n\r\n", &answer->end);
  if (answer->head == NULL)
    return answer;
  answer->status = (guint) g_ascii_strtoull (answer->head + strlen ("HTTP/1.1 "), NULL, 10);
  answer->end = RAW_WHOLE;
  if (!head && answer->status >= 200 && answer->status != 204 && answer->status != 304)
    read_body (client, answer);
  return answer;
}

gboolean
raw_client_at_end (RawClient *client)
{
  RawEnd end;

  return client->buffer->len == 0 && !fill (client, &end);
}

RawAnswer *
raw_client_ask (RawClient *client, const char *method, const char *target, const char *headers, const char *body)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  g_autofree char *text = NULL;
  g_autofree char *length = NULL;

  g_assert_cmpint (getpeername (client->fd, (struct sockaddr *) &address, &size), ==, 0);
  if (body != NULL)
    length = g_strdup_printf ("Content-Length: %zu\r\n", strlen (body));
  text = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s\r\n%s", method, target,
                          ntohs (address.sin_port), headers != NULL ? headers : "",
                          length != NULL ? length : "", body != NULL ? body : "");
  raw_client_send (client, text, -1);
  return raw_client_receive (client, g_str_equal (method, "HEAD"));
}

RawAnswer *
raw_ask (TestServer *server, const char *method, const char *target, const char *headers, const char *body)
{
  g_autoptr (RawClient) client = raw_client_new (server);

  return raw_client_ask (client, method, target, headers, body);
}

char *
raw_answer_header (RawAnswer *answer, const char *name)
{
  g_auto (GStrv) lines = NULL;
  gsize length = strlen (name);

  if (answer->head == NULL)
    return NULL;
  lines = g_strsplit (answer->head, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp (*line, name, length) == 0 && (*line)[length] == ':')
      return g_strdup (*line + length + 2);
  return NULL;
}

char *
raw_answer_element (RawAnswer *answer, const char *element)
{
  g_autofree char *open = g_strdup_printf ("<%s>", element);
  g_autofree char *close_tag = g_strdup_printf ("</%s>", element);
  const char *start = strstr (answer->body, open);
  const char *end = start != NULL ? strstr (start, close_tag) : NULL;

  if (end == NULL)
    return NULL;
  start += strlen (open);
  return g_strndup (start, (gsize) (end - start));
}

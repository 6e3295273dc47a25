/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests over bare sockets, see bench-raw.h. It trusts its server: an answer has a Content-Length, and nothing
 * follows it. RFC 9112. */

#include "config.h"

#include "bench/bench-raw.h"

#include "bench/bench-server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_AT_ONCE 256
#define MOST_AT_A_TIME (1024 * 1024)

typedef struct
{
  const BenchRaw *raw;
  int fd;
  gboolean sending; /* epoll waits for room */
  char *memory;
  gsize sent;
  char head[8192];
  gsize head_size;
  gboolean head_done;
  gsize left; /* of the answer's body */
  gsize got;
} Connection;

static void
want (int epoll, Connection *connection, gboolean sending, int how)
{
  struct epoll_event event = { .events = sending ? EPOLLOUT : EPOLLIN, .data.ptr = connection };

  if (epoll_ctl (epoll, how, connection->fd, &event) != 0)
    g_error ("epoll_ctl: %s", g_strerror (errno));
  connection->sending = sending;
}

/* Sends what the socket takes; the answer is waited for when all is gone. */
static void
send_body (int epoll, Connection *connection)
{
  gsize size = connection->raw->piece;
  gssize n = send (connection->fd, connection->memory + connection->sent,
                   MIN (size - connection->sent, (gsize) 2 * MOST_AT_A_TIME), MSG_DONTWAIT);

  if (n < 0 && errno != EAGAIN)
    g_error ("send: %s", g_strerror (errno));
  connection->sent += (gsize) MAX (n, 0);
  if (connection->sending != (connection->sent < size))
    want (epoll, connection, connection->sent < size, EPOLL_CTL_MOD);
}

static void
start (int epoll, Connection *connection, guint number)
{
  const BenchRaw *raw = connection->raw;
  gsize offset = number * raw->piece;
  gboolean put = raw->method[0] == 'P';
  char text[512];
  int used;

  connection->memory = raw->memory + (offset + raw->piece <= raw->memory_size ? offset : 0);
  connection->sent = connection->head_size = connection->got = 0;
  connection->head_done = FALSE;
  used = g_snprintf (text, sizeof text, "%s ", raw->method);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  used += g_snprintf (text + used, sizeof text - (gsize) used, raw->target, number);
#pragma GCC diagnostic pop
  used += g_snprintf (text + used, sizeof text - (gsize) used, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", raw->port);
  if (put)
    used += g_snprintf (text + used, sizeof text - (gsize) used, "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                        raw->piece);
  if (raw->ranged)
    used += g_snprintf (text + used, sizeof text - (gsize) used,
                        "Range: bytes=%" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT "\r\n", offset, offset + raw->piece - 1);
  used += g_snprintf (text + used, sizeof text - (gsize) used, "\r\n");
  if (send (connection->fd, text, (gsize) used, put ? MSG_MORE : 0) != used)
    g_error ("send: %s", g_strerror (errno));
  if (put)
    send_body (epoll, connection);
}

/* The head, and what of the body came with it. */
static void
take_head (Connection *connection)
{
  gssize n = recv (connection->fd, connection->head + connection->head_size,
                   sizeof connection->head - 1 - connection->head_size, 0);
  const char *end, *length;
  gsize body;

  if (n <= 0)
    g_error ("recv: %s", n < 0 ? g_strerror (errno) : "closed");
  connection->head_size += (gsize) n;
  connection->head[connection->head_size] = '\0';
  end = strstr (connection->head, "\r\n\r\n");
  if (end == NULL)
    return;
  if (connection->head[9] != '2')
    g_error ("the answer is %.12s", connection->head);
  connection->head_done = TRUE;
  length = strstr (connection->head, "Content-Length: ");
  connection->left = length != NULL && length < end ? strtoul (length + 16, NULL, 10) : 0;
  body = MIN (connection->head_size - (gsize) (end + 4 - connection->head), connection->left);
  memcpy (connection->memory, end + 4, body);
  connection->got = body;
  connection->left -= body;
}

static void
take_body (Connection *connection)
{
  gssize n = recv (connection->fd, connection->memory + connection->got,
                   MIN (connection->left, (gsize) MOST_AT_A_TIME), 0);

  if (n <= 0)
    g_error ("recv: %s", n < 0 ? g_strerror (errno) : "closed");
  connection->got += (gsize) n;
  connection->left -= (gsize) n;
}

/* TRUE: the answer is complete. */
static gboolean
advance (int epoll, Connection *connection)
{
  if (connection->sending)
    send_body (epoll, connection);
  else if (!connection->head_done)
    take_head (connection);
  else
    take_body (connection);
  return connection->head_done && connection->left == 0;
}

void
bench_raw_run (gpointer data)
{
  const BenchRaw *raw = data;
  g_autofree Connection *connections = g_new0 (Connection, raw->at_once);
  struct epoll_event events[MAX_AT_ONCE];
  guint started = 0, done = 0;
  int epoll = epoll_create1 (EPOLL_CLOEXEC);

  for (guint i = 0; i < raw->at_once && started < raw->n; i++)
    {
      connections[i].raw = raw;
      connections[i].fd = bench_connect (raw->port);
      want (epoll, &connections[i], FALSE, EPOLL_CTL_ADD);
      start (epoll, &connections[i], started++);
    }
  while (done < raw->n)
    {
      int n = epoll_wait (epoll, events, MAX_AT_ONCE, -1);

      for (int i = 0; i < n; i++)
        if (advance (epoll, events[i].data.ptr))
          {
            done++;
            if (started < raw->n)
              start (epoll, events[i].data.ptr, started++);
          }
    }
  for (guint i = 0; i < raw->at_once; i++)
    if (connections[i].raw != NULL)
      close (connections[i].fd);
  close (epoll);
}

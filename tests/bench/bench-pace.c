/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The server of bench-pace.h. What it is told and tells lies in memory that both processes share. RFC 9112, 9110. */

#include "config.h"

#include "bench/bench-pace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 4096
#define TICK_MS 1
#define MOST_AT_A_TIME (512 * 1024)

typedef enum
{
  IDLE,    /* for a request */
  WAITING, /* until it is due */
  SENDING,
  STALLED
} State;

typedef struct
{
  State state;
  gboolean used;   /* a request came before */
  gboolean blocked; /* epoll waits for room */
  char text[8192]; /* the request, then the head of the answer */
  gsize text_size, text_sent;
  guint64 offset, length, sent; /* of the body */
  gint64 due, began;
} Connection;

static BenchPace *pace;
static char *body;
static guint16 port;
static pid_t server;

/* The server's own. */
static Connection *connections[MAX_FDS];
static int epoll;

static void
want (int fd, gboolean room, int how)
{
  struct epoll_event event = { .events = room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.fd = fd };

  if (epoll_ctl (epoll, how, fd, &event) != 0)
    g_error ("epoll_ctl: %s", g_strerror (errno));
}

static void
leave (Connection *connection, State next)
{
  if (connection->state == STALLED)
    g_atomic_int_add (&pace->stalled, -1);
  if (connection->state != IDLE && next == IDLE)
    g_atomic_int_add (&pace->in_flight, -1);
  connection->state = next;
}

static void
hang_up (int fd)
{
  leave (connections[fd], IDLE);
  g_clear_pointer (&connections[fd], g_free);
  close (fd);
}

static void
accept_one (int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

  if (fd < 0 || fd >= MAX_FDS)
    return;
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connections[fd] = g_new0 (Connection, 1);
  g_atomic_int_inc (&pace->connections);
  want (fd, FALSE, EPOLL_CTL_ADD);
}

/* Makes the head of the answer in the place of the request. */
static void
answer (Connection *connection)
{
  const char *slash = strchr (connection->text + strlen ("GET /"), '/');
  const char *range = strstr (connection->text, "ange: bytes=");
  guint64 size = slash != NULL ? strtoull (slash + 1, NULL, 10) : 0;
  guint64 first = 0, last = size - 1;

  if (range != NULL)
    {
      char *dash;

      first = strtoull (range + strlen ("ange: bytes="), &dash, 10);
      if (g_ascii_isdigit (dash[1]))
        last = MIN (last, strtoull (dash + 1, NULL, 10));
    }
  connection->offset = first;
  connection->length = last + 1 - first;
  connection->sent = connection->text_sent = 0;
  connection->text_size = (gsize) g_snprintf (
      connection->text, sizeof connection->text,
      "HTTP/1.1 %s\r\nContent-Length: %" G_GUINT64_FORMAT "\r\nContent-Range: bytes %" G_GUINT64_FORMAT
      "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\r\nETag: \"e\"\r\n"
      "Last-Modified: Fri, 01 Nov 2024 00:00:00 GMT\r\n\r\n",
      range != NULL ? "206 Partial Content" : "200 OK", connection->length, first, last, size);
}

static void
take_request (int fd)
{
  Connection *connection = connections[fd];
  gsize room = sizeof connection->text - 1 - connection->text_size;
  gssize n = recv (fd, connection->text + connection->text_size, room, 0);
  int in_flight;

  if (n <= 0)
    {
      hang_up (fd);
      return;
    }
  connection->text_size += (gsize) n;
  connection->text[connection->text_size] = '\0';
  if (strstr (connection->text, "\r\n\r\n") == NULL)
    return;
  answer (connection);
  connection->due = g_get_monotonic_time () + pace->rtt_us * (connection->used ? 1 : 2);
  connection->used = TRUE;
  leave (connection, WAITING);
  g_atomic_int_inc (&pace->requests);
  in_flight = g_atomic_int_add (&pace->in_flight, 1) + 1;
  pace->max_in_flight = MAX (pace->max_in_flight, in_flight);
}

/* How much of the body may be sent by now. */
static guint64
allowed (const Connection *connection, gint64 now)
{
  guint64 most = connection->length;

  if (pace->rate > 0)
    most = MIN (most, (guint64) (now - connection->began) * (guint64) pace->rate * 1024 / G_USEC_PER_SEC);
  if (pace->stall_after > 0)
    most = MIN (most, (guint64) pace->stall_after * 1024);
  return most;
}

/* One send of what may go; FALSE: no more goes now. */
static gboolean
send_some (int fd, gint64 now)
{
  Connection *connection = connections[fd];
  guint64 most = allowed (connection, now), place = (connection->offset + connection->sent) % BENCH_PACE_BODY;
  const char *from = body + place;
  gsize size = (gsize) MIN (most - connection->sent, MIN (BENCH_PACE_BODY - place, MOST_AT_A_TIME));
  gssize n;

  if (connection->text_sent < connection->text_size)
    {
      from = connection->text + connection->text_sent;
      size = connection->text_size - connection->text_sent;
    }
  if (size == 0)
    return FALSE;
  n = send (fd, from, size, MSG_NOSIGNAL);
  connection->blocked = n < 0 && errno == EAGAIN;
  if (connection->blocked)
    want (fd, TRUE, EPOLL_CTL_MOD);
  if (n < 0)
    return FALSE;
  if (connection->text_sent < connection->text_size)
    connection->text_sent += (gsize) n;
  else
    connection->sent += (guint64) n;
  return TRUE;
}

static void
advance (int fd, gint64 now)
{
  Connection *connection = connections[fd];

  if (connection->state == WAITING && connection->due <= now)
    {
      leave (connection, SENDING);
      connection->began = connection->due;
    }
  if (connection->state != SENDING || connection->blocked)
    return;
  while (send_some (fd, now))
    ;
  if (connection->blocked || connection->text_sent < connection->text_size)
    return;
  if (connection->sent == connection->length)
    {
      connection->text_size = 0;
      leave (connection, IDLE);
    }
  else if (pace->stall_after > 0 && connection->sent == (guint64) pace->stall_after * 1024)
    {
      leave (connection, STALLED);
      g_atomic_int_inc (&pace->stalled);
    }
}

static void
handle (int fd, guint events)
{
  Connection *connection = connections[fd];

  if ((events & EPOLLOUT) != 0)
    {
      connection->blocked = FALSE;
      want (fd, FALSE, EPOLL_CTL_MOD);
    }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
    return;
  /* In mid-answer there is nothing to read but the end. */
  if (connection->state == IDLE)
    take_request (fd);
  else
    hang_up (fd);
}

static void
serve (int listener)
{
  struct epoll_event events[256];

  epoll = epoll_create1 (EPOLL_CLOEXEC);
  want (listener, FALSE, EPOLL_CTL_ADD);
  while (TRUE)
    {
      gboolean busy = g_atomic_int_get (&pace->in_flight) > g_atomic_int_get (&pace->stalled);
      int n = epoll_wait (epoll, events, G_N_ELEMENTS (events), busy ? TICK_MS : -1);
      gint64 now;

      for (int i = 0; i < n; i++)
        if (events[i].data.fd == listener)
          accept_one (listener);
        else
          handle (events[i].data.fd, events[i].events);
      now = g_get_monotonic_time ();
      for (int fd = 0; fd < MAX_FDS; fd++)
        if (connections[fd] != NULL)
          advance (fd, now);
    }
}

static int
start_listening (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (bind (fd, (struct sockaddr *) &address, length) != 0 || listen (fd, 1024) != 0)
    g_error ("cannot listen: %s", g_strerror (errno));
  getsockname (fd, (struct sockaddr *) &address, &length);
  port = ntohs (address.sin_port);
  return fd;
}

BenchPace *
bench_pace_start (void)
{
  int listener = start_listening ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  pace = mmap (NULL, sizeof *pace, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  body = g_malloc (BENCH_PACE_BODY);
  for (gsize i = 0; i < BENCH_PACE_BODY; i += sizeof (guint32))
    *(guint32 *) (gpointer) (body + i) = g_rand_int (rand);
  server = fork ();
  if (server == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      serve (listener);
    }
  close (listener);
  return pace;
}

void
bench_pace_stop (void)
{
  kill (server, SIGKILL);
  waitpid (server, NULL, 0);
  g_free (body);
}

guint16
bench_pace_get_port (void)
{
  return port;
}

const char *
bench_pace_body (void)
{
  return body;
}

void
bench_pace_set (guint rtt_ms, guint rate_kib, guint stall_after_kib)
{
  pace->rtt_us = (int) rtt_ms * 1000;
  pace->rate = (int) rate_kib;
  pace->stall_after = (int) stall_after_kib;
  g_atomic_int_set (&pace->requests, 0);
  g_atomic_int_set (&pace->connections, 0);
  g_atomic_int_set (&pace->max_in_flight, 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection's bytes, over a plain socket or GnuTLS: buffered reading, scattered writing, a
 * rate cap, an abrupt and an orderly end, and waits that end when the peer leaves or the server
 * stops. Used by the connection's thread alone; only shutdown(2) on the descriptor and writes to
 * wake_fd come from elsewhere, under the server's lock.
 */
#include "config.h"

#include "server-private.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (128 * 1024)
#define RATE_SLICES 50 /* a second */
#define DRAIN_MS 2000

TsStream *
ts_stream_new (TestServer *server, int fd, guint64 connection)
{
  TsStream *stream = g_new0 (TsStream, 1);

  stream->server = server;
  stream->fd = fd;
  stream->connection = connection;
  stream->wake_fd = -1;
  stream->buffer = g_malloc (BUFFER_SIZE);
  return stream;
}

void
ts_stream_free (TsStream *stream)
{
  if (stream->tls != NULL)
    gnutls_deinit (stream->tls);
  if (stream->fd >= 0)
    close (stream->fd);
  if (stream->wake_fd >= 0)
    close (stream->wake_fd);
  g_free (stream->buffer);
  g_free (stream);
}

/* How many of @size bytes may pass now; sleeps until some may. */
static gsize
pace (TsStream *stream, gsize size)
{
  gint64 now;
  gsize slice;

  if (stream->rate == 0)
    return size;
  now = g_get_monotonic_time ();
  if (stream->rate_ready_us > now)
    ts_stream_sleep (stream, stream->rate_ready_us - now);
  else
    stream->rate_ready_us = now;
  slice = MIN (size, MAX (1, stream->rate / RATE_SLICES));
  stream->rate_ready_us += (gint64) (slice * G_USEC_PER_SEC / stream->rate);
  return slice;
}

static gssize
read_some (TsStream *stream, void *data, gsize size)
{
  gssize n;

  size = pace (stream, size);
  do
    {
      if (stream->tls != NULL)
        n = gnutls_record_recv (stream->tls, data, size);
      else
        n = recv (stream->fd, data, size, 0);
    }
  while (stream->tls != NULL ? n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN
                             : n < 0 && errno == EINTR);
  return n < 0 ? -1 : n;
}

gssize
ts_stream_read (TsStream *stream, void *data, gsize size)
{
  gsize n = MIN (size, stream->end - stream->start);

  if (n == 0)
    return read_some (stream, data, size);
  memcpy (data, stream->buffer + stream->start, n);
  stream->start += n;
  return (gssize) n;
}

gboolean
ts_stream_fill (TsStream *stream)
{
  gssize n;

  memmove (stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
  stream->end -= stream->start;
  stream->start = 0;
  if (stream->end == BUFFER_SIZE)
    return FALSE;
  n = read_some (stream, stream->buffer + stream->end, BUFFER_SIZE - stream->end);
  if (n <= 0)
    return FALSE;
  stream->end += (gsize) n;
  return TRUE;
}

static gssize
write_some (TsStream *stream, struct iovec *vector, int n)
{
  struct msghdr message = { .msg_iov = vector, .msg_iovlen = (size_t) n };
  struct iovec first;
  gssize written;

  if (stream->tls != NULL || stream->rate != 0)
    {
      first = vector[0];
      first.iov_len = pace (stream, first.iov_len);
      message.msg_iov = &first;
      message.msg_iovlen = 1;
    }
  do
    {
      if (stream->tls != NULL)
        written = gnutls_record_send (stream->tls, first.iov_base, first.iov_len);
      else
        written = sendmsg (stream->fd, &message, MSG_NOSIGNAL);
    }
  while (stream->tls != NULL ? written == GNUTLS_E_INTERRUPTED || written == GNUTLS_E_AGAIN
                             : written < 0 && errno == EINTR);
  return written;
}

gboolean
ts_stream_writev (TsStream *stream, struct iovec *vector, int n)
{
  while (n > 0)
    {
      gssize written;

      if (vector->iov_len == 0)
        {
          vector++;
          n--;
          continue;
        }
      written = write_some (stream, vector, n);
      if (written < 0)
        return FALSE;
      while (n > 0 && (gsize) written >= vector->iov_len)
        {
          written -= (gssize) vector->iov_len;
          vector++;
          n--;
        }
      if (n > 0)
        {
          vector->iov_base = (char *) vector->iov_base + written;
          vector->iov_len -= (gsize) written;
        }
    }
  return TRUE;
}

/* FALSE when the peer has closed or the server stops; TRUE when the time (-1: none) is over or
 * @wake_fd was written. */
static gboolean
wait_quietly (TsStream *stream, int wake_fd, int ms)
{
  struct pollfd fds[3] = {
    { .fd = stream->fd, .events = POLLRDHUP },
    { .fd = stream->server->stop_fd, .events = POLLIN },
    { .fd = wake_fd, .events = POLLIN },
  };
  int n;

  do
    n = poll (fds, 3, ms);
  while (n < 0 && errno == EINTR);
  return fds[0].revents == 0 && fds[1].revents == 0;
}

gboolean
ts_stream_sleep (TsStream *stream, gint64 us)
{
  gint64 end = g_get_monotonic_time () + us;

  for (gint64 left = us; left > 0; left = end - g_get_monotonic_time ())
    {
      if (left < 1000)
        g_usleep ((gulong) left);
      else if (!wait_quietly (stream, -1, (int) MIN (left / 1000, G_MAXINT)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
was_released (TsStream *stream)
{
  gboolean released;

  g_mutex_lock (&stream->server->lock);
  released = stream->generation != stream->server->generation;
  g_mutex_unlock (&stream->server->lock);
  return released;
}

gboolean
ts_stream_wait_release (TsStream *stream)
{
  gboolean alive = TRUE;
  eventfd_t ignored;

  g_mutex_lock (&stream->server->lock);
  if (stream->wake_fd < 0)
    stream->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  stream->generation = stream->server->generation;
  g_mutex_unlock (&stream->server->lock);

  ts_ledger_hold (stream->server->ledger, 1);
  while (alive && !was_released (stream))
    {
      eventfd_read (stream->wake_fd, &ignored);
      if (!was_released (stream))
        alive = wait_quietly (stream, stream->wake_fd, -1);
    }
  ts_ledger_hold (stream->server->ledger, -1);
  return alive;
}

/* Waits until the peer's kernel has all that was written: a reset throws away what has not left. */
static void
drain_output (TsStream *stream)
{
  for (int ms = 0; ms < DRAIN_MS; ms++)
    {
      int left = 0;

      if (ioctl (stream->fd, SIOCOUTQ, &left) < 0 || left == 0)
        return;
      if (!ts_stream_sleep (stream, 1000))
        return;
    }
}

void
ts_stream_reset (TsStream *stream)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  drain_output (stream);
  setsockopt (stream->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  /* The close, in ts_stream_free(), then sends RST instead of FIN. */
}

void
ts_stream_close (TsStream *stream)
{
  char sink[16 * 1024];
  struct pollfd fd = { .fd = stream->fd, .events = POLLIN };

  if (stream->tls != NULL)
    gnutls_bye (stream->tls, GNUTLS_SHUT_WR);
  shutdown (stream->fd, SHUT_WR);
  /* What the peer still sends is read: with unread bytes the kernel would send RST, and the peer
   * lose our answer. */
  while (poll (&fd, 1, DRAIN_MS) > 0 && recv (stream->fd, sink, sizeof sink, 0) > 0)
    ;
}

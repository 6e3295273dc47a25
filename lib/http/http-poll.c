/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An epoll, and what libcurl's multi-socket interface wants of it. A connection that falls idle stays in the epoll:
 * most are used again at once, with the same wish.
 *
 * The loop's thread alone, but for waking. Descriptors are tracked for a forked child, which closes them. */

#include "config.h"

#include "http/http-poll.h"

#include "base/base-error.h"
#include "base/base-fork.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What epoll is asked to say of a descriptor, and what libcurl wants to hear. */
typedef struct
{
  guint8 registered;
  guint8 wanted;
  gboolean socket; /* a connection: we are told before it is closed */
} Watch;

gboolean
s3d_http_poll_open (S3dHttpPoll *poll, GError **error)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLET };

  poll->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  poll->event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  event.data.fd = poll->event_fd;
  if (poll->epoll_fd >= 0 && poll->event_fd >= 0
      && epoll_ctl (poll->epoll_fd, EPOLL_CTL_ADD, poll->event_fd, &event) == 0)
    {
      s3d_fork_track_fd (poll->epoll_fd);
      s3d_fork_track_fd (poll->event_fd);
      poll->watches = g_array_new (FALSE, TRUE, sizeof (Watch));
      return TRUE;
    }
  s3d_error_set_errno (error, errno, "cannot make an epoll");
  if (poll->epoll_fd >= 0)
    close (poll->epoll_fd);
  if (poll->event_fd >= 0)
    close (poll->event_fd);
  return FALSE;
}

void
s3d_http_poll_close (S3dHttpPoll *poll)
{
  g_array_unref (poll->watches);
  s3d_fork_untrack_fd (poll->epoll_fd);
  close (poll->epoll_fd);
  s3d_fork_untrack_fd (poll->event_fd);
  close (poll->event_fd);
}

void
s3d_http_poll_wake (S3dHttpPoll *poll)
{
  guint64 one = 1;

  while (write (poll->event_fd, &one, sizeof one) < 0 && errno == EINTR)
    continue;
}

static Watch *
get_watch (S3dHttpPoll *poll, int fd)
{
  if ((guint) fd >= poll->watches->len)
    g_array_set_size (poll->watches, (guint) fd + 1);
  return &g_array_index (poll->watches, Watch, fd);
}

static void
watch (S3dHttpPoll *poll, int fd, Watch *w)
{
  struct epoll_event event = { .events = w->wanted, .data.fd = fd };

  if (w->wanted == w->registered)
    return;
  if (w->wanted == 0)
    epoll_ctl (poll->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  else if (w->registered == 0)
    epoll_ctl (poll->epoll_fd, EPOLL_CTL_ADD, fd, &event);
  else if (epoll_ctl (poll->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
    epoll_ctl (poll->epoll_fd, EPOLL_CTL_ADD, fd, &event);
  w->registered = w->wanted;
}

void
s3d_http_poll_want (S3dHttpPoll *poll, int fd, int what)
{
  Watch *w = get_watch (poll, fd);

  w->wanted = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    w->wanted |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    w->wanted |= EPOLLOUT;
  if (w->wanted != 0 || !w->socket)
    watch (poll, fd, w);
}

void
s3d_http_poll_opened (S3dHttpPoll *poll, int fd)
{
  Watch *w = get_watch (poll, fd);

  memset (w, 0, sizeof *w);
  w->socket = TRUE;
  s3d_fork_track_fd (fd);
}

void
s3d_http_poll_closing (S3dHttpPoll *poll, int fd)
{
  Watch *w = get_watch (poll, fd);

  /* Taken out by hand: a copy of the socket in a forked child would keep it in the epoll. */
  w->wanted = 0;
  watch (poll, fd, w);
  w->socket = FALSE;
  s3d_fork_untrack_fd (fd);
}

int
s3d_http_poll_judge (S3dHttpPoll *poll, const struct epoll_event *event)
{
  int fd = event->data.fd;
  int action = 0;
  Watch *w;

  /* It is edge-triggered, and need not be read. */
  if (fd == poll->event_fd)
    return -1;
  w = get_watch (poll, fd);
  if (w->wanted == 0)
    {
      watch (poll, fd, w); /* an idle connection that the other side closed: libcurl sees it when it wants it again */
      return -1;
    }
  if ((event->events & EPOLLIN) != 0)
    action |= CURL_CSELECT_IN;
  if ((event->events & EPOLLOUT) != 0)
    action |= CURL_CSELECT_OUT;
  if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
    action |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
  /* While a body is sent, an answer that came early must be read before the next write fails on the closed
   * connection. */
  if (w->wanted == (EPOLLIN | EPOLLOUT))
    action |= CURL_CSELECT_IN;
  return action;
}

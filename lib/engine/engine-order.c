/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ranges to a descriptor that cannot seek: fetched ahead into buffers, written in the object's order.
 *
 * The descriptor may block for as long as its reader likes, so it is written by a job on the download pool, one at a
 * time, never by a thread that completes ops. The job stops when the get fails or is cancelled: it waits for the
 * descriptor and an eventfd, and writes no more than is taken at once. The descriptor's flags are shared with other
 * processes and left alone. SIGPIPE is blocked on threads of the library: EPIPE is an error like any other. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "engine/engine-range.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define PIECE (1024 * 1024)

/* Ranges come in the object's order, but that the first may be of the last bytes. */
void
s3d_order_insert (S3dRange *range)
{
  GQueue *order = &range->get->order;
  const S3dRange *last = g_queue_peek_tail (order);

  g_queue_push_nth (order, range, last != NULL && last->start > range->start ? (int) order->length - 1 : -1);
}

gboolean
s3d_order_prepare (S3dRange *range, GError **error)
{
  if (range->length <= 0)
    return TRUE;

  range->memory = s3d_memory_alloc ((guint64) range->length, error);

  return range->memory != NULL;
}

void
s3d_order_interrupt (S3dGet *get)
{
  const guint64 one = 1;

  if (get->wake >= 0)
    (void) !write (get->wake, &one, sizeof one);
}

/* What a pipe takes without blocking once it is writable: the pages that are free (the first and the last page in use
 * may be partly filled), at least one. */
static gsize
pipe_room (int fd)
{
  int capacity = fcntl (fd, F_GETPIPE_SZ);
  int used = 0;
  int pages;

  if (capacity < 0 || ioctl (fd, FIONREAD, &used) < 0)
    return PAGE;

  pages = used > 0 ? (capacity - used) / PAGE - 2 : capacity / PAGE;

  return (gsize) MAX (pages, 1) * PAGE;
}

static ssize_t
write_some (int fd, mode_t mode, const guint8 *data, gsize size)
{
  if (S_ISSOCK (mode))
    return send (fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (S_ISFIFO (mode))
    {
      /* Not inside MIN(), which asks twice: the reader may make room in between. */
      const gsize room = pipe_room (fd);

      return write (fd, data, MIN (size, room));
    }
  if (S_ISCHR (mode) && isatty (fd))
    return write (fd, data, MIN (size, PAGE));

  return write (fd, data, MIN (size, PIECE));
}

/* FALSE without @error: interrupted. */
static gboolean
write_all (const S3dGet *get, const guint8 *data, gsize size, GError **error)
{
  struct pollfd fds[2] = { { .fd = get->destination.fd, .events = POLLOUT }, { .fd = get->wake, .events = POLLIN } };
  struct stat facts;

  if (fstat (get->destination.fd, &facts) < 0)
    {
      s3d_error_set_errno (error, errno, "cannot write");
      return FALSE;
    }

  while (size > 0)
    {
      ssize_t n;

      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
        continue; /* EINTR: nothing else can be */
      if (fds[1].revents != 0)
        return FALSE;

      n = write_some (get->destination.fd, facts.st_mode, data, size);
      if (n < 0 && errno != EINTR && errno != EAGAIN)
        {
          s3d_error_set_errno (error, errno, "cannot write %" G_GSIZE_FORMAT " bytes to descriptor %d", size,
                               get->destination.fd);
          return FALSE;
        }
      if (n > 0)
        {
          data += n;
          size -= (gsize) n;
        }
    }

  return TRUE;
}

static gboolean
write_plain (S3dGet *get, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  gconstpointer data;
  gsize size;

  g_mutex_lock (&get->parent.lock);
  bytes = g_steal_pointer (&get->plain_bytes);
  g_mutex_unlock (&get->parent.lock);
  if (bytes == NULL)
    return TRUE;

  data = g_bytes_get_data (bytes, &size);

  return write_all (get, data, size, error);
}

/* The next range, when it is there. Without one the job is over, and the next completion starts another. */
static S3dRange *
next_complete (S3dGet *get, gboolean goes_on)
{
  S3dRange *range;

  g_mutex_lock (&get->parent.lock);
  range = g_queue_peek_head (&get->order);
  if (!goes_on || get->parent.error != NULL || range == NULL || !range->complete)
    {
      get->writing = FALSE;
      range = NULL;
    }
  g_mutex_unlock (&get->parent.lock);

  return range;
}

static void
drop_written (S3dGet *get, S3dRange *range)
{
  g_mutex_lock (&get->parent.lock);
  g_queue_pop_head (&get->order);
  s3d_range_free (range);
  g_mutex_unlock (&get->parent.lock);

  s3d_sequence_poke (&get->parent);
}

void
s3d_order_write (S3dSequence *sequence)
{
  S3dGet *get = (S3dGet *) sequence;
  GError *error = NULL;
  gboolean good = write_plain (get, &error);
  S3dRange *range;

  while ((range = next_complete (get, good)) != NULL)
    {
      good = write_all (get, range->memory, (gsize) range->length, &error);
      if (good)
        drop_written (get, range);
    }

  if (error == NULL)
    return;

  g_mutex_lock (&sequence->lock);
  s3d_sequence_fail (sequence, error);
  g_mutex_unlock (&sequence->lock);
}

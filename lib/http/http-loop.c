/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An event loop over libcurl's multi-socket interface: own epoll (http-poll.c), own timers, an eventfd that is written
 * only while the loop sleeps. curl_multi_poll() and curl_multi_perform() would cost O(handles) a wakeup.
 *
 * All but what http-loop.h names runs on the loop's own thread. The thread owns the multi handle, the transfers
 * and the descriptors, and takes them down when it ends; whoever quits the loop joins the thread or lets it go. A
 * loop that a forked child inherited is never touched. */

#include "config.h"

#include "http/http-loop.h"

#include "base/base-pool.h"
#include "http/http-attempt.h"
#include "http/http-poll.h"
#include "http/http-transfer.h"

#include <signal.h>

#define MAX_EVENTS 64
/* Rounds of new requests before the sockets are looked at again. */
#define MAX_PASSES 16
/* Handles kept for the next transfers; a fresh one costs more than one that is used again. */
#define MAX_SPARE 128
/* A loop that was busy for so much of so long, and has so many requests, is saturated: with fewer there is nothing to
 * share, as after a TLS handshake that took its time. */
#define BUSY_WINDOW_US (10 * 1000)
#define BUSY_PERCENT 90
#define BUSY_LOAD 4

struct _S3dHttpLoop
{
  S3dHttpCore *core;
  guint index;
  GThread *thread;
  S3dHttpPoll poll;

  /* Under core->lock. */
  GQueue inbox;
  GPtrArray *urgent;
  guint load;
  gboolean quit;

  int asleep; /* atomic: somebody must write the eventfd */
  int saturated; /* atomic */

  CURLM *multi;
  gint64 now;
  gint64 woke_at;
  gint64 curl_due; /* G_MAXINT64: never */
  gint64 stall_due;
  gint64 stall_interval;
  GSequence *timers; /* waiting requests, by due */
  GQueue active;
  GPtrArray *spare;
  gint64 window_start;
  gint64 busy;
};

guint
s3d_http_loop_get_index (const S3dHttpLoop *loop)
{
  return loop->index;
}

guint
s3d_http_loop_get_load (const S3dHttpLoop *loop)
{
  return loop->load;
}

void
s3d_http_loop_add_load (S3dHttpLoop *loop, int change)
{
  loop->load = (guint) ((int) loop->load + change);
}

gboolean
s3d_http_loop_is_saturated (S3dHttpLoop *loop)
{
  return loop->load >= BUSY_LOAD && g_atomic_int_get (&loop->saturated) && !g_atomic_int_get (&loop->asleep);
}

S3dHttpCore *
s3d_http_loop_get_core (S3dHttpLoop *loop)
{
  return loop->core;
}

CURLM *
s3d_http_loop_get_multi (S3dHttpLoop *loop)
{
  return loop->multi;
}

gint64
s3d_http_loop_get_now (const S3dHttpLoop *loop)
{
  return loop->now;
}

GQueue *
s3d_http_loop_get_active (S3dHttpLoop *loop)
{
  return &loop->active;
}

/* --- the inbox --- */

void
s3d_http_loop_push (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  g_queue_push_tail_link (&loop->inbox, &request->link);
  if (g_atomic_int_compare_and_exchange (&loop->asleep, TRUE, FALSE))
    s3d_http_poll_wake (&loop->poll);
}

void
s3d_http_loop_push_urgent (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  g_ptr_array_add (loop->urgent, s3d_http_request_ref (request));
  if (g_atomic_int_compare_and_exchange (&loop->asleep, TRUE, FALSE))
    s3d_http_poll_wake (&loop->poll);
}

static void
fail_without (gpointer data)
{
  s3d_http_attempt_fail_unstarted (data);
}

void
s3d_http_loop_fail_without (S3dHttpRequest *request)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_CONTROL);

  request->state = S3D_HTTP_DONE;
  s3d_pool_push (pool, fail_without, request);
  s3d_pool_unref (pool);
}

/* --- sockets --- */

static int
socket_changed (CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
  S3dHttpLoop *loop = data;
  S3dHttpTransfer *transfer = what != CURL_POLL_REMOVE ? s3d_http_transfer_from_easy (easy) : NULL;

  if (transfer != NULL)
    transfer->fd = fd;
  s3d_http_poll_want (&loop->poll, fd, what);
  return 0;
}

void
s3d_http_loop_socket_opened (S3dHttpLoop *loop, int fd)
{
  s3d_http_poll_opened (&loop->poll, fd);
}

void
s3d_http_loop_socket_closing (S3dHttpLoop *loop, int fd)
{
  s3d_http_poll_closing (&loop->poll, fd);
}

static int
timer_changed (CURLM *multi, long timeout_ms, void *data)
{
  S3dHttpLoop *loop = data;

  loop->curl_due = timeout_ms < 0 ? G_MAXINT64 : g_get_monotonic_time () + timeout_ms * G_TIME_SPAN_MILLISECOND;
  return 0;
}

/* --- transfers --- */

S3dHttpTransfer *
s3d_http_loop_take_transfer (S3dHttpLoop *loop)
{
  if (loop->spare->len > 0)
    return g_ptr_array_steal_index_fast (loop->spare, loop->spare->len - 1);
  return s3d_http_transfer_new (loop);
}

void
s3d_http_loop_give_transfer (S3dHttpLoop *loop, S3dHttpTransfer *transfer)
{
  if (loop->spare->len < MAX_SPARE)
    g_ptr_array_add (loop->spare, transfer);
  else
    s3d_http_transfer_free (transfer);
}

/* --- timers --- */

static int
compare_due (gconstpointer a, gconstpointer b, gpointer data)
{
  const S3dHttpRequest *first = a, *second = b;

  return (first->due > second->due) - (first->due < second->due);
}

void
s3d_http_loop_add_timer (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  request->timer = g_sequence_insert_sorted (loop->timers, request, compare_due, NULL);
}

void
s3d_http_loop_remove_timer (S3dHttpLoop *loop, S3dHttpRequest *request)
{
  g_sequence_remove (g_steal_pointer (&request->timer));
}

static S3dHttpRequest *
first_timer (S3dHttpLoop *loop)
{
  GSequenceIter *first = g_sequence_get_begin_iter (loop->timers);

  return g_sequence_iter_is_end (first) ? NULL : g_sequence_get (first);
}

/* As often as the shortest timeout that there was needs. */
void
s3d_http_loop_watch_stalls (S3dHttpLoop *loop, guint timeout_ms)
{
  gint64 interval = CLAMP (timeout_ms / 8, 10, 1000) * G_TIME_SPAN_MILLISECOND;

  if (interval >= loop->stall_interval)
    return;
  loop->stall_interval = interval;
  loop->stall_due = MIN (loop->stall_due, loop->now + interval);
}

static void
check_stalls (S3dHttpLoop *loop)
{
  gboolean late = loop->now - loop->stall_due > loop->stall_interval;

  if (loop->active.length == 0 || loop->now < loop->stall_due)
    return;
  loop->stall_due = loop->now + loop->stall_interval;
  /* When the loop itself was held up, or had nothing to do, the sockets come first: bytes may wait there. */
  if (!late)
    s3d_http_attempt_check_stalls (loop);
}

static void
run_timers (S3dHttpLoop *loop)
{
  S3dHttpRequest *request;
  int running;

  while ((request = first_timer (loop)) != NULL && request->due <= loop->now)
    {
      s3d_http_loop_remove_timer (loop, request);
      s3d_http_core_requeue (loop->core, request);
    }
  check_stalls (loop);
  if (loop->curl_due <= loop->now)
    {
      loop->curl_due = G_MAXINT64;
      curl_multi_socket_action (loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

static int
get_timeout_ms (S3dHttpLoop *loop)
{
  S3dHttpRequest *request = first_timer (loop);
  gint64 due = loop->curl_due;
  gint64 left;

  if (request != NULL)
    due = MIN (due, request->due);
  if (loop->active.length > 0)
    due = MIN (due, loop->stall_due);
  if (due == G_MAXINT64)
    return -1;
  left = due - g_get_monotonic_time ();
  return left <= 0 ? 0 : (int) MIN ((left + 999) / 1000, 60 * 1000);
}

/* --- the thread --- */

static void
handle_messages (S3dHttpLoop *loop)
{
  CURLMsg *message;
  int left;

  while ((message = curl_multi_info_read (loop->multi, &left)) != NULL)
    if (message->msg == CURLMSG_DONE)
      s3d_http_attempt_transfer_ended (loop, message->easy_handle, message->data.result);
}

static void
handle_urgent (S3dHttpLoop *loop, GPtrArray *urgent)
{
  for (guint i = 0; i < urgent->len; i++)
    s3d_http_attempt_look_at (loop, g_ptr_array_index (urgent, i));
}

/* What others left in the inbox; FALSE: nothing, and the loop is marked as asleep when it is to sleep. */
static gboolean
collect (S3dHttpLoop *loop, GQueue *inbox, GPtrArray **urgent, gboolean sleep, gboolean *quit)
{
  S3dHttpCore *core = loop->core;
  gboolean any;

  g_mutex_lock (&core->lock);
  *inbox = loop->inbox;
  g_queue_init (&loop->inbox);
  *urgent = NULL;
  if (loop->urgent->len > 0)
    {
      *urgent = loop->urgent;
      loop->urgent = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_http_request_unref);
    }
  *quit = loop->quit;
  any = inbox->length > 0 || *urgent != NULL || *quit;
  if (!any && sleep)
    g_atomic_int_set (&loop->asleep, TRUE);
  g_mutex_unlock (&core->lock);
  return any;
}

static void
note_busy (S3dHttpLoop *loop, gint64 slept_at)
{
  gint64 window = slept_at - loop->window_start;

  loop->busy += slept_at - loop->woke_at;
  if (window < BUSY_WINDOW_US)
    return;
  g_atomic_int_set (&loop->saturated, loop->busy * 100 >= window * BUSY_PERCENT);
  loop->window_start = slept_at;
  loop->busy = 0;
}

static void
wait_for_events (S3dHttpLoop *loop, int timeout_ms)
{
  struct epoll_event events[MAX_EVENTS];
  int n, action, running;

  if (timeout_ms != 0)
    note_busy (loop, g_get_monotonic_time ());
  n = epoll_wait (loop->poll.epoll_fd, events, MAX_EVENTS, timeout_ms);
  g_atomic_int_set (&loop->asleep, FALSE);
  if (timeout_ms == 0)
    note_busy (loop, g_get_monotonic_time ());
  loop->now = loop->woke_at = g_get_monotonic_time ();

  for (int i = 0; i < n; i++)
    if ((action = s3d_http_poll_judge (&loop->poll, &events[i])) >= 0)
      curl_multi_socket_action (loop->multi, events[i].data.fd, action, &running);
}

static void
run (S3dHttpLoop *loop)
{
  gboolean quit = FALSE;
  guint passes = 0;

  while (!quit)
    {
      GQueue inbox;
      g_autoptr (GPtrArray) urgent = NULL;
      GList *link;
      int timeout_ms;

      run_timers (loop);
      handle_messages (loop);
      timeout_ms = get_timeout_ms (loop);
      if (collect (loop, &inbox, &urgent, timeout_ms != 0, &quit))
        {
          if (urgent != NULL)
            handle_urgent (loop, urgent);
          while ((link = g_queue_pop_head_link (&inbox)) != NULL)
            s3d_http_attempt_start (loop, link->data);
          loop->now = g_get_monotonic_time ();
          if (++passes < MAX_PASSES)
            continue;
          timeout_ms = 0;
        }
      passes = 0;
      wait_for_events (loop, timeout_ms);
    }
}

static void
loop_free (S3dHttpLoop *loop)
{
  S3dHttpTransfer *transfer;

  while ((transfer = g_queue_peek_head (&loop->active)) != NULL)
    s3d_http_transfer_stop (transfer);
  g_clear_pointer (&loop->spare, g_ptr_array_unref);
  curl_multi_cleanup (loop->multi);
  g_sequence_free (loop->timers);
  g_ptr_array_unref (loop->urgent);
  s3d_http_poll_close (&loop->poll);
  g_free (loop);
}

static gpointer
loop_thread (gpointer data)
{
  S3dHttpLoop *loop = data;
  S3dHttpCore *core = loop->core;

  s3d_thread_enter ("s3d-http");
  loop->now = loop->woke_at = loop->window_start = g_get_monotonic_time ();
  run (loop);
  loop_free (loop);
  s3d_http_core_unref (core);
  return NULL;
}

static GThread *
start_thread (S3dHttpLoop *loop, GError **error)
{
  sigset_t all, before;
  GThread *thread;

  /* Blocked from the first instruction on: libcurl's own threads inherit it as well. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_try_new ("s3d-http", loop_thread, loop, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return thread;
}

static void
set_up_multi (S3dHttpLoop *loop)
{
  const S3dSettings *settings = loop->core->settings;
  long connections = (long) MIN (settings->connections, 10000) * 4;

  loop->multi = curl_multi_init ();
  curl_multi_setopt (loop->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
  curl_multi_setopt (loop->multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt (loop->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
  curl_multi_setopt (loop->multi, CURLMOPT_TIMERDATA, loop);
  curl_multi_setopt (loop->multi, CURLMOPT_MAXCONNECTS, MAX (connections, 256L));
  curl_multi_setopt (loop->multi, CURLMOPT_PIPELINING, settings->http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
}

S3dHttpLoop *
s3d_http_loop_new (S3dHttpCore *core, guint index, GError **error)
{
  S3dHttpLoop *loop = g_new0 (S3dHttpLoop, 1);

  loop->core = core;
  loop->index = index;
  loop->curl_due = G_MAXINT64;
  loop->stall_interval = G_MAXINT64;
  if (!s3d_http_poll_open (&loop->poll, error))
    {
      g_free (loop);
      return NULL;
    }
  g_queue_init (&loop->inbox);
  g_queue_init (&loop->active);
  loop->urgent = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_http_request_unref);
  loop->spare = g_ptr_array_new_with_free_func ((GDestroyNotify) s3d_http_transfer_free);
  loop->timers = g_sequence_new (NULL);
  set_up_multi (loop);
  loop->thread = start_thread (loop, error);
  if (loop->thread == NULL)
    {
      loop_free (loop);
      return NULL;
    }
  return loop;
}

void
s3d_http_loop_quit (S3dHttpLoop *loop, gboolean join)
{
  GThread *thread = loop->thread;
  S3dHttpCore *core = loop->core;

  g_mutex_lock (&core->lock);
  loop->quit = TRUE;
  s3d_http_poll_wake (&loop->poll);
  g_mutex_unlock (&core->lock);
  if (join)
    g_thread_join (thread);
  else
    g_thread_unref (thread);
}

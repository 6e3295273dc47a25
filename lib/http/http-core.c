/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Admission. Never more than `connections` sockets to a host, over all loops, nor more than `max_total_requests`
 * in flight; what finds no room waits in its host's queue, in the order of submission.
 *
 * A loop's connections are its own, so the cap is kept by slots: a host has on each loop as many as it has
 * requests running or sockets open there, whichever is more. A request goes to a loop that has an idle socket for
 * it, or to any as long as the sum is below the cap. A request that waits (for its next attempt, for credentials)
 * holds nothing.
 *
 * Any thread, under core->lock; loops are told through their inboxes. The core is shared by the S3dHttp and its
 * loops. */

#include "config.h"

#include "http/http-core.h"

#include "base/base-fork.h"
#include "base/base-pool.h"
#include "http/http-loop.h"

#include <string.h>

static char *
make_label (const char *origin)
{
  const char *authority = strstr (origin, "://");
  gboolean tls = g_ascii_strncasecmp (origin, "https:", 6) == 0;
  const char *colon, *bracket;

  authority = authority != NULL ? authority + 3 : origin;
  colon = strrchr (authority, ':');
  bracket = strrchr (authority, ']');
  if (colon != NULL && (bracket == NULL || colon > bracket))
    return g_strdup (authority);
  return g_strdup_printf ("%s:%d", authority, tls ? 443 : 80);
}

static S3dHttpHost *
host_new (S3dHttpCore *core, const char *origin)
{
  S3dHttpHost *host = g_new0 (S3dHttpHost, 1);

  host->origin = g_strdup (origin);
  host->label = make_label (origin);
  host->link.data = host;
  host->bucket = s3d_retry_bucket_new (S3D_RETRY_TOKENS, S3D_RETRY_COST);
  for (guint i = 0; i < S3D_HTTP_MAX_LOOPS; i++)
    {
      host->slots[i].core = core;
      host->slots[i].host = host;
    }
  return host;
}

static void
host_free (S3dHttpHost *host)
{
  g_free (host->origin);
  g_free (host->label);
  s3d_retry_bucket_free (host->bucket);
  g_free (host);
}

S3dHttpCore *
s3d_http_core_new (S3dSettings *settings)
{
  S3dHttpCore *core = g_new0 (S3dHttpCore, 1);

  g_atomic_ref_count_init (&core->refs);
  g_mutex_init (&core->lock);
  core->settings = s3d_settings_ref (settings);
  core->generation = s3d_fork_generation ();
  core->max_loops = CLAMP (g_get_num_processors (), 1, S3D_HTTP_MAX_LOOPS);
  core->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) host_free);
  s3d_http_options_init (&core->options, settings);
  return core;
}

void
s3d_http_core_unref (S3dHttpCore *core)
{
  if (!g_atomic_ref_count_dec (&core->refs))
    return;
  g_hash_table_unref (core->hosts);
  s3d_http_options_clear (&core->options);
  s3d_settings_unref (core->settings);
  g_mutex_clear (&core->lock);
  g_free (core);
}

void
s3d_http_core_close (S3dHttpCore *core)
{
  gboolean join = !s3d_thread_is_ours ();

  for (guint i = 0; i < core->n_loops; i++)
    s3d_http_loop_quit (core->loops[i], join);
  s3d_http_core_unref (core);
}

static S3dHttpHost *
find_host (S3dHttpCore *core, const char *origin)
{
  S3dHttpHost *host = g_hash_table_lookup (core->hosts, origin);

  if (host == NULL)
    {
      host = host_new (core, origin);
      g_hash_table_insert (core->hosts, host->origin, host);
    }
  return host;
}

static S3dHttpLoop *
start_loop (S3dHttpCore *core)
{
  g_autoptr (GError) error = NULL;
  S3dHttpLoop *loop;

  if (core->n_loops == core->max_loops)
    return NULL;
  loop = s3d_http_loop_new (core, core->n_loops, &error);
  if (loop == NULL)
    {
      g_info ("no further event loop: %s", error->message);
      return NULL;
    }
  g_atomic_ref_count_inc (&core->refs);
  core->loops[core->n_loops++] = loop;
  return loop;
}

/* Where a request may go. */
typedef struct
{
  S3dHttpLoop *idle;   /* not saturated, with a connection that waits for work */
  S3dHttpLoop *room;   /* not saturated, and a connection may be added */
  S3dHttpLoop *busy;   /* saturated, else as either; the one with the least to do */
  guint fewest;        /* connections on a loop that is not saturated */
  guint used;          /* of the cap */
} Choice;

static void
look_around (S3dHttpCore *core, S3dHttpHost *host, Choice *choice)
{
  for (guint i = 0; i < core->n_loops; i++)
    choice->used += MAX (host->slots[i].claims, host->slots[i].open);
  choice->fewest = core->n_loops < core->max_loops ? 0 : G_MAXUINT;

  for (guint i = 0; i < core->n_loops; i++)
    {
      S3dHttpLoop *loop = core->loops[i];
      S3dHttpSlot *slot = &host->slots[i];
      gboolean saturated = s3d_http_loop_is_saturated (loop);
      gboolean idle = slot->open > slot->claims;

      if (!saturated)
        choice->fewest = MIN (choice->fewest, slot->open);
      if (!idle && choice->used >= core->settings->connections)
        continue;
      if (saturated)
        {
          if (choice->busy == NULL || s3d_http_loop_get_load (loop) < s3d_http_loop_get_load (choice->busy))
            choice->busy = loop;
        }
      else if (idle && choice->idle == NULL)
        choice->idle = loop;
      else if (!idle && choice->room == NULL)
        choice->room = loop;
    }
}

/* A connection cannot change its loop. Where all that the cap allows are on saturated loops while others have little to
 * do, the one that this request gets is closed after it, so that the next is opened elsewhere; one at a time. */
static void
consider_move (S3dHttpRequest *request, const Choice *choice)
{
  S3dHttpHost *host = request->host;
  guint open = host->slots[s3d_http_loop_get_index (choice->busy)].open;

  if (host->moving || choice->fewest == G_MAXUINT || open <= choice->fewest + 1)
    return;
  host->moving = TRUE;
  request->moving = TRUE;
}

/* The first loop that is not saturated and has room, or a new one; NULL: no room anywhere. */
static S3dHttpLoop *
choose_loop (S3dHttpCore *core, S3dHttpRequest *request)
{
  Choice choice = { 0 };

  if (core->in_flight >= core->settings->max_total_requests)
    return NULL;
  look_around (core, request->host, &choice);
  if (choice.idle != NULL)
    return choice.idle;
  if (choice.room == NULL && choice.used < core->settings->connections)
    choice.room = start_loop (core);
  if (choice.room != NULL)
    return choice.room;
  if (choice.busy != NULL && choice.used >= core->settings->connections)
    consider_move (request, &choice);
  return choice.busy;
}

static void
hand_over (S3dHttpRequest *request, S3dHttpLoop *loop)
{
  request->loop = loop;
  request->state = S3D_HTTP_ASSIGNED;
  s3d_http_loop_push (loop, request);
}

static gboolean
try_admit (S3dHttpCore *core, S3dHttpRequest *request)
{
  S3dHttpLoop *loop = choose_loop (core, request);

  if (loop == NULL)
    return FALSE;
  request->claimed = TRUE;
  request->host->slots[s3d_http_loop_get_index (loop)].claims++;
  core->in_flight++;
  s3d_http_loop_add_load (loop, 1);
  hand_over (request, loop);
  return TRUE;
}

/* A request that has waited outside keeps the place that it had. */
static void
insert_in_order (GQueue *queue, S3dHttpRequest *request)
{
  GList *before = queue->tail;

  while (before != NULL && ((S3dHttpRequest *) before->data)->sequence > request->sequence)
    before = before->prev;
  if (before == NULL)
    g_queue_push_head_link (queue, &request->link);
  else
    g_queue_insert_after_link (queue, before, &request->link);
}

static void
enqueue (S3dHttpCore *core, S3dHttpRequest *request)
{
  S3dHttpHost *host = find_host (core, s3d_http_request_effective_origin (request));

  request->host = host;
  if (host->waiting.length == 0 && try_admit (core, request))
    return;
  if (core->n_loops == 0)
    {
      s3d_http_loop_fail_without (request);
      return;
    }
  request->state = S3D_HTTP_QUEUED;
  if (host->waiting.length == 0)
    g_queue_push_tail_link (&core->crowded, &host->link);
  insert_in_order (&host->waiting, request);
}

static void
dequeue (S3dHttpCore *core, S3dHttpRequest *request)
{
  S3dHttpHost *host = request->host;

  g_queue_unlink (&host->waiting, &request->link);
  if (host->waiting.length == 0)
    g_queue_unlink (&core->crowded, &host->link);
}

/* The one that waits longest among those whose host has room. */
static S3dHttpRequest *
next_waiting (S3dHttpCore *core, guint64 after)
{
  S3dHttpRequest *first = NULL;

  for (GList *l = core->crowded.head; l != NULL; l = l->next)
    {
      S3dHttpHost *host = l->data;
      S3dHttpRequest *head = host->waiting.head->data;

      if (head->sequence >= after && (first == NULL || head->sequence < first->sequence))
        first = head;
    }
  return first;
}

/* Starts whoever may start now. Hosts that are full are passed over. */
static void
dispatch (S3dHttpCore *core)
{
  guint64 after = 0;
  S3dHttpRequest *request;

  while (core->in_flight < core->settings->max_total_requests && (request = next_waiting (core, after)) != NULL)
    {
      dequeue (core, request);
      if (try_admit (core, request))
        continue;
      after = request->sequence + 1;
      if (request->host->waiting.length == 0)
        g_queue_push_tail_link (&core->crowded, &request->host->link);
      g_queue_push_head_link (&request->host->waiting, &request->link);
    }
}

void
s3d_http_core_submit (S3dHttpCore *core, S3dHttpRequest *request)
{
  request->core = core;
  if (request->stall_timeout_ms == 0)
    request->stall_timeout_ms = core->settings->stall_timeout_ms;
  request->facts.started = g_get_monotonic_time ();
  g_mutex_lock (&core->lock);
  g_assert (request->state == S3D_HTTP_NEW);
  request->sequence = ++core->sequence;
  enqueue (core, s3d_http_request_ref (request));
  g_mutex_unlock (&core->lock);
}

void
s3d_http_core_requeue (S3dHttpCore *core, S3dHttpRequest *request)
{
  g_mutex_lock (&core->lock);
  request->woken = FALSE;
  if (request->cancelled)
    hand_over (request, request->loop);
  else
    enqueue (core, request);
  g_mutex_unlock (&core->lock);
}

void
s3d_http_core_cancel (S3dHttpCore *core, S3dHttpRequest *request)
{
  g_mutex_lock (&core->lock);
  if (!request->cancelled && request->core == core)
    {
      request->cancelled = TRUE;
      if (request->state == S3D_HTTP_QUEUED)
        {
          dequeue (core, request);
          hand_over (request, core->loops[0]);
        }
      else if (request->state != S3D_HTTP_NEW && request->state != S3D_HTTP_DONE)
        s3d_http_loop_push_urgent (request->loop, request);
    }
  g_mutex_unlock (&core->lock);
}

void
s3d_http_core_wake (S3dHttpCore *core, S3dHttpRequest *request)
{
  g_mutex_lock (&core->lock);
  if (request->core == core && (request->state == S3D_HTTP_RUNNING || request->state == S3D_HTTP_PARKED))
    {
      request->woken = TRUE;
      if (request->state == S3D_HTTP_PARKED)
        s3d_http_loop_push_urgent (request->loop, request);
    }
  g_mutex_unlock (&core->lock);
}

S3dHttpState
s3d_http_core_look_at (S3dHttpCore *core, S3dHttpRequest *request, S3dHttpLoop *loop)
{
  S3dHttpState state = S3D_HTTP_NEW;

  g_mutex_lock (&core->lock);
  if (request->loop == loop && (request->cancelled || (request->woken && request->state == S3D_HTTP_PARKED)))
    state = request->state;
  else if (request->loop != loop && request->cancelled && request->state != S3D_HTTP_DONE)
    s3d_http_loop_push_urgent (request->loop, request); /* it has moved meanwhile */
  g_mutex_unlock (&core->lock);
  return state;
}

gboolean
s3d_http_core_enter (S3dHttpCore *core, S3dHttpRequest *request)
{
  gboolean cancelled;

  g_mutex_lock (&core->lock);
  request->state = S3D_HTTP_RUNNING;
  request->woken = FALSE;
  cancelled = request->cancelled;
  g_mutex_unlock (&core->lock);
  return !cancelled;
}

gboolean
s3d_http_core_leave (S3dHttpCore *core, S3dHttpRequest *request, S3dHttpState state)
{
  g_mutex_lock (&core->lock);
  if (state != S3D_HTTP_DONE && (request->cancelled || (state == S3D_HTTP_PARKED && request->woken)))
    {
      request->woken = FALSE;
      g_mutex_unlock (&core->lock);
      return FALSE;
    }
  request->state = state;
  if (request->claimed)
    {
      request->claimed = FALSE;
      if (request->moving)
        request->moving = request->host->moving = FALSE;
      request->host->slots[s3d_http_loop_get_index (request->loop)].claims--;
      core->in_flight--;
      s3d_http_loop_add_load (request->loop, -1);
      dispatch (core);
    }
  g_mutex_unlock (&core->lock);
  return TRUE;
}

void
s3d_http_core_socket_opened (S3dHttpSlot *slot)
{
  g_mutex_lock (&slot->core->lock);
  slot->open++;
  g_mutex_unlock (&slot->core->lock);
}

void
s3d_http_core_socket_closed (S3dHttpSlot *slot)
{
  g_mutex_lock (&slot->core->lock);
  slot->open--;
  g_mutex_unlock (&slot->core->lock);
}

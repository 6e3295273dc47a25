/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of this floor share: the request's inside, and who may touch which part of it.
 *
 * * core->lock guards admission: claims, the hosts' queues, every request's `state`, `loop`, `host`, `cancelled`,
 *   `woken`, `claimed`, `moving` and `link`, and the loops' inboxes. No hook and no function of libcurl is called
 *   with it held.
 * * All else of a request belongs to the thread of the loop that it is assigned to; before submission and after
 *   done, to its maker. */

#include "base/base-backoff.h"
#include "http/http-headers.h"
#include "http/http.h"

#include <curl/curl.h>

#define S3D_HTTP_MAX_LOOPS 8
#define S3D_HTTP_MAX_ERROR_BODY (64 * 1024)
#define S3D_HTTP_MAX_BODY (32 * 1024 * 1024)
#define S3D_HTTP_MAX_ANSWER_HEADERS (256 * 1024)
#define S3D_HTTP_MAX_REDIRECTS 10

/* Attempts at a host that has never answered, when nobody chose how many: it is less often one that is down than one
 * whose name is wrong, which should be told within two seconds. As many as botocore makes. */
#define S3D_HTTP_STRANGER_ATTEMPTS 5

typedef struct _S3dHttpCore S3dHttpCore;
typedef struct _S3dHttpHost S3dHttpHost;
typedef struct _S3dHttpLoop S3dHttpLoop;
typedef struct _S3dHttpTransfer S3dHttpTransfer;

typedef enum
{
  S3D_HTTP_NEW,      /* not submitted */
  S3D_HTTP_QUEUED,   /* no room: in its host's queue */
  S3D_HTTP_ASSIGNED, /* in its loop's inbox */
  S3D_HTTP_RUNNING,  /* its loop works on it */
  S3D_HTTP_WAITING,  /* for the time of its next attempt */
  S3D_HTTP_PARKED,   /* for s3d_http_wake() */
  S3D_HTTP_DONE
} S3dHttpState;

struct _S3dHttpRequest
{
  gatomicrefcount refs;

  /* What is asked. */
  const char *method;
  char *origin;
  char *target;
  const S3dHttpHooks *hooks;
  gpointer data;
  S3dHttpHeaders headers;
  S3dSource *source;
  S3dSink *sink;
  gboolean bulk;
  guint stall_timeout_ms; /* 0, until submitted: as the settings say */
  guint attempts_made;
  guint max_attempts; /* 0: as configured */

  /* What came back. */
  guint status;
  S3dHttpHeaders answer;
  gint64 content_length;
  GString *body; /* NULL: none was captured */
  GError *error;
  gboolean resumable;
  S3dFacts facts;

  /* The transport's. */
  S3dHttpCore *core;
  S3dHttpHost *host;
  S3dHttpLoop *loop;
  S3dHttpState state;
  gboolean claimed; /* counts against the caps */
  gboolean moving;  /* its connection is closed after it */
  gboolean cancelled;
  gboolean woken;
  GList link; /* in a host's queue or a loop's inbox */
  guint64 sequence;
  guint tries;      /* attempts that count against `retries` */
  gboolean mended;  /* RETRY_NOW was used up */
  gboolean token;   /* the running attempt took a token of the retry bucket */
  gboolean begun;   /* the sink was begun by an earlier attempt */
  gint64 due;       /* WAITING: when */
  GSequenceIter *timer;
  S3dHttpTransfer *transfer;
  guint redirects;
  char *redirect_origin; /* where a followed redirect led; the original stays for the next attempt */
  char *redirect_target;
  gboolean foreign; /* that is another host: nothing secret goes there */
};

/* Where the next attempt goes. */
const char *s3d_http_request_effective_origin (S3dHttpRequest *request);
const char *s3d_http_request_effective_target (S3dHttpRequest *request);

/* Forgets the answer of the attempt before. */
void s3d_http_request_forget_answer (S3dHttpRequest *request);

/* What a loop works with: one slot for a host on each loop, counted by the core. */
typedef struct
{
  S3dHttpCore *core;
  S3dHttpHost *host;
  S3dHttpLoop *loop; /* set by the loop itself */
  guint claims; /* requests assigned to the loop */
  guint open;   /* sockets, idle ones included */
} S3dHttpSlot;

struct _S3dHttpHost
{
  char *origin;
  char *label; /* "host:port", for messages */
  GQueue waiting;
  GList link; /* in core->crowded, while somebody waits */
  S3dRetryBucket *bucket;
  gint answered;     /* atomic: HTTP was spoken there */
  gint silent_until; /* atomic, monotonic seconds: its trouble has been told */
  gboolean moving; /* a connection is on its way to another loop */
  S3dHttpSlot slots[S3D_HTTP_MAX_LOOPS];
};

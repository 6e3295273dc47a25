/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The heart of an S3dHttp in one process: which request may run now, on which loop. A forked child makes a new one and
 * leaks the old one. */

#include "http/http-options.h"
#include "http/http-private.h"

struct _S3dHttpCore
{
  gatomicrefcount refs; /* the S3dHttp's and one for each loop */
  S3dSettings *settings;
  S3dHttpOptions options;
  guint generation;
  guint max_loops;

  GMutex lock; /* all below */
  S3dHttpLoop *loops[S3D_HTTP_MAX_LOOPS];
  guint n_loops;
  guint in_flight;
  guint64 sequence;
  GHashTable *hosts; /* by origin; they live as long as the core */
  GQueue crowded;    /* hosts in whose queue somebody waits */
};

S3dHttpCore *s3d_http_core_new (S3dSettings *settings);
void s3d_http_core_unref (S3dHttpCore *core);
/* Ends the loops: joined, unless the calling thread is one of the library's. Takes the caller's reference. */
void s3d_http_core_close (S3dHttpCore *core);

void s3d_http_core_submit (S3dHttpCore *core, S3dHttpRequest *request);
void s3d_http_core_cancel (S3dHttpCore *core, S3dHttpRequest *request);
void s3d_http_core_wake (S3dHttpCore *core, S3dHttpRequest *request);

/* For the loop that runs @request. The state it enters (WAITING, PARKED, DONE) costs it its claim, and somebody
 * else starts. FALSE: it was cancelled or, for PARKED, woken meanwhile; nothing has changed then. */
gboolean s3d_http_core_leave (S3dHttpCore *core, S3dHttpRequest *request, S3dHttpState state);
/* The state of a request that was cancelled or woken, if it is @loop's to act on it; else NEW. */
S3dHttpState s3d_http_core_look_at (S3dHttpCore *core, S3dHttpRequest *request, S3dHttpLoop *loop);
/* WAITING or PARKED is over. */
void s3d_http_core_requeue (S3dHttpCore *core, S3dHttpRequest *request);
/* @loop begins with what was in its inbox. FALSE: it was cancelled. */
gboolean s3d_http_core_enter (S3dHttpCore *core, S3dHttpRequest *request);

void s3d_http_core_socket_opened (S3dHttpSlot *slot);
void s3d_http_core_socket_closed (S3dHttpSlot *slot);

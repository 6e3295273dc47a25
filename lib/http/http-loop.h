/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One event loop: a thread, a multi handle, an epoll. */

#include "http/http-core.h"

/* Starts the thread. Called with core->lock held, as all down to fail_without. */
S3dHttpLoop *s3d_http_loop_new (S3dHttpCore *core, guint index, GError **error);
guint s3d_http_loop_get_index (const S3dHttpLoop *loop);
guint s3d_http_loop_get_load (const S3dHttpLoop *loop);
void s3d_http_loop_add_load (S3dHttpLoop *loop, int change);
gboolean s3d_http_loop_is_saturated (S3dHttpLoop *loop);
/* Into the inbox, to start; or, referenced, to be looked at because it was cancelled or woken. */
void s3d_http_loop_push (S3dHttpLoop *loop, S3dHttpRequest *request);
void s3d_http_loop_push_urgent (S3dHttpLoop *loop, S3dHttpRequest *request);
/* When no loop could be started: the request fails on a thread of the control pool. */
void s3d_http_loop_fail_without (S3dHttpRequest *request);

/* Without the lock. The loop is gone after this. */
void s3d_http_loop_quit (S3dHttpLoop *loop, gboolean join);

/* On the loop's thread. */
S3dHttpCore *s3d_http_loop_get_core (S3dHttpLoop *loop);
CURLM *s3d_http_loop_get_multi (S3dHttpLoop *loop);
gint64 s3d_http_loop_get_now (const S3dHttpLoop *loop); /* when it woke up */
/* A transfer has begun that may be without a byte for so long. */
void s3d_http_loop_watch_stalls (S3dHttpLoop *loop, guint timeout_ms);
S3dHttpTransfer *s3d_http_loop_take_transfer (S3dHttpLoop *loop);
void s3d_http_loop_give_transfer (S3dHttpLoop *loop, S3dHttpTransfer *transfer);
GQueue *s3d_http_loop_get_active (S3dHttpLoop *loop); /* transfers in the multi handle */
void s3d_http_loop_add_timer (S3dHttpLoop *loop, S3dHttpRequest *request); /* until request->due */
void s3d_http_loop_remove_timer (S3dHttpLoop *loop, S3dHttpRequest *request);
/* A socket of libcurl's begins and ends. */
void s3d_http_loop_socket_opened (S3dHttpLoop *loop, int fd);
void s3d_http_loop_socket_closing (S3dHttpLoop *loop, int fd);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The descriptors that a loop waits for: an epoll, the sockets in it with what libcurl wants to hear of each, and an
 * eventfd that wakes. All but s3d_http_poll_wake() is for the loop's thread. */

#include <sys/epoll.h>

#include <glib.h>

typedef struct
{
  int epoll_fd;
  int event_fd;
  GArray *watches; /* by descriptor */
} S3dHttpPoll;

gboolean s3d_http_poll_open (S3dHttpPoll *poll, GError **error);
void s3d_http_poll_close (S3dHttpPoll *poll);

/* From any thread, as long as nobody closes it. */
void s3d_http_poll_wake (S3dHttpPoll *poll);

/* A connection was made, will be closed: between the two it may fall idle, and is told apart from what libcurl opens
 * for itself. */
void s3d_http_poll_opened (S3dHttpPoll *poll, int fd);
void s3d_http_poll_closing (S3dHttpPoll *poll, int fd);

/* @what: CURL_POLL_IN, … */
void s3d_http_poll_want (S3dHttpPoll *poll, int fd, int what);

/* The CURL_CSELECT_… bits that @event comes to; -1: it is not for libcurl. */
int s3d_http_poll_judge (S3dHttpPoll *poll, const struct epoll_event *event);

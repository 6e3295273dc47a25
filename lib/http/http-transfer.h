/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One attempt at a request on the wire: an easy handle with all that its callbacks need. Transfers are used again:
 * a loop keeps spare ones. On the loop's thread only. */

#include "http/http-private.h"

struct _S3dHttpTransfer
{
  S3dHttpLoop *loop;
  S3dHttpRequest *request; /* NULL: spare */
  GList link;              /* in the loop's active ones */

  CURL *easy;
  char detail[CURL_ERROR_SIZE];
  GString *text;             /* URL and header lines; libcurl points into it */
  struct curl_slist *lines;
  guint n_lines;
  const S3dHttpSlot *slot;   /* as set on the handle */
  int method;                /* as set on the handle */
  gsize buffer_size;         /* as set on the handle */
  gsize upload_size;         /* as set on the handle */
  gboolean moving;           /* as set on the handle */

  guint64 sent;          /* offset in the source */
  guint sends;           /* how often it went out: libcurl itself sends it again after a stale connection */
  gint64 progress_at;    /* when a byte last went either way; 0: not sent yet */
  int fd;                  /* as epoll was last told; -1: none yet */
  curl_off_t acknowledged; /* bytes sent, as last seen */
  guint64 taken;         /* body bytes given to the sink or captured */
  gboolean headers_done;
  GError *error;          /* ends the request */
  gboolean foreign_error; /* it is a hook's, the sink's or the source's */
};

S3dHttpTransfer *s3d_http_transfer_new (S3dHttpLoop *loop);
void s3d_http_transfer_free (S3dHttpTransfer *transfer);
S3dHttpTransfer *s3d_http_transfer_from_easy (CURL *easy); /* NULL: a handle of libcurl's own */

/* Puts @request on the wire; FALSE with @error when it cannot be sent. */
gboolean s3d_http_transfer_start (S3dHttpTransfer *transfer, S3dHttpRequest *request, GError **error);
/* Takes it from the wire; what is in the transfer stays to be read until it is given back to the loop. */
void s3d_http_transfer_stop (S3dHttpTransfer *transfer);
/* Whether no byte went either way for as long as its request allows. */
gboolean s3d_http_transfer_is_stalled (S3dHttpTransfer *transfer, gint64 now);

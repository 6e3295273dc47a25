/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One HTTP exchange: made by a backend, run by the transport. A request is parts (origin, encoded
 * target, headers, source, hooks); no type of libcurl is seen outside this floor.
 *
 * The hooks run on a loop thread, one at a time, with no lock held; they must not block. Between
 * s3d_http_submit() and done the request is the transport's; the only call allowed from
 * elsewhere is s3d_http_cancel(), and s3d_http_wake() after a sign hook that answered WAIT.
 * Reference-counted. */

#include "base/base-facts.h"
#include "base/base-sink.h"
#include "base/base-source.h"

typedef struct _S3dHttpRequest S3dHttpRequest;

typedef enum
{
  S3D_HTTP_SIGN_READY,
  /* credentials are being fetched; s3d_http_wake() will be called, then sign runs again */
  S3D_HTTP_SIGN_WAIT,
  S3D_HTTP_SIGN_FAILED /* error set; the request fails with it */
} S3dHttpSign;

typedef enum
{
  S3D_HTTP_FINAL,      /* as it is: success, or an error that no retry mends */
  S3D_HTTP_RETRY,      /* transient */
  S3D_HTTP_THROTTLED,  /* transient, and the service asked to slow down */
  /* once, at once: the backend mended what was wrong (region, clock, expired token) */
  S3D_HTTP_RETRY_NOW
} S3dHttpVerdict;

typedef struct
{
  /* Before every attempt: sets what depends on time and credentials. NULL: nothing to sign. */
  S3dHttpSign (*sign) (S3dHttpRequest *request, gpointer data, GError **error);

  /* A 2xx answer's headers are in. Says where the body goes with s3d_http_request_set_sink();
   * with none it is captured (see s3d_http_request_get_body()). FALSE with @error refuses the
   * body: the request fails, not retried. Nullable. */
  gboolean (*headers) (S3dHttpRequest *request, gpointer data, GError **error);

  /* The whole answer is in, status and captured body at hand (error bodies always are). Says
   * what it means: for FINAL with @error set, the request fails with it; without, it is well.
   * For the others @error says with what the request fails when no attempt is left. The transport
   * adds the status, the endpoint and the attempts. Never called for transport errors, nor when a
   * 2xx body went to a sink. Required. */
  S3dHttpVerdict (*classify) (S3dHttpRequest *request, gpointer data, GError **error);

  /* The end, exactly once. */
  void (*done) (S3dHttpRequest *request, gpointer data);
} S3dHttpHooks;

/* @method: GET, HEAD, PUT, POST, DELETE (static). @origin: "http://host:port", never with a
 * path. @target: the encoded path with its query, sent as it is. @hooks must outlive the
 * request. @bulk: expects much data (big buffers). */
S3dHttpRequest *s3d_http_request_new (const char *method, const char *origin, const char *target,
                                      const S3dHttpHooks *hooks, gpointer data);
S3dHttpRequest *s3d_http_request_ref (S3dHttpRequest *request);
void s3d_http_request_unref (S3dHttpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dHttpRequest, s3d_http_request_unref)

/* In. A header replaces one of the same name; NULL removes it. */
void s3d_http_request_set_header (S3dHttpRequest *request, const char *name, const char *value);
/* sign, classify */
void s3d_http_request_set_target (S3dHttpRequest *request, const char *origin, const char *target);
/* takes a reference */
void s3d_http_request_set_source (S3dHttpRequest *request, S3dSource *source);
/* borrows; in the headers hook */
void s3d_http_request_set_sink (S3dHttpRequest *request, S3dSink *sink);
void s3d_http_request_set_bulk (S3dHttpRequest *request, gboolean bulk);
/* Without a byte for so long an attempt has failed; 0: as the settings say. */
void s3d_http_request_set_stall_timeout (S3dHttpRequest *request, guint timeout_ms);
void s3d_http_request_set_attempts_made (S3dHttpRequest *request, guint attempts);
/* 0: as configured, which is never exceeded. */
void s3d_http_request_set_max_attempts (S3dHttpRequest *request, guint attempts);

const char *s3d_http_request_get_method (S3dHttpRequest *request);
const char *s3d_http_request_get_origin (S3dHttpRequest *request);
const char *s3d_http_request_get_target (S3dHttpRequest *request);
const char *s3d_http_request_get_header (S3dHttpRequest *request, const char *name);
/* The headers in order, "name", "value" alternating; valid until one is set. For signers. */
guint s3d_http_request_get_n_headers (S3dHttpRequest *request);
void s3d_http_request_get_nth_header (S3dHttpRequest *request, guint n, const char **name, const char **value);
S3dSource *s3d_http_request_get_source (S3dHttpRequest *request);

/* Out: of the last attempt. */
guint s3d_http_request_get_status (S3dHttpRequest *request); /* 0: no answer */
/* any case; the last one */
const char *s3d_http_request_get_response_header (S3dHttpRequest *request, const char *name);
/* Calls @func for each response header, in order. */
void s3d_http_request_foreach_response_header (S3dHttpRequest *request,
                                               void (*func) (const char *name, const char *value, gpointer data),
                                               gpointer data);
gint64 s3d_http_request_get_content_length (S3dHttpRequest *request); /* -1: not said */
/* The captured body (an error's up to 64 KiB, an answer without a sink up to 32 MiB), with its
 * size; NUL-terminated. */
const char *s3d_http_request_get_body (S3dHttpRequest *request, gsize *size);
/* in done: NULL when it worked */
const GError *s3d_http_request_get_error (S3dHttpRequest *request);
/* In done, after an error in mid-body: the rest may be asked for again. */
gboolean s3d_http_request_is_resumable (S3dHttpRequest *request);
const S3dFacts *s3d_http_request_get_facts (S3dHttpRequest *request);

/* @error (taken) with the status, the endpoint, the attempts made and @note (nullable). The transport does that to the
 * request's error; this is for what a good answer says of a part of what was asked for. */
GError *s3d_http_error_complete (GError *error, S3dHttpRequest *request, const char *note);

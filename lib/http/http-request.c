/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The request: its parts as the backend gives them, the answer as it comes. No locking: it belongs to its maker before
 * submission and after done, to one loop at a time in between. The request holds references on its source and never
 * owns its sink. */

#include "config.h"

#include "http/http-private.h"

S3dHttpRequest *
s3d_http_request_new (const char *method, const char *origin, const char *target, const S3dHttpHooks *hooks,
                      gpointer data)
{
  S3dHttpRequest *request = g_new0 (S3dHttpRequest, 1);

  g_atomic_ref_count_init (&request->refs);
  request->method = method;
  request->origin = g_strdup (origin);
  request->target = g_strdup (target);
  request->hooks = hooks;
  request->data = data;
  request->content_length = -1;
  request->link.data = request;
  return request;
}

S3dHttpRequest *
s3d_http_request_ref (S3dHttpRequest *request)
{
  g_atomic_ref_count_inc (&request->refs);
  return request;
}

void
s3d_http_request_unref (S3dHttpRequest *request)
{
  if (!g_atomic_ref_count_dec (&request->refs))
    return;
  g_free (request->origin);
  g_free (request->target);
  g_free (request->redirect_origin);
  g_free (request->redirect_target);
  s3d_http_headers_free (&request->headers);
  s3d_http_headers_free (&request->answer);
  g_clear_pointer (&request->source, s3d_source_unref);
  if (request->body != NULL)
    g_string_free (request->body, TRUE);
  g_clear_error (&request->error);
  g_free (request);
}

void
s3d_http_request_set_header (S3dHttpRequest *request, const char *name, const char *value)
{
  s3d_http_headers_set (&request->headers, name, value);
}

void
s3d_http_request_set_target (S3dHttpRequest *request, const char *origin, const char *target)
{
  g_autofree char *old_origin = g_steal_pointer (&request->origin);
  g_autofree char *old_target = g_steal_pointer (&request->target);

  request->origin = g_strdup (origin);
  request->target = g_strdup (target);
}

void
s3d_http_request_set_source (S3dHttpRequest *request, S3dSource *source)
{
  S3dSource *old = request->source;

  request->source = source != NULL ? s3d_source_ref (source) : NULL;
  if (old != NULL)
    s3d_source_unref (old);
}

void
s3d_http_request_set_sink (S3dHttpRequest *request, S3dSink *sink)
{
  if (request->sink != sink)
    request->begun = FALSE;
  request->sink = sink;
}

void
s3d_http_request_set_bulk (S3dHttpRequest *request, gboolean bulk)
{
  request->bulk = bulk;
}

void
s3d_http_request_set_stall_timeout (S3dHttpRequest *request, guint timeout_ms)
{
  request->stall_timeout_ms = timeout_ms;
}

void
s3d_http_request_set_attempts_made (S3dHttpRequest *request, guint attempts)
{
  request->attempts_made = attempts;
}

void
s3d_http_request_set_max_attempts (S3dHttpRequest *request, guint attempts)
{
  request->max_attempts = attempts;
}

const char *
s3d_http_request_get_method (S3dHttpRequest *request)
{
  return request->method;
}

const char *
s3d_http_request_get_origin (S3dHttpRequest *request)
{
  return s3d_http_request_effective_origin (request);
}

const char *
s3d_http_request_get_target (S3dHttpRequest *request)
{
  return s3d_http_request_effective_target (request);
}

const char *
s3d_http_request_effective_origin (S3dHttpRequest *request)
{
  return request->redirect_origin != NULL ? request->redirect_origin : request->origin;
}

const char *
s3d_http_request_effective_target (S3dHttpRequest *request)
{
  return request->redirect_target != NULL ? request->redirect_target : request->target;
}

const char *
s3d_http_request_get_header (S3dHttpRequest *request, const char *name)
{
  return s3d_http_headers_get (&request->headers, name);
}

guint
s3d_http_request_get_n_headers (S3dHttpRequest *request)
{
  return request->headers.n_fields;
}

void
s3d_http_request_get_nth_header (S3dHttpRequest *request, guint n, const char **name, const char **value)
{
  s3d_http_headers_nth (&request->headers, n, name, value);
}

S3dSource *
s3d_http_request_get_source (S3dHttpRequest *request)
{
  return request->source;
}

void
s3d_http_request_forget_answer (S3dHttpRequest *request)
{
  request->status = 0;
  request->content_length = -1;
  s3d_http_headers_clear (&request->answer);
  if (request->body != NULL)
    g_string_truncate (request->body, 0);
}

guint
s3d_http_request_get_status (S3dHttpRequest *request)
{
  return request->status;
}

const char *
s3d_http_request_get_response_header (S3dHttpRequest *request, const char *name)
{
  return s3d_http_headers_get (&request->answer, name);
}

void
s3d_http_request_foreach_response_header (S3dHttpRequest *request,
                                          void (*func) (const char *name, const char *value, gpointer data),
                                          gpointer data)
{
  for (guint i = 0; i < request->answer.n_fields; i++)
    {
      const char *name, *value;

      s3d_http_headers_nth (&request->answer, i, &name, &value);
      func (name, value, data);
    }
}

gint64
s3d_http_request_get_content_length (S3dHttpRequest *request)
{
  return request->content_length;
}

const char *
s3d_http_request_get_body (S3dHttpRequest *request, gsize *size)
{
  if (size != NULL)
    *size = request->body != NULL ? request->body->len : 0;
  return request->body != NULL ? request->body->str : "";
}

const GError *
s3d_http_request_get_error (S3dHttpRequest *request)
{
  return request->error;
}

gboolean
s3d_http_request_is_resumable (S3dHttpRequest *request)
{
  return request->resumable;
}

const S3dFacts *
s3d_http_request_get_facts (S3dHttpRequest *request)
{
  return &request->facts;
}

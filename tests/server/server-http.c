/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP/1.1 (RFC 9112) on the server's side: reads a request, takes it through its stages (faults,
 * admission, 100-continue, body, service), and has the answer sent. Strict on purpose: what a
 * client must not send is refused. Everything here runs in the connection's thread.
 */
#include "config.h"

#include "server-private.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BODY (G_GUINT64_CONSTANT (5) << 30)

/* ---- the call ---- */

static TsCall *
call_new (TsStream *stream)
{
  TsCall *call = g_new0 (TsCall, 1);

  call->server = stream->server;
  call->stream = stream;
  call->headers = ts_pairs_new ();
  call->params = ts_pairs_new ();
  call->out_headers = ts_pairs_new ();
  call->segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  call->operation = "Unknown";
  call->query = g_strdup ("");
  return call;
}

static void
call_free (TsCall *call)
{
  g_free (call->method);
  g_free (call->target);
  g_free (call->path);
  g_free (call->query);
  g_free (call->host);
  g_free (call->bucket);
  g_free (call->key);
  g_ptr_array_unref (call->headers);
  g_ptr_array_unref (call->params);
  g_ptr_array_unref (call->out_headers);
  g_ptr_array_unref (call->segments);
  g_clear_pointer (&call->body, g_bytes_unref);
  ts_plan_clear (&call->plan);
  g_free (call);
}

const char *
ts_call_header (TsCall *call, const char *name)
{
  return ts_pairs_get (call->headers, name);
}

const char *
ts_call_param (TsCall *call, const char *name)
{
  for (guint i = 0; i < call->params->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->params, i);

      if (g_str_equal (pair->name, name))
        return pair->value;
    }
  return NULL;
}

void
ts_call_set_header (TsCall *call, const char *name, const char *value)
{
  ts_pairs_set (call->out_headers, name, value);
}

void
ts_call_set_headerf (TsCall *call, const char *name, const char *format, ...)
{
  g_autofree char *value = NULL;
  va_list args;

  va_start (args, format);
  value = g_strdup_vprintf (format, args);
  va_end (args);
  ts_pairs_set (call->out_headers, name, value);
}

void
ts_call_clear_answer (TsCall *call)
{
  g_ptr_array_set_size (call->out_headers, 0);
  g_ptr_array_set_size (call->segments, 0);
  call->out_length = 0;
  call->claimed_length = 0;
  call->status = 0;
  call->code = NULL;
}

void
ts_call_add_segment (TsCall *call, GBytes *bytes, gsize offset, gsize length)
{
  if (length == 0)
    return;
  g_ptr_array_add (call->segments, g_bytes_new_from_bytes (bytes, offset, length));
  call->out_length += length;
}

void
ts_call_take_body (TsCall *call, const char *type, GString *text)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (text);

  ts_call_set_header (call, "Content-Type", type);
  g_ptr_array_set_size (call->segments, 0);
  call->out_length = 0;
  ts_call_add_segment (call, bytes, 0, g_bytes_get_size (bytes));
  call->claimed_length = call->out_length;
}

/* ---- reading the head ---- */

void
ts_call_refuse (TsCall *call, const char *code)
{
  if (call->refuse_code == NULL)
    call->refuse_code = code;
  call->close = TRUE;
}

/* "GET /path?query HTTP/1.1", or with an absolute URI, as a proxy is asked. */
static void
parse_request_line (TsCall *call, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  const char *path;
  const char *query;

  if (g_strv_length (words) != 3 || !g_str_has_prefix (words[2], "HTTP/1."))
    {
      ts_call_refuse (call, "BadRequest");
      return;
    }
  call->method = g_strdup (words[0]);
  call->target = g_strdup (words[1]);
  call->http10 = g_str_equal (words[2], "HTTP/1.0");
  path = words[1];
  if (g_str_has_prefix (path, "http://"))
    {
      path = strchr (path + strlen ("http://"), '/');
      if (path == NULL)
        path = "/";
    }
  if (*path != '/' && !g_str_equal (path, "*"))
    {
      ts_call_refuse (call, "InvalidURI");
      return;
    }
  query = strchr (path, '?');
  call->path = query != NULL ? g_strndup (path, (gsize) (query - path)) : g_strdup (path);
  g_free (call->query);
  call->query = g_strdup (query != NULL ? query + 1 : "");
}

static void
parse_header_line (TsCall *call, char *line)
{
  char *colon = strchr (line, ':');
  const char *blank = strpbrk (line, " \t");

  if (colon == NULL || colon == line || (blank != NULL && blank < colon) || strpbrk (line, "\r\n"))
    {
      ts_call_refuse (call, "BadRequest");
      return;
    }
  *colon = '\0';
  ts_pairs_add (call->headers, line, g_strstrip (colon + 1));
}

static guint
count_headers (TsCall *call, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < call->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->headers, i);

      n += g_ascii_strcasecmp (pair->name, name) == 0;
    }
  return n;
}

static void
read_framing (TsCall *call)
{
  const char *length = ts_call_header (call, "Content-Length");
  const char *coding = ts_call_header (call, "Transfer-Encoding");
  const char *connection = ts_call_header (call, "Connection");
  const char *expect = ts_call_header (call, "Expect");
  const char *host = ts_call_header (call, "Host");

  call->has_length = length != NULL;
  if (length != NULL
      && (count_headers (call, "Content-Length") != 1
          || !g_ascii_string_to_unsigned (length, 10, 0, G_MAXINT64, &call->content_length, NULL)))
    ts_call_refuse (call, "BadRequest");
  call->chunked = coding != NULL && g_ascii_strcasecmp (coding, "chunked") == 0;
  if (coding != NULL && (!call->chunked || length != NULL))
    ts_call_refuse (call, "BadRequest");
  if (!call->http10 && count_headers (call, "Host") != 1)
    ts_call_refuse (call, "BadRequest");
  call->host = g_ascii_strdown (host != NULL ? host : "", -1);
  call->expect = expect != NULL && g_ascii_strcasecmp (expect, "100-continue") == 0;
  call->keep_alive = !call->http10
                     && (connection == NULL || g_ascii_strcasecmp (connection, "close") != 0);
  call->head_only = g_strcmp0 (call->method, "HEAD") == 0;
}

static void
parse_head (TsCall *call, const char *text, gsize length)
{
  g_autofree char *head = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);

  if (strlen (head) != length)
    ts_call_refuse (call, "BadRequest");
  parse_request_line (call, lines[0]);
  for (char **line = lines + 1; *line != NULL && **line != '\0'; line++)
    parse_header_line (call, *line);
  if (call->refuse_code == NULL)
    read_framing (call);
}

/* NULL: the peer has nothing more to ask. */
static TsCall *
read_call (TsStream *stream)
{
  TsCall *call;
  const char *end;

  while ((end = memmem (stream->buffer + stream->start, stream->end - stream->start, "\r\n\r\n", 4))
         == NULL)
    if (!ts_stream_fill (stream))
      return NULL;
  call = call_new (stream);
  parse_head (call, stream->buffer + stream->start,
              (gsize) (end + 2 - (stream->buffer + stream->start)));
  stream->start = (gsize) (end + 4 - stream->buffer);
  return call;
}

/* ---- reading the body ---- */

static gboolean
read_exactly (TsCall *call, guint8 *data, guint64 size)
{
  for (guint64 done = 0; done < size;)
    {
      gssize n = ts_stream_read (call->stream, data + done, size - done);

      if (n <= 0)
        return FALSE;
      done += (guint64) n;
      call->bytes_in += (guint64) n;
    }
  return TRUE;
}

static char *
read_line (TsStream *stream)
{
  const char *end;
  char *line;

  while ((end = memmem (stream->buffer + stream->start, stream->end - stream->start, "\r\n", 2))
         == NULL)
    if (!ts_stream_fill (stream))
      return NULL;
  line = g_strndup (stream->buffer + stream->start,
                    (gsize) (end - stream->buffer) - stream->start);
  stream->start = (gsize) (end + 2 - stream->buffer);
  return line;
}

/* Appends at most @most bytes of the chunk that follows; FALSE: broken off. @last is set at the
 * body's end. */
static gboolean
read_chunk (TsCall *call, GByteArray *body, guint64 most, gboolean *last)
{
  g_autofree char *line = read_line (call->stream);
  g_autofree char *ending = NULL;
  char *end = NULL;
  guint64 size;
  guint old = body->len;

  if (line == NULL || !g_ascii_isxdigit (*line))
    return FALSE;
  size = g_ascii_strtoull (line, &end, 16);
  if ((*end != '\0' && *end != ';') || size > G_MAXUINT / 2 - old)
    return FALSE;
  *last = size == 0;
  g_byte_array_set_size (body, old + (guint) size);
  if (!read_exactly (call, body->data + old, MIN (size, most)))
    return FALSE;
  if (size > most)
    return TRUE;
  ending = read_line (call->stream);
  return ending != NULL && *ending == '\0';
}

static gboolean
read_body (TsCall *call, guint64 most)
{
  guint64 length = MIN (call->content_length, most);

  if (call->chunked)
    {
      g_autoptr (GByteArray) body = g_byte_array_new ();
      gboolean last = FALSE;

      while (!last && call->bytes_in < most)
        if (!read_chunk (call, body, most - call->bytes_in, &last))
          return FALSE;
      call->body = g_byte_array_free_to_bytes (g_steal_pointer (&body));
    }
  else if (length == 0)
    call->body = g_bytes_new (NULL, 0);
  else
    {
      guint8 *data = g_try_malloc (length);

      if (data == NULL || !read_exactly (call, data, length))
        {
          g_free (data);
          return FALSE;
        }
      call->body = g_bytes_new_take (data, length);
    }
  return TRUE;
}

/* ---- stages ---- */

static void
corrupt_body (TsCall *call)
{
  gsize size = g_bytes_get_size (call->body);
  guint8 *data;

  if (call->plan.corrupt_request_at >= size)
    return;
  data = g_memdup2 (g_bytes_get_data (call->body, NULL), size);
  data[call->plan.corrupt_request_at] ^= 1;
  g_bytes_unref (call->body);
  call->body = g_bytes_new_take (data, size);
}

static void
answer_status (TsCall *call)
{
  const TsPlan *plan = &call->plan;

  call->server->service->error (call, plan->status, plan->code, plan->message);
  if (plan->body != NULL)
    ts_call_take_body (call, plan->type != NULL ? plan->type : "text/plain",
                       g_string_new (plan->body));
  if (plan->retry_after != NULL)
    ts_call_set_header (call, "Retry-After", plan->retry_after);
  if (plan->location != NULL)
    ts_call_set_header (call, "Location", plan->location);
}

/* Blanks after the XML declaration: so S3 keeps the client waiting while it works. */
static void
insert_spaces (TsCall *call)
{
  GBytes *body;
  gsize size;
  const char *data;
  const char *newline;
  GString *text;

  if (call->plan.spaces == 0 || call->segments->len != 1)
    return;
  body = g_ptr_array_index (call->segments, 0);
  data = g_bytes_get_data (body, &size);
  newline = memchr (data, '\n', size);
  call->spaces_from = newline != NULL ? (guint64) (newline + 1 - data) : 0;
  text = g_string_new_len (data, (gssize) call->spaces_from);
  for (guint i = 0; i < call->plan.spaces; i++)
    g_string_append_c (text, ' ');
  g_string_append_len (text, data + call->spaces_from, (gssize) (size - call->spaces_from));
  ts_call_take_body (call, "application/xml", text);
}

/* 200 and an error in the body: S3 sends the status of a long operation before it knows how it
 * ends. */
static void
answer_ok_error (TsCall *call)
{
  call->server->service->error (call, 500, call->plan.code, call->plan.message);
  call->status = 200;
}

static void
answer_garbage (TsCall *call)
{
  ts_call_take_body (call, "application/xml",
                     g_string_new ("<?xml version=\"1.0\"?>\n<ListBucketResult><Contents><Key>a"
                                   "</Size></Contents><&&&"));
}

static void
change_headers (TsCall *call)
{
  const TsPlan *plan = &call->plan;

  for (guint i = 0; plan->headers != NULL && i < plan->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (plan->headers, i);

      ts_call_set_header (call, pair->name, pair->value);
    }
  if (plan->huge_header > 0)
    {
      g_autofree char *value = g_strnfill (plan->huge_header, 'h');

      ts_call_set_header (call, "x-test-huge", value);
    }
}

/* The body has been read: lets the service answer, or the plan instead of it. */
static gboolean
answer (TsCall *call)
{
  const TsPlan *plan = &call->plan;

  if (plan->answer == TS_ANSWER_SERVICE || plan->applied)
    call->server->service->handle (call);
  switch (plan->answer)
    {
    case TS_ANSWER_RESET:
      ts_stream_reset (call->stream);
      return FALSE;
    case TS_ANSWER_CLOSE:
      ts_stream_close (call->stream);
      return FALSE;
    case TS_ANSWER_STATUS:
      answer_status (call);
      break;
    case TS_ANSWER_OK_ERROR:
      answer_ok_error (call);
      break;
    default:
      break;
    }
  if (plan->garbage)
    answer_garbage (call);
  insert_spaces (call);
  change_headers (call);
  if (plan->slow_ms > 0 && !ts_stream_sleep (call->stream, (gint64) plan->slow_ms * 1000))
    return FALSE;
  return ts_send (call);
}

/* Answered before the body is read, and closed: the client may still be sending. */
static gboolean
answer_early (TsCall *call)
{
  call->close = TRUE;
  change_headers (call);
  return ts_send (call);
}

static gboolean
reset_in_request (TsCall *call)
{
  if (call->expect && !ts_send_continue (call))
    return FALSE;
  read_body (call, call->plan.request_after);
  ts_stream_reset (call->stream);
  return FALSE;
}

static gboolean
run_stages (TsCall *call)
{
  const TsPlan *plan = &call->plan;
  const TsService *service = call->server->service;

  if (plan->rate > 0)
    call->stream->rate = plan->rate;
  if (plan->hold && !ts_stream_wait_release (call->stream))
    return FALSE;
  if (plan->latency_ms > 0 && !ts_stream_sleep (call->stream, (gint64) plan->latency_ms * 1000))
    return FALSE;
  if (call->refuse_code != NULL)
    {
      service->error (call, 400, call->refuse_code, "The request cannot be read.");
      return answer_early (call);
    }
  if (plan->answer == TS_ANSWER_RESET_REQUEST)
    return reset_in_request (call);
  if (plan->answer == TS_ANSWER_EARLY)
    {
      answer_status (call);
      return answer_early (call);
    }
  if (call->content_length > MAX_BODY)
    {
      service->error (call, 400, "EntityTooLarge", "Your proposed upload is too large.");
      return answer_early (call);
    }
  if (call->expect && !service->admit (call))
    return answer_early (call);
  if (call->expect && !ts_send_continue (call))
    return FALSE;
  if (!read_body (call, G_MAXUINT64))
    return FALSE;
  if (plan->corrupt_request)
    corrupt_body (call);
  return answer (call);
}

static gboolean
run (TsCall *call)
{
  TestServer *server = call->server;
  gboolean alive;

  if (call->refuse_code == NULL && ts_admin_wants (call))
    {
      if (!read_body (call, G_MAXUINT64))
        return FALSE;
      ts_admin_handle (call);
      return ts_send (call);
    }
  if (call->refuse_code == NULL)
    server->service->classify (call);
  ts_ledger_begin (server->ledger, call);
  ts_faults_plan (server->faults, call);
  alive = run_stages (call);
  ts_ledger_end (server->ledger, call);
  return alive;
}

void
ts_http_serve (TsStream *stream)
{
  gboolean alive = TRUE;

  while (alive)
    {
      TsCall *call = read_call (stream);

      if (call == NULL)
        return;
      alive = run (call);
      call_free (call);
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An attempt: the request is laid out for libcurl, the answer taken apart in its callbacks. Bodies go to the sink,
 * or are captured up to a cap. Runs on the loop's thread; the callbacks call the request's hooks. A transfer
 * borrows the request and keeps its memory for the next one. RFC 9112. */

#include "config.h"

#include "http/http-transfer.h"

#include "http/http-loop.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BULK_BUFFER (512 * 1024)
#define SMALL_BUFFER (64 * 1024)
/* An upload from this size on gets the big buffer without being asked. */
#define BULK_SOURCE (1024 * 1024)

enum
{
  METHOD_NONE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_UPLOAD,
  METHOD_OTHER
};

/* --- the answer --- */

static gboolean
fail (S3dHttpTransfer *transfer, S3dlioError code, const char *message)
{
  transfer->error = g_error_new_literal (S3DLIO_ERROR, (int) code, message);
  return FALSE;
}

/* After a hook, the sink or the source said no. */
static gboolean
refuse (S3dHttpTransfer *transfer)
{
  if (transfer->error == NULL)
    return fail (transfer, S3DLIO_ERROR_FAILED, "the request was given up");
  transfer->foreign_error = TRUE;
  return FALSE;
}

static gboolean
is_success (const S3dHttpRequest *request)
{
  return request->status >= 200 && request->status < 300;
}

/* "HTTP/1.1 200 OK" */
static gboolean
take_status_line (S3dHttpTransfer *transfer, const char *line, gsize size)
{
  S3dHttpRequest *request = transfer->request;
  const char *space = memchr (line, ' ', size);

  s3d_http_request_forget_answer (request);
  transfer->headers_done = FALSE;
  if (space == NULL || line + size - space < 4)
    return fail (transfer, S3DLIO_ERROR_NETWORK, "the answer is not HTTP");
  for (guint i = 1; i <= 3; i++)
    {
      if (!g_ascii_isdigit (space[i]))
        return fail (transfer, S3DLIO_ERROR_NETWORK, "the answer is not HTTP");
      request->status = request->status * 10 + (guint) g_ascii_digit_value (space[i]);
    }
  return TRUE;
}

static gboolean
take_field (S3dHttpTransfer *transfer, const char *line, gsize size)
{
  S3dHttpRequest *request = transfer->request;
  const char *colon = memchr (line, ':', size);
  const char *end = line + size;
  const char *value;

  if (colon == NULL || colon == line)
    return TRUE;
  for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
    continue;
  while (end > value && g_ascii_isspace (end[-1]))
    end--;
  if (!s3d_http_headers_add (&request->answer, line, (gsize) (colon - line), value, (gsize) (end - value),
                             S3D_HTTP_MAX_ANSWER_HEADERS))
    return fail (transfer, S3DLIO_ERROR_NETWORK, "the answer's headers are larger than 256 KiB");
  return TRUE;
}

static gint64
find_content_length (S3dHttpRequest *request)
{
  const char *text = s3d_http_headers_get (&request->answer, "content-length");
  guint64 length;

  if (request->status == 204)
    return 0;
  if (text == NULL || s3d_http_headers_get (&request->answer, "transfer-encoding") != NULL
      || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &length, NULL))
    return -1;
  return (gint64) length;
}

static gboolean
take_headers_end (S3dHttpTransfer *transfer)
{
  S3dHttpRequest *request = transfer->request;
  gint64 body_length;

  if (request->status < 200)
    return TRUE; /* 100 Continue and the like: the answer is still to come */
  transfer->headers_done = TRUE;
  request->content_length = find_content_length (request);
  request->facts.first_byte = g_get_monotonic_time ();
  if (!is_success (request))
    return TRUE;
  if (request->hooks->headers != NULL && !request->hooks->headers (request, request->data, &transfer->error))
    return refuse (transfer);
  if (request->sink == NULL)
    return TRUE;
  if (request->begun && !s3d_sink_restart (request->sink))
    return fail (transfer, S3DLIO_ERROR_NETWORK, "what was written cannot be taken back");
  request->begun = TRUE;
  body_length = strcmp (request->method, "HEAD") == 0 ? 0 : request->content_length;
  return s3d_sink_begin (request->sink, body_length, &transfer->error) || refuse (transfer);
}

static size_t
header_arrived (char *line, size_t size, size_t n, void *data)
{
  S3dHttpTransfer *transfer = data;
  gsize length = size * n;
  gboolean well;

  transfer->progress_at = s3d_http_loop_get_now (transfer->loop);
  if (length >= 5 && memcmp (line, "HTTP/", 5) == 0)
    well = take_status_line (transfer, line, length);
  else if (transfer->headers_done)
    well = TRUE; /* a trailer */
  else if (length <= 2 && (line[0] == '\r' || line[0] == '\n'))
    well = take_headers_end (transfer);
  else
    well = take_field (transfer, line, length);
  return well ? length : 0;
}

/* Error bodies are cut at their cap, answers that would be are an error. */
static gboolean
capture (S3dHttpTransfer *transfer, const char *bytes, gsize size)
{
  S3dHttpRequest *request = transfer->request;
  gsize limit = is_success (request) ? S3D_HTTP_MAX_BODY : S3D_HTTP_MAX_ERROR_BODY;
  gsize room;

  if (request->body == NULL)
    request->body = g_string_sized_new ((gsize) CLAMP (request->content_length, 255, (gint64) limit));
  room = limit - request->body->len;
  if (size > room && is_success (request))
    return fail (transfer, S3DLIO_ERROR_FAILED, "the answer is larger than 32 MiB");
  g_string_append_len (request->body, bytes, (gssize) MIN (size, room));
  return TRUE;
}

static size_t
body_arrived (char *bytes, size_t size, size_t n, void *data)
{
  S3dHttpTransfer *transfer = data;
  S3dHttpRequest *request = transfer->request;
  gsize length = size * n;
  gboolean well;

  transfer->progress_at = s3d_http_loop_get_now (transfer->loop);
  if (transfer->taken == 0)
    request->facts.first_byte = g_get_monotonic_time ();
  transfer->taken += length;
  if (is_success (request) && request->sink != NULL)
    well = s3d_sink_write (request->sink, bytes, length, &transfer->error) || refuse (transfer);
  else
    well = capture (transfer, bytes, length);
  return well ? length : 0;
}

/* --- an answer that came before the body was sent --- */

/* Lines up to the empty one, then what there is of the body. */
static void
take_late_answer (S3dHttpTransfer *transfer, char *text, gsize size)
{
  char *line = text, *end;

  while (!transfer->headers_done && (end = memchr (line, '\n', size - (gsize) (line - text))) != NULL)
    {
      if (header_arrived (line, 1, (gsize) (end + 1 - line), transfer) == 0)
        return;
      line = end + 1;
    }
  if (transfer->headers_done && transfer->request->content_length > 0)
    capture (transfer, line, MIN (size - (gsize) (line - text), (gsize) transfer->request->content_length));
}

/* A service that refuses an upload answers, and closes with the rest unread, which resets the connection. libcurl that
 * learns of it while it writes gives up without a look at the answer, although the kernel still has it. */
static void
rescue_answer (S3dHttpTransfer *transfer, int fd)
{
  g_autofree char *text = NULL;
  gssize size;

  if (transfer->method != METHOD_UPLOAD || transfer->sends == 0 || transfer->request->status != 0
      || !g_str_has_prefix (s3d_http_request_effective_origin (transfer->request), "http:"))
    return;
  text = g_malloc (S3D_HTTP_MAX_ERROR_BODY);
  size = recv (fd, text, S3D_HTTP_MAX_ERROR_BODY, MSG_DONTWAIT);
  /* "HTTP/1.1 403": nothing but a refusal is believed. */
  if (size > 12 && memcmp (text, "HTTP/1.", 7) == 0 && (text[9] == '4' || text[9] == '5'))
    take_late_answer (transfer, text, (gsize) size);
}

static S3dHttpTransfer *
find_by_socket (S3dHttpLoop *loop, int fd)
{
  for (GList *l = s3d_http_loop_get_active (loop)->head; l != NULL; l = l->next)
    {
      S3dHttpTransfer *transfer = l->data;

      if (transfer->fd == fd)
        return transfer;
    }
  return NULL;
}

/* --- the request's body --- */

static size_t
body_wanted (char *buffer, size_t size, size_t n, void *data)
{
  S3dHttpTransfer *transfer = data;
  gssize got;

  if (transfer->request->source == NULL)
    return 0;
  got = s3d_source_read (transfer->request->source, transfer->sent, buffer, size * n, &transfer->error);
  if (got < 0)
    {
      refuse (transfer);
      return CURL_READFUNC_ABORT;
    }
  transfer->sent += (guint64) got;
  return (size_t) got;
}

static int
body_rewound (void *data, curl_off_t offset, int origin)
{
  S3dHttpTransfer *transfer = data;

  if (origin != SEEK_SET)
    return CURL_SEEKFUNC_FAIL;
  transfer->sent = (guint64) offset;
  return CURL_SEEKFUNC_OK;
}

/* --- connections --- */

/* The connection stands, nothing has been sent on it. libcurl sends a request a second time when a connection that
 * was kept alive turned out to be dead. */
static int
about_to_send (void *data, char *remote, char *local, int remote_port, int local_port)
{
  S3dHttpTransfer *transfer = data;

  transfer->sends++;
  transfer->progress_at = g_get_monotonic_time ();
  return CURL_PREREQFUNC_OK;
}

static curl_socket_t
socket_open (void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
  S3dHttpTransfer *transfer = data;
  S3dHttpLoop *loop = transfer->loop;
  int fd = socket (address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

  if (fd < 0)
    return CURL_SOCKET_BAD;
  s3d_http_loop_socket_opened (loop, fd);
  s3d_http_core_socket_opened (&transfer->request->host->slots[s3d_http_loop_get_index (loop)]);
  return fd;
}

/* The connection may outlive the transfer that opened it: @data is the slot. */
static int
socket_close (void *data, curl_socket_t fd)
{
  S3dHttpSlot *slot = data;
  S3dHttpTransfer *transfer = find_by_socket (slot->loop, fd);

  if (transfer != NULL)
    rescue_answer (transfer, fd);
  s3d_http_loop_socket_closing (slot->loop, fd);
  s3d_http_core_socket_closed (slot);
  return close (fd);
}

/* --- setting up --- */

S3dHttpTransfer *
s3d_http_transfer_new (S3dHttpLoop *loop)
{
  S3dHttpTransfer *transfer = g_new0 (S3dHttpTransfer, 1);
  CURL *easy = curl_easy_init ();

  if (easy == NULL || !s3d_http_options_apply (&s3d_http_loop_get_core (loop)->options, easy))
    g_clear_pointer (&easy, curl_easy_cleanup);
  transfer->loop = loop;
  transfer->easy = easy;
  transfer->link.data = transfer;
  transfer->text = g_string_new (NULL);
  if (easy == NULL)
    return transfer;
  curl_easy_setopt (easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, transfer->detail);
  curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, header_arrived);
  curl_easy_setopt (easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, body_arrived);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_READFUNCTION, body_wanted);
  curl_easy_setopt (easy, CURLOPT_READDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_SEEKFUNCTION, body_rewound);
  curl_easy_setopt (easy, CURLOPT_SEEKDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_PREREQFUNCTION, about_to_send);
  curl_easy_setopt (easy, CURLOPT_PREREQDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
  curl_easy_setopt (easy, CURLOPT_OPENSOCKETDATA, transfer);
  curl_easy_setopt (easy, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
  return transfer;
}

S3dHttpTransfer *
s3d_http_transfer_from_easy (CURL *easy)
{
  char *data = NULL;

  curl_easy_getinfo (easy, CURLINFO_PRIVATE, &data);
  return (S3dHttpTransfer *) (gpointer) data;
}

void
s3d_http_transfer_free (S3dHttpTransfer *transfer)
{
  if (transfer->easy != NULL)
    curl_easy_cleanup (transfer->easy);
  g_string_free (transfer->text, TRUE);
  g_free (transfer->lines);
  g_clear_error (&transfer->error);
  g_free (transfer);
}

/* A line break in a value would let it add headers of its own. */
static gboolean
check_header (const char *name, const char *value, GError **error)
{
  if (strpbrk (name, "\r\n:") == NULL && strpbrk (value, "\r\n") == NULL)
    return TRUE;
  g_autofree char *shown = g_strescape (name, NULL);
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the value of header %s holds a line break", shown);
  return FALSE;
}

/* Secrets do not follow a redirect to another host. */
static gboolean
is_secret (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return strcmp (lower, "authorization") == 0 || strcmp (lower, "proxy-authorization") == 0
         || strcmp (lower, "cookie") == 0 || strstr (lower, "security-token") != NULL
         || strstr (lower, "encryption-customer-key") != NULL || strstr (lower, "encryption-key") != NULL;
}

static gboolean
is_skipped (const S3dHttpRequest *request, const char *name)
{
  if (g_ascii_strcasecmp (name, "content-length") == 0)
    return TRUE; /* libcurl writes it */
  return request->foreign && (is_secret (name) || g_ascii_strcasecmp (name, "host") == 0);
}

static void
add_line (S3dHttpTransfer *transfer, guint *n, const char *name, const char *separator, const char *value)
{
  GString *text = transfer->text;

  /* Offsets first: the text may still move. */
  transfer->lines[(*n)++].data = GSIZE_TO_POINTER (text->len);
  g_string_append (text, name);
  g_string_append (text, separator);
  g_string_append (text, value);
  g_string_append_c (text, '\0');
}

/* The URL and the header lines in one arena, without an allocation once it has grown. */
static gboolean
lay_out (S3dHttpTransfer *transfer, gboolean upload, GError **error)
{
  S3dHttpRequest *request = transfer->request;
  guint n_headers = request->headers.n_fields, n = 0;

  if (transfer->n_lines < n_headers + 2)
    {
      transfer->n_lines = n_headers + 8;
      transfer->lines = g_renew (struct curl_slist, transfer->lines, transfer->n_lines);
    }
  g_string_assign (transfer->text, s3d_http_request_effective_origin (request));
  g_string_append (transfer->text, s3d_http_request_effective_target (request));
  g_string_append_c (transfer->text, '\0');
  for (guint i = 0; i < n_headers; i++)
    {
      const char *name, *value;

      s3d_http_headers_nth (&request->headers, i, &name, &value);
      if (!check_header (name, value, error))
        return FALSE;
      if (!is_skipped (request, name))
        add_line (transfer, &n, name, value[0] != '\0' ? ": " : ";", value);
    }
  if (s3d_http_headers_get (&request->headers, "accept") == NULL)
    add_line (transfer, &n, "Accept", ":", "");
  if (upload)
    add_line (transfer, &n, "Expect", ":", "");

  for (guint i = 0; i < n; i++)
    {
      transfer->lines[i].data = transfer->text->str + GPOINTER_TO_SIZE (transfer->lines[i].data);
      transfer->lines[i].next = i + 1 < n ? &transfer->lines[i + 1] : NULL;
    }
  curl_easy_setopt (transfer->easy, CURLOPT_URL, transfer->text->str);
  curl_easy_setopt (transfer->easy, CURLOPT_HTTPHEADER, n > 0 ? transfer->lines : NULL);
  return TRUE;
}

static void
set_method (S3dHttpTransfer *transfer, gboolean upload)
{
  const char *name = transfer->request->method;
  CURL *easy = transfer->easy;
  int method = METHOD_OTHER;

  if (upload)
    method = METHOD_UPLOAD;
  else if (strcmp (name, "GET") == 0)
    method = METHOD_GET;
  else if (strcmp (name, "HEAD") == 0)
    method = METHOD_HEAD;

  if (method == METHOD_UPLOAD || method == METHOD_OTHER)
    curl_easy_setopt (easy, CURLOPT_CUSTOMREQUEST, name);
  if (method == transfer->method)
    return;
  if (method == METHOD_GET || method == METHOD_HEAD)
    curl_easy_setopt (easy, CURLOPT_CUSTOMREQUEST, NULL);
  curl_easy_setopt (easy, CURLOPT_HTTPGET, 1L);
  if (method == METHOD_HEAD)
    curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
  else if (method == METHOD_UPLOAD)
    curl_easy_setopt (easy, CURLOPT_UPLOAD, 1L);
  transfer->method = method;
}

static void
set_buffers (S3dHttpTransfer *transfer, guint64 upload)
{
  gsize buffer = transfer->request->bulk ? BULK_BUFFER : SMALL_BUFFER;
  gsize upload_buffer = upload >= BULK_SOURCE ? BULK_BUFFER : SMALL_BUFFER;

  if (buffer != transfer->buffer_size)
    curl_easy_setopt (transfer->easy, CURLOPT_BUFFERSIZE, (long) buffer);
  if (upload_buffer != transfer->upload_size)
    curl_easy_setopt (transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long) upload_buffer);
  transfer->buffer_size = buffer;
  transfer->upload_size = upload_buffer;
}

static void
reset (S3dHttpTransfer *transfer, S3dHttpRequest *request)
{
  transfer->request = request;
  transfer->detail[0] = '\0';
  transfer->sent = 0;
  transfer->sends = 0;
  transfer->progress_at = 0;
  transfer->fd = -1;
  transfer->acknowledged = 0;
  transfer->taken = 0;
  transfer->headers_done = FALSE;
  transfer->foreign_error = FALSE;
  g_clear_error (&transfer->error);
}

gboolean
s3d_http_transfer_start (S3dHttpTransfer *transfer, S3dHttpRequest *request, GError **error)
{
  S3dHttpSlot *slot = &request->host->slots[s3d_http_loop_get_index (transfer->loop)];
  guint64 length = request->source != NULL ? s3d_source_get_length (request->source) : 0;
  gboolean upload = request->source != NULL || request->method[0] == 'P';
  CURL *easy = transfer->easy;

  reset (transfer, request);
  if (easy == NULL)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "libcurl does not take the options of TLS");
      return FALSE;
    }
  if (!lay_out (transfer, upload, error))
    return FALSE;
  set_method (transfer, upload);
  set_buffers (transfer, length);
  if (request->moving != transfer->moving)
    curl_easy_setopt (easy, CURLOPT_FORBID_REUSE, request->moving ? 1L : 0L);
  transfer->moving = request->moving;
  if (upload)
    curl_easy_setopt (easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t) length);
  slot->loop = transfer->loop;
  if (transfer->slot != slot)
    curl_easy_setopt (easy, CURLOPT_CLOSESOCKETDATA, slot);
  transfer->slot = slot;

  if (curl_multi_add_handle (s3d_http_loop_get_multi (transfer->loop), easy) != CURLM_OK)
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "libcurl does not take the request");
      return FALSE;
    }
  g_queue_push_tail_link (s3d_http_loop_get_active (transfer->loop), &transfer->link);
  s3d_http_loop_watch_stalls (transfer->loop, request->stall_timeout_ms);
  request->transfer = transfer;
  return TRUE;
}

void
s3d_http_transfer_stop (S3dHttpTransfer *transfer)
{
  curl_multi_remove_handle (s3d_http_loop_get_multi (transfer->loop), transfer->easy);
  g_queue_unlink (s3d_http_loop_get_active (transfer->loop), &transfer->link);
  transfer->request->transfer = NULL;
}

/* Body bytes that the other side has acknowledged: on a slow link megabytes sit in the kernel, still on their way, when
 * libcurl has long written the last one. */
static curl_off_t
count_acknowledged (S3dHttpTransfer *transfer)
{
  curl_off_t uploaded = 0;
  int queued = 0;

  curl_easy_getinfo (transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  if (transfer->fd >= 0 && ioctl (transfer->fd, SIOCOUTQ, &queued) == 0)
    uploaded -= queued;
  return uploaded;
}

gboolean
s3d_http_transfer_is_stalled (S3dHttpTransfer *transfer, gint64 now)
{
  const gint64 limit = transfer->request->stall_timeout_ms * G_TIME_SPAN_MILLISECOND;
  curl_off_t acknowledged;

  if (transfer->progress_at == 0)
    return FALSE; /* not connected: the connect timeout's concern */
  if (transfer->method == METHOD_UPLOAD)
    {
      acknowledged = count_acknowledged (transfer);
      if (acknowledged != transfer->acknowledged)
        transfer->progress_at = now;
      transfer->acknowledged = acknowledged;
    }
  return transfer->progress_at <= now - limit;
}

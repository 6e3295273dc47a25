/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends an answer: head and body in as few writes as the plan of faults allows, cut off, slowed
 * down or damaged where it says so. Runs in the connection's thread.
 *
 * The request counts as in flight until just before its last byte goes out: a client that has an
 * answer in full may ask again at once, and must not be seen with one request more than it has.
 */
#include "config.h"

#include "server-private.h"

#include <string.h>

#define MAX_VECTOR 64
#define WHOLE (64 * 1024)   /* answers up to this go out in one write */
#define CHUNK (64 * 1024)   /* of a chunked answer */

typedef struct
{
  TsCall *call;
  GString *head;      /* what goes out before the next body byte */
  gboolean chunked;
  guint64 total;
  guint64 limit;      /* the body is cut there */
  guint64 position;
  guint segment;      /* where position is: in this one … */
  gsize in_segment;   /* … at this offset */
} Sender;

static const char *
reason (guint status)
{
  static const struct
  {
    guint status;
    const char *text;
  } reasons[] = {
    { 200, "OK" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 400, "Bad Request" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 409, "Conflict" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 416, "Requested Range Not Satisfiable" },
    { 429, "Too Many Requests" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (reasons[i].status == status)
      return reasons[i].text;
  return "Status";
}

static gboolean
has_body (const TsCall *call)
{
  return !call->head_only && call->status != 204 && call->status != 304;
}

static GString *
make_head (const Sender *sender)
{
  TsCall *call = sender->call;
  GString *head = g_string_sized_new (512);
  g_autofree char *date = ts_http_date (ts_server_now (call->server));

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\nDate: %s\r\nServer: s3dlio-test-server\r\n",
                          call->status, reason (call->status), date);
  if (sender->chunked)
    g_string_append (head, "Transfer-Encoding: chunked\r\n");
  else if (call->status != 204 && call->status != 304)
    g_string_append_printf (head, "Content-Length: %" G_GUINT64_FORMAT "\r\n",
                            call->head_only ? call->claimed_length : call->out_length);
  if (call->close || !call->keep_alive)
    g_string_append (head, "Connection: close\r\n");
  for (guint i = 0; i < call->out_headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->out_headers, i);

      g_string_append_printf (head, "%s: %s\r\n", pair->name, pair->value);
    }
  g_string_append (head, "\r\n");
  return head;
}

/* Among the blanks that keep a long answer alive. */
static gboolean
in_spaces (const Sender *sender)
{
  const TsCall *call = sender->call;

  return call->plan.spaces_ms > 0 && sender->position >= call->spaces_from
         && sender->position < call->spaces_from + call->plan.spaces;
}

/* Where the next write ends: at a chunk's end, before or after a byte that is damaged, before
 * the last byte. */
static guint64
piece_end (const Sender *sender)
{
  const TsPlan *plan = &sender->call->plan;
  guint64 from = sender->position;
  guint64 end = sender->limit;

  if (sender->chunked)
    end = MIN (end, from + CHUNK);
  if (plan->trickle_size > 0)
    end = MIN (end, from + plan->trickle_size);
  if (in_spaces (sender))
    end = MIN (end, from + 1);
  else if (plan->spaces > 0 && from < sender->call->spaces_from)
    end = MIN (end, sender->call->spaces_from);
  if (plan->corrupt && plan->corrupt_at >= from && plan->corrupt_at < end)
    end = plan->corrupt_at > from ? plan->corrupt_at : from + 1;
  if (end == sender->total && end - from > WHOLE)
    end--;
  return end;
}

/* Writes what is in head, then the body up to @end. */
static gboolean
write_piece (Sender *sender, guint64 end)
{
  TsStream *stream = sender->call->stream;
  struct iovec vector[MAX_VECTOR];
  int n = 0;

  do
    {
      if (sender->head->len > 0)
        vector[n++] = (struct iovec) { sender->head->str, sender->head->len };
      while (sender->position < end && n < MAX_VECTOR)
        {
          GBytes *bytes = g_ptr_array_index (sender->call->segments, sender->segment);
          gsize size;
          const guint8 *data = g_bytes_get_data (bytes, &size);
          gsize length = MIN (size - sender->in_segment, end - sender->position);

          vector[n++] = (struct iovec) { (void *) (data + sender->in_segment), length };
          sender->position += length;
          sender->in_segment += length;
          if (sender->in_segment == size)
            {
              sender->segment++;
              sender->in_segment = 0;
            }
        }
      if (!ts_stream_writev (stream, vector, n))
        return FALSE;
      g_string_truncate (sender->head, 0);
      n = 0;
    }
  while (sender->position < end);
  return TRUE;
}

/* The one byte at position goes out with a bit turned. */
static gboolean
write_damaged (Sender *sender)
{
  GBytes *bytes = g_ptr_array_index (sender->call->segments, sender->segment);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint8 damaged = data[sender->in_segment] ^ 0x10;
  struct iovec vector = { &damaged, 1 };

  if (!write_piece (sender, sender->position)
      || !ts_stream_writev (sender->call->stream, &vector, 1))
    return FALSE;
  sender->position++;
  if (++sender->in_segment == size)
    {
      sender->segment++;
      sender->in_segment = 0;
    }
  return TRUE;
}

static gboolean
write_next (Sender *sender)
{
  const TsPlan *plan = &sender->call->plan;
  guint64 from = sender->position;
  guint64 end = piece_end (sender);
  gboolean written;

  if (sender->chunked)
    g_string_append_printf (sender->head, "%" G_GINT64_MODIFIER "x\r\n", end - from);
  if (end == sender->total && !sender->chunked)
    ts_ledger_land (sender->call->server->ledger, sender->call);
  if (plan->corrupt && plan->corrupt_at == from)
    written = write_damaged (sender);
  else
    written = write_piece (sender, end);
  if (sender->chunked)
    g_string_append (sender->head, "\r\n");
  sender->call->bytes_out = sender->position;
  if (written && sender->position < sender->limit)
    {
      if (plan->trickle_us > 0)
        written = ts_stream_sleep (sender->call->stream, plan->trickle_us);
      if (in_spaces (sender))
        written = ts_stream_sleep (sender->call->stream, (gint64) plan->spaces_ms * 1000);
    }
  return written;
}

/* The body up to its limit, and what frames it. */
static gboolean
write_body (Sender *sender)
{
  while (sender->position < sender->limit)
    if (!write_next (sender))
      return FALSE;
  if (sender->limit < sender->total)
    return write_piece (sender, sender->position);
  if (sender->chunked)
    g_string_append (sender->head, "0\r\n\r\n");
  ts_ledger_land (sender->call->server->ledger, sender->call);
  return write_piece (sender, sender->position);
}

/* What the plan has for the place where the body was cut; TRUE: go on from there. */
static gboolean
act_on_cut (Sender *sender)
{
  TsStream *stream = sender->call->stream;

  switch (sender->call->plan.cut)
    {
    case TS_CUT_RESET:
      ts_stream_reset (stream);
      return FALSE;
    case TS_CUT_CLOSE:
      ts_stream_close (stream);
      return FALSE;
    case TS_CUT_STALL:
      return ts_stream_wait_release (stream);
    case TS_CUT_NONE:
      break;
    }
  return TRUE;
}

static gboolean
send_all (Sender *sender)
{
  const TsPlan *plan = &sender->call->plan;

  if (plan->cut == TS_CUT_STALL && plan->stall_first && !act_on_cut (sender))
    return FALSE;
  if (plan->cut != TS_CUT_NONE && !plan->stall_first && plan->cut_after < sender->total)
    {
      sender->limit = plan->cut_after;
      if (!write_body (sender) || !act_on_cut (sender))
        return FALSE;
      sender->limit = sender->total;
    }
  return write_body (sender);
}

gboolean
ts_send (TsCall *call)
{
  Sender sender = { .call = call };
  gboolean alive;

  sender.total = has_body (call) ? call->out_length : 0;
  sender.limit = sender.total;
  sender.chunked = (call->plan.no_length || call->plan.spaces > 0) && has_body (call);
  sender.head = make_head (&sender);
  ts_ledger_status (call->server->ledger, call);
  alive = send_all (&sender);
  g_string_free (sender.head, TRUE);
  if (alive && (call->close || !call->keep_alive || call->plan.drop))
    {
      ts_stream_close (call->stream);
      alive = FALSE;
    }
  return alive;
}

gboolean
ts_send_continue (TsCall *call)
{
  char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct iovec vector = { text, strlen (text) };

  return ts_stream_writev (call->stream, &vector, 1);
}

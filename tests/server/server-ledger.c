/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger: a record of every request, and counts that tests wait for. One lock; any thread. A
 * record is shared between the ledger and the call that it describes (references are counted under
 * the lock), so that a reset may forget it while the call still runs.
 */
#include "config.h"

#include "server-private.h"

#include <string.h>

struct _TsRecord
{
  guint references;
  gboolean landed;
  TsRequest request;
};

typedef struct
{
  guint count;
  guint in_flight;
  guint max_in_flight;
} Tally;

struct _TsLedger
{
  GMutex lock;
  GCond changed;
  guint limit;
  GPtrArray *records; /* TsRecord */
  GHashTable *tallies; /* operation → Tally */
  Tally all;
  guint64 sequence;
  guint64 connections;
  guint accepted;
  guint open;
  guint held;
};

static void
request_clear (TsRequest *request)
{
  g_free (request->method);
  g_free (request->target);
  g_free (request->operation);
  g_free (request->bucket);
  g_free (request->key);
  g_free (request->query);
  g_strfreev (request->headers);
  g_free (request->code);
}

void
ts_request_free (TsRequest *request)
{
  request_clear (request);
  g_free (request);
}

static TsRequest *
request_copy (const TsRequest *request)
{
  TsRequest *copy = g_memdup2 (request, sizeof *request);

  copy->method = g_strdup (request->method);
  copy->target = g_strdup (request->target);
  copy->operation = g_strdup (request->operation);
  copy->bucket = g_strdup (request->bucket);
  copy->key = g_strdup (request->key);
  copy->query = g_strdup (request->query);
  copy->headers = g_strdupv (request->headers);
  copy->code = g_strdup (request->code);
  return copy;
}

const char *
ts_request_get_header (const TsRequest *request, const char *name)
{
  gsize length = strlen (name);

  for (char **header = request->headers; *header != NULL; header++)
    if (g_ascii_strncasecmp (*header, name, length) == 0 && (*header)[length] == ':')
      return *header + length + 2;
  return NULL;
}

static void
record_unref (gpointer data)
{
  TsRecord *record = data;

  if (--record->references > 0)
    return;
  request_clear (&record->request);
  g_free (record);
}

TsLedger *
ts_ledger_new (guint limit)
{
  TsLedger *ledger = g_new0 (TsLedger, 1);

  g_mutex_init (&ledger->lock);
  g_cond_init (&ledger->changed);
  ledger->limit = limit;
  ledger->records = g_ptr_array_new_with_free_func (record_unref);
  ledger->tallies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return ledger;
}

void
ts_ledger_free (TsLedger *ledger)
{
  g_ptr_array_unref (ledger->records);
  g_hash_table_unref (ledger->tallies);
  g_mutex_clear (&ledger->lock);
  g_cond_clear (&ledger->changed);
  g_free (ledger);
}

guint64
ts_ledger_accept (TsLedger *ledger)
{
  guint64 number;

  g_mutex_lock (&ledger->lock);
  number = ++ledger->connections;
  ledger->accepted++;
  ledger->open++;
  g_cond_broadcast (&ledger->changed);
  g_mutex_unlock (&ledger->lock);
  return number;
}

void
ts_ledger_hang_up (TsLedger *ledger)
{
  g_mutex_lock (&ledger->lock);
  ledger->open--;
  g_cond_broadcast (&ledger->changed);
  g_mutex_unlock (&ledger->lock);
}

static Tally *
tally_for (TsLedger *ledger, const char *operation)
{
  Tally *tally;

  if (operation == NULL)
    return &ledger->all;
  tally = g_hash_table_lookup (ledger->tallies, operation);
  if (tally == NULL)
    {
      tally = g_new0 (Tally, 1);
      g_hash_table_insert (ledger->tallies, g_strdup (operation), tally);
    }
  return tally;
}

static void
tally_begin (Tally *tally)
{
  tally->count++;
  tally->in_flight++;
  tally->max_in_flight = MAX (tally->max_in_flight, tally->in_flight);
}

static char **
headers_of (TsCall *call)
{
  char **headers = g_new0 (char *, call->headers->len + 1);

  for (guint i = 0; i < call->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->headers, i);

      headers[i] = g_strdup_printf ("%s: %s", pair->name, pair->value);
    }
  return headers;
}

void
ts_ledger_begin (TsLedger *ledger, TsCall *call)
{
  TsRecord *record = g_new0 (TsRecord, 1);
  TsRequest *request = &record->request;

  request->started_us = g_get_monotonic_time ();
  request->connection = call->stream->connection;
  request->tls = call->stream->over_tls;
  request->method = g_strdup (call->method);
  request->target = g_strdup (call->target);
  request->operation = g_strdup (call->operation);
  request->bucket = g_strdup (call->bucket);
  request->key = g_strdup (call->key);
  request->query = g_strdup (call->query);
  request->headers = headers_of (call);
  record->references = 1;
  call->record = record;

  g_mutex_lock (&ledger->lock);
  request->sequence = ++ledger->sequence;
  tally_begin (&ledger->all);
  tally_begin (tally_for (ledger, call->operation));
  request->in_flight = ledger->all.in_flight;
  if (ledger->records->len < ledger->limit)
    {
      record->references++;
      g_ptr_array_add (ledger->records, record);
    }
  g_cond_broadcast (&ledger->changed);
  g_mutex_unlock (&ledger->lock);
}

void
ts_ledger_status (TsLedger *ledger, TsCall *call)
{
  if (call->record == NULL)
    return;
  g_mutex_lock (&ledger->lock);
  call->record->request.status = call->status;
  call->record->request.faults = call->plan.rules != NULL ? call->plan.rules->len : 0;
  if (call->record->request.code == NULL)
    call->record->request.code = g_strdup (call->code);
  g_mutex_unlock (&ledger->lock);
}

static void
land (TsLedger *ledger, TsRecord *record)
{
  if (record->landed)
    return;
  record->landed = TRUE;
  ledger->all.in_flight--;
  tally_for (ledger, record->request.operation)->in_flight--;
  g_cond_broadcast (&ledger->changed);
}

void
ts_ledger_land (TsLedger *ledger, TsCall *call)
{
  if (call->record == NULL)
    return;
  g_mutex_lock (&ledger->lock);
  land (ledger, call->record);
  g_mutex_unlock (&ledger->lock);
}

void
ts_ledger_end (TsLedger *ledger, TsCall *call)
{
  if (call->record == NULL)
    return;
  g_mutex_lock (&ledger->lock);
  land (ledger, call->record);
  call->record->request.finished_us = g_get_monotonic_time ();
  call->record->request.bytes_in = call->bytes_in;
  call->record->request.bytes_out = call->bytes_out;
  call->record->request.faults = call->plan.rules != NULL ? call->plan.rules->len : 0;
  record_unref (call->record);
  call->record = NULL;
  g_cond_broadcast (&ledger->changed);
  g_mutex_unlock (&ledger->lock);
}

void
ts_ledger_hold (TsLedger *ledger, int change)
{
  g_mutex_lock (&ledger->lock);
  ledger->held = (guint) ((int) ledger->held + change);
  g_cond_broadcast (&ledger->changed);
  g_mutex_unlock (&ledger->lock);
}

GPtrArray *
ts_ledger_get (TsLedger *ledger, const char *operation)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func ((GDestroyNotify) ts_request_free);

  g_mutex_lock (&ledger->lock);
  for (guint i = 0; i < ledger->records->len; i++)
    {
      const TsRecord *record = g_ptr_array_index (ledger->records, i);

      if (operation == NULL || g_str_equal (record->request.operation, operation))
        g_ptr_array_add (copies, request_copy (&record->request));
    }
  g_mutex_unlock (&ledger->lock);
  return copies;
}

guint
ts_ledger_count (TsLedger *ledger, const char *operation)
{
  guint count;

  g_mutex_lock (&ledger->lock);
  count = tally_for (ledger, operation)->count;
  g_mutex_unlock (&ledger->lock);
  return count;
}

guint
ts_ledger_max_in_flight (TsLedger *ledger, const char *operation)
{
  guint most;

  g_mutex_lock (&ledger->lock);
  most = tally_for (ledger, operation)->max_in_flight;
  g_mutex_unlock (&ledger->lock);
  return most;
}

guint
ts_ledger_accepted (TsLedger *ledger)
{
  guint accepted;

  g_mutex_lock (&ledger->lock);
  accepted = ledger->accepted;
  g_mutex_unlock (&ledger->lock);
  return accepted;
}

guint
ts_ledger_open (TsLedger *ledger)
{
  guint open;

  g_mutex_lock (&ledger->lock);
  open = ledger->open;
  g_mutex_unlock (&ledger->lock);
  return open;
}

static void
tally_reset (Tally *tally)
{
  tally->count = 0;
  tally->max_in_flight = tally->in_flight;
}

void
ts_ledger_reset (TsLedger *ledger)
{
  GHashTableIter iter;
  gpointer tally;

  g_mutex_lock (&ledger->lock);
  g_ptr_array_set_size (ledger->records, 0);
  g_hash_table_iter_init (&iter, ledger->tallies);
  while (g_hash_table_iter_next (&iter, NULL, &tally))
    tally_reset (tally);
  tally_reset (&ledger->all);
  ledger->sequence = 0;
  ledger->accepted = 0;
  g_mutex_unlock (&ledger->lock);
}

static gboolean
reached (TsLedger *ledger, TsWait what, const char *operation, guint n)
{
  switch (what)
    {
    case TS_WAIT_COUNT:
      return tally_for (ledger, operation)->count >= n;
    case TS_WAIT_HELD:
      return ledger->held >= n;
    case TS_WAIT_IDLE:
      return ledger->all.in_flight == 0;
    case TS_WAIT_OPEN:
      return ledger->open <= n;
    }
  g_assert_not_reached ();
}

gboolean
ts_ledger_wait (TsLedger *ledger, TsWait what, const char *operation, guint n, guint timeout_ms)
{
  gint64 deadline = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  gboolean in_time = TRUE;
  gboolean done;

  g_mutex_lock (&ledger->lock);
  while (!(done = reached (ledger, what, operation, n)) && in_time)
    in_time = g_cond_wait_until (&ledger->changed, &ledger->lock, deadline);
  g_mutex_unlock (&ledger->lock);
  return done;
}

static void
append_request (GString *out, const TsRequest *request)
{
  g_string_append_printf (out, "{\"sequence\":%" G_GUINT64_FORMAT, request->sequence);
  g_string_append_printf (out, ",\"connection\":%" G_GUINT64_FORMAT, request->connection);
  g_string_append_printf (out, ",\"started_us\":%" G_GINT64_FORMAT, request->started_us);
  g_string_append_printf (out, ",\"finished_us\":%" G_GINT64_FORMAT, request->finished_us);
  g_string_append_printf (out, ",\"tls\":%s,\"operation\":", request->tls ? "true" : "false");
  ts_json_append (out, request->operation);
  g_string_append (out, ",\"method\":");
  ts_json_append (out, request->method);
  g_string_append (out, ",\"target\":");
  ts_json_append (out, request->target);
  g_string_append (out, ",\"bucket\":");
  ts_json_append (out, request->bucket);
  g_string_append (out, ",\"key\":");
  ts_json_append (out, request->key);
  g_string_append_printf (out, ",\"status\":%u,\"code\":", request->status);
  ts_json_append (out, request->code);
  g_string_append_printf (out, ",\"bytes_in\":%" G_GUINT64_FORMAT, request->bytes_in);
  g_string_append_printf (out, ",\"bytes_out\":%" G_GUINT64_FORMAT, request->bytes_out);
  g_string_append_printf (out, ",\"in_flight\":%u,\"faults\":%u,\"headers\":[",
                          request->in_flight, request->faults);
  for (guint i = 0; request->headers[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      ts_json_append (out, request->headers[i]);
    }
  g_string_append (out, "]}\n");
}

char *
ts_ledger_to_json (TsLedger *ledger, const char *operation)
{
  g_autoptr (GPtrArray) requests = ts_ledger_get (ledger, operation);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < requests->len; i++)
    append_request (out, g_ptr_array_index (requests, i));
  return g_string_free (out, FALSE);
}

char *
ts_ledger_counts_json (TsLedger *ledger)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GList) names = NULL;

  g_mutex_lock (&ledger->lock);
  g_string_append_printf (out, "{\"accepted\":%u,\"open\":%u,\"held\":%u", ledger->accepted,
                          ledger->open, ledger->held);
  g_string_append_printf (out, ",\"requests\":%u,\"in_flight\":%u,\"max_in_flight\":%u",
                          ledger->all.count, ledger->all.in_flight, ledger->all.max_in_flight);
  g_string_append (out, ",\"operations\":{");
  names = g_list_sort (g_hash_table_get_keys (ledger->tallies), (GCompareFunc) strcmp);
  for (GList *name = names; name != NULL; name = name->next)
    {
      const Tally *tally = g_hash_table_lookup (ledger->tallies, name->data);

      ts_json_append (out, name->data);
      g_string_append_printf (out, ":{\"count\":%u,\"in_flight\":%u,\"max_in_flight\":%u}%s",
                              tally->count, tally->in_flight, tally->max_in_flight,
                              name->next != NULL ? "," : "");
    }
  g_mutex_unlock (&ledger->lock);
  g_string_append (out, "}}\n");
  return g_string_free (out, FALSE);
}

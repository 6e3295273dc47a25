/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a test script may ask the program, unsigned and in no ledger; the server listens on loopback
 * alone:
 *
 *   GET /-/faults             rules: number, how often it acted, line
 *   POST /-/faults            adds the body's lines
 *   DELETE /-/faults          forgets all
 *   POST /-/release           lets go what is held or stalled
 *   GET /-/ledger[?op=NAME]   a JSON object a request, one a line
 *   GET /-/counts             one JSON object
 *   POST /-/reset             forgets the ledger and all faults
 *   GET /-/objects?bucket=B   keys, one a line
 *   POST /-/objects?bucket=B&key=K&size=N[&seed=S]   an object made of the pattern
 *   POST …&count=N            as many, K0000000 and on
 *   GET /-/uploads[?bucket=B] how many multipart uploads are begun and not ended
 *   POST /-/uploads?bucket=B&key=K&age=S[&count=N]   N of them, begun so many seconds ago
 *   POST /-/expire?key=ID     these credentials expire
 */
#include "config.h"

#include "server-private.h"

#include <string.h>

static const char prefix[] = "/-/";

gboolean
ts_admin_wants (TsCall *call)
{
  return g_str_has_prefix (call->target, prefix)
         && (g_str_has_prefix (call->host, "127.0.0.1")
             || g_str_has_prefix (call->host, "localhost")
             || g_str_has_prefix (call->host, "[::1]"));
}

static void
answer (TsCall *call, guint status, const char *text)
{
  call->status = status;
  ts_call_take_body (call, "text/plain", g_string_new (text));
}

static char *
parameter (TsCall *call, const char *name)
{
  g_auto (GStrv) fields = g_strsplit (call->query, "&", -1);
  gsize length = strlen (name);

  for (char **field = fields; *field != NULL; field++)
    if (strncmp (*field, name, length) == 0 && (*field)[length] == '=')
      return ts_uri_decode (*field + length + 1, -1, TRUE);
  return NULL;
}

static void
add_faults (TsCall *call)
{
  gsize size;
  const char *data = g_bytes_get_data (call->body, &size);
  g_autofree char *text = g_strndup (data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *numbers = g_string_new (NULL);

  for (char **line = lines; *line != NULL; line++)
    {
      g_autoptr (GError) error = NULL;
      guint rule;

      if (*g_strstrip (*line) == '\0')
        continue;
      rule = ts_faults_add (call->server->faults, *line, &error);
      if (rule == 0)
        {
          answer (call, 400, error->message);
          g_string_free (numbers, TRUE);
          return;
        }
      g_string_append_printf (numbers, "%u\n", rule);
    }
  call->status = 200;
  ts_call_take_body (call, "text/plain", numbers);
}

static void
handle_faults (TsCall *call)
{
  g_autofree char *text = NULL;

  if (g_str_equal (call->method, "POST"))
    {
      add_faults (call);
      return;
    }
  if (g_str_equal (call->method, "DELETE"))
    ts_faults_clear (call->server->faults);
  text = ts_faults_to_text (call->server->faults);
  answer (call, 200, text);
}

static void
handle_ledger (TsCall *call)
{
  g_autofree char *operation = parameter (call, "op");
  g_autofree char *text = ts_ledger_to_json (call->server->ledger, operation);

  answer (call, 200, text);
}

static void
handle_counts (TsCall *call)
{
  g_autofree char *text = ts_ledger_counts_json (call->server->ledger);

  answer (call, 200, text);
}

static void
handle_reset (TsCall *call)
{
  ts_ledger_reset (call->server->ledger);
  ts_faults_clear (call->server->faults);
  answer (call, 200, "");
}

static void
handle_release (TsCall *call)
{
  ts_server_release (call->server);
  answer (call, 200, "");
}

static void
make_objects (TsCall *call, const char *bucket, const char *key)
{
  g_autofree char *size = parameter (call, "size");
  g_autofree char *seed = parameter (call, "seed");
  g_autofree char *count = parameter (call, "count");
  guint64 n, s = 1, many = 0;

  if (key == NULL || size == NULL || !ts_parse_size (size, &n) || (seed != NULL && !ts_parse_size (seed, &s))
      || (count != NULL && !ts_parse_size (count, &many)))
    {
      answer (call, 400, "key= and size= are wanted, and seed= and count= are numbers\n");
      return;
    }

  if (count == NULL)
    ts_server_put_pattern (call->server, bucket, key, n, (guint32) s);
  for (guint64 i = 0; i < many; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%07" G_GUINT64_FORMAT, key, i);

      ts_server_put_pattern (call->server, bucket, name, n, (guint32) s);
    }
  answer (call, 200, "");
}

static void
handle_objects (TsCall *call)
{
  g_autofree char *bucket = parameter (call, "bucket");
  g_autofree char *key = parameter (call, "key");

  if (bucket == NULL)
    answer (call, 400, "bucket= is missing\n");
  else if (!g_str_equal (call->method, "POST"))
    {
      g_auto (GStrv) keys = ts_server_list_keys (call->server, bucket);
      g_autofree char *text = g_strjoinv ("\n", keys);

      answer (call, 200, text);
    }
  else
    {
      make_objects (call, bucket, key);
    }
}

static void
begin_upload (TsCall *call, const char *bucket, const char *key)
{
  g_autofree char *age = parameter (call, "age");
  g_autofree char *count = parameter (call, "count");
  guint64 seconds, n = 1;

  if (key == NULL || age == NULL || !ts_parse_size (age, &seconds) || (count != NULL && !ts_parse_size (count, &n)))
    {
      answer (call, 400, "key= and age= are wanted, and count= is a number\n");
      return;
    }

  for (guint64 i = 0; i < n; i++)
    ts_server_begin_upload (call->server, bucket, key, seconds);
  answer (call, 200, "");
}

static void
handle_uploads (TsCall *call)
{
  g_autofree char *bucket = parameter (call, "bucket");
  g_autofree char *key = parameter (call, "key");
  g_autofree char *text = NULL;

  if (g_str_equal (call->method, "POST") && bucket != NULL)
    {
      begin_upload (call, bucket, key);
      return;
    }

  text = g_strdup_printf ("%u\n", ts_server_count_uploads (call->server, bucket));
  answer (call, 200, text);
}

static void
handle_expire (TsCall *call)
{
  g_autofree char *key = parameter (call, "key");

  if (key != NULL)
    ts_server_expire_credentials (call->server, key);
  answer (call, key != NULL ? 200 : 400, "");
}

void
ts_admin_handle (TsCall *call)
{
  static const struct
  {
    const char *name;
    void (*handle) (TsCall *call);
  } pages[] = {
    { "faults", handle_faults }, { "release", handle_release }, { "ledger", handle_ledger },
    { "counts", handle_counts }, { "reset", handle_reset },     { "objects", handle_objects },
    { "expire", handle_expire },   { "uploads", handle_uploads },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    if (g_str_equal (call->path + strlen (prefix), pages[i].name))
      {
        pages[i].handle (call);
        return;
      }
  answer (call, 404, "no such page\n");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * s3dlio-test-server: the test server as a program, for tests of the command and for the demo. Ends
 * on SIGTERM and SIGINT, and with --exit-with-stdin when its standard input ends, so that it never
 * outlives the script that started it.
 */
#include "config.h"

#include "test-server.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct
{
  int port;
  char *port_file;
  char *access_key;
  char *secret_key;
  char *session_token;
  char *region;
  char *region_mode;
  char *domain;
  char *tls_dir;
  char *tls_variant;
  char *etag;
  char *verify_payload;
  char **buckets;
  char **faults;
  gboolean anonymous;
  gboolean ipv6;
  gboolean streaming;
  int min_part_size;
  int clock_offset;
  gboolean exit_with_stdin;
} Arguments;

static GOptionEntry *
entries_for (Arguments *a)
{
  const GOptionEntry entries[] = {
    { "port", 0, 0, G_OPTION_ARG_INT, &a->port, "listen on this port (0: any)", "N" },
    { "port-file", 0, 0, G_OPTION_ARG_FILENAME, &a->port_file, "write the port there", "FILE" },
    { "access-key", 0, 0, G_OPTION_ARG_STRING, &a->access_key, NULL, "KEY" },
    { "secret-key", 0, 0, G_OPTION_ARG_STRING, &a->secret_key, NULL, "KEY" },
    { "session-token", 0, 0, G_OPTION_ARG_STRING, &a->session_token, NULL, "TOKEN" },
    { "region", 0, 0, G_OPTION_ARG_STRING, &a->region, NULL, "REGION" },
    { "region-mode", 0, 0, G_OPTION_ARG_STRING, &a->region_mode,
      "malformed, redirect or ignore", "MODE" },
    { "domain", 0, 0, G_OPTION_ARG_STRING, &a->domain, "of virtual-host style", "NAME" },
    { "bucket", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->buckets, "make this bucket", "NAME[@REGION]" },
    { "fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &a->faults, "add this rule", "LINE" },
    { "tls-dir", 0, 0, G_OPTION_ARG_FILENAME, &a->tls_dir,
      "speak HTTPS too; CA and certificates are made there", "DIR" },
    { "tls-variant", 0, 0, G_OPTION_ARG_STRING, &a->tls_variant, "the certificate shown", "NAME" },
    { "etag", 0, 0, G_OPTION_ARG_STRING, &a->etag, "md5 or fast", "MODE" },
    { "verify-payload", 0, 0, G_OPTION_ARG_STRING, &a->verify_payload,
      "small, always or never", "MODE" },
    { "anonymous", 0, 0, G_OPTION_ARG_NONE, &a->anonymous, "serve unsigned requests", NULL },
    { "ipv6", 0, 0, G_OPTION_ARG_NONE, &a->ipv6, "listen on ::1 too", NULL },
    { "streaming", 0, 0, G_OPTION_ARG_NONE, &a->streaming, "take aws-chunked payloads", NULL },
    { "min-part-size", 0, 0, G_OPTION_ARG_INT, &a->min_part_size, NULL, "BYTES" },
    { "clock-offset", 0, 0, G_OPTION_ARG_INT, &a->clock_offset, NULL, "SECONDS" },
    { "exit-with-stdin", 0, 0, G_OPTION_ARG_NONE, &a->exit_with_stdin,
      "end when standard input ends", NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };

  return g_memdup2 (entries, sizeof entries);
}

/* The position of @text in @words (NULL-terminated), 0 when it is NULL, -1 when it is not there. */
static int
choose (const char *text, const char *const *words)
{
  if (text == NULL)
    return 0;
  for (int i = 0; words[i] != NULL; i++)
    if (g_str_equal (words[i], text))
      return i;
  g_printerr ("s3dlio-test-server: \"%s\" is not understood\n", text);
  return -1;
}

static gboolean
make_tls_dir (const char *dir, GError **error)
{
  g_autofree char *ca = g_build_filename (dir, "ca.pem", NULL);

  g_mkdir_with_parents (dir, 0700);
  return g_file_test (ca, G_FILE_TEST_EXISTS) || ts_tls_make_directory (dir, error);
}

static TestServer *
start (const Arguments *a, GError **error)
{
  static const char *const region_modes[] = { "malformed", "redirect", "ignore", NULL };
  static const char *const etag_modes[] = { "md5", "fast", NULL };
  static const char *const verify_modes[] = { "small", "always", "never", NULL };
  g_autofree char *buckets = a->buckets != NULL ? g_strjoinv (",", a->buckets) : NULL;
  TestServerOptions options = {
    .buckets = buckets,
    .access_key = a->access_key,
    .secret_key = a->secret_key,
    .session_token = a->session_token,
    .region = a->region,
    .domain = a->domain,
    .anonymous = a->anonymous,
    .streaming = a->streaming,
    .min_part_size = (guint64) MAX (0, a->min_part_size),
    .clock_offset = a->clock_offset,
    .port = (guint16) a->port,
    .ipv6 = a->ipv6,
    .tls = a->tls_dir != NULL,
    .tls_dir = a->tls_dir,
    .tls_variant = a->tls_variant,
  };
  int region_mode = choose (a->region_mode, region_modes);
  int etag_mode = choose (a->etag, etag_modes);
  int verify_mode = choose (a->verify_payload, verify_modes);

  if (region_mode < 0 || etag_mode < 0 || verify_mode < 0)
    exit (2);
  options.region_mode = (TsRegionMode) region_mode;
  options.etag_mode = (TsEtagMode) etag_mode;
  options.verify_payload = (TsVerifyPayload) verify_mode;
  if (a->tls_dir != NULL && !make_tls_dir (a->tls_dir, error))
    return NULL;
  return ts_server_try_new (&options, error);
}

static gboolean
add_faults (TestServer *server, char **lines, GError **error)
{
  for (char **line = lines; line != NULL && *line != NULL; line++)
    if (ts_server_try_add_fault (server, *line, error) == 0)
      return FALSE;
  return TRUE;
}

static gboolean
announce (TestServer *server, const Arguments *a, GError **error)
{
  g_autofree char *port = g_strdup_printf ("%u\n", ts_server_get_port (server));
  const char *tls_url = ts_server_get_tls_url (server);

  if (a->port_file != NULL && !g_file_set_contents (a->port_file, port, -1, error))
    return FALSE;
  printf ("listening %s%s%s\n", ts_server_get_url (server), tls_url != NULL ? " " : "",
          tls_url != NULL ? tls_url : "");
  fflush (stdout);
  return TRUE;
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_stdin (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer loop)
{
  char sink[256];

  if (read (fd, sink, sizeof sink) > 0)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
run (const Arguments *a)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_unix_signal_add (SIGINT, on_signal, loop);
  if (a->exit_with_stdin)
    g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_stdin, loop);
  g_main_loop_run (loop);
}

static void
arguments_clear (Arguments *a)
{
  g_free (a->port_file);
  g_free (a->access_key);
  g_free (a->secret_key);
  g_free (a->session_token);
  g_free (a->region);
  g_free (a->region_mode);
  g_free (a->domain);
  g_free (a->tls_dir);
  g_free (a->tls_variant);
  g_free (a->etag);
  g_free (a->verify_payload);
  g_strfreev (a->buckets);
  g_strfreev (a->faults);
}

int
main (int argc, char **argv)
{
  Arguments a = { 0 };
  g_autofree GOptionEntry *entries = entries_for (&a);
  g_autoptr (GOptionContext) context = g_option_context_new ("- an S3 server for tests");
  g_autoptr (GError) error = NULL;
  g_autoptr (TestServer) server = NULL;

  signal (SIGPIPE, SIG_IGN);
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error))
    server = start (&a, &error);
  if (server != NULL && add_faults (server, a.faults, &error) && announce (server, &a, &error))
    run (&a);
  arguments_clear (&a);
  if (error == NULL)
    return 0;
  g_printerr ("s3dlio-test-server: %s\n", error->message);
  return 1;
}

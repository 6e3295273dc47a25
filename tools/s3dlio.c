/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command: reads its command line, runs the verb, and turns what happened into an exit code. One thread; the main
 * context runs in tool_wait() and tool_jobs_run() alone. */

#include "config.h"

#include "tool-options.h"
#include "tool-progress.h"
#include "tool.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const ToolVerb tool_verbs[] = {
  { TOOL_LS, "ls", "[URI…]", "List buckets, objects and directories",
    "Without -r what lies deeper is shown as its prefix. A URI is a literal prefix; a local directory lists its\n"
    "contents; no URI, or s3://, lists the buckets.",
    0, G_MAXUINT, tool_ls },
  { TOOL_STAT, "stat", "URI…", "Print what is known of objects", NULL, 1, G_MAXUINT, tool_stat },
  { TOOL_CAT, "cat", "URI…", "Write objects to stdout", "It stops at the first error.", 1, G_MAXUINT, tool_cat },
  { TOOL_GET, "get", "URI [FILE]", "Fetch an object into a file",
    "Without FILE its name in the current directory; - is stdout. With --files-from, FILE is a directory.", 1, 2,
    tool_get },
  { TOOL_PUT, "put", "FILE URI", "Write a file to an object", "FILE - is stdin, of any length.", 2, 2, tool_put },
  { TOOL_CP, "cp", "SRC… DST", "Copy objects and files, from anywhere to anywhere",
    "A DST that ends in / or is a bucket or an existing directory takes SRC's name; else it is the exact name.\n"
    "With -r the contents of SRC land below DST.",
    2, G_MAXUINT, tool_cp },
  { TOOL_MV, "mv", "SRC… DST", "Move objects and files, from anywhere to anywhere",
    "As cp; each source is deleted once its copy is whole. Symbolic links are never followed.", 2, G_MAXUINT,
    tool_mv },
  { TOOL_RM, "rm", "URI…", "Delete objects", "What is missing is no error. Symbolic links are never followed.\n"
    "With --incomplete objects stay, and unfinished uploads are aborted: of that key, or with -r below it.",
    1, G_MAXUINT, tool_rm },
  { TOOL_MB, "mb", "URI…", "Make buckets", NULL, 1, G_MAXUINT, tool_mb },
  { TOOL_RB, "rb", "URI…", "Remove buckets", "A bucket that is not empty is refused, unless --force.", 1, G_MAXUINT,
    tool_rb },
  { 0 },
};

void
tool_wait_done (GObject *source, GAsyncResult *result, gpointer data)
{
  ToolWait *wait = data;

  wait->result = g_object_ref (result);
}

GAsyncResult *
tool_wait (ToolWait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return g_steal_pointer (&wait->result);
}

/* Takes @text. */
static int
print (char *text)
{
  g_autofree char *owned = text;

  if (fputs (text, stdout) >= 0 && fflush (stdout) == 0)
    return EXIT_SUCCESS;

  tool_report_stdout (NULL);
  return EXIT_FAILURE;
}

static int
print_help (const ToolOptions *options)
{
  const char *topic = g_ptr_array_index (options->args, 0);

  if (options->verb != NULL)
    return print (tool_help_verb (options->verb));

  return print (topic != NULL ? tool_help_settings () : tool_help_overview ());
}

static int
exit_code (Tool *tool)
{
  if (tool_signals_caught () != 0)
    {
      tool_report_open_uploads (tool);
      tool_summary (tool);
      return 128 + tool_signals_caught ();
    }
  if (tool->stdout_closed)
    {
      /* As everybody in a pipe whose reader has left: quietly, and so that the shell can tell. */
      signal (SIGPIPE, SIG_DFL);
      raise (SIGPIPE);
      return 128 + SIGPIPE; /* it was blocked */
    }

  tool_summary (tool);
  return tool->failed > 0 || tool->stdout_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run (Tool *tool)
{
  g_autoptr (GError) error = NULL;
  int result;

  tool->client = s3dlio_client_new (tool->config, &error);
  if (tool->client == NULL)
    return tool_usage ("%s", error->message);

  result = tool->verb->run (tool, (char **) tool->options->args->pdata);
  g_clear_pointer (&tool->progress, tool_progress_free);
  if (result != 0)
    return result;

  tool_flush (tool);
  return exit_code (tool);
}

/* Before the command line has been read: whether its errors are to be JSON. */
static gboolean
wants_json (char **argv)
{
  for (char **arg = argv + 1; *arg != NULL && strcmp (*arg, "--") != 0; arg++)
    {
      if (strcmp (*arg, "--json") == 0)
        return TRUE;
    }

  return FALSE;
}

/* A closed standard descriptor must not become one of ours: it is opened so that using it is an error. */
static void
keep_standard_descriptors (void)
{
  for (int fd = 0; fd <= 2; fd++)
    {
      if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
        abort ();
    }
}

/* Many objects at once, in directories that are deep: it may be all that the system allows. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;

  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (ToolOptions) options = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Tool tool = { .config = config, .cancellable = cancellable };
  int result;

  keep_standard_descriptors ();
  raise_descriptor_limit ();
  setlocale (LC_ALL, "");
  tool_errors_set_json (wants_json (argv));
  options = tool_options_parse (argv, config, &error);
  if (options == NULL)
    return tool_usage ("%s", error->message);
  if (options->version)
    return print (g_strdup_printf ("s3dlio %s\n", s3dlio_get_version ()));
  if (options->help)
    return print_help (options);

  tool.options = options;
  tool.verb = options->verb;
  tool_log_init (&tool);
  tool_signals_init (&tool);
  result = run (&tool);
  g_clear_object (&tool.client);

  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals. The first SIGINT or SIGTERM asks for a clean end: the main loop wakes and cancels. When that takes too long,
 * it says what is left behind and ends the process; an alarm soon after does so, whatever the main thread is doing. A
 * second signal ends it at once. The handlers do only what signal-safety(7) allows. */

#include "config.h"

#include "tool.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CLEAN_END_SECONDS 5

static volatile sig_atomic_t caught;
static int wake_pipe[2] = { -1, -1 };

static void
on_alarm (int signal_number)
{
  static const char text[] = "s3dlio: the end took too long; an unfinished upload may be left behind\n";

  if (write (STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit (128 + caught);
  _exit (128 + caught);
}

static void
on_signal (int signal_number)
{
  const char byte = 0;

  if (caught != 0)
    _exit (128 + signal_number);

  caught = signal_number;
  alarm (CLEAN_END_SECONDS + 1);
  if (write (wake_pipe[1], &byte, 1) < 0)
    _exit (128 + signal_number);
}

static gboolean
on_deadline (gpointer tool)
{
  if (tool_report_open_uploads (tool) == 0)
    on_alarm (SIGALRM);
  _exit (128 + caught);
}

static gboolean
on_wake (gint fd, GIOCondition condition, gpointer data)
{
  Tool *tool = data;

  g_timeout_add_full (G_PRIORITY_HIGH, CLEAN_END_SECONDS * 1000, on_deadline, tool, NULL);
  g_cancellable_cancel (tool->cancellable);
  return G_SOURCE_REMOVE;
}

/* Unless the caller wants it ignored, as nohup and background jobs of old shells do. */
static void
catch_signal (int signal_number, void (*handler) (int))
{
  struct sigaction old;
  struct sigaction action;

  if (sigaction (signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
    return;

  memset (&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset (&action.sa_mask);
  /* Without SA_RESTART: a write to a pipe that nobody empties must end. */
  sigaction (signal_number, &action, NULL);
}

void
tool_signals_init (Tool *tool)
{
  /* A reader that goes away is seen as EPIPE. */
  signal (SIGPIPE, SIG_IGN);
  if (!g_unix_open_pipe (wake_pipe, FD_CLOEXEC, NULL))
    return;

  g_unix_fd_add_full (G_PRIORITY_HIGH, wake_pipe[0], G_IO_IN, on_wake, tool, NULL);
  signal (SIGALRM, on_alarm);
  catch_signal (SIGINT, on_signal);
  catch_signal (SIGTERM, on_signal);
}

int
tool_signals_caught (void)
{
  return caught;
}

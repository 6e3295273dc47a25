/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What scripts that test the command cannot do by themselves:
 *
 *   cli-helper measure FILE COMMAND…   runs it; writes its peak resident set (KiB) to FILE
 *   cli-helper ask PORT METHOD PATH [BODY]   one HTTP request to 127.0.0.1; prints the answer's body
 *   cli-helper terminal FILE COMMAND…  runs it with a terminal as stderr, whose output goes to FILE
 *   cli-helper background COMMAND…     becomes it, with the signals that shells switch off for it back on
 *   cli-helper full FILE               listens on 127.0.0.1 with no room for a connection; writes the port to FILE, and
 *                                      ends with its standard input
 *   cli-helper hear FILE SAID          the same, but takes connections; what the last one said first goes to SAID
 *
 * One thread. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int
exit_status (int status)
{
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}

static pid_t
start (char **command, int stderr_fd)
{
  const pid_t child = fork ();

  if (child != 0)
    return child;

  if (stderr_fd >= 0)
    dup2 (stderr_fd, STDERR_FILENO);
  execvp (command[0], command);
  perror (command[0]);
  _exit (127);
}

static int
measure (const char *path, char **command)
{
  const pid_t child = start (command, -1);
  struct rusage usage;
  int status = 0;
  FILE *file;

  if (child < 0 || wait4 (child, &status, 0, &usage) < 0)
    return 99;

  file = fopen (path, "w");
  if (file == NULL)
    return 99;
  fprintf (file, "%ld\n", usage.ru_maxrss);
  fclose (file);
  return exit_status (status);
}

static int
terminal (const char *path, char **command)
{
  const int master = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  int slave = master >= 0 && grantpt (master) == 0 && unlockpt (master) == 0
                  ? open (ptsname (master), O_RDWR | O_NOCTTY | O_CLOEXEC)
                  : -1;
  const pid_t child = slave >= 0 ? start (command, slave) : -1;
  FILE *file = fopen (path, "w");
  char buffer[4096];
  gssize n;
  int status = 0;

  if (child < 0 || file == NULL)
    return 99;

  close (slave);
  /* EIO: nobody has the other side open any more. */
  while ((n = read (master, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    fwrite (buffer, 1, (gsize) MAX (n, 0), file);
  fclose (file);
  return waitpid (child, &status, 0) < 0 ? 99 : exit_status (status);
}

static int
ask (const char *port, const char *method, const char *path, const char *body)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%s", port);
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_host (client, host, 80, NULL, &error);
  g_autofree char *request = g_strdup_printf ("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
                                              "Content-Length: %zu\r\n\r\n%s",
                                              method, path, host, strlen (body), body);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[16384];
  GInputStream *input;
  gssize n = 0;
  const char *text;

  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
                                     strlen (request), NULL, NULL, &error))
    {
      fprintf (stderr, "cli-helper: %s\n", error->message);
      return 1;
    }

  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  while ((n = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (answer, buffer, n);

  text = strstr (answer->str, "\r\n\r\n");
  if (text != NULL)
    fputs (text + 4, stdout);
  return g_str_has_prefix (answer->str, "HTTP/1.1 2") ? 0 : 1;
}

static int
background (char **command)
{
  signal (SIGINT, SIG_DFL);
  signal (SIGPIPE, SIG_DFL);
  execvp (command[0], command);
  perror (command[0]);
  return 127;
}

static int
listen_locally (int backlog, struct sockaddr_in *address)
{
  socklen_t length = sizeof *address;
  const int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  if (listener < 0 || bind (listener, (struct sockaddr *) address, length) != 0 || listen (listener, backlog) != 0
      || getsockname (listener, (struct sockaddr *) address, &length) != 0)
    return -1;
  return listener;
}

static gboolean
write_port (const struct sockaddr_in *address, const char *path)
{
  g_autofree char *port = g_strdup_printf ("%u\n", ntohs (address->sin_port));

  return g_file_set_contents (path, port, -1, NULL);
}

/* Who connects hears nothing: what the kernel would keep for accept() is taken. */
static int
full (const char *path)
{
  struct sockaddr_in address;
  char sink;

  if (listen_locally (0, &address) < 0)
    return 99;
  for (guint i = 0; i < 8; i++)
    {
      const int client = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

      if (client < 0
          || (connect (client, (struct sockaddr *) &address, sizeof address) != 0 && errno != EINPROGRESS))
        return 99;
    }

  if (!write_port (&address, path))
    return 99;
  while (read (STDIN_FILENO, &sink, 1) > 0)
    continue;
  return 0;
}

/* One connection after the other is closed as soon as its first bytes are in the file. */
static int
hear (const char *path, const char *said)
{
  struct sockaddr_in address;
  const int listener = listen_locally (8, &address);
  struct pollfd fds[] = { { .fd = listener, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

  if (listener < 0 || !write_port (&address, path))
    return 99;
  while (poll (fds, G_N_ELEMENTS (fds), -1) > 0 && fds[1].revents == 0)
    {
      const int connection = accept (listener, NULL, NULL);
      char buffer[16384];
      const gssize n = connection >= 0 ? read (connection, buffer, sizeof buffer) : -1;

      if (n >= 0 && !g_file_set_contents (said, buffer, n, NULL))
        return 99;
      close (connection);
    }
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc >= 4 && strcmp (argv[1], "measure") == 0)
    return measure (argv[2], argv + 3);
  if (argc >= 4 && strcmp (argv[1], "terminal") == 0)
    return terminal (argv[2], argv + 3);
  if (argc >= 3 && strcmp (argv[1], "background") == 0)
    return background (argv + 2);
  if (argc >= 3 && strcmp (argv[1], "full") == 0)
    return full (argv[2]);
  if (argc >= 4 && strcmp (argv[1], "hear") == 0)
    return hear (argv[2], argv[3]);
  if (argc >= 5 && strcmp (argv[1], "ask") == 0)
    return ask (argv[2], argv[3], argv[4], argc > 5 ? argv[5] : "");

  fprintf (stderr, "usage: cli-helper measure|terminal FILE COMMAND…\n"
                   "       cli-helper background COMMAND…\n"
                   "       cli-helper full FILE\n"
                   "       cli-helper hear FILE SAID\n"
                   "       cli-helper ask PORT METHOD PATH [BODY]\n");
  return 2;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A forked child knows that it is one, and holds none of the parent's sockets. */

#include "config.h"

#include "base/base-fork.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

static void
wait_for (pid_t pid)
{
  int status;

  g_assert_cmpint (pid, >, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
test_generation_changes_in_every_child (void)
{
  guint parent = s3d_fork_generation ();
  pid_t pid = fork ();

  if (pid == 0)
    {
      guint child = s3d_fork_generation ();
      pid_t grandchild = fork ();
      int status = 1;

      if (grandchild == 0)
        _exit (s3d_fork_generation () == child || s3d_fork_generation () == parent);
      waitpid (grandchild, &status, 0);
      _exit (child == parent || status != 0 || child != s3d_fork_generation ());
    }
  wait_for (pid);
  g_assert_cmpuint (s3d_fork_generation (), ==, parent);
}

/* More descriptors than a chunk of the table has. */
static void
test_tracked_descriptors_are_closed_in_the_child (void)
{
  int fds[400];
  pid_t pid;

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
      g_assert_cmpint (fds[i], >=, 0);
      s3d_fork_track_fd (fds[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i += 2)
    s3d_fork_untrack_fd (fds[i]);
  s3d_fork_untrack_fd (fds[0]);

  pid = fork ();
  if (pid == 0)
    {
      for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
        {
          if (is_open (fds[i]) != (i % 2 == 0))
            _exit (1);
        }
      _exit (0);
    }
  wait_for (pid);

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_true (is_open (fds[i]));
      s3d_fork_untrack_fd (fds[i]);
      close (fds[i]);
    }
}

static gpointer
track_and_untrack (gpointer data)
{
  int base = GPOINTER_TO_INT (data);

  for (int i = 0; i < 20000; i++)
    {
      s3d_fork_track_fd (base + i % 50);
      s3d_fork_untrack_fd (base + i % 50);
    }

  return NULL;
}

static void
test_table_is_thread_safe (void)
{
  GThread *threads[4];
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_t pid;

  s3d_fork_track_fd (fd);
  for (int i = 0; i < (int) G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("track", track_and_untrack, GINT_TO_POINTER (100000 + i * 100));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  pid = fork ();
  if (pid == 0)
    _exit (is_open (fd));
  wait_for (pid);
  s3d_fork_untrack_fd (fd);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/fork/generation-changes-in-every-child", test_generation_changes_in_every_child);
  g_test_add_func ("/base/fork/tracked-descriptors-are-closed-in-the-child",
                   test_tracked_descriptors_are_closed_in_the_child);
  g_test_add_func ("/base/fork/table-is-thread-safe", test_table_is_thread_safe);

  return g_test_run ();
}

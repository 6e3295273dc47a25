/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Beginning and end of a transport: shared by settings, started late, gone without a trace, alive in a forked child. */

#include "config.h"

#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void
answer (RawConnection *connection, gpointer data)
{
  while (raw_read_request (connection))
    raw_answer (connection, 200, "", "hello");
}

static void
get_hello (S3dHttp *http, const char *url)
{
  g_autoptr (Call) call = call_new (http, "GET", url, "/");

  call_run (call);
  call_assert_body (call, "hello");
}

static void
test_shared (void)
{
  g_autoptr (S3dSettings) settings = fixture_settings ();
  g_autoptr (S3dSettings) others = fixture_settings ();
  S3dHttp *first = s3d_http_get (settings);
  S3dHttp *second = s3d_http_get (settings);
  g_autoptr (S3dHttp) other = s3d_http_get (others);

  g_assert_true (first == second);
  g_assert_true (first != other);
  s3d_http_unref (first);
  s3d_http_unref (second);
}

static gpointer
get_and_unref (gpointer data)
{
  for (guint i = 0; i < 2000; i++)
    s3d_http_unref (s3d_http_get (data));
  return NULL;
}

static void
test_get_unref_race (void)
{
  g_autoptr (S3dSettings) settings = fixture_settings ();
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("getter", get_and_unref, settings);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_late_start (void)
{
  g_autoptr (S3dSettings) settings = fixture_settings ();
  g_autoptr (S3dHttp) http = NULL;
  guint threads = count_threads ();
  guint descriptors = count_descriptors ();

  http = s3d_http_get (settings);
  g_assert_cmpuint (count_threads (), ==, threads);
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
}

static void
test_no_trace (void)
{
  g_autoptr (RawServer) server = raw_server_new (answer, NULL);
  guint threads = count_threads ();
  guint descriptors = count_descriptors ();

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (S3dSettings) settings = fixture_settings ();
      S3dHttp *http = s3d_http_get (settings);
      g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) call_free);

      for (guint i = 0; i < 10; i++)
        {
          g_ptr_array_add (calls, call_new (http, "GET", raw_server_get_url (server), "/"));
          call_start (calls->pdata[i]);
        }
      for (guint i = 0; i < 10; i++)
        call_wait (calls->pdata[i]);
      s3d_http_unref (http);
    }
  /* The server's ends of the connections go as well. */
  g_assert_true (wait_for_threads (threads));
  g_assert_true (wait_for_descriptors (descriptors));
}

static void
unref_in_done (gpointer data)
{
  Call *call = data;

  s3d_http_unref (call->data);
}

static void
test_unref_on_loop (void)
{
  g_autoptr (RawServer) server = raw_server_new (answer, NULL);
  guint threads = count_threads ();
  guint descriptors = count_descriptors ();

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (S3dSettings) settings = fixture_settings ();
      S3dHttp *http = s3d_http_get (settings);
      g_autoptr (Call) call = call_new (http, "GET", raw_server_get_url (server), "/");

      call->data = http;
      call->done = unref_in_done;
      call_run (call);
      call_assert_body (call, "hello");
    }
  g_assert_true (wait_for_threads (threads));
  g_assert_true (wait_for_descriptors (descriptors));
}

static void
test_signals (void)
{
  g_auto (World) world = { 0 };
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint n_loops = 0;

  world_set_up (&world, answer, NULL);
  get_hello (world.http, world.url);
  dir = g_dir_open ("/proc/self/task", 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", name, "status", NULL);
      g_autofree char *text = NULL;
      const char *blocked;
      guint64 mask;

      if (!g_file_get_contents (path, &text, NULL, NULL) || !g_str_has_prefix (text, "Name:\ts3d-http\n"))
        continue;
      n_loops++;
      blocked = strstr (text, "SigBlk:\t");
      mask = g_ascii_strtoull (blocked + strlen ("SigBlk:\t"), NULL, 16);
      for (int signal_number = 1; signal_number < 32; signal_number++)
        if (signal_number != SIGKILL && signal_number != SIGSTOP)
          g_assert_cmpuint (mask >> (signal_number - 1) & 1, ==, 1);
    }
  g_assert_cmpuint (n_loops, ==, 1);
}

/* The lowest that is free once the server waits in accept(), which holds a descriptor from its beginning. */
static int
lowest_descriptor (void)
{
  int lowest = 0;

  for (guint i = 0; i < 1000; i++)
    {
      const int fd = dup (0);

      lowest = MAX (lowest, fd);
      close (fd);
      g_usleep (100);
    }

  return lowest;
}

/* Leaves the process @n descriptors more than it has. */
static void
limit_descriptors (guint n)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = (rlim_t) lowest_descriptor () + n;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

/* With none there is no loop, with the two of the loop no connection. */
static void
test_few_descriptors (gconstpointer data)
{
  g_auto (World) world = { 0 };
  g_autoptr (Call) call = NULL;

#ifdef __SANITIZE_THREAD__
  g_test_skip ("ThreadSanitizer needs descriptors to find out what it may leave unsaid");
  return;
#endif
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  world_set_up (&world, answer, NULL);
  call = call_new (world.http, "GET", world.url, "/");
  limit_descriptors (GPOINTER_TO_UINT (data));
  call_run (call);
  g_assert_nonnull (call_error (call));
  g_assert_cmpuint (raw_server_count_requests (world.server), ==, 0);
}

/* Forks, runs @func in the child, and expects it to end well. */
static void
in_child (void (*func) (gpointer data), gpointer data)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      alarm (60);
      func (data);
      leave_child ();
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
use_in_child (gpointer data)
{
  World *world = data;
  g_autoptr (S3dSettings) settings = fixture_settings ();
  S3dHttp *fresh = s3d_http_get (settings);

  for (guint i = 0; i < 3; i++)
    get_hello (world->http, world->url);
  get_hello (fresh, world->url);
  s3d_http_unref (fresh);
  s3d_http_unref (world->http);
  g_assert_cmpuint (count_threads (), ==, 1);
}

static void
test_fork (void)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("ThreadSanitizer ends a forked child that starts threads");
  return;
#endif
  g_auto (World) world = { 0 };

  world_set_up (&world, answer, NULL);
  get_hello (world.http, world.url);
  for (guint i = 0; i < 3; i++)
    {
      in_child (use_in_child, &world);
      get_hello (world.http, world.url);
    }
  /* The parent's connection lived through it all; each child made one for each of its transports. */
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 1 + 3 * 2);
}

static void
unref_in_child (gpointer data)
{
  World *world = data;

  s3d_http_unref (world->http);
}

static void
test_fork_unused (void)
{
  g_auto (World) world = { 0 };

  world_set_up (&world, answer, NULL);
  get_hello (world.http, world.url);
  in_child (unref_in_child, &world);
  get_hello (world.http, world.url);
  g_assert_cmpuint (raw_server_count_connections (world.server), ==, 1);
}

static void
hold_descriptors (gpointer data)
{
  int *pipe_fds = data;
  char byte;

  close (pipe_fds[1]);
  g_assert_cmpint (read (pipe_fds[0], &byte, 1), ==, 0);
}

/* A child that lives on keeps no connection of the parent open. */
static void
test_fork_closes (void)
{
  g_auto (World) world = { 0 };
  int pipe_fds[2], status;
  pid_t pid;

  world_set_up (&world, answer, NULL);
  get_hello (world.http, world.url);
  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      alarm (60);
      hold_descriptors (pipe_fds);
      leave_child ();
    }
  g_clear_pointer (&world.http, s3d_http_unref);
  g_assert_true (raw_server_wait_open (world.server, 0));
  world.http = s3d_http_get (world.settings);
  close (pipe_fds[1]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  close (pipe_fds[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/life/one-for-each-settings", test_shared);
  g_test_add_func ("/http/life/get-and-last-unref-do-not-race", test_get_unref_race);
  g_test_add_func ("/http/life/starts-with-the-first-request", test_late_start);
  g_test_add_func ("/http/life/no-thread-and-no-descriptor-is-left", test_no_trace);
  g_test_add_func ("/http/life/last-unref-on-its-own-loop", test_unref_on_loop);
  g_test_add_func ("/http/life/loops-block-all-signals", test_signals);
  g_test_add_data_func ("/http/life/no-descriptor-for-a-loop", GUINT_TO_POINTER (0), test_few_descriptors);
  g_test_add_data_func ("/http/life/no-descriptor-for-a-connection", GUINT_TO_POINTER (2), test_few_descriptors);
  g_test_add_func ("/http/fork/child-works-and-parent-keeps-its-connection", test_fork);
  g_test_add_func ("/http/fork/unref-in-the-child-touches-nothing", test_fork_unused);
  g_test_add_func ("/http/fork/child-keeps-no-connection-open", test_fork_closes);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Worker pools are bounded, start on demand, leave no thread behind, and work in forked children. */

#include "config.h"

#include "base/base-fork.h"
#include "base/base-pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANG (20 * G_USEC_PER_SEC)

static GMutex lock;
static GCond cond;
static guint running, most, done;
static gboolean hold;
static guint own_threads; /* the process's, without any of ours */

static void
reset (void)
{
  g_mutex_lock (&lock);
  running = most = done = 0;
  hold = FALSE;
  g_mutex_unlock (&lock);
}

static void
wait_for (const guint *value, guint wanted)
{
  gint64 deadline = g_get_monotonic_time () + HANG;

  g_mutex_lock (&lock);
  while (*value < wanted)
    g_assert_true (g_cond_wait_until (&cond, &lock, deadline));
  g_mutex_unlock (&lock);
}

static void
set_hold (gboolean value)
{
  g_mutex_lock (&lock);
  hold = value;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

static void
job (gpointer data)
{
  g_assert_true (s3d_thread_is_ours ());
  g_mutex_lock (&lock);
  running++;
  most = MAX (most, running);
  g_cond_broadcast (&cond);
  while (hold)
    g_cond_wait (&cond, &lock);
  running--;
  done++;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* The kernel tells of a thread's end in its own time; only the bound is ours. */
static gboolean
threads_are_gone (void)
{
  gint64 deadline = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  while (count_threads () > own_threads)
    {
      if (g_get_monotonic_time () > deadline)
        return FALSE;
      g_usleep (1000);
    }

  return TRUE;
}

static void
test_jobs_run_bounded (gconstpointer data)
{
  S3dPoolKind kind = GPOINTER_TO_UINT (data);
  guint cores = g_get_num_processors ();
  guint bound = kind == S3D_POOL_CONTROL ? 1 : CLAMP (2 * cores, kind == S3D_POOL_RANGE ? 16 : 8, 64);
  S3dPool *pool = s3d_pool_get (kind);

  reset ();
  g_assert_cmpuint (count_threads (), ==, own_threads);
  set_hold (TRUE);
  for (guint i = 0; i < 100; i++)
    s3d_pool_push (pool, job, NULL);
  wait_for (&running, bound);
  set_hold (FALSE);
  wait_for (&done, 100);
  g_assert_cmpuint (most, ==, bound);

  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
test_threads_start_on_demand (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_RANGE);

  reset ();
  set_hold (TRUE);
  for (guint i = 1; i <= 5; i++)
    {
      s3d_pool_push (pool, job, NULL);
      wait_for (&running, i);
      g_assert_cmpuint (count_threads (), ==, own_threads + i);
    }
  set_hold (FALSE);
  wait_for (&done, 5);
  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
test_one_pool_a_kind (void)
{
  S3dPool *range = s3d_pool_get (S3D_POOL_RANGE);
  S3dPool *again = s3d_pool_get (S3D_POOL_RANGE);
  S3dPool *control = s3d_pool_get (S3D_POOL_CONTROL);

  g_assert_true (range == again);
  g_assert_true (range != control);
  s3d_pool_unref (range);
  s3d_pool_unref (again);
  s3d_pool_unref (control);
}

static void
append (gpointer data)
{
  GString *text = data;

  g_mutex_lock (&lock);
  g_string_append_printf (text, "%u ", done);
  done++;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

/* Those of the loops are not ours: g_test may have none, the sanitizers have some. */
static void
assert_workers_block_signals (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint seen = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", name);
      g_autofree char *status = NULL;
      const char *blocked;
      guint64 mask;

      if (!g_file_get_contents (path, &status, NULL, NULL) || !g_str_has_prefix (status, "Name:\ts3d-"))
        continue;
      blocked = strstr (status, "SigBlk:\t");
      g_assert_nonnull (blocked);
      mask = g_ascii_strtoull (blocked + strlen ("SigBlk:\t"), NULL, 16);
      for (int signum = 1; signum < 32; signum++)
        {
          if (signum != SIGKILL && signum != SIGSTOP)
            g_assert_cmpuint (mask >> (signum - 1) & 1, ==, 1);
        }
      seen++;
    }
  g_assert_cmpuint (seen, >, 0);
}

static void
test_signals_are_blocked (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_RANGE);
  sigset_t mask;

  reset ();
  set_hold (TRUE);
  for (guint i = 0; i < 10; i++)
    s3d_pool_push (pool, job, NULL);
  wait_for (&running, 10);
  assert_workers_block_signals ();
  set_hold (FALSE);
  wait_for (&done, 10);
  assert_workers_block_signals ();

  g_assert_cmpint (pthread_sigmask (SIG_SETMASK, NULL, &mask), ==, 0);
  g_assert_false (sigismember (&mask, SIGTERM));
  g_assert_false (s3d_thread_is_ours ());
  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
break_pipe (gpointer data)
{
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  close (fds[0]);
  g_assert_cmpint (write (fds[1], "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  close (fds[1]);
  job (NULL);
}

static void
test_broken_pipe_does_not_end_the_process (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_RANGE);

  reset ();
  signal (SIGPIPE, SIG_DFL);
  s3d_pool_push (pool, break_pipe, NULL);
  wait_for (&done, 1);
  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
test_control_keeps_the_order (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_CONTROL);
  g_autoptr (GString) text = g_string_new (NULL);

  reset ();
  for (guint i = 0; i < 5; i++)
    s3d_pool_push (pool, append, text);
  wait_for (&done, 5);
  g_assert_cmpstr (text->str, ==, "0 1 2 3 4 ");
  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
test_queued_jobs_outlive_the_last_reference (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_CONTROL);

  reset ();
  set_hold (TRUE);
  for (guint i = 0; i < 20; i++)
    s3d_pool_push (pool, job, NULL);
  s3d_pool_unref (pool);
  set_hold (FALSE);
  wait_for (&done, 20);
  g_assert_true (threads_are_gone ());
}

static void
unref_job (gpointer data)
{
  s3d_pool_unref (data);
  job (NULL);
}

static void
test_last_reference_dropped_by_a_worker (gconstpointer data)
{

  reset ();
  for (guint i = 1; i <= 20; i++)
    {
      S3dPool *pool = s3d_pool_get (GPOINTER_TO_UINT (data));

      s3d_pool_push (pool, unref_job, pool);
      wait_for (&done, i);
    }
  g_assert_true (threads_are_gone ());
}

static gpointer
churn (gpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      S3dPool *pool = s3d_pool_get (i % 3);

      s3d_pool_push (pool, job, NULL);
      s3d_pool_unref (pool);
    }

  return NULL;
}

static void
test_pools_come_and_go_from_many_threads (void)
{
  GThread *threads[4];

  reset ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("churn", churn, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  wait_for (&done, 800);
  g_assert_true (threads_are_gone ());
}

#ifndef __SANITIZE_THREAD__

static void
nothing (gpointer data, gpointer user_data)
{
}

/* In the child: everything works, with pools from before the fork and new ones, and nothing stays behind. */
static int
child (S3dPool *inherited)
{
  S3dPool *pool;

  alarm (20);
  own_threads = count_threads ();
  for (guint round = 0; round < 3; round++)
    {
      pool = s3d_pool_get (S3D_POOL_RANGE);
      reset ();
      set_hold (TRUE);
      for (guint i = 0; i < 6; i++)
        s3d_pool_push (i % 2 == 0 && inherited != NULL ? inherited : pool, job, NULL);
      wait_for (&running, 6);
      set_hold (FALSE);
      wait_for (&done, 6);
      s3d_pool_unref (pool);
    }
  if (inherited != NULL)
    s3d_pool_unref (inherited);

  return threads_are_gone () ? 0 : 1;
}

/* What the kernel tells of the other threads that changes when they run. */
static char *
describe_others (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  g_autofree char *self = g_strdup_printf ("%d", (int) getpid ());
  GString *text = g_string_new (NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", name);
      g_autofree char *status = NULL;

      if (g_str_equal (name, self) || !g_file_get_contents (path, &status, NULL, NULL))
        continue;
      g_string_append_printf (text, "%s %.18s %s\n", name, strstr (status, "State:"),
                              strstr (status, "voluntary_ctxt"));
    }

  return g_string_free (text, FALSE);
}

/* Forks when the parent is idle: a thread that is still on its way may hold a lock inside GLib, which the child would
 * wait for. The others are idle when they have not run between two looks. */
static pid_t
fork_idle (void)
{
  gint64 deadline = g_get_monotonic_time () + HANG;
  g_autofree char *before = describe_others ();

  for (;;)
    {
      g_autofree char *after = NULL;

      g_usleep (5000);
      after = describe_others ();
      if (g_str_equal (before, after) && strstr (after, "R (running)") == NULL)
        return fork ();
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_free (before);
      before = g_steal_pointer (&after);
    }
}

/* As another program: what only the parent's threads knew of is no leak of the child's, as valgrind would have it. */
G_NORETURN static void
leave_child (const char *program)
{
  execlp (program, program, NULL);
  _exit (1);
}

static void
fork_and_check (S3dPool *inherited)
{
  pid_t pid = fork_idle ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    leave_child (child (inherited) == 0 ? "true" : "false");
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
test_child_of_idle_parent_works (void)
{
  S3dPool *pool = s3d_pool_get (S3D_POOL_RANGE);

  reset ();
  set_hold (TRUE);
  for (guint i = 0; i < 4; i++)
    s3d_pool_push (pool, job, NULL);
  wait_for (&running, 4);
  set_hold (FALSE);
  wait_for (&done, 4);

  fork_and_check (pool);

  s3d_pool_push (pool, job, NULL);
  wait_for (&done, 5);
  s3d_pool_unref (pool);
  g_assert_true (threads_are_gone ());
}

static void
make_glib_threads_idle (void)
{
  GThreadPool *theirs = g_thread_pool_new (nothing, NULL, 4, TRUE, NULL);

  g_thread_pool_set_max_unused_threads (8);
  for (guint i = 0; i < 4; i++)
    g_thread_pool_push (theirs, &lock, NULL);
  g_thread_pool_free (theirs, FALSE, TRUE);
  while (g_thread_pool_get_num_unused_threads () < 4)
    g_usleep (1000);
}

/* GLib counts idle threads of its own that the child does not have. */
static void
test_child_of_parent_with_idle_glib_threads_works (void)
{
  S3dPool *pool;

  make_glib_threads_idle ();
  fork_and_check (NULL);
  pool = s3d_pool_get (S3D_POOL_RANGE);
  fork_and_check (pool);
  s3d_pool_unref (pool);
  g_thread_pool_stop_unused_threads ();
  g_assert_true (threads_are_gone ());
}

/* The same where the library is used for the first time in the child. */
static void
test_first_use_in_a_child (void)
{
  int status;
  pid_t pid;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, HANG, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      /* Where there are no pidfds, GLib keeps a thread that waits for processes. */
      own_threads = count_threads ();
      return;
    }

  make_glib_threads_idle ();
  pid = fork_idle ();
  if (pid == 0)
    _exit (child (NULL));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

#endif

static gpointer
end_at_once (gpointer data)
{
  return g_strdup_printf ("/proc/self/task/%d", (int) gettid ());
}

int
main (int argc, char **argv)
{
  g_autofree char *first = NULL;

  g_test_init (&argc, &argv, NULL);
  /* ThreadSanitizer starts a thread of its own with the first of the program, which is counted only without it. */
  first = g_thread_join (g_thread_new ("first", end_at_once, NULL));
  while (g_file_test (first, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  own_threads = count_threads ();
  g_test_add_data_func ("/base/pool/range/runs-bounded", GUINT_TO_POINTER (S3D_POOL_RANGE), test_jobs_run_bounded);
  g_test_add_data_func ("/base/pool/download/runs-bounded", GUINT_TO_POINTER (S3D_POOL_DOWNLOAD),
                        test_jobs_run_bounded);
  g_test_add_data_func ("/base/pool/control/runs-bounded", GUINT_TO_POINTER (S3D_POOL_CONTROL), test_jobs_run_bounded);
  g_test_add_func ("/base/pool/control/keeps-the-order", test_control_keeps_the_order);
  g_test_add_func ("/base/pool/threads-start-on-demand", test_threads_start_on_demand);
  g_test_add_func ("/base/pool/one-pool-a-kind", test_one_pool_a_kind);
  g_test_add_func ("/base/pool/signals-are-blocked", test_signals_are_blocked);
  g_test_add_func ("/base/pool/broken-pipe-does-not-end-the-process", test_broken_pipe_does_not_end_the_process);
  g_test_add_func ("/base/pool/queued-jobs-outlive-the-last-reference", test_queued_jobs_outlive_the_last_reference);
  g_test_add_data_func ("/base/pool/range/last-reference-dropped-by-a-worker", GUINT_TO_POINTER (S3D_POOL_RANGE),
                        test_last_reference_dropped_by_a_worker);
  g_test_add_data_func ("/base/pool/control/last-reference-dropped-by-a-worker", GUINT_TO_POINTER (S3D_POOL_CONTROL),
                        test_last_reference_dropped_by_a_worker);
  g_test_add_func ("/base/pool/come-and-go-from-many-threads", test_pools_come_and_go_from_many_threads);
#ifndef __SANITIZE_THREAD__
  /* ThreadSanitizer dies in the child when a thread of it gets the address of one of the parent's. */
  g_test_add_func ("/base/pool/fork/first-use-in-a-child", test_first_use_in_a_child);
  g_test_add_func ("/base/pool/fork/child-of-idle-parent-works", test_child_of_idle_parent_works);
  g_test_add_func ("/base/pool/fork/child-of-parent-with-idle-glib-threads-works",
                   test_child_of_parent_with_idle_glib_threads_works);
#endif

  return g_test_run ();
}

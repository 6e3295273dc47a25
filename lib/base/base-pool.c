/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Worker pools. The threads come from exclusive GThreadPools, one a pool; each of them runs work(), which serves the
 * pool's own queue until the pool ends. That way a thread is started only when a job would wait, knows when it begins
 * and ends to be ours (its signal mask is set once, not once a job), and nobody ever has to join: the last worker to
 * leave cleans up, even when it was one of the pool's jobs that dropped the last reference. Jobs that are queued by
 * then still run.
 *
 * GLib keeps threads that leave a pool for 15 seconds, to use them again. So that a process that has dropped its
 * clients soon has only its own threads, the last worker leaves a short-lived thread behind that sends them off.
 *
 * Forked children: threads do not survive a fork, so what belongs to an older generation (the lock, the workers) is
 * leaked, and made anew at the next push. References to pools stay valid. GLib itself believes its idle threads to be
 * still there, and would hand them our work; see bury_phantoms().
 *
 * Any thread. A pool belongs to its references; jobs should hold one, or belong to somebody who does. */

#include "config.h"

#include "base/base-pool.h"

#include "base/base-fork.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define REAP_TRIES 200

typedef struct
{
  GList link; /* in Workers.jobs */
  S3dPoolFunc func;
  gpointer data;
} Job;

/* The threads of one pool, from its first job to its last reference. */
typedef struct _Workers Workers;
struct _Workers
{
  guint generation;
  const char *name;
  GThreadPool *threads;
  sigset_t mask; /* what the threads have when they leave: that of who started them */

  GMutex lock;
  GCond cond;
  GQueue jobs; /* of Job */
  guint max_threads;
  guint n_threads; /* ever started; of them: */
  guint n_entered;
  guint n_idle;
  guint n_gone;
  gboolean ended;

  Workers *inherited; /* leaked by a fork, yet reachable */
};

struct _S3dPool
{
  S3dPoolKind kind;
  guint refs;                  /* under the table's lock */
  _Atomic (Workers *) workers; /* written under it */
};

/* One a process, so never freed: threads point to it until they are gone. */
typedef struct _Table Table;
struct _Table
{
  guint generation;
  GMutex lock;
  S3dPool *pools[S3D_POOL_CONTROL + 1];
  atomic_uint n_left; /* threads that have left a pool of ours, and are not gone yet */
  gboolean buried;
  Table *parent;
};

static _Atomic (Table *) current_table;
static Workers *inherited_workers;

static _Thread_local gboolean ours;

static void thread_gone (gpointer data);
static GPrivate left = G_PRIVATE_INIT (thread_gone);

static Table *
table_get (void)
{
  guint generation = s3d_fork_generation ();
  Table *table = atomic_load (&current_table);

  while (table == NULL || table->generation != generation)
    {
      Table *fresh = g_new0 (Table, 1);

      fresh->generation = generation;
      fresh->parent = table;
      g_mutex_init (&fresh->lock);
      if (table != NULL)
        memcpy (fresh->pools, table->pools, sizeof fresh->pools);
      if (atomic_compare_exchange_strong (&current_table, &table, fresh))
        return fresh;
      g_free (fresh);
    }

  return table;
}

/* --- threads --- */

static void
block_signals (sigset_t *old)
{
  sigset_t all;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, old);
}

void
s3d_thread_enter (const char *name)
{
  char text[16]; /* what the kernel takes */

  block_signals (NULL);
  g_strlcpy (text, name, sizeof text);
  (void) pthread_setname_np (pthread_self (), text);
  ours = TRUE;
}

gboolean
s3d_thread_is_ours (void)
{
  return ours;
}

static void
thread_gone (gpointer data)
{
  Table *table = data;

  atomic_fetch_sub (&table->n_left, 1);
}

/* The thread may have served us before, or others that use GLib's pools. */
static void
worker_enter (Workers *workers)
{
  Table *table = g_private_get (&left);

  s3d_thread_enter (workers->name);
  if (table == NULL)
    return;

  g_private_set (&left, NULL);
  atomic_fetch_sub (&table->n_left, 1);
}

/* Sends threads off as they arrive among GLib's idle ones. A bounded effort: one that works for somebody else by then
 * is theirs. */
static gpointer
reap (gpointer data)
{
  Table *table = data;

  s3d_thread_enter ("s3d-reap");
  for (guint i = 0; i < REAP_TRIES && atomic_load (&table->n_left) > 0; i++)
    {
      g_mutex_lock (&table->lock);
      g_thread_pool_stop_unused_threads ();
      g_mutex_unlock (&table->lock);
      g_usleep (MIN (100u << MIN (i, 7), 10000));
    }

  return NULL;
}

static void
start_reaping (Table *table)
{
  GThread *thread = g_thread_try_new ("s3d-reap", reap, table, NULL);

  if (thread != NULL)
    g_thread_unref (thread);
}

/* A pipe or socket whose other end is gone left one to whoever wrote; it must not end the process when signals are let
 * in again. */
static void
drop_sigpipe (void)
{
  const struct timespec now = { 0, 0 };
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  while (sigtimedwait (&set, NULL, &now) > 0)
    continue;
}

/* Under the workers' lock, so that whoever is the last to leave starts to reap when all are counted. */
static void
worker_count_left (Table *table)
{
  atomic_fetch_add (&table->n_left, 1);
  g_private_set (&left, table);
}

/* --- workers --- */

static void
workers_free (Workers *workers)
{
  g_mutex_clear (&workers->lock);
  g_cond_clear (&workers->cond);
  g_free (workers);
}

/* Under the lock. NULL: the pool has ended, and nothing is left to do. */
static Job *
next_job (Workers *workers)
{
  GList *link;

  while (g_queue_is_empty (&workers->jobs) && !workers->ended)
    {
      workers->n_idle++;
      g_cond_wait (&workers->cond, &workers->lock);
      workers->n_idle--;
    }

  link = g_queue_pop_head_link (&workers->jobs);
  return link != NULL ? link->data : NULL;
}

/* Runs once in each thread of the pool. None leaves before all have come: GLib would give the call of one that is late
 * to it, and the late one would go to GLib's idle threads without our knowing. */
static void
work (gpointer data, gpointer user_data)
{
  Workers *workers = data;
  Table *table = table_get ();
  sigset_t mask;
  gboolean last;
  Job *job;

  g_mutex_lock (&workers->lock);
  worker_enter (workers);
  workers->n_entered++;
  g_cond_broadcast (&workers->cond);

  while ((job = next_job (workers)) != NULL)
    {
      g_mutex_unlock (&workers->lock);
      job->func (job->data);
      g_free (job);
      g_mutex_lock (&workers->lock);
    }

  while (workers->n_entered < workers->n_threads)
    g_cond_wait (&workers->cond, &workers->lock);
  worker_count_left (table);
  workers->n_gone++;
  last = workers->n_gone == workers->n_threads;
  mask = workers->mask;
  g_mutex_unlock (&workers->lock);

  if (last)
    {
      workers_free (workers);
      start_reaping (table);
    }
  ours = FALSE;
  drop_sigpipe ();
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
}

/* Under the lock. When there can be no further thread, those that are there do the work. */
static void
workers_grow (Workers *workers)
{
  sigset_t mask;

  block_signals (&mask);
  if (workers->n_threads == 0
      || g_thread_pool_set_max_threads (workers->threads, (int) workers->n_threads + 1, NULL))
    {
      workers->n_threads++;
      g_thread_pool_push (workers->threads, workers, NULL);
    }
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
}

static void
workers_push (Workers *workers, S3dPoolFunc func, gpointer data)
{
  Job *job = g_new0 (Job, 1);

  job->link.data = job;
  job->func = func;
  job->data = data;

  g_mutex_lock (&workers->lock);
  g_queue_push_tail_link (&workers->jobs, &job->link);
  if (workers->n_idle > 0)
    g_cond_signal (&workers->cond);
  if (workers->jobs.length > workers->n_idle && workers->n_threads < workers->max_threads)
    workers_grow (workers);
  g_mutex_unlock (&workers->lock);
}

/* Queued jobs still run. The last worker frees it. */
static void
workers_end (Workers *workers)
{
  g_mutex_lock (&workers->lock);
  workers->ended = TRUE;
  g_cond_broadcast (&workers->cond);
  g_thread_pool_free (workers->threads, FALSE, FALSE);
  g_mutex_unlock (&workers->lock);
}

/* Range jobs wait for disks and for the caller's functions: an O_DIRECT read has 16 ranges in flight, and a disk works
 * best when it sees them all, so there are that many at least, whatever the cores; what is read from the page cache is
 * a copy, for which two a core are more than enough. Download jobs compute half of the time. Threads are started only
 * for jobs that would wait. */
static guint
max_threads (S3dPoolKind kind)
{
  guint cores = g_get_num_processors ();

  switch (kind)
    {
    case S3D_POOL_RANGE:
      return CLAMP (2 * cores, 16, 64);
    case S3D_POOL_DOWNLOAD:
      return CLAMP (2 * cores, 8, 64);
    case S3D_POOL_CONTROL:
    default:
      return 1;
    }
}

static const char *
thread_name (S3dPoolKind kind)
{
  switch (kind)
    {
    case S3D_POOL_RANGE:
      return "s3d-range";
    case S3D_POOL_DOWNLOAD:
      return "s3d-download";
    case S3D_POOL_CONTROL:
    default:
      return "s3d-control";
    }
}

static guint
count_tasks (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* After a fork GLib still counts the parent's idle pool threads as waiting in its queue, and gives the next pool's work
 * to them: it would wait for ever. In such a child its cache of idle threads is turned off. That puts one order to end
 * for each of these phantoms into the queue, which makes up for them, and stays there, because real threads no longer
 * come to the queue but end by themselves. Phantoms are known by there being more of them than threads in all, the
 * calling one aside: the library may be younger than the fork, so its generation cannot tell. GLib never stops
 * counting them, so this is done once. Under the table's lock. */
static void
bury_phantoms (Table *table)
{
  guint phantoms = g_thread_pool_get_num_unused_threads ();
  guint tasks = phantoms > 0 && !table->buried ? count_tasks () : 0;

  table->buried = TRUE;
  if (tasks > 0 && phantoms > tasks - 1)
    g_thread_pool_set_max_unused_threads (0);
}

/* Under the table's lock. The GThreadPool starts its first thread at once, so with signals blocked. Without any
 * thread a pool cannot keep its promise: that ends the process, as it does in g_thread_new(). */
static Workers *
workers_new (S3dPoolKind kind, Table *table)
{
  Workers *workers = g_new0 (Workers, 1);
  g_autoptr (GError) error = NULL;

  workers->generation = table->generation;
  workers->name = thread_name (kind);
  workers->max_threads = max_threads (kind);
  g_mutex_init (&workers->lock);
  g_cond_init (&workers->cond);
  g_queue_init (&workers->jobs);

  bury_phantoms (table);
  block_signals (&workers->mask);
  workers->threads = g_thread_pool_new (work, NULL, 1, TRUE, &error);
  pthread_sigmask (SIG_SETMASK, &workers->mask, NULL);
  if (error != NULL)
    g_error ("cannot start a worker thread: %s", error->message);

  return workers;
}

/* Those of the parent, in a forked child. Under the table's lock. */
static void
leak (Workers *workers)
{
  workers->inherited = inherited_workers;
  inherited_workers = workers;
}

/* --- pools --- */

S3dPool *
s3d_pool_get (S3dPoolKind kind)
{
  Table *table = table_get ();
  S3dPool *pool;

  g_mutex_lock (&table->lock);
  pool = table->pools[kind];
  if (pool == NULL)
    {
      pool = g_new0 (S3dPool, 1);
      pool->kind = kind;
      table->pools[kind] = pool;
    }
  pool->refs++;
  g_mutex_unlock (&table->lock);

  return pool;
}

void
s3d_pool_unref (S3dPool *pool)
{
  Table *table = table_get ();
  Workers *workers;

  g_mutex_lock (&table->lock);
  pool->refs--;
  if (pool->refs > 0)
    {
      g_mutex_unlock (&table->lock);
      return;
    }
  table->pools[pool->kind] = NULL;
  workers = atomic_load (&pool->workers);
  if (workers != NULL && workers->generation != table->generation)
    {
      leak (workers);
      workers = NULL;
    }
  g_mutex_unlock (&table->lock);

  g_free (pool);
  if (workers != NULL)
    workers_end (workers);
}

static Workers *
pool_start (S3dPool *pool, Table *table)
{
  Workers *workers;

  g_mutex_lock (&table->lock);
  workers = atomic_load (&pool->workers);
  if (workers == NULL || workers->generation != table->generation)
    {
      Workers *fresh = workers_new (pool->kind, table);

      if (workers != NULL)
        leak (workers);
      workers = fresh;
      atomic_store (&pool->workers, workers);
    }
  g_mutex_unlock (&table->lock);

  return workers;
}

void
s3d_pool_push (S3dPool *pool, S3dPoolFunc func, gpointer data)
{
  Workers *workers = atomic_load (&pool->workers);
  Table *table = table_get ();

  if (workers == NULL || workers->generation != table->generation)
    workers = pool_start (pool, table);

  workers_push (workers, func, data);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells ThreadSanitizer what GLib orders.
 *
 * GLib's locks, queues and reference counts are atomics inside a library that is not instrumented:
 * the sanitizer does not see that they order anything and would report each datum that they guard.
 * This is preloaded before instrumented programs, puts itself before those functions and says so:
 * what a thread did before a release is seen by who acquires the same address later.  It is not
 * instrumented itself and does nothing in a program without the sanitizer. */

#include "config.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <poll.h>

/* Ours are functions also where GLib has macros of that name. */
#undef g_once_init_enter
#undef g_once_init_leave

void __tsan_acquire (void *address) __attribute__ ((weak));
void __tsan_release (void *address) __attribute__ ((weak));

/* One address for all pools, and one for all main contexts: GLib does not tell which is meant. */
static char pools;
static char contexts;

static void
acquire (const volatile void *address)
{
  if (__tsan_acquire != NULL)
    __tsan_acquire ((void *) address);
}

static void
release (const volatile void *address)
{
  if (__tsan_release != NULL)
    __tsan_release ((void *) address);
}

/* A function TYPE NAME PARAMETERS that calls the one that it hides, with BEFORE and AFTER it. */
#define ORDERED(type, name, parameters, arguments, before, after)                                  \
  type name parameters                                                                             \
  {                                                                                                \
    static type (*next) parameters;                                                                \
    type result;                                                                                   \
    if (next == NULL)                                                                              \
      next = dlsym (RTLD_NEXT, #name);                                                             \
    before;                                                                                        \
    result = next arguments;                                                                       \
    after;                                                                                         \
    return result;                                                                                 \
  }

#define ORDERED_VOID(name, parameters, arguments, before, after)                                   \
  void name parameters                                                                             \
  {                                                                                                \
    static void (*next) parameters;                                                                \
    if (next == NULL)                                                                              \
      next = dlsym (RTLD_NEXT, #name);                                                             \
    before;                                                                                        \
    next arguments;                                                                                \
    after;                                                                                         \
  }

#define NOTHING ((void) 0)

/* ---- locks ---- */

ORDERED_VOID (g_mutex_lock, (GMutex * mutex), (mutex), NOTHING, acquire (mutex))
ORDERED_VOID (g_mutex_unlock, (GMutex * mutex), (mutex), release (mutex), NOTHING)
ORDERED (gboolean, g_mutex_trylock, (GMutex * mutex), (mutex), NOTHING, acquire (mutex))
ORDERED_VOID (g_rec_mutex_lock, (GRecMutex * mutex), (mutex), NOTHING, acquire (mutex))
ORDERED_VOID (g_rec_mutex_unlock, (GRecMutex * mutex), (mutex), release (mutex), NOTHING)
ORDERED_VOID (g_rw_lock_reader_lock, (GRWLock * lock), (lock), NOTHING, acquire (lock))
ORDERED_VOID (g_rw_lock_reader_unlock, (GRWLock * lock), (lock), release (lock), NOTHING)
ORDERED_VOID (g_rw_lock_writer_lock, (GRWLock * lock), (lock), NOTHING, acquire (lock))
ORDERED_VOID (g_rw_lock_writer_unlock, (GRWLock * lock), (lock), release (lock), NOTHING)
ORDERED_VOID (g_cond_wait, (GCond * cond, GMutex *mutex), (cond, mutex), release (mutex),
              acquire (mutex))
ORDERED (gboolean, g_cond_wait_until, (GCond * cond, GMutex *mutex, gint64 end),
         (cond, mutex, end), release (mutex), acquire (mutex))

/* ---- once: the macros look at the address first, with an atomic load, which acquires ---- */

ORDERED (gboolean, g_once_init_enter, (volatile void *location), (location), NOTHING,
         acquire (location))
ORDERED_VOID (g_once_init_leave, (volatile void *location, gsize value), (location, value),
              release (location), NOTHING)

/* ---- references: whoever drops the last one has seen what the others did ---- */

#define REFERENCE(address) (release (address), acquire (address))

ORDERED_VOID (g_object_unref, (gpointer object), (object), REFERENCE (object), NOTHING)
ORDERED_VOID (g_bytes_unref, (GBytes * bytes), (bytes), REFERENCE (bytes), NOTHING)
ORDERED_VOID (g_ptr_array_unref, (GPtrArray * array), (array), REFERENCE (array), NOTHING)
ORDERED_VOID (g_hash_table_unref, (GHashTable * table), (table), REFERENCE (table), NOTHING)
ORDERED_VOID (g_source_unref, (GSource * source), (source), REFERENCE (source), NOTHING)
ORDERED_VOID (g_main_context_unref, (GMainContext * context), (context), REFERENCE (context),
              NOTHING)
ORDERED_VOID (g_atomic_rc_box_release, (gpointer box), (box), REFERENCE (box), NOTHING)
ORDERED_VOID (g_atomic_rc_box_release_full, (gpointer box, GDestroyNotify clear), (box, clear),
              REFERENCE (box), NOTHING)
ORDERED (gboolean, g_atomic_ref_count_dec, (gatomicrefcount * count), (count), REFERENCE (count),
         acquire (count))

/* ---- queues and pools ---- */

ORDERED_VOID (g_async_queue_push, (GAsyncQueue * queue, gpointer data), (queue, data),
              release (queue), NOTHING)
ORDERED (gpointer, g_async_queue_pop, (GAsyncQueue * queue), (queue), NOTHING, acquire (queue))
ORDERED (gpointer, g_async_queue_try_pop, (GAsyncQueue * queue), (queue), NOTHING,
         acquire (queue))
ORDERED (gpointer, g_async_queue_timeout_pop, (GAsyncQueue * queue, guint64 timeout),
         (queue, timeout), NOTHING, acquire (queue))

typedef struct
{
  GFunc func;
  gpointer user_data;
} Work;

static void
work (gpointer data, gpointer user_data)
{
  const Work *self = user_data;

  acquire (&pools);
  self->func (data, self->user_data);
  release (&pools);
}

/* The Work lives as long as the process: a pool does not tell when its last thread has left it. */
GThreadPool *
g_thread_pool_new (GFunc func, gpointer user_data, gint max_threads, gboolean exclusive, GError **error)
{
  GThreadPool *(*next) (GFunc, gpointer, gint, gboolean, GError **);
  Work *self = g_new (Work, 1);

  self->func = func;
  self->user_data = user_data;
  next = dlsym (RTLD_NEXT, "g_thread_pool_new");

  return next (work, self, max_threads, exclusive, error);
}

ORDERED (gboolean, g_thread_pool_push, (GThreadPool * pool, gpointer data, GError **error),
         (pool, data, error), release (&pools), NOTHING)
ORDERED_VOID (g_thread_pool_free, (GThreadPool * pool, gboolean immediate, gboolean wait),
              (pool, immediate, wait), release (&pools), acquire (&pools))

/* ---- main contexts: a loop polls before it dispatches ---- */

ORDERED (int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout), NOTHING,
         acquire (&contexts))
ORDERED (guint, g_source_attach, (GSource * source, GMainContext *context), (source, context),
         release (&contexts), NOTHING)
ORDERED_VOID (g_source_set_ready_time, (GSource * source, gint64 time), (source, time),
              release (&contexts), NOTHING)
ORDERED (guint, g_idle_add, (GSourceFunc func, gpointer data), (func, data), release (&contexts),
         NOTHING)
ORDERED_VOID (g_main_context_invoke, (GMainContext * context, GSourceFunc func, gpointer data),
              (context, func, data), release (&contexts), NOTHING)
ORDERED_VOID (g_main_context_wakeup, (GMainContext * context), (context), release (&contexts),
              NOTHING)
ORDERED_VOID (g_main_loop_quit, (GMainLoop * loop), (loop), release (&contexts), NOTHING)
ORDERED_VOID (g_task_return_pointer, (GTask * task, gpointer result, GDestroyNotify destroy),
              (task, result, destroy), release (&contexts), NOTHING)
ORDERED_VOID (g_task_return_boolean, (GTask * task, gboolean result), (task, result),
              release (&contexts), NOTHING)
ORDERED_VOID (g_task_return_int, (GTask * task, gssize result), (task, result),
              release (&contexts), NOTHING)
ORDERED_VOID (g_task_return_error, (GTask * task, GError *error), (task, error),
              release (&contexts), NOTHING)

/* ---- cancellation: what was done before it, or before the handler was connected, is seen ---- */

ORDERED_VOID (g_cancellable_cancel, (GCancellable * cancellable), (cancellable),
              REFERENCE (cancellable), NOTHING)
ORDERED (gulong, g_cancellable_connect,
         (GCancellable * cancellable, GCallback callback, gpointer data, GDestroyNotify notify),
         (cancellable, callback, data, notify), REFERENCE (cancellable), acquire (cancellable))
ORDERED (gboolean, g_cancellable_is_cancelled, (GCancellable * cancellable), (cancellable), NOTHING,
         acquire (cancellable))
ORDERED_VOID (g_signal_handler_disconnect, (gpointer instance, gulong id), (instance, id),
              release (instance), acquire (instance))

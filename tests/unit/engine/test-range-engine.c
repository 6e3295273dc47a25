/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The range engine over both of its cores: ops of a store (mem:// behind the fault store) and the public object over a
 * blocking function. What both promise is one suite, run for each; what only the public object promises follows. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-get.h"
#include "s3dlio/s3dlio-range-engine.h"

#include <string.h>

#define CHUNK 40
#define AT_ONCE 4
#define RETRIES 4

typedef enum
{
  FINE,
  SHORT,    /* brings 7 bytes */
  BREAKS,   /* transient */
  DENIED,   /* not transient */
  STALLS    /* until cancelled */
} Fate;

typedef struct _World World;

/* A core: reads an object of world->size bytes. */
typedef struct
{
  const char *name;
  GBytes *(*run) (World *world, GCancellable *cancellable, guint *n_ranges, GError **error);
} Core;

struct _World
{
  const Core *core;
  gsize size;
  Fate (*fate) (World *world, guint nth, gint64 offset);
  gpointer data;

  GMutex lock;
  GCond cond;
  guint started, running, most, stalled;
  guint meet;      /* that many calls wait for each other, once */
  gboolean met;
};

static void
world_init (World *world, const Core *core, gsize size)
{
  memset (world, 0, sizeof *world);
  world->core = core;
  world->size = size;
}

static Fate
fate_of (World *world, gint64 offset)
{
  guint nth;

  g_mutex_lock (&world->lock);
  nth = world->started++;
  g_mutex_unlock (&world->lock);

  return world->fate ? world->fate (world, nth, offset) : FINE;
}

static void
wait_for_stalled (World *world, guint n)
{
  g_mutex_lock (&world->lock);
  while (world->stalled < n)
    g_cond_wait (&world->cond, &world->lock);
  g_mutex_unlock (&world->lock);
}

/* --- the core of ops --- */

static void
script (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  World *world = data;

  if (op->kind != S3D_OP_READ)
    return;

  switch (fate_of (world, op->offset))
    {
    case SHORT:
      fault->cuts = TRUE;
      fault->cut = 7;
      break;
    case BREAKS:
      fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_NETWORK, "broken by the test");
      fault->resumable = TRUE;
      break;
    case DENIED:
      fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_DENIED, "broken by the test");
      break;
    case STALLS:
      fault_store_gate (store, S3D_OP_READ, nth, 0);
      g_mutex_lock (&world->lock);
      world->stalled++;
      g_cond_broadcast (&world->cond);
      g_mutex_unlock (&world->lock);
      break;
    case FINE:
    default:
      break;
    }
}

static GBytes *
run_ops (World *world, GCancellable *cancellable, guint *n_ranges, GError **error)
{
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };
  g_autoptr (Box) box = box_new ("range-split-threshold=40 range-chunk-size=40 max-concurrent-ranges=4 retries=4",
                                 script, world);
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autoptr (S3dSequence) get = s3d_get_new (box->store, box->budget, uri, 0, -1, NULL, &bytes);
  gboolean good;

  box_put (box, "k", world->size);
  if (world->meet > 0)
    fault_store_gate (box->fault, S3D_OP_READ, 1, world->meet);
  good = s3d_call_run (get, cancellable, NULL, NULL, error);
  world->most = fault_store_most (box->fault, S3D_OP_READ);
  if (!good)
    return NULL;

  *n_ranges = s3d_get_get_n_ranges (get);

  return s3d_get_steal_bytes (get);
}

/* --- the core of a function --- */

static void
enter (World *world)
{
  g_mutex_lock (&world->lock);
  world->running++;
  world->most = MAX (world->most, world->running);
  world->met = world->met || world->running >= world->meet;
  if (world->met)
    g_cond_broadcast (&world->cond);
  while (!world->met)
    g_cond_wait (&world->cond, &world->lock);
  g_mutex_unlock (&world->lock);
}

static void
leave (World *world)
{
  g_mutex_lock (&world->lock);
  world->running--;
  g_mutex_unlock (&world->lock);
}

static void
stall (World *world, GCancellable *cancellable)
{
  GPollFD fd;

  g_mutex_lock (&world->lock);
  world->stalled++;
  g_cond_broadcast (&world->cond);
  g_mutex_unlock (&world->lock);

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (cancellable);
}

static gssize
read_pattern (World *world, Fate fate, guint64 offset, gsize length, gpointer destination, GCancellable *cancellable,
              GError **error)
{
  g_autoptr (GBytes) pattern = box_pattern (world->size);

  g_assert_cmpuint (offset + length, <=, world->size);
  if (fate == BREAKS || fate == DENIED)
    {
      g_set_error_literal (error, S3DLIO_ERROR, fate == BREAKS ? S3DLIO_ERROR_NETWORK : S3DLIO_ERROR_DENIED,
                           "broken by the test");
      return -1;
    }
  if (fate == STALLS)
    stall (world, cancellable);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  if (fate == SHORT)
    length = MIN (length, 7);

  memcpy (destination, (const guint8 *) g_bytes_get_data (pattern, NULL) + offset, length);

  return (gssize) length;
}

static gssize
read_function (guint64 offset, gsize length, gpointer destination, GCancellable *cancellable, gpointer data,
               GError **error)
{
  World *world = data;
  gssize n;

  enter (world);
  n = read_pattern (world, fate_of (world, (gint64) offset), offset, length, destination, cancellable, error);
  leave (world);

  return n;
}

static S3dlioRangeEngine *
engine_new (World *world)
{
  S3dlioRangeEngine *engine = s3dlio_range_engine_new (read_function, world, NULL);

  g_object_set (engine, "chunk-size", (guint64) CHUNK, "split-threshold", (guint64) CHUNK, "max-concurrent-ranges",
                AT_ONCE, NULL);

  return engine;
}

static GBytes *
run_function (World *world, GCancellable *cancellable, guint *n_ranges, GError **error)
{
  g_autoptr (S3dlioRangeEngine) engine = engine_new (world);
  g_autoptr (S3dlioRangeResult) result = s3dlio_range_engine_run (engine, world->size, cancellable, error);

  g_assert_cmpuint (world->running, ==, 0); /* every call has returned */
  if (!result)
    return NULL;

  *n_ranges = s3dlio_range_result_get_n_ranges (result);

  return g_bytes_ref (s3dlio_range_result_get_bytes (result));
}

static const Core cores[] = { { "ops", run_ops }, { "function", run_function } };

/* --- what both promise --- */

static void
assert_good (World *world, guint ranges)
{
  g_autoptr (GError) error = NULL;
  guint n_ranges = 0;
  g_autoptr (GBytes) bytes = world->core->run (world, NULL, &n_ranges, &error);
  g_autoptr (GBytes) expected = box_pattern (world->size);

  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (bytes, expected));
  g_assert_cmpuint (n_ranges, ==, ranges);
}

static void
assert_fails (World *world, S3dlioError code)
{
  g_autoptr (GError) error = NULL;
  guint n_ranges;
  g_autoptr (GBytes) bytes = world->core->run (world, NULL, &n_ranges, &error);

  g_assert_error (error, S3DLIO_ERROR, (int) code);
  g_assert_null (bytes);
}

static void
test_every_size (gconstpointer core)
{
  const gsize sizes[] = { 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 7 * CHUNK + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      World world;

      world_init (&world, core, sizes[i]);
      assert_good (&world, (guint) ((sizes[i] + CHUNK - 1) / CHUNK));
    }
}

static void
test_at_once (gconstpointer core)
{
  World world;

  world_init (&world, core, 100 * CHUNK);
  world.meet = AT_ONCE;
  assert_good (&world, 100);
  g_assert_cmpuint (world.most, ==, AT_ONCE);
}

static Fate
third_is (World *world, guint nth, gint64 offset)
{
  return nth == 2 ? (Fate) GPOINTER_TO_INT (world->data) : FINE;
}

static void
test_short (gconstpointer core)
{
  World world;

  world_init (&world, core, 10 * CHUNK);
  world.fate = third_is;
  world.data = GINT_TO_POINTER (SHORT);
  assert_good (&world, 10);
  g_assert_cmpuint (world.started, ==, 11);
}

static void
test_broken_once (gconstpointer core)
{
  World world;

  world_init (&world, core, 10 * CHUNK);
  world.fate = third_is;
  world.data = GINT_TO_POINTER (BREAKS);
  assert_good (&world, 10);
  g_assert_cmpuint (world.started, ==, 11);
}

static Fate
one_place_breaks (World *world, guint nth, gint64 offset)
{
  return offset == 3 * CHUNK ? BREAKS : FINE;
}

static void
test_broken_for_ever (gconstpointer core)
{
  World world;

  g_setenv ("S3DLIO_RETRIES", G_STRINGIFY (RETRIES), TRUE);
  world_init (&world, core, 4 * CHUNK);
  world.fate = one_place_breaks;
  assert_fails (&world, S3DLIO_ERROR_NETWORK);
  g_assert_cmpuint (world.started, ==, 3 + RETRIES);
  g_unsetenv ("S3DLIO_RETRIES");
}

/* The others wait for ever: only the failure can end them. */
static Fate
second_is_denied (World *world, guint nth, gint64 offset)
{
  return offset == 0 ? FINE : offset == CHUNK ? DENIED : STALLS;
}

static void
test_first_failure (gconstpointer core)
{
  World world;

  world_init (&world, core, 100 * CHUNK);
  world.fate = second_is_denied;
  assert_fails (&world, S3DLIO_ERROR_DENIED);
  g_assert_cmpuint (world.started, <=, 1 + AT_ONCE + 1);
}

static Fate
all_but_first_stall (World *world, guint nth, gint64 offset)
{
  return offset == 0 ? FINE : STALLS;
}

typedef struct
{
  World *world;
  GCancellable *cancellable;
} Canceller;

static gpointer
cancel_when_stalled (gpointer data)
{
  Canceller *canceller = data;

  wait_for_stalled (canceller->world, AT_ONCE);
  g_cancellable_cancel (canceller->cancellable);

  return NULL;
}

static void
test_cancel_stalled (gconstpointer core)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  World world;
  Canceller canceller = { &world, cancellable };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GThread *thread;
  guint n_ranges;

  world_init (&world, core, 100 * CHUNK);
  world.fate = all_but_first_stall;
  thread = g_thread_new ("cancel", cancel_when_stalled, &canceller);
  bytes = world.core->run (&world, cancellable, &n_ranges, &error);
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (bytes);
  g_assert_cmpuint (world.started, ==, 1 + AT_ONCE);
}

/* --- the public object --- */

static void
test_empty (void)
{
  World world;

  world_init (&world, &cores[1], 0);
  assert_good (&world, 0);
  g_assert_cmpuint (world.started, ==, 0);
}

static Fate
always_short (World *world, guint nth, gint64 offset)
{
  return SHORT;
}

static void
test_pieces (void)
{
  World world;

  world_init (&world, &cores[1], 10000);
  world.fate = always_short;
  assert_good (&world, 250);
}

static gssize
read_end (guint64 offset, gsize length, gpointer destination, GCancellable *cancellable, gpointer data, GError **error)
{
  memset (destination, 0, length);

  return offset >= 100 ? GPOINTER_TO_INT (data) : (gssize) length;
}

static void
test_wrong_function (void)
{
  const struct
  {
    int returns;
    S3dlioError code;
  } cases[] = { { 0, S3DLIO_ERROR_INTEGRITY }, { 1000, S3DLIO_ERROR_FAILED }, { -1, S3DLIO_ERROR_FAILED } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gpointer data = GINT_TO_POINTER (cases[i].returns);
      g_autoptr (S3dlioRangeEngine) engine = s3dlio_range_engine_new (read_end, data, NULL);
      g_autoptr (S3dlioRangeResult) result = NULL;
      g_autoptr (GError) error = NULL;

      g_object_set (engine, "chunk-size", (guint64) 50, "split-threshold", (guint64) 50, NULL);
      result = s3dlio_range_engine_run (engine, 200, NULL, &error);
      g_assert_error (error, S3DLIO_ERROR, (int) cases[i].code);
      g_assert_null (result);
    }
}

static Fate
first_stalls (World *world, guint nth, gint64 offset)
{
  return nth == 0 ? STALLS : FINE;
}

static Fate
all_stall (World *world, guint nth, gint64 offset)
{
  return STALLS;
}

static void
test_timeout (void)
{
  World world;
  g_autoptr (S3dlioRangeEngine) engine = engine_new (&world);
  g_autoptr (S3dlioRangeResult) result = NULL;
  g_autoptr (S3dlioRangeResult) none = NULL;
  g_autoptr (GError) error = NULL;

  world_init (&world, &cores[1], 100);
  world.fate = first_stalls;
  g_object_set (engine, "range-timeout", 0.05, NULL);
  result = s3dlio_range_engine_run (engine, world.size, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s3dlio_range_result_get_retries (result), >=, 1);
  g_assert_cmpfloat (s3dlio_range_result_get_elapsed (result), >=, 0.05);
  g_assert_cmpfloat (s3dlio_range_result_get_throughput (result), >, 0);

  g_setenv ("S3DLIO_RETRIES", "2", TRUE);
  world.fate = all_stall;
  none = s3dlio_range_engine_run (engine, world.size, NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_TIMED_OUT);
  g_unsetenv ("S3DLIO_RETRIES");
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **out = data;

  *out = g_object_ref (result);
}

/* More runs than there are threads, all stalled: whatever is queued behind the others ends at once too. */
static void
test_cancel_queued (void)
{
  World stalled, queued;
  g_autoptr (S3dlioRangeEngine) first = engine_new (&stalled);
  g_autoptr (S3dlioRangeEngine) second = engine_new (&queued);
  g_autoptr (GCancellable) end_first = g_cancellable_new ();
  g_autoptr (GCancellable) end_second = g_cancellable_new ();
  g_autoptr (S3dlioRangeResult) result = NULL;
  g_autoptr (GAsyncResult) ended = NULL;
  g_autoptr (GError) error = NULL;
  const guint threads = CLAMP (2 * g_get_num_processors (), 16, 64);
  GThread *thread;
  Canceller canceller = { &stalled, end_second };

  world_init (&stalled, &cores[1], 200 * CHUNK);
  stalled.fate = all_stall;
  world_init (&queued, &cores[1], 10 * CHUNK);
  g_object_set (first, "max-concurrent-ranges", 100u, NULL);
  s3dlio_range_engine_run_async (first, stalled.size, end_first, on_run, &ended);
  wait_for_stalled (&stalled, threads);

  thread = g_thread_new ("cancel", cancel_when_stalled, &canceller);
  result = s3dlio_range_engine_run (second, queued.size, end_second, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (queued.started, ==, 0);
  g_thread_join (thread);

  g_cancellable_cancel (end_first);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
}

static void
count_destroy (gpointer data)
{
  ++*(guint *) data;
}

static gssize
read_zeros (guint64 offset, gsize length, gpointer destination, GCancellable *cancellable, gpointer data,
            GError **error)
{
  g_assert_cmpuint (*(guint *) data, ==, 0);
  memset (destination, 0, length);

  return (gssize) length;
}

static void
test_async (void)
{
  guint destroyed = 0;
  S3dlioRangeEngine *engine = s3dlio_range_engine_new (read_zeros, &destroyed, count_destroy);
  g_autoptr (GAsyncResult) ended = NULL;
  g_autoptr (S3dlioRangeResult) result = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_range_engine_run_async (engine, 1000, NULL, on_run, &ended);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  result = s3dlio_range_engine_run_finish (engine, ended, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (s3dlio_range_result_get_bytes (result)), ==, 1000);
  g_assert_cmpuint (s3dlio_range_result_get_n_ranges (result), ==, 1);
  g_assert_cmpuint (s3dlio_range_result_get_retries (result), ==, 0);

  g_clear_object (&ended);
  g_object_unref (engine);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (destroyed, ==, 1);
}

static void
test_properties (void)
{
  guint destroyed = 0;
  g_autoptr (S3dlioRangeEngine) engine = s3dlio_range_engine_new (read_zeros, &destroyed, NULL);
  guint64 chunk_size, split_threshold;
  guint at_once;
  double timeout;

  g_object_get (engine, "chunk-size", &chunk_size, "split-threshold", &split_threshold, "max-concurrent-ranges",
                &at_once, "range-timeout", &timeout, NULL);
  g_assert_cmpuint (chunk_size, ==, 8 << 20);
  g_assert_cmpuint (split_threshold, ==, 8 << 20);
  g_assert_cmpuint (at_once, ==, 32);
  g_assert_cmpfloat (timeout, ==, 30.0);
}

int
main (int argc, char **argv)
{
  const struct
  {
    const char *name;
    GTestDataFunc func;
  } both[] = {
    { "every-size-is-whole-and-in-order", test_every_size },
    { "as-many-at-once-as-configured-and-never-more", test_at_once },
    { "short-range-is-resumed", test_short },
    { "broken-range-is-tried-again", test_broken_once },
    { "broken-for-ever-ends-in-bounded-attempts", test_broken_for_ever },
    { "first-failure-cancels-the-rest", test_first_failure },
    { "cancelled-while-every-range-is-stalled", test_cancel_stalled },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cores); i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (both); j++)
        {
          g_autofree char *path = g_strdup_printf ("/engine/range-over-%s/%s", cores[i].name, both[j].name);

          g_test_add_data_func (path, &cores[i], both[j].func);
        }
    }
  g_test_add_func ("/engine/range-engine/size-0-is-empty-without-a-call", test_empty);
  g_test_add_func ("/engine/range-engine/function-may-bring-pieces", test_pieces);
  g_test_add_func ("/engine/range-engine/function-that-is-wrong-is-an-error", test_wrong_function);
  g_test_add_func ("/engine/range-engine/stalled-call-times-out-and-is-tried-again", test_timeout);
  g_test_add_func ("/engine/range-engine/cancelled-while-queued-behind-others", test_cancel_queued);
  g_test_add_func ("/engine/range-engine/async", test_async);
  g_test_add_func ("/engine/range-engine/defaults", test_properties);

  return g_test_run ();
}

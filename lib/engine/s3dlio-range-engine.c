/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The range engine as a public object: a get over a store of one object, whose reads are the caller's function.
 *
 * Any thread; the properties are read when a run starts. A run holds the engine, and so the function's data, until its
 * last call has returned. */

#include "config.h"

#include "s3dlio/s3dlio-range-engine.h"

#include "base/base-error.h"
#include "engine/engine-call.h"
#include "engine/engine-callback.h"
#include "engine/engine-get.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)
#define CHUNK_SIZE (8 * MIB)
#define SPLIT_THRESHOLD (8 * MIB)
#define CONCURRENT 32
#define TIMEOUT_S 30.0
/* What fits guint milliseconds. */
#define TIMEOUT_MAX_S 4000000.0

struct _S3dlioRangeEngine
{
  GObject parent_instance;
  S3dlioRangeFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  guint64 chunk_size;
  guint64 split_threshold;
  guint max_concurrent_ranges;
  double range_timeout;
};

struct _S3dlioRangeResult
{
  gatomicrefcount refs;
  GBytes *bytes;
  guint n_ranges;
  guint retries;
  gint64 elapsed; /* microseconds */
};

typedef struct
{
  S3dlioRangeEngine *engine;
  S3dStore *store;
  S3dSequence *get;
  gint64 began;
} Run;

enum
{
  PROP_CHUNK_SIZE = 1,
  PROP_SPLIT_THRESHOLD,
  PROP_MAX_CONCURRENT_RANGES,
  PROP_RANGE_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (S3dlioRangeEngine, s3dlio_range_engine, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (S3dlioRangeResult, s3dlio_range_result, s3dlio_range_result_ref, s3dlio_range_result_unref)

static void
s3dlio_range_engine_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  S3dlioRangeEngine *engine = S3DLIO_RANGE_ENGINE (object);

  switch (id)
    {
    case PROP_CHUNK_SIZE:
      g_value_set_uint64 (value, engine->chunk_size);
      break;
    case PROP_SPLIT_THRESHOLD:
      g_value_set_uint64 (value, engine->split_threshold);
      break;
    case PROP_MAX_CONCURRENT_RANGES:
      g_value_set_uint (value, engine->max_concurrent_ranges);
      break;
    case PROP_RANGE_TIMEOUT:
      g_value_set_double (value, engine->range_timeout);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static void
s3dlio_range_engine_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  S3dlioRangeEngine *engine = S3DLIO_RANGE_ENGINE (object);

  switch (id)
    {
    case PROP_CHUNK_SIZE:
      engine->chunk_size = g_value_get_uint64 (value);
      break;
    case PROP_SPLIT_THRESHOLD:
      engine->split_threshold = g_value_get_uint64 (value);
      break;
    case PROP_MAX_CONCURRENT_RANGES:
      engine->max_concurrent_ranges = g_value_get_uint (value);
      break;
    case PROP_RANGE_TIMEOUT:
      engine->range_timeout = g_value_get_double (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static void
s3dlio_range_engine_finalize (GObject *object)
{
  S3dlioRangeEngine *engine = S3DLIO_RANGE_ENGINE (object);

  if (engine->destroy != NULL)
    engine->destroy (engine->user_data);

  G_OBJECT_CLASS (s3dlio_range_engine_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  /**
   * S3dlioRangeEngine:chunk-size:
   *
   * Bytes a range, when the object is read in more than one.
   *
   * Since: 0.9
   */
  props[PROP_CHUNK_SIZE] = g_param_spec_uint64 ("chunk-size", NULL, NULL, 1, G_MAXINT64, CHUNK_SIZE, flags);

  /**
   * S3dlioRangeEngine:split-threshold:
   *
   * An object of up to so many bytes is read as one range.
   *
   * Since: 0.9
   */
  props[PROP_SPLIT_THRESHOLD] =
    g_param_spec_uint64 ("split-threshold", NULL, NULL, 1, G_MAXINT64, SPLIT_THRESHOLD, flags);

  /**
   * S3dlioRangeEngine:max-concurrent-ranges:
   *
   * How many ranges of one run are read at once, at most. All runs of a process share a pool of at least 16 threads.
   *
   * Since: 0.9
   */
  props[PROP_MAX_CONCURRENT_RANGES] =
    g_param_spec_uint ("max-concurrent-ranges", NULL, NULL, 1, 1024, CONCURRENT, flags);

  /**
   * S3dlioRangeEngine:range-timeout:
   *
   * Seconds after which a call of the function that has not returned is cancelled and tried again, a bounded number of
   * times. 0 means no limit.
   *
   * Since: 0.9
   */
  props[PROP_RANGE_TIMEOUT] =
    g_param_spec_double ("range-timeout", NULL, NULL, 0, TIMEOUT_MAX_S, TIMEOUT_S, flags);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
s3dlio_range_engine_class_init (S3dlioRangeEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = s3dlio_range_engine_get_property;
  object_class->set_property = s3dlio_range_engine_set_property;
  object_class->finalize = s3dlio_range_engine_finalize;
  install_properties (object_class);
}

static void
s3dlio_range_engine_init (S3dlioRangeEngine *engine)
{
}

/**
 * s3dlio_range_engine_new: (skip)
 * @func: reads a range
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data with the engine
 *
 * Makes an engine over @func.
 *
 * Returns: (transfer full): a new engine
 *
 * Since: 0.9
 */
S3dlioRangeEngine *
s3dlio_range_engine_new (S3dlioRangeFunc func, gpointer user_data, GDestroyNotify destroy)
{
  S3dlioRangeEngine *engine;

  g_return_val_if_fail (func != NULL, NULL);

  engine = g_object_new (S3DLIO_TYPE_RANGE_ENGINE, NULL);
  engine->func = func;
  engine->user_data = user_data;
  engine->destroy = destroy;

  return engine;
}

/* The size is known, so that the first range need be no longer than the others. */
static void
set_ranges (const Run *run, guint64 size)
{
  const S3dlioRangeEngine *engine = run->engine;
  S3dRangeSettings ranges = {
    .enabled = TRUE,
    .concurrent = engine->max_concurrent_ranges,
    .split_threshold = engine->split_threshold,
    .chunk_size = engine->chunk_size,
  };

  if (size > engine->split_threshold)
    ranges.split_threshold = engine->chunk_size;
  s3d_get_set_ranges (run->get, &ranges);
}

static void
run_free (gpointer data)
{
  Run *run = data;

  s3d_callback_store_stop (run->store);
  s3d_sequence_unref (run->get);
  s3d_store_unref (run->store);
  g_object_unref (run->engine);
  g_free (run);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Run, run_free)

static Run *
run_new (S3dlioRangeEngine *engine, guint64 size, GError **error)
{
  const S3dGetDestination bytes = { .kind = S3D_GET_BYTES };
  g_autoptr (S3dSettings) settings = s3d_settings_new (NULL, error);
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse ("mem://range/function", NULL);
  Run *run;

  if (settings == NULL)
    return NULL;
  if (size > G_MAXSSIZE)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "no memory for %" G_GUINT64_FORMAT " bytes", size);
      return NULL;
    }

  run = g_new0 (Run, 1);
  run->engine = g_object_ref (engine);
  run->store = s3d_callback_store_new (settings, size, (guint) (engine->range_timeout * 1000), engine->func,
                                       engine->user_data);
  run->get = s3d_get_new (run->store, NULL, uri, 0, (gint64) size, NULL, &bytes);
  set_ranges (run, size);
  run->began = g_get_monotonic_time ();

  return run;
}

static S3dlioRangeResult *
result_new (const Run *run)
{
  const S3dFacts *facts = &run->get->facts;
  S3dlioRangeResult *result = g_new0 (S3dlioRangeResult, 1);

  g_atomic_ref_count_init (&result->refs);
  result->bytes = s3d_get_steal_bytes (run->get);
  result->n_ranges = s3d_get_get_n_ranges (run->get);
  result->retries = facts->retries;
  result->elapsed = facts->ended > 0 ? facts->ended - run->began : 0;

  return result;
}

/**
 * s3dlio_range_engine_run:
 * @engine: an engine
 * @size: bytes of the object
 * @cancellable: (nullable): a cancellable
 * @error: where to say why it failed
 *
 * Reads an object of @size bytes. A @size of 0 gives an empty result, without a call of the function.
 *
 * Errors are those of the function, as it gave them; %S3DLIO_ERROR_TIMED_OUT when a call took longer than
 * [property@S3dlio.RangeEngine:range-timeout], each time that it was tried; %S3DLIO_ERROR_INTEGRITY when the object
 * ended before @size; %S3DLIO_ERROR_NO_SPACE when there is no memory for it; %S3DLIO_ERROR_INVALID on a thread of the
 * library, where it would wait for itself.
 *
 * Returns: (transfer full): the result, or %NULL with @error set
 *
 * Since: 0.9
 */
S3dlioRangeResult *
s3dlio_range_engine_run (S3dlioRangeEngine *engine, guint64 size, GCancellable *cancellable, GError **error)
{
  g_autoptr (Run) run = NULL;

  g_return_val_if_fail (S3DLIO_IS_RANGE_ENGINE (engine), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  run = run_new (engine, size, error);
  if (run == NULL || !s3d_call_run (run->get, cancellable, NULL, NULL, error))
    return NULL;

  return result_new (run);
}

static void
return_run (GTask *task, S3dSequence *get, GError *error, gpointer data)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, result_new (data), (GDestroyNotify) s3dlio_range_result_unref);
}

/**
 * s3dlio_range_engine_run_async:
 * @engine: an engine
 * @size: bytes of the object
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called at the end, in the caller's thread-default main context
 * @user_data: for @callback
 *
 * Reads an object of @size bytes, as s3dlio_range_engine_run() does, without blocking.
 *
 * Since: 0.9
 */
void
s3dlio_range_engine_run_async (S3dlioRangeEngine *engine, guint64 size, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;
  GError *error = NULL;
  Run *run;

  g_return_if_fail (S3DLIO_IS_RANGE_ENGINE (engine));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (engine, cancellable, callback, user_data);
  g_task_set_source_tag (task, s3dlio_range_engine_run_async);
  run = run_new (engine, size, &error);
  if (run != NULL)
    {
      s3d_call_start (run->get, task, NULL, NULL, return_run, run, run_free);
      return;
    }

  g_task_return_error (task, error);
  g_object_unref (task);
}

/**
 * s3dlio_range_engine_run_finish:
 * @engine: an engine
 * @result: what the callback was given
 * @error: where to say why it failed
 *
 * Ends what s3dlio_range_engine_run_async() began.
 *
 * Returns: (transfer full): the result, or %NULL with @error set
 *
 * Since: 0.9
 */
S3dlioRangeResult *
s3dlio_range_engine_run_finish (S3dlioRangeEngine *engine, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (S3DLIO_IS_RANGE_ENGINE (engine), NULL);
  g_return_val_if_fail (g_task_is_valid (result, engine), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, s3dlio_range_engine_run_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * s3dlio_range_result_ref:
 * @result: a result
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @result
 *
 * Since: 0.9
 */
S3dlioRangeResult *
s3dlio_range_result_ref (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, NULL);

  g_atomic_ref_count_inc (&result->refs);

  return result;
}

/**
 * s3dlio_range_result_unref:
 * @result: (transfer full): a result
 *
 * Drops a reference; the last one frees it.
 *
 * Since: 0.9
 */
void
s3dlio_range_result_unref (S3dlioRangeResult *result)
{
  g_return_if_fail (result != NULL);

  if (!g_atomic_ref_count_dec (&result->refs))
    return;

  g_bytes_unref (result->bytes);
  g_free (result);
}

/**
 * s3dlio_range_result_get_bytes:
 * @result: a result
 *
 * All bytes of the object, in order.
 *
 * Returns: (transfer none): the bytes
 *
 * Since: 0.9
 */
GBytes *
s3dlio_range_result_get_bytes (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, NULL);

  return result->bytes;
}

/**
 * s3dlio_range_result_get_n_ranges:
 * @result: a result
 *
 * How many ranges the object was read in.
 *
 * Returns: the number of ranges
 *
 * Since: 0.9
 */
guint
s3dlio_range_result_get_n_ranges (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, 0);

  return result->n_ranges;
}

/**
 * s3dlio_range_result_get_retries:
 * @result: a result
 *
 * How often a range was tried again, all ranges together.
 *
 * Returns: the number of retries
 *
 * Since: 0.9
 */
guint
s3dlio_range_result_get_retries (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, 0);

  return result->retries;
}

/**
 * s3dlio_range_result_get_elapsed:
 * @result: a result
 *
 * How long the run took.
 *
 * Returns: seconds
 *
 * Since: 0.9
 */
double
s3dlio_range_result_get_elapsed (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, 0);

  return (double) result->elapsed / G_USEC_PER_SEC;
}

/**
 * s3dlio_range_result_get_throughput:
 * @result: a result
 *
 * How fast the bytes came.
 *
 * Returns: bytes a second
 *
 * Since: 0.9
 */
double
s3dlio_range_result_get_throughput (S3dlioRangeResult *result)
{
  g_return_val_if_fail (result != NULL, 0);

  return (double) g_bytes_get_size (result->bytes) * G_USEC_PER_SEC / (double) MAX (result->elapsed, 1);
}

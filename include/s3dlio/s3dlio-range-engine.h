/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <gio/gio.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioRangeFunc:
 * @offset: where to begin, in bytes from the start of the object
 * @length: how many bytes are wanted, at least 1
 * @destination: (type gpointer): where to put them
 * @cancellable: cancelled when they are not wanted any more, or took too long
 * @user_data: as given to s3dlio_range_engine_new()
 * @error: where to say why there are none
 *
 * Reads bytes of an object. It may block and is called on threads of the library, several calls at once, for
 * different ranges. It must return promptly when @cancellable is cancelled.
 *
 * It may read fewer bytes than wanted: it is called again for the others. 0 means that the object ends before its size,
 * which is an error. A call that fails with %S3DLIO_ERROR_NETWORK, %S3DLIO_ERROR_TIMED_OUT, %S3DLIO_ERROR_UNAVAILABLE
 * or %S3DLIO_ERROR_THROTTLED is tried again, a bounded number of times, from the byte reached; any other error ends
 * the run.
 *
 * Returns: the number of bytes read, 0 at the end, or -1 with @error set
 *
 * Since: 0.9
 */
typedef gssize (*S3dlioRangeFunc) (guint64 offset, gsize length, gpointer destination, GCancellable *cancellable,
                                   gpointer user_data, GError **error);

/**
 * S3dlioRangeResult:
 *
 * What a run of a [class@S3dlio.RangeEngine] brought: the bytes in their order, and what they cost. Immutable and
 * reference-counted; may be used from any thread.
 *
 * Since: 0.9
 */
typedef struct _S3dlioRangeResult S3dlioRangeResult;

#define S3DLIO_TYPE_RANGE_RESULT (s3dlio_range_result_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_range_result_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioRangeResult *s3dlio_range_result_ref (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_range_result_unref (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
GBytes *s3dlio_range_result_get_bytes (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
guint s3dlio_range_result_get_n_ranges (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
guint s3dlio_range_result_get_retries (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
double s3dlio_range_result_get_elapsed (S3dlioRangeResult *result);

S3DLIO_AVAILABLE_IN_0_9
double s3dlio_range_result_get_throughput (S3dlioRangeResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioRangeResult, s3dlio_range_result_unref)

#define S3DLIO_TYPE_RANGE_ENGINE (s3dlio_range_engine_get_type ())

/**
 * S3dlioRangeEngine:
 *
 * Reads an object of known size through a function that reads a range of it, many ranges at once: the engine that all
 * backends' reads go through, for data of one's own.
 *
 * An object up to [property@S3dlio.RangeEngine:split-threshold] is read as one range; a larger one in ranges of
 * [property@S3dlio.RangeEngine:chunk-size], never more than [property@S3dlio.RangeEngine:max-concurrent-ranges] at
 * once, each straight to its place. The first failure ends the run; so does cancellation, as soon as the calls that
 * run have returned.
 *
 * Runs may be started from any thread, also several at once; set the properties before.
 *
 * Since: 0.9
 */
S3DLIO_AVAILABLE_IN_0_9
G_DECLARE_FINAL_TYPE (S3dlioRangeEngine, s3dlio_range_engine, S3DLIO, RANGE_ENGINE, GObject)

S3DLIO_AVAILABLE_IN_0_9
S3dlioRangeEngine *s3dlio_range_engine_new (S3dlioRangeFunc func, gpointer user_data, GDestroyNotify destroy);

S3DLIO_AVAILABLE_IN_0_9
S3dlioRangeResult *s3dlio_range_engine_run (S3dlioRangeEngine *engine, guint64 size, GCancellable *cancellable,
                                            GError **error);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_range_engine_run_async (S3dlioRangeEngine *engine, guint64 size, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

S3DLIO_AVAILABLE_IN_0_9
S3dlioRangeResult *s3dlio_range_engine_run_finish (S3dlioRangeEngine *engine, GAsyncResult *result, GError **error);

G_END_DECLS

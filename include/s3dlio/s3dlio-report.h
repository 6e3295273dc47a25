/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <glib-object.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioReport:
 *
 * What a transfer cost and what was chosen for it: numbers that have names, so that a new one is never a new function.
 * See s3dlio_options_set_report(). Immutable and reference-counted; may be used from any thread.
 *
 * Since: 0.9
 */
typedef struct _S3dlioReport S3dlioReport;

/**
 * S3DLIO_REPORT_REQUESTS:
 *
 * Requests that were sent to services, those that were sent again included; 0 where objects are files.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_REQUESTS "requests"

/**
 * S3DLIO_REPORT_RETRIES:
 *
 * How many of the requests were sent because an earlier one had failed, or had broken off.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_RETRIES "retries"

/**
 * S3DLIO_REPORT_THROTTLED:
 *
 * How many of the requests a service refused because there were too many of them.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_THROTTLED "throttled"

/**
 * S3DLIO_REPORT_BYTES:
 *
 * Bytes of the object that are where they were wanted. What a service copied by itself in one step is not known.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_BYTES "bytes"

/**
 * S3DLIO_REPORT_ELAPSED:
 *
 * Microseconds from the begin of the first step to the end of the last.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_ELAPSED "elapsed"

/**
 * S3DLIO_REPORT_RANGES:
 *
 * Of what is read: the ranges that it was read in.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_RANGES "ranges"

/**
 * S3DLIO_REPORT_RANGE_SPLIT_THRESHOLD:
 *
 * Of what is read in ranges: the most bytes that the first one asks for, as the setting of that name says for the
 * scheme.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_RANGE_SPLIT_THRESHOLD "range-split-threshold"

/**
 * S3DLIO_REPORT_RANGE_CHUNK_SIZE:
 *
 * Of what is read in ranges: the bytes of every further one, the last aside, as grown with the object.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_RANGE_CHUNK_SIZE "range-chunk-size"

/**
 * S3DLIO_REPORT_MAX_CONCURRENT_RANGES:
 *
 * Of what is read in ranges: the most of them at once.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_MAX_CONCURRENT_RANGES "max-concurrent-ranges"

/**
 * S3DLIO_REPORT_PARTS:
 *
 * Of what is written: the parts that it was written in, 0 for a single write.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_PARTS "parts"

/**
 * S3DLIO_REPORT_MULTIPART_THRESHOLD:
 *
 * Of what is written: the most bytes that go in a single write, or are copied in one step.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_MULTIPART_THRESHOLD "multipart-threshold"

/**
 * S3DLIO_REPORT_PART_SIZE:
 *
 * Of what is written in parts: the bytes of the largest one. All but the last have this size, unless the length was not
 * known: parts grow then.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_PART_SIZE "part-size"

/**
 * S3DLIO_REPORT_CONCURRENT_PARTS:
 *
 * Of what is written in parts: the most of them at once.
 *
 * Since: 0.9
 */
#define S3DLIO_REPORT_CONCURRENT_PARTS "concurrent-parts"

#define S3DLIO_TYPE_REPORT (s3dlio_report_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_report_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioReport *s3dlio_report_ref (S3dlioReport *report);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_report_unref (S3dlioReport *report);

S3DLIO_AVAILABLE_IN_0_9
gint64 s3dlio_report_get_number (S3dlioReport *report, const char *name);

S3DLIO_AVAILABLE_IN_0_9
char **s3dlio_report_list_names (S3dlioReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioReport, s3dlio_report_unref)

G_END_DECLS

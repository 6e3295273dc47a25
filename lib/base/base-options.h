/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of S3dlioOptions, for operations: an operation first checks the options it was given
 * against those that it knows, then reads them. NULL stands for no options everywhere. */

#include <s3dlio/s3dlio-options.h>

/* Beside the S3DLIO_OPTION_* names, for the list of what an operation knows. */
#define S3D_OPTION_METADATA "metadata"
#define S3D_OPTION_PROGRESS "progress"
#define S3D_OPTION_RANGES "ranges"
#define S3D_OPTION_DELETED "deleted"
#define S3D_OPTION_REPORT "report"

/* INVALID when an option is set that is not in @known (NULL-terminated; NULL: none), has a value of another
 * type, or holds what no header can. */
gboolean s3d_options_check (S3dlioOptions *options, const char *const *known, GError **error);

const char *s3d_options_get_string (S3dlioOptions *options, const char *name); /* NULL: not set */
gboolean s3d_options_get_boolean (S3dlioOptions *options, const char *name);
gint64 s3d_options_get_int64 (S3dlioOptions *options, const char *name, gint64 fallback);
/* Name in lower case → value; NULL: none. The options' own. */
GHashTable *s3d_options_get_metadata (S3dlioOptions *options);
/* Offset and length of each of @n; NULL: none. The options' own. */
const gint64 *s3d_options_get_ranges (S3dlioOptions *options, gsize *n);
/* NULL: nobody wants to know. */
S3dlioProgressFunc s3d_options_get_progress (S3dlioOptions *options, gpointer *user_data);
S3dlioDeletedFunc s3d_options_get_deleted (S3dlioOptions *options, gpointer *user_data);
S3dlioReportFunc s3d_options_get_report (S3dlioOptions *options, gpointer *user_data);

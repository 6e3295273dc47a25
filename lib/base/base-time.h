/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Times of the services: RFC 9110 dates, RFC 3339 stamps, SigV4's basic form. Wall-clock times
 * are microseconds since the epoch, UTC; -1 means unknown. Locale-independent and thread-safe. */

#include <glib.h>

#define S3D_TIME_UNKNOWN (-1)

/* "Sun, 06 Nov 1994 08:49:37 GMT" and the two older forms */
gint64 s3d_time_parse_http (const char *text);
gint64 s3d_time_parse_rfc3339 (const char *text); /* "2026-11-20T10:00:00.123Z" */
void s3d_time_to_basic (gint64 usec, char text[17]); /* "20261120T100000Z" */
/* Whole seconds, and the nanoseconds beyond; of what a time_t of @bits bits cannot say, the nearest that it can. */
gint64 s3d_time_to_seconds (gint64 usec, guint bits, long *nsec);

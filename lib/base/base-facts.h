/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Facts of a result: what a request or an operation cost. Times are g_get_monotonic_time()
 * microseconds, 0 when it did not happen. */

#include <glib.h>

typedef struct
{
  guint attempts;  /* requests sent, the first included; none where objects are files */
  guint retries;   /* of them sent because an earlier one had failed; known where requests are added up */
  guint throttled; /* of them answered with 429, 503 SlowDown and the like */
  gint64 started;
  gint64 first_byte;
  gint64 ended;
  guint64 bytes;
} S3dFacts;

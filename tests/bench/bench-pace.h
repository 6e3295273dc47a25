/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A server far away: answers to GET come after a round trip, and no connection gives more than so many bytes a second,
 * or falls silent in mid-body. A process of its own, one thread, an event loop; started before the first thread.
 * /BUCKET/N is an object of N bytes, those of bench_pace_body() over and over. It speaks as much of S3 as gets need.
 *
 * Neither the slow start of TCP nor a shared bottleneck are imitated. */

#include <glib.h>

#define BENCH_PACE_BODY (16 * 1024 * 1024)

typedef struct
{
  /* Told to the server; at any time between requests. */
  int rtt_us;      /* before an answer, and once more before the first of a connection, for its handshake */
  int rate;        /* KiB a second and connection; 0: as fast as it goes */
  int stall_after; /* KiB of a body, then nothing more; 0: never */

  /* Told by the server; atomic. */
  int requests, connections;
  int in_flight, max_in_flight;
  int stalled; /* answers that are silent */
} BenchPace;

/* Ends with the process. */
BenchPace *bench_pace_start (void);
void bench_pace_stop (void);
guint16 bench_pace_get_port (void);
const char *bench_pace_body (void);

/* From now on so, and all counts from 0. */
void bench_pace_set (guint rtt_ms, guint rate_kib, guint stall_after_kib);

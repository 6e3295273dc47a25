/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests over bare sockets: one thread, an epoll, kept-alive connections, as few system calls as the bytes need. What
 * a transport is compared with. */

#include <glib.h>

typedef struct
{
  guint16 port;
  const char *method; /* GET, PUT */
  const char *target; /* "%05u" in it becomes the number of the request */
  guint n;            /* requests */
  guint at_once;      /* connections */
  gsize piece;        /* bytes of each body */
  gboolean ranged;    /* of /target, from number × piece */
  char *memory;       /* bodies: from number × piece, if the memory is that large, else all at the beginning */
  gsize memory_size;
} BenchRaw;

/* A BenchFunc; @data: a BenchRaw. */
void bench_raw_run (gpointer data);

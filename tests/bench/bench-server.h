/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A server for benchmarks in a process of its own: nginx on tmpfs (from the PATH, or S3DLIO_TEST_NGINX=/path/to/nginx),
 * else the project's own test server, which is slower and tells less. It holds /b/large and, below /b/small/, as many
 * objects as are asked for; what is written to /b is there to be thrown away. Of S3 nginx speaks as much as a get and a
 * multipart upload need; it looks at no signature.
 *
 * Started before the first thread. */

#include <glib.h>

/* @memory: at least @large_size bytes, which the objects hold. */
void bench_server_start (const char *memory, gsize large_size, gsize small_size);
void bench_server_stop (void);

guint16 bench_server_get_port (void);
const char *bench_server_get_name (void);

/* Requests and connections so far; FALSE: the server does not tell. */
gboolean bench_server_count (guint64 *requests, guint64 *connections);

/* A blocking connection to the server. */
int bench_connect (guint16 port);
guint16 bench_find_port (void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Fork safety. A child forked while no operation runs gets a working library: the atfork handler
 * only bumps a generation and closes the inherited sockets registered here; what belongs to an
 * older generation (loops, pools, curl and GnuTLS objects) is leaked, never cleaned up. */

#include <glib.h>

/* Changes in every forked child. The first call installs the handler. */
guint s3d_fork_generation (void);

/* Descriptors that a forked child closes at once (without touching any object behind them).
 * Async-signal-safe in the child; bounded table with growth. */
void s3d_fork_track_fd (int fd);
void s3d_fork_untrack_fd (int fd);

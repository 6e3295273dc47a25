/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Worker threads. Three bounded pools over GThreadPool: RANGE (range callbacks that block:
 * files, a user's own function), DOWNLOAD (object-level work that blocks or computes) and
 * CONTROL (one thread: credential providers). A pool starts with its first job and ends with the
 * last reference, so that a process that has dropped its clients is back to its own threads.
 * Works in a child forked while no job ran. Workers block all signals. */

#include <glib.h>

typedef enum
{
  S3D_POOL_RANGE,
  S3D_POOL_DOWNLOAD,
  S3D_POOL_CONTROL
} S3dPoolKind;

typedef struct _S3dPool S3dPool;
typedef void (*S3dPoolFunc) (gpointer data);

/* The process's pool of that kind (a new reference). */
S3dPool *s3d_pool_get (S3dPoolKind kind);
void s3d_pool_unref (S3dPool *pool); /* any thread, its own workers included */
void s3d_pool_push (S3dPool *pool, S3dPoolFunc func, gpointer data);

/* Marks the calling thread as the library's own (loops and workers do this first): signals
 * blocked, blocking public calls refused there. */
void s3d_thread_enter (const char *name);
gboolean s3d_thread_is_ours (void);

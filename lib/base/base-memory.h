/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Memory for object data. Fresh pages cost more than a transfer, so large blocks are mappings
 * (hugepages advised) that are kept on a capped idle list and given back to the kernel above the
 * cap; blocks are page-aligned from 64 KiB on, fit for O_DIRECT. Small ones come from malloc.
 * Thread-safe; never blocks. */

#include <glib.h>

#define S3D_MEMORY_LARGE (64 * 1024)

/* NULL with S3DLIO_ERROR_NO_SPACE when there are no @size bytes. */
gpointer s3d_memory_alloc (guint64 size, GError **error);
void s3d_memory_free (gpointer memory, gsize size); /* @size as allocated */

/* A GBytes of the first @used bytes that frees @memory. One that would pin much more than it
 * shows is copied. */
GBytes *s3d_memory_to_bytes (gpointer memory, gsize size, gsize used);

gsize s3d_memory_idle (void); /* bytes on the idle list */
void s3d_memory_set_idle_cap (gsize bytes); /* of idle memory that keeps its pages; begins with an empty list */
void s3d_memory_trim (void);  /* gives all idle memory back */

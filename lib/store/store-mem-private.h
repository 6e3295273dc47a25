/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the sources of mem:// share: store-mem.c keeps the objects, store-mem-uploads.c what is to become one. */

#include "store/store.h"

typedef struct _MemStore MemStore;

guint64 s3d_mem_next_serial (void);
/* Looks like an MD5, and is another one every time. (transfer full) */
char *s3d_mem_new_etag (void);
/* All of the op's source. */
GBytes *s3d_mem_read_source (S3dOp *op, GError **error);
/* Of an object. */
GBytes *s3d_mem_find_bytes (S3dlioUri *uri, const char *if_match, GError **error);
gboolean s3d_mem_has_container (S3dlioUri *uri, GError **error);
/* The op's target becomes this, if its conditions hold. Takes @bytes, @etag and @attributes. */
gboolean s3d_mem_publish (S3dOp *op, GBytes *bytes, char *etag, S3dAttributes *attributes, GError **error);

gboolean s3d_mem_run_upload_begin (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_part (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_part_copy (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_complete (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_abort (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_list (MemStore *store, S3dOp *op, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the sources of mem:// share: store-mem-table.c keeps the objects, store-mem-uploads.c what is to become one,
 * and store-mem.c moves the bytes. */

#include "store/store.h"

typedef struct _MemStore MemStore;

/* Immutable, reference-counted. */
typedef struct
{
  gatomicrefcount refs;
  GBytes *bytes;
  char *etag;
  gint64 mtime;
  S3dAttributes *attributes; /* nullable */
} S3dMemObject;

/* Takes what it is given. */
S3dMemObject *s3d_mem_object_new (GBytes *bytes, char *etag, S3dAttributes *attributes);
void s3d_mem_object_unref (gpointer data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dMemObject, s3d_mem_object_unref)
S3dlioObjectInfo *s3d_mem_object_info (S3dlioUri *uri, const S3dMemObject *object);

guint64 s3d_mem_next_serial (void);
/* Looks like an MD5, and is another one every time. (transfer full) */
char *s3d_mem_new_etag (void);
/* All of the op's source. */
GBytes *s3d_mem_read_source (S3dOp *op, GError **error);

/* --- store-mem-table.c --- */

/* (transfer full) */
S3dMemObject *s3d_mem_find_object (S3dlioUri *uri, const char *if_match, GError **error);
gboolean s3d_mem_has_container (S3dlioUri *uri, GError **error);
gboolean s3d_mem_stat_container (S3dOp *op, GError **error);
/* The op's target becomes @object (taken), if the op's conditions hold. @if_match: of the target. */
gboolean s3d_mem_publish (S3dOp *op, S3dMemObject *object, const char *if_match, GError **error);

gboolean s3d_mem_run_delete (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_delete_many (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_list (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_container_create (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_container_delete (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_container_list (MemStore *store, S3dOp *op, GError **error);

/* --- store-mem-uploads.c --- */

gboolean s3d_mem_run_upload_begin (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_part (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_part_copy (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_complete (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_abort (MemStore *store, S3dOp *op, GError **error);
gboolean s3d_mem_run_upload_list (MemStore *store, S3dOp *op, GError **error);

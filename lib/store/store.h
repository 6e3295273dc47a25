/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The contract that a backend fills: one table of functions with its capabilities, and a row in
 * the registration table (lib/client/client-backends.c). A store is one endpoint of one scheme
 * with one configuration. Reference-counted, thread-safe. */

#include <sys/stat.h>

#include "base/base-settings.h"
#include "store/store-op.h"

/* Begins @op, which keeps a reference to itself and the store until it completes. */
typedef void (*S3dStoreStart) (S3dStore *store, S3dOp *op);

/* How far UPLOAD_PART_COPY can be trusted. */
typedef enum
{
  S3D_PART_COPY_HELD,  /* it copies the version that if_match names, or fails */
  S3D_PART_COPY_BLIND, /* it may not heed if_match: look at the source again when all parts are there */
  S3D_PART_COPY_NONE   /* not of this source */
} S3dPartCopy;

typedef struct
{
  const char *name; /* of the backend, for errors: "s3" */

  S3dStoreStart start[S3D_OP_N_KINDS]; /* NULL: UNSUPPORTED */

  /* Capabilities */
  guint64 max_write;      /* largest object that one WRITE can make */
  guint64 max_copy;       /* largest object that one COPY can make */
  guint64 min_part_size, max_part_size; /* of all parts but the last */
  guint max_parts;
  guint max_delete;       /* keys of one DELETE_MANY */
  /* NULL: what it can do, is HELD. */
  S3dPartCopy (*part_copy) (S3dStore *store, S3dlioUri *from);

  /* The local file behind a URI (transfer full), when objects are files; nullable. Such stores
   * are read from and written to by path where the other side is a store of objects. */
  char *(*local_path) (S3dStore *store, S3dlioUri *uri);
  /* With it: PRECONDITION unless @if_match (nullable) is the ETag of the file at @path, found as @stat. */
  gboolean (*check_local) (const char *path, const struct stat *stat, const char *if_match, GError **error);

  void (*free) (S3dStore *store);
} S3dStoreClass;

/* Backends embed it as the first member. */
struct _S3dStore
{
  gatomicrefcount refs;
  const S3dStoreClass *klass;
  S3dSettings *settings;
  const char *scheme; /* static, canonical */

  GMutex lock;
  GPtrArray *open_uploads; /* of S3dlioObjectInfo, under the lock */
};

typedef S3dStore *(*S3dStoreOpen) (S3dlioUri *uri, S3dSettings *settings, GError **error);

/* A row of the registration table. */
typedef struct
{
  const char *scheme;
  S3dStoreOpen open;
} S3dBackend;

void s3d_store_init (S3dStore *store, const S3dStoreClass *klass, S3dSettings *settings, const char *scheme);
S3dStore *s3d_store_ref (S3dStore *store);
void s3d_store_unref (S3dStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dStore, s3d_store_unref)

gboolean s3d_store_can (S3dStore *store, S3dOpKind kind);
S3dPartCopy s3d_store_part_copy (S3dStore *store, S3dlioUri *from);
/* FALSE with @error (UNSUPPORTED, or cancelled before) when it was not begun: no completion
 * comes then. */
gboolean s3d_store_start (S3dStore *store, S3dOp *op, GError **error);

/* Adds the uploads in parts that ops of @store began and did not end, if they outlive the process: who is killed now
 * leaves them behind. Of S3dlioObjectInfo; from any thread. */
void s3d_store_add_open_uploads (S3dStore *store, GPtrArray *uploads);
/* For s3d_op_complete(). */
void s3d_store_watch_uploads (S3dStore *store, const S3dOp *op);

/* The reference backend and test double: objects in the process's memory, with the semantics of
 * S3 down to ETags, pages and parts. Completes on the range pool. */
S3dStore *s3d_mem_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error);
/* Before the first op; so that tests of uploads need few bytes. */
void s3d_mem_store_set_part_limits (S3dStore *store, guint64 min_part_size, guint max_parts);

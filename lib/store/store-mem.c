/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mem:// – objects in the memory of the process, with the semantics of S3: the reference for backends, and the double
 * that tests of the upper floors run against. Ops run on the range pool, each job one op. Semantics after the Amazon S3
 * API reference: ranges past the end, conditions, pages, parts. */

#include "config.h"

#include "store/store-mem-private.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "base/base-pool.h"

#include <string.h>

#define PIECE_SIZE (256 * 1024)
#define MIN_PART_SIZE (G_GUINT64_CONSTANT (5) << 20)
#define MAX_WRITE (G_GUINT64_CONSTANT (5) << 30)
#define MAX_PARTS 10000
#define MAX_DELETE 1000

struct _MemStore
{
  S3dStore parent;
  S3dStoreClass klass; /* its own, since tests set the limits of parts */
  S3dPool *pool;
};

static gboolean
send_body (S3dOp *op, const guint8 *data, gsize size, GError **error)
{
  if (op->sink == NULL)
    return TRUE;

  if (!s3d_sink_begin (op->sink, (gint64) size, error))
    return FALSE;

  while (size > 0)
    {
      gsize piece = MIN (size, PIECE_SIZE);
      gpointer buffer = s3d_sink_get_buffer (op->sink, &piece);

      if (!s3d_op_goes_on (op, error))
        return FALSE;

      piece = MIN (piece, size);
      if (buffer != NULL)
        {
          memcpy (buffer, data, piece);
          s3d_sink_commit (op->sink, piece);
        }
      else if (!s3d_sink_write (op->sink, data, piece, error))
        {
          return FALSE;
        }

      data += piece;
      size -= piece;
      op->facts.bytes += piece;
    }

  return TRUE;
}

static gboolean
run_read (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (S3dMemObject) object = s3d_mem_find_object (op->target, op->if_match, error);
  const guint8 *data;
  gsize size;

  if (object == NULL)
    return FALSE;

  data = g_bytes_get_data (object->bytes, &size);
  op->total = (gint64) size;
  op->range_offset = op->offset >= 0 ? op->offset : MAX (op->total + op->offset, 0);
  if ((op->offset != 0 || op->length >= 0) && op->range_offset >= op->total)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE,
                   "offset %" G_GINT64_FORMAT " lies behind the end of an object of %" G_GSIZE_FORMAT " bytes",
                   op->offset, size);
      return FALSE;
    }

  op->range_length = op->total - op->range_offset;
  if (op->length >= 0)
    op->range_length = MIN (op->range_length, op->length);
  g_clear_pointer (&op->info, s3dlio_object_info_unref);
  op->info = s3d_mem_object_info (op->target, object);
  op->facts.first_byte = g_get_monotonic_time ();

  if (op->ready != NULL && !op->ready (op, op->ready_data, error))
    return FALSE;

  return send_body (op, data + op->range_offset, (gsize) op->range_length, error);
}

static gboolean
run_stat (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (S3dMemObject) object = NULL;

  if (s3dlio_uri_get_key (op->target)[0] == '\0')
    return s3d_mem_stat_container (op, error);

  object = s3d_mem_find_object (op->target, NULL, error);
  if (object == NULL)
    return FALSE;

  op->info = s3d_mem_object_info (op->target, object);

  return TRUE;
}

GBytes *
s3d_mem_read_source (S3dOp *op, GError **error)
{
  guint64 length = op->source != NULL ? s3d_source_get_length (op->source) : 0;
  guint8 *memory;
  gsize got = 0;

  if (length == 0)
    return g_bytes_new_static ("", 0);

  memory = s3d_memory_alloc (length, error);
  if (memory == NULL)
    return NULL;

  while (got < length)
    {
      gssize n = s3d_op_goes_on (op, error) ? s3d_source_read (op->source, got, memory + got,
                                                                MIN ((gsize) length - got, PIECE_SIZE), error)
                                             : -1;

      if (n == 0)
        g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY, "the source ended before its length");
      if (n <= 0)
        {
          s3d_memory_free (memory, (gsize) length);
          return NULL;
        }
      got += (gsize) n;
    }
  op->facts.bytes += length;

  return s3d_memory_to_bytes (memory, (gsize) length, (gsize) length);
}

static gboolean
run_write (MemStore *store, S3dOp *op, GError **error)
{
  GBytes *bytes = s3d_mem_read_source (op, error);

  if (bytes == NULL)
    return FALSE;

  return s3d_mem_publish (op, s3d_mem_object_new (bytes, s3d_mem_new_etag (), s3d_attributes_copy (op->attributes)),
                          op->if_match, error);
}

static gboolean
run_copy (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (S3dMemObject) from = s3d_mem_find_object (op->from, op->if_match, error);
  const S3dAttributes *attributes;
  S3dMemObject *copy;

  if (from == NULL)
    return FALSE;

  attributes = op->attributes != NULL ? op->attributes : from->attributes;
  copy = s3d_mem_object_new (g_bytes_ref (from->bytes), s3d_mem_new_etag (), s3d_attributes_copy (attributes));

  return s3d_mem_publish (op, copy, NULL, error);
}

static gboolean (*const handlers[S3D_OP_N_KINDS]) (MemStore *store, S3dOp *op, GError **error) = {
  [S3D_OP_READ] = run_read,
  [S3D_OP_STAT] = run_stat,
  [S3D_OP_WRITE] = run_write,
  [S3D_OP_DELETE] = s3d_mem_run_delete,
  [S3D_OP_DELETE_MANY] = s3d_mem_run_delete_many,
  [S3D_OP_LIST] = s3d_mem_run_list,
  [S3D_OP_COPY] = run_copy,
  [S3D_OP_UPLOAD_BEGIN] = s3d_mem_run_upload_begin,
  [S3D_OP_UPLOAD_PART] = s3d_mem_run_upload_part,
  [S3D_OP_UPLOAD_PART_COPY] = s3d_mem_run_upload_part_copy,
  [S3D_OP_UPLOAD_COMPLETE] = s3d_mem_run_upload_complete,
  [S3D_OP_UPLOAD_ABORT] = s3d_mem_run_upload_abort,
  [S3D_OP_UPLOAD_LIST] = s3d_mem_run_upload_list,
  [S3D_OP_CONTAINER_CREATE] = s3d_mem_run_container_create,
  [S3D_OP_CONTAINER_DELETE] = s3d_mem_run_container_delete,
  [S3D_OP_CONTAINER_LIST] = s3d_mem_run_container_list,
};

static void
run_op (gpointer data)
{
  S3dOp *op = data;
  MemStore *store = (MemStore *) op->store;
  GError *error = NULL;

  op->facts.attempts = 1;
  if (s3d_op_goes_on (op, &error))
    handlers[op->kind](store, op, &error);

  s3d_op_complete (op, error);
}

static void
start_op (S3dStore *store, S3dOp *op)
{
  s3d_pool_push (((MemStore *) store)->pool, run_op, op);
}

static void
mem_free (S3dStore *store)
{
  MemStore *mem = (MemStore *) store;

  s3d_pool_unref (mem->pool);
  g_free (mem);
}

void
s3d_mem_store_set_part_limits (S3dStore *store, guint64 min_part_size, guint max_parts)
{
  MemStore *mem = (MemStore *) store;

  mem->klass.min_part_size = min_part_size;
  mem->klass.max_parts = max_parts;
}

S3dStore *
s3d_mem_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error)
{
  MemStore *mem = g_new0 (MemStore, 1);

  mem->klass.name = "mem";
  for (guint kind = 0; kind < S3D_OP_N_KINDS; kind++)
    mem->klass.start[kind] = handlers[kind] != NULL ? start_op : NULL;
  mem->klass.max_write = MAX_WRITE;
  mem->klass.max_copy = MAX_WRITE;
  mem->klass.min_part_size = MIN_PART_SIZE;
  mem->klass.max_part_size = MAX_WRITE;
  mem->klass.max_parts = MAX_PARTS;
  mem->klass.max_delete = MAX_DELETE;
  mem->klass.free = mem_free;
  mem->pool = s3d_pool_get (S3D_POOL_RANGE);
  s3d_store_init (&mem->parent, &mem->klass, settings, "mem");

  return &mem->parent;
}

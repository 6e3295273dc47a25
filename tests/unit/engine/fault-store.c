/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The wrapper keeps an op of its own for each op given to it, lets the inner store run that, and stands between them:
 * its sink cuts, its done tells. Any thread; ops complete on the range pool, as in the inner store. */

#include "config.h"

#include "fault-store.h"

#include "base/base-error.h"
#include "base/base-pool.h"

#include <string.h>

typedef struct
{
  S3dSink sink;
  S3dOp *outer;
  S3dOp *inner;
  FaultStore *store;
  Fault fault;
  gint64 left;   /* before the cut */
  gboolean held; /* under the store's lock */
} Pass;

struct _FaultStore
{
  S3dStore parent;
  S3dStoreClass klass;
  S3dStore *inner;
  S3dPool *pool;
  FaultScript script;
  gpointer data;
  FaultManners manners;

  GMutex lock;
  GCond cond;
  GPtrArray *held; /* of Pass * */
  gboolean gated;
  S3dOpKind gate_kind;
  guint gate_first, gate;
  guint counts[S3D_OP_N_KINDS];
  guint flying[S3D_OP_N_KINDS];
  guint most[S3D_OP_N_KINDS];
  guint64 bytes, most_bytes;
  int open_uploads;
  GString *reads;
};

static guint64
part_bytes (const S3dOp *op)
{
  return op->kind == S3D_OP_UPLOAD_PART ? s3d_source_get_length (op->source) : 0;
}

static guint
count_start (FaultStore *store, const S3dOp *op)
{
  guint nth;

  g_mutex_lock (&store->lock);
  nth = store->counts[op->kind]++;
  store->flying[op->kind]++;
  store->most[op->kind] = MAX (store->most[op->kind], store->flying[op->kind]);
  store->bytes += part_bytes (op);
  store->most_bytes = MAX (store->most_bytes, store->bytes);
  if (op->kind == S3D_OP_READ)
    g_string_append_printf (store->reads, "%s%" G_GINT64_FORMAT "+%" G_GINT64_FORMAT, nth > 0 ? " " : "", op->offset,
                            op->length);
  g_mutex_unlock (&store->lock);

  return nth;
}

static void
complete (Pass *pass, GError *error)
{
  FaultStore *store = pass->store;
  S3dOp *op = pass->outer;

  g_mutex_lock (&store->lock);
  store->flying[op->kind]--;
  store->bytes -= part_bytes (op);
  g_mutex_unlock (&store->lock);

  s3d_op_complete (op, error);
  g_clear_error (&pass->fault.error);
  g_clear_pointer (&pass->inner, s3d_op_unref);
  g_free (pass);
}

static gboolean
pass_begin (S3dSink *sink, gint64 length, GError **error)
{
  Pass *pass = (Pass *) sink;

  return s3d_sink_begin (pass->outer->sink, pass->outer->range_length, error);
}

static gboolean
pass_write (S3dSink *sink, gconstpointer data, gsize size, GError **error)
{
  Pass *pass = (Pass *) sink;
  gsize piece = pass->fault.cuts ? (gsize) MIN ((gint64) size, pass->left) : size;
  gpointer buffer;
  gsize room = piece;

  pass->left -= (gint64) piece;
  buffer = piece > 0 ? s3d_sink_get_buffer (pass->outer->sink, &room) : NULL;
  if (buffer && room >= piece)
    {
      memcpy (buffer, data, piece);
      s3d_sink_commit (pass->outer->sink, piece);
    }
  else if (!s3d_sink_write (pass->outer->sink, data, piece, error))
    {
      return FALSE;
    }

  if (piece < size)
    g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK, "the connection broke");

  return piece == size;
}

static gboolean
pass_restart (S3dSink *sink)
{
  return FALSE;
}

static void
pass_free (S3dSink *sink)
{
}

static const S3dSinkClass pass_class = {
  .begin = pass_begin,
  .write = pass_write,
  .restart = pass_restart,
  .free = pass_free,
};

/* The info as a service of these manners would give it. */
static S3dlioObjectInfo *
shown_info (const FaultStore *store, S3dlioObjectInfo *info)
{
  if (!info)
    return NULL;

  return s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, s3dlio_object_info_get_uri (info),
                              s3dlio_object_info_get_size (info),
                              store->manners.without_time ? S3D_TIME_UNKNOWN : s3dlio_object_info_get_mtime (info),
                              store->manners.without_etag ? NULL : s3dlio_object_info_get_etag (info));
}

static gboolean
pass_ready (S3dOp *inner, gpointer data, GError **error)
{
  Pass *pass = data;
  S3dOp *outer = pass->outer;
  gboolean hides = pass->store->manners.hides_size;

  outer->total = hides ? -1 : inner->total;
  outer->range_offset = inner->range_offset;
  outer->range_length = hides ? -1 : inner->range_length;
  g_clear_pointer (&outer->info, s3dlio_object_info_unref);
  outer->info = shown_info (pass->store, inner->info);
  if (outer->ready && !outer->ready (outer, outer->ready_data, error))
    return FALSE;

  inner->sink = &pass->sink;

  return TRUE;
}

static void
count_uploads (FaultStore *store, S3dOpKind kind, const GError *error)
{
  if (error)
    return;

  if (kind == S3D_OP_UPLOAD_BEGIN)
    g_atomic_int_inc (&store->open_uploads);
  else if (kind == S3D_OP_UPLOAD_COMPLETE || kind == S3D_OP_UPLOAD_ABORT)
    g_atomic_int_add (&store->open_uploads, -1);
}

/* Those that the script has not decided on. */
static GArray *
pending_keys (const GArray *keys)
{
  GArray *pending = s3d_keys_new (keys->len);

  for (guint i = 0; i < keys->len; i++)
    {
      const S3dKey *key = &g_array_index (keys, S3dKey, i);

      if (key->state == S3D_KEY_PENDING)
        s3d_keys_add (pending, key->key);
    }

  return pending;
}

static void
take_keys (GArray *keys, const GArray *told)
{
  guint n = 0;

  for (guint i = 0; i < keys->len; i++)
    {
      S3dKey *key = &g_array_index (keys, S3dKey, i);

      if (key->state == S3D_KEY_PENDING)
        key->state = g_array_index (told, S3dKey, n++).state;
    }
}

static void
pass_done (S3dOp *inner, gpointer data)
{
  Pass *pass = data;
  S3dOp *outer = pass->outer;
  GError *error = g_steal_pointer (&inner->error);
  gboolean broke = pass->fault.cuts && g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK);

  count_uploads (pass->store, outer->kind, error);
  outer->facts.attempts = MAX (pass->fault.attempts, 1);
  outer->facts.bytes = inner->facts.bytes;
  outer->items = g_steal_pointer (&inner->items);
  outer->etag = g_steal_pointer (&inner->etag);
  if (outer->keys)
    take_keys (outer->keys, inner->keys);
  if (outer->kind == S3D_OP_UPLOAD_BEGIN)
    outer->upload_id = g_steal_pointer (&inner->upload_id);
  if (outer->kind != S3D_OP_READ && !pass->store->manners.tells_nothing)
    outer->info = shown_info (pass->store, inner->info);
  else if (g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_RANGE))
    outer->total = pass->store->manners.hides_size_416 ? -1 : inner->total;

  if (broke && !pass->fault.resumable)
    g_clear_error (&error);
  outer->resumable = broke && pass->fault.resumable;
  if (pass->fault.error && pass->fault.after)
    {
      g_clear_error (&error);
      error = g_steal_pointer (&pass->fault.error);
      outer->resumable = pass->fault.resumable;
    }
  complete (pass, error);
}

static void
cancel_inner (S3dOp *outer, gpointer data)
{
  s3d_op_cancel (data);
}

static void
go (gpointer data)
{
  Pass *pass = data;
  S3dOp *outer = pass->outer;
  const FaultManners *manners = &pass->store->manners;
  GError *error = NULL;
  S3dOp *inner;

  if (s3d_op_is_cancelled (outer))
    {
      complete (pass, s3d_error_new_cancelled ());
      return;
    }
  if (pass->fault.error && !pass->fault.after)
    {
      outer->facts.attempts = MAX (pass->fault.attempts, 1);
      outer->resumable = pass->fault.resumable;
      complete (pass, g_steal_pointer (&pass->fault.error));
      return;
    }

  inner = pass->inner = s3d_op_new (outer->kind, outer->target, pass_done, pass);
  inner->offset = manners->ignores_ranges ? 0 : outer->offset;
  inner->length = manners->ignores_ranges ? -1 : outer->length;
  inner->ready = pass_ready;
  inner->ready_data = pass;
  inner->if_match = manners->without_etag || manners->ignores_match ? NULL : g_strdup (outer->if_match);
  inner->source = outer->source ? s3d_source_ref (outer->source) : NULL;
  inner->no_clobber = outer->no_clobber;
  inner->attributes = outer->attributes ? s3d_attributes_copy (outer->attributes) : NULL;
  inner->recursive = outer->recursive;
  inner->page_size = outer->page_size;
  inner->cursor = outer->cursor;
  inner->from = outer->from ? s3dlio_uri_ref (outer->from) : NULL;
  inner->upload_id = g_strdup (outer->upload_id);
  inner->part_number = outer->part_number;
  inner->keys = outer->keys ? pending_keys (outer->keys) : NULL;
  inner->part_etags = outer->part_etags ? g_ptr_array_ref (outer->part_etags) : NULL;

  s3d_op_set_cancel (outer, cancel_inner, inner);
  if (!s3d_store_start (pass->store->inner, inner, &error))
    complete (pass, error);
}

static void
release_all (FaultStore *store)
{
  for (guint i = 0; i < store->held->len; i++)
    {
      Pass *pass = g_ptr_array_index (store->held, i);

      pass->held = FALSE;
      s3d_pool_push (store->pool, go, pass);
    }
  g_ptr_array_set_size (store->held, 0);
}

static void
cancel_held (S3dOp *outer, gpointer data)
{
  Pass *pass = data;
  FaultStore *store = pass->store;

  g_mutex_lock (&store->lock);
  if (pass->held)
    {
      pass->held = FALSE;
      g_ptr_array_remove_fast (store->held, pass);
      s3d_pool_push (store->pool, go, pass);
    }
  g_mutex_unlock (&store->lock);
}

static gboolean
hold (Pass *pass, guint nth)
{
  FaultStore *store = pass->store;
  gboolean holds;

  g_mutex_lock (&store->lock);
  holds = store->gated && store->gate_kind == pass->outer->kind && nth >= store->gate_first
          && !s3d_op_is_cancelled (pass->outer);
  if (holds)
    {
      pass->held = TRUE;
      g_ptr_array_add (store->held, pass);
      g_cond_broadcast (&store->cond);
    }
  if (store->gate > 0 && store->held->len >= store->gate)
    {
      store->gated = FALSE;
      release_all (store);
    }
  g_mutex_unlock (&store->lock);

  return holds;
}

static void
fault_start (S3dStore *base, S3dOp *op)
{
  FaultStore *store = (FaultStore *) base;
  Pass *pass = g_new0 (Pass, 1);
  guint nth = count_start (store, op);

  pass->sink.klass = &pass_class;
  pass->outer = op;
  pass->store = store;
  if (store->script)
    store->script (store, op, nth, &pass->fault, store->data);
  pass->left = pass->fault.cut;

  s3d_op_set_cancel (op, cancel_held, pass);
  if (!hold (pass, nth))
    s3d_pool_push (store->pool, go, pass);
}

static void
fault_free (S3dStore *base)
{
  FaultStore *store = (FaultStore *) base;

  g_assert_cmpuint (store->held->len, ==, 0);
  g_ptr_array_unref (store->held);
  g_string_free (store->reads, TRUE);
  s3d_store_unref (store->inner);
  s3d_pool_unref (store->pool);
  g_free (store);
}

FaultStore *
fault_store_new (S3dStore *inner, FaultScript script, gpointer data)
{
  FaultStore *store = g_new0 (FaultStore, 1);

  store->klass = *inner->klass;
  for (guint kind = 0; kind < S3D_OP_N_KINDS; kind++)
    store->klass.start[kind] = inner->klass->start[kind] ? fault_start : NULL;
  store->klass.free = fault_free;
  store->inner = s3d_store_ref (inner);
  store->pool = s3d_pool_get (S3D_POOL_RANGE);
  store->script = script;
  store->data = data;
  store->held = g_ptr_array_new ();
  store->reads = g_string_new (NULL);
  s3d_store_init (&store->parent, &store->klass, inner->settings, inner->scheme);

  return store;
}

void
fault_store_gate (FaultStore *store, S3dOpKind kind, guint first, guint n)
{
  g_mutex_lock (&store->lock);
  store->gated = TRUE;
  store->gate_kind = kind;
  store->gate_first = first;
  store->gate = n;
  g_mutex_unlock (&store->lock);
}

void
fault_store_open_gate (FaultStore *store)
{
  g_mutex_lock (&store->lock);
  store->gated = FALSE;
  release_all (store);
  g_mutex_unlock (&store->lock);
}

void
fault_store_wait_held (FaultStore *store, guint n)
{
  g_mutex_lock (&store->lock);
  while (store->held->len < n)
    g_cond_wait (&store->cond, &store->lock);
  g_mutex_unlock (&store->lock);
}

void
fault_store_set_manners (FaultStore *store, const FaultManners *manners)
{
  store->manners = *manners;
  if (manners->max_write > 0)
    store->klass.max_write = manners->max_write;
}

void
fault_store_adopt_limits (FaultStore *store)
{
  store->klass.min_part_size = store->inner->klass->min_part_size;
  store->klass.max_parts = store->inner->klass->max_parts;
}

guint
fault_store_count (FaultStore *store, S3dOpKind kind)
{
  guint count;

  g_mutex_lock (&store->lock);
  count = store->counts[kind];
  g_mutex_unlock (&store->lock);

  return count;
}

guint
fault_store_total (FaultStore *store)
{
  guint count = 0;

  for (guint kind = 0; kind < S3D_OP_N_KINDS; kind++)
    count += fault_store_count (store, kind);

  return count;
}

guint
fault_store_most (FaultStore *store, S3dOpKind kind)
{
  guint most;

  g_mutex_lock (&store->lock);
  most = store->most[kind];
  g_mutex_unlock (&store->lock);

  return most;
}

guint64
fault_store_most_bytes (FaultStore *store)
{
  guint64 most;

  g_mutex_lock (&store->lock);
  most = store->most_bytes;
  g_mutex_unlock (&store->lock);

  return most;
}

int
fault_store_open_uploads (FaultStore *store)
{
  return g_atomic_int_get (&store->open_uploads);
}

char *
fault_store_reads (FaultStore *store)
{
  char *text;

  g_mutex_lock (&store->lock);
  text = g_strdup (store->reads->str);
  g_mutex_unlock (&store->lock);

  return text;
}

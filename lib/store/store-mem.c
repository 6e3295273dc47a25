/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mem:// – objects in the memory of the process, with the semantics of S3: the reference for backends, and the double
 * that tests of the upper floors run against.
 *
 * What is stored belongs to the process, not to a store: every client sees the same containers. One lock guards the
 * tables; bodies are immutable GBytes, so that they are copied without it. Ops run on the range pool, each job one op.
 * Semantics after the Amazon S3 API reference: ranges past the end, conditions, pages, parts. */

#include "config.h"

#include "store/store-mem-private.h"

#include "base/base-error.h"
#include "base/base-memory.h"
#include "base/base-pool.h"

#include <string.h>

#define PIECE_SIZE (256 * 1024)
#define PAGE_SIZE 1000
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

typedef struct
{
  gatomicrefcount refs;
  GBytes *bytes;
  char *etag;
  gint64 mtime;
  S3dAttributes *attributes;
} Object;

typedef struct
{
  GTree *objects; /* key → Object, in byte order */
  gint64 created;
} Container;

static GMutex lock;
static GHashTable *containers; /* name → Container */
static guint64 serial;

guint64
s3d_mem_next_serial (void)
{
  guint64 number;

  g_mutex_lock (&lock);
  number = ++serial;
  g_mutex_unlock (&lock);

  return number;
}

/* Looks like the MD5 that S3 gives and, like it, changes with every write, but costs nothing. */
char *
s3d_mem_new_etag (void)
{
  guint64 number = s3d_mem_next_serial () * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return g_strdup_printf ("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", number, number ^ (number >> 29));
}

static Object *
object_new (GBytes *bytes,
            char *etag,
            S3dAttributes *attributes)
{
  Object *object = g_new0 (Object, 1);

  g_atomic_ref_count_init (&object->refs);
  object->bytes = bytes;
  object->etag = etag;
  object->mtime = g_get_real_time ();
  object->attributes = attributes;

  return object;
}

static Object *
object_ref (Object *object)
{
  g_atomic_ref_count_inc (&object->refs);

  return object;
}

static void
object_unref (gpointer data)
{
  Object *object = data;

  if (!g_atomic_ref_count_dec (&object->refs))
    return;

  g_bytes_unref (object->bytes);
  g_free (object->etag);
  g_clear_pointer (&object->attributes, s3d_attributes_free);
  g_free (object);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Object, object_unref)

static int
compare_keys (gconstpointer a,
              gconstpointer b,
              gpointer data)
{
  return strcmp (a, b);
}

static void
container_free (gpointer data)
{
  Container *container = data;

  g_tree_unref (container->objects);
  g_free (container);
}

static S3dlioObjectInfo *
object_info (S3dlioUri *uri,
             const Object *object)
{
  g_autofree char *text = s3dlio_uri_to_string (uri);
  const S3dAttributes *attributes = object->attributes;
  S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, text, g_bytes_get_size (object->bytes),
                                                object->mtime, object->etag);
  GHashTableIter iter;
  gpointer name, value;

  if (!attributes)
    return info;

  s3d_object_info_set_attribute (info, "content-type", attributes->content_type);
  s3d_object_info_set_attribute (info, "content-encoding", attributes->content_encoding);
  s3d_object_info_set_attribute (info, "content-language", attributes->content_language);
  s3d_object_info_set_attribute (info, "content-disposition", attributes->content_disposition);
  s3d_object_info_set_attribute (info, "cache-control", attributes->cache_control);
  s3d_object_info_set_attribute (info, "storage-class", attributes->storage_class);
  if (!attributes->metadata)
    return info;

  g_hash_table_iter_init (&iter, attributes->metadata);
  while (g_hash_table_iter_next (&iter, &name, &value))
    s3d_object_info_set_metadata (info, name, value);

  return info;
}

/* The container of @uri. With the lock held. */
static Container *
find_container (S3dlioUri *uri,
                GError **error)
{
  const char *name = s3dlio_uri_get_container (uri);
  Container *container = name && containers ? g_hash_table_lookup (containers, name) : NULL;

  if (!container)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no container \"%s\"", name ? name : "");

  return container;
}

static gboolean
check_match (const Object *object,
             const char *if_match,
             GError **error)
{
  if (!if_match || strcmp (if_match, "*") == 0 || strcmp (if_match, object->etag) == 0)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION, "its ETag is \"%s\", not \"%s\"", object->etag,
               if_match);

  return FALSE;
}

static Object *
find_object (S3dlioUri *uri,
             const char *if_match,
             GError **error)
{
  const char *key = s3dlio_uri_get_key (uri);
  Container *container;
  Object *object = NULL;

  g_mutex_lock (&lock);
  container = find_container (uri, error);
  if (container)
    {
      object = g_tree_lookup (container->objects, key);
      if (object)
        object_ref (object);
      else
        g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no object \"%s\"", key);
    }
  g_mutex_unlock (&lock);

  if (object && !check_match (object, if_match, error))
    g_clear_pointer (&object, object_unref);

  return object;
}

/* Puts @object (taken) into its container, if the conditions of @op hold. @if_match: of the target. */
static gboolean
publish (S3dOp *op,
         Object *object,
         const char *if_match,
         GError **error)
{
  g_autoptr (Object) fresh = object;
  const char *key = s3dlio_uri_get_key (op->target);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  Object *old;

  if (!container)
    return FALSE;

  if (key[0] == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the URI names no object");
      return FALSE;
    }

  old = g_tree_lookup (container->objects, key);
  if (old && op->no_clobber)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "the object \"%s\" exists", key);
      return FALSE;
    }
  if (if_match && !old)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no object \"%s\"", key);
      return FALSE;
    }
  if (if_match && !check_match (old, if_match, error))
    return FALSE;

  op->info = object_info (op->target, fresh);
  g_tree_replace (container->objects, g_strdup (key), g_steal_pointer (&fresh));

  return TRUE;
}

static gboolean
check_cancelled (S3dOp *op,
                 GError **error)
{
  if (!s3d_op_is_cancelled (op))
    return TRUE;

  g_propagate_error (error, s3d_error_new_cancelled ());

  return FALSE;
}

static gboolean
send_body (S3dOp *op,
           const guint8 *data,
           gsize size,
           GError **error)
{
  if (!op->sink)
    return TRUE;

  if (!s3d_sink_begin (op->sink, (gint64) size, error))
    return FALSE;

  while (size > 0)
    {
      gsize piece = MIN (size, PIECE_SIZE);
      gpointer buffer = s3d_sink_get_buffer (op->sink, &piece);

      if (!check_cancelled (op, error))
        return FALSE;

      piece = MIN (piece, size);
      if (buffer)
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
run_read (MemStore *store,
          S3dOp *op,
          GError **error)
{
  g_autoptr (Object) object = find_object (op->target, op->if_match, error);
  const guint8 *data;
  gsize size;

  if (!object)
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
  op->info = object_info (op->target, object);
  op->facts.first_byte = g_get_monotonic_time ();

  if (op->ready && !op->ready (op, op->ready_data, error))
    return FALSE;

  return send_body (op, data + op->range_offset, (gsize) op->range_length, error);
}

static gboolean
stat_container (S3dOp *op,
                GError **error)
{
  g_autofree char *uri = s3d_uri_root (op->target);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (!container)
    return FALSE;

  op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_CONTAINER, uri, -1, container->created, NULL);

  return TRUE;
}

static gboolean
run_stat (MemStore *store,
          S3dOp *op,
          GError **error)
{
  g_autoptr (Object) object = NULL;

  if (s3dlio_uri_get_key (op->target)[0] == '\0')
    return stat_container (op, error);

  object = find_object (op->target, NULL, error);
  if (!object)
    return FALSE;

  op->info = object_info (op->target, object);

  return TRUE;
}

GBytes *
s3d_mem_read_source (S3dOp *op,
                     GError **error)
{
  guint64 length = op->source ? s3d_source_get_length (op->source) : 0;
  guint8 *memory;
  gsize got = 0;

  if (length == 0)
    return g_bytes_new_static ("", 0);

  memory = length <= G_MAXSIZE ? s3d_memory_alloc ((gsize) length) : NULL;
  if (!memory)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "no memory for %" G_GUINT64_FORMAT " bytes", length);
      return NULL;
    }

  while (got < length)
    {
      gssize n = check_cancelled (op, error) ? s3d_source_read (op->source, got, memory + got,
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
run_write (MemStore *store,
           S3dOp *op,
           GError **error)
{
  GBytes *bytes = s3d_mem_read_source (op, error);

  if (!bytes)
    return FALSE;

  return s3d_mem_publish (op, bytes, s3d_mem_new_etag (), s3d_attributes_copy (op->attributes), error);
}

static gboolean
run_delete (MemStore *store,
            S3dOp *op,
            GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  Object *object = container ? g_tree_lookup (container->objects, s3dlio_uri_get_key (op->target)) : NULL;

  if (!container || (object && !check_match (object, op->if_match, error)))
    return FALSE;

  g_tree_remove (container->objects, s3dlio_uri_get_key (op->target));

  return TRUE;
}

GBytes *
s3d_mem_find_bytes (S3dlioUri *uri,
                    const char *if_match,
                    GError **error)
{
  g_autoptr (Object) object = find_object (uri, if_match, error);

  return object ? g_bytes_ref (object->bytes) : NULL;
}

gboolean
s3d_mem_publish (S3dOp *op,
                 GBytes *bytes,
                 char *etag,
                 S3dAttributes *attributes,
                 GError **error)
{
  return publish (op, object_new (bytes, etag, attributes), op->if_match, error);
}

gboolean
s3d_mem_has_container (S3dlioUri *uri,
                       GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return find_container (uri, error) != NULL;
}

static gboolean
run_delete_many (MemStore *store,
                 S3dOp *op,
                 GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (!container)
    return FALSE;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = &g_array_index (op->keys, S3dKey, i);

      g_tree_remove (container->objects, key->key);
      key->state = S3D_KEY_GONE;
    }

  return TRUE;
}

static gboolean
run_copy (MemStore *store,
          S3dOp *op,
          GError **error)
{
  g_autoptr (Object) from = find_object (op->from, op->if_match, error);
  const S3dAttributes *attributes;
  Object *copy;

  if (!from)
    return FALSE;

  attributes = op->attributes ? op->attributes : from->attributes;
  copy = object_new (g_bytes_ref (from->bytes), s3d_mem_new_etag (), s3d_attributes_copy (attributes));

  return publish (op, copy, NULL, error);
}

/* The first node of a page: after a key ("k…"), or after all that begins with a common prefix ("p…/"). */
static GTreeNode *
page_start (GTree *objects,
            const char *prefix,
            const char *token)
{
  g_autofree char *behind = NULL;

  if (!token)
    return g_tree_lower_bound (objects, prefix);
  if (token[0] == 'k')
    return g_tree_upper_bound (objects, token + 1);

  behind = g_strdup (token + 1);
  behind[strlen (behind) - 1] = '/' + 1;

  return g_tree_lower_bound (objects, behind);
}

static void
add_item (S3dOp *op,
          const char *root,
          const char *key,
          gsize key_size,
          const Object *object)
{
  g_autofree char *uri = g_strdup_printf ("%s%.*s", root, (int) key_size, key);

  if (object)
    g_ptr_array_add (op->items, s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri,
                                                     (gint64) g_bytes_get_size (object->bytes), object->mtime,
                                                     object->etag));
  else
    g_ptr_array_add (op->items, s3d_object_info_new (S3DLIO_OBJECT_TYPE_PREFIX, uri, -1, S3D_TIME_UNKNOWN, NULL));
}

static gboolean
run_list (MemStore *store,
          S3dOp *op,
          GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  g_autofree char *root = s3d_uri_root (op->target);
  const char *prefix = s3dlio_uri_get_key (op->target);
  guint page = op->page_size > 0 ? MIN (op->page_size, PAGE_SIZE) : PAGE_SIZE;
  g_autofree char *last = NULL;
  GTreeNode *node;

  if (!container)
    return FALSE;

  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  node = page_start (container->objects, prefix, op->cursor->token);
  while (node && op->items->len < page && g_str_has_prefix (g_tree_node_key (node), prefix))
    {
      const char *key = g_tree_node_key (node);
      const char *slash = op->recursive ? NULL : strchr (key + strlen (prefix), '/');
      gsize size = slash ? (gsize) (slash - key) + 1 : strlen (key);

      add_item (op, root, key, size, slash ? NULL : g_tree_node_value (node));
      g_free (last);
      last = g_strdup_printf ("%c%.*s", slash ? 'p' : 'k', (int) size, key);
      node = slash ? page_start (container->objects, prefix, last) : g_tree_node_next (node);
    }

  op->cursor->at_end = !node || !g_str_has_prefix (g_tree_node_key (node), prefix);
  g_free (op->cursor->token);
  op->cursor->token = op->cursor->at_end ? NULL : g_steal_pointer (&last);

  return TRUE;
}

static gboolean
run_container_create (MemStore *store,
                      S3dOp *op,
                      GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  const char *name = s3dlio_uri_get_container (op->target);
  Container *container;

  if (!name || name[0] == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the URI names no container");
      return FALSE;
    }

  if (!containers)
    containers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, container_free);
  if (g_hash_table_contains (containers, name))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "the container \"%s\" exists", name);
      return FALSE;
    }

  container = g_new0 (Container, 1);
  container->objects = g_tree_new_full (compare_keys, NULL, g_free, object_unref);
  container->created = g_get_real_time ();
  g_hash_table_insert (containers, g_strdup (name), container);

  return TRUE;
}

static gboolean
run_container_delete (MemStore *store,
                      S3dOp *op,
                      GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (!container)
    return FALSE;

  if (g_tree_nnodes (container->objects) > 0)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "the container \"%s\" is not empty",
                   s3dlio_uri_get_container (op->target));
      return FALSE;
    }

  return g_hash_table_remove (containers, s3dlio_uri_get_container (op->target));
}

static int
compare_infos (gconstpointer a,
               gconstpointer b)
{
  return strcmp (s3dlio_object_info_get_uri (*(S3dlioObjectInfo *const *) a),
                 s3dlio_object_info_get_uri (*(S3dlioObjectInfo *const *) b));
}

static gboolean
run_container_list (MemStore *store,
                    S3dOp *op,
                    GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  GHashTableIter iter;
  gpointer name, container;

  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  if (op->cursor)
    op->cursor->at_end = TRUE;
  if (!containers)
    return TRUE;

  g_hash_table_iter_init (&iter, containers);
  while (g_hash_table_iter_next (&iter, &name, &container))
    {
      g_autoptr (S3dlioUri) uri = s3d_uri_new_sibling (op->target, name, "");
      g_autofree char *text = s3dlio_uri_to_string (uri);

      g_ptr_array_add (op->items, s3d_object_info_new (S3DLIO_OBJECT_TYPE_CONTAINER, text, -1,
                                                       ((Container *) container)->created, NULL));
    }
  g_ptr_array_sort (op->items, compare_infos);

  return TRUE;
}

static gboolean (*const handlers[S3D_OP_N_KINDS]) (MemStore *store, S3dOp *op, GError **error) = {
  [S3D_OP_READ] = run_read,
  [S3D_OP_STAT] = run_stat,
  [S3D_OP_WRITE] = run_write,
  [S3D_OP_DELETE] = run_delete,
  [S3D_OP_DELETE_MANY] = run_delete_many,
  [S3D_OP_LIST] = run_list,
  [S3D_OP_COPY] = run_copy,
  [S3D_OP_UPLOAD_BEGIN] = s3d_mem_run_upload_begin,
  [S3D_OP_UPLOAD_PART] = s3d_mem_run_upload_part,
  [S3D_OP_UPLOAD_PART_COPY] = s3d_mem_run_upload_part_copy,
  [S3D_OP_UPLOAD_COMPLETE] = s3d_mem_run_upload_complete,
  [S3D_OP_UPLOAD_ABORT] = s3d_mem_run_upload_abort,
  [S3D_OP_UPLOAD_LIST] = s3d_mem_run_upload_list,
  [S3D_OP_CONTAINER_CREATE] = run_container_create,
  [S3D_OP_CONTAINER_DELETE] = run_container_delete,
  [S3D_OP_CONTAINER_LIST] = run_container_list,
};

static void
run_op (gpointer data)
{
  S3dOp *op = data;
  MemStore *store = (MemStore *) op->store;
  GError *error = NULL;

  op->facts.attempts = 1;
  if (check_cancelled (op, &error))
    handlers[op->kind](store, op, &error);

  s3d_op_complete (op, error);
}

static void
start_op (S3dStore *store,
          S3dOp *op)
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
s3d_mem_store_set_part_limits (S3dStore *store,
                               guint64 min_part_size,
                               guint max_parts)
{
  MemStore *mem = (MemStore *) store;

  mem->klass.min_part_size = min_part_size;
  mem->klass.max_parts = max_parts;
}

S3dStore *
s3d_mem_store_open (S3dlioUri *uri,
                    S3dSettings *settings,
                    GError **error)
{
  MemStore *mem = g_new0 (MemStore, 1);

  mem->klass.name = "mem";
  for (guint kind = 0; kind < S3D_OP_N_KINDS; kind++)
    mem->klass.start[kind] = handlers[kind] ? start_op : NULL;
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What mem:// stores: containers, and the objects in them. It belongs to the process, not to a store: every client sees
 * the same. One lock guards the tables; bodies are immutable GBytes, so that they are copied without it. */

#include "config.h"

#include "base/base-error.h"
#include "store/store-mem-private.h"

#include <string.h>

#define PAGE_SIZE 1000

typedef struct
{
  GTree *objects; /* key → S3dMemObject, in byte order */
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

S3dMemObject *
s3d_mem_object_new (GBytes *bytes, char *etag, S3dAttributes *attributes)
{
  S3dMemObject *object = g_new0 (S3dMemObject, 1);

  g_atomic_ref_count_init (&object->refs);
  object->bytes = bytes;
  object->etag = etag;
  object->mtime = g_get_real_time ();
  object->attributes = attributes;

  return object;
}

static S3dMemObject *
object_ref (S3dMemObject *object)
{
  g_atomic_ref_count_inc (&object->refs);

  return object;
}

void
s3d_mem_object_unref (gpointer data)
{
  S3dMemObject *object = data;

  if (!g_atomic_ref_count_dec (&object->refs))
    return;

  g_bytes_unref (object->bytes);
  g_free (object->etag);
  g_clear_pointer (&object->attributes, s3d_attributes_free);
  g_free (object);
}

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer data)
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

S3dlioObjectInfo *
s3d_mem_object_info (S3dlioUri *uri, const S3dMemObject *object)
{
  g_autofree char *text = s3dlio_uri_to_string (uri);
  const S3dAttributes *attributes = object->attributes;
  S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, text, g_bytes_get_size (object->bytes),
                                                object->mtime, object->etag);
  GHashTableIter iter;
  gpointer name, value;

  if (attributes == NULL)
    return info;

  s3d_object_info_set_attribute (info, "content-type", attributes->content_type);
  s3d_object_info_set_attribute (info, "content-encoding", attributes->content_encoding);
  s3d_object_info_set_attribute (info, "content-language", attributes->content_language);
  s3d_object_info_set_attribute (info, "content-disposition", attributes->content_disposition);
  s3d_object_info_set_attribute (info, "cache-control", attributes->cache_control);
  s3d_object_info_set_attribute (info, "storage-class", attributes->storage_class);
  if (attributes->metadata == NULL)
    return info;

  g_hash_table_iter_init (&iter, attributes->metadata);
  while (g_hash_table_iter_next (&iter, &name, &value))
    s3d_object_info_set_metadata (info, name, value);

  return info;
}

/* The container of @uri. With the lock held. */
static Container *
find_container (S3dlioUri *uri, GError **error)
{
  const char *name = s3dlio_uri_get_container (uri);
  Container *container = name != NULL && containers != NULL ? g_hash_table_lookup (containers, name) : NULL;

  if (container == NULL)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no container \"%s\"", name != NULL ? name : "");

  return container;
}

static gboolean
check_match (const S3dMemObject *object, const char *if_match, GError **error)
{
  if (if_match == NULL || strcmp (if_match, "*") == 0 || strcmp (if_match, object->etag) == 0)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION, "its ETag is \"%s\", not \"%s\"", object->etag,
               if_match);

  return FALSE;
}

S3dMemObject *
s3d_mem_find_object (S3dlioUri *uri, const char *if_match, GError **error)
{
  const char *key = s3dlio_uri_get_key (uri);
  Container *container;
  S3dMemObject *object = NULL;

  g_mutex_lock (&lock);
  container = find_container (uri, error);
  if (container != NULL)
    {
      object = g_tree_lookup (container->objects, key);
      if (object != NULL)
        object_ref (object);
      else
        g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no object \"%s\"", key);
    }
  g_mutex_unlock (&lock);

  if (object != NULL && !check_match (object, if_match, error))
    g_clear_pointer (&object, s3d_mem_object_unref);

  return object;
}

/* Puts @object (taken) into its container, if the conditions of @op hold. @if_match: of the target. */
gboolean
s3d_mem_publish (S3dOp *op, S3dMemObject *object, const char *if_match, GError **error)
{
  g_autoptr (S3dMemObject) fresh = object;
  const char *key = s3dlio_uri_get_key (op->target);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  S3dMemObject *old;

  if (container == NULL)
    return FALSE;

  if (key[0] == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the URI names no object");
      return FALSE;
    }

  old = g_tree_lookup (container->objects, key);
  if (old != NULL && op->no_clobber)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "the object \"%s\" exists", key);
      return FALSE;
    }
  if (if_match != NULL && old == NULL)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND, "there is no object \"%s\"", key);
      return FALSE;
    }
  if (if_match != NULL && !check_match (old, if_match, error))
    return FALSE;

  op->info = s3d_mem_object_info (op->target, fresh);
  g_tree_replace (container->objects, g_strdup (key), g_steal_pointer (&fresh));

  return TRUE;
}

gboolean
s3d_mem_stat_container (S3dOp *op, GError **error)
{
  g_autofree char *uri = s3d_uri_root (op->target);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (container == NULL)
    return FALSE;

  op->info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_CONTAINER, uri, -1, container->created, NULL);

  return TRUE;
}

gboolean
s3d_mem_run_delete (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  S3dMemObject *object = container != NULL ? g_tree_lookup (container->objects, s3dlio_uri_get_key (op->target)) : NULL;

  if (container == NULL || (object != NULL && !check_match (object, op->if_match, error)))
    return FALSE;

  g_tree_remove (container->objects, s3dlio_uri_get_key (op->target));

  return TRUE;
}

gboolean
s3d_mem_run_delete_many (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (container == NULL)
    return FALSE;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = &g_array_index (op->keys, S3dKey, i);

      g_tree_remove (container->objects, key->key);
      key->state = S3D_KEY_GONE;
    }

  return TRUE;
}

gboolean
s3d_mem_has_container (S3dlioUri *uri, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return find_container (uri, error) != NULL;
}

/* The first node of a page: after a key ("k…"), or after all that begins with a common prefix ("p…/"). */
static GTreeNode *
page_start (GTree *objects, const char *prefix, const char *token)
{
  g_autofree char *behind = NULL;

  if (token == NULL)
    return g_tree_lower_bound (objects, prefix);
  if (token[0] == 'k')
    return g_tree_upper_bound (objects, token + 1);

  behind = g_strdup (token + 1);
  behind[strlen (behind) - 1] = '/' + 1;

  return g_tree_lower_bound (objects, behind);
}

static void
add_item (S3dOp *op, const char *root, const char *key, gsize key_size, const S3dMemObject *object)
{
  g_autofree char *uri = g_strdup_printf ("%s%.*s", root, (int) key_size, key);

  if (object != NULL)
    g_ptr_array_add (op->items, s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri,
                                                     (gint64) g_bytes_get_size (object->bytes), object->mtime,
                                                     object->etag));
  else
    g_ptr_array_add (op->items, s3d_object_info_new (S3DLIO_OBJECT_TYPE_PREFIX, uri, -1, S3D_TIME_UNKNOWN, NULL));
}

gboolean
s3d_mem_run_list (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);
  g_autofree char *root = s3d_uri_root (op->target);
  const char *prefix = s3dlio_uri_get_key (op->target);
  guint page = op->page_size > 0 ? MIN (op->page_size, PAGE_SIZE) : PAGE_SIZE;
  g_autofree char *last = NULL;
  GTreeNode *node;

  if (container == NULL)
    return FALSE;

  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  node = page_start (container->objects, prefix, op->cursor->token);
  while (node != NULL && op->items->len < page && g_str_has_prefix (g_tree_node_key (node), prefix))
    {
      const char *key = g_tree_node_key (node);
      const char *slash = op->recursive ? NULL : strchr (key + strlen (prefix), '/');
      gsize size = slash != NULL ? (gsize) (slash - key) + 1 : strlen (key);

      add_item (op, root, key, size, slash != NULL ? NULL : g_tree_node_value (node));
      g_free (last);
      last = g_strdup_printf ("%c%.*s", slash != NULL ? 'p' : 'k', (int) size, key);
      node = slash != NULL ? page_start (container->objects, prefix, last) : g_tree_node_next (node);
    }

  op->cursor->at_end = node == NULL || !g_str_has_prefix (g_tree_node_key (node), prefix);
  g_free (op->cursor->token);
  op->cursor->token = op->cursor->at_end ? NULL : g_steal_pointer (&last);

  return TRUE;
}

gboolean
s3d_mem_run_container_create (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  const char *name = s3dlio_uri_get_container (op->target);
  Container *container;

  if (name == NULL || name[0] == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the URI names no container");
      return FALSE;
    }

  if (containers == NULL)
    containers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, container_free);
  if (g_hash_table_contains (containers, name))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "the container \"%s\" exists", name);
      return FALSE;
    }

  container = g_new0 (Container, 1);
  container->objects = g_tree_new_full (compare_keys, NULL, g_free, s3d_mem_object_unref);
  container->created = g_get_real_time ();
  g_hash_table_insert (containers, g_strdup (name), container);

  return TRUE;
}

gboolean
s3d_mem_run_container_delete (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  Container *container = find_container (op->target, error);

  if (container == NULL)
    return FALSE;

  if (g_tree_nnodes (container->objects) > 0)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION, "the container \"%s\" is not empty",
                   s3dlio_uri_get_container (op->target));
      return FALSE;
    }

  return g_hash_table_remove (containers, s3dlio_uri_get_container (op->target));
}

static int
compare_infos (gconstpointer a, gconstpointer b)
{
  return strcmp (s3dlio_object_info_get_uri (*(S3dlioObjectInfo *const *) a),
                 s3dlio_object_info_get_uri (*(S3dlioObjectInfo *const *) b));
}

gboolean
s3d_mem_run_container_list (MemStore *store, S3dOp *op, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  GHashTableIter iter;
  gpointer name, container;

  op->items = g_ptr_array_new_with_free_func ((GDestroyNotify) s3dlio_object_info_unref);
  if (op->cursor != NULL)
    op->cursor->at_end = TRUE;
  if (containers == NULL)
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

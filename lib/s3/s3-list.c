/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listing: one page of ListObjectsV2, of the uploads that are not ended, and the buckets.
 *
 * Objects and common prefixes of a page come out as one sequence in byte order. What a list returns are URIs that can
 * be passed back, endpoint included.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_ListMultipartUploads.html.
 * Runs on a loop thread. */

#include "config.h"

#include "s3/s3-private.h"

static gboolean
fail_page (GError **error, const char *why)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service's list cannot be used: %s", why);
  return FALSE;
}

static gboolean
move_cursor (S3dCursor *cursor, S3dS3Page *page, GError **error)
{
  if (!page->truncated)
    {
      cursor->at_end = TRUE;
      g_clear_pointer (&cursor->token, g_free);
      return TRUE;
    }
  if (page->token == NULL || *page->token == '\0')
    return fail_page (error, "it goes on, but does not say where");
  if (g_strcmp0 (page->token, cursor->token) == 0)
    return fail_page (error, "it goes on where it began");
  g_free (cursor->token);
  cursor->token = g_steal_pointer (&page->token);
  return TRUE;
}

static S3dlioObjectType
type_of (const S3dOp *op, const S3dS3Entry *entry)
{
  if (op->kind == S3D_OP_UPLOAD_LIST)
    return S3DLIO_OBJECT_TYPE_UPLOAD;
  return entry->is_prefix ? S3DLIO_OBJECT_TYPE_PREFIX : S3DLIO_OBJECT_TYPE_OBJECT;
}

static void
make_items (S3dOp *op, const S3dS3Page *page)
{
  g_autofree char *root = s3d_uri_root (op->target);
  g_autoptr (GString) uri = g_string_new (root);
  gsize root_length = uri->len;

  op->items = g_ptr_array_new_full (page->entries->len, (GDestroyNotify) s3dlio_object_info_unref);
  for (guint i = 0; i < page->entries->len; i++)
    {
      const S3dS3Entry *entry = &g_array_index (page->entries, S3dS3Entry, i);

      g_string_truncate (uri, root_length);
      g_string_append (uri, entry->name);
      S3dlioObjectInfo *info =
          s3d_object_info_new (type_of (op, entry), uri->str, entry->size, entry->mtime, entry->etag);
      if (entry->storage_class != NULL)
        s3d_object_info_set_attribute (info, "storage-class", entry->storage_class);
      if (entry->upload_id != NULL)
        s3d_object_info_set_attribute (info, "upload-id", entry->upload_id);
      g_ptr_array_add (op->items, info);
    }
}

static S3dHttpVerdict
list_answer (S3dS3Job *job, GError **error)
{
  g_auto (S3dS3Page) page;

  s3d_s3_page_init (&page);
  S3dHttpVerdict verdict = s3d_s3_job_read_document (job, "ListBucketResult", s3d_s3_page_read_objects, &page, error);
  if (*error == NULL && s3d_s3_page_arrange (&page, error) && move_cursor (job->op->cursor, &page, error))
    make_items (job->op, &page);
  return verdict;
}

static const S3dS3Verb list_verb = { .method = "GET", .answer = list_answer };

static void
append_parameter (GString *query, const char *name, const char *value)
{
  g_string_append_printf (query, "%s%s=", query->len > 0 ? "&" : "", name);
  s3d_uri_encode (query, value, FALSE);
}

void
s3d_s3_start_list (S3dStore *store, S3dOp *op)
{
  g_autoptr (GString) query = g_string_new (NULL);

  if (op->cursor->token != NULL)
    append_parameter (query, "continuation-token", op->cursor->token);
  if (!op->recursive)
    append_parameter (query, "delimiter", "/");
  append_parameter (query, "encoding-type", "url");
  append_parameter (query, "list-type", "2");
  if (op->page_size > 0)
    g_string_append_printf (query, "&max-keys=%u", op->page_size);
  append_parameter (query, "prefix", op->target->key);
  s3d_s3_job_start (s3d_s3_job_new (store, op, &list_verb, NULL, query->str));
}

/* --- uploads --- */

/* The next page begins behind a key and one of its uploads: the token is the part of the query that says so. */
static gboolean
make_token (S3dS3Page *page, GError **error)
{
  if (!page->truncated || page->token == NULL)
    return TRUE;
  if (page->encoded && !s3d_s3_decode (page->token))
    return fail_page (error, "its marker is not encoded as it says");
  g_autoptr (GString) markers = g_string_new (NULL);
  append_parameter (markers, "key-marker", page->token);
  if (page->upload_token != NULL)
    append_parameter (markers, "upload-id-marker", page->upload_token);
  g_free (page->token);
  page->token = g_string_free (g_steal_pointer (&markers), FALSE);
  return TRUE;
}

static S3dHttpVerdict
uploads_answer (S3dS3Job *job, GError **error)
{
  g_auto (S3dS3Page) page;

  s3d_s3_page_init (&page);
  S3dHttpVerdict verdict =
      s3d_s3_job_read_document (job, "ListMultipartUploadsResult", s3d_s3_page_read_uploads, &page, error);
  s3d_s3_page_guess_encoding (&page);
  if (*error == NULL && s3d_s3_page_arrange (&page, error) && make_token (&page, error)
      && move_cursor (job->op->cursor, &page, error))
    make_items (job->op, &page);
  return verdict;
}

static const S3dS3Verb uploads_verb = { .method = "GET", .answer = uploads_answer };

void
s3d_s3_start_upload_list (S3dStore *store, S3dOp *op)
{
  g_autoptr (GString) query = g_string_new ("encoding-type=url");

  if (op->cursor->token != NULL)
    g_string_append_printf (query, "&%s", op->cursor->token);
  if (op->page_size > 0)
    g_string_append_printf (query, "&max-uploads=%u", op->page_size);
  append_parameter (query, "prefix", op->target->key);
  g_string_append (query, "&uploads=");
  s3d_s3_job_start (s3d_s3_job_new (store, op, &uploads_verb, NULL, query->str));
}

/* --- buckets --- */

static void
make_buckets (S3dOp *op, const S3dS3Page *page)
{
  op->items = g_ptr_array_new_full (page->entries->len, (GDestroyNotify) s3dlio_object_info_unref);
  for (guint i = 0; i < page->entries->len; i++)
    {
      const S3dS3Entry *entry = &g_array_index (page->entries, S3dS3Entry, i);
      g_autoptr (S3dlioUri) bucket = s3d_uri_new_sibling (op->target, entry->name, "");
      g_autofree char *uri = s3dlio_uri_to_string (bucket);

      g_ptr_array_add (op->items,
                       s3d_object_info_new (S3DLIO_OBJECT_TYPE_CONTAINER, uri, -1, entry->mtime, NULL));
    }
}

static S3dHttpVerdict
buckets_answer (S3dS3Job *job, GError **error)
{
  g_auto (S3dS3Page) page;

  s3d_s3_page_init (&page);
  S3dHttpVerdict verdict =
      s3d_s3_job_read_document (job, "ListAllMyBucketsResult", s3d_s3_page_read_buckets, &page, error);
  if (*error == NULL && s3d_s3_page_arrange (&page, error) && move_cursor (job->op->cursor, &page, error))
    make_buckets (job->op, &page);
  return verdict;
}

static const S3dS3Verb buckets_verb = { .method = "GET", .answer = buckets_answer };

void
s3d_s3_start_container_list (S3dStore *store, S3dOp *op)
{
  g_autoptr (GString) query = g_string_new (NULL);

  if (op->cursor->token != NULL)
    append_parameter (query, "continuation-token", op->cursor->token);
  s3d_s3_job_start (s3d_s3_job_new (store, op, &buckets_verb, NULL, query->len > 0 ? query->str : NULL));
}

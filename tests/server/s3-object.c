/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * S3 operations on one object: GET and HEAD with ranges (RFC 9110 §14) and conditions (§13), PUT,
 * copy, DELETE.
 */
#include "config.h"

#include "s3-private.h"

#include <string.h>

/* ---- headers that are kept ---- */

GPtrArray *
ts_s3_object_headers (TsCall *call)
{
  static const char *const kept[]
      = { "Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition",
          "Cache-Control", "Expires", "x-amz-storage-class", NULL };
  GPtrArray *headers = ts_pairs_new ();

  for (const char *const *name = kept; *name != NULL; name++)
    {
      const char *value = ts_call_header (call, *name);

      if (value != NULL)
        ts_pairs_add (headers, *name, value);
    }
  if (ts_pairs_get (headers, "Content-Type") == NULL)
    ts_pairs_add (headers, "Content-Type", "binary/octet-stream");
  for (guint i = 0; i < call->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->headers, i);
      g_autofree char *name = g_ascii_strdown (pair->name, -1);

      if (g_str_has_prefix (name, "x-amz-meta-"))
        ts_pairs_add (headers, name, pair->value);
    }
  return headers;
}

static void
describe (TsCall *call, TsObject *object)
{
  static const struct
  {
    const char *parameter;
    const char *header;
  } overrides[] = {
    { "response-content-type", "Content-Type" },
    { "response-content-disposition", "Content-Disposition" },
    { "response-content-encoding", "Content-Encoding" },
    { "response-content-language", "Content-Language" },
    { "response-cache-control", "Cache-Control" },
    { "response-expires", "Expires" },
  };
  g_autofree char *modified = ts_http_date (object->modified);

  for (guint i = 0; i < object->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (object->headers, i);

      if (!g_str_equal (pair->name, "x-amz-storage-class")
          || !g_str_equal (pair->value, "STANDARD"))
        ts_pairs_add (call->out_headers, pair->name, pair->value);
    }
  for (guint i = 0; i < G_N_ELEMENTS (overrides); i++)
    if (ts_call_param (call, overrides[i].parameter) != NULL)
      ts_call_set_header (call, overrides[i].header, ts_call_param (call, overrides[i].parameter));
  ts_call_set_header (call, "ETag", object->etag);
  ts_call_set_header (call, "Last-Modified", modified);
  ts_call_set_header (call, "Accept-Ranges", "bytes");
  if (call->status == 200 && g_strcmp0 (ts_call_header (call, "x-amz-checksum-mode"), "ENABLED") == 0)
    ts_s3_describe_checksum (call, object);
}

/* ---- conditions ---- */

static gboolean
etag_listed (const char *list, const char *etag)
{
  g_auto (GStrv) words = g_strsplit (list, ",", -1);
  g_autofree char *bare = g_strndup (etag + 1, strlen (etag) - 2);

  for (char **word = words; *word != NULL; word++)
    {
      const char *text = g_strstrip (*word);

      if (g_str_equal (text, "*") || g_str_equal (text, etag) || g_str_equal (text, bare))
        return TRUE;
    }
  return FALSE;
}

/* 0, or the status that the conditions of a read (headers with this prefix) give. */
static guint
check_read_conditions (TsCall *call, const char *prefix, TsObject *object)
{
  g_autofree char *name_match = g_strconcat (prefix, "If-Match", NULL);
  g_autofree char *name_none = g_strconcat (prefix, "If-None-Match", NULL);
  g_autofree char *name_since = g_strconcat (prefix, "If-Modified-Since", NULL);
  g_autofree char *name_unmodified = g_strconcat (prefix, "If-Unmodified-Since", NULL);
  const char *match = ts_call_header (call, name_match);
  const char *none = ts_call_header (call, name_none);
  const char *since = ts_call_header (call, name_since);
  const char *unmodified = ts_call_header (call, name_unmodified);
  gint64 time;

  if (match != NULL && !etag_listed (match, object->etag))
    return 412;
  if (match == NULL && unmodified != NULL)
    {
      time = ts_http_date_parse (unmodified);
      if (time >= 0 && object->modified > time)
        return 412;
    }
  if (none != NULL && etag_listed (none, object->etag))
    return 304;
  if (none == NULL && since != NULL)
    {
      time = ts_http_date_parse (since);
      if (time >= 0 && object->modified <= time)
        return 304;
    }
  return 0;
}

static void
precondition_failed (TsCall *call, const char *condition)
{
  g_autoptr (GString) details = g_string_new (NULL);

  ts_xml_element (details, "Condition", condition);
  ts_s3_error_with (call, 412, "PreconditionFailed",
                    "At least one of the pre-conditions you specified did not hold",
                    details->str);
}

gboolean
ts_s3_check_write (TsCall *call, TsObject *present)
{
  const char *none = ts_call_header (call, "If-None-Match");
  const char *match = ts_call_header (call, "If-Match");

  if (none != NULL && !g_str_equal (none, "*"))
    {
      ts_s3_error (call, 501, "NotImplemented",
                   "A header you provided implies functionality that is not implemented");
      return FALSE;
    }
  if (none != NULL && present != NULL)
    {
      precondition_failed (call, "If-None-Match");
      return FALSE;
    }
  if (match != NULL && present == NULL)
    {
      ts_s3_error (call, 404, "NoSuchKey", "The specified key does not exist.");
      return FALSE;
    }
  if (match != NULL && !etag_listed (match, present->etag))
    {
      precondition_failed (call, "If-Match");
      return FALSE;
    }
  return TRUE;
}

/* ---- reading ---- */

int
ts_s3_parse_range (const char *text, guint64 size, guint64 *first, guint64 *length)
{
  const char *dash;
  g_autofree char *from = NULL;
  guint64 start, end = G_MAXUINT64;

  if (text == NULL || !g_str_has_prefix (text, "bytes=") || strchr (text, ',') != NULL)
    return 0;
  text += strlen ("bytes=");
  dash = strchr (text, '-');
  if (dash == NULL)
    return 0;
  if (dash[1] != '\0' && !g_ascii_string_to_unsigned (dash + 1, 10, 0, G_MAXINT64, &end, NULL))
    return 0;
  if (dash == text)
    {
      if (dash[1] == '\0')
        return 0;
      *length = MIN (end, size);
      *first = size - *length;
      return *length > 0 ? 1 : -1;
    }
  from = g_strndup (text, (gsize) (dash - text));
  if (!g_ascii_string_to_unsigned (from, 10, 0, G_MAXINT64, &start, NULL) || end < start)
    return 0;
  if (start >= size)
    return -1;
  *first = start;
  *length = MIN (end, size - 1) - start + 1;
  return 1;
}

static void
answer_bad_range (TsCall *call, TsObject *object)
{
  TsRangeError mode = call->plan.range_error;
  g_autoptr (GString) details = g_string_new (NULL);
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, object->size);

  ts_xml_element (details, "RangeRequested", ts_call_header (call, "Range"));
  if (mode == TS_RANGE_ERROR_ALL || mode == TS_RANGE_ERROR_ACTUAL_SIZE)
    ts_xml_element (details, "ActualObjectSize", size);
  ts_s3_error_with (call, 416, "InvalidRange", "The requested range is not satisfiable",
                    details->str);
  if (mode == TS_RANGE_ERROR_ALL || mode == TS_RANGE_ERROR_CONTENT_RANGE)
    ts_call_set_headerf (call, "Content-Range", "bytes */%s", size);
}

static void
send_slice (TsCall *call, TsObject *object, guint64 first, guint64 length)
{
  call->claimed_length = length;
  if (call->head_only)
    return;
  for (guint i = 0; i < object->segments->len && length > 0; i++)
    {
      GBytes *bytes = g_ptr_array_index (object->segments, i);
      gsize size = g_bytes_get_size (bytes);
      gsize take;

      if (first >= size)
        {
          first -= size;
          continue;
        }
      take = MIN (size - first, length);
      ts_call_add_segment (call, bytes, first, take);
      length -= take;
      first = 0;
    }
}

/* The object as the plan of faults wants it from now on. */
static void
change_object (TsCall *call)
{
  g_autoptr (TsObject) object = ts_store_get (call->server->store, call->bucket, call->key);
  TsObject *changed;
  TsBucket *bucket;

  if (object == NULL || !(call->plan.new_etag || call->plan.overwrite))
    return;
  changed = call->plan.overwrite ? ts_object_inverted (object) : ts_object_renamed (object);
  bucket = ts_s3_lock_bucket (call);
  if (bucket == NULL)
    {
      ts_object_unref (changed);
      return;
    }
  ts_bucket_put_locked (bucket, call->key, changed);
  ts_store_unlock (call->server->store);
}

static void
answer_missing (TsCall *call)
{
  g_autoptr (GString) details = NULL;

  if (ts_s3_lock_bucket (call) == NULL)
    return;
  ts_store_unlock (call->server->store);
  details = g_string_new (NULL);
  ts_xml_element (details, "Key", call->key);
  ts_s3_error_with (call, 404, "NoSuchKey", "The specified key does not exist.", details->str);
}

void
ts_s3_get_object (TsCall *call)
{
  const char *range = call->plan.ignore_range ? NULL : ts_call_header (call, "Range");
  g_autoptr (TsObject) object = NULL;
  guint64 first = 0;
  guint64 length;
  guint status;

  change_object (call);
  object = ts_store_get (call->server->store, call->bucket, call->key);
  if (object == NULL)
    {
      answer_missing (call);
      return;
    }
  status = check_read_conditions (call, "", object);
  if (status == 412)
    {
      precondition_failed (call, ts_call_header (call, "If-Match") != NULL ? "If-Match"
                                                                           : "If-Unmodified-Since");
      return;
    }
  length = object->size;
  call->status = 200;
  switch (status == 304 ? 0 : ts_s3_parse_range (range, object->size, &first, &length))
    {
    case -1:
      answer_bad_range (call, object);
      return;
    case 1:
      call->status = 206;
      ts_call_set_headerf (call, "Content-Range",
                           "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                           first, first + length - 1, object->size);
      break;
    default:
      break;
    }
  describe (call, object);
  if (status == 304)
    call->status = 304;
  else
    send_slice (call, object, first, length);
}

/* ---- writing ---- */

/* Puts @object (taken) in place if the request's conditions allow. */
static gboolean
store_object (TsCall *call, TsObject *object)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);

  if (bucket == NULL)
    {
      ts_object_unref (object);
      return FALSE;
    }
  if (!ts_s3_check_write (call, g_tree_lookup (bucket->objects, call->key)))
    {
      ts_store_unlock (call->server->store);
      ts_object_unref (object);
      return FALSE;
    }
  ts_bucket_put_locked (bucket, call->key, object);
  ts_store_unlock (call->server->store);
  return TRUE;
}

void
ts_s3_put_object (TsCall *call)
{
  g_autoptr (TsObject) object = NULL;

  if (!ts_s3_check_md5 (call, FALSE))
    return;
  object = ts_object_new (ts_server_now (call->server));
  ts_object_append (object, call->body);
  ts_object_set_headers (object, ts_s3_object_headers (call));
  ts_object_set_md5 (object, call->server->etag_mode);
  if (!ts_s3_check_checksum (call, object) || !store_object (call, ts_object_ref (object)))
    return;
  call->status = 200;
  ts_call_set_header (call, "ETag", object->etag);
  ts_s3_describe_checksum (call, object);
}

TsObject *
ts_s3_copy_source (TsCall *call)
{
  const char *source = ts_call_header (call, "x-amz-copy-source");
  g_autofree char *path = g_strndup (source, strcspn (source, "?"));
  g_autofree char *decoded = ts_uri_decode (path, -1, FALSE);
  const char *bucket = decoded != NULL ? decoded + (*decoded == '/') : "";
  const char *slash = strchr (bucket, '/');
  g_autofree char *name = NULL;
  TsObject *object;
  guint status;

  if (slash == NULL || slash == bucket || slash[1] == '\0')
    {
      ts_s3_error (call, 400, "InvalidArgument",
                   "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
      return NULL;
    }
  name = g_strndup (bucket, (gsize) (slash - bucket));
  object = ts_store_get (call->server->store, name, slash + 1);
  if (object == NULL)
    {
      ts_s3_error (call, 404, "NoSuchKey", "The specified key does not exist.");
      return NULL;
    }
  status = check_read_conditions (call, "x-amz-copy-source-", object);
  if (status != 0)
    {
      precondition_failed (call, "x-amz-copy-source-If-Match");
      g_clear_pointer (&object, ts_object_unref);
    }
  return object;
}

static gboolean
read_directive (TsCall *call, gboolean *replace)
{
  const char *directive = ts_call_header (call, "x-amz-metadata-directive");
  const char *source = ts_call_header (call, "x-amz-copy-source");
  g_autofree char *path = ts_uri_decode (source + (*source == '/'), -1, FALSE);
  g_autofree char *target = g_strdup_printf ("%s/%s", call->bucket, call->key);

  *replace = g_strcmp0 (directive, "REPLACE") == 0;
  if (directive != NULL && !*replace && !g_str_equal (directive, "COPY"))
    {
      ts_s3_error (call, 400, "InvalidArgument", "Unknown metadata directive.");
      return FALSE;
    }
  if (!*replace && g_strcmp0 (path, target) == 0
      && ts_call_header (call, "x-amz-storage-class") == NULL)
    {
      ts_s3_error (call, 400, "InvalidRequest",
                   "This copy request is illegal because it is trying to copy an object to itself "
                   "without changing the object's metadata, storage class, website redirect "
                   "location or encryption attributes.");
      return FALSE;
    }
  return TRUE;
}

void
ts_s3_copy_object (TsCall *call)
{
  g_autoptr (TsObject) source = ts_s3_copy_source (call);
  g_autofree char *etag = NULL;
  g_autofree char *modified = NULL;
  gboolean replace;
  TsObject *object;
  GString *text;

  if (source == NULL || !read_directive (call, &replace))
    return;
  if (source->size > G_GUINT64_CONSTANT (5) << 30)
    {
      ts_s3_error (call, 400, "InvalidRequest",
                   "The specified copy source is larger than the maximum allowable size for a "
                   "copy source: 5368709120");
      return;
    }
  object = ts_object_new (ts_server_now (call->server));
  ts_object_append_object (object, source, 0, source->size);
  ts_object_set_headers (object, replace ? ts_s3_object_headers (call)
                                         : ts_pairs_copy (source->headers));
  ts_object_set_md5 (object, call->server->etag_mode);
  etag = g_strdup (object->etag);
  modified = ts_iso_date (object->modified);
  if (!store_object (call, object))
    return;
  text = ts_s3_xml_begin ("CopyObjectResult");
  ts_xml_element (text, "LastModified", modified);
  ts_xml_element (text, "ETag", etag);
  g_string_append (text, "</CopyObjectResult>");
  ts_s3_xml (call, text);
}

void
ts_s3_delete_object (TsCall *call)
{
  TsBucket *bucket;
  gboolean permitted;

  change_object (call);
  bucket = ts_s3_lock_bucket (call);
  if (bucket == NULL)
    return;
  permitted = ts_s3_check_write (call, g_tree_lookup (bucket->objects, call->key));
  if (permitted)
    g_tree_remove (bucket->objects, call->key);
  ts_store_unlock (call->server->store);
  if (permitted)
    call->status = 204;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Multipart uploads: parts are objects without a name; completion strings them together without a
 * copy. Uploads are looked up and changed under the store's lock.
 */
#include "config.h"

#include "s3-private.h"

#include <string.h>

#define MAX_PARTS 10000
#define PAGE 1000
#define MAX_PART_SIZE (G_GUINT64_CONSTANT (5) << 30)

/* The upload that the request names, the store locked; NULL: unlocked and answered. */
static TsUpload *
lock_upload (TsCall *call)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);
  TsUpload *upload;

  if (bucket == NULL)
    return NULL;
  upload = g_hash_table_lookup (bucket->uploads, ts_call_param (call, "uploadId"));
  if (upload != NULL && g_str_equal (upload->key, call->key))
    return upload;
  ts_store_unlock (call->server->store);
  ts_s3_error (call, 404, "NoSuchUpload",
               "The specified upload does not exist. The upload ID may be invalid, or the upload "
               "may have been aborted or completed.");
  return NULL;
}

void
ts_s3_create_upload (TsCall *call)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);
  TsUpload *upload;
  GString *text;

  if (bucket == NULL)
    return;
  upload = ts_bucket_add_upload_locked (call->server->store, bucket, call->key,
                                        ts_s3_object_headers (call),
                                        ts_server_now (call->server));
  if (!ts_s3_begin_checksum (call, upload))
    {
      g_hash_table_remove (bucket->uploads, upload->id);
      ts_store_unlock (call->server->store);
      return;
    }
  text = ts_s3_xml_begin ("InitiateMultipartUploadResult");
  ts_xml_element (text, "Bucket", call->bucket);
  ts_xml_element (text, "Key", call->key);
  ts_xml_element (text, "UploadId", upload->id);
  ts_store_unlock (call->server->store);
  g_string_append (text, "</InitiateMultipartUploadResult>");
  ts_s3_xml (call, text);
}

/* ---- parts ---- */

static gboolean
read_part_number (TsCall *call, guint *number)
{
  if (!ts_s3_number_param (call, "partNumber", 1, MAX_PARTS, 0, number))
    return FALSE;
  if (*number > 0)
    return TRUE;
  ts_s3_error (call, 400, "InvalidArgument", "partNumber is missing");
  return FALSE;
}

/* Takes @part; FALSE: answered. */
static gboolean
store_part (TsCall *call, guint number, TsObject *part)
{
  TsUpload *upload = lock_upload (call);

  if (upload == NULL)
    {
      ts_object_unref (part);
      return FALSE;
    }
  if (upload->checksum && part->checksum == NULL)
    {
      ts_store_unlock (call->server->store);
      ts_object_unref (part);
      ts_s3_error (call, 400, "InvalidRequest",
                   "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: null");
      return FALSE;
    }
  g_tree_replace (upload->parts, GINT_TO_POINTER (number), part);
  ts_store_unlock (call->server->store);
  return TRUE;
}

void
ts_s3_upload_part (TsCall *call)
{
  g_autoptr (TsObject) part = NULL;
  guint number;

  if (!read_part_number (call, &number) || !ts_s3_check_md5 (call, FALSE))
    return;
  part = ts_object_new (ts_server_now (call->server));
  ts_object_append (part, call->body);
  ts_object_set_md5 (part, call->server->etag_mode);
  if (!ts_s3_check_checksum (call, part) || !store_part (call, number, ts_object_ref (part)))
    return;
  call->status = 200;
  ts_call_set_header (call, "ETag", part->etag);
  ts_s3_describe_checksum (call, part);
}

/* bytes=FIRST-LAST, both given and inside the source; FALSE: answered. */
static gboolean
read_copy_range (TsCall *call, TsObject *source, guint64 *first, guint64 *length)
{
  const char *range = ts_call_header (call, "x-amz-copy-source-range");
  g_autofree char *whole = NULL;

  *first = 0;
  *length = source->size;
  if (range == NULL)
    return TRUE;
  if (ts_s3_parse_range (range, source->size, first, length) == 1)
    whole = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, *first,
                             *first + *length - 1);
  if (g_strcmp0 (whole, range) == 0)
    return TRUE;
  ts_s3_error (call, 400, "InvalidArgument",
               "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
               "and last are the zero-based offsets of the first and last bytes to copy");
  return FALSE;
}

void
ts_s3_upload_part_copy (TsCall *call)
{
  g_autoptr (TsObject) source = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *modified = NULL;
  guint64 first, length;
  guint number;
  TsObject *part;
  GString *text;

  if (!read_part_number (call, &number))
    return;
  source = ts_s3_copy_source (call);
  if (source == NULL || !read_copy_range (call, source, &first, &length))
    return;
  if (length > MAX_PART_SIZE)
    {
      ts_s3_error (call, 400, "InvalidRequest",
                   "The specified copy source is larger than the maximum allowable size for a "
                   "copy source: 5368709120");
      return;
    }
  part = ts_object_new (ts_server_now (call->server));
  ts_object_append_object (part, source, first, length);
  ts_object_set_md5 (part, call->server->etag_mode);
  etag = g_strdup (part->etag);
  modified = ts_iso_date (part->modified);
  if (!store_part (call, number, part))
    return;
  text = ts_s3_xml_begin ("CopyPartResult");
  ts_xml_element (text, "LastModified", modified);
  ts_xml_element (text, "ETag", etag);
  g_string_append (text, "</CopyPartResult>");
  ts_s3_xml (call, text);
}

static void
append_part (GString *text, guint number, const TsObject *part)
{
  g_autofree char *modified = ts_iso_date (part->modified);

  g_string_append_printf (text, "<Part><PartNumber>%u</PartNumber>", number);
  ts_xml_element (text, "LastModified", modified);
  ts_xml_element (text, "ETag", part->etag);
  g_string_append_printf (text, "<Size>%" G_GUINT64_FORMAT "</Size></Part>", part->size);
}

void
ts_s3_list_parts (TsCall *call)
{
  guint most, marker, last = 0;
  guint n = 0;
  TsUpload *upload;
  GTreeNode *node;
  GString *text;
  g_autoptr (GString) parts = g_string_new (NULL);

  if (!ts_s3_number_param (call, "max-parts", 0, G_MAXINT, PAGE, &most)
      || !ts_s3_number_param (call, "part-number-marker", 0, G_MAXINT, 0, &marker))
    return;
  most = MIN (most, PAGE);
  upload = lock_upload (call);
  if (upload == NULL)
    return;
  node = g_tree_upper_bound (upload->parts, GINT_TO_POINTER (marker));
  for (; node != NULL && n < most; node = g_tree_node_next (node), n++)
    {
      last = (guint) GPOINTER_TO_INT (g_tree_node_key (node));
      append_part (parts, last, g_tree_node_value (node));
    }
  ts_store_unlock (call->server->store);

  text = ts_s3_xml_begin ("ListPartsResult");
  ts_xml_element (text, "Bucket", call->bucket);
  ts_xml_element (text, "Key", call->key);
  ts_xml_element (text, "UploadId", ts_call_param (call, "uploadId"));
  g_string_append_printf (text, "<PartNumberMarker>%u</PartNumberMarker>", marker);
  g_string_append_printf (text, "<NextPartNumberMarker>%u</NextPartNumberMarker>", last);
  g_string_append_printf (text, "<MaxParts>%u</MaxParts><IsTruncated>%s</IsTruncated>%s", most,
                          node != NULL && most > 0 ? "true" : "false", parts->str);
  g_string_append (text, "</ListPartsResult>");
  ts_s3_xml (call, text);
}

/* ---- completion ---- */

typedef struct
{
  guint number;
  char *etag; /* as sent: with its quotes or without */
  char *checksum;
} Named;

static void
named_clear (gpointer data)
{
  g_free (((Named *) data)->etag);
  g_free (((Named *) data)->checksum);
}

/* What the client says the object consists of; NULL: answered. */
static GArray *
read_named_parts (TsCall *call)
{
  xmlDoc *document = ts_s3_read_xml (call, "CompleteMultipartUpload");
  GArray *named;
  gboolean good = TRUE;

  if (document == NULL)
    return NULL;
  named = g_array_new (FALSE, FALSE, sizeof (Named));
  g_array_set_clear_func (named, named_clear);
  for (xmlNode *node = xmlDocGetRootElement (document)->children; node != NULL; node = node->next)
    {
      Named part = { 0 };
      g_autofree char *number = NULL;
      guint64 n = 0;

      if (node->type != XML_ELEMENT_NODE || !g_str_equal ((const char *) node->name, "Part"))
        continue;
      number = ts_s3_xml_text (node, "PartNumber");
      part.etag = ts_s3_xml_text (node, "ETag");
      part.checksum = ts_s3_xml_text (node, "ChecksumCRC32C");
      good = good && number != NULL && part.etag != NULL
             && g_ascii_string_to_unsigned (number, 10, 1, MAX_PARTS, &n, NULL);
      part.number = (guint) n;
      g_array_append_val (named, part);
    }
  xmlFreeDoc (document);
  if (good && named->len > 0)
    return named;
  g_array_unref (named);
  ts_s3_error (call, 400, "MalformedXML",
               "The XML you provided was not well-formed or did not validate against our "
               "published schema");
  return NULL;
}

static gboolean
same_etag (const char *sent, const char *ours)
{
  gsize length = strlen (ours) - 2;

  if (g_str_equal (sent, ours))
    return TRUE;
  return strlen (sent) == length && strncmp (sent, ours + 1, length) == 0;
}

/* Why the part at @i cannot be taken: a code, or NULL. @before is the number of the one before
 * it. */
static const char *
wrong_with_part (TsCall *call, TsUpload *upload, const Named *named, guint before, gboolean last)
{
  const TsObject *part = g_tree_lookup (upload->parts, GINT_TO_POINTER (named->number));

  if (named->number <= before)
    return "InvalidPartOrder";
  if (part == NULL || !same_etag (named->etag, part->etag)
      || !ts_s3_part_checksum_fits (upload, part, named->checksum))
    return "InvalidPart";
  if (!last && part->size < call->server->min_part_size)
    return "EntityTooSmall";
  return NULL;
}

static void
set_multipart_etag (TsObject *object, GByteArray *digests)
{
  g_autofree char *md5 = NULL;

  md5 = g_compute_checksum_for_data (G_CHECKSUM_MD5, digests->data, digests->len);
  object->etag = g_strdup_printf ("\"%s-%u\"", md5, object->parts);
}

/* The parts together; or NULL and the code of what is wrong, unless the answer is set. */
static TsObject *
join_parts (TsCall *call, TsUpload *upload, GArray *named, const char **code)
{
  g_autoptr (TsObject) object = ts_object_new (ts_server_now (call->server));
  g_autoptr (GByteArray) digests = g_byte_array_new ();
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  guint before = 0;

  for (guint i = 0; i < named->len; i++)
    {
      const Named *name = &g_array_index (named, Named, i);
      TsObject *part;

      *code = wrong_with_part (call, upload, name, before, i + 1 == named->len);
      if (*code != NULL)
        return NULL;
      before = name->number;
      part = g_tree_lookup (upload->parts, GINT_TO_POINTER (name->number));
      ts_object_append_object (object, part, 0, part->size);
      g_ptr_array_add (parts, part);
      for (guint j = 0; j < 16; j++)
        {
          guint8 byte = (guint8) (g_ascii_xdigit_value (part->etag[1 + 2 * j]) << 4
                                  | g_ascii_xdigit_value (part->etag[2 + 2 * j]));

          g_byte_array_append (digests, &byte, 1);
        }
    }
  object->parts = named->len;
  ts_object_set_headers (object, ts_pairs_copy (upload->headers));
  set_multipart_etag (object, digests);
  return ts_s3_join_checksums (call, upload, parts, object) ? g_steal_pointer (&object) : NULL;
}

static void
answer_complete (TsCall *call, const TsObject *object)
{
  GString *text = ts_s3_xml_begin ("CompleteMultipartUploadResult");
  g_autofree char *location = g_strdup_printf ("http://%s%s", call->host, call->path);

  ts_xml_element (text, "Location", location);
  ts_xml_element (text, "Bucket", call->bucket);
  ts_xml_element (text, "Key", call->key);
  ts_xml_element (text, "ETag", object->etag);
  ts_s3_append_checksum (call, text, object->checksum);
  g_string_append (text, "</CompleteMultipartUploadResult>");
  ts_s3_xml (call, text);
}

/* With the store locked: the object in place and the upload gone; else NULL, and answered or
 * @code set. */
static TsObject *
complete_locked (TsCall *call, TsUpload *upload, GArray *named, const char **code)
{
  TsBucket *bucket = ts_store_bucket_locked (call->server->store, call->bucket);
  g_autoptr (TsObject) object = join_parts (call, upload, named, code);

  if (object == NULL || !ts_s3_check_write (call, g_tree_lookup (bucket->objects, call->key)))
    return NULL;
  ts_bucket_put_locked (bucket, call->key, ts_object_ref (object));
  g_hash_table_remove (bucket->uploads, upload->id);
  return g_steal_pointer (&object);
}

void
ts_s3_complete_upload (TsCall *call)
{
  g_autoptr (GArray) named = read_named_parts (call);
  TsUpload *upload = named != NULL ? lock_upload (call) : NULL;
  g_autoptr (TsObject) object = NULL;
  const char *code = NULL;

  if (upload == NULL)
    return;
  object = complete_locked (call, upload, named, &code);
  ts_store_unlock (call->server->store);
  if (object != NULL)
    answer_complete (call, object);
  else if (code != NULL)
    ts_s3_error (call, 400, code, "A part is missing, too small, out of order or another one.");
}

void
ts_s3_abort_upload (TsCall *call)
{
  TsUpload *upload = lock_upload (call);
  TsBucket *bucket;

  if (upload == NULL)
    return;
  bucket = ts_store_bucket_locked (call->server->store, call->bucket);
  g_hash_table_remove (bucket->uploads, upload->id);
  ts_store_unlock (call->server->store);
  call->status = 204;
}

/* ---- uploads ---- */

static int
compare_uploads (gconstpointer a, gconstpointer b)
{
  const TsUpload *one = a;
  const TsUpload *two = b;
  int order = strcmp (one->key, two->key);

  return order != 0 ? order : strcmp (one->id, two->id);
}

static gboolean
is_after (const TsUpload *upload, const char *key, const char *id)
{
  int order = strcmp (upload->key, key);

  return order > 0 || (order == 0 && id != NULL && strcmp (upload->id, id) > 0);
}

static void
append_upload (GString *text, const TsUpload *upload, gboolean url)
{
  g_autofree char *initiated = ts_iso_date (upload->initiated);

  g_string_append (text, "<Upload>");
  ts_s3_append_name (text, "Key", upload->key, url);
  ts_xml_element (text, "UploadId", upload->id);
  ts_xml_element (text, "StorageClass", "STANDARD");
  ts_xml_element (text, "Initiated", initiated);
  g_string_append (text, "</Upload>");
}

void
ts_s3_list_uploads (TsCall *call)
{
  const char *prefix = ts_call_param (call, "prefix");
  const char *key = ts_call_param (call, "key-marker");
  const char *id = ts_call_param (call, "upload-id-marker");
  gboolean url = g_strcmp0 (ts_call_param (call, "encoding-type"), "url") == 0;
  g_autoptr (GString) uploads = g_string_new (NULL);
  g_autoptr (GList) all = NULL;
  const TsUpload *last = NULL;
  gboolean truncated = FALSE;
  TsBucket *bucket;
  GString *text;
  guint most, n = 0;

  if (!ts_s3_number_param (call, "max-uploads", 1, G_MAXINT, PAGE, &most))
    return;
  most = MIN (most, PAGE);
  bucket = ts_s3_lock_bucket (call);
  if (bucket == NULL)
    return;
  text = ts_s3_xml_begin ("ListMultipartUploadsResult");
  all = g_list_sort (g_hash_table_get_values (bucket->uploads), compare_uploads);
  for (GList *item = all; item != NULL && !truncated; item = item->next)
    {
      const TsUpload *upload = item->data;

      if ((prefix != NULL && !g_str_has_prefix (upload->key, prefix))
          || (key != NULL && !is_after (upload, key, id)))
        continue;
      truncated = n == most;
      if (truncated)
        break;
      append_upload (uploads, upload, url);
      last = upload;
      n++;
    }
  ts_xml_element (text, "Bucket", call->bucket);
  if (url)
    ts_xml_element (text, "EncodingType", "url");
  ts_s3_append_name (text, "KeyMarker", key != NULL ? key : "", url);
  ts_xml_element (text, "UploadIdMarker", id != NULL ? id : "");
  if (truncated)
    {
      ts_s3_append_name (text, "NextKeyMarker", last->key, url);
      ts_xml_element (text, "NextUploadIdMarker", last->id);
    }
  ts_store_unlock (call->server->store);
  g_string_append_printf (text, "<MaxUploads>%u</MaxUploads><IsTruncated>%s</IsTruncated>%s", most,
                          truncated ? "true" : "false", uploads->str);
  g_string_append (text, "</ListMultipartUploadsResult>");
  ts_s3_xml (call, text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * S3 operations on buckets: list, create, delete, head, location.
 */
#include "config.h"

#include "s3-private.h"

#include <string.h>

static gboolean
append_bucket (gpointer key, gpointer value, gpointer data)
{
  const TsBucket *bucket = value;
  g_autofree char *created = ts_iso_date (bucket->created);
  GString *text = data;

  g_string_append (text, "<Bucket>");
  ts_xml_element (text, "Name", key);
  ts_xml_element (text, "CreationDate", created);
  g_string_append (text, "</Bucket>");
  return FALSE;
}

void
ts_s3_list_buckets (TsCall *call)
{
  GString *text = ts_s3_xml_begin ("ListAllMyBucketsResult");

  g_string_append (text, "<Owner><ID>test</ID><DisplayName>test</DisplayName></Owner><Buckets>");
  ts_store_lock (call->server->store);
  g_tree_foreach (ts_store_buckets_locked (call->server->store), append_bucket, text);
  ts_store_unlock (call->server->store);
  g_string_append (text, "</Buckets></ListAllMyBucketsResult>");
  ts_s3_xml (call, text);
}

static gboolean
is_bucket_name (const char *name)
{
  gsize length = strlen (name);

  if (length < 3 || length > 63 || !g_ascii_isalnum (name[0]) || !g_ascii_isalnum (name[length - 1])
      || strstr (name, "..") != NULL)
    return FALSE;
  return strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

/* The region that a new bucket asks for; NULL: answered. us-east-1 must not be named, as S3 has
 * it. */
static char *
read_location (TsCall *call)
{
  xmlDoc *document;
  char *region;

  if (g_bytes_get_size (call->body) == 0)
    return g_strdup (call->server->region);
  document = ts_s3_read_xml (call, "CreateBucketConfiguration");
  if (document == NULL)
    return NULL;
  region = ts_s3_xml_text (xmlDocGetRootElement (document), "LocationConstraint");
  xmlFreeDoc (document);
  if (region != NULL && !g_str_equal (region, "us-east-1") && *region != '\0')
    return region;
  g_free (region);
  ts_s3_error (call, 400, "InvalidLocationConstraint",
               "The specified location-constraint is not valid");
  return NULL;
}

void
ts_s3_create_bucket (TsCall *call)
{
  TestServer *server = call->server;
  g_autofree char *region = NULL;
  gboolean taken;

  if (!is_bucket_name (call->bucket))
    {
      ts_s3_error (call, 400, "InvalidBucketName", "The specified bucket is not valid.");
      return;
    }
  region = read_location (call);
  if (region == NULL)
    return;
  ts_store_lock (server->store);
  taken = ts_store_bucket_locked (server->store, call->bucket) != NULL;
  if (!taken)
    ts_store_add_bucket_locked (server->store, call->bucket, region, ts_server_now (server));
  ts_store_unlock (server->store);
  if (taken)
    {
      ts_s3_error (call, 409, "BucketAlreadyOwnedByYou",
                   "Your previous request to create the named bucket succeeded and you already "
                   "own it.");
      return;
    }
  call->status = 200;
  ts_call_set_headerf (call, "Location", "/%s", call->bucket);
}

void
ts_s3_delete_bucket (TsCall *call)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);
  gboolean empty;

  if (bucket == NULL)
    return;
  empty = g_tree_nnodes (bucket->objects) == 0;
  if (empty)
    ts_store_remove_bucket_locked (call->server->store, call->bucket);
  ts_store_unlock (call->server->store);
  if (empty)
    call->status = 204;
  else
    ts_s3_error (call, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
}

void
ts_s3_head_bucket (TsCall *call)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);

  if (bucket == NULL)
    return;
  ts_call_set_header (call, "x-amz-bucket-region", bucket->region);
  ts_store_unlock (call->server->store);
  call->status = 200;
}

void
ts_s3_get_bucket_location (TsCall *call)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);
  GString *text;

  if (bucket == NULL)
    return;
  text = ts_s3_xml_begin ("LocationConstraint");
  if (!g_str_equal (bucket->region, "us-east-1"))
    ts_xml_append (text, bucket->region);
  ts_store_unlock (call->server->store);
  g_string_append (text, "</LocationConstraint>");
  ts_s3_xml (call, text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The S3 service of the test server: names the operation from host, path, query and method (“Amazon
 * S3 API Reference”), admits the request (signature, time, region), dispatches it, and words errors
 * as S3 does.
 */
#include "config.h"

#include "s3-private.h"

#include <libxml/parser.h>
#include <string.h>

#define MAX_KEY 1024

typedef struct
{
  const char *operation;
  void (*handle) (TsCall *call);
} Handler;

static const Handler handlers[] = {
  { "GetObject", ts_s3_get_object },
  { "HeadObject", ts_s3_get_object },
  { "PutObject", ts_s3_put_object },
  { "CopyObject", ts_s3_copy_object },
  { "DeleteObject", ts_s3_delete_object },
  { "DeleteObjects", ts_s3_delete_objects },
  { "CreateMultipartUpload", ts_s3_create_upload },
  { "UploadPart", ts_s3_upload_part },
  { "UploadPartCopy", ts_s3_upload_part_copy },
  { "ListParts", ts_s3_list_parts },
  { "CompleteMultipartUpload", ts_s3_complete_upload },
  { "AbortMultipartUpload", ts_s3_abort_upload },
  { "ListMultipartUploads", ts_s3_list_uploads },
  { "ListObjectsV2", ts_s3_list_objects },
  { "ListObjects", ts_s3_list_objects },
  { "ListBuckets", ts_s3_list_buckets },
  { "CreateBucket", ts_s3_create_bucket },
  { "DeleteBucket", ts_s3_delete_bucket },
  { "HeadBucket", ts_s3_head_bucket },
  { "GetBucketLocation", ts_s3_get_bucket_location },
};

/* Parts of a bucket or an object that this server does not keep; what is asked of them is not
 * the operation itself. */
static const char *const subresources[]
    = { "accelerate", "acl",         "attributes", "cors",       "encryption",     "inventory",
        "legal-hold", "lifecycle",   "logging",    "metrics",    "notification",   "object-lock",
        "policy",     "replication", "restore",    "retention",  "requestPayment", "select",
        "tagging",    "torrent",     "versioning", "versions",   "website",        NULL };

/* ---- what is asked ---- */

static void
read_params (TsCall *call)
{
  g_auto (GStrv) fields = g_strsplit (call->query, "&", -1);

  for (char **field = fields; *field != NULL; field++)
    {
      const char *equals = strchr (*field, '=');
      gssize length = equals != NULL ? equals - *field : -1;
      g_autofree char *name = ts_uri_decode (*field, length, TRUE);
      g_autofree char *value = ts_uri_decode (equals != NULL ? equals + 1 : "", -1, TRUE);

      if (name == NULL || value == NULL)
        ts_call_refuse (call, "InvalidURI");
      else if (*name != '\0')
        ts_pairs_add (call->params, name, value);
    }
}

/* The name in Host must be one by which this connection can have been made, as far as that can
 * be known. */
static void
check_host (TsCall *call, const char *name, const char *port)
{
  TestServer *server = call->server;
  guint16 ours = call->stream->over_tls ? server->tls_port : server->port;
  gboolean local = g_str_equal (name, "127.0.0.1") || g_str_equal (name, "[::1]")
                   || g_str_equal (name, "localhost") || g_str_has_suffix (name, ".localhost");

  if (*name == '\0')
    ts_call_refuse (call, "BadRequest");
  else if (local && *call->target == '/' && (guint64) ours != g_ascii_strtoull (port, NULL, 10))
    ts_call_refuse (call, "InvalidHost");
}

static void
read_host (TsCall *call)
{
  const char *bracket = strrchr (call->host, ']');
  const char *colon = strrchr (bracket != NULL ? bracket : call->host, ':');
  g_autofree char *name = colon != NULL ? g_strndup (call->host, (gsize) (colon - call->host))
                                        : g_strdup (call->host);
  g_autofree char *suffix = g_strconcat (".", call->server->domain, NULL);

  check_host (call, name, colon != NULL ? colon + 1 : "");
  if (g_str_has_suffix (name, suffix))
    call->bucket = g_strndup (name, strlen (name) - strlen (suffix));
}

static void
read_path (TsCall *call)
{
  const char *path = call->path + (*call->path == '/');
  const char *slash;

  if (call->bucket == NULL)
    {
      slash = strchr (path, '/');
      call->bucket = ts_uri_decode (path, slash != NULL ? slash - path : -1, FALSE);
      if (call->bucket == NULL)
        ts_call_refuse (call, "InvalidURI");
      else if (*call->bucket == '\0')
        g_clear_pointer (&call->bucket, g_free);
      path = slash != NULL ? slash + 1 : "";
    }
  if (*path == '\0')
    return;
  call->key = ts_uri_decode (path, -1, FALSE);
  if (call->key == NULL || !g_utf8_validate (call->key, -1, NULL))
    {
      g_clear_pointer (&call->key, g_free);
      ts_call_refuse (call, "InvalidURI");
    }
}

static gboolean
asks_for_subresource (TsCall *call)
{
  for (guint i = 0; i < call->params->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->params, i);

      if (g_strv_contains (subresources, pair->name))
        return TRUE;
    }
  return FALSE;
}

static const char *
name_object_operation (TsCall *call)
{
  const char *method = call->method;
  gboolean upload = ts_call_param (call, "uploadId") != NULL;
  gboolean copy = ts_call_header (call, "x-amz-copy-source") != NULL;

  if (g_str_equal (method, "GET"))
    return upload ? "ListParts" : "GetObject";
  if (g_str_equal (method, "HEAD"))
    return "HeadObject";
  if (g_str_equal (method, "PUT") && upload)
    return copy ? "UploadPartCopy" : "UploadPart";
  if (g_str_equal (method, "PUT"))
    return copy ? "CopyObject" : "PutObject";
  if (g_str_equal (method, "DELETE"))
    return upload ? "AbortMultipartUpload" : "DeleteObject";
  if (g_str_equal (method, "POST") && ts_call_param (call, "uploads") != NULL)
    return "CreateMultipartUpload";
  if (g_str_equal (method, "POST") && upload)
    return "CompleteMultipartUpload";
  return "Unknown";
}

static const char *
name_bucket_operation (TsCall *call)
{
  const char *method = call->method;

  if (g_str_equal (method, "GET") && ts_call_param (call, "location") != NULL)
    return "GetBucketLocation";
  if (g_str_equal (method, "GET") && ts_call_param (call, "uploads") != NULL)
    return "ListMultipartUploads";
  if (g_str_equal (method, "GET"))
    return g_strcmp0 (ts_call_param (call, "list-type"), "2") == 0 ? "ListObjectsV2"
                                                                   : "ListObjects";
  if (g_str_equal (method, "HEAD"))
    return "HeadBucket";
  if (g_str_equal (method, "PUT"))
    return "CreateBucket";
  if (g_str_equal (method, "DELETE"))
    return "DeleteBucket";
  if (g_str_equal (method, "POST") && ts_call_param (call, "delete") != NULL)
    return "DeleteObjects";
  return "Unknown";
}

static const char *
name_operation (TsCall *call)
{
  if (asks_for_subresource (call))
    return "Unknown";
  if (call->key != NULL)
    return name_object_operation (call);
  if (call->bucket != NULL)
    return name_bucket_operation (call);
  return g_str_equal (call->method, "GET") ? "ListBuckets" : "Unknown";
}

/* For the rules of faults: the first byte asked for and the number of a part. */
static void
read_position (TsCall *call)
{
  const char *range = ts_call_header (call, "Range");
  const char *part = ts_call_param (call, "partNumber");

  if (range != NULL && g_str_has_prefix (range, "bytes="))
    call->first = g_ascii_strtoull (range + strlen ("bytes="), NULL, 10);
  if (part != NULL)
    call->part = (guint) g_ascii_strtoull (part, NULL, 10);
}

static void
classify (TsCall *call)
{
  read_params (call);
  read_host (call);
  read_path (call);
  read_position (call);
  call->operation = name_operation (call);
}

/* ---- admission and dispatch ---- */

static gboolean
admit (TsCall *call)
{
  if (call->key != NULL && strlen (call->key) > MAX_KEY)
    {
      ts_s3_error (call, 400, "KeyTooLongError", "Your key is too long");
      return FALSE;
    }
  if (!ts_s3_authenticate (call))
    return FALSE;
  if (g_str_equal (call->method, "PUT") && !call->has_length && !call->chunked)
    {
      ts_s3_error (call, 411, "MissingContentLength",
                   "You must provide the Content-Length HTTP header.");
      return FALSE;
    }
  if (call->chunked && !call->server->streaming)
    {
      ts_s3_error (call, 501, "NotImplemented",
                   "A header you provided implies functionality that is not implemented");
      return FALSE;
    }
  return TRUE;
}

static void
handle (TsCall *call)
{
  if (!admit (call) || !ts_s3_check_payload (call))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (g_str_equal (handlers[i].operation, call->operation))
      {
        handlers[i].handle (call);
        ts_call_set_headerf (call, "x-amz-request-id", "%016" G_GINT64_MODIFIER "X",
                             call->stream->connection << 32 | (guint32) g_get_monotonic_time ());
        return;
      }
  if (ts_call_param (call, "lifecycle") != NULL)
    ts_s3_error (call, 404, "NoSuchLifecycleConfiguration",
                 "The lifecycle configuration does not exist");
  else
    ts_s3_error (call, 501, "NotImplemented", "This operation is not implemented.");
}

const TsService ts_s3_service = { classify, admit, handle, ts_s3_error };

/* ---- answers ---- */

static const char *
usual_code (guint status)
{
  switch (status)
    {
    case 400:
      return "InvalidRequest";
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchKey";
    case 409:
      return "OperationAborted";
    case 412:
      return "PreconditionFailed";
    case 429:
    case 503:
      return "SlowDown";
    case 301:
      return "PermanentRedirect";
    case 302:
    case 307:
      return "TemporaryRedirect";
    default:
      return "InternalError";
    }
}

void
ts_s3_error_with (TsCall *call, guint status, const char *code, const char *message, const char *details)
{
  GString *text = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
  g_autofree char *id = g_strdup_printf ("%016" G_GINT64_MODIFIER "X",
                                         call->stream->connection << 32
                                             | (guint32) g_get_monotonic_time ());

  if (code == NULL)
    code = usual_code (status);
  ts_call_clear_answer (call);
  ts_xml_element (text, "Code", code);
  ts_xml_element (text, "Message", message != NULL ? message : code);
  if (details != NULL)
    g_string_append (text, details);
  ts_xml_element (text, "Resource", call->path != NULL ? call->path : "");
  ts_xml_element (text, "RequestId", id);
  g_string_append (text, "</Error>");
  call->status = status;
  call->code = code;
  ts_call_take_body (call, "application/xml", text);
  ts_call_set_header (call, "x-amz-request-id", id);
}

void
ts_s3_error (TsCall *call, guint status, const char *code, const char *message)
{
  ts_s3_error_with (call, status, code, message, NULL);
}

void
ts_s3_xml (TsCall *call, GString *text)
{
  call->status = 200;
  ts_call_take_body (call, "application/xml", text);
}

GString *
ts_s3_xml_begin (const char *element)
{
  GString *text = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

  g_string_append_printf (text, "<%s xmlns=\"" S3_NAMESPACE "\">", element);
  return text;
}

TsBucket *
ts_s3_lock_bucket (TsCall *call)
{
  TsBucket *bucket;
  g_autoptr (GString) details = NULL;

  ts_store_lock (call->server->store);
  bucket = ts_store_bucket_locked (call->server->store, call->bucket);
  if (bucket != NULL)
    return bucket;
  ts_store_unlock (call->server->store);
  details = g_string_new (NULL);
  ts_xml_element (details, "BucketName", call->bucket);
  ts_s3_error_with (call, 404, "NoSuchBucket", "The specified bucket does not exist",
                    details->str);
  return NULL;
}

/* ---- what requests hold ---- */

xmlDoc *
ts_s3_read_xml (TsCall *call, const char *element)
{
  gsize size;
  const char *data = g_bytes_get_data (call->body, &size);
  xmlDoc *document = NULL;
  xmlNode *root;

  if (size > 0 && size <= G_MAXINT)
    document = xmlReadMemory (data, (int) size, NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  root = document != NULL ? xmlDocGetRootElement (document) : NULL;
  if (root != NULL && g_str_equal ((const char *) root->name, element))
    return document;
  if (document != NULL)
    xmlFreeDoc (document);
  ts_s3_error (call, 400, "MalformedXML",
               "The XML you provided was not well-formed or did not validate against our "
               "published schema");
  return NULL;
}

xmlNode *
ts_s3_xml_child (xmlNode *parent, const char *name)
{
  for (xmlNode *node = parent->children; node != NULL; node = node->next)
    if (node->type == XML_ELEMENT_NODE && g_str_equal ((const char *) node->name, name))
      return node;
  return NULL;
}

char *
ts_s3_xml_text (xmlNode *parent, const char *name)
{
  xmlNode *node = ts_s3_xml_child (parent, name);
  xmlChar *content = node != NULL ? xmlNodeGetContent (node) : NULL;
  char *text = g_strdup ((const char *) content);

  if (content != NULL)
    xmlFree (content);
  return text;
}

gboolean
ts_s3_check_md5 (TsCall *call, gboolean required)
{
  const char *declared = ts_call_header (call, "Content-MD5");
  g_autofree guchar *wanted = NULL;
  g_autofree char *computed = NULL;
  g_autoptr (GString) hex = NULL;
  gsize size = 0;

  if (declared == NULL)
    {
      if (required)
        ts_s3_error (call, 400, "InvalidRequest",
                     "Missing required header for this request: Content-MD5");
      return !required;
    }
  wanted = g_base64_decode (declared, &size);
  if (size != 16)
    {
      ts_s3_error (call, 400, "InvalidDigest", "The Content-MD5 you specified is not valid.");
      return FALSE;
    }
  hex = g_string_new (NULL);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", wanted[i]);
  computed = g_compute_checksum_for_bytes (G_CHECKSUM_MD5, call->body);
  if (g_str_equal (computed, hex->str))
    return TRUE;
  ts_s3_error (call, 400, "BadDigest",
               "The Content-MD5 you specified did not match what we received.");
  return FALSE;
}

gboolean
ts_s3_number_param (TsCall *call, const char *name, guint least, guint most, guint otherwise, guint *out)
{
  const char *text = ts_call_param (call, name);
  g_autofree char *message = NULL;
  guint64 number;

  *out = otherwise;
  if (text == NULL)
    return TRUE;
  if (g_ascii_string_to_unsigned (text, 10, least, most, &number, NULL))
    {
      *out = (guint) number;
      return TRUE;
    }
  message = g_strdup_printf ("Argument %s must be an integer between %u and %u", name, least, most);
  ts_s3_error (call, 400, "InvalidArgument", message);
  return FALSE;
}

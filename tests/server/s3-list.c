/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ListObjectsV2 and ListObjects: keys in byte order, prefixes rolled up at a delimiter, pages of at
 * most 1000.
 */
#include "config.h"

#include "s3-private.h"

#include <string.h>

#define PAGE 1000

typedef struct
{
  TsCall *call;
  gboolean v2;
  const char *prefix;
  const char *delimiter; /* NULL: none */
  gboolean url;          /* encoding-type=url */
  gboolean owner;
  guint max_keys;
  char *after;           /* keys up to this one were shown; NULL: none */
  gboolean after_prefix; /* … or keys that begin with it */

  GString *contents;
  GString *prefixes;
  guint n;
  gboolean truncated;
  char *last;
  gboolean last_is_prefix;
} Listing;

void
ts_s3_append_name (GString *out, const char *element, const char *name, gboolean url)
{
  g_autoptr (GString) encoded = NULL;

  if (!url)
    {
      ts_xml_element (out, element, name);
      return;
    }
  /* As S3 does: form encoding, but for slashes. */
  encoded = g_string_new (NULL);
  ts_uri_append (encoded, name, TRUE);
  g_string_replace (encoded, "%20", "+", 0);
  ts_xml_element (out, element, encoded->str);
}

static void
append_name (const Listing *listing, GString *out, const char *element, const char *name)
{
  ts_s3_append_name (out, element, name, listing->url);
}

static void
append_object (Listing *listing, const char *key, const TsObject *object)
{
  GString *out = listing->contents;
  g_autofree char *modified = ts_iso_date (object->modified);
  const char *class = ts_pairs_get (object->headers, "x-amz-storage-class");

  g_string_append (out, "<Contents>");
  append_name (listing, out, "Key", key);
  ts_xml_element (out, "LastModified", modified);
  ts_xml_element (out, "ETag", object->etag);
  g_string_append_printf (out, "<Size>%" G_GUINT64_FORMAT "</Size>", object->size);
  if (listing->owner)
    g_string_append (out, "<Owner><ID>test</ID><DisplayName>test</DisplayName></Owner>");
  ts_xml_element (out, "StorageClass", class != NULL ? class : "STANDARD");
  g_string_append (out, "</Contents>");
}

/* The first key that does not begin with @prefix and comes after those that do; NULL: there can
 * be none. */
static char *
end_of_prefix (const char *prefix)
{
  gsize length = strlen (prefix);
  char *end = g_strdup (prefix);

  while (length > 0 && (guint8) end[length - 1] == 0xff)
    end[--length] = '\0';
  if (length == 0)
    {
      g_free (end);
      return NULL;
    }
  end[length - 1] = (char) ((guint8) end[length - 1] + 1);
  return end;
}

static GTreeNode *
skip_prefix (GTree *objects, const char *prefix)
{
  g_autofree char *end = end_of_prefix (prefix);

  return end != NULL ? g_tree_lower_bound (objects, end) : NULL;
}

static GTreeNode *
first_node (const Listing *listing, GTree *objects)
{
  if (listing->after == NULL || strcmp (listing->after, listing->prefix) < 0)
    return g_tree_lower_bound (objects, listing->prefix);
  if (listing->after_prefix)
    return skip_prefix (objects, listing->after);
  return g_tree_upper_bound (objects, listing->after);
}

static void
remember (Listing *listing, char *name, gboolean is_prefix)
{
  g_free (listing->last);
  listing->last = name;
  listing->last_is_prefix = is_prefix;
  listing->n++;
}

/* Shows one key, or the common prefix that it stands for; gives where to go on. */
static GTreeNode *
show (Listing *listing, GTree *objects, GTreeNode *node)
{
  const char *key = g_tree_node_key (node);
  const char *rest = key + strlen (listing->prefix);
  const char *cut = listing->delimiter != NULL ? strstr (rest, listing->delimiter) : NULL;
  char *common;

  if (cut == NULL)
    {
      append_object (listing, key, g_tree_node_value (node));
      remember (listing, g_strdup (key), FALSE);
      return g_tree_node_next (node);
    }
  common = g_strndup (key, (gsize) (cut - key) + strlen (listing->delimiter));
  g_string_append (listing->prefixes, "<CommonPrefixes>");
  append_name (listing, listing->prefixes, "Prefix", common);
  g_string_append (listing->prefixes, "</CommonPrefixes>");
  remember (listing, common, TRUE);
  return skip_prefix (objects, common);
}

static void
collect (Listing *listing, GTree *objects)
{
  GTreeNode *node = first_node (listing, objects);

  while (node != NULL && g_str_has_prefix (g_tree_node_key (node), listing->prefix))
    {
      if (listing->n == listing->max_keys)
        {
          listing->truncated = listing->max_keys > 0;
          return;
        }
      node = show (listing, objects, node);
    }
}

/* ---- the marker ---- */

/* "k" or "p" and the name, in base64: opaque to clients, and full of what must be encoded in a
 * query. */
static char *
make_token (const Listing *listing)
{
  g_autofree char *text = g_strconcat (listing->last_is_prefix ? "p" : "k", listing->last, NULL);

  return g_base64_encode ((const guchar *) text, strlen (text));
}

static gboolean
read_token (Listing *listing, const char *token)
{
  gsize size = 0;
  g_autofree guchar *text = g_base64_decode (token, &size);

  if (size < 1 || (text[0] != 'p' && text[0] != 'k'))
    {
      ts_s3_error (listing->call, 400, "InvalidArgument",
                   "The continuation token provided is incorrect");
      return FALSE;
    }
  listing->after_prefix = text[0] == 'p';
  listing->after = g_strndup ((const char *) text + 1, size - 1);
  return TRUE;
}

/* A marker of version 1 that is a common prefix means: all that is rolled up in it was shown. */
static void
read_marker (Listing *listing, const char *marker)
{
  listing->after = g_strdup (marker);
  listing->after_prefix = listing->delimiter != NULL
                          && g_str_has_suffix (marker, listing->delimiter)
                          && strlen (marker) > strlen (listing->prefix);
}

static gboolean
read_listing (Listing *listing)
{
  TsCall *call = listing->call;
  const char *encoding = ts_call_param (call, "encoding-type");
  const char *token = ts_call_param (call, "continuation-token");
  const char *after = ts_call_param (call, "start-after");
  const char *marker = ts_call_param (call, "marker");

  listing->v2 = g_str_equal (call->operation, "ListObjectsV2");
  listing->prefix = ts_call_param (call, "prefix");
  if (listing->prefix == NULL)
    listing->prefix = "";
  listing->delimiter = ts_call_param (call, "delimiter");
  if (listing->delimiter != NULL && *listing->delimiter == '\0')
    listing->delimiter = NULL;
  listing->url = encoding != NULL;
  listing->owner = !listing->v2 || g_strcmp0 (ts_call_param (call, "fetch-owner"), "true") == 0;
  if (encoding != NULL && !g_str_equal (encoding, "url"))
    {
      ts_s3_error (call, 400, "InvalidArgument", "Invalid Encoding Method specified in Request");
      return FALSE;
    }
  if (!ts_s3_number_param (call, "max-keys", 0, G_MAXINT, PAGE, &listing->max_keys))
    return FALSE;
  listing->max_keys = MIN (listing->max_keys, PAGE);
  if (listing->v2 && token != NULL)
    return read_token (listing, token);
  if (listing->v2 && after != NULL)
    listing->after = g_strdup (after);
  if (!listing->v2 && marker != NULL)
    read_marker (listing, marker);
  return TRUE;
}

/* ---- the answer ---- */

static void
append_paging (const Listing *listing, GString *text)
{
  TsCall *call = listing->call;
  const char *token = ts_call_param (call, "continuation-token");
  const char *after = ts_call_param (call, "start-after");
  const char *marker = ts_call_param (call, "marker");
  g_autofree char *next = NULL;

  if (!listing->v2)
    {
      append_name (listing, text, "Marker", marker != NULL ? marker : "");
      if (listing->truncated && listing->delimiter != NULL)
        append_name (listing, text, "NextMarker", listing->last);
      return;
    }
  g_string_append_printf (text, "<KeyCount>%u</KeyCount>", listing->n);
  if (token != NULL)
    ts_xml_element (text, "ContinuationToken", token);
  if (after != NULL)
    append_name (listing, text, "StartAfter", after);
  if (listing->truncated)
    {
      next = make_token (listing);
      ts_xml_element (text, "NextContinuationToken", next);
    }
}

static void
answer (Listing *listing)
{
  GString *text = ts_s3_xml_begin ("ListBucketResult");

  ts_xml_element (text, "Name", listing->call->bucket);
  append_name (listing, text, "Prefix", listing->prefix);
  if (listing->delimiter != NULL)
    append_name (listing, text, "Delimiter", listing->delimiter);
  if (listing->url)
    ts_xml_element (text, "EncodingType", "url");
  g_string_append_printf (text, "<MaxKeys>%u</MaxKeys>", listing->max_keys);
  ts_xml_element (text, "IsTruncated", listing->truncated ? "true" : "false");
  append_paging (listing, text);
  g_string_append_len (text, listing->contents->str, (gssize) listing->contents->len);
  g_string_append_len (text, listing->prefixes->str, (gssize) listing->prefixes->len);
  g_string_append (text, "</ListBucketResult>");
  ts_s3_xml (listing->call, text);
}

void
ts_s3_list_objects (TsCall *call)
{
  Listing listing = { .call = call };
  TsBucket *bucket;

  listing.contents = g_string_new (NULL);
  listing.prefixes = g_string_new (NULL);
  bucket = read_listing (&listing) ? ts_s3_lock_bucket (call) : NULL;
  if (bucket != NULL)
    {
      collect (&listing, bucket->objects);
      ts_store_unlock (call->server->store);
      answer (&listing);
    }
  g_string_free (listing.contents, TRUE);
  g_string_free (listing.prefixes, TRUE);
  g_free (listing.after);
  g_free (listing.last);
}

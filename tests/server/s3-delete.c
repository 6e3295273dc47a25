/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeleteObjects: up to 1000 keys, Content-MD5 required, an error for single keys where a rule of
 * faults says so.
 */
#include "config.h"

#include "s3-private.h"

#define MAX_KEYS 1000

static void
append_error (TsCall *call, GString *text, const char *key)
{
  g_string_append (text, "<Error>");
  ts_xml_element (text, "Key", key);
  ts_xml_element (text, "Code", call->plan.delete_code);
  ts_xml_element (text, "Message", "As the test wants it");
  g_string_append (text, "</Error>");
}

static gboolean
must_fail (TsCall *call, const char *key)
{
  const TsPlan *plan = &call->plan;

  return plan->delete_code != NULL
         && (plan->delete_match == NULL || g_pattern_spec_match_string (plan->delete_match, key));
}

/* The keys of the request, or NULL when it is malformed. */
static GPtrArray *
read_keys (xmlNode *root)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  for (xmlNode *node = root->children; node != NULL; node = node->next)
    {
      char *key;

      if (node->type != XML_ELEMENT_NODE || !g_str_equal ((const char *) node->name, "Object"))
        continue;
      key = ts_s3_xml_text (node, "Key");
      if (key == NULL || *key == '\0')
        {
          g_free (key);
          return NULL;
        }
      g_ptr_array_add (keys, key);
    }
  return keys->len > 0 && keys->len <= MAX_KEYS ? g_steal_pointer (&keys) : NULL;
}

static void
delete_keys (TsCall *call, GPtrArray *keys, gboolean quiet)
{
  TsBucket *bucket = ts_s3_lock_bucket (call);
  GString *text;

  if (bucket == NULL)
    return;
  text = ts_s3_xml_begin ("DeleteResult");
  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);

      if (must_fail (call, key))
        {
          append_error (call, text, key);
          continue;
        }
      g_tree_remove (bucket->objects, key);
      if (quiet)
        continue;
      g_string_append (text, "<Deleted>");
      ts_xml_element (text, "Key", key);
      g_string_append (text, "</Deleted>");
    }
  ts_store_unlock (call->server->store);
  g_string_append (text, "</DeleteResult>");
  ts_s3_xml (call, text);
}

void
ts_s3_delete_objects (TsCall *call)
{
  xmlDoc *document;
  g_autoptr (GPtrArray) keys = NULL;
  g_autofree char *quiet = NULL;

  if (!ts_s3_check_md5 (call, TRUE))
    return;
  document = ts_s3_read_xml (call, "Delete");
  if (document == NULL)
    return;
  keys = read_keys (xmlDocGetRootElement (document));
  quiet = ts_s3_xml_text (xmlDocGetRootElement (document), "Quiet");
  xmlFreeDoc (document);
  if (keys == NULL)
    ts_s3_error (call, 400, "MalformedXML",
                 "The XML you provided was not well-formed or did not validate against our "
                 "published schema");
  else
    delete_keys (call, keys, g_strcmp0 (quiet, "true") == 0);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio ls: lists, streamed page by page. One thread. */

#include "config.h"

#include "tool-arguments.h"

#include <string.h>
#include <sys/stat.h>

typedef struct
{
  Tool *tool;
  guint64 entries, objects, bytes;
} Ls;

static gboolean
is_full (const Ls *ls)
{
  const gint64 limit = ls->tool->options->limit;

  return limit > 0 && ls->entries >= (guint64) limit;
}

static void
print_entry (Ls *ls, S3dlioObjectInfo *info)
{
  g_autoptr (GString) line = NULL;
  g_autofree char *time = NULL;
  const gint64 size = s3dlio_object_info_get_size (info);

  ls->entries++;
  if (s3dlio_object_info_get_object_type (info) == S3DLIO_OBJECT_TYPE_OBJECT)
    {
      ls->objects++;
      ls->bytes += (guint64) MAX (size, 0);
    }
  if (ls->tool->options->count)
    return;

  if (ls->tool->options->json)
    {
      g_autofree char *json = tool_json_info (info);

      tool_print (ls->tool, json, strlen (json));
      return;
    }

  line = g_string_sized_new (128);
  switch (s3dlio_object_info_get_object_type (info))
    {
    case S3DLIO_OBJECT_TYPE_PREFIX:
      g_string_append (line, "- PRE ");
      break;
    case S3DLIO_OBJECT_TYPE_CONTAINER:
      time = tool_time (s3dlio_object_info_get_mtime (info), FALSE);
      g_string_append_printf (line, "%s - ", time);
      break;
    case S3DLIO_OBJECT_TYPE_OBJECT:
    default:
      time = tool_time (s3dlio_object_info_get_mtime (info), FALSE);
      g_string_append (line, time);
      if (size >= 0)
        g_string_append_printf (line, " %" G_GINT64_FORMAT " ", size);
      else
        g_string_append (line, " - "); /* a device, a FIFO */
      break;
    }
  tool_escape (line, s3dlio_object_info_get_uri (info));
  g_string_append_c (line, '\n');
  tool_print (ls->tool, line->str, line->len);
}

/* A directory that holds nothing is there, as an empty bucket is. */
static gboolean
may_be_empty (S3dlioUri *prefix)
{
  const char *key = s3dlio_uri_get_key (prefix);
  struct stat st;

  if (*key == '\0')
    return TRUE;

  return *s3dlio_uri_get_container (prefix) == '\0' && g_str_has_suffix (key, "/") && stat (key, &st) == 0
         && S_ISDIR (st.st_mode);
}

static void
list_prefix (Ls *ls, S3dlioUri *prefix)
{
  Tool *tool = ls->tool;
  const ToolOptions *options = tool->options;
  const gboolean filtered = !tool_filter_is_empty (options->filter);
  const gint64 limit = options->limit > 0 && !filtered ? options->limit - (gint64) ls->entries : 0;
  g_autofree char *text = s3dlio_uri_to_string (prefix);
  g_autoptr (ToolSource) source = tool_source_new_list (
      tool, prefix, options->recursive ? S3DLIO_LIST_RECURSIVE : S3DLIO_LIST_NONE, limit);
  const guint64 before = ls->entries;
  gboolean any = FALSE;

  while (!is_full (ls))
    {
      g_autoptr (ToolItem) item = tool_source_pull (source);

      if (item == NULL)
        break;
      any = TRUE;
      if (tool_filter_matches (options->filter, item->key))
        print_entry (ls, item->info);
    }

  if (source->failed || tool_is_cancelled (tool))
    return;
  if (ls->entries == before && !is_full (ls) && (any || !may_be_empty (prefix)))
    tool_fail_text (tool, text, S3DLIO_ERROR_NOT_FOUND, "nothing found");
  else
    tool_succeed (tool);
}

static void
list_buckets (Ls *ls, const char *uri)
{
  Tool *tool = ls->tool;
  ToolWait wait = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) buckets = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_client_list_containers_async (tool->client, uri, NULL, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  buckets = s3dlio_client_list_containers_finish (tool->client, result, &error);
  if (buckets == NULL)
    {
      tool_fail (tool, uri, error);
      return;
    }

  for (guint i = 0; i < buckets->len && !is_full (ls) && !tool_is_cancelled (tool); i++)
    {
      S3dlioObjectInfo *info = g_ptr_array_index (buckets, i);
      const char *text = s3dlio_object_info_get_uri (info);
      g_autoptr (S3dlioUri) bucket = s3dlio_uri_parse (text, NULL);

      if (tool->options->recursive && bucket != NULL)
        list_prefix (ls, bucket);
      else if (tool_filter_matches (tool->options->filter, s3dlio_uri_get_container (bucket)))
        print_entry (ls, info);
    }
  tool_succeed (tool);
}

static void
list_file (Ls *ls, const char *path)
{
  Tool *tool = ls->tool;
  ToolWait wait = { NULL };
  g_autofree char *uri = tool_path_to_uri (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (S3dlioObjectInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  s3dlio_client_stat_async (tool->client, uri, NULL, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  info = s3dlio_client_stat_finish (tool->client, result, &error);
  if (info == NULL)
    {
      tool_fail (tool, path, error);
      return;
    }

  print_entry (ls, info);
  tool_succeed (tool);
}

static void
list_local (Ls *ls, const char *path)
{
  g_autofree char *directory = NULL;
  g_autoptr (S3dlioUri) uri = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      list_file (ls, path);
      return;
    }

  directory = g_strconcat (path, "/", NULL);
  uri = s3dlio_uri_new_for_path (directory);
  list_prefix (ls, uri);
}

int
tool_ls (Tool *tool, char **args)
{
  char *service[] = { (char *) "s3://", NULL };
  Ls ls = { .tool = tool };
  const int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_NAMES);

  if (usage != 0)
    return usage;

  if (*args == NULL)
    args = service;
  for (; *args != NULL && !is_full (&ls) && !tool_is_cancelled (tool); args++)
    {
      g_autoptr (S3dlioUri) uri = s3dlio_uri_has_scheme (*args) ? s3dlio_uri_parse (*args, NULL) : NULL;

      if (uri == NULL)
        list_local (&ls, *args);
      else if (s3dlio_uri_get_container (uri) == NULL)
        list_buckets (&ls, *args);
      else
        list_prefix (&ls, uri);
    }

  if (tool->options->count && !tool_is_cancelled (tool))
    {
      g_autofree char *json = tool_json_count (ls.objects, ls.bytes);

      if (tool->options->json)
        tool_print (tool, json, strlen (json));
      else
        tool_printf (tool, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", ls.objects, ls.bytes);
    }

  return 0;
}

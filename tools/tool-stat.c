/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio stat: what is known of objects, many at once, in the order asked. One thread. */

#include "config.h"

#include "tool-arguments.h"
#include "tool-jobs.h"

#include <string.h>

static void
append (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;

  g_string_append_printf (out, "  %s: ", name);
  tool_escape (out, value);
  g_string_append_c (out, '\n');
}

static void
print_text (Tool *tool, S3dlioObjectInfo *info)
{
  static const char *const attributes[] = { "content-type",  "content-encoding", "content-language",
                                            "content-disposition", "cache-control", "storage-class", "version-id" };
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) metadata = s3dlio_object_info_list_metadata (info);
  g_autofree char *time = tool_time (s3dlio_object_info_get_mtime (info), TRUE);
  const gint64 size = s3dlio_object_info_get_size (info);

  tool_escape (out, s3dlio_object_info_get_uri (info));
  g_string_append_c (out, '\n');
  append (out, "type", tool_type_name (info));
  if (size >= 0)
    g_string_append_printf (out, "  size: %" G_GINT64_FORMAT "\n", size);
  if (s3dlio_object_info_get_mtime (info) >= 0)
    append (out, "mtime", time);
  append (out, "etag", s3dlio_object_info_get_etag (info));
  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++)
    append (out, attributes[i], s3dlio_object_info_get_attribute (info, attributes[i]));
  for (char **name = metadata; *name != NULL; name++)
    {
      g_autofree char *title = g_strconcat ("metadata.", *name, NULL);

      append (out, title, s3dlio_object_info_get_metadata (info, *name));
    }

  tool_print (tool, out->str, out->len);
}

static void
stat_done (GObject *source, GAsyncResult *result, gpointer data)
{
  ToolItem *item = data;
  GError *error = NULL;

  item->info = s3dlio_client_stat_finish (S3DLIO_CLIENT (source), result, &error);
  tool_jobs_done (item, error);
}

/* A local directory may be named without the slash at its end. */
static char *
find_uri (const ToolItem *item, GError **error)
{
  g_autofree char *directory = NULL;

  if (!item->from_local || !g_file_test (item->from, G_FILE_TEST_IS_DIR))
    return tool_item_uri (item, TOOL_ARGUMENTS_NAMES, error);

  directory = g_strconcat (item->from, "/", NULL);
  return tool_path_to_uri (directory);
}

static void
start (ToolJobs *jobs, ToolItem *item)
{
  GError *error = NULL;
  g_autofree char *uri = find_uri (item, &error);

  if (uri == NULL)
    tool_jobs_done (item, error);
  else
    s3dlio_client_stat_async (jobs->tool->client, uri, NULL, jobs->tool->cancellable, stat_done, item);
}

static void
finish (ToolJobs *jobs, ToolItem *item)
{
  g_autofree char *json = NULL;

  if (item->info == NULL)
    return;

  if (!jobs->tool->options->json)
    {
      print_text (jobs->tool, item->info);
      return;
    }
  json = tool_json_info (item->info);
  tool_print (jobs->tool, json, strlen (json));
}

int
tool_stat (Tool *tool, char **args)
{
  static const ToolJobsClass klass = { .start = start, .finish = finish, .ordered = TRUE };
  const int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_NAMES);

  if (usage != 0)
    return usage;

  tool_jobs_run (tool, &klass, tool_source_new_names (tool, args, tool->options->files_from), NULL);
  return 0;
}

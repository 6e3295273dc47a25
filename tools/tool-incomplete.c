/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unfinished uploads: s3dlio rm --incomplete, which aborts them, and those that this process would leave behind.
 *
 * Names mean what they mean to rm: exactly one key, or with -r what lies below it at "/" boundaries; of a local
 * directory, the temporary files that killed writers left. A source of uploads that is made of lists, and jobs that
 * abort them. One thread. */

#include "config.h"

#include "tool-copy.h"
#include "tool-rm.h"

#include <string.h>
#include <sys/stat.h>

#define OLDER_THAN (24 * 3600 * G_TIME_SPAN_SECOND)

typedef struct
{
  ToolSource source;
  ToolSource *names;
  ToolSource *list; /* what begins with the name whose turn it is; NULL: the next name's turn */
  char *exact;      /* of these, the uploads of this URI alone; nullable */
} Uploads;

/* Whether the file or link is there, and whether it is a directory, whatever slashes stand behind it. */
static gboolean
look (const char *path, gboolean *is_directory)
{
  g_autofree char *bare = tool_path_bare (path);
  struct stat st;

  if (lstat (bare, &st) != 0)
    return FALSE;

  *is_directory = S_ISDIR (st.st_mode);
  return TRUE;
}

/* NULL: there is nothing, or @error says what is wrong. */
static S3dlioUri *
local_prefix (const ToolPlace *place, gboolean recursive, gboolean *exact, GError **error)
{
  g_autofree char *directory = g_strconcat (place->path, "/", NULL);
  gboolean is_directory;

  if (!look (place->path, &is_directory))
    return NULL;

  *exact = !is_directory;
  if (!is_directory)
    return s3dlio_uri_new_for_path (place->path);
  if (recursive)
    return s3dlio_uri_new_for_path (directory);

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "uploads below a directory are aborted with -r only");
  return NULL;
}

static S3dlioUri *
remote_prefix (const ToolPlace *place, gboolean recursive, gboolean *exact, GError **error)
{
  *exact = !recursive;
  if (recursive)
    return tool_place_prefix (place);
  if (!tool_place_is_prefix (place))
    return s3dlio_uri_ref (place->uri);

  g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "uploads below a prefix are aborted with -r only");
  return NULL;
}

static void
open_list (Uploads *self, const ToolItem *name)
{
  Tool *tool = self->source.tool;
  const gboolean recursive = tool->options->recursive;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = tool_item_uri (name, TOOL_ARGUMENTS_URIS, &error);
  g_autoptr (ToolPlace) place = uri != NULL ? tool_place_parse (uri, &error) : NULL;
  g_autoptr (S3dlioUri) prefix = NULL;
  gboolean exact = FALSE;

  if (place != NULL)
    prefix = place->path != NULL ? local_prefix (place, recursive, &exact, &error)
                                 : remote_prefix (place, recursive, &exact, &error);
  if (error != NULL)
    tool_fail (tool, name->from, error);
  if (prefix == NULL)
    return;

  self->exact = exact ? s3dlio_uri_to_string (prefix) : NULL;
  self->list = tool_source_new_list (tool, prefix, S3DLIO_LIST_UPLOADS, 0);
}

static void
close_list (Uploads *self)
{
  g_clear_pointer (&self->list, tool_source_free);
  g_clear_pointer (&self->exact, g_free);
}

static gboolean
is_wanted (const Uploads *self, const ToolItem *item)
{
  const ToolOptions *options = self->source.tool->options;
  const gint64 older_than = options->older_than >= 0 ? options->older_than : OLDER_THAN;
  const gint64 begun = s3dlio_object_info_get_mtime (item->info);

  if (older_than > 0 && (begun < 0 || g_get_real_time () - begun < older_than))
    return FALSE;

  return self->exact != NULL || tool_filter_matches (options->filter, item->key);
}

/* The next upload of the list that is open; without one, the list is closed. */
static ToolNext
next_of_list (Uploads *self, ToolItem **item)
{
  ToolNext next;

  while ((next = tool_source_next (self->list, item)) == TOOL_NEXT_ITEM)
    {
      /* In byte order the key itself comes before all that begin with it. */
      if (self->exact != NULL && strcmp ((*item)->from, self->exact) != 0)
        next = TOOL_NEXT_END;
      else if (is_wanted (self, *item))
        return TOOL_NEXT_ITEM;
      g_clear_pointer (item, tool_item_free);
      if (next == TOOL_NEXT_END)
        break;
    }

  if (next == TOOL_NEXT_END)
    close_list (self);
  return next;
}

static ToolNext
uploads_next (ToolSource *source, ToolItem **item)
{
  Uploads *self = (Uploads *) source;
  ToolNext next = TOOL_NEXT_END;

  while (next == TOOL_NEXT_END)
    {
      if (self->list == NULL)
        {
          g_autoptr (ToolItem) name = NULL;

          next = tool_source_next (self->names, &name);
          if (next != TOOL_NEXT_ITEM)
            return next;
          open_list (self, name);
        }
      next = self->list != NULL ? next_of_list (self, item) : TOOL_NEXT_END;
    }

  return next;
}

static void
uploads_free (ToolSource *source)
{
  Uploads *self = (Uploads *) source;

  close_list (self);
  tool_source_free (self->names);
  g_free (self);
}

static ToolSource *
uploads_new (Tool *tool, char **args)
{
  Uploads *self = g_new0 (Uploads, 1);

  self->source = (ToolSource){ .next = uploads_next, .free = uploads_free, .tool = tool };
  self->names = tool_source_new_names (tool, args, tool->options->files_from);
  return &self->source;
}

/* --- aborting --- */

static const char *
id_of (const ToolItem *item)
{
  return s3dlio_object_info_get_attribute (item->info, "upload-id");
}

static void
say_abort (Tool *tool, const ToolItem *item)
{
  g_autofree char *uri = tool_escaped (item->from);
  g_autofree char *id = tool_escaped (id_of (item));
  g_autofree char *line = tool->options->json ? tool_json_abort (item->info)
                                              : g_strdup_printf ("abort %s %s\n", uri, id);

  tool_say (tool, tool->options->dry_run, line);
}

static void
aborted (GObject *source, GAsyncResult *result, gpointer data)
{
  ToolItem *item = data;
  GError *error = NULL;

  if (!s3dlio_client_abort_upload_finish (S3DLIO_CLIENT (source), result, &error))
    g_prefix_error (&error, "upload %s: ", id_of (item));
  tool_jobs_done (item, error);
}

static void
start (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;

  if (tool->options->dry_run)
    tool_jobs_done (item, NULL);
  else
    s3dlio_client_abort_upload_async (tool->client, item->from, id_of (item), NULL, tool->cancellable, aborted, item);
}

static void
finish (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;

  if (item->error == NULL && (tool->options->dry_run || tool->options->verbose > 0))
    say_abort (tool, item);
}

void
tool_rm_incomplete (Tool *tool, char **args)
{
  static const ToolJobsClass abort_jobs = { .start = start, .finish = finish, .ordered = TRUE };

  tool_jobs_run (tool, &abort_jobs, uploads_new (tool, args), NULL);
}

/* --- those of this process --- */

guint
tool_report_open_uploads (Tool *tool)
{
  g_autoptr (GPtrArray) uploads = tool->client != NULL ? s3dlio_client_get_open_uploads (tool->client) : NULL;

  for (guint i = 0; uploads != NULL && i < uploads->len; i++)
    {
      S3dlioObjectInfo *upload = g_ptr_array_index (uploads, i);
      const char *uri = s3dlio_object_info_get_uri (upload);
      g_autofree char *quoted = g_shell_quote (uri);
      g_autoptr (GError) error = g_error_new (
          S3DLIO_ERROR, S3DLIO_ERROR_FAILED,
          "the unfinished upload %s of %s is left behind; to remove it: s3dlio rm --incomplete --older-than 0 %s",
          s3dlio_object_info_get_attribute (upload, "upload-id"), uri, quoted);

      tool_report (tool, uri, error);
    }

  return uploads != NULL ? uploads->len : 0;
}

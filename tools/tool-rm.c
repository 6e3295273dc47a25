/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio rm: deletes objects, and with -r trees at "/" boundaries. One thread. */

#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "tool-copy.h"
#include "tool-rm.h"
#include "tool-walk.h"

/* The names, each replaced by what lies below it. */
typedef struct
{
  ToolSource source;
  ToolSource *names;
  ToolSource *inner; /* the list that is being deleted */
} Expansion;

/* Whole trees of the local file system are not for this command. */
static gboolean
is_root (const char *path)
{
  struct stat root, st;

  return stat ("/", &root) == 0 && stat (path, &st) == 0 && root.st_dev == st.st_dev && root.st_ino == st.st_ino;
}

static void
remove_local (Tool *tool, const char *path)
{
  g_autofree char *plain = g_strdup (path);

  /* With a slash at its end a symbolic link would be followed. */
  for (gsize length = strlen (plain); length > 1 && plain[length - 1] == '/'; length--)
    plain[length - 1] = '\0';

  if (is_root (plain))
    tool_fail_text (tool, path, S3DLIO_ERROR_INVALID, "the root of the file system is not removed");
  else
    tool_remove_tree (tool, plain);
}

/* One name: an object to delete, or a tree: a local one is deleted here, another one becomes self->inner. */
static ToolItem *
expand (Expansion *self, ToolItem *name)
{
  Tool *tool = self->source.tool;
  g_autoptr (ToolItem) item = name;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = tool_item_uri (item, TOOL_ARGUMENTS_URIS, &error);
  g_autoptr (ToolPlace) place = uri != NULL ? tool_place_parse (uri, &error) : NULL;
  g_autoptr (S3dlioUri) prefix = NULL;

  if (place == NULL)
    {
      tool_fail (tool, item->from, error);
      return NULL;
    }
  if (!tool->options->recursive)
    {
      if (!tool_place_is_prefix (place))
        return g_steal_pointer (&item);
      tool_fail_text (tool, item->from, S3DLIO_ERROR_INVALID, "a prefix is deleted with -r only");
      return NULL;
    }
  if (place->path != NULL)
    {
      if (!g_file_test (place->path, G_FILE_TEST_IS_DIR)
          || (g_file_test (place->path, G_FILE_TEST_IS_SYMLINK) && !g_str_has_suffix (place->path, "/")))
        return g_steal_pointer (&item);
      remove_local (tool, place->path);
      return NULL;
    }

  prefix = tool_place_prefix (place);
  self->inner = tool_source_new_list (tool, prefix, TRUE, 0);
  return NULL;
}

static ToolNext
expansion_next (ToolSource *source, ToolItem **item)
{
  Expansion *self = (Expansion *) source;

  while (*item == NULL)
    {
      ToolItem *found = NULL;
      ToolNext next;

      if (tool_is_cancelled (source->tool))
        return TOOL_NEXT_END;

      next = tool_source_next (self->inner != NULL ? self->inner : self->names, &found);
      if (next == TOOL_NEXT_WAIT)
        return next;
      if (next == TOOL_NEXT_END && self->inner == NULL)
        return next;

      if (next == TOOL_NEXT_END)
        g_clear_pointer (&self->inner, tool_source_free);
      else if (self->inner == NULL)
        *item = expand (self, found);
      else if (tool_filter_matches (source->tool->options->filter, found->key))
        *item = found;
      else
        tool_item_free (found);
    }

  return TOOL_NEXT_ITEM;
}

static void
expansion_free (ToolSource *source)
{
  Expansion *self = (Expansion *) source;

  g_clear_pointer (&self->inner, tool_source_free);
  tool_source_free (self->names);
  g_free (self);
}

static void
deleted (GObject *source, GAsyncResult *result, gpointer item)
{
  GError *error = NULL;

  s3dlio_client_delete_finish (S3DLIO_CLIENT (source), result, &error);
  tool_jobs_done (item, error);
}

static void
start (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;

  if (!tool->options->dry_run)
    {
      s3dlio_client_delete_async (tool->client, item->from, NULL, tool->cancellable, deleted, item);
      return;
    }

  tool_say_action (tool, TRUE, "rm", item->from, NULL);
  tool_jobs_done (item, NULL);
}

static void
finish (ToolJobs *jobs, ToolItem *item)
{
  if (item->error == NULL && !jobs->tool->options->dry_run)
    tool_say_action (jobs->tool, FALSE, "rm", item->from, NULL);
}

static const ToolJobsClass rm_jobs = { .start = start, .finish = finish };

void
tool_rm_list (Tool *tool, S3dlioUri *prefix)
{
  tool_jobs_run (tool, &rm_jobs, tool_source_new_list (tool, prefix, TRUE, 0), NULL);
}

int
tool_rm (Tool *tool, char **args)
{
  Expansion *expansion;
  int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_URIS);

  if (usage == 0)
    usage = tool_check_filters (tool);
  if (usage != 0)
    return usage;

  expansion = g_new0 (Expansion, 1);
  expansion->source = (ToolSource){ .next = expansion_next, .free = expansion_free, .tool = tool };
  expansion->names = tool_source_new_names (tool, args, tool->options->files_from);
  tool_jobs_run (tool, &rm_jobs, &expansion->source, NULL);
  return 0;
}

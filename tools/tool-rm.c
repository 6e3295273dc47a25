/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* s3dlio rm: deletes objects, and with -r trees at "/" boundaries. Whatever names an object (an argument, a line, a
 * list), it joins a batch; while one is being deleted the next is gathered. A whole local tree is the library's affair,
 * which goes through it by descriptors. One thread. */

#include "config.h"

#include "tool-rm.h"

#include "tool-copy.h"
#include "tool-walk.h"

#include <string.h>
#include <sys/stat.h>

#define REQUEST 1000 /* objects: what services delete at once */

typedef struct
{
  Tool *tool;
  S3dlioOptions *options;
  GPtrArray *batch; /* of char * */
  GPtrArray *sent;  /* the one that is being deleted, ended by NULL; nullable */
  ToolWait wait;    /* for that */
} Remover;

static void
deleted (const char *uri, const GError *error, gpointer data)
{
  Remover *self = data;

  if (error != NULL)
    {
      tool_fail (self->tool, uri, error);
      return;
    }

  tool_succeed (self->tool);
  tool_say_action (self->tool, FALSE, "rm", uri, NULL);
}

static void
remover_init (Remover *self, Tool *tool)
{
  *self = (Remover){ .tool = tool, .options = s3dlio_options_new () };
  self->batch = g_ptr_array_new_with_free_func (g_free);
  s3dlio_options_set_deleted (self->options, deleted, self, NULL);
}

static void
await_batch (Remover *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint64 n_deleted, n_failed;

  if (self->sent == NULL)
    return;

  result = tool_wait (&self->wait);
  s3dlio_client_delete_many_finish (self->tool->client, result, &n_deleted, &n_failed, &error);
  /* What nobody was told of had not begun. */
  for (guint i = 0; error != NULL && n_deleted + n_failed == 0 && i + 1 < self->sent->len; i++)
    tool_fail (self->tool, self->sent->pdata[i], error);
  g_clear_pointer (&self->sent, g_ptr_array_unref);
}

static void
send_batch (Remover *self)
{
  await_batch (self);
  if (self->batch->len == 0 || tool_is_cancelled (self->tool))
    return;

  self->sent = g_steal_pointer (&self->batch);
  self->batch = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->sent, NULL);
  s3dlio_client_delete_many_async (self->tool->client, (const char *const *) self->sent->pdata, self->options,
                                   self->tool->cancellable, tool_wait_done, &self->wait);
}

static void
remover_finish (Remover *self)
{
  send_batch (self);
  await_batch (self);
  g_ptr_array_unref (self->batch);
  s3dlio_options_unref (self->options);
}

static void
remove_object (Remover *self, const char *uri)
{
  const gboolean idle = self->sent == NULL || self->wait.result != NULL;

  if (self->tool->options->dry_run)
    {
      tool_succeed (self->tool);
      tool_say_action (self->tool, TRUE, "rm", uri, NULL);
      return;
    }

  g_ptr_array_add (self->batch, g_strdup (uri));
  if (self->batch->len % REQUEST == 0 && (idle || self->batch->len / REQUEST >= tool_jobs_limit (self->tool)))
    send_batch (self);
}

/* --- what is named --- */

/* FALSE: it is empty. */
static gboolean
remove_list (Remover *self, S3dlioUri *prefix)
{
  g_autoptr (ToolSource) list = tool_source_new_list (self->tool, prefix, S3DLIO_LIST_RECURSIVE, 0);
  gboolean any = FALSE;
  ToolItem *found;

  while ((found = tool_source_pull (list)) != NULL)
    {
      g_autoptr (ToolItem) item = found;

      any = TRUE;
      if (tool_filter_matches (self->tool->options->filter, item->key))
        remove_object (self, item->from);
    }

  return any || list->failed;
}

/* Nothing is below @uri. That is no error, but to take an object for a tree is one: it is still there. */
static void
check_no_object (Tool *tool, const char *uri)
{
  ToolWait wait = { NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (S3dlioObjectInfo) info = NULL;

  s3dlio_client_stat_async (tool->client, uri, NULL, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  info = s3dlio_client_stat_finish (tool->client, result, NULL);
  if (info != NULL)
    tool_fail_text (tool, uri, S3DLIO_ERROR_INVALID, "an object, with nothing below it; it is deleted without -r");
}

/* Whole trees of the local file system are not for this command. */
static gboolean
is_root (const char *path)
{
  struct stat root, st;

  return stat ("/", &root) == 0 && stat (path, &st) == 0 && root.st_dev == st.st_dev && root.st_ino == st.st_ino;
}

static void
remove_tree (Remover *self, const char *path)
{
  Tool *tool = self->tool;
  g_autofree char *uri = tool_path_to_uri (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  ToolWait wait = { NULL };
  guint64 n_failed;

  s3dlio_client_delete_prefix_async (tool->client, uri, self->options, tool->cancellable, tool_wait_done, &wait);
  result = tool_wait (&wait);
  s3dlio_client_delete_prefix_finish (tool->client, result, NULL, &n_failed, &error);
  if (error != NULL && n_failed == 0)
    tool_fail (tool, path, error);
}

/* What the filter means, or would. Each goes by the descriptor of its directory, so that none that is replaced
 * meanwhile leads out of the tree. */
static void
remove_files (Remover *self, const char *path)
{
  Tool *tool = self->tool;
  g_autoptr (ToolSource) walk = tool_source_new_walk (tool, path, TOOL_WALK_NAMES);
  ToolItem *found;

  while ((found = tool_source_pull (walk)) != NULL)
    {
      g_autoptr (ToolItem) item = found;
      g_autofree char *uri = tool_path_to_uri (item->from);
      g_autoptr (GError) error = NULL;

      if (!tool_filter_matches (tool->options->filter, item->key))
        continue;
      if (tool->options->dry_run)
        remove_object (self, uri);
      else if (tool_walk_remove (walk, &error))
        deleted (uri, NULL, self);
      else
        tool_fail (tool, uri, error);
    }
}

static void
remove_local (Remover *self, const char *path)
{
  Tool *tool = self->tool;
  g_autofree char *plain = tool_path_bare (path);

  if (is_root (plain))
    tool_fail_text (tool, path, S3DLIO_ERROR_INVALID, "the root of the file system is not removed");
  else if (g_file_test (plain, G_FILE_TEST_IS_SYMLINK))
    tool_fail_text (tool, path, S3DLIO_ERROR_INVALID, "is a symbolic link, and not followed");
  else if (tool->options->dry_run || !tool_filter_is_empty (tool->options->filter))
    remove_files (self, plain);
  else
    remove_tree (self, plain);
}

static gboolean
is_tree (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR)
         && (g_str_has_suffix (path, "/") || !g_file_test (path, G_FILE_TEST_IS_SYMLINK));
}

/* One name: an object, or with -r a tree. */
static void
remove_name (Remover *self, const ToolItem *item)
{
  Tool *tool = self->tool;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = tool_item_uri (item, TOOL_ARGUMENTS_URIS, &error);
  g_autoptr (ToolPlace) place = uri != NULL ? tool_place_parse (uri, &error) : NULL;
  g_autoptr (S3dlioUri) prefix = NULL;

  if (place == NULL)
    tool_fail (tool, item->from, error);
  else if (!tool->options->recursive && tool_place_is_prefix (place))
    tool_fail_text (tool, item->from, S3DLIO_ERROR_INVALID, "a prefix is deleted with -r only");
  else if (!tool->options->recursive && place->path != NULL && is_tree (place->path))
    tool_fail_text (tool, item->from, S3DLIO_ERROR_INVALID, "a directory is deleted with -r only");
  else if (!tool->options->recursive || (place->path != NULL && !is_tree (place->path)))
    remove_object (self, uri);
  else if (place->path != NULL)
    remove_local (self, place->path);
  else
    {
      prefix = tool_place_prefix (place);
      if (!remove_list (self, prefix) && !tool_place_is_prefix (place) && !tool_is_cancelled (tool))
        check_no_object (tool, place->text);
    }
}

void
tool_rm_list (Tool *tool, S3dlioUri *prefix)
{
  Remover remover;

  remover_init (&remover, tool);
  remove_list (&remover, prefix);
  remover_finish (&remover);
}

/* Takes @names. */
static void
remove_names (Remover *self, ToolSource *names)
{
  ToolItem *found;

  while ((found = tool_source_pull (names)) != NULL)
    {
      g_autoptr (ToolItem) item = found;

      remove_name (self, item);
    }
  tool_source_free (names);
}

int
tool_rm (Tool *tool, char **args)
{
  static char *none[] = { NULL };
  ToolSource *names;
  Remover remover;
  int usage = tool_check_arguments (tool, args, TOOL_ARGUMENTS_URIS);

  if (usage == 0)
    usage = tool_check_filters (tool);
  if (usage != 0)
    return usage;
  if (tool->options->incomplete)
    {
      tool_rm_incomplete (tool, args);
      return 0;
    }
  if (tool->options->older_than >= 0)
    return tool_usage ("rm: --older-than goes with --incomplete");

  remover_init (&remover, tool);
  names = tool_source_new_names (tool, args, NULL);
  remove_names (&remover, tool->options->recursive ? names : tool_source_new_looked_at (tool, names));
  /* A list of names was made by a program, and may be long: they are keys as they stand. */
  if (tool->options->files_from != NULL)
    remove_names (&remover, tool_source_new_names (tool, none, tool->options->files_from));
  remover_finish (&remover);
  return 0;
}

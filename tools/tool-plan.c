/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From SRC and DST to single copies: what lands where, which trees are walked or listed, and what is refused so that
 * nothing is lost. A source of items that is made of sources: nothing is kept but the current one. One thread. */

#include "config.h"

#include "tool-copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  ToolSource source;
  ToolSource *names; /* the SRCs */
  ToolArguments kind;
  ToolPlace *to;
  gboolean several;  /* SRCs, so that DST is a directory */
  GHashTable *taken; /* the targets so far, when several; else NULL */
  GHashTable *vain;  /* directories that were not there before copies that failed */

  /* The tree that is being copied; NULL: none */
  ToolSource *inner;
  ToolPlace *from;
  ToolTree *tree;    /* when it lands in a local directory */
  gboolean overlaps; /* it lies below DST: targets may lie in it */
  guint64 found, planned;
  guint64 failed_before; /* in all, when it began */
} Plan;

/* --- one object --- */

/* Whether @path itself is a symbolic link, whatever slashes stand behind it. */
static gboolean
is_link (const char *path)
{
  g_autofree char *bare = tool_path_bare (path);
  struct stat st;

  return lstat (bare, &st) == 0 && S_ISLNK (st.st_mode);
}

static gboolean
is_directory (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Two sources for one target: the second would overwrite the first. */
static gboolean
claim (Plan *plan, const char *target, GError **error)
{
  if (plan->taken == NULL || g_hash_table_add (plan->taken, g_strdup (target)))
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS, "%s has just been written from another source", target);
  return FALSE;
}

static gboolean
check_source (Plan *plan, const ToolPlace *from, ToolItem *item, GError **error)
{
  const gboolean one_only = (plan->source.tool->verb->bit & (TOOL_GET | TOOL_PUT)) != 0;
  struct stat st;

  if (from->path == NULL)
    {
      if (!tool_place_is_prefix (from))
        return TRUE;
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "a prefix is copied with %s only",
                   one_only ? "cp -r" : "-r");
      return FALSE;
    }

  if (stat (from->path, &st) != 0)
    {
      g_set_error (error, S3DLIO_ERROR, errno == ENOENT ? S3DLIO_ERROR_NOT_FOUND : S3DLIO_ERROR_FAILED, "%s",
                   g_strerror (errno));
      return FALSE;
    }
  if (S_ISDIR (st.st_mode))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "a directory is copied with %s only",
                   one_only ? "cp -r" : "-r");
      return FALSE;
    }
  if (S_ISREG (st.st_mode))
    item->size = st.st_size;
  if (plan->source.tool->verb->bit != TOOL_MV)
    return TRUE;

  if (lstat (from->path, &st) == 0 && !S_ISREG (st.st_mode))
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "only regular files are moved");
      return FALSE;
    }

  return TRUE;
}

static char *
find_target (Plan *plan, const ToolPlace *from, GError **error)
{
  g_autofree char *name = NULL;

  if (!plan->several && !tool_place_takes_names (plan->to))
    return g_strdup (plan->to->path != NULL ? plan->to->path : plan->to->text);

  name = tool_place_basename (from, error);
  if (name == NULL)
    return NULL;
  if (plan->to->path == NULL && !g_utf8_validate (name, -1, NULL))
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "its name is not UTF-8, as keys are");
      return NULL;
    }

  return tool_place_join (plan->to, name);
}

/* Fills item->to; FALSE with @error: it must not be. */
static gboolean
plan_one (Plan *plan, const ToolPlace *from, ToolItem *item, GError **error)
{
  Tool *tool = plan->source.tool;
  g_autoptr (ToolPlace) target = NULL;

  if (!check_source (plan, from, item, error))
    return FALSE;

  item->to = find_target (plan, from, error);
  item->to_local = plan->to->path != NULL;
  if (item->to == NULL)
    return FALSE;

  target = g_new0 (ToolPlace, 1);
  target->text = g_strdup (item->to);
  if (item->to_local)
    target->path = g_strdup (item->to);
  else
    target->uri = s3dlio_uri_parse (item->to, error);
  if (target->path == NULL && target->uri == NULL)
    return FALSE;

  if (tool_place_same (tool, from, target))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "source and target are, or may be, the same: %s",
                   target->text);
      return FALSE;
    }

  return claim (plan, item->to, error);
}

/* --- one tree --- */

/* DST of a tree without files: else it comes with the first of them. */
static void
make_target (Plan *plan)
{
  Tool *tool = plan->source.tool;
  g_autoptr (GError) error = NULL;

  if (plan->tree == NULL || plan->planned > 0 || tool->failed > plan->failed_before || tool->options->dry_run
      || tool_is_cancelled (tool))
    return;

  if (!is_directory (plan->to->path) && !tool_make_directories (plan->to->path, &error))
    tool_fail (tool, plan->to->text, error);
}

static void
end_tree (Plan *plan)
{
  Tool *tool = plan->source.tool;

  if (plan->inner == NULL)
    return;

  /* An empty directory is there, and so is an empty bucket. */
  if (plan->found == 0 && !plan->inner->failed && !tool_is_cancelled (tool) && plan->from->path == NULL
      && *s3dlio_uri_get_key (plan->from->uri) != '\0')
    tool_fail_text (tool, plan->from->text, S3DLIO_ERROR_NOT_FOUND, "nothing found below it");
  make_target (plan);

  g_clear_pointer (&plan->inner, tool_source_free);
  g_clear_pointer (&plan->from, tool_place_free);
  g_clear_pointer (&plan->tree, tool_tree_free);
}

static ToolWalkLinks
links_of (Tool *tool)
{
  if (tool->verb->bit == TOOL_MV)
    return TOOL_WALK_REFUSE;

  return tool->options->no_follow_symlinks ? TOOL_WALK_SKIP : TOOL_WALK_FOLLOW;
}

/* Takes @from. */
static gboolean
begin_tree (Plan *plan, ToolPlace *from, GError **error)
{
  Tool *tool = plan->source.tool;

  plan->from = from;
  plan->found = plan->planned = 0;
  if (tool_place_contains (tool, from, plan->to))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "a tree is not copied into itself: %s", plan->to->text);
      return FALSE;
    }
  plan->overlaps = tool_place_contains (tool, plan->to, from);
  plan->failed_before = tool->failed;
  if (plan->to->path != NULL)
    plan->tree = tool_tree_new (plan->to->path);

  if (from->path != NULL)
    {
      plan->inner = tool_source_new_walk (tool, from->path, links_of (tool));
    }
  else
    {
      g_autoptr (S3dlioUri) prefix = tool_place_prefix (from);

      plan->inner = tool_source_new_list (tool, prefix, S3DLIO_LIST_RECURSIVE, 0);
    }

  return TRUE;
}

/* A target inside the source tree would be read again as a source, or has been. */
static gboolean
check_overlap (Plan *plan, const char *target, GError **error)
{
  g_autoptr (ToolPlace) place = plan->overlaps ? tool_place_parse (target, NULL) : NULL;

  if (place == NULL || !tool_place_contains (plan->source.tool, plan->from, place))
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "its target %s lies in the source", target);
  return FALSE;
}

/* Objects whose keys end in "/" stand for directories, if they hold nothing. */
static gboolean
is_marker (const ToolItem *item)
{
  return !item->from_local && item->size == 0 && (*item->key == '\0' || g_str_has_suffix (item->key, "/"));
}

static gboolean
plan_download (Plan *plan, ToolItem *item, GError **error)
{
  const gboolean dry_run = plan->source.tool->options->dry_run;

  item->directory = is_marker (item);
  if (!item->directory && (*item->key == '\0' || g_str_has_suffix (item->key, "/")))
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                           "the key ends in '/', as a directory's, but the object holds bytes");
      return FALSE;
    }

  item->to_local = TRUE;
  if (*item->key != '\0')
    item->to = tool_tree_place (plan->tree, item->key, dry_run, error);
  else if (dry_run || tool_make_directories (plan->to->path, error))
    item->to = g_strdup (plan->to->path);
  return item->to != NULL;
}

static gboolean
plan_upload (Plan *plan, ToolItem *item, GError **error)
{
  if (!g_utf8_validate (item->key, -1, NULL))
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "its name is not UTF-8, as keys are");
      return FALSE;
    }

  item->to = tool_place_join (plan->to, item->key);
  if (*item->key != '\0' || *s3dlio_uri_get_key (plan->to->uri) != '\0')
    return TRUE;

  /* What stands for the source itself has no name in a bucket, which is there anyway. */
  item->directory = is_marker (item);
  if (!item->directory)
    g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                         "the object holds bytes, and has no name that it could have in a bucket");
  return item->directory;
}

/* What one item of a tree comes to: TRUE: a copy. FALSE: nothing more to do, or with @error, it must not be. */
static gboolean
plan_item (Plan *plan, ToolItem *item, GError **error)
{
  if (!tool_filter_matches (plan->source.tool->options->filter, item->key))
    return FALSE;

  return (plan->to->path != NULL ? plan_download (plan, item, error) : plan_upload (plan, item, error))
         && check_overlap (plan, item->to, error) && (is_marker (item) || claim (plan, item->to, error));
}

/* --- the whole --- */

/* One SRC: an item, or the tree that is now plan->inner; NULL without one: named and counted. */
static ToolItem *
expand (Plan *plan, ToolItem *name)
{
  Tool *tool = plan->source.tool;
  g_autoptr (ToolItem) item = name;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (ToolPlace) from = NULL;

  text = plan->kind == TOOL_ARGUMENTS_URIS ? tool_item_uri (item, plan->kind, &error) : g_strdup (item->from);
  from = text != NULL ? tool_place_parse (text, &error) : NULL;
  if (from == NULL)
    {
      tool_fail (tool, name->from, error);
      return NULL;
    }

  if (tool->verb->bit == TOOL_MV && from->path != NULL && is_link (from->path) && is_directory (from->path))
    {
      tool_fail_text (tool, item->from, S3DLIO_ERROR_INVALID,
                      "is a symbolic link to a directory, which mv does not follow");
      return NULL;
    }

  if (tool->options->recursive && (from->path == NULL || is_directory (from->path)))
    {
      if (!begin_tree (plan, g_steal_pointer (&from), &error))
        {
          tool_fail (tool, item->from, error);
          g_clear_pointer (&plan->from, tool_place_free);
        }
      return NULL;
    }

  /* file:// is a path from here on. */
  g_free (item->from);
  item->from = g_strdup (from->path != NULL ? from->path : from->text);
  item->from_local = from->path != NULL;
  if (plan_one (plan, from, item, &error))
    return g_steal_pointer (&item);

  tool_fail (tool, item->from, error);
  return NULL;
}

/* The tree's next copy into @item. FALSE: it has ended. */
static ToolNext
next_of_tree (Plan *plan, ToolItem **item)
{
  g_autoptr (ToolItem) found = NULL;
  g_autoptr (GError) error = NULL;
  const ToolNext next = tool_source_next (plan->inner, &found);

  if (next == TOOL_NEXT_END)
    end_tree (plan);
  if (next != TOOL_NEXT_ITEM)
    return next;

  plan->found++;
  if (plan_item (plan, found, &error))
    {
      plan->planned++;
      *item = g_steal_pointer (&found);
    }
  else if (error != NULL)
    tool_fail (plan->source.tool, found->from, error);

  return TOOL_NEXT_ITEM;
}

/* The first directory on the way to a local target that is not there yet; nullable. */
static char *
find_fresh (const char *target)
{
  g_autofree char *path = g_path_get_dirname (target);
  char *fresh = NULL;

  while (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_free (fresh);
      fresh = path;
      path = g_path_get_dirname (fresh);
    }

  return fresh;
}

static ToolNext
plan_next (ToolSource *source, ToolItem **item)
{
  Plan *plan = (Plan *) source;

  while (*item == NULL)
    {
      ToolItem *name = NULL;
      ToolNext next;

      if (tool_is_cancelled (source->tool))
        return TOOL_NEXT_END;
      if (plan->inner != NULL)
        {
          if (next_of_tree (plan, item) == TOOL_NEXT_WAIT)
            return TOOL_NEXT_WAIT;
          continue;
        }

      next = tool_source_next (plan->names, &name);
      if (next != TOOL_NEXT_ITEM)
        return next;
      *item = expand (plan, name);
    }

  if ((*item)->to_local && !source->tool->options->dry_run)
    (*item)->fresh = find_fresh ((*item)->to);
  return TOOL_NEXT_ITEM;
}

/* --- directories that were made in vain --- */

void
tool_plan_failed (ToolSource *source, const ToolItem *item)
{
  Plan *plan = (Plan *) source;
  char *path = item->fresh != NULL ? g_path_get_dirname (item->to) : NULL;

  while (path != NULL)
    {
      g_hash_table_add (plan->vain, path);
      path = strcmp (path, item->fresh) != 0 ? g_path_get_dirname (path) : NULL;
    }
}

static int
compare_lengths (gconstpointer a, gconstpointer b)
{
  const gsize length_a = strlen (*(const char *const *) a);
  const gsize length_b = strlen (*(const char *const *) b);

  return length_a < length_b ? 1 : length_a > length_b ? -1 : 0;
}

/* Those that are empty go, the deepest first. Only now, when nothing is under way any more: a file that is being
 * written has no name yet, so that its directory looks empty. */
static void
clean_up (Plan *plan)
{
  guint n;
  g_autofree gpointer *paths = g_hash_table_get_keys_as_array (plan->vain, &n);

  qsort (paths, n, sizeof *paths, compare_lengths);
  for (guint i = 0; i < n; i++)
    (void) rmdir (paths[i]);
}

static void
plan_free (ToolSource *source)
{
  Plan *plan = (Plan *) source;

  end_tree (plan);
  clean_up (plan);
  g_hash_table_unref (plan->vain);
  tool_source_free (plan->names);
  tool_place_free (plan->to);
  g_clear_pointer (&plan->taken, g_hash_table_unref);
  g_free (plan);
}

ToolSource *
tool_plan_new (Tool *tool, ToolSource *names, ToolArguments kind, ToolPlace *to, gboolean several)
{
  Plan *plan = g_new0 (Plan, 1);

  plan->source = (ToolSource){ .next = plan_next, .free = plan_free, .tool = tool };
  plan->names = names;
  plan->kind = kind;
  plan->to = to;
  plan->several = several;
  plan->vain = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (several)
    plan->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return &plan->source;
}

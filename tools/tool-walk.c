/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks through local directories. Entries are read as they come, so that memory holds the directories above the
 * current one and nothing else; and a link to one of those is a loop, which is not entered again. One thread. */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool-source.h"
#include "tool-walk.h"

typedef struct
{
  DIR *dir;
  gsize length; /* of the path, with its "/" */
  dev_t device;
  ino_t inode;
} Level;

typedef struct
{
  ToolSource source;
  ToolWalkLinks links;
  GString *path;
  gsize root_length; /* with its "/" */
  GArray *levels;    /* of Level */
} WalkSource;

static void
fail_errno (Tool *tool, const char *path, int code)
{
  S3dlioError error = S3DLIO_ERROR_FAILED;

  if (code == ENOENT)
    error = S3DLIO_ERROR_NOT_FOUND;
  else if (code == EACCES || code == EPERM)
    error = S3DLIO_ERROR_DENIED;
  tool_fail_text (tool, path, error, "%s", g_strerror (code));
}

static gboolean
is_loop (const WalkSource *self, const struct stat *st)
{
  for (guint i = 0; i < self->levels->len; i++)
    {
      const Level *level = &g_array_index (self->levels, Level, i);

      if (level->device == st->st_dev && level->inode == st->st_ino)
        return TRUE;
    }

  return FALSE;
}

/* Goes down into self->path. */
static void
enter (WalkSource *self, const struct stat *st)
{
  Level level = { .device = st->st_dev, .inode = st->st_ino };

  if (is_loop (self, st))
    {
      tool_note (self->source.tool, "%s: a symbolic link to a directory above it; not followed", self->path->str);
      return;
    }

  level.dir = opendir (self->path->str);
  if (level.dir == NULL)
    {
      fail_errno (self->source.tool, self->path->str, errno);
      return;
    }

  if (!g_str_has_suffix (self->path->str, "/"))
    g_string_append_c (self->path, '/');
  level.length = self->path->len;
  g_array_append_val (self->levels, level);
}

static void
leave (WalkSource *self)
{
  closedir (g_array_index (self->levels, Level, self->levels->len - 1).dir);
  g_array_set_size (self->levels, self->levels->len - 1);
}

/* What stands at self->path; FALSE: not for us, and said why. */
static gboolean
look (WalkSource *self, struct stat *st)
{
  Tool *tool = self->source.tool;
  const char *path = self->path->str;

  if (lstat (path, st) != 0)
    {
      /* Somebody may delete files while we walk: what has gone is not there. */
      if (errno != ENOENT)
        fail_errno (tool, path, errno);
      return FALSE;
    }
  if (!S_ISLNK (st->st_mode))
    return TRUE;

  switch (self->links)
    {
    case TOOL_WALK_SKIP:
      tool_verbose (tool, "%s: a symbolic link; left out", path);
      return FALSE;
    case TOOL_WALK_REFUSE:
      tool_fail_text (tool, path, S3DLIO_ERROR_UNSUPPORTED, "a symbolic link is not moved");
      return FALSE;
    case TOOL_WALK_FOLLOW:
    default:
      if (stat (path, st) == 0)
        return TRUE;
      fail_errno (tool, path, errno);
      return FALSE;
    }
}

/* The next name in the current directory, as self->path; FALSE: there is none. */
static gboolean
read_name (WalkSource *self)
{
  const Level *level = &g_array_index (self->levels, Level, self->levels->len - 1);
  const struct dirent *entry;

  g_string_truncate (self->path, level->length);
  do
    {
      errno = 0;
      entry = readdir (level->dir);
      if (entry == NULL && errno != 0)
        fail_errno (self->source.tool, self->path->str, errno);
    }
  while (entry != NULL && (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0));

  if (entry != NULL)
    g_string_append (self->path, entry->d_name);
  return entry != NULL;
}

static ToolNext
walk_next (ToolSource *source, ToolItem **item)
{
  WalkSource *self = (WalkSource *) source;

  while (self->levels->len > 0 && *item == NULL)
    {
      struct stat st;

      if (tool_is_cancelled (source->tool))
        return TOOL_NEXT_END;
      if (!read_name (self))
        leave (self);
      else if (!look (self, &st))
        continue;
      else if (S_ISDIR (st.st_mode))
        enter (self, &st);
      else if (S_ISREG (st.st_mode))
        *item = tool_item_new (self->path->str, TRUE, self->path->str + self->root_length, st.st_size);
      else
        tool_fail_text (source->tool, self->path->str, S3DLIO_ERROR_UNSUPPORTED,
                        "neither a file nor a directory; skipped");
    }

  return *item != NULL ? TOOL_NEXT_ITEM : TOOL_NEXT_END;
}

static void
walk_free (ToolSource *source)
{
  WalkSource *self = (WalkSource *) source;

  while (self->levels->len > 0)
    leave (self);
  g_array_unref (self->levels);
  g_string_free (self->path, TRUE);
  g_free (self);
}

ToolSource *
tool_source_new_walk (Tool *tool, const char *path, ToolWalkLinks links)
{
  WalkSource *self = g_new0 (WalkSource, 1);
  struct stat st;

  self->source = (ToolSource){ .next = walk_next, .free = walk_free, .tool = tool };
  self->links = links;
  self->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  self->path = g_string_new (path);
  if (stat (path, &st) == 0)
    enter (self, &st);
  else
    fail_errno (tool, path, errno);
  self->root_length = self->path->len;

  return &self->source;
}

/* ---- Deleting ---- */

typedef struct
{
  Tool *tool;
  const ToolFilter *filter;
  gboolean dry_run;
  gboolean only_directories;
  GString *path;
  gsize root_length;
} Remover;

static gboolean remove_below (Remover *self, int parent, const char *name);

/* One entry; TRUE when it is gone, or would be. */
static gboolean
remove_entry (Remover *self, int parent, const char *name)
{
  Tool *tool = self->tool;
  struct stat st;

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (errno != ENOENT)
        fail_errno (tool, self->path->str, errno);
      return errno == ENOENT;
    }
  if (S_ISDIR (st.st_mode))
    return remove_below (self, parent, name);
  if (self->only_directories || !tool_filter_matches (self->filter, self->path->str + self->root_length))
    return FALSE;

  tool_say_action (tool, self->dry_run, "rm", self->path->str, NULL);
  if (!self->dry_run && unlinkat (parent, name, 0) != 0 && errno != ENOENT)
    {
      fail_errno (tool, self->path->str, errno);
      return FALSE;
    }

  tool_succeed (tool);
  return TRUE;
}

/* The directory @name in @parent: what is in it, then itself if nothing is left. */
static gboolean
remove_below (Remover *self, int parent, const char *name)
{
  const gsize length = self->path->len;
  int fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  const struct dirent *entry;
  gboolean empty = TRUE;

  if (dir == NULL)
    {
      fail_errno (self->tool, self->path->str, errno);
      return FALSE;
    }

  while ((entry = readdir (dir)) != NULL && !tool_is_cancelled (self->tool))
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;

      /* Signals are served here: nothing else runs meanwhile. */
      g_main_context_iteration (NULL, FALSE);
      if (!g_str_has_suffix (self->path->str, "/"))
        g_string_append_c (self->path, '/');
      g_string_append (self->path, entry->d_name);
      empty = remove_entry (self, fd, entry->d_name) && empty;
      g_string_truncate (self->path, length);
    }
  empty = empty && entry == NULL;
  closedir (dir);

  if (!empty || self->dry_run)
    return empty;
  if (unlinkat (parent, name, AT_REMOVEDIR) == 0)
    return TRUE;
  if (errno != ENOTEMPTY && errno != EEXIST)
    fail_errno (self->tool, self->path->str, errno);

  return FALSE;
}

static void
remove_tree (Tool *tool, const char *path, const ToolFilter *filter, gboolean only_directories)
{
  Remover remover = {
    .tool = tool,
    .filter = filter,
    .dry_run = tool->options->dry_run,
    .only_directories = only_directories,
    .path = g_string_new (path),
  };

  remover.root_length = strlen (path) + (g_str_has_suffix (path, "/") ? 0 : 1);
  remove_below (&remover, AT_FDCWD, path);
  g_string_free (remover.path, TRUE);
}

void
tool_remove_tree (Tool *tool, const char *path)
{
  remove_tree (tool, path, tool->options->filter, FALSE);
}

void
tool_remove_empty_directories (Tool *tool, const char *path)
{
  remove_tree (tool, path, NULL, TRUE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks through local directories. Entries are read as they come, so that memory holds the directories above the
 * current one and nothing else; and a link to one of those is a loop, which is not entered again. One thread. */

#include "config.h"

#include "tool-walk.h"

#include "tool-source.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    case TOOL_WALK_NAMES:
      return TRUE;
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
      else if (S_ISREG (st.st_mode) || self->links == TOOL_WALK_NAMES)
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

void
tool_remove_emptied (const char *path, const char *key)
{
  const gsize root = strlen (path) - strlen (key) - 1;
  g_autofree char *directory = g_strdup (path);
  char *slash;

  while ((slash = strrchr (directory, '/')) != NULL && slash > directory && (gsize) (slash - directory) >= root)
    {
      *slash = '\0';
      if (rmdir (directory) != 0)
        return;
    }
}

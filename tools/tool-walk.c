/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks through local directories. Entries are read as they come, so that memory holds the directories above the
 * current one and nothing else; and a link to one of those is a loop, which is not entered again. Every step starts at
 * the descriptor of the directory that it is in: one that is renamed or replaced meanwhile leads nowhere else, and
 * where links are not followed, they are not, whenever they appear. One thread. */

#include "config.h"

#include "tool-walk.h"

#include "tool-options.h"
#include "tool-source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  DIR *dir;
  gsize length; /* of the path, with its "/" */
  dev_t device;
  ino_t inode;
  gboolean removed; /* something in it has been */
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

/* Of what is filtered out, nobody need know that it is no file for us. */
static gboolean
is_wanted (const WalkSource *self)
{
  return tool_filter_matches (self->source.tool->options->filter, self->path->str + self->root_length);
}

static gboolean
is_loop (const WalkSource *self, const Level *inner)
{
  for (guint i = 0; i < self->levels->len; i++)
    {
      const Level *level = &g_array_index (self->levels, Level, i);

      if (level->device == inner->device && level->inode == inner->inode)
        return TRUE;
    }

  return FALSE;
}

static Level *
top_of (const WalkSource *self)
{
  return self->levels->len > 0 ? &g_array_index (self->levels, Level, self->levels->len - 1) : NULL;
}

/* The name of what stands at self->path, and the descriptor that it is relative to. */
static const char *
name_of (const WalkSource *self, int *directory)
{
  const Level *top = top_of (self);

  *directory = top != NULL ? dirfd (top->dir) : AT_FDCWD;
  return self->path->str + (top != NULL ? top->length : 0);
}

static DIR *
open_directory (WalkSource *self, Level *level)
{
  const gboolean follow
      = self->links == TOOL_WALK_FOLLOW || (self->links != TOOL_WALK_NAMES && self->levels->len == 0);
  int directory;
  const char *name = name_of (self, &directory);
  const int fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  struct stat st;
  DIR *dir = fd >= 0 && fstat (fd, &st) == 0 ? fdopendir (fd) : NULL;
  const int saved = errno;

  if (dir == NULL && fd >= 0)
    close (fd);
  if (dir != NULL)
    {
      level->device = st.st_dev;
      level->inode = st.st_ino;
    }
  errno = saved;
  return dir;
}

/* Goes down into self->path. */
static void
enter (WalkSource *self)
{
  Level level = { NULL };

  level.dir = open_directory (self, &level);
  if (level.dir == NULL)
    {
      fail_errno (self->source.tool, self->path->str, errno);
      return;
    }
  if (is_loop (self, &level))
    {
      tool_note (self->source.tool, "%s: a symbolic link to a directory above it; not followed", self->path->str);
      closedir (level.dir);
      return;
    }

  if (!g_str_has_suffix (self->path->str, "/"))
    g_string_append_c (self->path, '/');
  level.length = self->path->len;
  g_array_append_val (self->levels, level);
}

/* A directory that has been emptied goes, too. */
static void
leave (WalkSource *self)
{
  const Level last = *top_of (self);
  int directory;
  const char *name;

  closedir (last.dir);
  g_string_truncate (self->path, last.length - 1);
  g_array_set_size (self->levels, self->levels->len - 1);
  name = name_of (self, &directory);
  if (last.removed && unlinkat (directory, name, AT_REMOVEDIR) == 0 && self->levels->len > 0)
    top_of (self)->removed = TRUE;
}

/* Names that the library gives to files that are not whole yet. */
static gboolean
is_temporary (const char *name)
{
  static const char prefix[] = ".s3dlio-";
  const gsize length = strlen (prefix);

  if (*name == '.' && (g_str_has_suffix (name, ".s3dlio-part") || g_str_has_suffix (name, ".s3dlio-journal")))
    return TRUE;

  return g_str_has_prefix (name, prefix) && strlen (name) == length + 16
         && strspn (name + length, "0123456789abcdef") == 16;
}

static gboolean
look_at_link (WalkSource *self, int directory, const char *name, struct stat *st)
{
  Tool *tool = self->source.tool;
  const char *path = self->path->str;
  int code;

  switch (self->links)
    {
    case TOOL_WALK_SKIP:
      tool_verbose (tool, "%s: a symbolic link; left out", path);
      return FALSE;
    case TOOL_WALK_REFUSE:
      if (is_wanted (self))
        tool_fail_text (tool, path, S3DLIO_ERROR_UNSUPPORTED, "a symbolic link is not moved");
      return FALSE;
    case TOOL_WALK_NAMES:
      return TRUE;
    case TOOL_WALK_FOLLOW:
    default:
      if (fstatat (directory, name, st, 0) == 0)
        return TRUE;
      code = errno;
      if (is_wanted (self))
        fail_errno (tool, path, code);
      return FALSE;
    }
}

/* What stands at self->path; FALSE: not for us, and said why. */
static gboolean
look (WalkSource *self, struct stat *st)
{
  Tool *tool = self->source.tool;
  int directory;
  const char *name = name_of (self, &directory);

  if (fstatat (directory, name, st, AT_SYMLINK_NOFOLLOW) != 0)
    {
      /* Somebody may delete files while we walk: what has gone is not there. */
      if (errno != ENOENT)
        fail_errno (tool, self->path->str, errno);
      return FALSE;
    }
  if (S_ISLNK (st->st_mode))
    return look_at_link (self, directory, name, st);
  if (self->links == TOOL_WALK_NAMES || !S_ISREG (st->st_mode) || !is_temporary (name))
    return TRUE;

  tool_verbose (tool, "%s: of a transfer that has not ended; left out", self->path->str);
  return FALSE;
}

/* The next name in the current directory, as self->path; FALSE: there is none. */
static gboolean
read_name (WalkSource *self)
{
  const Level *level = top_of (self);
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
        enter (self);
      else if (S_ISREG (st.st_mode) || self->links == TOOL_WALK_NAMES)
        *item = tool_item_new (self->path->str, TRUE, self->path->str + self->root_length, st.st_size);
      else if (is_wanted (self))
        tool_fail_text (source->tool, self->path->str, S3DLIO_ERROR_UNSUPPORTED,
                        "neither a file nor a directory; skipped");
    }

  return *item != NULL ? TOOL_NEXT_ITEM : TOOL_NEXT_END;
}

static void
walk_free (ToolSource *source)
{
  WalkSource *self = (WalkSource *) source;

  for (guint i = 0; i < self->levels->len; i++)
    closedir (g_array_index (self->levels, Level, i).dir);
  g_array_unref (self->levels);
  g_string_free (self->path, TRUE);
  g_free (self);
}

ToolSource *
tool_source_new_walk (Tool *tool, const char *path, ToolWalkLinks links)
{
  WalkSource *self = g_new0 (WalkSource, 1);

  self->source = (ToolSource){ .next = walk_next, .free = walk_free, .tool = tool };
  self->links = links;
  self->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  self->path = g_string_new (path);
  enter (self);
  self->root_length = self->path->len;

  return &self->source;
}

gboolean
tool_walk_remove (ToolSource *source, GError **error)
{
  WalkSource *self = (WalkSource *) source;
  int directory;
  const char *name = name_of (self, &directory);

  if (unlinkat (directory, name, 0) != 0 && errno != ENOENT)
    {
      g_set_error (error, S3DLIO_ERROR, errno == EACCES || errno == EPERM ? S3DLIO_ERROR_DENIED : S3DLIO_ERROR_FAILED,
                   "cannot delete it: %s", g_strerror (errno));
      return FALSE;
    }

  top_of (self)->removed = TRUE;
  return TRUE;
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

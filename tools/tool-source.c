/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sources of items: arguments, lines of a file, lists. None holds more than a page. One thread. */

#include "config.h"

#include "tool-source.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

ToolItem *
tool_item_new (const char *from, gboolean from_local, const char *key, gint64 size)
{
  ToolItem *item = g_new0 (ToolItem, 1);

  item->from = g_strdup (from);
  item->from_local = from_local;
  item->key = g_strdup (key);
  item->size = size;
  return item;
}

void
tool_item_free (ToolItem *item)
{
  g_free (item->from);
  g_free (item->to);
  g_free (item->fresh);
  g_free (item->key);
  g_clear_pointer (&item->info, s3dlio_object_info_unref);
  g_clear_pointer (&item->report, s3dlio_report_unref);
  g_clear_error (&item->error);
  g_free (item);
}

ToolNext
tool_source_next (ToolSource *source, ToolItem **item)
{
  *item = NULL;
  return source->next (source, item);
}

void
tool_source_free (ToolSource *source)
{
  source->free (source);
}

ToolItem *
tool_source_pull (ToolSource *source)
{
  ToolItem *item = NULL;
  ToolNext next;

  do
    {
      /* Now and then, so that signals are served even when every item is at hand. */
      if (g_main_context_pending (NULL))
        g_main_context_iteration (NULL, FALSE);
      if (tool_is_cancelled (source->tool))
        return NULL;
      next = tool_source_next (source, &item);
      if (next == TOOL_NEXT_WAIT)
        g_main_context_iteration (NULL, TRUE);
    }
  while (next == TOOL_NEXT_WAIT);

  return item;
}

/* --- names --- */

typedef struct
{
  ToolSource source;
  char **next_arg;
  const char *files_from;
  GDataInputStream *lines; /* open while there are some */
  gboolean pending;
  char *line; /* one that has been read */
  gboolean ended;
} NamesSource;

static ToolItem *
item_of_name (const char *name)
{
  return tool_item_new (name, !s3dlio_uri_has_scheme (name), NULL, -1);
}

static gboolean
open_lines (NamesSource *self)
{
  const gboolean is_stdin = strcmp (self->files_from, "-") == 0;
  int fd = is_stdin ? STDIN_FILENO : open (self->files_from, O_RDONLY | O_CLOEXEC);
  g_autoptr (GInputStream) stream = NULL;

  if (fd >= 0 && g_file_test (self->files_from, G_FILE_TEST_IS_DIR))
    {
      close (fd);
      fd = -1;
      errno = EISDIR;
    }
  if (fd < 0)
    {
      tool_fail_text (self->source.tool, self->files_from,
                      errno == ENOENT ? S3DLIO_ERROR_NOT_FOUND : S3DLIO_ERROR_FAILED, "%s", g_strerror (errno));
      self->source.failed = TRUE;
      self->ended = TRUE;
      return FALSE;
    }

  stream = g_unix_input_stream_new (fd, !is_stdin);
  self->lines = g_data_input_stream_new (stream);
  g_data_input_stream_set_newline_type (self->lines, G_DATA_STREAM_NEWLINE_TYPE_LF);
  return TRUE;
}

static void
line_read (GObject *object, GAsyncResult *result, gpointer data)
{
  NamesSource *self = data;
  g_autoptr (GError) error = NULL;

  self->pending = FALSE;
  self->line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object), result, NULL, &error);
  if (error != NULL)
    {
      tool_fail (self->source.tool, self->files_from, error);
      self->source.failed = TRUE;
    }
  if (self->line == NULL)
    self->ended = TRUE;
}

static ToolNext
names_next (ToolSource *source, ToolItem **item)
{
  NamesSource *self = (NamesSource *) source;
  g_autofree char *line = NULL;

  if (*self->next_arg != NULL)
    {
      *item = item_of_name (*self->next_arg++);
      return TOOL_NEXT_ITEM;
    }
  if (self->files_from == NULL || self->ended || (self->lines == NULL && !open_lines (self)))
    return TOOL_NEXT_END;

  line = g_steal_pointer (&self->line);
  if (!self->pending && !self->ended)
    {
      self->pending = TRUE;
      g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, source->tool->cancellable, line_read, self);
    }
  if (line == NULL || *line == '\0')
    return TOOL_NEXT_WAIT;

  *item = item_of_name (line);
  return TOOL_NEXT_ITEM;
}

static void
names_free (ToolSource *source)
{
  NamesSource *self = (NamesSource *) source;

  while (self->pending)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&self->lines);
  g_free (self->line);
  g_free (self);
}

ToolSource *
tool_source_new_names (Tool *tool, char **args, const char *files_from)
{
  NamesSource *self = g_new0 (NamesSource, 1);

  self->source = (ToolSource){ .next = names_next, .free = names_free, .tool = tool };
  self->next_arg = args;
  self->files_from = files_from;
  return &self->source;
}

/* --- lists --- */

typedef struct
{
  ToolSource source;
  S3dlioLister *lister;
  char *prefix;        /* as text */
  gsize prefix_length; /* of the prefix's key, or of its text */
  gboolean decode;     /* keys stand in URIs percent-encoded */
  gboolean pending, ended;
  GPtrArray *page;  /* being given out */
  guint position;   /* in it */
  GPtrArray *ahead; /* the next page, so that listing and work go on side by side */
} ListSource;

static void
page_listed (GObject *object, GAsyncResult *result, gpointer data)
{
  ListSource *self = data;
  g_autoptr (GError) error = NULL;

  self->pending = FALSE;
  self->ahead = s3dlio_lister_next_page_finish (S3DLIO_LISTER (object), result, &error);
  if (self->ahead != NULL)
    return;

  self->ended = TRUE;
  if (error != NULL)
    {
      self->source.failed = TRUE;
      tool_fail (self->source.tool, self->prefix, error);
    }
}

static ToolItem *
item_of_info (ListSource *self, S3dlioObjectInfo *info)
{
  const char *text = s3dlio_object_info_get_uri (info);
  g_autoptr (S3dlioUri) uri = self->decode ? s3dlio_uri_parse (text, NULL) : NULL;
  const char *whole = uri != NULL ? s3dlio_uri_get_key (uri) : text;
  const char *key = strlen (whole) >= self->prefix_length ? whole + self->prefix_length : "";
  ToolItem *item = tool_item_new (text, FALSE, key, s3dlio_object_info_get_size (info));

  item->info = s3dlio_object_info_ref (info);
  return item;
}

static ToolNext
list_next (ToolSource *source, ToolItem **item)
{
  ListSource *self = (ListSource *) source;

  if (self->page == NULL)
    {
      self->page = g_steal_pointer (&self->ahead);
      self->position = 0;
    }
  if (self->ahead == NULL && !self->pending && !self->ended)
    {
      self->pending = TRUE;
      s3dlio_lister_next_page_async (self->lister, source->tool->cancellable, page_listed, self);
    }
  if (self->page == NULL)
    return self->ended ? TOOL_NEXT_END : TOOL_NEXT_WAIT;

  *item = item_of_info (self, g_ptr_array_index (self->page, self->position++));
  if (self->position == self->page->len)
    g_clear_pointer (&self->page, g_ptr_array_unref);
  return TOOL_NEXT_ITEM;
}

static void
list_free (ToolSource *source)
{
  ListSource *self = (ListSource *) source;

  while (self->pending)
    g_main_context_iteration (NULL, TRUE);
  g_clear_pointer (&self->page, g_ptr_array_unref);
  g_clear_pointer (&self->ahead, g_ptr_array_unref);
  g_clear_object (&self->lister);
  g_free (self->prefix);
  g_free (self);
}

ToolSource *
tool_source_new_list (Tool *tool, S3dlioUri *prefix, S3dlioListFlags flags, gint64 limit)
{
  ListSource *self = g_new0 (ListSource, 1);
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;

  self->source = (ToolSource){ .next = list_next, .free = list_free, .tool = tool };
  self->prefix = s3dlio_uri_to_string (prefix);
  self->decode = *s3dlio_uri_get_container (prefix) == '\0';
  self->prefix_length = strlen (self->decode ? s3dlio_uri_get_key (prefix) : self->prefix);
  if (limit > 0)
    s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, limit);

  self->lister = s3dlio_client_open_list (tool->client, self->prefix, flags, options, &error);
  if (self->lister == NULL)
    {
      self->ended = TRUE;
      self->source.failed = TRUE;
      tool_fail (tool, self->prefix, error);
    }

  return &self->source;
}

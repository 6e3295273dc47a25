/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What rm without -r is asked to delete. A service that deletes an object does not tell whether there was one, so that
 * `rm s3://b/dir`, which means nothing when there is only dir/…, would do nothing and call that success. Therefore each
 * name is looked at first: one stat, and where there is no such object, one list of one key below it. (The other way
 * round it would be as many requests, but a list is what services charge most for.) A source of items that is made of
 * another; so many are looked at as there are jobs. One thread. */

#include "config.h"

#include "tool-arguments.h"
#include "tool-jobs.h"
#include "tool-rm.h"

typedef struct
{
  ToolSource source;
  ToolSource *names;
  GQueue ready; /* of ToolItem */
  guint pending, limit;
  gboolean ended; /* the names */
} LookSource;

typedef struct
{
  LookSource *self;
  ToolItem *item;
} Look;

/* Takes @look. With @error its item has failed; else it is ready. */
static void
end_look (Look *look, const GError *error)
{
  LookSource *self = look->self;

  self->pending--;
  if (error == NULL)
    {
      g_queue_push_tail (&self->ready, look->item);
    }
  else
    {
      tool_fail (self->source.tool, look->item->from, error);
      tool_item_free (look->item);
    }
  g_free (look);
}

/* Whether to delete would be to wait as long again. Other errors are no answer: who may not look may still delete. */
static gboolean
is_trouble (const GError *error)
{
  return error != NULL
         && (error->domain != S3DLIO_ERROR
             || (error->code >= S3DLIO_ERROR_THROTTLED && error->code <= S3DLIO_ERROR_TIMED_OUT));
}

static void
list_done (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) page = s3dlio_lister_next_page_finish (S3DLIO_LISTER (object), result, &error);

  if (page != NULL && page->len > 0)
    error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                                 "no object, but a prefix of some, which are deleted with -r only");
  end_look (data, page != NULL || is_trouble (error) ? error : NULL);
}

static void
stat_done (GObject *object, GAsyncResult *result, gpointer data)
{
  Look *look = data;
  Tool *tool = look->self->source.tool;
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioObjectInfo) info = s3dlio_client_stat_finish (S3DLIO_CLIENT (object), result, &error);
  g_autoptr (ToolPlace) place = tool_place_parse (look->item->from, NULL);
  g_autofree char *below = tool_place_join (place, "");
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioLister) lister = NULL;

  if (g_error_matches (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND))
    {
      s3dlio_options_set_int64 (options, S3DLIO_OPTION_LIMIT, 1);
      lister = s3dlio_client_open_list (tool->client, below, S3DLIO_LIST_RECURSIVE, options, NULL);
    }
  if (lister != NULL)
    s3dlio_lister_next_page_async (lister, tool->cancellable, list_done, look);
  else
    end_look (look, is_trouble (error) ? error : NULL);
}

/* Takes @item. */
static void
begin_look (LookSource *self, ToolItem *item)
{
  Tool *tool = self->source.tool;
  Look *look = g_new0 (Look, 1);

  look->self = self;
  look->item = item;
  self->pending++;
  s3dlio_client_stat_async (tool->client, item->from, NULL, tool->cancellable, stat_done, look);
}

static ToolNext
look_next (ToolSource *source, ToolItem **item)
{
  LookSource *self = (LookSource *) source;

  while (!self->ended && self->pending < self->limit && g_queue_is_empty (&self->ready))
    {
      ToolItem *name = NULL;
      const ToolNext next = tool_source_next (self->names, &name);
      g_autoptr (ToolPlace) place = next == TOOL_NEXT_ITEM ? tool_place_parse (name->from, NULL) : NULL;

      self->ended = next == TOOL_NEXT_END;
      if (next == TOOL_NEXT_WAIT)
        return next;
      if (place != NULL && place->uri != NULL && !tool_place_is_prefix (place))
        begin_look (self, name);
      else if (name != NULL)
        g_queue_push_tail (&self->ready, name);
    }

  *item = g_queue_pop_head (&self->ready);
  if (*item != NULL)
    return TOOL_NEXT_ITEM;

  return self->pending > 0 ? TOOL_NEXT_WAIT : TOOL_NEXT_END;
}

static void
look_free (ToolSource *source)
{
  LookSource *self = (LookSource *) source;

  while (self->pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_queue_clear_full (&self->ready, (GDestroyNotify) tool_item_free);
  tool_source_free (self->names);
  g_free (self);
}

ToolSource *
tool_source_new_looked_at (Tool *tool, ToolSource *names)
{
  LookSource *self = g_new0 (LookSource, 1);

  self->source = (ToolSource){ .next = look_next, .free = look_free, .tool = tool };
  self->names = names;
  self->limit = tool_jobs_limit (tool);
  g_queue_init (&self->ready);
  return &self->source;
}

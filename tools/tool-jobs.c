/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The window of objects under way. Callbacks only note what happened; the loop in tool_jobs_run() does the rest, so
 * that nothing recurses, however fast items end. One thread. */

#include "config.h"

#include "tool-jobs.h"

#include "tool-progress.h"

/* So many items are begun before the main context is looked after. */
#define BURST 32

guint
tool_jobs_limit (Tool *tool)
{
  guint limit = 1;

  g_object_get (tool->config, "max-concurrent-downloads", &limit, NULL);
  return MAX (limit, 1);
}

static void
finish (ToolJobs *jobs, ToolItem *item)
{
  Tool *tool = jobs->tool;

  if (item->error != NULL)
    tool_fail (tool, item->from, item->error);
  else
    tool_succeed (tool);

  tool_item_finish_progress (item);
  if (jobs->klass->finish != NULL)
    jobs->klass->finish (jobs, item);
  tool_item_free (item);
}

void
tool_jobs_done (ToolItem *item, GError *error)
{
  ToolJobs *jobs = item->jobs;

  item->error = error;
  item->done = TRUE;
  if (!jobs->klass->ordered)
    {
      g_queue_remove (&jobs->window, item);
      finish (jobs, item);
      return;
    }

  while (!g_queue_is_empty (&jobs->window) && ((ToolItem *) g_queue_peek_head (&jobs->window))->done)
    finish (jobs, g_queue_pop_head (&jobs->window));
}

/* Begins what there is room for. FALSE: the source has ended. */
static gboolean
pump (ToolJobs *jobs, ToolSource *source, guint limit, gboolean *waits)
{
  *waits = FALSE;
  for (guint begun = 0; begun < BURST; begun++)
    {
      ToolItem *item = NULL;
      ToolNext next;

      if (tool_is_cancelled (jobs->tool))
        return FALSE;

      *waits = jobs->window.length >= limit;
      if (*waits)
        return TRUE;

      next = tool_source_next (source, &item);
      if (next == TOOL_NEXT_END)
        return FALSE;

      *waits = next == TOOL_NEXT_WAIT;
      if (*waits)
        return TRUE;

      item->tool = jobs->tool;
      item->jobs = jobs;
      g_queue_push_tail (&jobs->window, item);
      tool_progress_expect (jobs->tool->progress, 1, MAX (item->size, 0));
      jobs->klass->start (jobs, item);
    }

  return TRUE;
}

void
tool_jobs_run (Tool *tool, const ToolJobsClass *klass, ToolSource *source, gpointer data)
{
  ToolJobs jobs = { .tool = tool, .klass = klass, .data = data, .window = G_QUEUE_INIT };
  const guint limit = tool_jobs_limit (tool);
  gboolean more = TRUE;

  while (more)
    {
      gboolean waits;

      more = pump (&jobs, source, limit, &waits);
      if (more)
        g_main_context_iteration (NULL, waits);
    }

  tool_progress_complete (tool->progress);
  while (!g_queue_is_empty (&jobs.window))
    g_main_context_iteration (NULL, TRUE);
  tool_source_free (source);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Progress on a terminal: bytes, objects, rate over the last five seconds, and the time that is left once it is known
 * how much there is. Drawn on a timer of the main context, so that its cost does not depend on the number of objects.
 * One thread. */

#include "config.h"

#include "tool-progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"
#define INTERVAL_MS 200
#define SAMPLES (5 * 1000 / INTERVAL_MS + 1)

typedef struct
{
  gint64 at; /* monotonic, µs */
  gint64 bytes;
} Sample;

/* Atomic: messages of the library come from any thread. */
static gint on_screen;

struct _ToolProgress
{
  guint timer;
  gboolean shown;
  gboolean complete;
  guint64 objects, expected_objects;
  gint64 bytes, expected_bytes;
  Sample samples[SAMPLES]; /* a ring */
  guint n_samples;
};

static void
append_size (GString *out, gint64 bytes)
{
  g_autofree char *size = g_format_size_full ((guint64) MAX (bytes, 0), G_FORMAT_SIZE_IEC_UNITS);

  g_string_append (out, size);
}

static void
append_left (GString *out, const ToolProgress *progress, gint64 rate)
{
  const gint64 left = rate > 0 ? (progress->expected_bytes - progress->bytes) / rate : 0;

  if (!progress->complete || progress->expected_bytes < progress->bytes || rate <= 0)
    return;

  if (left >= 3600)
    g_string_append_printf (out, ", %d:%02d:%02d left", (int) (left / 3600), (int) (left / 60 % 60), (int) (left % 60));
  else
    g_string_append_printf (out, ", %d:%02d left", (int) (left / 60), (int) (left % 60));
}

/* Bytes a second over the samples that are kept. */
static gint64
take_rate (ToolProgress *progress)
{
  const Sample now = { g_get_monotonic_time (), progress->bytes };
  const Sample *oldest;

  progress->samples[progress->n_samples % SAMPLES] = now;
  progress->n_samples++;
  oldest = &progress->samples[progress->n_samples > SAMPLES ? progress->n_samples % SAMPLES : 0];
  if (now.at <= oldest->at)
    return 0;

  return (gint64) ((double) (now.bytes - oldest->bytes) * G_USEC_PER_SEC / (double) (now.at - oldest->at));
}

static gsize
terminal_width (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
}

static gboolean
draw (gpointer data)
{
  ToolProgress *progress = data;
  const gint64 rate = take_rate (progress);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *ascii = NULL;

  append_size (line, progress->bytes);
  if (progress->complete && progress->expected_bytes > 0)
    {
      g_string_append (line, " of ");
      append_size (line, progress->expected_bytes);
    }
  if (progress->expected_objects > 1)
    g_string_append_printf (line, ", %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT "%s objects", progress->objects,
                            progress->expected_objects, progress->complete ? "" : "+");
  g_string_append (line, ", ");
  append_size (line, rate);
  g_string_append (line, "/s");
  append_left (line, progress, rate);

  /* Units come with a no-break space; what is cut must be whole characters. */
  ascii = g_str_to_ascii (line->str, "C");
  fprintf (stderr, CLEAR_LINE "%.*s", (int) terminal_width (), ascii);
  fflush (stderr);
  progress->shown = TRUE;
  g_atomic_int_set (&on_screen, TRUE);
  return G_SOURCE_CONTINUE;
}

ToolProgress *
tool_progress_new (gboolean quiet)
{
  ToolProgress *progress;

  if (quiet || !isatty (STDERR_FILENO))
    return NULL;

  progress = g_new0 (ToolProgress, 1);
  progress->timer = g_timeout_add (INTERVAL_MS, draw, progress);
  progress->samples[0].at = g_get_monotonic_time ();
  progress->n_samples = 1;
  return progress;
}

void
tool_progress_free (ToolProgress *progress)
{
  if (progress == NULL)
    return;

  tool_progress_clear (progress);
  g_source_remove (progress->timer);
  g_free (progress);
}

void
tool_progress_expect (ToolProgress *progress, guint64 objects, gint64 bytes)
{
  if (progress == NULL)
    return;

  progress->expected_objects += objects;
  progress->expected_bytes += bytes;
}

void
tool_progress_complete (ToolProgress *progress)
{
  if (progress != NULL)
    progress->complete = TRUE;
}

void
tool_progress_clear (ToolProgress *progress)
{
  if (progress == NULL || !progress->shown)
    return;

  fputs (CLEAR_LINE, stderr);
  fflush (stderr);
  progress->shown = FALSE;
  g_atomic_int_set (&on_screen, FALSE);
}

const char *
tool_progress_get_clear (void)
{
  return g_atomic_int_get (&on_screen) ? CLEAR_LINE : "";
}

static void
on_progress (gint64 done, gint64 total, gpointer data)
{
  ToolItem *item = data;
  ToolProgress *progress = item->tool->progress;

  if (item->size < 0 && total >= 0)
    {
      item->size = total;
      tool_progress_expect (progress, 0, total);
    }
  progress->bytes += done - item->reported;
  item->reported = done;
}

void
tool_item_watch (ToolItem *item, S3dlioOptions *options)
{
  if (item->tool->progress != NULL)
    s3dlio_options_set_progress (options, on_progress, item, NULL);
}

void
tool_item_finish_progress (ToolItem *item)
{
  ToolProgress *progress = item->tool->progress;

  if (progress == NULL)
    return;

  /* What a service copied on its own was never reported. */
  if (item->error == NULL && item->size > item->reported)
    progress->bytes += item->size - item->reported;
  progress->objects++;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a transfer cost, and what was chosen for it, as numbers by name. Reference-counted; does not change once it has
 * been handed out, so that any thread may read it. */

#include "config.h"

#include "base/base-report.h"

#include <string.h>

typedef struct
{
  const char *name;
  gint64 number;
} Entry;

struct _S3dlioReport
{
  gatomicrefcount refs;
  GArray *entries; /* of Entry */
};

G_DEFINE_BOXED_TYPE (S3dlioReport, s3dlio_report, s3dlio_report_ref, s3dlio_report_unref)

S3dlioReport *
s3d_report_new (void)
{
  S3dlioReport *report = g_new0 (S3dlioReport, 1);

  g_atomic_ref_count_init (&report->refs);
  report->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  return report;
}

void
s3d_report_add (S3dlioReport *report, const char *name, guint64 number)
{
  const Entry entry = { name, (gint64) MIN (number, G_MAXINT64) };

  g_array_append_val (report->entries, entry);
}

/**
 * s3dlio_report_ref:
 * @report: a report
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @report
 *
 * Since: 0.9
 */
S3dlioReport *
s3dlio_report_ref (S3dlioReport *report)
{
  g_return_val_if_fail (report != NULL, NULL);

  g_atomic_ref_count_inc (&report->refs);
  return report;
}

/**
 * s3dlio_report_unref:
 * @report: (transfer full): a report
 *
 * Drops a reference; the last one frees it.
 *
 * Since: 0.9
 */
void
s3dlio_report_unref (S3dlioReport *report)
{
  g_return_if_fail (report != NULL);

  if (!g_atomic_ref_count_dec (&report->refs))
    return;

  g_array_unref (report->entries);
  g_free (report);
}

/**
 * s3dlio_report_get_number:
 * @report: a report
 * @name: the name of a number, such as %S3DLIO_REPORT_REQUESTS
 *
 * Gives a number of the report. Its unit is that of its name.
 *
 * Returns: the number, or -1 where the transfer has none of that name
 *
 * Since: 0.9
 */
gint64
s3dlio_report_get_number (S3dlioReport *report, const char *name)
{
  g_return_val_if_fail (report != NULL, -1);
  g_return_val_if_fail (name != NULL, -1);

  for (guint i = 0; i < report->entries->len; i++)
    {
      const Entry *entry = &g_array_index (report->entries, Entry, i);

      if (strcmp (entry->name, name) == 0)
        return entry->number;
    }

  return -1;
}

/**
 * s3dlio_report_list_names:
 * @report: a report
 *
 * Lists what s3dlio_report_get_number() has a number for.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 0.9
 */
char **
s3dlio_report_list_names (S3dlioReport *report)
{
  char **names;

  g_return_val_if_fail (report != NULL, NULL);

  names = g_new0 (char *, report->entries->len + 1);
  for (guint i = 0; i < report->entries->len; i++)
    names[i] = g_strdup (g_array_index (report->entries, Entry, i).name);

  return names;
}

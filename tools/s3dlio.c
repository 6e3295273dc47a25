/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command: reads its options and the verb. One thread. */

#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include <s3dlio/s3dlio.h>

#define EXIT_USAGE 2

int
main (int argc,
      char **argv)
{
  gboolean show_version = FALSE;
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version", NULL },
    { NULL },
  };

  setlocale (LC_ALL, "");
  context = g_option_context_new (NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("s3dlio: %s\n", error->message);
      return EXIT_USAGE;
    }

  if (show_version)
    {
      g_print ("s3dlio %s\n", s3dlio_get_version ());
      return EXIT_SUCCESS;
    }

  g_printerr ("s3dlio: no verb is given; see s3dlio --help\n");
  return EXIT_USAGE;
}

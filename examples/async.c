/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Downloads an object to a file without blocking, with progress, in a program that has a main loop: async URI FILE */

#include <s3dlio/s3dlio.h>

typedef struct
{
  GMainLoop *loop;
  int status;
} Program;

static void
on_progress (gint64 done, gint64 total, gpointer data)
{
  g_print ("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes\n", done, total);
}

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  Program *program = data;
  g_autoptr (GError) error = NULL;

  if (!s3dlio_client_get_to_file_finish (S3DLIO_CLIENT (source), result, &error))
    {
      g_printerr ("%s\n", error->message);
      program->status = 1;
    }
  g_main_loop_quit (program->loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioClient) client = s3dlio_client_new (NULL, &error);
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Program program = { loop, 0 };

  if (argc != 3)
    return g_printerr ("usage: %s URI FILE\n", argv[0]), 2;
  if (client == NULL)
    return g_printerr ("%s\n", error->message), 1;

  s3dlio_options_set_progress (options, on_progress, NULL, NULL);
  s3dlio_client_get_to_file_async (client, argv[1], argv[2], options, NULL, on_ready, &program);
  g_main_loop_run (loop);
  return program.status;
}

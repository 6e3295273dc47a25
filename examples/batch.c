/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fetches every object below a prefix, many at once, and takes each as it becomes ready: batch URI */

#include <s3dlio/s3dlio.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioClient) client = s3dlio_client_new (NULL, &error);
  g_autoptr (GPtrArray) objects = NULL;
  g_autoptr (GPtrArray) uris = g_ptr_array_new ();
  g_autoptr (S3dlioBatch) batch = NULL;
  gsize index;

  if (argc != 2)
    return g_printerr ("usage: %s URI\n", argv[0]), 2;

  if (client != NULL)
    objects = s3dlio_client_list (client, argv[1], S3DLIO_LIST_RECURSIVE, NULL, NULL, &error);
  if (objects == NULL)
    return g_printerr ("%s\n", error->message), 1;

  for (guint i = 0; i < objects->len; i++)
    g_ptr_array_add (uris, (gpointer) s3dlio_object_info_get_uri (objects->pdata[i]));
  g_ptr_array_add (uris, NULL);

  batch = s3dlio_client_start_get_many (client, (const char *const *) uris->pdata, NULL, NULL, &error);
  while (batch != NULL && s3dlio_batch_next (batch, &index, NULL, &error))
    {
      g_autoptr (GError) failure = NULL;
      g_autoptr (GBytes) bytes = s3dlio_batch_take (batch, index, &failure);

      if (bytes != NULL)
        g_print ("%s: %zu bytes\n", (char *) uris->pdata[index], g_bytes_get_size (bytes));
      else
        g_printerr ("%s\n", failure->message);
    }

  return error != NULL ? (g_printerr ("%s\n", error->message), 1) : 0;
}

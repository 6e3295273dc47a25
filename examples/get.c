/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fetches an object: get URI */

#include <s3dlio/s3dlio.h>

int
main (int argc, char **argv)
{
  const char *uri = argc > 1 ? argv[1] : "s3://bucket/key";
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioClient) client = s3dlio_client_new (NULL, &error);
  g_autoptr (GBytes) bytes = client != NULL ? s3dlio_client_get (client, uri, NULL, NULL, &error) : NULL;

  if (bytes == NULL)
    return g_printerr ("%s\n", error->message), 1;
  return g_print ("%zu bytes\n", g_bytes_get_size (bytes)), 0;
}

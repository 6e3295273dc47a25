/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loads an object, whatever stores it, into memory; then writes it to standard output.
 *   cc load.c $(pkg-config --cflags --libs s3dlio) -o load
 *   ./load s3://bucket/key | sha256sum
 * Large objects arrive as ranges, many at once, each at its final place. */

#include <stdio.h>

#include <s3dlio/s3dlio.h>

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioClient) client = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gint64 started;
  double seconds;

  if (argc != 2)
    {
      fprintf (stderr, "usage: load URI\n");
      return 2;
    }

  started = g_get_monotonic_time ();
  client = s3dlio_client_new (NULL, &error);
  if (client != NULL)
    bytes = s3dlio_client_get (client, argv[1], NULL, NULL, &error);
  if (bytes == NULL)
    {
      fprintf (stderr, "load: %s\n", error->message);
      return 1;
    }
  seconds = (double) (g_get_monotonic_time () - started) / G_USEC_PER_SEC;

  fprintf (stderr, "  %" G_GSIZE_FORMAT " bytes in memory at %p after %.2f s: %.0f MB/s\n",
           g_bytes_get_size (bytes), g_bytes_get_data (bytes, NULL), seconds,
           (double) g_bytes_get_size (bytes) / 1e6 / seconds);

  if (g_bytes_get_size (bytes) > 0
      && fwrite (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 1, stdout) != 1)
    return 1;

  return fflush (stdout) == 0 ? 0 : 1;
}

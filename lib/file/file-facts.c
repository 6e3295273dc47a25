/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts of files as facts of objects, and errors that name the path. Any thread; nothing is kept.
 *
 * The ETag is made of the time of the last write in nanoseconds, the size and the inode, in hexadecimal: a file that is
 * replaced gets another inode, one that is written in place another time. (Two writes within one tick of the kernel's
 * clock, a few milliseconds, that leave the size alone cannot be told apart, on kernels before 6.13.) */

#include "config.h"

#include "file/file-private.h"

#include <string.h>

#define ETAG_SIZE 64

static void
set_etag (const struct stat *stat, char etag[ETAG_SIZE])
{
  guint64 nanoseconds = (guint64) stat->st_mtim.tv_sec * 1000000000u + (guint64) stat->st_mtim.tv_nsec;

  g_snprintf (etag, ETAG_SIZE, "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x",
              nanoseconds, (guint64) stat->st_size, (guint64) stat->st_ino);
}

gboolean
s3d_file_check_match (const char *path, const struct stat *stat, const char *if_match, GError **error)
{
  char etag[ETAG_SIZE];
  g_autofree char *predicate = NULL;

  if (if_match == NULL || strcmp (if_match, "*") == 0)
    return TRUE;

  set_etag (stat, etag);
  if (strcmp (if_match, etag) == 0)
    return TRUE;

  predicate = g_strdup_printf ("has the ETag \"%s\", not \"%s\"", etag, if_match);
  s3d_error_set_about (error, S3DLIO_ERROR_PRECONDITION, path, predicate);

  return FALSE;
}

gint64
s3d_file_mtime (const struct stat *stat)
{
  return (gint64) stat->st_mtim.tv_sec * G_USEC_PER_SEC + stat->st_mtim.tv_nsec / 1000;
}

S3dlioObjectInfo *
s3d_file_info (S3dlioObjectType type, const char *uri, const struct stat *stat)
{
  char etag[ETAG_SIZE];

  if (type != S3DLIO_OBJECT_TYPE_OBJECT || !S_ISREG (stat->st_mode))
    return s3d_object_info_new (type, uri, -1, s3d_file_mtime (stat), NULL);

  set_etag (stat, etag);

  return s3d_object_info_new (type, uri, stat->st_size, s3d_file_mtime (stat), etag);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the headers of an answer tell of an object.
 *
 * One walk over the headers, as a small GET has a dozen of them and there may be a hundred thousand GETs a second.
 * Runs on a loop thread. */

#include "config.h"

#include "base/base-time.h"
#include "s3/s3-private.h"

#include <string.h>

#define META "x-amz-meta-"

static const struct
{
  const char *header;
  const char *attribute;
} attributes[] = {
  { "content-type", "content-type" },
  { "content-encoding", "content-encoding" },
  { "content-language", "content-language" },
  { "content-disposition", "content-disposition" },
  { "cache-control", "cache-control" },
  { "x-amz-storage-class", "storage-class" },
  { "x-amz-version-id", "version-id" },
};

static void
take_metadata (S3dlioObjectInfo *info, const char *name, const char *value)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  g_autofree char *decoded = s3d_s3_decode_metadata (value);

  s3d_object_info_set_metadata (info, lower, decoded);
}

static void
take_header (const char *name, const char *value, gpointer data)
{
  S3dlioObjectInfo *info = data;
  char first = g_ascii_tolower (*name);

  if (first != 'c' && first != 'x')
    return;
  if (g_ascii_strncasecmp (name, META, strlen (META)) == 0)
    {
      take_metadata (info, name + strlen (META), value);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++)
    {
      if (g_ascii_strcasecmp (name, attributes[i].header) == 0)
        {
          if (*value != '\0' && (strcmp (attributes[i].attribute, "version-id") != 0 || strcmp (value, "null") != 0))
            s3d_object_info_set_attribute (info, attributes[i].attribute, value);
          return;
        }
    }
}

char *
s3d_s3_etag_from_headers (S3dHttpRequest *request)
{
  return s3d_s3_parse_etag (s3d_http_request_get_response_header (request, "etag"));
}

S3dlioObjectInfo *
s3d_s3_info_from_headers (S3dS3Job *job, gint64 size)
{
  const char *modified = s3d_http_request_get_response_header (job->request, "last-modified");
  g_autofree char *etag = s3d_s3_etag_from_headers (job->request);
  g_autofree char *uri = s3dlio_uri_to_string (job->op->target);
  S3dlioObjectInfo *info = s3d_object_info_new (S3DLIO_OBJECT_TYPE_OBJECT, uri, size,
                                                modified != NULL ? s3d_time_parse_http (modified) : S3D_TIME_UNKNOWN,
                                                etag);

  s3d_http_request_foreach_response_header (job->request, take_header, info);
  return info;
}

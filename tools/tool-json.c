/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --json: one object a line. One thread. */

#include "config.h"

#include "tool.h"

#include <json-c/json.h>
#include <string.h>

static void
add_string (struct json_object *object, const char *name, const char *value)
{
  g_autofree char *valid = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  if (valid != NULL)
    json_object_object_add (object, name, json_object_new_string (valid));
}

static void
add_number (struct json_object *object, const char *name, guint64 value)
{
  json_object_object_add (object, name, json_object_new_int64 ((int64_t) value));
}

/* Durations are seconds, here too. */
static void
add_seconds (struct json_object *object, const char *name, gint64 microseconds)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  const double seconds = (double) microseconds / G_USEC_PER_SEC;

  json_object_object_add (object, name,
                          json_object_new_double_s (seconds, g_ascii_formatd (text, sizeof text, "%.6f", seconds)));
}

/* Takes @object. */
static char *
to_line (struct json_object *object)
{
  const char *text
      = json_object_to_json_string_ext (object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
  char *line = g_strconcat (text, "\n", NULL);

  json_object_put (object);
  return line;
}

const char *
tool_type_name (S3dlioObjectInfo *info)
{
  switch (s3dlio_object_info_get_object_type (info))
    {
    case S3DLIO_OBJECT_TYPE_PREFIX:
      return "prefix";
    case S3DLIO_OBJECT_TYPE_CONTAINER:
      return "container";
    case S3DLIO_OBJECT_TYPE_OBJECT:
    default:
      return "object";
    }
}

static void
add_metadata (struct json_object *object, S3dlioObjectInfo *info)
{
  g_auto (GStrv) names = s3dlio_object_info_list_metadata (info);
  struct json_object *metadata;

  if (names == NULL || names[0] == NULL)
    return;

  metadata = json_object_new_object ();
  for (gsize i = 0; names[i] != NULL; i++)
    add_string (metadata, names[i], s3dlio_object_info_get_metadata (info, names[i]));
  json_object_object_add (object, "metadata", metadata);
}

char *
tool_json_info (S3dlioObjectInfo *info)
{
  static const struct
  {
    const char *attribute, *name;
  } attributes[] = {
    { "content-type", "content_type" },
    { "content-encoding", "content_encoding" },
    { "content-language", "content_language" },
    { "content-disposition", "content_disposition" },
    { "cache-control", "cache_control" },
    { "storage-class", "storage_class" },
    { "version-id", "version_id" },
  };
  struct json_object *object = json_object_new_object ();
  const gint64 size = s3dlio_object_info_get_size (info);
  const gint64 mtime = s3dlio_object_info_get_mtime (info);

  add_string (object, "uri", s3dlio_object_info_get_uri (info));
  add_string (object, "type", tool_type_name (info));
  if (size >= 0)
    add_number (object, "size", (guint64) size);
  if (mtime >= 0)
    {
      g_autofree char *time = tool_time (mtime, TRUE);

      add_string (object, "mtime", time);
    }
  add_string (object, "etag", s3dlio_object_info_get_etag (info));
  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++)
    add_string (object, attributes[i].name, s3dlio_object_info_get_attribute (info, attributes[i].attribute));
  add_metadata (object, info);

  return to_line (object);
}

char *
tool_json_error (const char *code, const char *message, const char *uri)
{
  struct json_object *object = json_object_new_object ();
  struct json_object *error = json_object_new_object ();

  add_string (error, "code", code);
  add_string (error, "message", message);
  add_string (error, "uri", uri);
  json_object_object_add (object, "error", error);
  return to_line (object);
}

char *
tool_json_note (const char *text)
{
  struct json_object *object = json_object_new_object ();

  add_string (object, "note", text);
  return to_line (object);
}

char *
tool_json_summary (guint64 attempted, guint64 succeeded, guint64 failed)
{
  struct json_object *object = json_object_new_object ();
  struct json_object *summary = json_object_new_object ();

  add_number (summary, "attempted", attempted);
  add_number (summary, "succeeded", succeeded);
  add_number (summary, "failed", failed);
  json_object_object_add (object, "summary", summary);
  return to_line (object);
}

char *
tool_json_count (guint64 objects, guint64 bytes)
{
  struct json_object *object = json_object_new_object ();

  add_number (object, "objects", objects);
  add_number (object, "bytes", bytes);
  return to_line (object);
}

char *
tool_json_abort (S3dlioObjectInfo *upload)
{
  struct json_object *object = json_object_new_object ();
  const gint64 begun = s3dlio_object_info_get_mtime (upload);

  add_string (object, "action", "abort");
  add_string (object, "uri", s3dlio_object_info_get_uri (upload));
  add_string (object, "upload_id", s3dlio_object_info_get_attribute (upload, "upload-id"));
  if (begun >= 0)
    {
      g_autofree char *time = tool_time (begun, TRUE);

      add_string (object, "mtime", time);
    }
  return to_line (object);
}

char *
tool_json_action (const char *action, const char *from, const char *to, S3dlioReport *report)
{
  struct json_object *object = json_object_new_object ();
  g_auto (GStrv) names = report != NULL ? s3dlio_report_list_names (report) : NULL;

  add_string (object, "action", action);
  add_string (object, to != NULL ? "from" : "uri", from);
  add_string (object, "to", to);
  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    {
      const gint64 number = s3dlio_report_get_number (report, names[i]);

      if (strcmp (names[i], S3DLIO_REPORT_ELAPSED) == 0)
        add_seconds (object, names[i], number);
      else
        add_number (object, g_strdelimit (names[i], "-", '_'), (guint64) number);
    }
  return to_line (object);
}

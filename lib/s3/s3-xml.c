/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* S3's documents: a reader that knows what root it wants, and the pages of lists.
 *
 * Keys travel URL-encoded, as XML cannot carry all of them; a service that does not say so has sent them as they are.
 * The texts of a page live in one chunk, as there are thousands.
 *
 * Pure functions; a page belongs to one thread. */

#include "config.h"

#include "s3/s3-xml.h"

#include "base/base-error.h"
#include "base/base-time.h"
#include "base/base-xml.h"
#include "s3/s3-wire.h"

#include <string.h>

#define USUAL_PAGE 1000
#define TEXT_CHUNK (16 * 1024)

typedef struct
{
  const char *root;
  S3dS3Element func;
  gpointer data;
  gboolean seen;
} Document;

static gboolean
read_element (const char *path, const char *text, gpointer data, GError **error)
{
  Document *document = data;
  gsize length = strlen (document->root);

  if (strncmp (path, document->root, length) != 0)
    return TRUE;
  if (path[length] == '\0')
    document->seen = TRUE;
  else if (path[length] == '/')
    document->func (path + length + 1, text, document->data);
  return TRUE;
}

gboolean
s3d_s3_read_document (const char *xml, gsize size, const char *root, S3dS3Element func, gpointer data, gboolean *seen,
                      GError **error)
{
  static const S3dXmlHandler handler = { .close = read_element };
  Document document = { .root = root, .func = func, .data = data };
  gboolean parsed = s3d_xml_parse (xml, size, &handler, &document, error);

  *seen = document.seen;
  return parsed;
}

void
s3d_s3_page_init (S3dS3Page *page)
{
  *page = (S3dS3Page){ .entries = g_array_sized_new (FALSE, FALSE, sizeof (S3dS3Entry), USUAL_PAGE),
                       .texts = g_string_chunk_new (TEXT_CHUNK),
                       .entry = { .size = -1, .mtime = S3D_TIME_UNKNOWN } };
}

void
s3d_s3_page_clear (S3dS3Page *page)
{
  g_array_unref (page->entries);
  g_string_chunk_free (page->texts);
  g_free (page->token);
  g_free (page->upload_token);
}

static void
set_text (char **field, const char *text)
{
  g_free (*field);
  *field = *text != '\0' ? g_strdup (text) : NULL;
}

static void
end_entry (S3dS3Page *page)
{
  if (page->entry.name != NULL)
    g_array_append_val (page->entries, page->entry);
  page->entry = (S3dS3Entry){ .size = -1, .mtime = S3D_TIME_UNKNOWN };
}

static void
read_contents (S3dS3Page *page, const char *field, const char *text)
{
  S3dS3Entry *entry = &page->entry;

  if (*field == '\0')
    end_entry (page);
  else if (strcmp (field, "/Key") == 0)
    entry->name = g_string_chunk_insert (page->texts, text);
  else if (strcmp (field, "/Size") == 0)
    {
      guint64 size;

      if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &size, NULL))
        entry->size = (gint64) size;
    }
  else if (strcmp (field, "/LastModified") == 0)
    entry->mtime = s3d_time_parse_rfc3339 (text);
  else if (strcmp (field, "/ETag") == 0)
    {
      g_autofree char *etag = s3d_s3_parse_etag (text);

      entry->etag = etag != NULL ? g_string_chunk_insert (page->texts, etag) : NULL;
    }
  else if (strcmp (field, "/StorageClass") == 0 && *text != '\0')
    entry->storage_class = g_string_chunk_insert_const (page->texts, text);
}

void
s3d_s3_page_read_objects (const char *path, const char *text, gpointer data)
{
  S3dS3Page *page = data;

  if (g_str_has_prefix (path, "Contents"))
    read_contents (page, path + strlen ("Contents"), text);
  else if (strcmp (path, "CommonPrefixes/Prefix") == 0)
    {
      page->entry.name = g_string_chunk_insert (page->texts, text);
      page->entry.is_prefix = TRUE;
      end_entry (page);
    }
  else if (strcmp (path, "IsTruncated") == 0)
    page->truncated = strcmp (text, "true") == 0;
  else if (strcmp (path, "EncodingType") == 0)
    page->encoded = strcmp (text, "url") == 0;
  else if (strcmp (path, "NextContinuationToken") == 0)
    set_text (&page->token, text);
}

static void
read_upload (S3dS3Page *page, const char *field, const char *text)
{
  S3dS3Entry *entry = &page->entry;

  if (*field == '\0')
    end_entry (page);
  else if (strcmp (field, "/Key") == 0)
    entry->name = g_string_chunk_insert (page->texts, text);
  else if (strcmp (field, "/UploadId") == 0)
    entry->upload_id = g_string_chunk_insert (page->texts, text);
  else if (strcmp (field, "/Initiated") == 0)
    entry->mtime = s3d_time_parse_rfc3339 (text);
  else if (strcmp (field, "/StorageClass") == 0 && *text != '\0')
    entry->storage_class = g_string_chunk_insert_const (page->texts, text);
}

void
s3d_s3_page_read_uploads (const char *path, const char *text, gpointer data)
{
  S3dS3Page *page = data;

  if (g_str_has_prefix (path, "Upload") && (path[6] == '\0' || path[6] == '/'))
    read_upload (page, path + strlen ("Upload"), text);
  else if (strcmp (path, "IsTruncated") == 0)
    page->truncated = strcmp (text, "true") == 0;
  else if (strcmp (path, "EncodingType") == 0)
    page->encoded = strcmp (text, "url") == 0;
  else if (strcmp (path, "NextKeyMarker") == 0)
    set_text (&page->token, text);
  else if (strcmp (path, "NextUploadIdMarker") == 0)
    set_text (&page->upload_token, text);
}

void
s3d_s3_page_read_buckets (const char *path, const char *text, gpointer data)
{
  S3dS3Page *page = data;

  if (strcmp (path, "Buckets/Bucket/Name") == 0)
    page->entry.name = g_string_chunk_insert (page->texts, text);
  else if (strcmp (path, "Buckets/Bucket/CreationDate") == 0)
    page->entry.mtime = s3d_time_parse_rfc3339 (text);
  else if (strcmp (path, "Buckets/Bucket") == 0)
    end_entry (page);
  else if (strcmp (path, "ContinuationToken") == 0 && *text != '\0')
    {
      set_text (&page->token, text);
      page->truncated = TRUE;
    }
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (((const S3dS3Entry *) a)->name, ((const S3dS3Entry *) b)->name);
}

static gboolean
looks_encoded (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '%' && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
        p += 2;
      else if (!g_ascii_isalnum (*p) && strchr ("-._~/", *p) == NULL)
        return FALSE;
    }
  return TRUE;
}

void
s3d_s3_page_guess_encoding (S3dS3Page *page)
{
  for (guint i = 0; !page->encoded && i < page->entries->len; i++)
    {
      S3dS3Entry *entry = &g_array_index (page->entries, S3dS3Entry, i);

      if (looks_encoded (entry->name))
        s3d_s3_decode ((char *) entry->name);
    }
}

gboolean
s3d_s3_page_arrange (S3dS3Page *page, GError **error)
{
  gboolean in_order = TRUE;

  for (guint i = 0; i < page->entries->len; i++)
    {
      S3dS3Entry *entry = &g_array_index (page->entries, S3dS3Entry, i);

      /* The chunk owns the text and hands it out as writable. */
      if (page->encoded && !s3d_s3_decode ((char *) entry->name))
        {
          g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED,
                       "the service's list has a key that is not encoded as it says");
          return FALSE;
        }
      in_order = in_order && (i == 0 || compare_entries (entry - 1, entry) <= 0);
    }
  if (!in_order)
    g_array_sort (page->entries, compare_entries);
  return TRUE;
}

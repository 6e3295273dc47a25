/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Media types by the name of a file. A table, so that the same name gives the same type on every machine, and not what
 * its desktop thinks. Types as IANA registers them, where it does. One thread. */

#include "config.h"

#include "tool-copy.h"

#include <string.h>

static const struct
{
  const char *suffix, *type;
} types[] = {
  { "7z", "application/x-7z-compressed" },
  { "aac", "audio/aac" },
  { "avi", "video/x-msvideo" },
  { "avif", "image/avif" },
  { "bmp", "image/bmp" },
  { "bz2", "application/x-bzip2" },
  { "c", "text/x-c" },
  { "cbor", "application/cbor" },
  { "css", "text/css" },
  { "csv", "text/csv" },
  { "doc", "application/msword" },
  { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
  { "epub", "application/epub+zip" },
  { "flac", "audio/flac" },
  { "gif", "image/gif" },
  { "gz", "application/gzip" },
  { "h", "text/x-c" },
  { "h5", "application/x-hdf5" },
  { "heic", "image/heic" },
  { "htm", "text/html" },
  { "html", "text/html" },
  { "ico", "image/vnd.microsoft.icon" },
  { "iso", "application/x-iso9660-image" },
  { "jar", "application/java-archive" },
  { "jpeg", "image/jpeg" },
  { "jpg", "image/jpeg" },
  { "js", "text/javascript" },
  { "json", "application/json" },
  { "jsonl", "application/x-ndjson" },
  { "log", "text/plain" },
  { "m4a", "audio/mp4" },
  { "md", "text/markdown" },
  { "mjs", "text/javascript" },
  { "mkv", "video/x-matroska" },
  { "mov", "video/quicktime" },
  { "mp3", "audio/mpeg" },
  { "mp4", "video/mp4" },
  { "mpeg", "video/mpeg" },
  { "mpg", "video/mpeg" },
  { "ndjson", "application/x-ndjson" },
  { "odp", "application/vnd.oasis.opendocument.presentation" },
  { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
  { "odt", "application/vnd.oasis.opendocument.text" },
  { "oga", "audio/ogg" },
  { "ogg", "audio/ogg" },
  { "ogv", "video/ogg" },
  { "opus", "audio/opus" },
  { "otf", "font/otf" },
  { "parquet", "application/vnd.apache.parquet" },
  { "pdf", "application/pdf" },
  { "png", "image/png" },
  { "ppt", "application/vnd.ms-powerpoint" },
  { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
  { "ps", "application/postscript" },
  { "py", "text/x-python" },
  { "rtf", "application/rtf" },
  { "sh", "application/x-sh" },
  { "svg", "image/svg+xml" },
  { "tar", "application/x-tar" },
  { "tif", "image/tiff" },
  { "tiff", "image/tiff" },
  { "toml", "application/toml" },
  { "tsv", "text/tab-separated-values" },
  { "ttf", "font/ttf" },
  { "txt", "text/plain" },
  { "wasm", "application/wasm" },
  { "wav", "audio/wav" },
  { "webm", "video/webm" },
  { "webp", "image/webp" },
  { "woff", "font/woff" },
  { "woff2", "font/woff2" },
  { "xls", "application/vnd.ms-excel" },
  { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
  { "xml", "application/xml" },
  { "xz", "application/x-xz" },
  { "yaml", "application/yaml" },
  { "yml", "application/yaml" },
  { "zip", "application/zip" },
  { "zst", "application/zstd" },
};

const char *
tool_guess_content_type (const char *name)
{
  const char *slash = strrchr (name, '/');
  const char *base = slash != NULL ? slash + 1 : name;
  const char *dot = strrchr (base, '.');

  /* ".txt" is a hidden file without a suffix. */
  if (dot == NULL || dot == base)
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (g_ascii_strcasecmp (dot + 1, types[i].suffix) == 0)
        return types[i].type;
    }

  return NULL;
}

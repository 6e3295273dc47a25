/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of S3dlioUri, for backends. Immutable after parsing. */

#include <s3dlio/s3dlio-uri.h>

struct _S3dlioUri
{
  gatomicrefcount refs;
  char *scheme;    /* canonical: "s3", "az", "gs", "file", "direct", "mem" */
  char *authority; /* s3: "HOST:PORT" of an explicit endpoint; az: the account; else NULL */
  /* bucket, container, mem store; NULL when the URI names none ("s3://"), "" for file and direct */
  char *container;
  /* verbatim, "" when none; file and direct: the decoded absolute path, with its leading "/" */
  char *key;
};

S3dlioUri *s3d_uri_new (const char *scheme, const char *authority, const char *container, const char *key);
/* As s3dlio_uri_parse(). */
S3dlioUri *s3d_uri_parse (const char *text, GError **error);
/* The length of "scheme" in "scheme://…", or 0. */
gsize s3d_uri_scheme_length (const char *text);

/* A new URI with the same scheme and authority. */
S3dlioUri *s3d_uri_new_sibling (S3dlioUri *uri, const char *container, const char *key);

/* The text before the key: "s3://bucket/", "s3://127.0.0.1:9000/bucket/", "file://"; for lists,
 * which append keys. Keys of file and direct are percent-encoded when they become text. */
char *s3d_uri_root (S3dlioUri *uri);

/* TRUE for file and direct: the key is a path of the local file system. */
gboolean s3d_uri_is_path (const S3dlioUri *uri);

/* Appends @key as it stands in a URI like @uri: verbatim, or percent-encoded as GLib does for file
 * and direct. The text of a URI is its root and its key so appended. */
void s3d_uri_append_key (const S3dlioUri *uri, GString *out, const char *key);

/* Appends every byte of @text to @out, percent-encoding all but RFC 3986 unreserved characters
 * and, when @keep_slash, "/". */
void s3d_uri_encode (GString *out, const char *text, gboolean keep_slash);

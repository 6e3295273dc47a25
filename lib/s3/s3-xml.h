/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* S3's documents: reading one, and what a page of a list says. Nothing of HTTP. */

#include <glib.h>

/* An element below the root of a document has ended: its path from there, "Contents/Key", and its text. */
typedef void (*S3dS3Element) (const char *path, const char *text, gpointer data);

/* @seen: whether it was a document with that root. */
gboolean s3d_s3_read_document (const char *xml, gsize size, const char *root, S3dS3Element func, gpointer data,
                               gboolean *seen, GError **error);

typedef struct
{
  const char *name; /* key, prefix or bucket */
  const char *etag; /* without quotes; nullable, as the next */
  const char *storage_class;
  const char *upload_id;
  gint64 size;  /* -1: not known */
  gint64 mtime; /* of an upload: when it began; S3D_TIME_UNKNOWN: not known */
  gboolean is_prefix;
} S3dS3Entry;

typedef struct
{
  GArray *entries; /* of S3dS3Entry */
  GStringChunk *texts;
  S3dS3Entry entry; /* that is being read */
  char *token;        /* where the next page begins; of uploads the key there, … */
  char *upload_token; /* … and the upload's id */
  gboolean truncated, encoded;
} S3dS3Page;

void s3d_s3_page_init (S3dS3Page *page);
void s3d_s3_page_clear (S3dS3Page *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dS3Page, s3d_s3_page_clear)

/* S3dS3Element functions for a S3dS3Page. */
void s3d_s3_page_read_objects (const char *path, const char *text, gpointer data); /* of a ListBucketResult */
void s3d_s3_page_read_uploads (const char *path, const char *text, gpointer data); /* of a ListMultipartUploadsResult */
void s3d_s3_page_read_buckets (const char *path, const char *text, gpointer data); /* of a ListAllMyBucketsResult */

/* Ceph RGW encodes the keys of uploads (but no markers) when it is asked to, and does not say so: before arranging,
 * decodes what can be such a key. */
void s3d_s3_page_guess_encoding (S3dS3Page *page);
/* After reading: decodes the names and puts objects and prefixes into one order. FALSE: they are not what they
 * say. */
gboolean s3d_s3_page_arrange (S3dS3Page *page, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How S3 names things on the wire: endpoints, addressing, paths, header values. Pure functions. */

#include "auth/auth-profile.h"
#include "base/base-settings.h"
#include "base/base-uri.h"

/* The service that a store talks to. Immutable. */
typedef struct
{
  gboolean tls;
  gboolean aws;     /* Amazon's own: authority and style depend on region and bucket */
  gboolean amazon;  /* aws, or one of Amazon's that was named */
  char *authority;  /* "127.0.0.1:9000"; without a port that the scheme implies; NULL for aws */
  char *path;       /* "" or "/prefix" */
  char *region;
  S3dAddressing addressing;
  gboolean checksums; /* go along with what is written */
} S3dS3Endpoint;

/* The URI's authority beats the setting, which beats the profile, which beats AWS. */
S3dS3Endpoint *s3d_s3_endpoint_new (S3dlioUri *uri, const S3dSettings *settings, const S3dProfile *profile,
                                    GError **error);
void s3d_s3_endpoint_free (S3dS3Endpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dS3Endpoint, s3d_s3_endpoint_free)

/* Where the requests for one bucket go. Immutable, ref-counted. */
typedef struct
{
  gatomicrefcount refs;
  char *origin; /* "https://bucket.s3.eu-west-1.amazonaws.com" */
  char *path;   /* encoded, what stands before "/KEY": "/bucket", or "" in virtual-host style */
  char *region;
} S3dS3Place;

/* @bucket NULL or "": the service itself. @region NULL: the endpoint's. */
S3dS3Place *s3d_s3_place_new (const S3dS3Endpoint *endpoint, const char *bucket, const char *region);
S3dS3Place *s3d_s3_place_ref (S3dS3Place *place);
void s3d_s3_place_unref (S3dS3Place *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dS3Place, s3d_s3_place_unref)

/* Appends path and query of a request for @key ("" or NULL: the bucket). @query nullable. */
void s3d_s3_append_target (GString *out, const S3dS3Place *place, const char *key, const char *query);

/* "/bucket/key" as x-amz-copy-source wants it. */
char *s3d_s3_copy_source (const char *bucket, const char *key);

/* Undoes encoding-type=url, where "+" is a blank, in place; FALSE: not such text. */
gboolean s3d_s3_decode (char *text);

/* Strips the quotes; NULL for one that is empty or weak, as neither can be asked for again. */
char *s3d_s3_parse_etag (const char *text);

/* "bytes 0-99/1000", "bytes 0-99/X" with X an asterisk (total -1), and of a 416 "bytes X/1000" (first and last
 * -1). */
gboolean s3d_s3_parse_content_range (const char *text, gint64 *first, gint64 *last, gint64 *total);

/* Metadata travels in header fields, which carry printable ASCII: anything else goes as RFC 2047 encoded words, as
 * Amazon's own answers do. */
char *s3d_s3_encode_metadata (const char *value);
char *s3d_s3_decode_metadata (const char *value);

/* "eu-west-1". */
gboolean s3d_s3_is_region (const char *text);
/* A name that can be part of a header field's, in lower case. */
gboolean s3d_s3_is_metadata_name (const char *name);
/* A value that can be sent in a header field as it is. */
gboolean s3d_s3_is_header_value (const char *value);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the configuration came to: a plain, immutable, ref-counted snapshot that the floors work
 * with. Times are milliseconds, sizes bytes. Strings are never empty: NULL means not set. */

#include <s3dlio/s3dlio-config.h>

typedef enum
{
  S3D_AUTO,
  S3D_ALWAYS,
  S3D_NEVER
} S3dTristate;

typedef enum
{
  S3D_CHECKSUM_NONE,
  S3D_CHECKSUM_AUTO, /* where the service is known to take it */
  S3D_CHECKSUM_CRC32C
} S3dChecksum;

typedef enum
{
  S3D_ADDRESSING_AUTO,
  S3D_ADDRESSING_PATH,
  S3D_ADDRESSING_VIRTUAL
} S3dAddressing;

/* The range layer, for one scheme. */
typedef struct
{
  gboolean enabled;
  guint concurrent; /* ranges of one object at once */
  guint64 split_threshold;
  guint64 chunk_size;
  gboolean chunk_grows; /* nobody chose the chunk size: it may grow with the object */
  guint timeout_ms; /* without a byte; 0: nothing is timed */
} S3dRangeSettings;

typedef struct
{
  gatomicrefcount refs;

  /* pool layer and limits */
  guint max_concurrent_downloads;
  guint max_total_requests;
  guint64 memory_budget;

  /* range layer; s3d_settings_range() finds a scheme's. range_network: every other scheme */
  S3dRangeSettings range_network, range_s3, range_file;

  /* transport */
  guint connect_timeout_ms;
  guint stall_timeout_ms;
  guint retries; /* attempts in all, at least 1 */
  gboolean retries_are_default; /* nobody chose how many: fewer where nothing has ever answered */
  guint connections; /* per host, across loops */
  char *ca_bundle; /* path of a PEM file; NULL: the system's */
  char *tls_min_version; /* "1.2" or "1.3" */
  gboolean http2;
  gboolean follow_redirects;

  /* writes */
  guint64 part_size;
  gboolean part_grows; /* nobody chose the part size: it may grow with the object */
  guint64 multipart_threshold;
  guint64 multipart_copy_threshold;
  guint concurrent_parts;
  S3dTristate sign_payload;
  S3dChecksum checksum;
  gboolean checksum_is_default; /* nobody chose it: a profile may */
  gboolean verify;
  gboolean fsync;

  /* S3 */
  char *endpoint_url;
  char *region;
  char *profile;
  S3dAddressing addressing_style;
  gboolean no_sign_request;
  char *access_key_id, *secret_access_key, *session_token; /* explicit ones only */
  GError *s3_error; /* a variable is wrong that only S3 reads: no store of S3 can be opened; nullable */

  gpointer with_profile; /* the same with what a profile says; of base-settings.c */
} S3dSettings;

/* Resolves property over environment over default; @config may be NULL. Errors name the property or variable; that of a
 * variable which only S3 reads stands in the settings. Notes unknown S3DLIO_* variables, once a process. */
S3dSettings *s3d_settings_new (S3dlioConfig *config, GError **error);
S3dSettings *s3d_settings_ref (S3dSettings *settings);
void s3d_settings_unref (S3dSettings *settings);

/* @settings with what a profile says where nobody else said anything; @settings itself when that comes to nothing, and
 * the same for the same words, so that stores share a transport. Words may be NULL. Errors name what the profile calls
 * it. */
S3dSettings *s3d_settings_with_profile (S3dSettings *settings, const char *max_attempts, const char *ca_bundle,
                                        GError **error);

const S3dRangeSettings *s3d_settings_range (const S3dSettings *settings, const char *scheme);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dSettings, s3d_settings_unref)

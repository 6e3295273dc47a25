/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every transfer of an S3dHttp has in common, found out once. */

#include "base/base-settings.h"

#include <curl/curl.h>

typedef struct
{
  char *ca_file;     /* NULL: what libcurl was built with */
  gboolean no_proxy; /* no proxy variable is set: libcurl need not look for each transfer */
  long http_version;
  long tls_version;
  long connect_timeout_ms;
} S3dHttpOptions;

void s3d_http_options_init (S3dHttpOptions *options, const S3dSettings *settings);
void s3d_http_options_clear (S3dHttpOptions *options);
/* Sets them on a new handle; FALSE when libcurl refuses one that safety needs. */
gboolean s3d_http_options_apply (const S3dHttpOptions *options, CURL *easy);

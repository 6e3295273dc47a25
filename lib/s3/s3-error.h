/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What S3 says when it says no. */

#include "base/base-error.h"
#include "http/http.h"

/* What can be done about it. */
typedef enum
{
  S3D_S3_CURE_NONE,
  S3D_S3_CURE_RETRY,
  S3D_S3_CURE_SLOW_DOWN,
  S3D_S3_CURE_CLOCK,  /* sign with the service's time */
  S3D_S3_CURE_TOKEN,  /* fetch credentials anew */
  S3D_S3_CURE_REGION, /* sign for the right region */
  S3D_S3_CURE_RESEND  /* the body was damaged on its way: once more */
} S3dS3Cure;

typedef struct
{
  guint status;
  char *code;          /* the service's own; NULL: it gave none (an answer to HEAD, a proxy) */
  char *message;
  char *request_id;
  char *region;        /* where the bucket is */
  char *condition;     /* which header a 412 is about */
  gint64 actual_size;  /* of a 416; -1: not told */
  S3dlioError meaning;
  S3dS3Cure cure;
} S3dS3Failure;

/* What a status with a body means; @body may be anything. */
void s3d_s3_failure_parse (S3dS3Failure *failure, guint status, const char *body, gsize size);
/* Reads status, headers and body of an answer that is a failure, or is suspected to be one for all its 200. */
void s3d_s3_failure_read (S3dS3Failure *failure, S3dHttpRequest *request);
/* What DeleteObjects says of one key; @code and @message nullable. */
void s3d_s3_failure_of_key (S3dS3Failure *failure, S3dHttpRequest *request, const char *code, const char *message);
void s3d_s3_failure_clear (S3dS3Failure *failure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dS3Failure, s3d_s3_failure_clear)

gboolean s3d_s3_failure_is (const S3dS3Failure *failure, const char *code);

/* "NoSuchKey: The specified key does not exist; request id 4F" (the transport adds status, host and attempts). */
void s3d_s3_failure_set_error (const S3dS3Failure *failure, GError **error);

/* S3 sends white space before a document to keep slow answers alive; XML readers do not like it. */
void s3d_s3_skip_blanks (const char **text, gsize *size);

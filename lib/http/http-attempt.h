/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A request's way through its attempts, on its loop's thread. */

#include "http/http-private.h"

/* Out of the inbox: signs and sends, or ends it. */
void s3d_http_attempt_start (S3dHttpLoop *loop, S3dHttpRequest *request);
/* libcurl is done with a transfer. */
void s3d_http_attempt_transfer_ended (S3dHttpLoop *loop, CURL *easy, CURLcode result);
/* @request was cancelled or woken. */
void s3d_http_attempt_look_at (S3dHttpLoop *loop, S3dHttpRequest *request);
/* Ends the attempts in which no byte moved for the stall timeout. */
void s3d_http_attempt_check_stalls (S3dHttpLoop *loop);
/* The request of a core that could not start a loop. */
void s3d_http_attempt_fail_unstarted (S3dHttpRequest *request);

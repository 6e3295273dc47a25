/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Redirects, where the settings ask for them. */

#include "http/http-private.h"

/* Points the request to where its answer's Location leads. FALSE: it is no redirect, or one that may not be
 * followed. */
gboolean s3d_http_redirect_follow (S3dHttpRequest *request);
/* Back to where it was meant to go. */
void s3d_http_redirect_forget (S3dHttpRequest *request);

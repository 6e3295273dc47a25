/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The registration table: the one place that knows which backends there are. */

#include "store/store.h"

/* The backend of a canonical scheme, or NULL. */
const S3dBackend *s3d_backend_for_scheme (const char *scheme);

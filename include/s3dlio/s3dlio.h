/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one header to include. */

#pragma once

#define S3DLIO_H_INSIDE

#include <s3dlio/s3dlio-version.h>

#undef S3DLIO_H_INSIDE

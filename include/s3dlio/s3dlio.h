/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one header to include. */

#pragma once

#define S3DLIO_H_INSIDE

#include <s3dlio/s3dlio-version.h>
#include <s3dlio/s3dlio-error.h>
#include <s3dlio/s3dlio-uri.h>
#include <s3dlio/s3dlio-config.h>
#include <s3dlio/s3dlio-report.h>
#include <s3dlio/s3dlio-options.h>
#include <s3dlio/s3dlio-object-info.h>
#include <s3dlio/s3dlio-batch.h>
#include <s3dlio/s3dlio-lister.h>
#include <s3dlio/s3dlio-client.h>
#include <s3dlio/s3dlio-client-read.h>
#include <s3dlio/s3dlio-client-write.h>
#include <s3dlio/s3dlio-client-many.h>
#include <s3dlio/s3dlio-client-names.h>
#include <s3dlio/s3dlio-client-delete.h>
#include <s3dlio/s3dlio-client-rename.h>
#include <s3dlio/s3dlio-client-uploads.h>
#include <s3dlio/s3dlio-range-engine.h>

#undef S3DLIO_H_INSIDE

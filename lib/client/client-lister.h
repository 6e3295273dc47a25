/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the client makes a S3dlioLister. */

#include <s3dlio/s3dlio-lister.h>

#include "engine/engine-list.h"

/* @text: the URI as the caller wrote it, for errors. */
S3dlioLister *s3d_lister_new (S3dStore *store, S3dlioUri *prefix, const char *text, const S3dListWanted *wanted);

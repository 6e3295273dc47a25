/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the engine makes a S3dlioReport. */

#include <s3dlio/s3dlio-report.h>

S3dlioReport *s3d_report_new (void);
/* Before anybody else sees it. @name is static. */
void s3d_report_add (S3dlioReport *report, const char *name, guint64 number);

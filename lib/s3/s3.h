/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The S3 backend's door: everything else of it is private to this folder. */

#include "store/store.h"

S3dStore *s3d_s3_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error);

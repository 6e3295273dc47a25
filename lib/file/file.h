/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file backend's door: everything else of it is private to this folder. */

#include "store/store.h"

S3dStore *s3d_file_store_open (S3dlioUri *uri, S3dSettings *settings, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What rb --force needs of rm. */

#include "tool.h"

/* Deletes every object whose name begins with @prefix. */
void tool_rm_list (Tool *tool, S3dlioUri *prefix);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an interrupted transfer leaves beside its target, for the next one to go on from: the part (.NAME.s3dlio-part)
 * and its journal (.NAME.s3dlio-journal). Who has the part open holds its lock. Blocking. */

#include <glib.h>
#include <sys/types.h>

#define S3D_PART_SUFFIX ".s3dlio-part"
#define S3D_JOURNAL_SUFFIX ".s3dlio-journal"

/* The name that belongs to the target @name; of one that is so long that it would not fit, a digest stands for it. */
char *s3d_part_name (const char *name, const char *suffix);
gboolean s3d_part_is_name (const char *name);

/* A descriptor of the part @name in @dir, made with @mode when there is none, and locked until its last duplicate is
 * closed. -1 with errno; EWOULDBLOCK: somebody else has it. What is there but is not ours (a link, another user's file)
 * is not written to but replaced. */
int s3d_part_open (int dir, const char *name, mode_t mode);

/* Whether the open file is one that only we have written: regular, of one name, our own. */
gboolean s3d_part_is_ours (int fd);

/* Takes away what a transfer left at @path: a part, a journal, or another temporary file. 0, also when there is none,
 * or errno; EWOULDBLOCK: somebody is writing it. */
int s3d_part_remove (const char *path);

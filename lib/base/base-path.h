/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Links, the directories that files are in, and files that others may change. Blocking; any thread. */

#include <glib.h>
#include <sys/stat.h>

/* What is behind the symlinks at the end of @path; its last component need not exist. NULL with errno. */
char *s3d_path_follow_links (const char *path);

/* Makes @path and what is missing above it; counts. FALSE with errno. Others may be making them too. */
gboolean s3d_path_make_dirs (const char *path, guint *made);

/* Syncs the directory that names the file @path, and the @made ones above whose entries are new. 0 or an errno. */
int s3d_path_sync_dirs (const char *path, guint made);

/* To read. The writer of a FIFO is not waited for, the end of a lease is. -1 with errno. */
int s3d_path_open (const char *path);

/* Whether what was found of a file at two times is of the same bytes, as far as a file system tells. */
gboolean s3d_path_is_unchanged (const struct stat *before, const struct stat *after);

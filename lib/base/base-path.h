/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Links, and the directories that files are in. Blocking; any thread. */

#include <glib.h>

/* What is behind the symlinks at the end of @path; its last component need not exist. NULL with errno. */
char *s3d_path_follow_links (const char *path);

/* Makes @path and what is missing above it; counts. FALSE with errno. Others may be making them too. */
gboolean s3d_path_make_dirs (const char *path, guint *made);

/* Syncs the directory that names the file @path, and the @made ones above whose entries are new. 0 or an errno. */
int s3d_path_sync_dirs (const char *path, guint made);

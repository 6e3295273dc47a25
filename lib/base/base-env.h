/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The process environment, read once a name where it matters. */

#include <glib.h>

/* The variable's value without surrounding blanks, or NULL when it is unset or empty. (transfer
 * full) */
char *s3d_env_get (const char *name);

/* Notes, once a process and with g_message(), every S3DLIO_* variable that is not in @known;
 * S3DLIO_TEST_* is exempt. */
void s3d_env_note_unknown (const char *const *known);

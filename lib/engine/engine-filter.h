/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which keys of a list are meant: by glob and by regular expression. */

#include <glib.h>

/* Immutable, reference-counted; from any thread. */
typedef struct _S3dFilter S3dFilter;

/* Each nullable; with both, both have to match. @regex is compiled here. */
S3dFilter *s3d_filter_new (const char *glob, const char *regex, GError **error);
S3dFilter *s3d_filter_ref (S3dFilter *filter);
void s3d_filter_unref (S3dFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dFilter, s3d_filter_unref)

/* @key: what follows the prefix. May take long, and so does not belong on a loop; FALSE with @error when the regular
 * expression has given up on this key. A key that is not UTF-8 matches no regular expression. */
gboolean s3d_filter_match (const S3dFilter *filter, const char *key, gboolean *matches, GError **error);

/* The whole of @text: "*" is anything, "/" too, "?" one character, "[a-z]" one of these, "[!a-z]" one of the others; a
 * backslash takes the meaning from what follows it. */
gboolean s3d_glob_match (const char *glob, const char *text);

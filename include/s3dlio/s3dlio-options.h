/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <glib-object.h>
#include <s3dlio/s3dlio-report.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

/**
 * S3dlioOptions:
 *
 * What few callers of an operation give: conditions, content headers, metadata, progress. Options
 * have names, so that a new one is never a new function. A name that the operation does not know is
 * %S3DLIO_ERROR_INVALID from the operation, never ignored. Reference-counted; do not change one
 * while an operation that uses it runs.
 *
 * Since: 0.9
 */
typedef struct _S3dlioOptions S3dlioOptions;

/**
 * S3DLIO_OPTION_IF_MATCH:
 *
 * String; get, put, copy, rename, delete: only when the object's ETag is this one, else %S3DLIO_ERROR_PRECONDITION, or
 * %S3DLIO_ERROR_NOT_FOUND where there is none (for a delete that is no error). Of a put it is what is replaced, of a
 * copy and a rename the source. It stands without quotes, as s3dlio_object_info_get_etag() gives it; `*` is any object
 * that there is.
 *
 * The service compares as it writes, so that nothing slips in between. Where one does not when an upload in parts is
 * completed (Ceph 16), what holds is that the object was looked at before the first part and after the last.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_IF_MATCH "if-match"

/**
 * S3DLIO_OPTION_NO_CLOBBER:
 *
 * Boolean; put, get to a file, copy: only when the target does not exist, else
 * %S3DLIO_ERROR_EXISTS.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_NO_CLOBBER "no-clobber"

/**
 * S3DLIO_OPTION_CONTENT_TYPE:
 *
 * String; put, copy: the media type of the object. This, the other content headers, the storage class and metadata go
 * with objects; a file has no place for them, and is written without.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_CONTENT_TYPE "content-type"

/**
 * S3DLIO_OPTION_CONTENT_ENCODING:
 *
 * String; put, copy: how the object is encoded, as in `gzip`.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_CONTENT_ENCODING "content-encoding"

/**
 * S3DLIO_OPTION_CONTENT_LANGUAGE:
 *
 * String; put, copy: the language of the object.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_CONTENT_LANGUAGE "content-language"

/**
 * S3DLIO_OPTION_CONTENT_DISPOSITION:
 *
 * String; put, copy: how a browser should present the object.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_CONTENT_DISPOSITION "content-disposition"

/**
 * S3DLIO_OPTION_CACHE_CONTROL:
 *
 * String; put, copy: how long the object may be cached.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_CACHE_CONTROL "cache-control"

/**
 * S3DLIO_OPTION_STORAGE_CLASS:
 *
 * String; put, copy: the service's class of storage, as in `STANDARD_IA`.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_STORAGE_CLASS "storage-class"

/**
 * S3DLIO_OPTION_OFFSET:
 *
 * Integer; get to a file or descriptor: the first byte, from 0; below 0: so many bytes from the end, as with
 * [method@S3dlio.Client.get_range].
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_OFFSET "offset"

/**
 * S3DLIO_OPTION_LENGTH:
 *
 * Integer; get to a file or descriptor: how many bytes. -1, the default, means to the end.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_LENGTH "length"

/**
 * S3DLIO_OPTION_LIMIT:
 *
 * Integer; list: stop after that many entries (of those that match). 0, the default, means all.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_LIMIT "limit"

/**
 * S3DLIO_OPTION_GLOB:
 *
 * String; list: only keys of which what follows the prefix matches this pattern as a whole. `*` is any text, slashes
 * included; `?` is one character; `[a-z]` one of these, `[!a-z]` one of the others; a backslash takes the meaning from
 * the character behind it. Common prefixes are matched with the slash at their end.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_GLOB "glob"

/**
 * S3DLIO_OPTION_REGEX:
 *
 * String; list: only keys of which what follows the prefix matches this regular expression (that of #GRegex) anywhere;
 * `^` and `$` bind it to the ends. One that cannot be compiled is %S3DLIO_ERROR_INVALID, as is one that takes millions
 * of steps over a key. A key that is not UTF-8 matches none. With %S3DLIO_OPTION_GLOB, both have to match.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_REGEX "regex"

/**
 * S3DLIO_OPTION_PRESERVE_MTIME:
 *
 * Boolean; get to a file, copy to a file: the file's modification time becomes the object's.
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_PRESERVE_MTIME "preserve-mtime"

/**
 * S3DLIO_OPTION_RESUME:
 *
 * Boolean; get to a file: what an interruption leaves is kept beside the target, and the next get goes on from there as
 * long as the object is still the same. See s3dlio_client_get_to_file().
 *
 * Since: 0.9
 */
#define S3DLIO_OPTION_RESUME "resume"

/**
 * S3dlioProgressFunc:
 * @done: bytes transferred, or objects deleted, so far
 * @total: how many there are in all, or -1 when that is not known (yet)
 * @user_data: as given to s3dlio_options_set_progress()
 *
 * Called now and then while an operation runs: in the calling thread for a blocking call, in the
 * caller's thread-default main context for an asynchronous one. @done never goes back.
 *
 * Since: 0.9
 */
typedef void (*S3dlioProgressFunc) (gint64 done, gint64 total, gpointer user_data);

/**
 * S3dlioDeletedFunc:
 * @uri: an object, as lists write it
 * @error: (nullable): why it could not be deleted; %NULL: it is gone
 * @user_data: as given to s3dlio_options_set_deleted()
 *
 * Called while many objects are deleted, for each of them: in the calling thread for a blocking call, in the caller's
 * thread-default main context for an asynchronous one, the last time before its finish function returns.
 *
 * Since: 0.9
 */
typedef void (*S3dlioDeletedFunc) (const char *uri, const GError *error, gpointer user_data);

/**
 * S3dlioReportFunc:
 * @report: what the transfer cost, and what was chosen for it
 * @user_data: as given to s3dlio_options_set_report()
 *
 * Called once when a transfer has ended, well or not: in the calling thread for a blocking call, before it returns; in
 * the caller's thread-default main context for an asynchronous one, before its callback. Not called when it never
 * began, since its arguments were wrong.
 *
 * Since: 0.9
 */
typedef void (*S3dlioReportFunc) (S3dlioReport *report, gpointer user_data);

#define S3DLIO_TYPE_OPTIONS (s3dlio_options_get_type ())

S3DLIO_AVAILABLE_IN_0_9
GType s3dlio_options_get_type (void) G_GNUC_CONST;

S3DLIO_AVAILABLE_IN_0_9
S3dlioOptions *s3dlio_options_new (void);

S3DLIO_AVAILABLE_IN_0_9
S3dlioOptions *s3dlio_options_ref (S3dlioOptions *options);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_unref (S3dlioOptions *options);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_string (S3dlioOptions *options, const char *name, const char *value);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_boolean (S3dlioOptions *options, const char *name, gboolean value);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_int64 (S3dlioOptions *options, const char *name, gint64 value);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_metadata (S3dlioOptions *options, const char *name, const char *value);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_ranges (S3dlioOptions *options, const gint64 *offsets, const gint64 *lengths,
                                gsize n_ranges);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_progress (S3dlioOptions *options, S3dlioProgressFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_deleted (S3dlioOptions *options, S3dlioDeletedFunc func, gpointer user_data,
                                 GDestroyNotify destroy);

S3DLIO_AVAILABLE_IN_0_9
void s3dlio_options_set_report (S3dlioOptions *options, S3dlioReportFunc func, gpointer user_data,
                                GDestroyNotify destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dlioOptions, s3dlio_options_unref)

G_END_DECLS

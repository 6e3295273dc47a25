/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(S3DLIO_H_INSIDE) && !defined(S3DLIO_COMPILATION)
#error "Only <s3dlio/s3dlio.h> can be included directly."
#endif

#include <glib-object.h>
#include <s3dlio/s3dlio-version.h>

G_BEGIN_DECLS

#define S3DLIO_TYPE_CONFIG (s3dlio_config_get_type ())

/**
 * S3dlioConfig:
 *
 * Every setting of the library, one place. A property `x-y` is also the environment variable
 * `S3DLIO_X_Y` and the command's option `--x-y`. What is set by hand beats the environment, which
 * beats the default; a setting for one scheme beats the one for all (`direct-range-chunk-size`
 * beats `range-chunk-size`).
 *
 * Durations are seconds, sizes are bytes; as text (environment,
 * [method@S3dlio.Config.set_from_string]) sizes take k/M/G/T (powers of 1000) and Ki/Mi/Gi/Ti.
 *
 * A property that is not set reads as what holds instead. Text that is set to %NULL is not
 * set. A wrong value is reported by [method@S3dlio.Config.check] and when a client is made. A
 * property that cannot be read is a secret. The nick of a property is the form of its text (`SIZE`,
 * `SECONDS`, `auto|path|virtual`), its blurb a sentence for `--help`;
 * g_object_class_list_properties() lists them all.
 *
 * A client takes a snapshot when it is made: later changes do not touch it. May be used from any
 * thread.
 *
 * Since: 0.9
 */
S3DLIO_AVAILABLE_IN_0_9
G_DECLARE_FINAL_TYPE (S3dlioConfig, s3dlio_config, S3DLIO, CONFIG, GObject)

S3DLIO_AVAILABLE_IN_0_9
S3dlioConfig *s3dlio_config_new (void);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_config_set_from_string (S3dlioConfig *config, const char *name, const char *value,
                                        GError **error);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_config_check (S3dlioConfig *config, GError **error);

S3DLIO_AVAILABLE_IN_0_9
guint s3dlio_config_get_max_total_parallelism (S3dlioConfig *config, const char *scheme);

S3DLIO_AVAILABLE_IN_0_9
gboolean s3dlio_parse_size (const char *text, guint64 *size, GError **error);

G_END_DECLS

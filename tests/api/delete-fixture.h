/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of deletions share. */

#pragma once

#include "api-fixture.h"

/* What the caller was told. */
typedef struct
{
  GThread *thread;
  GHashTable *errors; /* uri → GError, or NULL */
  guint64 deleted, failed;
  S3dlioOptions *options;
} Told;

void told_init (Told *told);
void told_clear (Told *told);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)
/* @code: -1 when it is gone. */
void assert_told (ApiTest *test, const Told *told, const char *key, int code);

/* Keys of the test's place, ended by NULL. */
gboolean delete_many (ApiTest *test, S3dlioClient *client, const char *const *keys, Told *told, GError **error);
gboolean delete_prefix (ApiTest *test, const char *key, Told *told, GError **error);
GPtrArray *uris_of (ApiTest *test, const char *const *keys);
void put_all (ApiTest *test, const char *const *keys);
/* "%s%05u" of 0 to n-1, ended by NULL. */
char **numbered (const char *prefix, guint n);
/* Empty objects; our server forgets how they came. */
void put_numbered (ApiTest *test, char **keys);
/* @expected: the keys that are left, in byte order, ended by NULL. */
void assert_left (ApiTest *test, const char *const *expected);
static const char *const nothing[] G_GNUC_UNUSED = { NULL };

gboolean is_file (ApiTest *test);

/* A GAsyncReadyCallback whose data is a GAsyncResult **, and the wait for it. */
void on_ready (GObject *source, GAsyncResult *result, gpointer data);
void wait_for (GAsyncResult **result);

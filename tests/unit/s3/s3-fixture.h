/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An S3 store against the server in process, and ops that are waited for. */

#include "base/base-error.h"
#include "s3/s3.h"
#include "server/test-server.h"

typedef struct
{
  TestServer *server;
  S3dSettings *settings;
  S3dStore *store;
} Fixture;

/* @options and @settings_text ("name=value;name=value") nullable. The bucket is called "bucket". */
void fixture_open (Fixture *fixture, const TestServerOptions *options, const char *settings_text);
void fixture_close (Fixture *fixture);
/* For g_test_add(): with parts as small as one likes, and @settings_text (nullable). */
void fixture_set_up (Fixture *fixture, gconstpointer settings_text);
void fixture_tear_down (Fixture *fixture, gconstpointer settings_text);

/* Into the server, past the store. */
void fixture_put (Fixture *fixture, const char *key, const char *text);

/* "s3://HOST:PORT/" and @path. */
S3dlioUri *fixture_uri (Fixture *fixture, const char *path);

/* An op on "bucket/KEY" ("" and NULL: the bucket itself). */
S3dOp *fixture_op (Fixture *fixture, S3dOpKind kind, const char *key);

/* Starts @op and waits for its end; what it ends with is in op->error. */
void fixture_run (Fixture *fixture, S3dOp *op);
/* For ops that are to be cancelled: start, then wait. */
void fixture_start (Fixture *fixture, S3dOp *op);
void fixture_wait (S3dOp *op);

/* Reads into memory of its own. */
GBytes *fixture_read (Fixture *fixture, S3dOp *op);
/* Makes a WRITE of @text. */
S3dOp *fixture_write (Fixture *fixture, const char *key, const char *text);

void assert_text (GBytes *bytes, const char *text);
/* The server has @key with this content. */
void assert_stored (Fixture *fixture, const char *key, const char *text);
void assert_ok (S3dOp *op);
/* @words: that stand in the message, up to a NULL. */
void assert_failed (S3dOp *op, S3dlioError code, ...) G_GNUC_NULL_TERMINATED;
/* The newest request of that operation has this header; NULL: it has not. */
void assert_sent (Fixture *fixture, const char *operation, const char *header, const char *value);

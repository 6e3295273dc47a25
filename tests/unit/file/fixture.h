/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A directory of its own, the store over it, and one op at a time. Names are below the directory. */

#include <glib/gstdio.h>
#include <gio/gio.h>

#include "file/file.h"
#include "s3dlio/s3dlio-error.h"

typedef struct
{
  char *dir;
  S3dSettings *settings;
  S3dStore *store;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);

#define fixture_add(path, test) g_test_add (path, Fixture, NULL, fixture_set_up, test, fixture_tear_down)
/* Where files cannot be without a name. */
#define fixture_add_named(path, test) g_test_add (path, Fixture, "", fixture_set_up, test, fixture_tear_down)

/* As root nothing is forbidden: become somebody else, to whom the directory belongs; or root again. */
void fixture_be_nobody (Fixture *fixture, gboolean nobody);
char *fixture_path (Fixture *fixture, const char *name);
S3dlioUri *fixture_uri (Fixture *fixture, const char *name);
void fixture_make (Fixture *fixture, const char *name, const char *text); /* and the directories above it */
void fixture_make_large (Fixture *fixture, const char *name, gsize size); /* each byte tells where it is */
void fixture_assert_large (const char *data, gsize from, gsize size); /* @data is of such a file, from @from on */
void fixture_make_link (Fixture *fixture, const char *to, const char *name);
void fixture_assert_text (Fixture *fixture, const char *name, const char *text);
gboolean fixture_is_empty (Fixture *fixture);
void fixture_assert_names (Fixture *fixture, const char *names); /* in the directory: sorted, with a blank between */

/* An op that fixture_wait() can wait for. */
S3dOp *fixture_op (Fixture *fixture, S3dOpKind kind, const char *name);
S3dOp *fixture_op_from (Fixture *fixture, S3dOpKind kind, const char *from, const char *to);
void fixture_start (Fixture *fixture, S3dOp *op);
void fixture_wait (S3dOp *op);
void fixture_run (Fixture *fixture, S3dOp *op);
void fixture_run_ok (Fixture *fixture, S3dOp *op);
/* Runs it; it fails with @code, and a message that holds @text. */
void fixture_run_bad (Fixture *fixture, S3dOp *op, S3dlioError code, const char *text);
/* Cancels @op once the first bytes of it have come out of the FIFO @name, which is made here. */
void fixture_cancel_into_fifo (Fixture *fixture, S3dOp *op, const char *name);
/* A thread's function: all that comes out of the FIFO of that path. (GByteArray, transfer full) */
gpointer fixture_read_all (gpointer path);
/* What a READ gives. */
char *fixture_read (Fixture *fixture, const char *name);
char *fixture_etag (Fixture *fixture, const char *name);
S3dSource *fixture_source (const char *text);

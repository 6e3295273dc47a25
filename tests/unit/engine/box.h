/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What tests of the engine stand on: a container of mem:// behind a store that breaks what it is told to. */

#include "fault-store.h"

#include "engine/engine-call.h"

typedef struct
{
  S3dSettings *settings;
  S3dStore *mem;
  FaultStore *fault;
  S3dStore *store; /* the fault store again */
  S3dBudget *budget;
} Box;

/* @settings: "name=value name=value …", of the configuration. */
Box *box_new (const char *settings, FaultScript script, gpointer data);
void box_free (Box *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Box, box_free)

S3dlioUri *box_uri (const char *key);
/* Bytes that differ from place to place; the same for the same size. */
GBytes *box_pattern (gsize size);
/* Straight into mem://, past the fault store; no step is counted. */
void box_put (Box *box, const char *key, gsize size);
void box_put_bytes (Box *box, const char *key, GBytes *bytes);
GBytes *box_get (Box *box, const char *key); /* NULL: there is none */
void box_delete (Box *box, const char *key);

/* Runs @op on mem:// and waits. */
void box_run (Box *box, S3dOp *op);

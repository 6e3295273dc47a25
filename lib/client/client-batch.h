/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the client makes a S3dlioBatch. */

#include <s3dlio/s3dlio-batch.h>

#include "engine/engine-sequence.h"

/* Of a sequence of engine-many.h, which has ended (all items are ready then) or will be started here. */
S3dlioBatch *s3d_batch_new (S3dSequence *many);
/* Starts it, for who takes items as they become ready. */
void s3d_batch_start (S3dlioBatch *batch, GCancellable *cancellable);

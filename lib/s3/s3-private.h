/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inside of the S3 backend: the store, and the job that every operation is. */

#include "auth/auth-sigv4.h"
#include "base/base-error.h"
#include "base/base-pool.h"
#include "http/http.h"
#include "s3/s3-error.h"
#include "s3/s3-wire.h"
#include "s3/s3-xml.h"
#include "store/store.h"

typedef struct
{
  S3dStore parent;
  S3dHttp *http;
  S3dPool *pool; /* hashes large bodies, and ends what could not begin */
  S3dS3Endpoint *endpoint;
  S3dCredentialChain *chain;
  S3dSigv4 *signer;
  gint clock_offset; /* seconds that the service is ahead of us; atomic */
  gint deletes_singly; /* it does not know DeleteObjects; atomic */
  gint bare_etags; /* it compares the If-Match of a PUT with an ETag that has no quotes; atomic */
  GMutex lock;
  GHashTable *places; /* bucket → S3dS3Place */
} S3dS3Store;

/* Where requests for the bucket go (transfer full); NULL is the service itself. */
S3dS3Place *s3d_s3_store_get_place (S3dS3Store *store, const char *bucket);
/* The bucket turned out to be in @region: the new place (transfer full). */
S3dS3Place *s3d_s3_store_learn_region (S3dS3Store *store, const char *bucket, const char *region);

typedef struct _S3dS3Job S3dS3Job;

/* What an operation is made of. Its functions run on a loop thread. */
typedef struct
{
  const char *method;

  /* In all of these @error is never NULL.
   *
   * READ: a 2xx answer's headers are in. Nullable. */
  gboolean (*headers) (S3dS3Job *job, GError **error);
  /* A 2xx answer without a sink is in: moves the results into the op. @error set: it is a failure for all that,
   * and the verdict says whether it may be tried again. Nullable. */
  S3dHttpVerdict (*answer) (S3dS3Job *job, GError **error);
  /* The service said no. TRUE: for this operation that is no failure. Nullable. */
  gboolean (*forgive) (S3dS3Job *job, const S3dS3Failure *failure);
  /* The request is over, and @error (may be replaced) is what it came to. TRUE: s3d_s3_job_again() has made
   * another one, to be sent now. Nullable. */
  gboolean (*ended) (S3dS3Job *job, GError **error);
} S3dS3Verb;

/* One operation, from start to completion, mostly of one request. Belongs to one thread at a time: who starts it,
 * a worker that hashes its body, a loop. Only cancel comes from elsewhere; the lock is for that. */
struct _S3dS3Job
{
  gatomicrefcount refs;
  S3dS3Store *store; /* the op keeps it until it completes */
  S3dOp *op;
  const S3dS3Verb *verb;
  S3dS3Place *place;
  S3dCredentials *credentials; /* that the last attempt was signed with; NULL: none */
  char payload_hash[65];       /* hex SHA-256 or UNSIGNED-PAYLOAD */
  gboolean wants_sum;          /* its body goes with a checksum */
  gboolean bare_etag;          /* its If-Match goes without quotes */
  gboolean clock_mended, token_mended, region_mended, body_mended;
  guint n_mended;
  GError *error;               /* that it ends with without being sent, or after all */

  GMutex lock;
  S3dHttpRequest *request;
  gboolean submitted, cancelled;

  guint step;                  /* of an operation of more than one request: which one this is */
};

/* A job for @op, on its target's bucket; @key NULL: on the bucket itself. @query (nullable) is encoded. */
S3dS3Job *s3d_s3_job_new (S3dStore *store, S3dOp *op, const S3dS3Verb *verb, const char *key, const char *query);
/* What cannot be sent, or is missing, becomes the job's error, the first of them. @etag without quotes; NULL, or "*" as
 * what is not there cannot be read: no such header. */
void s3d_s3_job_require_key (S3dS3Job *job);
void s3d_s3_job_require_bucket (S3dS3Job *job);
void s3d_s3_job_set_etag (S3dS3Job *job, const char *header, const char *etag);
void s3d_s3_job_set_target_etag (S3dS3Job *job); /* If-Match of what is written, from the op */
void s3d_s3_job_set_attributes (S3dS3Job *job, const S3dAttributes *attributes); /* content headers and metadata */
void s3d_s3_job_set_xml (S3dS3Job *job, GString *xml); /* takes @xml */
/* The body, which stands in the op, is to go with a checksum, where the endpoint takes them. */
void s3d_s3_job_set_body (S3dS3Job *job);
/* Sends it, as soon as its body is hashed where it has to be; or, when it has an error, ends it soon. Takes the
 * job; never blocks. */
void s3d_s3_job_start (S3dS3Job *job);
/* Ends it soon, without sending it: with its error, or well. Takes the job. */
void s3d_s3_job_end (S3dS3Job *job);
/* From answer(): the body has been replaced, by a small one, for the next attempt. */
void s3d_s3_job_hash_again (S3dS3Job *job);
/* From ended(): the next request of the same job, on the op's target; its body, if it gets one, is hashed again. */
void s3d_s3_job_again (S3dS3Job *job, const S3dS3Verb *verb);

/* Reads the answer's document. FINAL without @error: it was one with that root. An error in an answer of status
 * 200 is found here. */
S3dHttpVerdict s3d_s3_job_read_document (S3dS3Job *job, const char *root, S3dS3Element func, gpointer data,
                                         GError **error);
/* For answers that say all with their status: FINAL without @error when there is nothing in it. A body is an error for
 * all its 2xx, or comes from somebody else, a portal or a proxy. */
S3dHttpVerdict s3d_s3_job_expect_nothing (S3dS3Job *job, GError **error);
/* For verbs that look: that nothing is there is an answer too. */
gboolean s3d_s3_job_forgive_missing (S3dS3Job *job, const S3dS3Failure *failure);
/* "partNumber=N&uploadId=ID", the number only of parts (transfer full) */
char *s3d_s3_upload_query (const S3dOp *op);
/* What is to be done after @failure; mends what can be mended. */
S3dHttpVerdict s3d_s3_job_cure (S3dS3Job *job, const S3dS3Failure *failure);
/* Its requests go to @place from now on. */
void s3d_s3_job_move (S3dS3Job *job, S3dS3Place *place);
/* Whether the present request, or the same of an earlier op, went out before: it may have been done then. */
gboolean s3d_s3_job_was_sent_before (S3dS3Job *job);

/* --- s3-checksum.c --- */

/* Hash and checksum of the job's body, as far as they are wanted. FALSE with @error, or without it when the op was
 * cancelled meanwhile. */
gboolean s3d_s3_hash_body (S3dS3Job *job, GError **error);
/* FALSE: it is more than @limit bytes, or not in memory. */
gboolean s3d_s3_hash_body_at_once (S3dS3Job *job, guint64 limit);
/* Keeps the checksum of the job's body in the op, and sets the headers that carry it. */
void s3d_s3_set_sum (S3dS3Job *job, guint32 crc, guint64 size);
/* The checksum of the parts together, in the op; FALSE: not all of theirs are known. */
gboolean s3d_s3_join_sums (S3dOp *op);
/* What the service tells (NULL: nothing) against what was sent (or nothing); FALSE: something else. */
gboolean s3d_s3_check_sum (const S3dOp *op, const char *told, GError **error);
gboolean s3d_s3_check_sum_header (S3dS3Job *job, GError **error);

/* The object that the answer's headers tell of. */
S3dlioObjectInfo *s3d_s3_info_from_headers (S3dS3Job *job, gint64 size);
char *s3d_s3_etag_from_headers (S3dHttpRequest *request); /* without quotes; NULL: none */

void s3d_s3_start_read (S3dStore *store, S3dOp *op);
void s3d_s3_start_stat (S3dStore *store, S3dOp *op);
void s3d_s3_start_write (S3dStore *store, S3dOp *op);
void s3d_s3_start_delete (S3dStore *store, S3dOp *op);
void s3d_s3_start_delete_many (S3dStore *store, S3dOp *op);
void s3d_s3_start_list (S3dStore *store, S3dOp *op);
void s3d_s3_start_copy (S3dStore *store, S3dOp *op);
S3dPartCopy s3d_s3_part_copy (S3dStore *store, S3dlioUri *from);
void s3d_s3_start_upload_begin (S3dStore *store, S3dOp *op);
void s3d_s3_start_upload_part (S3dStore *store, S3dOp *op);
void s3d_s3_start_upload_part_copy (S3dStore *store, S3dOp *op);
void s3d_s3_start_upload_complete (S3dStore *store, S3dOp *op);
void s3d_s3_start_upload_abort (S3dStore *store, S3dOp *op);
void s3d_s3_start_upload_list (S3dStore *store, S3dOp *op);
void s3d_s3_start_container_create (S3dStore *store, S3dOp *op);
void s3d_s3_start_container_delete (S3dStore *store, S3dOp *op);
void s3d_s3_start_container_list (S3dStore *store, S3dOp *op);

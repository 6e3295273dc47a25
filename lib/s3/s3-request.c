/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The job: what every operation of this backend goes through, from the op to the HTTP request and back.
 *
 * Signing and the reading of failures live here; what differs between operations is in their S3dS3Verb.
 *
 * The body's hash and checksum, where they are wanted, are computed before the request is sent: at once when the body
 * is small and in memory, else on the download pool, as an 8 MiB part takes milliseconds, which a loop does not have.
 *
 * Threads: one at a time, but for cancel; see S3dS3Job. A job is freed with its last reference: its own, until it
 * completes, and one for each call that may outlive that. */

#include "config.h"

#include "s3/s3-private.h"

#include <string.h>

#define SMALL_BODY (64 * 1024)
#define BULK_BODY (512 * 1024)
#define TARGET_ROOM 512

typedef struct
{
  S3dStore *store; /* keeps the transport */
  S3dHttpRequest *request;
} Waiting;

static void
job_unref (S3dS3Job *job)
{
  if (!g_atomic_ref_count_dec (&job->refs))
    return;
  g_clear_pointer (&job->place, s3d_s3_place_unref);
  g_clear_pointer (&job->credentials, s3d_credentials_unref);
  g_clear_pointer (&job->request, s3d_http_request_unref);
  g_clear_error (&job->error);
  g_mutex_clear (&job->lock);
  g_free (job);
}

static S3dS3Job *
job_ref (S3dS3Job *job)
{
  g_atomic_ref_count_inc (&job->refs);
  return job;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dS3Job, job_unref)

/* Takes job and error. Neither op nor store may be touched afterwards. */
static void
job_complete (S3dS3Job *job, GError *error)
{
  g_autoptr (S3dS3Job) owned = job;

  s3d_http_request_set_source (job->request, NULL); /* completion says that it is let go */
  s3d_op_complete (job->op, error);
}

static void
complete_failed (gpointer data)
{
  S3dS3Job *job = data;

  job_complete (job, g_steal_pointer (&job->error));
}

void
s3d_s3_job_end (S3dS3Job *job)
{
  s3d_pool_push (job->store->pool, complete_failed, job);
}

/* --- signing --- */

static void
waiting_free (Waiting *waiting)
{
  s3d_http_request_unref (waiting->request);
  s3d_store_unref (waiting->store);
  g_free (waiting);
}

static void
wake (gpointer data)
{
  Waiting *waiting = data;

  s3d_http_wake (((S3dS3Store *) waiting->store)->http, waiting->request);
  waiting_free (waiting);
}

/* The request may be over (cancelled) when the credentials come, and its job and op gone. */
static S3dCredentialsState
wait_for_credentials (S3dS3Store *store, S3dHttpRequest *request, S3dCredentials **credentials, GError **error)
{
  Waiting *waiting = g_new (Waiting, 1);

  waiting->store = s3d_store_ref (&store->parent);
  waiting->request = s3d_http_request_ref (request);
  S3dCredentialsState state = s3d_credential_chain_get (store->chain, credentials, wake, waiting, error);
  if (state != S3D_CREDENTIALS_WAIT)
    waiting_free (waiting);
  return state;
}

static gint64
service_time (S3dS3Store *store)
{
  return g_get_real_time () + (gint64) g_atomic_int_get (&store->clock_offset) * G_USEC_PER_SEC;
}

/* While it waited for its turn, another request may have learnt where the bucket is. What the service told this very
 * one is not doubted. */
static void
go_where_the_bucket_is (S3dS3Job *job)
{
  if (job->region_mended)
    return;
  g_autoptr (S3dS3Place) place = s3d_s3_store_get_place (job->store, job->op->target->container);
  if (place != job->place && strcmp (place->region, job->place->region) != 0)
    s3d_s3_job_move (job, place);
}

static S3dHttpSign
sign_hook (S3dHttpRequest *request, gpointer data, GError **error)
{
  S3dS3Job *job = data;
  S3dS3Store *store = job->store;
  g_autoptr (S3dCredentials) credentials = NULL;

  S3dCredentialsState state = s3d_credential_chain_get (store->chain, &credentials, NULL, NULL, error);

  if (state == S3D_CREDENTIALS_WAIT)
    state = wait_for_credentials (store, request, &credentials, error);
  if (state == S3D_CREDENTIALS_WAIT)
    return S3D_HTTP_SIGN_WAIT;
  if (state == S3D_CREDENTIALS_FAILED)
    return S3D_HTTP_SIGN_FAILED;
  go_where_the_bucket_is (job);
  if (state == S3D_CREDENTIALS_READY)
    s3d_sigv4_sign (store->signer, request, credentials, job->place->region, job->payload_hash, service_time (store));
  g_clear_pointer (&job->credentials, s3d_credentials_unref);
  job->credentials = g_steal_pointer (&credentials);
  return S3D_HTTP_SIGN_READY;
}

/* --- answers --- */

static gboolean
headers_hook (S3dHttpRequest *request, gpointer data, GError **error)
{
  S3dS3Job *job = data;
  GError *local = NULL;
  gboolean accepted = job->verb->headers (job, &local);

  if (local != NULL)
    g_propagate_error (error, local);
  return accepted;
}

/* An answer of status 2xx that is not what it should be, @what: it may be an error. */
static S3dHttpVerdict
read_disguised (S3dS3Job *job, const char *what, GError **error)
{
  g_auto (S3dS3Failure) failure = { 0 };

  s3d_s3_failure_read (&failure, job->request);
  if (failure.code != NULL)
    {
      s3d_s3_failure_set_error (&failure, error);
      return s3d_s3_job_cure (job, &failure);
    }
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_FAILED, "the service's answer is no %s", what);
  return S3D_HTTP_FINAL;
}

S3dHttpVerdict
s3d_s3_job_read_document (S3dS3Job *job, const char *root, S3dS3Element func, gpointer data, GError **error)
{
  gsize size;
  gboolean seen;
  const char *body = s3d_http_request_get_body (job->request, &size);

  s3d_s3_skip_blanks (&body, &size);
  gboolean parsed = s3d_s3_read_document (body, size, root, func, data, &seen, error);
  if (parsed && seen)
    return S3D_HTTP_FINAL;

  if (!parsed) /* broken, perhaps on its way */
    return S3D_HTTP_RETRY;
  return read_disguised (job, root, error);
}

S3dHttpVerdict
s3d_s3_job_expect_nothing (S3dS3Job *job, GError **error)
{
  gsize size = 0;
  const char *body = s3d_http_request_get_body (job->request, &size);

  s3d_s3_skip_blanks (&body, &size);
  return size == 0 ? S3D_HTTP_FINAL : read_disguised (job, "empty one", error);
}

gboolean
s3d_s3_job_forgive_missing (S3dS3Job *job, const S3dS3Failure *failure)
{
  return failure->status == 404;
}

/* A 412 to a condition that the target be missing means that it is there. */
static void
interpret_precondition (const S3dOp *op, S3dS3Failure *failure)
{
  if (failure->status != 412 || !op->no_clobber)
    return;
  if (op->if_match == NULL || (failure->condition != NULL && strstr (failure->condition, "None") != NULL))
    failure->meaning = S3DLIO_ERROR_EXISTS;
}

static S3dHttpVerdict
classify_hook (S3dHttpRequest *request, gpointer data, GError **error)
{
  S3dS3Job *job = data;
  guint status = s3d_http_request_get_status (request);

  if (status >= 200 && status < 300)
    {
      GError *local = NULL;
      S3dHttpVerdict verdict = job->verb->answer != NULL ? job->verb->answer (job, &local) : S3D_HTTP_FINAL;

      if (local != NULL)
        g_propagate_error (error, local);
      return verdict;
    }

  g_auto (S3dS3Failure) failure = { 0 };
  s3d_s3_failure_read (&failure, request);
  if (job->verb->forgive != NULL && job->verb->forgive (job, &failure))
    return S3D_HTTP_FINAL;
  interpret_precondition (job->op, &failure);
  if (failure.status == 416)
    job->op->total = failure.actual_size;
  s3d_s3_failure_set_error (&failure, error);
  return s3d_s3_job_cure (job, &failure);
}

/* --- the end --- */

gboolean
s3d_s3_job_was_sent_before (S3dS3Job *job)
{
  return job->op->attempts_made + s3d_http_request_get_facts (job->request)->attempts > 1;
}

static void
take_facts (S3dS3Job *job)
{
  S3dFacts *facts = &job->op->facts;
  S3dFacts before = *facts;

  *facts = *s3d_http_request_get_facts (job->request);
  if (job->step == 0)
    return;
  job->op->steps += facts->attempts > 0 ? 1 : 0;
  facts->attempts += before.attempts;
  facts->throttled += before.throttled;
  facts->bytes += before.bytes;
  facts->started = before.started;
}

static void hash_and_send (S3dS3Job *job);

static void
done_hook (S3dHttpRequest *request, gpointer data)
{
  S3dS3Job *job = data;
  const GError *failed = s3d_http_request_get_error (request);
  GError *error = failed != NULL ? g_error_copy (failed) : NULL;

  take_facts (job);
  job->op->resumable = error != NULL && s3d_http_request_is_resumable (request);
  if (job->verb->ended != NULL && job->verb->ended (job, &error))
    hash_and_send (job);
  else
    job_complete (job, error);
}

/* --- making and sending --- */

static const S3dHttpHooks hooks = { .sign = sign_hook, .classify = classify_hook, .done = done_hook };
static const S3dHttpHooks hooks_with_headers = {
  .sign = sign_hook, .headers = headers_hook, .classify = classify_hook, .done = done_hook
};

static S3dHttpRequest *
make_request (S3dS3Job *job, const S3dS3Verb *verb, const char *key, const char *query)
{
  g_autoptr (GString) text = g_string_sized_new (TARGET_ROOM);

  s3d_s3_append_target (text, job->place, key, query);
  return s3d_http_request_new (verb->method, job->place->origin, text->str,
                               verb->headers != NULL ? &hooks_with_headers : &hooks, job);
}

S3dS3Job *
s3d_s3_job_new (S3dStore *store, S3dOp *op, const S3dS3Verb *verb, const char *key, const char *query)
{
  S3dS3Job *job = g_new0 (S3dS3Job, 1);

  g_atomic_ref_count_init (&job->refs);
  g_mutex_init (&job->lock);
  job->store = (S3dS3Store *) store;
  job->op = op;
  job->verb = verb;
  job->place = s3d_s3_store_get_place (job->store, op->target->container);
  job->request = make_request (job, verb, key, query);
  s3d_http_request_set_attempts_made (job->request, op->attempts_made);
  s3d_http_request_set_max_attempts (job->request, op->max_attempts);
  return job;
}

void
s3d_s3_job_again (S3dS3Job *job, const S3dS3Verb *verb)
{
  S3dHttpRequest *old = job->request;
  S3dHttpRequest *request = make_request (job, verb, job->op->target->key, NULL);

  job->verb = verb;
  job->step++;
  g_mutex_lock (&job->lock);
  job->request = request;
  job->submitted = FALSE;
  g_mutex_unlock (&job->lock);
  s3d_http_request_unref (old);
}

static void refuse (S3dS3Job *job, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
refuse (S3dS3Job *job, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (job->error == NULL)
    job->error = g_error_new_valist (S3DLIO_ERROR, S3DLIO_ERROR_INVALID, format, args);
  va_end (args);
}

void
s3d_s3_job_require_key (S3dS3Job *job)
{
  S3dlioUri *target = job->op->target;

  if (target->container != NULL && *target->key != '\0')
    return;
  g_autofree char *uri = s3dlio_uri_to_string (target);
  refuse (job, "%s names no object", uri);
}

void
s3d_s3_job_require_bucket (S3dS3Job *job)
{
  S3dlioUri *target = job->op->target;

  if (target->container != NULL && *target->key == '\0')
    return;
  g_autofree char *uri = s3dlio_uri_to_string (target);
  refuse (job, "%s names no bucket", uri);
}

static void
set_header (S3dS3Job *job, const char *name, const char *value)
{
  if (value == NULL)
    return;
  /* Blanks around it are no part of it, and what is not sent must not be signed. */
  g_autofree char *bare = g_strstrip (g_strdup (value));
  if (s3d_s3_is_header_value (value))
    s3d_http_request_set_header (job->request, name, bare);
  else
    refuse (job, "the value of %s holds a control character", name);
}

void
s3d_s3_job_set_etag (S3dS3Job *job, const char *header, const char *etag)
{
  if (etag == NULL || strcmp (etag, "*") == 0)
    return;
  g_autofree char *quoted = g_strconcat ("\"", etag, "\"", NULL);
  set_header (job, header, quoted);
}

static void
set_metadata (S3dS3Job *job, const char *name, const char *value)
{
  if (!s3d_s3_is_metadata_name (name))
    {
      refuse (job, "the metadata name \"%s\" cannot be part of a header", name);
      return;
    }
  g_autofree char *header = g_strconcat ("x-amz-meta-", name, NULL);
  g_autofree char *encoded = s3d_s3_encode_metadata (value);
  s3d_http_request_set_header (job->request, header, encoded);
}

void
s3d_s3_job_set_attributes (S3dS3Job *job, const S3dAttributes *attributes)
{
  GHashTableIter iter;
  gpointer name, value;

  if (attributes == NULL)
    return;
  set_header (job, "content-type", attributes->content_type);
  set_header (job, "content-encoding", attributes->content_encoding);
  set_header (job, "content-language", attributes->content_language);
  set_header (job, "content-disposition", attributes->content_disposition);
  set_header (job, "cache-control", attributes->cache_control);
  set_header (job, "x-amz-storage-class", attributes->storage_class);
  if (attributes->metadata == NULL)
    return;
  g_hash_table_iter_init (&iter, attributes->metadata);
  while (g_hash_table_iter_next (&iter, &name, &value))
    set_metadata (job, name, value);
}

void
s3d_s3_job_set_body (S3dS3Job *job)
{
  s3d_http_request_set_source (job->request, job->op->source);
  job->wants_sum = job->store->endpoint->checksums;
  /* Buckets with object locks demand it. */
  if (job->wants_sum)
    s3d_http_request_set_header (job->request, "x-amz-sdk-checksum-algorithm", "CRC32C");
}

void
s3d_s3_job_set_xml (S3dS3Job *job, GString *xml)
{
  g_autoptr (GBytes) bytes = g_string_free_to_bytes (xml);
  g_autoptr (S3dSource) source = s3d_source_new_bytes (bytes);

  s3d_http_request_set_header (job->request, "content-type", "application/xml");
  s3d_http_request_set_source (job->request, source);
}

/* FALSE: it was cancelled, and the job is still the caller's. */
static gboolean
try_submit (S3dS3Job *job)
{
  g_autoptr (S3dS3Job) held = job_ref (job);

  g_mutex_lock (&job->lock);
  job->submitted = !job->cancelled;
  /* The lock is held so that no cancel comes before the transport knows the request; done does not take it. */
  if (job->submitted)
    s3d_http_submit (job->store->http, job->request);
  gboolean submitted = job->submitted;
  g_mutex_unlock (&job->lock);
  return submitted;
}

/* From a thread that may complete ops. Takes the job. */
static void
submit (S3dS3Job *job)
{
  if (!try_submit (job))
    job_complete (job, s3d_error_new_cancelled ());
}

static void
cancel_job (S3dOp *op, gpointer data)
{
  S3dS3Job *job = data;

  g_mutex_lock (&job->lock);
  job->cancelled = TRUE;
  if (job->submitted)
    s3d_http_cancel (job->store->http, job->request);
  g_mutex_unlock (&job->lock);
}

static void
hash_and_submit (gpointer data)
{
  S3dS3Job *job = data;
  GError *error = NULL;

  if (!s3d_s3_hash_body (job, &error) && error != NULL)
    job_complete (job, error);
  else
    submit (job);
}

static void
mark_bulk (S3dS3Job *job)
{
  S3dSource *source = s3d_http_request_get_source (job->request);

  if (source != NULL && s3d_source_get_length (source) >= BULK_BODY)
    s3d_http_request_set_bulk (job->request, TRUE);
}

/* From a thread that may complete ops. Takes the job. */
static void
hash_and_send (S3dS3Job *job)
{
  mark_bulk (job);
  if (s3d_s3_hash_body_at_once (job, SMALL_BODY))
    submit (job);
  else
    s3d_pool_push (job->store->pool, hash_and_submit, job);
}

void
s3d_s3_job_start (S3dS3Job *job)
{
  mark_bulk (job);
  if (job->error != NULL)
    {
      s3d_s3_job_end (job);
      return;
    }
  s3d_op_set_cancel (job->op, cancel_job, job);
  if (!s3d_s3_hash_body_at_once (job, SMALL_BODY))
    s3d_pool_push (job->store->pool, hash_and_submit, job);
  else if (!try_submit (job))
    {
      job->error = s3d_error_new_cancelled ();
      s3d_s3_job_end (job);
    }
}

void
s3d_s3_job_hash_again (S3dS3Job *job)
{
  s3d_s3_hash_body_at_once (job, G_MAXUINT64);
}

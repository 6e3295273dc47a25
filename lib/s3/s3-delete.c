/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deleting one object, and many in one request.
 *
 * DeleteObjects answers 200 and names the keys that failed. Those whose failure a retry mends are all that the next
 * attempt sends, so that they share the transport's backoff and its patience. XML 1.0 cannot carry every key: what it
 * cannot is left to a DELETE of its own, and so are all keys of a service that does not know DeleteObjects.
 *
 * Few services heed If-Match on a DELETE. So one that must not delete anything else looks first, with a HEAD, and sends
 * the condition all the same: where it is heeded, nothing slips in between.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html and API_DeleteObject.html. Runs on a
 * loop thread; a first body is written on the download pool. */

#include "config.h"

#include "base/base-digest.h"
#include "base/base-xml.h"
#include "s3/s3-private.h"

#include <string.h>

/* --- one --- */

static gboolean
delete_forgive (S3dS3Job *job, const S3dS3Failure *failure)
{
  return s3d_s3_failure_is (failure, "NoSuchKey");
}

static const S3dS3Verb delete_verb = {
  .method = "DELETE", .answer = s3d_s3_job_expect_nothing, .forgive = delete_forgive
};

/* The condition itself may be more than the service knows. */
static gboolean
matched_delete_ended (S3dS3Job *job, GError **error)
{
  if (!g_error_matches (*error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED))
    return FALSE;
  g_clear_error (error);
  s3d_s3_job_again (job, &delete_verb);
  return TRUE;
}

static const S3dS3Verb matched_delete_verb = {
  .method = "DELETE",
  .answer = s3d_s3_job_expect_nothing,
  .forgive = delete_forgive,
  .ended = matched_delete_ended
};

static S3dHttpVerdict
look_answer (S3dS3Job *job, GError **error)
{
  g_autofree char *etag = s3d_s3_etag_from_headers (job->request);

  if (strcmp (job->op->if_match, "*") != 0 && g_strcmp0 (etag, job->op->if_match) != 0)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION, "its ETag is \"%s\", not \"%s\"",
                 etag != NULL ? etag : "", job->op->if_match);
  return S3D_HTTP_FINAL;
}

static gboolean
look_ended (S3dS3Job *job, GError **error)
{
  if (*error != NULL || s3d_http_request_get_status (job->request) == 404)
    return FALSE;
  s3d_s3_job_again (job, &matched_delete_verb);
  s3d_s3_job_set_etag (job, "if-match", job->op->if_match);
  *error = g_steal_pointer (&job->error);
  return *error == NULL;
}

static const S3dS3Verb look_verb = {
  .method = "HEAD", .answer = look_answer, .forgive = s3d_s3_job_forgive_missing, .ended = look_ended
};

void
s3d_s3_start_delete (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, op->if_match != NULL ? &look_verb : &delete_verb, op->target->key, NULL);

  s3d_s3_job_require_key (job);
  s3d_s3_job_start (job);
}

/* --- many: the request --- */

static S3dKey *
nth_key (const S3dOp *op, guint n)
{
  return &g_array_index (op->keys, S3dKey, n);
}

static void
leave_alone (const S3dOp *op)
{
  for (guint i = 0; i < op->keys->len; i++)
    {
      if (nth_key (op, i)->state == S3D_KEY_PENDING)
        nth_key (op, i)->state = S3D_KEY_ALONE;
    }
}

/* The document that asks for the keys that are pending; those that it cannot carry are not any more. NULL: none is. */
static GString *
write_keys (const S3dOp *op)
{
  GString *xml = g_string_new ("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
  const gsize empty = xml->len;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = nth_key (op, i);
      const gsize before = xml->len;

      if (key->state != S3D_KEY_PENDING)
        continue;
      g_string_append (xml, "<Object><Key>");
      if (s3d_xml_append_escaped (xml, key->key))
        {
          g_string_append (xml, "</Key></Object>");
          continue;
        }
      g_string_truncate (xml, before);
      key->state = S3D_KEY_ALONE;
    }
  if (xml->len > empty)
    return g_string_append (xml, "</Delete>");
  g_string_free (xml, TRUE);
  return NULL;
}

static void
set_body (S3dS3Job *job, GString *xml)
{
  g_autofree char *md5 = s3d_md5_base64 (xml->str, xml->len);

  s3d_http_request_set_header (job->request, "content-md5", md5);
  s3d_s3_job_set_xml (job, xml);
}

/* --- many: the answer --- */

typedef struct
{
  S3dS3Job *job;
  GHashTable *keys; /* key → S3dKey, the first of that name; made when an error is met */
  char *key, *code, *message; /* of the error that is being read */
  gboolean throttled;
  gboolean stranger; /* an error names no key that was asked for */
  GError *transient; /* of the first key that may be tried again */
} Result;

static void
result_clear (Result *result)
{
  g_clear_pointer (&result->keys, g_hash_table_unref);
  g_free (result->key);
  g_free (result->code);
  g_free (result->message);
  g_clear_error (&result->transient);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static S3dKey *
find_key (Result *result, const char *name)
{
  const S3dOp *op = result->job->op;

  if (result->keys == NULL)
    {
      result->keys = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = op->keys->len; i-- > 0;)
        {
          if (nth_key (op, i)->state == S3D_KEY_PENDING)
            g_hash_table_replace (result->keys, nth_key (op, i)->key, nth_key (op, i));
        }
    }
  return name != NULL ? g_hash_table_lookup (result->keys, name) : NULL;
}

static void
judge_key (Result *result)
{
  g_auto (S3dS3Failure) failure = { 0 };
  S3dKey *key = find_key (result, result->key);

  s3d_s3_failure_of_key (&failure, result->job->request, result->code, result->message);
  if (key == NULL)
    result->stranger = TRUE;
  else if (!s3d_s3_failure_is (&failure, "NoSuchKey") && !s3d_s3_failure_is (&failure, "NoSuchVersion"))
    {
      g_clear_error (&key->error);
      s3d_s3_failure_set_error (&failure, &key->error);
      if (failure.cure == S3D_S3_CURE_SLOW_DOWN)
        result->throttled = TRUE;
      if (failure.cure != S3D_S3_CURE_RETRY && failure.cure != S3D_S3_CURE_SLOW_DOWN)
        {
          key->state = S3D_KEY_FAILED;
          key->error = s3d_http_error_complete (key->error, result->job->request, NULL);
        }
      else if (result->transient == NULL)
        result->transient = g_error_copy (key->error);
    }
}

static void
read_result (const char *path, const char *text, gpointer data)
{
  Result *result = data;
  char **field = NULL;

  if (strcmp (path, "Error/Key") == 0)
    field = &result->key;
  else if (strcmp (path, "Error/Code") == 0)
    field = &result->code;
  else if (strcmp (path, "Error/Message") == 0)
    field = &result->message;
  else if (strcmp (path, "Error") == 0)
    {
      judge_key (result);
      g_clear_pointer (&result->key, g_free);
      g_clear_pointer (&result->code, g_free);
      g_clear_pointer (&result->message, g_free);
    }
  if (field == NULL)
    return;
  g_free (*field);
  *field = g_strdup (text);
}

/* The document broke off: what it said does not count. */
static void
forget_result (Result *result)
{
  GHashTableIter iter;
  gpointer value;

  if (result->keys == NULL)
    return;
  g_hash_table_iter_init (&iter, result->keys);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      S3dKey *key = value;

      key->state = S3D_KEY_PENDING;
      g_clear_error (&key->error);
    }
}

/* A key that was asked for twice fails twice. */
static void
share_failure (Result *result, S3dKey *key)
{
  const S3dKey *first = result->keys != NULL ? find_key (result, key->key) : key;

  if (first == key || first == NULL || first->error == NULL)
    return;
  key->error = g_error_copy (first->error);
  key->state = first->state;
}

/* What no error names is gone; unless an error could not be read, which may be any key's. */
static void
settle_keys (Result *result)
{
  const S3dOp *op = result->job->op;

  for (guint i = 0; i < op->keys->len; i++)
    {
      S3dKey *key = nth_key (op, i);

      if (key->state != S3D_KEY_PENDING)
        continue;
      share_failure (result, key);
      if (key->error == NULL)
        key->state = result->stranger ? S3D_KEY_ALONE : S3D_KEY_GONE;
    }
}

/* Those that are still pending are tried again: they lose the error of this attempt, and are the next one's body. */
static void
ask_again (S3dS3Job *job)
{
  for (guint i = 0; i < job->op->keys->len; i++)
    {
      if (nth_key (job->op, i)->state == S3D_KEY_PENDING)
        g_clear_error (&nth_key (job->op, i)->error);
    }
  set_body (job, write_keys (job->op));
  s3d_s3_job_hash_again (job);
}

static S3dHttpVerdict
many_answer (S3dS3Job *job, GError **error)
{
  g_auto (Result) result = { .job = job };
  S3dHttpVerdict verdict = s3d_s3_job_read_document (job, "DeleteResult", read_result, &result, error);

  if (*error != NULL)
    {
      forget_result (&result);
      return verdict;
    }
  settle_keys (&result);
  if (result.transient == NULL)
    return S3D_HTTP_FINAL;
  ask_again (job);
  *error = g_steal_pointer (&result.transient);
  return result.throttled ? S3D_HTTP_THROTTLED : S3D_HTTP_RETRY;
}

static gboolean
many_forgive (S3dS3Job *job, const S3dS3Failure *failure)
{
  if (failure->meaning != S3DLIO_ERROR_UNSUPPORTED)
    return FALSE;
  g_debug ("%s does not delete many objects at once", job->place->origin);
  g_atomic_int_set (&job->store->deletes_singly, TRUE);
  leave_alone (job->op);
  return TRUE;
}

static const S3dS3Verb many_verb = { .method = "POST", .answer = many_answer, .forgive = many_forgive };

/* On the download pool: a thousand keys take a while to write and to digest. */
static void
send_keys (gpointer data)
{
  S3dS3Job *job = data;
  GString *xml = write_keys (job->op);

  if (xml == NULL)
    {
      s3d_s3_job_end (job);
      return;
    }
  set_body (job, xml);
  s3d_s3_job_start (job);
}

void
s3d_s3_start_delete_many (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &many_verb, NULL, "delete");

  s3d_s3_job_require_bucket (job);
  if (g_atomic_int_get (&job->store->deletes_singly))
    leave_alone (op);
  s3d_pool_push (job->store->pool, send_keys, job);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making and deleting buckets.
 *
 * Neither is safe to repeat by itself: where an answer was lost, the second attempt finds the bucket made, or gone,
 * and that is what was wanted.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and API_DeleteBucket.html. Runs on a
 * loop thread. */

#include "config.h"

#include "base/base-xml.h"
#include "s3/s3-private.h"

#include <string.h>

/* Amazon refuses its name as a constraint. */
#define REGION_WITHOUT_CONSTRAINT "us-east-1"

static gboolean
create_forgive (S3dS3Job *job, const S3dS3Failure *failure)
{
  return s3d_s3_failure_is (failure, "BucketAlreadyOwnedByYou") && s3d_s3_job_was_sent_before (job);
}

static const S3dS3Verb create_verb = {
  .method = "PUT", .answer = s3d_s3_job_expect_nothing, .forgive = create_forgive
};

void
s3d_s3_start_container_create (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &create_verb, NULL, NULL);

  s3d_s3_job_require_bucket (job);
  if (strcmp (job->place->region, REGION_WITHOUT_CONSTRAINT) != 0)
    {
      GString *xml = g_string_new ("<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                   "<LocationConstraint>");

      s3d_xml_append_escaped (xml, job->place->region);
      g_string_append (xml, "</LocationConstraint></CreateBucketConfiguration>");
      s3d_s3_job_set_xml (job, xml);
    }
  s3d_s3_job_start (job);
}

static gboolean
delete_forgive (S3dS3Job *job, const S3dS3Failure *failure)
{
  return s3d_s3_failure_is (failure, "NoSuchBucket") && s3d_s3_job_was_sent_before (job);
}

static const S3dS3Verb delete_verb = {
  .method = "DELETE", .answer = s3d_s3_job_expect_nothing, .forgive = delete_forgive
};

void
s3d_s3_start_container_delete (S3dStore *store, S3dOp *op)
{
  S3dS3Job *job = s3d_s3_job_new (store, op, &delete_verb, NULL, NULL);

  s3d_s3_job_require_bucket (job);
  s3d_s3_job_start (job);
}

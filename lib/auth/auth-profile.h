/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The AWS shared config and credentials files (~/.aws/config, ~/.aws/credentials, AWS_CONFIG_FILE,
 * AWS_SHARED_CREDENTIALS_FILE), read once: the settings of one profile. Immutable. */

#include "base/base-settings.h"

typedef struct _S3dProfile S3dProfile;

/* The profile that @settings (AWS_PROFILE, default "default") names. A named one that is in neither file is an
 * error; a missing default is an empty profile. Reads files. */
S3dProfile *s3d_profile_load (const S3dSettings *settings, GError **error);
void s3d_profile_free (S3dProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (S3dProfile, s3d_profile_free)

/* "region", "endpoint_url", "aws_access_key_id", "s3.addressing_style", …; NULL when not set. What the profile's
 * [services …] section says of S3 is found here too, as "s3.endpoint_url". */
const char *s3d_profile_get (const S3dProfile *profile, const char *name);

/* Which profile was looked for in which files, and which of them could not be read; for errors. */
const char *s3d_profile_describe (const S3dProfile *profile);

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/s3; they link $(S3_LIBS).

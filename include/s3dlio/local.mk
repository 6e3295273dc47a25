# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The installed headers. A new one is also included by s3dlio.h.

s3dlioincludedir = $(includedir)/s3dlio
s3dlioinclude_HEADERS = $(public_headers)
nodist_s3dlioinclude_HEADERS = %D%/s3dlio-version.h

public_headers = \
  %D%/s3dlio.h \
  %D%/s3dlio-batch.h \
  %D%/s3dlio-client.h \
  %D%/s3dlio-client-delete.h \
  %D%/s3dlio-client-many.h \
  %D%/s3dlio-client-names.h \
  %D%/s3dlio-client-read.h \
  %D%/s3dlio-client-rename.h \
  %D%/s3dlio-client-uploads.h \
  %D%/s3dlio-client-write.h \
  %D%/s3dlio-config.h \
  %D%/s3dlio-error.h \
  %D%/s3dlio-lister.h \
  %D%/s3dlio-object-info.h \
  %D%/s3dlio-options.h \
  %D%/s3dlio-range-engine.h \
  %D%/s3dlio-report.h \
  %D%/s3dlio-uri.h

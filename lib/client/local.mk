# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-client.la
%C%_libs3d_client_la_SOURCES = \
  %D%/client-backends.c \
  %D%/client-backends.h \
  %D%/client-batch.h \
  %D%/client-copy.c \
  %D%/client-copy.h \
  %D%/client-lister.h \
  %D%/client-private.h \
  %D%/client-run.c \
  %D%/s3dlio-batch.c \
  %D%/s3dlio-client.c \
  %D%/s3dlio-client-delete.c \
  %D%/s3dlio-client-many.c \
  %D%/s3dlio-client-names.c \
  %D%/s3dlio-client-read.c \
  %D%/s3dlio-client-rename.c \
  %D%/s3dlio-client-uploads.c \
  %D%/s3dlio-client-write.c \
  %D%/s3dlio-lister.c

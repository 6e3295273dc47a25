# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-s3.la
%C%_libs3d_s3_la_SOURCES = \
  %D%/s3.h \
  %D%/s3-bucket.c \
  %D%/s3-checksum.c \
  %D%/s3-copy.c \
  %D%/s3-cure.c \
  %D%/s3-delete.c \
  %D%/s3-error.c \
  %D%/s3-error.h \
  %D%/s3-info.c \
  %D%/s3-list.c \
  %D%/s3-private.h \
  %D%/s3-read.c \
  %D%/s3-request.c \
  %D%/s3-store.c \
  %D%/s3-text.c \
  %D%/s3-upload.c \
  %D%/s3-wire.c \
  %D%/s3-wire.h \
  %D%/s3-write.c \
  %D%/s3-xml.c \
  %D%/s3-xml.h

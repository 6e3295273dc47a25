# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-engine.la
%C%_libs3d_engine_la_SOURCES = \
  %D%/engine-call.c \
  %D%/engine-call.h \
  %D%/engine-callback.c \
  %D%/engine-callback.h \
  %D%/engine-copy.c \
  %D%/engine-copy.h \
  %D%/engine-copy-fetch.c \
  %D%/engine-copy-private.h \
  %D%/engine-copy-within.c \
  %D%/engine-delete.c \
  %D%/engine-delete.h \
  %D%/engine-filter.c \
  %D%/engine-filter.h \
  %D%/engine-get.c \
  %D%/engine-get-file.c \
  %D%/engine-get-file.h \
  %D%/engine-get.h \
  %D%/engine-get-plan.c \
  %D%/engine-journal.c \
  %D%/engine-journal.h \
  %D%/engine-list.c \
  %D%/engine-list.h \
  %D%/engine-many.c \
  %D%/engine-many.h \
  %D%/engine-order.c \
  %D%/engine-put.c \
  %D%/engine-put.h \
  %D%/engine-put-private.h \
  %D%/engine-put-stream.c \
  %D%/engine-range.c \
  %D%/engine-range.h \
  %D%/engine-rename.c \
  %D%/engine-rename.h \
  %D%/engine-resume.c \
  %D%/engine-sequence.c \
  %D%/engine-sequence.h \
  %D%/s3dlio-range-engine.c

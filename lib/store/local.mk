# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-store.la
%C%_libs3d_store_la_SOURCES = \
  %D%/s3dlio-object-info.c \
  %D%/store.c \
  %D%/store.h \
  %D%/store-info.h \
  %D%/store-mem.c \
  %D%/store-mem-private.h \
  %D%/store-mem-table.c \
  %D%/store-mem-uploads.c \
  %D%/store-op.c \
  %D%/store-op.h

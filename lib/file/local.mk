# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-file.la
%C%_libs3d_file_la_SOURCES = \
  %D%/file.h \
  %D%/file-copy.c \
  %D%/file-directory.c \
  %D%/file-facts.c \
  %D%/file-input.c \
  %D%/file-list.c \
  %D%/file-output.c \
  %D%/file-private.h \
  %D%/file-read.c \
  %D%/file-remove.c \
  %D%/file-store.c \
  %D%/file-upload.c \
  %D%/file-write.c

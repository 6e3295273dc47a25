# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-base.la
%C%_libs3d_base_la_SOURCES = \
  %D%/base-backoff.c \
  %D%/base-backoff.h \
  %D%/base-budget.c \
  %D%/base-budget.h \
  %D%/base-crc32c.c \
  %D%/base-crc32c.h \
  %D%/base-digest.c \
  %D%/base-digest.h \
  %D%/base-env.c \
  %D%/base-env.h \
  %D%/base-error.c \
  %D%/base-error.h \
  %D%/base-facts.h \
  %D%/base-file.c \
  %D%/base-file.h \
  %D%/base-fork.c \
  %D%/base-fork.h \
  %D%/base-knob-text.c \
  %D%/base-knobs.c \
  %D%/base-knobs.h \
  %D%/base-memory.c \
  %D%/base-memory.h \
  %D%/base-options.h \
  %D%/base-part.c \
  %D%/base-part.h \
  %D%/base-path.c \
  %D%/base-path.h \
  %D%/base-pool.c \
  %D%/base-pool.h \
  %D%/base-report.h \
  %D%/base-settings.c \
  %D%/base-settings.h \
  %D%/base-sink.c \
  %D%/base-sink.h \
  %D%/base-source.c \
  %D%/base-source.h \
  %D%/base-time.c \
  %D%/base-time.h \
  %D%/base-uri.c \
  %D%/base-uri.h \
  %D%/base-xml.c \
  %D%/base-xml.h \
  %D%/s3dlio-config.c \
  %D%/s3dlio-error.c \
  %D%/s3dlio-options.c \
  %D%/s3dlio-report.c \
  %D%/s3dlio-uri.c \
  %D%/s3dlio-version.c

# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-base.la
%C%_libs3d_base_la_SOURCES = \
  %D%/s3dlio-version.c

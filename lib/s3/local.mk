# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-s3.la
%C%_libs3d_s3_la_SOURCES =

# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-file.la
%C%_libs3d_file_la_SOURCES =

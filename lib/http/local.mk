# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-http.la
%C%_libs3d_http_la_SOURCES =

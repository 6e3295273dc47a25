# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-client.la
%C%_libs3d_client_la_SOURCES =

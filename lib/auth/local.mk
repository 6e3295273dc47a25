# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-auth.la
%C%_libs3d_auth_la_SOURCES =

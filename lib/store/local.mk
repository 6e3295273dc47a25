# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-store.la
%C%_libs3d_store_la_SOURCES =

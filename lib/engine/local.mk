# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-engine.la
%C%_libs3d_engine_la_SOURCES =

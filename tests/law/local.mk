# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rules of the house, as tests. Each script also breaks its rule, and passes only if that is
# seen.

test_scripts += \
  %D%/abi.sh \
  %D%/docs.sh \
  %D%/documented.sh \
  %D%/headers.sh \
  %D%/install.sh \
  %D%/introspection.sh \
  %D%/layers.sh \
  %D%/links.sh \
  %D%/run.sh \
  %D%/style.sh \
  %D%/symbols.sh

EXTRA_DIST += \
  %D%/documented.awk \
  %D%/s3dlio.abi \
  %D%/layers.awk \
  %D%/prototypes.awk \
  %D%/style.awk

# Each floor whole, linked with the floors that it may call and nothing else: a call upwards is an
# undefined symbol here.
floor_ldflags = -module -avoid-version -rpath /nowhere $(ZDEFS_LDFLAGS)
check_LTLIBRARIES += \
  %D%/floor-base.la \
  %D%/floor-http.la \
  %D%/floor-store.la \
  %D%/floor-auth.la \
  %D%/floor-engine.la \
  %D%/floor-s3.la \
  %D%/floor-file.la \
  %D%/floor-client.la

%C%_floor_base_la_SOURCES =
%C%_floor_base_la_LDFLAGS = $(floor_ldflags)
%C%_floor_base_la_LIBADD = $(BASE_LIBS)

%C%_floor_http_la_SOURCES =
%C%_floor_http_la_LDFLAGS = $(floor_ldflags)
%C%_floor_http_la_LIBADD = $(HTTP_LIBS)

%C%_floor_store_la_SOURCES =
%C%_floor_store_la_LDFLAGS = $(floor_ldflags)
%C%_floor_store_la_LIBADD = $(STORE_LIBS)

%C%_floor_auth_la_SOURCES =
%C%_floor_auth_la_LDFLAGS = $(floor_ldflags)
%C%_floor_auth_la_LIBADD = $(AUTH_LIBS)

%C%_floor_engine_la_SOURCES =
%C%_floor_engine_la_LDFLAGS = $(floor_ldflags)
%C%_floor_engine_la_LIBADD = $(ENGINE_LIBS)

%C%_floor_s3_la_SOURCES =
%C%_floor_s3_la_LDFLAGS = $(floor_ldflags)
%C%_floor_s3_la_LIBADD = $(S3_LIBS)

%C%_floor_file_la_SOURCES =
%C%_floor_file_la_LDFLAGS = $(floor_ldflags)
%C%_floor_file_la_LIBADD = $(FILE_LIBS)

%C%_floor_client_la_SOURCES =
%C%_floor_client_la_LDFLAGS = $(floor_ldflags)
%C%_floor_client_la_LIBADD = $(CLIENT_LIBS)

# The negative control of links.sh: it calls base, and may call nothing.
EXTRA_LTLIBRARIES += %D%/floor-upward.la
%C%_floor_upward_la_SOURCES = %D%/upward.c
%C%_floor_upward_la_LDFLAGS = $(floor_ldflags)
%C%_floor_upward_la_LIBADD = $(EXTERNAL_LIBS)

# What the links above were made of, for links.sh to compare with lib/LAYERS.
check_DATA += %D%/floors
CLEANFILES += %D%/floors
%D%/floors: Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && { \
	echo 'base: $(%C%_floor_base_la_LIBADD)'; \
	echo 'http: $(%C%_floor_http_la_LIBADD)'; \
	echo 'store: $(%C%_floor_store_la_LIBADD)'; \
	echo 'auth: $(%C%_floor_auth_la_LIBADD)'; \
	echo 'engine: $(%C%_floor_engine_la_LIBADD)'; \
	echo 's3: $(%C%_floor_s3_la_LIBADD)'; \
	echo 'file: $(%C%_floor_file_la_LIBADD)'; \
	echo 'client: $(%C%_floor_client_la_LIBADD)'; } >$@

# The description of the binary interface that abi.sh compares with.
.PHONY: update-abi
update-abi: lib/libs3dlio.la
	top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(top_srcdir)/%D%/abi.sh update \
	  $(top_srcdir)/%D%/s3dlio.abi

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library is all floors. For the unit tests, each floor has a variable of itself and what stands
# below it (lib/LAYERS), in the order of linking.

include %D%/base/local.mk
include %D%/http/local.mk
include %D%/store/local.mk
include %D%/auth/local.mk
include %D%/engine/local.mk
include %D%/s3/local.mk
include %D%/file/local.mk
include %D%/client/local.mk

base_la = %D%/base/libs3d-base.la
http_la = %D%/http/libs3d-http.la
store_la = %D%/store/libs3d-store.la
auth_la = %D%/auth/libs3d-auth.la
engine_la = %D%/engine/libs3d-engine.la
s3_la = %D%/s3/libs3d-s3.la
file_la = %D%/file/libs3d-file.la
client_la = %D%/client/libs3d-client.la
all_floors = \
  $(client_la) $(s3_la) $(file_la) $(engine_la) $(auth_la) $(store_la) $(http_la) $(base_la)

BASE_LIBS = $(base_la) $(EXTERNAL_LIBS)
HTTP_LIBS = $(http_la) $(BASE_LIBS)
STORE_LIBS = $(store_la) $(BASE_LIBS)
AUTH_LIBS = $(auth_la) $(HTTP_LIBS)
ENGINE_LIBS = $(engine_la) $(STORE_LIBS)
S3_LIBS = $(s3_la) $(store_la) $(AUTH_LIBS)
FILE_LIBS = $(file_la) $(STORE_LIBS)
CLIENT_LIBS = $(all_floors) $(EXTERNAL_LIBS)

lib_LTLIBRARIES += %D%/libs3dlio.la
%C%_libs3dlio_la_SOURCES =
%C%_libs3dlio_la_LIBADD = $(all_floors) $(EXTERNAL_LIBS)
%C%_libs3dlio_la_LDFLAGS = \
  -version-info $(S3DLIO_LT_VERSION) -no-undefined \
  -Wl,--version-script=$(top_srcdir)/lib/s3dlio.sym \
  $(NODELETE_LDFLAGS) $(ZDEFS_LDFLAGS) $(SANITIZER_CFLAGS)
%C%_libs3dlio_la_DEPENDENCIES = $(all_floors) $(top_srcdir)/lib/s3dlio.sym

EXTRA_DIST += %D%/LAYERS %D%/s3dlio.sym

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The fault-injecting server: a library for tests that hold it in process, and a program that
# scripts start. It sees nothing of lib/.
#
# A test that uses it (include "server/test-server.h"):
#   %C%_test_name_LDADD = $(TEST_SERVER_LIBS) $(HTTP_LIBS)

TEST_SERVER_LIBS = %D%/libtestserver.la

test_server_cppflags = \
  -I$(top_srcdir)/tests -DG_LOG_DOMAIN=\"test-server\" \
  -DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_74 -DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_74 \
  $(GIO_CFLAGS) $(GIO_UNIX_CFLAGS) $(GNUTLS_CFLAGS) $(XML_CFLAGS)

check_LTLIBRARIES += %D%/libtestserver.la
%C%_libtestserver_la_SOURCES = \
  %D%/s3-auth.c \
  %D%/s3-bucket.c \
  %D%/s3-checksum.c \
  %D%/s3-delete.c \
  %D%/s3-list.c \
  %D%/s3-multipart.c \
  %D%/s3-object.c \
  %D%/s3-private.h \
  %D%/s3-service.c \
  %D%/server-admin.c \
  %D%/server-contents.c \
  %D%/server-faults.c \
  %D%/server-http.c \
  %D%/server-ledger.c \
  %D%/server-private.h \
  %D%/server-send.c \
  %D%/server-store.c \
  %D%/server-store.h \
  %D%/server-stream.c \
  %D%/server-tls.c \
  %D%/server-util.c \
  %D%/server.c \
  %D%/test-server.h
%C%_libtestserver_la_CPPFLAGS = $(test_server_cppflags)
%C%_libtestserver_la_LIBADD = $(GIO_LIBS) $(GNUTLS_LIBS) $(XML_LIBS)

test_helpers += %D%/s3dlio-test-server
%C%_s3dlio_test_server_SOURCES = %D%/main.c
%C%_s3dlio_test_server_CPPFLAGS = $(test_server_cppflags)
%C%_s3dlio_test_server_LDADD = $(TEST_SERVER_LIBS) $(GIO_LIBS) $(GIO_UNIX_LIBS)

# The server's own tests. They ask it over a bare socket.
check_LTLIBRARIES += %D%/librawclient.la
%C%_librawclient_la_SOURCES = %D%/raw-client.c %D%/raw-client.h
%C%_librawclient_la_CPPFLAGS = $(test_server_cppflags)
%C%_librawclient_la_LIBADD = $(TEST_SERVER_LIBS) $(GIO_LIBS)

test_programs += %D%/test-faults %D%/test-s3 %D%/test-sigv4 %D%/test-tls
%C%_test_faults_CPPFLAGS = $(test_server_cppflags)
%C%_test_faults_LDADD = %D%/librawclient.la
%C%_test_s3_CPPFLAGS = $(test_server_cppflags)
%C%_test_s3_LDADD = %D%/librawclient.la
%C%_test_sigv4_CPPFLAGS = $(test_server_cppflags)
%C%_test_sigv4_LDADD = %D%/librawclient.la
%C%_test_tls_CPPFLAGS = $(test_server_cppflags)
%C%_test_tls_LDADD = $(TEST_SERVER_LIBS) $(GIO_LIBS) $(GNUTLS_LIBS)

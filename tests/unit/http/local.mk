# SPDX-License-Identifier: LGPL-2.1-or-later

http_fixture = %D%/fixture.c %D%/fixture.h

test_programs += \
  %D%/test-cancel \
  %D%/test-get \
  %D%/test-http2 \
  %D%/test-life \
  %D%/test-limits \
  %D%/test-proxy \
  %D%/test-put \
  %D%/test-redirect \
  %D%/test-resolve \
  %D%/test-retry \
  %D%/test-tls

%C%_test_cancel_SOURCES = %D%/test-cancel.c $(http_fixture)
%C%_test_cancel_LDADD = $(HTTP_LIBS)

%C%_test_get_SOURCES = %D%/test-get.c $(http_fixture)
%C%_test_get_LDADD = $(HTTP_LIBS)

%C%_test_http2_SOURCES = %D%/test-http2.c $(http_fixture)
%C%_test_http2_LDADD = $(TEST_SERVER_LIBS) $(HTTP_LIBS)

%C%_test_life_SOURCES = %D%/test-life.c $(http_fixture)
%C%_test_life_LDADD = $(HTTP_LIBS)

%C%_test_limits_SOURCES = %D%/test-limits.c $(http_fixture)
%C%_test_limits_LDADD = $(HTTP_LIBS)

%C%_test_proxy_SOURCES = %D%/test-proxy.c $(http_fixture)
%C%_test_proxy_LDADD = $(HTTP_LIBS)

%C%_test_put_SOURCES = %D%/test-put.c $(http_fixture)
%C%_test_put_LDADD = $(HTTP_LIBS)

%C%_test_redirect_SOURCES = %D%/test-redirect.c $(http_fixture)
%C%_test_redirect_LDADD = $(HTTP_LIBS)

%C%_test_resolve_SOURCES = %D%/test-resolve.c $(http_fixture)
%C%_test_resolve_LDADD = $(HTTP_LIBS)

%C%_test_retry_SOURCES = %D%/test-retry.c $(http_fixture)
%C%_test_retry_LDADD = $(HTTP_LIBS)

%C%_test_tls_SOURCES = %D%/test-tls.c $(http_fixture)
%C%_test_tls_LDADD = $(TEST_SERVER_LIBS) $(HTTP_LIBS)

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Benchmarks: built by make check as test_helpers, run by hand.

bench_common = %D%/bench-measure.c %D%/bench-measure.h %D%/bench-raw.c %D%/bench-raw.h \
  %D%/bench-server.c %D%/bench-server.h

test_helpers += %D%/bench-http
%C%_bench_http_SOURCES = %D%/bench-http.c $(bench_common)
%C%_bench_http_LDADD = $(TEST_SERVER_LIBS) $(HTTP_LIBS)

test_helpers += %D%/bench-client
%C%_bench_client_SOURCES = %D%/bench-client.c $(bench_common)
%C%_bench_client_CPPFLAGS = $(USER_CPPFLAGS) $(CURL_CFLAGS) -I$(top_srcdir)/tests
%C%_bench_client_LDADD = $(TEST_SERVER_LIBS) $(USER_LIBS) $(CURL_LIBS)

test_helpers += %D%/bench-ranges
%C%_bench_ranges_SOURCES = %D%/bench-ranges.c %D%/bench-measure.c %D%/bench-measure.h %D%/bench-pace.c %D%/bench-pace.h
%C%_bench_ranges_CPPFLAGS = $(USER_CPPFLAGS) $(CURL_CFLAGS) -I$(top_srcdir)/tests
%C%_bench_ranges_LDADD = $(USER_LIBS) $(CURL_LIBS)

test_helpers += %D%/bench-crc32c
%C%_bench_crc32c_LDADD = $(BASE_LIBS)

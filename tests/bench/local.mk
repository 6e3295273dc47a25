# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Benchmarks: built by make check as test_helpers, run by hand.

test_helpers += %D%/bench-http
%C%_bench_http_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_SERVER_CPPFLAGS)
%C%_bench_http_LDADD = $(TEST_SERVER_LIBS) $(HTTP_LIBS)

test_helpers += %D%/bench-crc32c
%C%_bench_crc32c_LDADD = $(BASE_LIBS)

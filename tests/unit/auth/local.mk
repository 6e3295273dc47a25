# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/auth; they link $(AUTH_LIBS).

test_programs += %D%/test-credentials
%C%_test_credentials_LDADD = $(AUTH_LIBS)

test_programs += %D%/test-profile
%C%_test_profile_LDADD = $(AUTH_LIBS)

test_programs += %D%/test-sigv4
%C%_test_sigv4_LDADD = $(AUTH_LIBS)

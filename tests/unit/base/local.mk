# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/base; they link $(BASE_LIBS).

test_programs += %D%/test-version
%C%_test_version_LDADD = $(BASE_LIBS)

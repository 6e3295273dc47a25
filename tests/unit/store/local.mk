# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/store; they link $(STORE_LIBS).

test_programs += %D%/test-mem
%C%_test_mem_LDADD = $(STORE_LIBS)

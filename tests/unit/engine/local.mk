# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/engine; they link $(ENGINE_LIBS).

engine_box = %D%/box.c %D%/box.h %D%/fault-store.c %D%/fault-store.h

test_programs += %D%/test-range
%C%_test_range_SOURCES = %D%/test-range.c $(engine_box)
%C%_test_range_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-put
%C%_test_put_SOURCES = %D%/test-put.c $(engine_box)
%C%_test_put_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-delete
%C%_test_delete_SOURCES = %D%/test-delete.c $(engine_box)
%C%_test_delete_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-order
%C%_test_order_SOURCES = %D%/test-order.c $(engine_box)
%C%_test_order_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-call
%C%_test_call_SOURCES = %D%/test-call.c $(engine_box)
%C%_test_call_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-range-engine
%C%_test_range_engine_SOURCES = %D%/test-range-engine.c $(engine_box)
%C%_test_range_engine_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-many
%C%_test_many_SOURCES = %D%/test-many.c $(engine_box)
%C%_test_many_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-filter
%C%_test_filter_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-list
%C%_test_list_SOURCES = %D%/test-list.c $(engine_box)
%C%_test_list_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-journal
%C%_test_journal_LDADD = $(ENGINE_LIBS)

test_programs += %D%/test-resume
%C%_test_resume_SOURCES = %D%/test-resume.c $(engine_box)
%C%_test_resume_LDADD = $(ENGINE_LIBS)

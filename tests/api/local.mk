# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One suite over a table of endpoints (api-fixture.c). Real servers take part where the environment
# names them.

api_fixture = %D%/api-fixture.c %D%/api-fixture.h
delete_fixture = %D%/delete-fixture.c %D%/delete-fixture.h $(api_fixture)
api_cppflags = $(USER_CPPFLAGS) -I$(top_srcdir)/tests
api_libs = tests/server/libtestserver.la $(USER_LIBS)

test_programs += %D%/test-arguments %D%/test-copy %D%/test-copy-parts %D%/test-delete \
  %D%/test-delete-prefix \
  %D%/test-life %D%/test-lists %D%/test-many %D%/test-names %D%/test-read %D%/test-rename \
  %D%/test-report %D%/test-resume %D%/test-uploads %D%/test-write

%C%_test_arguments_SOURCES = %D%/test-arguments.c $(api_fixture)
%C%_test_arguments_CPPFLAGS = $(api_cppflags)
%C%_test_arguments_LDADD = $(api_libs)

%C%_test_copy_SOURCES = %D%/test-copy.c $(api_fixture)
%C%_test_copy_CPPFLAGS = $(api_cppflags)
%C%_test_copy_LDADD = $(api_libs)

%C%_test_copy_parts_SOURCES = %D%/test-copy-parts.c $(api_fixture)
%C%_test_copy_parts_CPPFLAGS = $(api_cppflags)
%C%_test_copy_parts_LDADD = $(api_libs)

%C%_test_delete_SOURCES = %D%/test-delete.c $(delete_fixture)
%C%_test_delete_CPPFLAGS = $(api_cppflags)
%C%_test_delete_LDADD = $(api_libs)

%C%_test_delete_prefix_SOURCES = %D%/test-delete-prefix.c $(delete_fixture)
%C%_test_delete_prefix_CPPFLAGS = $(api_cppflags)
%C%_test_delete_prefix_LDADD = $(api_libs)

%C%_test_life_SOURCES = %D%/test-life.c $(api_fixture)
%C%_test_life_CPPFLAGS = $(api_cppflags)
%C%_test_life_LDADD = $(api_libs)

%C%_test_lists_SOURCES = %D%/test-lists.c $(api_fixture)
%C%_test_lists_CPPFLAGS = $(api_cppflags)
%C%_test_lists_LDADD = $(api_libs)

%C%_test_many_SOURCES = %D%/test-many.c $(api_fixture)
%C%_test_many_CPPFLAGS = $(api_cppflags)
%C%_test_many_LDADD = $(api_libs)

%C%_test_names_SOURCES = %D%/test-names.c $(api_fixture)
%C%_test_names_CPPFLAGS = $(api_cppflags)
%C%_test_names_LDADD = $(api_libs)

%C%_test_read_SOURCES = %D%/test-read.c $(api_fixture)
%C%_test_read_CPPFLAGS = $(api_cppflags)
%C%_test_read_LDADD = $(api_libs)

%C%_test_rename_SOURCES = %D%/test-rename.c $(api_fixture)
%C%_test_rename_CPPFLAGS = $(api_cppflags)
%C%_test_rename_LDADD = $(api_libs)

%C%_test_report_SOURCES = %D%/test-report.c $(api_fixture)
%C%_test_report_CPPFLAGS = $(api_cppflags)
%C%_test_report_LDADD = $(api_libs)

%C%_test_resume_SOURCES = %D%/test-resume.c $(api_fixture)
%C%_test_resume_CPPFLAGS = $(api_cppflags)
%C%_test_resume_LDADD = $(api_libs)

%C%_test_uploads_SOURCES = %D%/test-uploads.c $(api_fixture)
%C%_test_uploads_CPPFLAGS = $(api_cppflags)
%C%_test_uploads_LDADD = $(api_libs)

%C%_test_write_SOURCES = %D%/test-write.c $(api_fixture)
%C%_test_write_CPPFLAGS = $(api_cppflags)
%C%_test_write_LDADD = $(api_libs)

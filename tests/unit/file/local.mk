# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/file; they link $(FILE_LIBS).

test_programs += %D%/test-read
%C%_test_read_SOURCES = %D%/test-read.c %D%/fixture.c %D%/fixture.h
%C%_test_read_LDADD = $(FILE_LIBS)

test_programs += %D%/test-list
%C%_test_list_SOURCES = %D%/test-list.c %D%/fixture.c %D%/fixture.h
%C%_test_list_LDADD = $(FILE_LIBS)

test_programs += %D%/test-remove
%C%_test_remove_SOURCES = %D%/test-remove.c %D%/fixture.c %D%/fixture.h
%C%_test_remove_LDADD = $(FILE_LIBS)

test_programs += %D%/test-write
%C%_test_write_SOURCES = %D%/test-write.c %D%/fixture.c %D%/fixture.h
%C%_test_write_LDADD = $(FILE_LIBS)

test_programs += %D%/test-copy
%C%_test_copy_SOURCES = %D%/test-copy.c %D%/fixture.c %D%/fixture.h
%C%_test_copy_LDADD = $(FILE_LIBS)

test_programs += %D%/test-upload
%C%_test_upload_SOURCES = %D%/test-upload.c %D%/fixture.c %D%/fixture.h
%C%_test_upload_LDADD = $(FILE_LIBS)

test_programs += %D%/test-rename
%C%_test_rename_SOURCES = %D%/test-rename.c %D%/fixture.c %D%/fixture.h
%C%_test_rename_LDADD = $(FILE_LIBS)

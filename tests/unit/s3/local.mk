# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/s3; they link $(S3_LIBS). Those of the store run against the server in process.

test_programs += %D%/test-wire
%C%_test_wire_LDADD = $(S3_LIBS)

test_programs += %D%/test-xml
%C%_test_xml_LDADD = $(S3_LIBS)

s3_fixture = %D%/s3-fixture.c %D%/s3-fixture.h

test_programs += %D%/test-objects
%C%_test_objects_SOURCES = %D%/test-objects.c $(s3_fixture)
%C%_test_objects_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

test_programs += %D%/test-faults
%C%_test_faults_SOURCES = %D%/test-faults.c $(s3_fixture)
%C%_test_faults_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

test_programs += %D%/test-delete
%C%_test_delete_SOURCES = %D%/test-delete.c $(s3_fixture)
%C%_test_delete_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

test_programs += %D%/test-lists
%C%_test_lists_SOURCES = %D%/test-lists.c $(s3_fixture)
%C%_test_lists_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

test_programs += %D%/test-uploads
%C%_test_uploads_SOURCES = %D%/test-uploads.c $(s3_fixture)
%C%_test_uploads_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

test_programs += %D%/test-checksums
%C%_test_checksums_SOURCES = %D%/test-checksums.c $(s3_fixture)
%C%_test_checksums_LDADD = $(TEST_SERVER_LIBS) $(S3_LIBS)

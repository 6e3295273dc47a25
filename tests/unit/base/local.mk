# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/base; they link $(BASE_LIBS).

test_programs += %D%/test-version
%C%_test_version_LDADD = $(BASE_LIBS)

test_programs += %D%/test-backoff
%C%_test_backoff_LDADD = $(BASE_LIBS)

test_programs += %D%/test-crc32c
%C%_test_crc32c_LDADD = $(BASE_LIBS)

test_programs += %D%/test-digest
%C%_test_digest_LDADD = $(BASE_LIBS)

test_programs += %D%/test-env
%C%_test_env_LDADD = $(BASE_LIBS)

test_programs += %D%/test-error
%C%_test_error_LDADD = $(BASE_LIBS)

test_programs += %D%/test-time
%C%_test_time_LDADD = $(BASE_LIBS)

test_programs += %D%/test-uri
%C%_test_uri_LDADD = $(BASE_LIBS)

test_programs += %D%/test-xml
%C%_test_xml_LDADD = $(BASE_LIBS)

test_programs += %D%/test-file
%C%_test_file_LDADD = $(BASE_LIBS)

test_programs += %D%/test-fork
%C%_test_fork_LDADD = $(BASE_LIBS)

test_programs += %D%/test-memory
%C%_test_memory_LDADD = $(BASE_LIBS)

test_programs += %D%/test-sink
%C%_test_sink_LDADD = $(BASE_LIBS)

test_programs += %D%/test-source
%C%_test_source_LDADD = $(BASE_LIBS)

test_programs += %D%/test-options
%C%_test_options_LDADD = $(BASE_LIBS)

test_programs += %D%/test-settings
%C%_test_settings_LDADD = $(BASE_LIBS)

test_programs += %D%/test-budget
%C%_test_budget_LDADD = $(BASE_LIBS)

test_programs += %D%/test-pool
%C%_test_pool_LDADD = $(BASE_LIBS)

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command, from the outside: the sentences of its manual, one by one. objects, ls and trees run on file://, on our
# own server and, where S3DLIO_TEST_RGW_ENDPOINT is set, on Ceph RGW.

test_scripts += \
  %D%/aws.sh \
  %D%/effects.sh \
  %D%/help.sh \
  %D%/incomplete.sh \
  %D%/ls.sh \
  %D%/memory.sh \
  %D%/moves.sh \
  %D%/objects.sh \
  %D%/resume.sh \
  %D%/sentences.sh \
  %D%/settings.sh \
  %D%/signals.sh \
  %D%/trees.sh \
  %D%/usage.sh \
  %D%/verbose.sh

test_helpers += %D%/cli-helper
%C%_cli_helper_CPPFLAGS = $(USER_CPPFLAGS)
%C%_cli_helper_LDADD = $(GIO_LIBS)

EXTRA_DIST += %D%/cli.sh %D%/probes.sh %D%/sentences.txt

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make check-long: what takes minutes, needs root, the network or half a distribution. Each script
# says what it lacks, and is skipped then.

long_tests = \
  %D%/dist.sh \
  %D%/debian.sh \
  %D%/rpm.sh \
  %D%/cross.sh

EXTRA_DIST += \
  $(long_tests) \
  %D%/inside-autopkgtest %D%/inside-build %D%/inside-cross %D%/inside-use %D%/supported

.PHONY: check-long
check-long: dist
	S3DLIO_TEST_TARBALL='$(abs_top_builddir)/$(distdir).tar.xz' \
	S3DLIO_TEST_CACHE="$${XDG_CACHE_HOME:-$$HOME/.cache}/s3dlio" S3DLIO_TEST_TIMEOUT=7200 \
	  $(MAKE) $(AM_MAKEFLAGS) -j1 check check_PROGRAMS= check_LTLIBRARIES= check_DATA= \
	  TESTS='$(long_tests)'

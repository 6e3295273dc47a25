# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make check-long: what takes minutes, needs root, the network or half a distribution. A script that
# lacks something says what. PARTS="dist rpm" runs only these, S3DLIO_TEST_SUITES=trixie and
# S3DLIO_TEST_MACHINES=i386 only this much of the parts debian and cross.

PARTS = dist debian rpm cross

EXTRA_DIST += \
  %D%/dist.sh %D%/debian.sh %D%/rpm.sh %D%/cross.sh \
  %D%/inside-autopkgtest %D%/inside-build %D%/inside-cross %D%/inside-use \
  %D%/parts %D%/supported

.PHONY: check-long
check-long: dist
	S3DLIO_TEST_TARBALL='$(abs_top_builddir)/$(distdir).tar.xz' \
	S3DLIO_TEST_CACHE="$${XDG_CACHE_HOME:-$$HOME/.cache}/s3dlio" S3DLIO_TEST_TIMEOUT=7200 \
	  $(top_srcdir)/%D%/parts '$(MAKE) $(AM_MAKEFLAGS)' $(PARTS)

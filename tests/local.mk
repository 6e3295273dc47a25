# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every test speaks TAP, and runs under tests/run, which cleans the environment.

TEST_EXTENSIONS = .sh
tap_driver = AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = env $(tap_driver)
LOG_COMPILER = $(top_srcdir)/tests/run
AM_LOG_FLAGS = --tap
SH_LOG_DRIVER = env $(tap_driver)
SH_LOG_COMPILER = $(top_srcdir)/tests/run

# What test scripts need to know of the build.
AM_TESTS_ENVIRONMENT = \
  top_builddir='$(abs_top_builddir)'; export top_builddir; \
  AWK='$(AWK)'; CC='$(CC)'; CXX='$(TEST_CXX)'; NM='$(NM)'; MAKE='$(MAKE)'; \
  PKG_CONFIG='$(PKG_CONFIG)'; GIO_CFLAGS='$(GIO_CFLAGS)'; \
  TEST_CFLAGS='$(CFLAGS) $(SANITIZER_CFLAGS)'; TEST_LDFLAGS='$(LDFLAGS)'; \
  ZDEFS='$(ZDEFS_LDFLAGS)'; PREFIX='$(prefix)'; LIBDIR='$(libdir)'; \
  BINDIR='$(bindir)'; \
  PUBLIC_HEADERS='$(s3dlioinclude_HEADERS) $(nodist_s3dlioinclude_HEADERS)'; \
  export AWK CC CXX NM MAKE PKG_CONFIG GIO_CFLAGS TEST_CFLAGS TEST_LDFLAGS; \
  export ZDEFS PREFIX LIBDIR BINDIR PUBLIC_HEADERS;

EXTRA_DIST += \
  %D%/allowed-skips %D%/directory.h %D%/run %D%/tap.sh \
  %D%/demo/demo %D%/fresh/fresh-debian %D%/tsan/glib-order.c %D%/tsan/suppressions \
  %D%/valgrind/suppressions

include %D%/unit/base/local.mk
include %D%/unit/http/local.mk
include %D%/unit/store/local.mk
include %D%/unit/auth/local.mk
include %D%/unit/engine/local.mk
include %D%/unit/s3/local.mk
include %D%/unit/file/local.mk
include %D%/unit/client/local.mk
include %D%/server/local.mk
include %D%/api/local.mk
include %D%/cli/local.mk
include %D%/interop/local.mk
include %D%/law/local.mk
include %D%/bench/local.mk
include %D%/packages/local.mk

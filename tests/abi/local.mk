# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The binary interface, compared with what it was.

test_scripts += %D%/abi.sh
EXTRA_DIST += %D%/s3dlio.abi

.PHONY: update-abi
update-abi: lib/libs3dlio.la
	top_srcdir='$(top_srcdir)' top_builddir='$(top_builddir)' $(top_srcdir)/%D%/abi.sh update \
	  $(top_srcdir)/%D%/s3dlio.abi

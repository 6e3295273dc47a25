# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Against real servers.
#
#   tests/interop/rgw run -- make check      with a throw-away Ceph gateway

test_scripts += %D%/ceph.sh

EXTRA_DIST += %D%/rgw

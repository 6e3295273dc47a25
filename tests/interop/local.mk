# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Against real servers.
#
#   tests/interop/rgw run -- make check      with a throw-away Ceph gateway

EXTRA_DIST += %D%/rgw

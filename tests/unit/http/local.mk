# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/http; they link $(HTTP_LIBS).

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/auth; they link $(AUTH_LIBS).

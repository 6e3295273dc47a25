# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/client; they link $(CLIENT_LIBS).

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/file; they link $(FILE_LIBS).

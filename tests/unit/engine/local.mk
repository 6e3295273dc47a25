# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Unit tests of lib/engine; they link $(ENGINE_LIBS).

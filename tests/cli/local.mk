# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command, from the outside.

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The fault-injecting server: a program that the tests start.

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Benchmarks: built by make check as test_helpers, run by hand.

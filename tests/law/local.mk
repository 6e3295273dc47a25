# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rules of the house, as tests: who may include and call whom, what is exported, how code looks.

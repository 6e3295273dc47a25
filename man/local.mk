# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual pages.

dist_man_MANS += %D%/s3dlio.1

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public interface, the same suite over every kind of store.
EXTRA_DIST += %D%/introspection.sh

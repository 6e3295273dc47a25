# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completions for the shells.

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/s3dlio

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command; it sees the installed headers only.

bin_PROGRAMS += %D%/s3dlio
%C%_s3dlio_SOURCES = \
  %D%/s3dlio.c
%C%_s3dlio_CPPFLAGS = $(USER_CPPFLAGS)
%C%_s3dlio_LDADD = $(USER_LIBS)

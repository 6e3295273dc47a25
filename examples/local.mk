# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Short programs to read, compiled with what a user of the library sees.

noinst_PROGRAMS += %D%/version

%C%_version_CPPFLAGS = $(USER_CPPFLAGS)
%C%_version_LDADD = $(USER_LIBS)

EXTRA_DIST += %D%/roundtrip.py %D%/roundtrip.vala

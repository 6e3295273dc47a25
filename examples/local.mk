# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Short programs to read, compiled with what a user of the library sees.

noinst_PROGRAMS += %D%/async %D%/batch %D%/get %D%/load %D%/version

%C%_async_CPPFLAGS = $(USER_CPPFLAGS)
%C%_async_LDADD = $(USER_LIBS)

%C%_batch_CPPFLAGS = $(USER_CPPFLAGS)
%C%_batch_LDADD = $(USER_LIBS)

%C%_get_CPPFLAGS = $(USER_CPPFLAGS)
%C%_get_LDADD = $(USER_LIBS)

%C%_load_CPPFLAGS = $(USER_CPPFLAGS)
%C%_load_LDADD = $(USER_LIBS)

%C%_version_CPPFLAGS = $(USER_CPPFLAGS)
%C%_version_LDADD = $(USER_LIBS)

EXTRA_DIST += %D%/roundtrip.py %D%/roundtrip.vala

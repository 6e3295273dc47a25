# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command; it sees the installed headers only.

bin_PROGRAMS += %D%/s3dlio
%C%_s3dlio_SOURCES = \
  %D%/s3dlio.c \
  %D%/tool.h \
  %D%/tool-arguments.c \
  %D%/tool-arguments.h \
  %D%/tool-cat.c \
  %D%/tool-copy.c \
  %D%/tool-copy.h \
  %D%/tool-cp.c \
  %D%/tool-dry-run.c \
  %D%/tool-errors.c \
  %D%/tool-filter.c \
  %D%/tool-filter.h \
  %D%/tool-get.c \
  %D%/tool-help.c \
  %D%/tool-incomplete.c \
  %D%/tool-jobs.c \
  %D%/tool-jobs.h \
  %D%/tool-json.c \
  %D%/tool-look.c \
  %D%/tool-ls.c \
  %D%/tool-mb.c \
  %D%/tool-mv.c \
  %D%/tool-names.c \
  %D%/tool-names.h \
  %D%/tool-options.c \
  %D%/tool-options.h \
  %D%/tool-output.c \
  %D%/tool-parse.c \
  %D%/tool-plan.c \
  %D%/tool-progress.c \
  %D%/tool-progress.h \
  %D%/tool-put.c \
  %D%/tool-rb.c \
  %D%/tool-rm.c \
  %D%/tool-rm.h \
  %D%/tool-say.c \
  %D%/tool-signals.c \
  %D%/tool-source.c \
  %D%/tool-source.h \
  %D%/tool-stat.c \
  %D%/tool-tree.c \
  %D%/tool-type.c \
  %D%/tool-walk.c \
  %D%/tool-walk.h
%C%_s3dlio_CPPFLAGS = $(USER_CPPFLAGS) $(JSON_CFLAGS)
%C%_s3dlio_LDADD = $(USER_LIBS) $(JSON_LIBS)

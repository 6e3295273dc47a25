# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-http.la
%C%_libs3d_http_la_SOURCES = \
  %D%/http-attempt.c \
  %D%/http-attempt.h \
  %D%/http-core.c \
  %D%/http-core.h \
  %D%/http-errors.c \
  %D%/http-errors.h \
  %D%/http-headers.c \
  %D%/http-headers.h \
  %D%/http-loop.c \
  %D%/http-loop.h \
  %D%/http-options.c \
  %D%/http-options.h \
  %D%/http-poll.c \
  %D%/http-poll.h \
  %D%/http-private.h \
  %D%/http-redirect.c \
  %D%/http-redirect.h \
  %D%/http-request.c \
  %D%/http-request.h \
  %D%/http-transfer.c \
  %D%/http-transfer.h \
  %D%/http.c \
  %D%/http.h

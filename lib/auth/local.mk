# SPDX-License-Identifier: LGPL-2.1-or-later

noinst_LTLIBRARIES += %D%/libs3d-auth.la
%C%_libs3d_auth_la_SOURCES = \
  %D%/auth-aws.c \
  %D%/auth-credentials.c \
  %D%/auth-credentials.h \
  %D%/auth-profile.c \
  %D%/auth-profile.h \
  %D%/auth-sigv4.c \
  %D%/auth-sigv4.h

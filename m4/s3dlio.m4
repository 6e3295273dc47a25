# SPDX-License-Identifier: LGPL-2.1-or-later

# S3DLIO_TRY_CFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the compiler takes it in silence.
AC_DEFUN([S3DLIO_TRY_CFLAG], [
  AS_VAR_PUSHDEF([cache], [s3dlio_cv_cflag_$1])
  AC_CACHE_CHECK([whether $CC takes $1], [cache], [
    s3dlio_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    CFLAGS=$s3dlio_save_CFLAGS
  ])
  AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
  AS_VAR_POPDEF([cache])
])

# S3DLIO_TRY_LDFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the linker takes it.
AC_DEFUN([S3DLIO_TRY_LDFLAG], [
  AS_VAR_PUSHDEF([cache], [s3dlio_cv_ldflag_$1])
  AC_CACHE_CHECK([whether the linker takes $1], [cache], [
    s3dlio_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    LDFLAGS=$s3dlio_save_LDFLAGS
  ])
  AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
  AS_VAR_POPDEF([cache])
])

# S3DLIO_WARNINGS: WARN_CFLAGS, each warning probed on its own.
AC_DEFUN([S3DLIO_WARNINGS], [
  WARN_CFLAGS=
  m4_foreach_w([flag], [
    -Wall
    -Wextra
    -Wshadow
    -Wundef
    -Wpointer-arith
    -Wcast-align
    -Wwrite-strings
    -Wstrict-prototypes
    -Wmissing-prototypes
    -Wmissing-declarations
    -Wold-style-definition
    -Wredundant-decls
    -Wnested-externs
    -Wformat=2
    -Wformat-signedness
    -Winit-self
    -Wimplicit-fallthrough
    -Wlogical-op
    -Wduplicated-cond
    -Wjump-misses-init
    -Wvla
    -Walloca
    -Wdate-time
    -Wno-unused-parameter
    -Wno-missing-field-initializers
    -Wno-cast-function-type
  ], [S3DLIO_TRY_CFLAG(flag, [WARN_CFLAGS])])
  AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])
])

# S3DLIO_LINK: visibility, the sanitizers, and what the linker is asked for.
# -z defs is incompatible with sanitizers whose run time is only in the program (all of clang's).
AC_DEFUN([S3DLIO_LINK], [
  S3DLIO_TRY_CFLAG([-fvisibility=hidden], [VISIBILITY_CFLAGS])
  SANITIZER_CFLAGS=
  AS_IF([test "x$with_sanitizer" != xno],
    [SANITIZER_CFLAGS="-fsanitize=$with_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all"
     AC_MSG_CHECKING([whether $CC takes $SANITIZER_CFLAGS])
     s3dlio_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS $SANITIZER_CFLAGS"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
       [AC_MSG_RESULT([no])
        AC_MSG_ERROR([--with-sanitizer=$with_sanitizer does not link])])
     CFLAGS=$s3dlio_save_CFLAGS])

  NODELETE_LDFLAGS=
  S3DLIO_TRY_LDFLAG([-Wl,-z,nodelete], [NODELETE_LDFLAGS])
  ZDEFS_LDFLAGS=
  AS_CASE(["$CC $CFLAGS $LDFLAGS $SANITIZER_CFLAGS"],
    [*-fsanitize*], [],
    [S3DLIO_TRY_LDFLAG([-Wl,-z,defs], [ZDEFS_LDFLAGS])])
  AS_IF([test -n "$ZDEFS_LDFLAGS"], [s3dlio_zdefs=yes], [s3dlio_zdefs=no])

  AC_SUBST([VISIBILITY_CFLAGS])
  AC_SUBST([SANITIZER_CFLAGS])
  AC_SUBST([NODELETE_LDFLAGS])
  AC_SUBST([ZDEFS_LDFLAGS])
])

# S3DLIO_INTROSPECTION: what other languages read. Each part is made when its tools are there,
# unless configure is told otherwise; a build for another machine, or with sanitizers, cannot run
# what the scanner makes.
AC_DEFUN([S3DLIO_INTROSPECTION], [
  AC_ARG_ENABLE([introspection],
    [AS_HELP_STRING([--enable-introspection],
                    [make GIR, typelib and Vala interface (default: if the tools are there)])],
    [], [enable_introspection=auto])
  AC_ARG_ENABLE([reference],
    [AS_HELP_STRING([--enable-reference], [make the HTML reference, with gi-docgen (default: no)])],
    [], [enable_reference=no])
  AC_PATH_PROG([G_IR_SCANNER], [g-ir-scanner])
  AC_PATH_PROG([G_IR_COMPILER], [g-ir-compiler])
  AC_PATH_PROG([VAPIGEN], [vapigen])
  AC_PATH_PROG([VALAC], [valac])
  AC_PATH_PROG([GI_DOCGEN], [gi-docgen])

  s3dlio_why=
  AS_IF([test "x$enable_introspection" = xno], [s3dlio_why="not asked for"],
    [test -z "$G_IR_SCANNER" || test -z "$G_IR_COMPILER"],
      [s3dlio_why="g-ir-scanner and g-ir-compiler are not there"],
    [test "x$cross_compiling" = xyes], [s3dlio_why="cross compiling"],
    [test "x$with_sanitizer" != xno], [s3dlio_why="built with sanitizers"],
    [test "x$enable_shared" != xyes], [s3dlio_why="no shared library"],
    [s3dlio_girs=`$PKG_CONFIG --variable=girdir gobject-introspection-1.0 2>/dev/null`
     AS_IF([test ! -e "${s3dlio_girs:-/usr/share/gir-1.0}/Gio-2.0.gir"],
       [s3dlio_why="Gio-2.0.gir is not there"])])
  AS_IF([test -z "$s3dlio_why"], [enable_introspection=yes],
    [test "x$enable_introspection" = xyes],
      [AC_MSG_ERROR([--enable-introspection: $s3dlio_why])],
    [enable_introspection="no ($s3dlio_why)"])
  AS_IF([test "x$enable_introspection" = xyes && test -n "$VAPIGEN"],
    [enable_vala=yes], [enable_vala=no])
  AS_IF([test "x$enable_reference" = xyes],
    [AS_IF([test "x$enable_introspection" != xyes || test -z "$GI_DOCGEN"],
      [AC_MSG_ERROR([--enable-reference needs introspection and gi-docgen])])])

  AM_CONDITIONAL([INTROSPECTION], [test "x$enable_introspection" = xyes])
  AM_CONDITIONAL([VALA], [test "x$enable_vala" = xyes])
  AM_CONDITIONAL([REFERENCE], [test "x$enable_reference" = xyes])
])

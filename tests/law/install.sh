#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make install into a DESTDIR, then the examples are compiled and run against what was installed,
# through s3dlio.pc: shared, and with our library static.

. "$top_srcdir/tests/tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
destdir=$work/destdir
if "${MAKE:-make}" -C "$top_builddir" install DESTDIR="$destdir" >"$work/log" 2>&1; then
  ok "make install DESTDIR"
else
  sed 's/^/# /' "$work/log"
  not_ok "make install DESTDIR"
  finish
  exit 1
fi

# The .pc as installed, but for where the folders are.
mkdir "$work/pkgconfig"
sed "s|^\([a-z_]*=\)/|\1$destdir/|" "$destdir$LIBDIR/pkgconfig/s3dlio.pc" \
  >"$work/pkgconfig/s3dlio.pc"
PKG_CONFIG_PATH=$work/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$destdir$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
version=$("$PKG_CONFIG" --modversion s3dlio)
shared=$destdir$LIBDIR/libs3dlio.so
static=$destdir$LIBDIR/libs3dlio.a

printed ()
{
  wanted=$1
  shift
  said=$("$@" 2>&1) || echo "$* ends with $?"
  [ "$said" = "$wanted" ] || echo "$* says '$said', not '$wanted'"
}

# build PROGRAM LINK...: compile examples/PROGRAM.c.
build ()
{
  program=$1
  shift
  # shellcheck disable=SC2086,SC2046 # flags are words
  $CC $TEST_CFLAGS $TEST_LDFLAGS -o "$work/$program" "$top_srcdir/examples/$program.c" \
    $("$PKG_CONFIG" --cflags s3dlio) "$@"
}

needs_library ()
{
  readelf -d "$1" | grep -F 'NEEDED' | grep -F 'libs3dlio.so.0'
}

# The names of the packages that s3dlio.pc asks for.
requires ()
{
  "$PKG_CONFIG" --print-requires --print-requires-private s3dlio | sed 's/[ <>=].*//' | sort -u
}

examples=$(cd "$top_srcdir/examples" && ls -- *.c | sed 's/\.c$//')
versions="compiled against $version, running with $version"

green "the installed command runs" printed "s3dlio $version" "$destdir$BINDIR/s3dlio" --version
green "nothing is installed outside the prefix" \
  find "$destdir" ! -type d ! -path "$destdir$PREFIX/*"

if [ -e "$shared" ]; then
  says "pkg-config --libs names the library" '-ls3dlio' "$PKG_CONFIG" --libs s3dlio
  private ()
  {
    "$PKG_CONFIG" --libs s3dlio | grep -e -lcurl -e -lgnutls -e -lxml2 -e -ljson-c
  }
  green "pkg-config --libs keeps to itself what the library uses inside" private
  for example in $examples; do
    # shellcheck disable=SC2046 # flags are words
    green "examples/$example.c compiles, shared" \
      build "$example" $("$PKG_CONFIG" --libs s3dlio)
  done
  green "examples/version.c runs, shared" printed "$versions" "$work/version"
  says "examples/version.c needs libs3dlio.so.0" libs3dlio.so.0 needs_library "$work/version"
else
  skip "the shared library" "it is not built"
fi

if [ -e "$static" ]; then
  # pkg-config --static wants the static libraries of our libraries too, which distributions
  # leave out; our own, static, with theirs shared shows that s3dlio.pc names all that is needed.
  # shellcheck disable=SC2046 # names are words
  libraries=$("$PKG_CONFIG" --libs $(requires))
  for example in $examples; do
    # shellcheck disable=SC2086 # flags are words
    green "examples/$example.c compiles, static" build "$example" "$static" $libraries
  done
  green "examples/version.c runs, static" env -u LD_LIBRARY_PATH \
    sh -c '[ "$("$1")" = "$2" ] || echo "$1 does not say $2"' sh "$work/version" "$versions"
  green "examples/version.c, static, needs no libs3dlio.so.0" needs_library "$work/version"
  red "a dependency that s3dlio.pc forgot" 's3dlio_get_version' \
    build version $("$PKG_CONFIG" --libs gio-2.0)

  # The line that the README gives, and the same without one of its names; cc with this build's flags.
  cc ()
  {
    # shellcheck disable=SC2086 # flags are words
    $CC $TEST_CFLAGS $TEST_LDFLAGS "$@"
  }
  as_the_readme ()
  {
    line=$(sed -n '/^    cc .*libs3dlio\.a/,/^$/p' "$top_srcdir/README.md" | sed "$1")
    echo hello >"$work/object"
    (cd "$work" && cp "$top_srcdir/examples/get.c" . && eval "$line -o readme") &&
      printed "6 bytes" env -u LD_LIBRARY_PATH "$work/readme" "file://$work/object"
  }
  green "the README's line for the static library" as_the_readme ''
  green "what it makes needs no libs3dlio.so.0" needs_library "$work/readme"
  red "the same line without gnutls" 'gnutls_' as_the_readme 's/ gnutls / /'
else
  skip "the static library" "it is not built"
fi

finish

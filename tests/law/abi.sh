#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library can replace the one that s3dlio.abi describes: no symbol is gone, no public type has
# another layout. What is new is for tests/law/symbols.sh. After a release, or before 1.0 a change
# that is meant, `make update-abi` describes the library as it is.
#
#   abi.sh update FILE    writes the description

set -u
# One that is made without the places of the types, and of public types alone, needs no headers when
# it is compared; with places, abidiff takes changed public types for private ones.
describe ()
{
  abidw --no-architecture --no-corpus-path --no-comp-dir-path --type-id-style hash --no-elf-needed \
    --no-show-locs --exported-interfaces-only --headers-dir "$1" --drop-private-types "$2" |
    sed "s| path='[^']*/lib/| path='lib/|" >"$3"
}

# headers DIRECTORY: the installed headers, those of the tree and those made, in one folder.
headers ()
{
  mkdir -p "$1" && cp "$top_srcdir"/include/s3dlio/*.h "$top_builddir"/include/s3dlio/*.h "$1" \
    2>/dev/null
  [ -e "$1/s3dlio.h" ] && [ -e "$1/s3dlio-version.h" ]
}

if [ "${1-}" = update ]; then
  made=$(mktemp -d)
  trap 'rm -rf "$made"' EXIT
  headers "$made" && describe "$made" "$top_builddir/lib/.libs/libs3dlio.so.0" "$2"
  exit
fi

. "$top_srcdir/tests/tap.sh"

# differs DESCRIPTION LIBRARY: any exit status but 0 is a difference; abidiff talks with 0 too.
differs ()
{
  abidiff --no-added-syms --no-architecture "$1" "$2" >"$work/differences" 2>&1 && return
  echo "abidiff ends with $?"
  cat "$work/differences"
  echo "if that is meant: make update-abi"
}

described ()
{
  readelf -S "$1" | grep -F .debug_info
}

library=$top_builddir/lib/.libs/libs3dlio.so.0
lacking=
if ! command -v abidiff >/dev/null; then
  lacking="no abidiff"
elif [ ! -e "$library" ]; then
  lacking="no shared library"
elif ! readelf -h "$library" | grep -q ELF64; then
  lacking="the description is of 64-bit machines"
elif [ -z "$(described "$library")" ]; then
  # Without debugging information abidiff sees no types, and is content.
  lacking="built without -g"
fi
if [ -n "$lacking" ]; then
  skip "the interface is what s3dlio.abi describes" "$lacking"
  finish
  exit 0
fi

green "the interface is what s3dlio.abi describes" \
  differs "$top_srcdir/tests/law/s3dlio.abi" "$library"

# The same objects, with a symbol less. What they call is there; the sanitizers' is the program's.
relink ()
{
  sed '/s3dlio_get_version;/d' "$top_srcdir/lib/s3dlio.sym" >"$work/less.sym"
  # shellcheck disable=SC2086 # flags are words
  $CC $TEST_CFLAGS -shared -o "$work/less.so" -Wl,-soname,libs3dlio.so.0 \
    -Wl,--version-script="$work/less.sym" \
    -Wl,--whole-archive "$top_builddir"/lib/*/.libs/libs3d-*.a -Wl,--no-whole-archive
}
if relink >"$work/log" 2>&1; then
  red "a symbol that is gone" "s3dlio_get_version" \
    differs "$top_srcdir/tests/law/s3dlio.abi" "$work/less.so"
else
  sed 's/^/# /' "$work/log"
  not_ok "red: a symbol that is gone"
fi

# small NAME SED: a library of one structure and one enumeration, changed by SED.
small ()
{
  mkdir -p "$work/$1"
  sed "$2" >"$work/$1/s3dlio-x.h" <<END
typedef struct { int a; int b; } S3dlioX;
typedef enum { S3DLIO_A, S3DLIO_B } S3dlioY;
struct S3dlioZ;
int s3dlio_x (S3dlioX *x, S3dlioY y, struct S3dlioZ *z);
END
  cat >"$work/$1/s3dlio-x.c" <<END
#include "s3dlio-x.h"
struct S3dlioZ { int hidden; $3 };
int s3dlio_x (S3dlioX *x, S3dlioY y, struct S3dlioZ *z) { return x->b + (int) y + z->hidden; }
END
  $CC -g -shared -fPIC -o "$work/$1.so" "$work/$1/s3dlio-x.c"
}
small was '' '' && describe "$work/was" "$work/was.so" "$work/was.abi"
small field 's/int b;/long b;/' ''
small value 's/S3DLIO_B/S3DLIO_NEW, S3DLIO_B/' ''
small inside '' 'int more;'
small longer 's/S3DLIO_B/S3DLIO_B, S3DLIO_NEW/' ''
green "the same interface" differs "$work/was.abi" "$work/was.so"
red "a structure of another layout" 'abidiff ends with' differs "$work/was.abi" "$work/field.so"
red "an enumerator of another value" 'abidiff ends with' differs "$work/was.abi" "$work/value.so"
green "what is inside may change" differs "$work/was.abi" "$work/inside.so"
green "an enumerator more at the end" differs "$work/was.abi" "$work/longer.so"

finish

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tarball is the same, byte for byte, whoever makes it, wherever: from the tarball itself, in
# two directories, under two umasks, in two time zones.

. "$top_srcdir/tests/tap.sh"

tarball=${S3DLIO_TEST_TARBALL:?make check-long says where it is}
name=$(basename "$tarball" .tar.xz)
export SOURCE_DATE_EPOCH=1700000000
unset MAKEFLAGS MFLAGS MAKELEVEL

# again DIRECTORY UMASK TZ EPOCH
again ()
{
  (
    umask "$2"
    export TZ=$3 SOURCE_DATE_EPOCH=$4
    mkdir -p "$1/build" && tar -C "$1" -xf "$tarball" && cd "$1/build" &&
      "../$name/configure" --enable-introspection=no && make dist
  ) >"$work/log" 2>&1 || tail -n 20 "$work/log"
}

same ()
{
  cmp "$1/build/$name.tar.xz" "$2/build/$name.tar.xz"
}

green "make dist from the tarball" again "$work/one" 022 UTC 1700000000
green "make dist elsewhere" again "$work/a longer name/two" 077 Asia/Kathmandu 1700000000
green "both are the same" same "$work/one" "$work/a longer name/two"
again "$work/three" 022 UTC 1600000000
red "another time in the tarball" differ same "$work/one" "$work/three"

contents ()
{
  tar -tf "$1" | sort
}
changed ()
{
  contents "$tarball" >"$work/have"
  contents "$work/one/build/$name.tar.xz" | diff "$work/have" -
}
green "a tarball's tarball has the same files" changed
stray ()
{
  tar -tf "$tarball" | grep -E '~$|autom4te.cache|/\.git|/debian/|\.o$'
}
green "nothing in it that is not the release's" stray

finish

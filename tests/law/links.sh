#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each floor was linked by make check, with -z defs, against the floors of lib/LAYERS and no other.

. "$top_srcdir/tests/tap.sh"

# floors FILE: "floor: floors it stands on", in one form, of lib/LAYERS or of the links.
floors ()
{
  sed -e 's/#.*//' -e '/^only /d' -e '/^outside /d' "$1" | "${AWK:-awk}" '
    NF {
      own = $1
      sub(/:$/, "", own)
      n = 0
      for (i = 2; i <= NF; i++) {
        name = $i
        if (FILENAME == "-" && name ~ /libs3d-.*\.la$/) {
          sub(/.*libs3d-/, "", name)
          sub(/\.la$/, "", name)
        }
        if (name ~ /^[a-z0-9]+$/ && name != own)
          print own " on " name
      }
      print own
    }' - | LC_ALL=C sort
}

compare ()
{
  floors "$1" >"$work/table"
  floors "$2" >"$work/links"
  diff "$work/table" "$work/links"
}

no_upward_symbol ()
{
  $NM -D --undefined-only "$1" | grep -E ' (s3d|s3dlio)_'
}

upward ()
{
  unset MAKEFLAGS MFLAGS MAKELEVEL
  "${MAKE:-make}" -C "$top_builddir" V=1 tests/law/floor-upward.la
}

table=$top_srcdir/lib/LAYERS
links=$top_builddir/tests/law/floors
green "the links are those of lib/LAYERS" compare "$table" "$links"
sed '/^http: /s,libs3d-base,libs3d-engine,' "$links" >"$work/wrong"
red "a floor linked with one it may not call" '> http on engine' compare "$table" "$work/wrong"
sed '/^http: /d' "$links" >"$work/wrong"
red "a floor that is not linked" '< http$' compare "$table" "$work/wrong"

for floor in $(sed -n 's/^\([a-z0-9]*\):.*/\1/p' "$table"); do
  module=$top_builddir/tests/law/.libs/floor-$floor.so
  if [ -z "$ZDEFS" ] || [ ! -e "$module" ]; then
    skip "$floor calls only what is below" "no shared libraries, or a sanitizer"
  else
    green "$floor calls only what is below" no_upward_symbol "$module"
  fi
done

if [ -z "$ZDEFS" ] || [ ! -e "$top_builddir/tests/law/.libs/floor-base.so" ]; then
  skip "red: a call upwards" "no shared libraries, or a sanitizer"
else
  red "a call upwards" 'undefined reference.*s3dlio_get_version\|undefined symbol.*s3dlio_get_ver' \
    upward
fi

finish

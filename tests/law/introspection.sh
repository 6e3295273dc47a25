#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What other languages see: the samples in Python and Vala run against this build, and gi-docgen
# finds everything documented, properties too. What a machine lacks the tools for is skipped.

. "$top_srcdir/tests/tap.sh"

made=$top_builddir/introspection
gir=$made/S3dlio-0.gir
libs=$top_builddir/lib/.libs
wanted='alpha 5
beta 4
gamma 5
read: beta
delta: not-found'

# sample COMMAND...: it says what it should.
sample ()
{
  mkdir -p "$work/objects"
  said=$(LD_LIBRARY_PATH=$libs GI_TYPELIB_PATH=$made "$@" "file://$work/objects/" 2>&1) ||
    echo "ends with $?"
  [ "$said" = "$wanted" ] || echo "says '$said'"
  rm -rf "$work/objects"
}

vala ()
{
  mkdir -p "$work/vala"
  # The C that valac writes is not held to our warnings. Flags are words.
  # shellcheck disable=SC2086,SC2046
  valac --quiet --fatal-warnings --ccode --vapidir="$made" --pkg=s3dlio --directory="$work/vala" \
    --basedir="$top_srcdir/examples" "$top_srcdir/examples/roundtrip.vala" &&
    $CC $TEST_CFLAGS $TEST_LDFLAGS -w -o "$work/roundtrip" "$work/vala/roundtrip.c" \
      -I"$top_builddir/include" -I"$top_srcdir/include" $GIO_CFLAGS \
      -L"$libs" -ls3dlio $("$PKG_CONFIG" --libs gio-2.0)
}

undocumented ()
{
  # Its notes go to stderr, and so do its warnings.
  "$gi_docgen" check --quiet --fatal-warnings --add-include-path="$made" "$1" 2>&1
}

# Arrays of results that are (transfer full) are used after free by PyGObject.
full_arrays ()
{
  "${AWK:-awk}" '
    match($0, /c:identifier="[a-z0-9_]*"/) { name = substr($0, RSTART + 14, RLENGTH - 15) }
    match($0, /transfer-ownership="[a-z]*"/) { transfer = substr($0, RSTART + 20, RLENGTH - 21) }
    /<array name="GLib.PtrArray"/ && transfer != "container" {
      print name ": an array that is (transfer " transfer ")"
    }' "$1"
}

if [ ! -e "$gir" ]; then
  skip "the samples in Python and Vala" "built without introspection"
  finish
  exit 0
fi

python=
for name in python3 /usr/bin/python3; do
  [ -n "$python" ] || ! "$name" -c 'import gi' 2>/dev/null || python=$name
done
if [ -n "$python" ]; then
  green "examples/roundtrip.py runs" sample "$python" "$top_srcdir/examples/roundtrip.py"
else
  skip "examples/roundtrip.py runs" "no Python with gi"
fi

if [ ! -e "$made/s3dlio.vapi" ] || ! command -v valac >/dev/null; then
  skip "examples/roundtrip.vala runs" "no valac"
elif vala >"$work/log" 2>&1; then
  ok "examples/roundtrip.vala compiles"
  green "examples/roundtrip.vala runs" sample "$work/roundtrip"
else
  sed 's/^/# /' "$work/log"
  not_ok "examples/roundtrip.vala compiles"
fi

green "arrays of results own their elements" full_arrays "$gir"
sed 's/transfer-ownership="container"/transfer-ownership="full"/' "$gir" >"$work/full.gir"
red "an array that does not" 's3dlio_client_list: an array that is (transfer full)' \
  full_arrays "$work/full.gir"
if gi_docgen=$(command -v gi-docgen); then
  green "gi-docgen finds everything documented" undocumented "$gir"
  sed '/<doc /,/<\/doc>/d' "$gir" >"$work/S3dlio-0.gir"
  red "a library without comments" 'is not documented' undocumented "$work/S3dlio-0.gir"
else
  skip "gi-docgen finds everything documented" "no gi-docgen"
fi

finish

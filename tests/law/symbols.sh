#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is public is said three times: by the version script, by the headers, by what the library
# exports. They must agree, node by node. And names tell what is public: s3dlio_ of s3dlio-*.c is,
# s3d_ is not, and there is no third kind.

. "$top_srcdir/tests/tap.sh"

script_symbols ()
{
  "${AWK:-awk}" '
    /^S3DLIO_/ { node = $1 }
    /^[ \t]*s3dlio_.*;$/ { sub(/;/, ""); print $1 " " node }
    /\*/ && !/^[ \t]*\*;$/ { print "a pattern in the version script: " $0 }' "$1" | LC_ALL=C sort
}

header_symbols ()
{
  find "$@" -name 's3dlio*.h' -exec "${AWK:-awk}" -f "$top_srcdir/tests/law/prototypes.awk" {} + |
    LC_ALL=C sort
}

exported_symbols ()
{
  $NM -D --defined-only "$1" |
    sed -n 's/.* [TDBRVWiu] \([^ ]*\)$/\1/p' |
    sed 's/@@*/ /' | LC_ALL=C sort
}

# debian/ is in the repository only.
debian_symbols ()
{
  sed -n 's/^ \(s3dlio_[a-z0-9_]*\)@\([^ ]*\) .*/\1 \2/p' "$1" | LC_ALL=C sort
}

sorted ()
{
  "${AWK:-awk}" '/^[ \t]*s3dlio_/ { if ($1 < last) print $1 " stands after " last; last = $1 }
    /^}/ { last = "" }' "$1"
}

agree ()
{
  "$1" "$2" >"$work/one"
  "$3" "$4" ${5+"$5"} >"$work/two"
  diff "$work/one" "$work/two"
}

# names ARCHIVE...: global symbols of another name than their file allows.
names ()
{
  for archive in "$@"; do
    $NM -A -g --defined-only "$archive" | sed 's/^[^ ]*:\([^:]*\):/\1 /' | "${AWK:-awk}" '
      $NF ~ /^_/ { next }
      $NF ~ /^s3d_/ { next }
      $NF ~ /^s3dlio_/ && $1 ~ /^s3dlio-/ { print $NF >>public; next }
      { print $1 ": " $NF " is global, and neither s3d_ nor s3dlio_ of an s3dlio-*.c" }' \
      public="$work/public"
  done
}

# No function is called s3dlio_ and kept inside.
unexported ()
{
  sed 's/ .*//' "$work/script" | LC_ALL=C sort >"$work/known"
  LC_ALL=C sort "$work/public" | comm -23 - "$work/known" |
    sed 's/$/ is s3dlio_, and not in lib\/s3dlio.sym/'
}

# The headers whose functions were declared ahead of the file that implements them.
unimplemented ()
{
  for header in "$headers"/s3dlio-*.h; do
    name=${header##*/}
    [ -z "$("${AWK:-awk}" -f "$top_srcdir/tests/law/prototypes.awk" "$header")" ] ||
      ls "$top_srcdir"/lib/*/"${name%.h}.c" >/dev/null 2>&1 || echo "$name"
  done
}

sym=$top_srcdir/lib/s3dlio.sym
so=$top_builddir/lib/.libs/libs3dlio.so
headers=$top_srcdir/include/s3dlio
made=$top_builddir/include/s3dlio
script_symbols "$sym" >"$work/script"
: >"$work/public"

# In a build in the tree both are one folder.
if [ "$headers" -ef "$made" ]; then
  made=$work/none
  mkdir "$made"
fi
mkdir "$work/include"
cp "$headers"/*.h "$work/include"
find "$made" -name '*.h' -exec cp {} "$work/include" \;
chmod -R u+w "$work/include"

green "the version script is sorted" sorted "$sym"
debian=$top_srcdir/debian/libs3dlio0.symbols
if [ -e "$debian" ]; then
  green "debian/libs3dlio0.symbols names what the version script does" \
    agree script_symbols "$sym" debian_symbols "$debian"
  sed '/s3dlio_get_version@/d' "$debian" >"$work/debian"
  red "a symbol that debian/ lacks" '< s3dlio_get_version' \
    agree script_symbols "$sym" debian_symbols "$work/debian"
fi
green "the version script names what the headers declare" \
  agree script_symbols "$sym" header_symbols "$work/include"
if [ -e "$so" ]; then
  ahead=$(unimplemented)
  if [ -z "$ahead" ]; then
    green "the library exports what the version script names" \
      agree script_symbols "$sym" exported_symbols "$so"
  else
    skip "the library exports what the version script names" "no .c yet of $(echo $ahead)"
  fi
else
  skip "the library exports what the version script names" "no shared library"
fi
green "global symbols are s3d_, or s3dlio_ of an s3dlio-*.c" \
  names "$top_builddir"/lib/*/.libs/libs3d-*.a
green "what is called s3dlio_ is exported" unexported

sed 's/s3dlio_get_version;/s3dlio_aaa;/' "$sym" >"$work/sym"
red "a symbol that no header declares" '< s3dlio_aaa S3DLIO_0.9' \
  agree script_symbols "$work/sym" header_symbols "$work/include"
red "a function that the version script forgot" '> s3dlio_get_version S3DLIO_0.9' \
  agree script_symbols "$work/sym" header_symbols "$work/include"
if [ -e "$so" ]; then
  red "a symbol that the library lacks" '< s3dlio_aaa S3DLIO_0.9' \
    agree script_symbols "$work/sym" exported_symbols "$so"
  red "a symbol too many in the library" '> s3dlio_get_version S3DLIO_0.9' \
    agree script_symbols "$work/sym" exported_symbols "$so"
fi
sed 's/^S3DLIO_0.9/S3DLIO_0.8/' "$sym" >"$work/sym"
red "a symbol in another node than its header says" '< s3dlio_get_version S3DLIO_0.8' \
  agree script_symbols "$work/sym" header_symbols "$work/include"
sed 's/s3dlio_get_version;/s3dlio_*;/' "$sym" >"$work/sym"
red "a pattern for symbols" 'a pattern in the version script' \
  agree script_symbols "$work/sym" header_symbols "$work/include"
sed '/global:/a\  s3dlio_zzz;' "$sym" >"$work/sym"
red "a version script out of order" 'stands after s3dlio_zzz' sorted "$work/sym"

cat >"$work/include/s3dlio-x.h" <<END
/* s3dlio_said_in_a_comment (); */
#define s3dlio_macro(x) s3dlio_other_macro (x)
S3DLIO_AVAILABLE_IN_0_9
G_DECLARE_FINAL_TYPE (S3dlioX,
                      s3dlio_x, S3DLIO, X, GObject)
void s3dlio_x_hidden (S3dlioX *self);
S3DLIO_AVAILABLE_IN_1_0
void s3dlio_x_run (S3dlioX *self, S3dlioFunc func);
typedef void (*S3dlioFunc) (void);
END
red "a type that the version script forgot" '> s3dlio_x_get_type S3DLIO_0.9' \
  agree script_symbols "$sym" header_symbols "$work/include"
red "a function without S3DLIO_AVAILABLE_IN" '> s3dlio_x_hidden hidden' \
  agree script_symbols "$sym" header_symbols "$work/include"
red "a function of a later release" '> s3dlio_x_run S3DLIO_1.0' \
  agree script_symbols "$sym" header_symbols "$work/include"
none ()
{
  header_symbols "$work/include" | grep -e comment -e macro -e Func
}
green "comments and macros are not functions" none

cat >"$work/base-x.c" <<END
int helper (void);
int helper (void) { return 0; }
int s3dlio_x (void);
int s3dlio_x (void) { return 0; }
END
$CC -c "$work/base-x.c" -o "$work/base-x.o" && ar cr "$work/x.a" "$work/base-x.o"
red "a global function without a prefix" 'base-x.o: helper is global' names "$work/x.a"
red "a public name in an internal file" 'base-x.o: s3dlio_x is global' names "$work/x.a"
cp "$work/base-x.o" "$work/s3dlio-x.o" && ar cr "$work/y.a" "$work/s3dlio-x.o"
names "$work/y.a" >/dev/null
red "a public name that is not exported" 's3dlio_x is s3dlio_' unexported

finish

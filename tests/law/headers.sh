#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each installed header compiles alone, in C11 and in C++17; only s3dlio.h may be included by a
# user, and it brings all of them.

. "$top_srcdir/tests/tap.sh"

# GLib's headers as the system's: their warnings are not ours.
system=$(echo "$GIO_CFLAGS" | sed 's/-I */-isystem /g')
include="-I$work/include -I$top_builddir/include -I$top_srcdir/include"
warnings="-Wall -Wextra -Wpedantic -Wundef -Werror"
mkdir -p "$work/include/s3dlio"

# compile c|c++ HEADER [FLAG...]
compile ()
{
  language=$1
  echo "#include <s3dlio/$2>" >"$work/header.$language"
  shift 2
  # shellcheck disable=SC2086 # flags are words
  case $language in
    c) $CC -x c -std=c11 $warnings "$@" $include $system -fsyntax-only "$work/header.c" ;;
    c++) $CXX -x c++ -std=c++17 $warnings "$@" $include $system -fsyntax-only "$work/header.c++" ;;
  esac
}

listed ()
{
  for header in $PUBLIC_HEADERS; do
    echo "${header##*/}"
  done | LC_ALL=C sort >"$work/listed"
  find "$top_srcdir/include/s3dlio" "$top_builddir/include/s3dlio" -name '*.h' |
    sed 's,.*/,,' | LC_ALL=C sort -u | diff "$work/listed" -
}

# unincluded FILE: the headers that this s3dlio.h does not bring.
unincluded ()
{
  for header in $PUBLIC_HEADERS; do
    header=${header##*/}
    [ "$header" = s3dlio.h ] || grep -qF "#include <s3dlio/$header>" "$1" || echo "$header"
  done
}

languages=c
if echo 'int main () { return 0; }' | $CXX -x c++ -std=c++17 -fsyntax-only - 2>/dev/null; then
  languages="c c++"
else
  skip "headers in C++17" "no C++ compiler"
fi

green "all of include/s3dlio is installed, and nothing else" listed
green "s3dlio.h includes all headers" unincluded "$top_srcdir/include/s3dlio/s3dlio.h"

for language in $languages; do
  green "s3dlio.h compiles as a user includes it, $language" compile "$language" s3dlio.h
  for header in $PUBLIC_HEADERS; do
    header=${header##*/}
    green "$header compiles alone, $language" compile "$language" "$header" -DS3DLIO_COMPILATION
    if [ "$header" != s3dlio.h ]; then
      red "$header included by a user, $language" 'can be included directly' \
        compile "$language" "$header"
    fi
  done
done

echo 'GFile *s3dlio_x (void);' >"$work/include/s3dlio/s3dlio-x.h"
red "a header that leans on another" GFile compile c s3dlio-x.h
printf '#include <glib.h>\nvoid s3dlio_x (int template);\n' >"$work/include/s3dlio/s3dlio-y.h"
green "a header with a word of C++ compiles in C" compile c s3dlio-y.h
case $languages in
  *c++*) red "a header with a word of C++" template compile c++ s3dlio-y.h ;;
esac
grep -v s3dlio-version.h "$top_srcdir/include/s3dlio/s3dlio.h" >"$work/umbrella.h"
red "a header that s3dlio.h forgot" '^s3dlio-version.h$' unincluded "$work/umbrella.h"
PUBLIC_HEADERS="$PUBLIC_HEADERS s3dlio-lost.h"
red "a list that is wrong" '< s3dlio-lost.h' listed

finish

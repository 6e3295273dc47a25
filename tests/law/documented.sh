#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All that is public is documented: each function, argument, type, enumerator and macro, with the
# version that it came in.

. "$top_srcdir/tests/tap.sh"

undocumented ()
{
  find "$1/include/s3dlio" "$1/lib" \( -path '*/include/s3dlio/*.h' -o -name 's3dlio-*.h.in' \
    -o -name 's3dlio-*.c' \) ! -name s3dlio-version.h |
    LC_ALL=C sort | xargs "${AWK:-awk}" -f "$top_srcdir/tests/law/documented.awk"
}

green "all that is public is documented" undocumented "$top_srcdir"

# with COMMENT DECLARATION: what is found in a library of one header that holds them.
with ()
{
  rm -rf "$work/tree"
  mkdir -p "$work/tree/include/s3dlio" "$work/tree/lib"
  # shellcheck disable=SC2059 # formats they are
  {
    printf "$1\n"
    printf "$2\n"
  } >"$work/tree/include/s3dlio/s3dlio-x.h"
  undocumented "$work/tree"
}

function='S3DLIO_AVAILABLE_IN_0_9\nint s3dlio_x (int a, const char *const *b, GError **error);\n'
words='/**\n * s3dlio_x:\n * @a: an a\n * @b: (nullable): a b\n *\n * Runs.\n *\n * Returns: it\n *'
since=' Since: 0.9\n */'
enum='typedef enum { S3DLIO_X_A = 1, S3DLIO_X_B } S3dlioX;\n'

green "a function in good form" with "$words\n *$since" "$function"
red "a function without words" 's3dlio_x: not documented' with '' "$function"
red "a name that the scanner does not read" 's3dlio_x: not documented' \
  with "/**\n * s3dlio_x (skip):\n *$since" "$function"
red "an argument without words" 's3dlio_x: argument b is not' \
  with "$(printf "%s\n" "$words" | sed 's/\\n \* @b: (nullable): a b//')\n *$since" "$function"
red "an annotation, and no words" 's3dlio_x: argument a is not' \
  with "$(printf "%s\n" "$words" | sed 's/ an a//')\n *$since" "$function"
red "words for no argument" 's3dlio_x: documents c, which is no argument' \
  with "$(printf "%s\n" "$words" | sed 's/@a:/@c: is\\n * @a:/')\n *$since" "$function"
red "no description" 's3dlio_x: no description' \
  with "$(printf "%s\n" "$words" | sed 's/Runs\.//')\n *$since" "$function"
red "no Returns:" 's3dlio_x: no Returns:' \
  with "$(printf "%s\n" "$words" | sed 's/Returns: it//')\n *$since" "$function"
red "no Since:" 's3dlio_x: no Since:' with "$words/" "$function"
red "another Since:" 's3dlio_x: Since: 0.8, but available in 0.9' \
  with "$words\n * Since: 0.8\n */" "$function"
red "a type without words" 'S3dlioX: not documented' \
  with "$words\n *$since" "$function"'S3DLIO_AVAILABLE_IN_0_9\nG_DECLARE_FINAL_TYPE (S3dlioX, s3dlio_x, A, B, C)\n'
red "an enumerator without words" 'S3dlioX: enumerator S3DLIO_X_B is not' \
  with "$words\n *$since\n/**\n * S3dlioX:\n * @S3DLIO_X_A: an a\n *\n * What.\n *\n *$since" \
  "$function$enum"
red "a macro without words" 'S3DLIO_X_MACRO: not documented' \
  with "$words\n *$since" "$function"'#define S3DLIO_X_MACRO(a) (a)\n'
red "a callback without words" 'S3dlioFunc: not documented' \
  with "$words\n *$since" "$function"'typedef void (*S3dlioFunc) (int a);\n'
red "a header that is not read" 'no function was found' with '' 'int other (void);\n'

finish

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Who includes whom, against lib/LAYERS.

. "$top_srcdir/tests/tap.sh"

layers ()
{
  (
    cd "$1" || exit
    owners=
    for file in lib/*/s3dlio-*.c; do
      floor=${file#lib/}
      name=${file##*/}
      owners="$owners ${name%.c}.h=${floor%%/*}"
    done
    find lib include tools examples tests/unit tests/api \
      \( -name '*.c' -o -name '*.h' -o -name '*.h.in' \) -type f | LC_ALL=C sort |
      xargs "${AWK:-awk}" -v owners="$owners" -f "$top_srcdir/tests/law/layers.awk" lib/LAYERS
  )
}

# broken FILE LINE...: layers of a tree where FILE has these lines too.
broken ()
{
  copy_tree "$work/tree"
  file=$work/tree/$1
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >>"$file"
  for pair in $also; do
    : >"$work/tree/$pair"
  done
  layers "$work/tree"
}

green "every include is allowed by lib/LAYERS" layers "$top_srcdir"

also=
red "a floor includes one above it" '^lib/http/http-x.c:2: http may not include' \
  broken lib/http/http-x.c '#include "config.h"' '#include "engine/engine-x.h"'
red "a floor includes its sibling" 's3 may not include file/' \
  broken lib/s3/s3-x.c '# include <file/file-x.h>'
red "a backend includes the engine" 'file may not include engine/' \
  broken lib/file/file-x.c '#include "engine/engine-x.h"'
red "client includes a backend outside the table" 'client-backends.c only' \
  broken lib/client/client-x.c '#include "s3/s3-x.h"'
red "a header without its floor" 'internal headers are included as' \
  broken lib/base/base-x.c '#include "base-y.h"'
red "a path around the table" 'a path with' \
  broken lib/base/base-x.c '#include "../http/http-x.h"'
red "the umbrella inside the library" 'is of no floor' \
  broken lib/client/client-x.c '#include "s3dlio/s3dlio.h"'
red "curl outside http" 's3 may not include curl/' \
  broken lib/s3/s3-x.c '#include <curl/curl.h>'
red "a floor that is not in the table" 'no floor attic' \
  broken lib/attic/attic-x.c '#include "config.h"'
red "a unit test above its floor" '^tests/unit/base/.*base may not include http' \
  broken tests/unit/base/test-x.c '#include "http/http-x.h"'
red "the command sees inside" '^tools/tool-x.c:1: sees installed headers only' \
  broken tools/tool-x.c '#include "base/base-x.h"'
red "an example sees inside" '^examples/x.c:1: sees installed headers only' \
  broken examples/x.c '#include "base/base-x.h"'
red "a test of the interface sees inside" '^tests/api/test-x.c:1: sees installed headers only' \
  broken tests/api/test-x.c '#include "store/store-x.h"'
red "the command includes a part of s3dlio.h" 'only s3dlio/s3dlio.h' \
  broken tools/tool-x.c '#include <s3dlio/s3dlio-version.h>'
red "a table with a cycle" 'which is not below it' \
  broken lib/LAYERS 'attic: cellar' 'cellar: attic'
red "an installed header that includes an internal one" 'may not include an internal one' \
  broken include/s3dlio/s3dlio-x.h '#include "base/base-x.h"'

also=lib/client/s3dlio-x.c
red "an installed header of a higher floor" 'base may not include s3dlio-x.h, of client' \
  broken lib/base/base-x.c '#include "s3dlio/s3dlio-x.h"'
red "an installed header that includes one of a higher floor" 'base may not include s3dlio-x.h' \
  broken include/s3dlio/s3dlio-y.h '#include <s3dlio/s3dlio-x.h>'
also="lib/s3/s3dlio-x.c lib/file/s3dlio-x.c"
red "an installed header that two floors implement" 'implemented in two floors' \
  broken lib/base/base-x.c '#include "config.h"'

also=
green "client includes a backend in the table" \
  broken lib/client/client-backends.c '#include "s3/s3-x.h"' '#include "file/file-x.h"'

finish

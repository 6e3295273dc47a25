#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the documents say of the tree: the README's program is examples/get.c, and every link leads somewhere.

. "$top_srcdir/tests/tap.sh"

# The README's C, without the comments that the example has above it.
program ()
{
  sed -n '/^```c$/,/^```$/p' "$1/README.md" | sed '/^```/d' >"$work/readme.c"
  grep -v '^/\*.*\*/$' "$1/examples/get.c" | sed '/./,$!d' >"$work/example.c"
  diff -u "$work/example.c" "$work/readme.c"
}

links ()
{
  for page in README.md ARCHITECTURE.md CONTRIBUTING.md SECURITY.md; do
    grep -o ']([^)#]*' "$1/$page" | sed 's/^](//' | while read -r link; do
      [ -e "$1/$link" ] || echo "$page: $link leads nowhere"
    done
  done
}

# With a line of the README replaced.
changed ()
{
  mkdir -p "$work/tree/examples"
  cp "$top_srcdir"/*.md "$top_srcdir/NEWS" "$work/tree"
  cp "$top_srcdir/examples/get.c" "$work/tree/examples"
  sed "$2" "$top_srcdir/README.md" >"$work/tree/README.md"
  "$1" "$work/tree"
}

green "the README's program is examples/get.c" program "$top_srcdir"
green "every link leads somewhere" links "$top_srcdir"
red "another program" 'client_put' changed program 's/client_get/client_put/'
red "a link that leads nowhere" 'NOWHERE.md leads nowhere' changed links 's/ARCHITECTURE.md)/NOWHERE.md)/'

finish

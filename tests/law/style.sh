#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The form of the sources, as far as a machine can tell.

. "$top_srcdir/tests/tap.sh"

style ()
{
  (
    cd "$1" || exit
    public=$(find include/s3dlio -name '*.h' -o -name '*.h.in' | sed 's,.*/,,; s,\.in$,,' |
      tr '\n' ' ')
    {
      find include lib tools examples tests man completions -type f \
        \( -name '*.c' -o -name '*.h' -o -name '*.h.in' -o -name '*.sh' -o -name '*.awk' \
        -o -name '*.py' -o -name '*.mk' -o -name '*.sym' -o -name LAYERS \) 2>/dev/null |
        grep -v -e '^tests/data/' -e '/s3dlio-version\.h$'
      # Scripts without an ending are known by their mode.
      find tests -type f -perm -100 ! -name '*.*' 2>/dev/null | while read -r file; do
        if head -c 2 "$file" | grep -q '^#!' && ! grep -q 'libtool wrapper' "$file"; then
          echo "$file"
        fi
      done
      for file in configure.ac Makefile.am m4/s3dlio.m4 bootstrap .ci/run; do
        [ ! -e "$file" ] || echo "$file"
      done
    } | LC_ALL=C sort -u |
      LC_ALL=C xargs "${AWK:-awk}" -v public=" $public" -f "$top_srcdir/tests/law/style.awk"
  )
}

# broken FILE FORMAT: style of this file in a tree that has it.
broken ()
{
  copy_tree "$work/tree"
  mkdir -p "$(dirname "$work/tree/$1")"
  # shellcheck disable=SC2059 # a format it is
  printf "$2" >"$work/tree/$1"
  style "$work/tree" | grep "^$1:"
}

green "the sources keep to the form" style "$top_srcdir"

c='/* SPDX-License-Identifier: LGPL-2.1-or-later */\n\n'
code="$c"'/* What for. */\n\n#include "config.h"\n\n'
good="$code"'/* äöü %0100d */\nint s3d_x;\n'
wide=$(printf '%0121d' 0)

# A copy of the tree with a file that is right: what is red below is so for its fault alone.
green "a file in good form" broken lib/base/base-x.c "$code"'int s3d_x; /* äöü%%goto, */\n'
red "no licence" 'base-x.c:1: does not begin with its licence' \
  broken lib/base/base-x.c '/* What for. */\n#include "config.h"\n'
red "no opening comment" 'base-x.c:3: does not open with a comment' \
  broken lib/base/base-x.c "$c"'#include "config.h"\n'
red "no config.h" 'base-x.c: does not include config.h' broken lib/base/base-x.c "$c"'/* X. */\n'
red "config.h too late" 'base-x.c:4: the first include is config.h' \
  broken lib/base/base-x.c "$c"'/* X. */\n#include <glib.h>\n'
red "a tab" 'base-x.c:7: a tab' broken lib/base/base-x.c "$code"'int\tx;\n'
red "a trailing blank" 'base-x.c:7: a trailing blank' broken lib/base/base-x.c "$code"'int x; \n'
red "a wide line" 'base-x.c:7: 121 columns' broken lib/base/base-x.c "$code$wide"'\n'
red "a long file" 'base-x.c: 1006 lines' \
  broken lib/base/base-x.c "$code$(printf '%01000d' 0 | sed 's/0/\\n/g')"
red "a jump" 'base-x.c:7: goto' broken lib/base/base-x.c "$code"'  goto out;\n'
red "a header that can come twice" 'base-x.h: no #pragma once' broken lib/base/base-x.h "$c"
red "a note to oneself" 'base-x.c:7: a note' \
  broken lib/base/base-x.c "$code"'/* TO''DO: later */\n'
red "a thread of GTask" 'not in the library' \
  broken lib/base/base-x.c "$code"'  g_task_run_in_thread (task, run);\n'
red "a subprocess" 'not in the library' \
  broken lib/base/base-x.c "$code"'  g_subprocess_new (0, NULL, NULL);\n'
red "a nested loop" 'not in the library' \
  broken lib/base/base-x.c "$code"'  g_main_context_iteration (NULL, TRUE);\n'
red "a disconnect that waits" 'not in the library' \
  broken lib/base/base-x.c "$code"'  g_cancellable_disconnect (c, id);\n'
green "what the library must not do, a test may" \
  broken tests/api/test-x.c "$code"'  g_main_context_iteration (NULL, TRUE);\n'
red "a file with the name of another floor" 'an internal file is called base-NAME' \
  broken lib/base/http-x.c "$good"
red "a public file without its header" 'no installed header s3dlio-x.h' \
  broken lib/base/s3dlio-x.c "$good"
red "an installed header in a floor" 'belongs into include/s3dlio' \
  broken lib/base/s3dlio-x.h "$c"'#pragma once\n'
red "a script without a licence" 'x.sh:2: does not begin' broken tests/cli/x.sh '#!/bin/sh\ntrue\n'

finish

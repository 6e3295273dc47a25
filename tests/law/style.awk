# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads sources, named from the top of the tree; prints a line for each fault in their form. Bytes
# are read (LC_ALL=C), and columns counted in characters.

BEGIN {
  # Put together here, so that this file does not offend itself.
  words = "(TO" "DO|FIX" "ME|X" "XX)"
  banned = "(g_task_run_in_thread(_sync)?|g_subprocess_[a-z_]*|g_main_context_iteration" \
    "|g_cancellable_disconnect)"
}

function fault(what)
{
  print FILENAME ":" FNR ": " what
}

function leave()
{
  if (name == "")
    return
  if (lines > 1000)
    print name ": " lines " lines, more than 1000"
  if (is_header && !pragma)
    print name ": no #pragma once"
  if (is_c && configured == "")
    print name ": does not include config.h"
}

FNR == 1 {
  leave()
  name = FILENAME
  is_header = name ~ /\.h(\.in)?$/
  is_code = is_header || name ~ /\.c$/
  # Examples are built without the build's configuration.
  is_c = name ~ /\.c$/ && name !~ /^examples\//
  is_lib = name ~ /^lib\//
  is_make = name ~ /\.(mk|am)$/
  pragma = shebang = spdx = opening = 0
  configured = ""

  base = name
  sub(/.*\//, "", base)
  if (is_lib && is_code) {
    split(name, path, "/")
    if (base ~ /^s3dlio-/ && base ~ /\.h$/)
      fault("an installed header belongs into include/s3dlio")
    else if (base ~ /^s3dlio-/ && !index(public, " " substr(base, 1, length(base) - 2) ".h"))
      fault("no installed header " substr(base, 1, length(base) - 2) ".h")
    else if (base !~ /^s3dlio-/ && index(base, path[2] "-") != 1 && index(base, path[2] ".") != 1)
      fault("an internal file is called " path[2] "-NAME, or " path[2])
  }
}

{ lines = FNR }

FNR == 1 && /^#!/ {
  shebang = 1
}

FNR == 1 + shebang {
  licence = is_code ? "/* SPDX-License-Identifier: LGPL-2.1-or-later */" \
                    : "# SPDX-License-Identifier: LGPL-2.1-or-later"
  if ($0 != licence && !(name ~ /configure\.ac$|\.m4$/ && $0 == "dnl" substr(licence, 2)))
    fault("does not begin with its licence: " licence)
}

# The comment that opens a .c: within the first lines, before any code.
name ~ /\.c$/ && FNR > 1 && !opening && NF {
  opening = 1
  if ($0 !~ /^\/\*/)
    fault("does not open with a comment of what it is for")
}

/\t/ && !is_make { fault("a tab") }
/[ \t]$/ { fault("a trailing blank") }

{
  text = $0
  gsub(/[\200-\277]/, "", text)
  if (length(text) > 120 && name !~ /^tests\/server\//)
    fault(length(text) " columns, more than 120")
}

match($0, "(^|[^A-Za-z0-9_])" words "([^A-Za-z0-9_]|$)") { fault("a note to oneself") }

is_code && /(^|[^A-Za-z0-9_"])goto +[A-Za-z_]/ { fault("goto") }
is_header && /^#pragma once$/ { pragma = 1 }
is_code && is_lib && match($0, "(^|[^A-Za-z0-9_])" banned " *\\(") {
  fault("not in the library: " substr($0, RSTART, RLENGTH))
}

is_c && configured == "" && /^#include/ {
  configured = $2
  if ($2 != "\"config.h\"")
    fault("the first include is config.h")
}

END { leave() }

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads lib/LAYERS, then the #include lines of the sources, named from the top of the tree; prints
# a line for each include that the table does not allow. Variable owners: "NAME.h=FLOOR ..." for
# the installed headers that have a .c.

BEGIN {
  n = split(owners, pairs, " ")
  for (i = 1; i <= n; i++) {
    split(pairs[i], pair, "=")
    if (pair[1] in owner && owner[pair[1]] != pair[2])
      print pair[1] ": implemented in two floors, " owner[pair[1]] " and " pair[2]
    owner[pair[1]] = pair[2]
  }
}

function fault(what)
{
  print FILENAME ":" FNR ": " what
}

# The table.
FILENAME ~ /lib\/LAYERS$/ {
  sub(/#.*/, "")
  if (NF == 0)
    next
  name = $1
  if (name == "outside") {
    prefix[++n_outside] = $2
    for (i = 3; i <= NF; i++)
      uses[$2, $i] = 1
  } else if (name == "only") {
    table = $2
    for (i = 3; i <= NF; i++)
      registered[$i] = 1
  } else if (sub(/:$/, "", name)) {
    floor[name] = 1
    allowed[name, name] = 1
    for (i = 2; i <= NF; i++) {
      if (!($i in floor))
        fault("floor " name " knows " $i ", which is not below it")
      allowed[name, $i] = 1
    }
  } else {
    fault("not understood: " $0)
  }
  next
}

FNR == 1 {
  split(FILENAME, path, "/")
  mine = ""
  if (path[1] == "lib")
    mine = path[2]
  else if (path[1] == "tests" && path[2] == "unit")
    mine = path[3]
  else if (path[1] == "include")
    mine = (path[3] in owner) ? owner[path[3]] : "base"

  inside = mine != ""
  test = path[1] == "tests"
  umbrella = FILENAME == "include/s3dlio/s3dlio.h"
  if (inside && !(mine in floor))
    fault("no floor " mine " in lib/LAYERS")
}

function judge(to)
{
  if (!((mine, to) in allowed))
    fault(mine " may not include " header ", of " to)
  else if (mine == "client" && to in registered && !test && FILENAME != table)
    fault(header ", of " to ", may be included by " table " only")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  header = $0
  sub(/^[^"<]*/, "", header)
  own = header ~ /^"/
  header = substr(header, 2)
  sub(/[">].*/, "", header)

  if (umbrella)
    next
  if (header ~ /\.\./) {
    fault("a path with ..: " header)
    next
  }
  if (header ~ /\.c$/) {
    fault("a .c is not for including: " header)
    next
  }

  first = header
  sub(/\/.*/, "", first)

  if (!inside) {
    if (first == "s3dlio" && header != "s3dlio/s3dlio.h")
      fault("only s3dlio/s3dlio.h is for including, not " header)
    else if (header ~ /\// && first in floor || own && header ~ /^lib\//)
      fault("sees installed headers only, not " header)
    next
  }

  if (header == "s3dlio/s3dlio.h") {
    fault("s3dlio.h is of no floor: include the headers that are needed")
  } else if (first == "s3dlio") {
    sub(/^s3dlio\//, "", header)
    judge((header in owner) ? owner[header] : "base")
  } else if (header ~ /\// && first in floor) {
    if (path[1] == "include")
      fault("an installed header may not include an internal one: " header)
    else
      judge(first)
  } else if (own && !test && header != "config.h") {
    fault("internal headers are included as \"FLOOR/NAME.h\", not " header)
  } else if (!test) {
    for (i = 1; i <= n_outside; i++) {
      if (index(header, prefix[i]) == 1 && !((prefix[i], mine) in uses))
        fault(mine " may not include " header)
    }
  }
}

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads installed headers; prints "function node" for each function, the node being the one of the
# version script that S3DLIO_AVAILABLE_IN_x_y asks for, or "hidden" where there is no such word.

FNR == 1 {
  node = "hidden"
  comment = directive = 0
}

{
  line = $0
  sub(/\/\/.*/, "", line)
  while (1) {
    if (comment) {
      if (!(at = index(line, "*/")))
        next
      line = substr(line, at + 2)
      comment = 0
    }
    if (!(at = index(line, "/*")))
      break
    rest = substr(line, at + 2)
    if (end = index(rest, "*/")) {
      line = substr(line, 1, at - 1) " " substr(rest, end + 2)
    } else {
      line = substr(line, 1, at - 1)
      comment = 1
      break
    }
  }

  if (!directive && line ~ /^[ \t]*#/)
    directive = 1
  if (directive) {
    if (line !~ /\\$/)
      directive = 0
    next
  }
  scan(line)
}

function scan(text,    word, name)
{
  while (match(text, /[A-Za-z_][A-Za-z0-9_]*|;/)) {
    word = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    if (declare && word != ";") {
      # The second argument of G_DECLARE_*_TYPE, be it on the same line or the next.
      if (++arguments == 2) {
        print word "_get_type " node
        declare = 0
        node = "hidden"
      }
    } else if (word == ";") {
      node = "hidden"
    } else if (word ~ /^S3DLIO_AVAILABLE_IN_/) {
      node = word
      sub(/^S3DLIO_AVAILABLE_IN_/, "S3DLIO_", node)
      gsub(/_/, ".", node)
      sub(/\./, "_", node)
    } else if (word ~ /^G_DECLARE_.*(TYPE|INTERFACE)$/) {
      declare = 1
      arguments = 0
    } else if (word ~ /^s3dlio_/ && text ~ /^[ \t]*\(/) {
      print word " " node
    }
  }
}

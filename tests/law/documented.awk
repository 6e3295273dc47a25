# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads installed headers and the s3dlio-*.c; prints a line for everything public that is not
# documented whole: a function, callback, type, enumerator, field or macro without its comment, an
# argument without its words or words for no argument, no Returns:, no description, no Since:, or
# another one than S3DLIO_AVAILABLE_IN_x_y says.

FNR == 1 {
  in_header = FILENAME ~ /\.h(\.in)?$/
  comment = directive = 0
}

# ---- the comments

!comment && /^[ \t]*\/\*\*[ \t]*$/ {
  comment = 2
  name = ""
  part = "name"
  next
}

comment == 2 {
  line = $0
  if (line ~ /\*\//) {
    comment = 0
    next
  }
  sub(/^[ \t]*\*[ \t]?/, "", line)
  read_comment(line)
  next
}

function read_comment(line,    word)
{
  if (part == "name") {
    if (match(line, /^[A-Za-z_][A-Za-z0-9_]*(::?[a-z0-9-]+)?:/)) {
      name = substr(line, 1, RLENGTH - 1)
      if (name in documented)
        print name ": documented twice"
      documented[name] = FILENAME
    }
    part = "arguments"
  } else if (match(line, /^@[A-Za-z0-9_.]+:/)) {
    word = substr(line, 2, RLENGTH - 2)
    words[name, word] = substr(line, RLENGTH + 1) ~ /[A-Za-z]/
    listed[name] = listed[name] " " word
    part = "arguments"
  } else if (line ~ /^[ \t]*$/) {
    part = "text"
  } else if (line ~ /^Returns:/) {
    returns[name] = line ~ /[A-Za-z]$|[A-Za-z0-9%)`"'.]/
    part = "returns"
  } else if (match(line, /^Since: [0-9.]+$/)) {
    since[name] = substr(line, 8)
  } else if (part == "text") {
    described[name] = 1
  }
}

# ---- the declarations

{
  line = $0
  if (!in_header)
    next
  if (!directive && line ~ /^[ \t]*#/) {
    directive = 1
    if (match(line, /^#define S3DLIO_[A-Z0-9_]+/)) {
      name = substr(line, 9, RLENGTH - 8)
      if (name !~ /^S3DLIO_(TYPE|AVAILABLE|DEPRECATED)_|_INSIDE$|^S3DLIO_EXTERN$/)
        macro[name] = substr(line, RSTART + RLENGTH) ~ /^\(/ ? substr(line, RSTART + RLENGTH) : ""
    }
  }
  if (directive) {
    if (line !~ /\\$/)
      directive = 0
    next
  }
  while (1) {
    if (comment) {
      if (!(at = index(line, "*/")))
        next
      line = substr(line, at + 2)
      comment = 0
    }
    if (!(at = index(line, "/*")))
      break
    if (!index(substr(line, at + 2), "*/")) {
      comment = 1
      line = substr(line, 1, at - 1)
      break
    }
    line = substr(line, 1, at - 1) " " \
      substr(line, at + 2 + index(substr(line, at + 2), "*/") + 1)
  }
  code = code " " line
}

# The last word of each of the list's parts: "const char *uri, gsize n[2]" gives uri and n.
function last_words(list, into,    n, i, part, parts)
{
  n = split(list, parts, ",")
  for (i in into)
    delete into[i]
  for (i = 1; i <= n; i++) {
    part = parts[i]
    sub(/=.*/, "", part)
    sub(/\[[^]]*\]/, "", part)
    sub(/[ \t]+$/, "", part)
    if (match(part, /[A-Za-z_][A-Za-z0-9_]*$/) && part !~ /^[ \t]*void$/)
      into[substr(part, RSTART)] = 1
  }
}

# demand NAME VERSION LIST WHAT: NAME is documented, and each word of LIST.
function demand(name, version, list, what,    wanted, known, n, i)
{
  if (!(name in documented)) {
    print name ": not documented"
    return
  }
  if (!(name in described))
    print name ": no description"
  if (!(name in since))
    print name ": no Since:"
  else if (version != "" && since[name] != version)
    print name ": Since: " since[name] ", but available in " version
  last_words(list, wanted)
  for (i in wanted)
    if (!words[name, i])
      print name ": " what " " i " is not documented"
  n = split(listed[name], known)
  for (i = 1; i <= n; i++)
    if (!(known[i] in wanted))
      print name ": documents " known[i] ", which is no " what
}

function statement(text,    version, name, list, type)
{
  gsub(/G_(BEGIN|END)_DECLS|G_GNUC_[A-Z_]+/, "", text)
  while (match(text, /G_(DECLARE|DEFINE)_[A-Z_]+ *\([^)]*\)/)) {
    name = substr(text, RSTART, RLENGTH)
    text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
    if (name ~ /^G_DECLARE/) {
      sub(/[^(]*\( */, "", name)
      sub(/ *,.*/, "", name)
      sub(/S3DLIO_AVAILABLE_IN_[0-9_]+/, "", text)
      demand(name, "", "", "member")
    }
  }
  gsub(/[ \t]+/, " ", text)
  sub(/^ /, "", text)
  sub(/ $/, "", text)

  if (text ~ /^typedef (enum|struct|union)[^{]*\{/) {
    name = text
    sub(/.*\} */, "", name)
    list = text
    sub(/^[^{]*\{/, "", list)
    sub(/\}[^}]*$/, "", list)
    demand(name, "", list, text ~ /^typedef enum/ ? "enumerator" : "field")
  } else if (match(text, /\( *\* *S3dlio[A-Za-z0-9]+ *\) *\(/)) {
    name = substr(text, RSTART, RLENGTH)
    list = substr(text, RSTART + RLENGTH)
    gsub(/[(* )]/, "", name)
    sub(/\)[^)]*$/, "", list)
    demand(name, "", list, "argument")
    if (text !~ /^typedef void \(/ && !(name in returns))
      print name ": no Returns:"
  } else if (text ~ /^typedef /) {
    name = text
    sub(/.* /, "", name)
    demand(name, "", "", "member")
  } else if (match(text, /s3dlio_[a-z0-9_]+ *\(/)) {
    name = substr(text, RSTART, RLENGTH)
    type = substr(text, 1, RSTART - 1)
    list = substr(text, RSTART + RLENGTH)
    sub(/ *\($/, "", name)
    if (name ~ /_get_type$/)
      return
    version = ""
    if (match(type, /S3DLIO_AVAILABLE_IN_[0-9_]+/)) {
      version = substr(type, RSTART + 20, RLENGTH - 20)
      gsub(/_/, ".", version)
      type = substr(type, RSTART + RLENGTH)
    }
    sub(/\).*/, "", list)
    # GError **error needs no words.
    sub(/, *GError \*\*error *$/, "", list)
    sub(/^ *GError \*\*error *$/, "", list)
    functions++
    if (name in documented && listed[name] ~ / error( |$)/)
      list = list ", error"
    demand(name, version, list, "argument")
    if (type !~ /^ *void *$/ && !(name in returns))
      print name ": no Returns:"
  }
}

END {
  for (name in macro) {
    list = macro[name]
    sub(/^\(/, "", list)
    sub(/\).*/, "", list)
    demand(name, "", list, "argument")
  }
  # Statements end with a semicolon outside of braces; inside, it parts fields as a comma would.
  depth = 0
  one = ""
  n = length(code)
  for (i = 1; i <= n; i++) {
    c = substr(code, i, 1)
    if (c == "{")
      depth++
    else if (c == "}")
      depth--
    if (c != ";")
      one = one c
    else if (depth > 0)
      one = one ","
    else {
      statement(one)
      one = ""
    }
  }
  statement(one)
  if (!functions)
    print "no function was found"
}

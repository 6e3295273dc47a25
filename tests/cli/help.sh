#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual says of every verb and setting what --help says, and the completion offers it: each is compared with the
# help, option by option, with what the option takes.

. "$(dirname "$0")/cli.sh"

# The pages are in the build, or in a tarball's sources.
manual=$top_builddir/man
[ -e "$manual/s3dlio.1" ] || manual=$top_srcdir/man

# The left column of what help TOPIC shows: "-j, --jobs N".
options_of_help ()
{
  "$s3dlio" help $1 | sed -n 's/^  \(-.*[^ ]\)$/\1/p' | sed 's/   *[^ ].*//' | LC_ALL=C sort
}

# Without fonts and escapes.
plain ()
{
  sed 's/\\f[BIRP]//g; s/\\-/-/g; s/\\ //g; s/\\&//g'
}

# Prints what of the page stands above a description.
options_of_page ()
{
  sed -n '/^\.TP$/{n;s/^\.B //;p;}' "$1" | plain | grep '^-' | LC_ALL=C sort
}

synopsis_of_page ()
{
  sed -n '/^\.SH SYNOPSIS$/{n;n;p;}' "$1" | plain
}

same ()
{
  diff -u "$1" "$2"
}

options_of_help '' >overview
options_of_help settings >settings
options_of_page "$manual/s3dlio.1" >common
# The overview shows some settings beside what goes with every verb.
LC_ALL=C comm -23 overview settings >common-help
check "the options of every verb stand in s3dlio(1)" same common-help common
options_of_page "$manual/s3dlio-settings.7" >page
check "the settings stand in s3dlio-settings(7)" same settings page
check "there are settings" grep -q -e '^--stall-timeout SECONDS$' settings

check "the pages name no font that groff lacks" test -z "$(grep -h '^\.ft' "$manual"/*.[17])"

verbs=$("$s3dlio" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -v '^help$')
check "these are the verbs" test "$(echo $verbs)" = "ls stat cat get put cp mv rm mb rb"
for verb in $verbs; do
  page=$manual/s3dlio-$verb.1
  check "$verb has a page" test -s "$page"
  options_of_help "$verb" | LC_ALL=C comm -23 - overview >in-help
  options_of_page "$page" >in-page
  check "$verb: the page has the options that help shows" same in-help in-page
  "$s3dlio" help "$verb" | sed -n 's/^Usage: //p' >in-help
  synopsis_of_page "$page" >in-page
  check "$verb: the synopsis is that of help" same in-help in-page
  check "$verb: s3dlio(1) names it" grep -q "^.B \\\\fB$verb\\\\fP\$" "$manual/s3dlio.1"
done

# What the completion offers behind WORD...
complete ()
{
  PATH=$top_builddir/tools:$PATH bash -c '
    . "$1"; shift
    compopt () { :; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _s3dlio s3dlio "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$top_srcdir/completions/s3dlio" s3dlio "$@" | LC_ALL=C sort -u
}
offers ()
{
  wanted=$1
  shift
  complete "$@" >offered
  printf '%s\n' $wanted | LC_ALL=C sort | diff - offered
}
names_of ()
{
  sed 's/^\(-.\), \(--[-a-z0-9]*\).*/\1 \2/; s/^\(--[-a-z0-9]*\).*/\1/' | tr ' ' '\n'
}
for verb in $verbs; do
  options_of_help "$verb" | LC_ALL=C sort -u - settings | names_of >in-help
  check "completion: $verb has the options that help shows" offers "$(sort -u in-help)" "$verb" -
done
check "completion: the verbs" offers "$verbs help settings" ''
check "completion: a verb begun" offers "cat cp" c
check "completion: an option begun, before the verb" offers "--addressing-style" --addr
check "completion: the choices of a setting" offers "auto path virtual" ls --addressing-style ''
check "completion: nothing for a number" offers "" ls --limit ''
: >some-file
check "completion: a file for an option" offers "some-file" cat --files-from some
check "completion: a file as an argument" offers "some-file" put some

finish

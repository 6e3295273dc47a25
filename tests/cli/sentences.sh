#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sentences.txt names, for each promise of the command, the test that shows it: each exists. And each option of --help
# stands in one of these scripts.

. "$(dirname "$0")/cli.sh"

scripts=$top_srcdir/tests/cli

# Prints the lines whose test is not in its script, under that name.
untested ()
{
  grep -vE '^(#|$)' "$1" | while IFS= read -r line; do
    name=${line##* | }
    rest=${line% | *}
    script=${rest##* | }
    [ -n "$name" ] && [ "$rest" != "$line" ] && [ -f "$scripts/$script" ] &&
      grep -qF -e "$name\"" "$scripts/$script" || echo "$line"
  done
}

green "each sentence has its test" untested "$scripts/sentences.txt"
check "there are sentences" test "$(grep -c ' | ' "$scripts/sentences.txt")" -gt 100
echo 'A promise | objects.sh | nobody shows this' >wrong
check "red: a sentence without its test" test -n "$(untested wrong)"
echo 'A promise | nowhere.sh | nothing' >wrong
check "red: a script that is none" test -n "$(untested wrong)"

for option in $(for verb in '' ls stat cat get put cp mv rm mb rb; do "$s3dlio" help $verb; done |
  grep -oE '^  (-., )?--[-a-z0-9]+' | grep -oE -e '--[-a-z0-9]+' | sort -u); do
  check "$option has a test" grep -qE -e "(row|run|bad|within|interrupt) .*$option([^-a-z]|\$)" "$scripts"/*.sh
done

finish

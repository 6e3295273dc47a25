# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the test scripts: TAP, a directory $work that is removed afterwards, and the two ways to
# ask a check that prints a line for each fault. A rule is worth its test only if the test can fail,
# so that a script asks both:
#   green NAME COMMAND...        passes if COMMAND prints nothing
#   red NAME REGEX COMMAND...    passes if COMMAND prints a line that matches: the negative control
#   says NAME REGEX COMMAND...   the same, where such a line is what is wanted

set -u
: "${top_srcdir:?run me through tests/run}"
: "${top_builddir:?run me through tests/run}"

# tests/run removes HOME.
work=$HOME/work
mkdir "$work" || exit 99
tap_count=0

ok ()
{
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1"
}

not_ok ()
{
  tap_count=$((tap_count + 1))
  echo "not ok $tap_count - $1"
}

skip ()
{
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

green ()
{
  tap_name=$1
  shift
  "$@" >"$work/found" 2>&1
  if [ -s "$work/found" ]; then
    sed 's/^/# /' "$work/found"
    not_ok "$tap_name"
  else
    ok "$tap_name"
  fi
}

red ()
{
  tap_name="red: $1"
  shift
  says "$tap_name" "$@"
}

says ()
{
  tap_name=$1
  tap_regex=$2
  shift 2
  "$@" >"$work/found" 2>&1
  if grep -q -e "$tap_regex" "$work/found"; then
    ok "$tap_name"
  else
    echo "# expected a line that matches $tap_regex, found:"
    sed 's/^/# /' "$work/found"
    not_ok "$tap_name"
  fi
}

# copy_tree DIRECTORY: the sources, to break in a negative control.
copy_tree ()
{
  rm -rf "$1"
  mkdir "$1"
  (cd "$top_srcdir" && tar -chf - --exclude=.libs --exclude=.deps --exclude='*.o' \
    include lib tools examples tests configure.ac Makefile.am m4/s3dlio.m4) | (cd "$1" && tar -xf -)
  chmod -R u+w "$1"
}

finish ()
{
  echo "1..$tap_count"
}

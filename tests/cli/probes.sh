# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by effects and aws: what a setting does, as our own server sees it. A probe is a function that runs the
# command with the options that it is given, and prints what the server saw of it, in a word or a number.
#
#   is NAME SEEN PROBE...         passes if that is what PROBE prints
#   with NAME=VALUE COMMAND...    with that variable in its environment

. "$(dirname "$0")/cli.sh"

# A probe that is to wait is not waited for: it can only wait too short.
is ()
{
  is_name=$1
  is_wanted=$2
  shift 2
  patience=120
  [ "$is_wanted" != waits ] || patience=1
  is_seen=$("$@")
  if [ "$is_seen" = "$is_wanted" ]; then
    ok "$is_name"
  else
    not_ok "$is_name"
    echo "# $*: '$is_seen', not '$is_wanted'"
    show stderr "$work/err"
  fi
}

with ()
(
  export "$1"
  shift
  "$@"
)

# Forgets what the server saw. Each ARG: a fault.
fresh ()
{
  ask POST /-/release
  ask POST /-/reset
  for fault; do
    ask POST /-/faults "$fault" >/dev/null
  done
}

try ()
{
  timeout "$patience" "$s3dlio" "$@" >"$work/out" 2>"$work/err"
  status=$?
}

# ok, waits, or the code of its error.
outcome ()
{
  try "$@" --json
  case $status in
    0) echo ok ;;
    124) echo waits ;;
    *) sed -n 's/.*"error":{"code":"\([^"]*\)".*/\1/p' "$work/err" | head -n 1 ;;
  esac
}

seen ()
{
  ask GET "/-/ledger?op=$1"
}

requests ()
{
  seen "$1" | wc -l | tr -d ' '
}

# one, few or many at once: few are up to $2.
crowd ()
{
  crowd=$(ask GET /-/counts | sed -n "s/.*\"$1\":{[^}]*\"max_in_flight\":\([0-9]*\)}.*/\1/p")
  few_of "${crowd:-0}" "$2"
}

few_of ()
{
  if [ "$1" -le 1 ]; then
    echo "one ($1)"
  elif [ "$1" -le "$2" ]; then
    echo few
  else
    echo many
  fi
}

# The value of header $2 in the first request of operation $1, or none.
header ()
{
  header=$(seen "$1" | head -n 1 | grep -oi "\"$2: [^\"]*" | head -n 1)
  header=${header#*: }
  echo "${header:-none}"
}

# What the request was signed with: KEY REGION.
signed ()
{
  header "$1" authorization | sed -E 's|.*Credential=([^/]*)/[0-9]*/([^/]*)/.*|\1 \2|'
}

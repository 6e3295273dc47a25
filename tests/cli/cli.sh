# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the scripts here: the command, and the places that it is tried on.
#
#   run COMMAND...            its exit code in $status, what it printed in $work/out and $work/err
#   row NAME STATUS ARG...    runs s3dlio ARG...; passes if that is its exit code
#   check NAME COMMAND...     passes if COMMAND succeeds; what it prints is shown when not
#   interrupt NAME SIGNAL STATUS ARG...   stops s3dlio ARG... when a request is held; passes if that is its exit code
#   on_every_store FUNCTION   calls it with $store (a name) and $base (a URI, without a slash at its end, below which
#                             nothing is yet) for file://, s3:// on our own server, and RGW where there is one
#
# Each row or check names a sentence of the manual.

. "$top_srcdir/tests/tap.sh"

cd "$work" || exit 99
s3dlio=$top_builddir/tools/s3dlio
helper=$top_builddir/tests/cli/cli-helper
server_pid=
trap 'stop_server; exit 1' INT TERM
trap stop_server EXIT

show ()
{
  sed "s/^/# $1: /" "$2" | head -n 20
}

run ()
{
  timeout 120 "$@" >"$work/out" 2>"$work/err"
  status=$?
}

check ()
{
  check_name=$1
  shift
  if "$@" >"$work/check" 2>&1; then
    ok "$check_name"
  else
    not_ok "$check_name"
    echo "# $*"
    show check "$work/check"
  fi
}

row ()
{
  row_name=$1
  row_status=$2
  shift 2
  run "$s3dlio" "$@"
  if [ "$status" -eq "$row_status" ]; then
    ok "$row_name"
  else
    not_ok "$row_name"
    echo "# s3dlio $*: exit code $status, not $row_status"
    show stdout "$work/out"
    show stderr "$work/err"
  fi
}

# What was printed last.
out_is ()
{
  printf '%s\n' "$@" >"$work/wanted"
  diff "$work/wanted" "$work/out"
}

out_has ()
{
  grep -q -e "$1" "$work/out" || { cat "$work/out"; return 1; }
}

err_has ()
{
  grep -q -e "$1" "$work/err" || { cat "$work/err"; return 1; }
}

out_empty ()
{
  [ ! -s "$work/out" ] || { cat "$work/out"; return 1; }
}

err_empty ()
{
  [ ! -s "$work/err" ] || { cat "$work/err"; return 1; }
}

silent ()
{
  out_empty && err_empty
}

# The files below a directory, sorted, a line each.
tree_of ()
{
  (cd "$1" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort)
}

tree_is ()
{
  tree_dir=$1
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >"$work/wanted"
  tree_of "$tree_dir" | diff "$work/wanted" -
}

# The keys below $1, relative to it, sorted.
keys_are ()
{
  keys_base=$1
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi >"$work/wanted"
  "$s3dlio" ls -r "$keys_base/" 2>/dev/null | sed "s|^[^ ]* [^ ]* $keys_base/||" | diff "$work/wanted" -
}

# ---- Our own server ----

start_server ()
{
  [ -n "$server_pid" ] && return
  mkfifo "$work/server-stdin"
  # It ends when this script does, however that ends.
  "$top_builddir/tests/server/s3dlio-test-server" --exit-with-stdin --port-file "$work/port" --access-key testkey \
    --secret-key testsecret --etag fast "$@" <"$work/server-stdin" >"$work/server-out" 2>&1 &
  server_pid=$!
  exec 9>"$work/server-stdin"
  server_waited=0
  while [ ! -s "$work/port" ] && [ $server_waited -lt 100 ]; do
    sleep 0.1
    server_waited=$((server_waited + 1))
  done
  [ -s "$work/port" ] || { echo "Bail out! no server"; cat "$work/server-out"; exit 99; }
  port=$(cat "$work/port")
  AWS_ACCESS_KEY_ID=testkey
  AWS_SECRET_ACCESS_KEY=testsecret
  AWS_EC2_METADATA_DISABLED=true
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED
}

stop_server ()
{
  [ -n "$server_pid" ] || return
  exec 9>&-
  wait "$server_pid" 2>/dev/null
  server_pid=
}

# ask METHOD PATH [BODY]: the server's admin interface.
ask ()
{
  "$helper" ask "$port" "$@"
}

# ---- Interruptions ----

# held [N]: waits until so many requests (1) are held by the server.
held ()
{
  waited=0
  while [ $waited -lt 200 ]; do
    [ "$(ask GET /-/counts | sed 's/.*"held":\([0-9]*\).*/\1/')" -ge "${1:-1}" ] && return 0
    sleep 0.05
    waited=$((waited + 1))
  done
  return 1
}

# send SIGNAL PID: to a child of this shell. The number of one that has ended may be somebody else's by now.
send ()
{
  grep -qsx "PPid:.$$" "/proc/$2/status" && kill -"$1" "$2"
}

# interrupt NAME SIGNAL STATUS ARG...: the command is stopped when its requests are held.
interrupt ()
{
  name=$1
  sent=$2
  wanted=$3
  shift 3
  # Scripts start background commands with SIGINT ignored: a shell of its own sets it back.
  "$helper" background "$s3dlio" "$@" >out 2>err &
  child=$!
  held || echo "# nothing is held"
  send "$sent" "$child"
  wait "$child"
  status=$?
  check "$name: exit code $wanted" test "$status" -eq "$wanted"
}

on_every_store ()
{
  store=file
  base=file://$work/store
  bucket=
  mkdir "$work/store"
  "$1"

  start_server
  store=s3
  bucket=s3://127.0.0.1:$port/alpha
  base=$bucket/base
  "$s3dlio" mb "$bucket" || exit 99
  "$1"

  if [ -z "${S3DLIO_TEST_RGW_ENDPOINT-}" ]; then
    return
  fi
  store=rgw
  rgw=${S3DLIO_TEST_RGW_ENDPOINT#*://}
  bucket=s3://$rgw/cli-$$-$(date +%s)
  base=$bucket/base
  rgw_before=$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY
  AWS_ACCESS_KEY_ID=$S3DLIO_TEST_RGW_ACCESS_KEY
  AWS_SECRET_ACCESS_KEY=$S3DLIO_TEST_RGW_SECRET_KEY
  "$s3dlio" mb "$bucket" || exit 99
  "$1"
  "$s3dlio" rb --force "$bucket"
  AWS_ACCESS_KEY_ID=${rgw_before%%:*}
  AWS_SECRET_ACCESS_KEY=${rgw_before#*:}
}

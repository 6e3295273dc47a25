#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# -vv: what it tells of a transfer is what the server saw.

. "$(dirname "$0")/cli.sh"

start_server
service=s3://127.0.0.1:$port
bucket=$service/alpha
"$s3dlio" mb "$bucket" || exit 99
head -c 40000000 /dev/zero >large
echo text >small
cp large copy-of-large

# told NAME: the number or size that the last transfer's line tells.
told ()
{
  sed -n "s/^[a-z]* .*[:,] $1 \\([^,]*\\).*/\\1/p" err
}

# seen [OPERATION]: how many requests the server has seen.
seen ()
{
  ask GET "/-/ledger${1+?op=$1}" | wc -l
}

# tells NAME PIECES OPERATION ARG...: runs it; the pieces and requests that it tells are those that the server saw.
tells ()
{
  name=$1
  pieces=$2
  operation=$3
  shift 3
  ask POST /-/reset
  row "$name" 0 -vv "$@"
  check "$name: the $pieces are those that the server saw" test "$(told "$pieces")" -eq "$(seen "$operation")"
  check "$name: so are the requests" test "$(told requests)" -eq "$(seen)"
  check "$name: a line for the object" test "$(grep -c ": requests " err)" -eq 1
}

tells "put in parts" parts UploadPart put large "$bucket/large"
check "put in parts: five of eight MiB" test "$(told parts) of $(told part-size)" = "5 of 8Mi"
check "put in parts: what was in effect" \
  err_has 'retries 0, throttled 0, bytes 40000000, .*multipart-threshold 16Mi, part-size 8Mi, concurrent-parts 8$'
tells "put of a stream" parts UploadPart put - "$bucket/stream" <large
check "put of a stream: above the threshold in parts" test "$(told parts)" -gt 1
tells "put of a short stream" parts UploadPart put - "$bucket/stream" <small
check "put of a short stream: one request" err_has 'requests 1, .*parts 0,'
tells "part-size" parts UploadPart \
  put --part-size 5Mi --concurrent-parts 3 --multipart-threshold 6Mi large "$bucket/large"
check "part-size: as it was wished" err_has 'parts 8, multipart-threshold 6Mi, part-size 5Mi, concurrent-parts 3$'
tells "put in one request" parts UploadPart put small "$bucket/small"
check "put in one request: no parts" err_has 'requests 1, .*parts 0, multipart-threshold 16Mi$'
row "put of what is moved" 0 put small "$bucket/moved"
row "mv" 0 -vv mv "$bucket/moved" moved
check "mv: to look and to delete are no retries" err_has ': requests 4, retries 0,'
tells "get in ranges" ranges GetObject get "$bucket/large" got
check "get in ranges: what was in effect" \
  err_has 'ranges 5, range-split-threshold 8Mi, range-chunk-size 8Mi, max-concurrent-ranges 32$'
tells "range-chunk-size" ranges GetObject \
  get --range-split-threshold 1Mi --range-chunk-size 3Mi --max-concurrent-ranges 2 "$bucket/large" got
check "range-chunk-size: as it was wished" \
  err_has 'ranges 14, range-split-threshold 1Mi, range-chunk-size 3Mi, max-concurrent-ranges 2$'
tells "get without the range engine" ranges GetObject get --enable-range-engine=no "$bucket/large" got
check "get without the range engine: one" err_has 'requests 1, .*ranges 1$'
tells "cat" ranges GetObject cat "$bucket/large"
tells "get of a range" ranges GetObject get --range 5:100 "$bucket/large" got
check "get of a range: so many bytes" err_has 'bytes 100,.*ranges 1,'
tells "copy in parts" parts UploadPartCopy cp --multipart-copy-threshold 16Mi "$bucket/large" "$bucket/copy"
tells "copy by way of this process" ranges GetObject cp "$bucket/large" "s3://localhost:$port/alpha/other"
check "copy by way of this process: its parts, too" test "$(told parts)" -eq "$(seen UploadPart)"

tells "move in parts" parts UploadPart mv copy-of-large "$bucket/moved"

# What goes wrong on the way.
ask POST /-/reset
ask POST /-/faults 'op=GetObject count=1 action=status status=503 code=SlowDown' >/dev/null
row "a request that is refused" 0 get -vv "$bucket/large" got
check "a request that is refused: it is sent again" err_has 'requests 6, retries 1, throttled 1, .*ranges 5,'
ask POST /-/reset
ask POST /-/faults 'op=GetObject from=8M count=1 action=reset after=100000' >/dev/null
row "a range that breaks off" 0 get -vv "$bucket/large" got
check "a range that breaks off: the rest of it is asked for" err_has 'requests 6, retries 1, .*ranges 5,'
check "a range that breaks off: so the server saw it" test "$(told requests)" -eq "$(seen)"

# Trouble that lasts is told to who waits: at a terminal, or with -v.
trouble ()
{
  ask POST /-/reset
  ask POST /-/faults "op=GetObject count=$1 action=status status=503 code=SlowDown" >/dev/null
}
trouble 5
row "trouble that lasts" 0 cat -v "$bucket/small"
check "trouble that lasts: host and reason are told, once" test \
  "$(grep -c "^s3dlio: 127.0.0.1:$port: SlowDown: .*; trying again (attempt 6 of 10)\$" err)" -eq 1
trouble 5
row "trouble that lasts, --json" 0 cat -v --json "$bucket/small"
check "trouble that lasts, --json: a note" err_has "^{\"note\":\"127.0.0.1:$port: SlowDown: .* 10)\"}\$"
trouble 5
row "trouble that lasts, piped" 0 cat "$bucket/small"
check "trouble that lasts, piped: nothing is told" err_empty
trouble 5
run "$helper" terminal tty "$s3dlio" get "$bucket/small" shown
check "trouble that lasts, on a terminal: it is told" grep -q 'trying again (attempt 6 of 10)' tty
trouble 5
run "$helper" terminal tty "$s3dlio" get -q "$bucket/small" shown
check "trouble that lasts, -q: nothing is told" test ! -s tty
trouble 4
row "trouble that passes" 0 cat -v "$bucket/small"
check "trouble that passes is not told" test "$(wc -l <err)" -eq 1

# A host whose name is wrong is told soon, and an attempt that was asked for is made.
row "an endpoint that is none" 1 cat -vv --endpoint-url http://127.0.0.1:1 s3://alpha/small
check "an endpoint that is none: given up early" err_has '(127.0.0.1:1, after 5 attempts; it has never answered)$'
check "an endpoint that is none: so many attempts" test "$(grep -c '; attempt [0-9]* in' err)" -eq 4
row "an endpoint that is none, --retries" 1 cat --retries 6 --endpoint-url http://127.0.0.1:1 s3://alpha/small
check "an endpoint that is none, --retries: they are made" err_has '(127.0.0.1:1, after 6 attempts; it has never'

ask POST /-/reset
row "--json" 0 -vv --json get "$bucket/large" got
check "--json: the numbers, too" grep -q \
  '^{"action":"get","from":"[^"]*","to":"got","requests":5,"retries":0,.*"ranges":5,.*"range_chunk_size":8388608,' err
check "--json: times are seconds" grep -q '"elapsed":[0-9]*[.][0-9]*,' err
check "--json: every line of stderr is an object" sh -c '! grep -v "^{.*}$" err'
row "-v alone" 0 -v get "$bucket/large" got
check "-v alone: just the line" sh -c 'printf "get %s got\n" "$1" | diff - err' sh "$bucket/large"
mkdir tree
cp small large tree
row "a tree" 0 -vv cp -r tree "$bucket/tree"
check "a tree: a line for each" test "$(grep -c '^cp .*: requests .*, parts [05], ' err)" -eq 2
row "files" 0 -vv cp large copy
check "files: bytes" err_has '^cp large copy: requests 0, .*bytes 40000000, elapsed '

finish

#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# get --resume and cp --resume: whatever interrupts them, the next one goes on, and the file is never a mixture.

. "$(dirname "$0")/cli.sh"

start_server
bucket=s3://127.0.0.1:$port/alpha
size=40000000
got=16777216 # before the ranges that stall
"$s3dlio" mb "$bucket" || exit 99
head -c $size /dev/urandom >large
head -c $size /dev/urandom >other
printf small >small
: >empty
"$s3dlio" cp large other small empty "$bucket/" || exit 99
mkdir down
target=$work/down/target
part=$work/down/.target.s3dlio-part
journal=$work/down/.target.s3dlio-journal

stall_rest ()
{
  ask POST /-/faults 'op=GetObject from=16M action=stall after=1000' >/dev/null
}

mend ()
{
  ask POST /-/release >/dev/null
  ask POST /-/reset >/dev/null
}

# noted BYTES: waits until the journal tells of so many.
noted ()
{
  waited=0
  while [ $waited -lt 400 ]; do
    [ -f "$journal" ] && awk -v wanted="$1" '/^have / { n += $3 } END { exit n < wanted }' "$journal" && return 0
    sleep 0.05
    waited=$((waited + 1))
  done
  echo "# the journal tells of less than $1 bytes"
  return 1
}

begin ()
{
  "$helper" background "$s3dlio" "$@" >out 2>err &
  child=$!
}

# stop NAME SIGNAL STATUS ARG...: s3dlio ARG... of large is stopped when all is there that does not stall.
stop ()
{
  stop_name=$1
  stop_signal=$2
  stop_status=$3
  shift 3
  stall_rest
  begin "$@"
  held 3
  noted $got
  send "$stop_signal" "$child"
  wait "$child" 2>/dev/null
  status=$?
  check "$stop_name: exit code $stop_status" test "$status" -eq "$stop_status"
  mend
}

# How many bytes were asked for.
asked ()
{
  ask GET '/-/ledger?op=GetObject' | sed 's/.*[Rr]ange: bytes=\([0-9]*\)-\([0-9]*\)".*/\1 \2/' |
    awk '{ n += $2 - $1 + 1 } END { print n + 0 }'
}

requests ()
{
  ask GET '/-/ledger?op=GetObject' | wc -l
}

only_target ()
{
  test "$(ls -A down)" = target
}

kept ()
{
  test -f "$part" && test -f "$journal" && test ! -e "$target"
}

# ---- Interrupted in mid-get ----

stop "SIGKILL" KILL 137 get --resume "$bucket/large" "$target"
check "SIGKILL: part and journal are kept, there is no target" kept
row "after SIGKILL: it goes on" 0 get --resume "$bucket/large" "$target"
check "after SIGKILL: the bytes are right" cmp large "$target"
check "after SIGKILL: only the rest is asked for" test "$(asked)" -eq $((size - got))
check "after SIGKILL: in as many requests as it takes" test "$(requests)" -eq 3
check "after SIGKILL: each under If-Match" \
  test "$(ask GET '/-/ledger?op=GetObject' | grep -ci if-match)" -eq "$(ask GET '/-/ledger?op=GetObject' | wc -l)"
check "part and journal are gone at the end" only_target
check "the time is the object's" test "$(date -u -r "$target" +%Y-%m-%dT%H:%M:%SZ)" = \
  "$("$s3dlio" ls "$bucket/large" | cut -d' ' -f1)"
rm "$target"

for signal in INT.130 TERM.143; do
  name=SIG${signal%.*}
  stop "$name" ${signal%.*} ${signal#*.} get --resume "$bucket/large" "$target"
  check "$name: part and journal are kept" kept
  check "$name: the journal is its owner's alone" test "$(stat -c %a "$journal")" = 600
  row "after $name: it goes on" 0 -vv get --resume "$bucket/large" "$target"
  check "after $name: it says from where" err_has "large: 16[0-9]* of $size bytes are there from an earlier get"
  check "after $name: the bytes are right" cmp large "$target"
  check "after $name: only the rest is asked for" test "$(asked)" -le $((size - got))
  check "after $name: nothing else is left" only_target
  rm "$target"
done

ask POST /-/faults 'op=GetObject action=bandwidth rate=12M' >/dev/null
for after in 0.1 0.3 0.2 0.5 0.4 0.1 0.6 0.3; do
  timeout -s KILL $after "$s3dlio" get --resume "$bucket/large" "$target" >/dev/null 2>&1
done
ask DELETE /-/faults >/dev/null
row "killed at any moment, again and again: it ends" 0 get --resume "$bucket/large" "$target"
check "killed at any moment, again and again: the bytes are right" cmp large "$target"
check "killed at any moment, again and again: nothing else is left" only_target

# ---- What was left does not fit ----

echo old >"$target"
chmod 640 "$target"
stop "over an old file" KILL 137 get --resume "$bucket/large" "$target"
check "over an old file: that is there until the end" grep -qx old "$target"
check "over an old file: the part is no more open" test "$(stat -c %a "$part")" = 600
"$s3dlio" cp "$bucket/other" "$bucket/large"
row "the object changed: it begins anew" 0 get --resume "$bucket/large" "$target"
check "the object changed: all bytes are the new ones" cmp other "$target"
check "an old file keeps its mode" test "$(stat -c %a "$target")" = 640
check "the object changed: nothing else is left" only_target
"$s3dlio" put large "$bucket/large"
rm "$target"

stop "an object that is gone" KILL 137 get --resume "$bucket/large" "$target"
"$s3dlio" rm "$bucket/large"
row "an object that is gone is an error" 1 get --resume "$bucket/large" "$target"
check "an object that is gone: no target" test ! -e "$target"
"$s3dlio" put large "$bucket/large"
rm -f "$part" "$journal"

for harm in "truncate -s 5000000 $part" "rm $journal" "rm $part" "truncate -s 100 $journal" "truncate -s -3 $journal" \
  "cp $work/small $journal"; do
  stop "$harm" KILL 137 get --resume "$bucket/large" "$target"
  $harm
  row "${harm%% /*} ${harm##*-}: it ends well" 0 get --resume "$bucket/large" "$target"
  check "${harm%% /*} ${harm##*-}: the bytes are right" cmp large "$target"
  rm "$target"
done

stop "a range" KILL 137 get --resume --range 1000: "$bucket/large" "$target"
row "another range begins anew" 0 get --resume --range 2000: "$bucket/large" "$target"
check "another range: the bytes are right" sh -c 'tail -c +2001 large | cmp - down/target'
rm "$target"
stop "a range again" KILL 137 get --resume --range 1000: "$bucket/large" "$target"
row "the same range goes on" 0 get --resume --range 1000: "$bucket/large" "$target"
check "the same range: the bytes are right" sh -c 'tail -c +1001 large | cmp - down/target'
check "the same range: only the rest is asked for" test "$(asked)" -le $((size - got))
rm "$target"

ask POST /-/faults 'op=GetObject action=header name=ETag' >/dev/null
ask POST /-/faults 'op=GetObject from=16M action=status status=403' >/dev/null
row "without an ETag: it fails" 1 get --resume "$bucket/large" "$target"
check "without an ETag: nothing is kept to go on from" test -z "$(ls -A down)"
mend

# ---- Two at once ----

stall_rest
begin get --resume "$bucket/large" "$target"
noted $got
row "a second at once is refused" 1 get --resume "$bucket/large" "$target"
check "a second at once: it says why" err_has 'is being written by another get'
ask DELETE /-/faults >/dev/null
ask POST /-/release >/dev/null
wait "$child"
check "a second at once: the first ends well" test $? -eq 0
check "a second at once: the bytes are right" cmp large "$target"
check "a second at once: nothing else is left" only_target
rm "$target"
mend

# ---- Where it cannot be written ----

# A file that must not grow further stands for a disk that is full.
limited ()
{
  run sh -c 'trap "" XFSZ; ulimit -f 24000; exec "$@"' sh "$s3dlio" "$@"
}
limited get --resume "$bucket/large" "$target"
check "a full disk: exit code 1" test "$status" -eq 1
check "a full disk: it is named" err_has 'cannot write'
check "a full disk: what is there is kept" kept
mend
row "after a full disk: it goes on" 0 -vv get --resume "$bucket/large" "$target"
check "after a full disk: it says from where" err_has 'bytes are there from an earlier get'
check "after a full disk: the bytes are right" cmp large "$target"
rm "$target"

row "a directory that cannot be written" 1 get --resume "$bucket/large" /proc/target
check "a directory that cannot be written: it is named" err_has '/proc/target'
row "a device" 1 get --resume "$bucket/large" /dev/null
check "a device: it cannot be resumed" err_has '/dev/null is no regular file'
echo mine >"$target"
row "-n leaves the target alone" 0 get --resume -n "$bucket/large" "$target"
check "-n: it is as it was" grep -qx mine "$target"
check "-n: nothing else is left" only_target
rm "$target"

# ---- Other shapes ----

mend
row "a small object" 0 get --resume "$bucket/small" "$target"
check "a small object: its bytes" cmp small "$target"
check "a small object is one request" test "$(ask GET /-/ledger | wc -l)" -eq 1
row "an empty object" 0 get --resume "$bucket/empty" "$target"
check "an empty object: its bytes" cmp empty "$target"
check "an empty object: nothing else is left" only_target
rm "$target"

row "--dry-run" 0 get --resume --dry-run "$bucket/large" "$target"
check "--dry-run: nothing is made" test -z "$(ls -A down)"

limited get --resume "file://$work/large" "$target"
check "of a file: kept" kept
row "of a file: it goes on" 0 -vv get --resume "file://$work/large" "$target"
check "of a file: it says from where" err_has 'bytes are there from an earlier get'
check "of a file: the bytes are right" cmp large "$target"
rm "$target"
limited cp --resume large "$target"
check "cp between files: kept" kept
row "cp between files: it goes on" 0 cp --resume large "$target"
check "cp between files: the bytes are right" cmp large "$target"
rm "$target"

row "cp onto itself" 1 cp --resume large "$work/large"
check "cp onto itself: refused" cmp large "$work/large"

journal=$work/down/tree/.large.s3dlio-journal
stop "a tree" INT 130 cp -r --resume "$bucket" down/tree
check "a tree: what is there is kept" test -f down/tree/.large.s3dlio-part
row "a tree: it goes on" 0 -vv cp -r --resume "$bucket" down/tree
check "a tree: it says from where" err_has 'large: 16[0-9]* of .* bytes are there from an earlier get'
check "a tree: all is there, nothing else" tree_is down/tree empty large other small
check "a tree: the bytes are right" sh -c 'cmp large down/tree/large && cmp other down/tree/other'

row "put has no --resume" 2 put --resume large "$bucket/x"
row "mv has no --resume" 2 mv --resume "$bucket/x" x
row "--resume to stdout" 2 get --resume "$bucket/small" -
check "--resume to stdout: it is named" err_has 'resume'
row "cp --resume to a store" 2 cp --resume large "$bucket/x"
check "cp --resume to a store: it is named" err_has 'local target'

finish

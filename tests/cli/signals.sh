#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Interruptions: signals, readers that go away, disks that are full. Nothing is left behind.

. "$(dirname "$0")/cli.sh"

start_server
bucket=s3://127.0.0.1:$port/alpha
"$s3dlio" mb "$bucket" || exit 99
head -c 40000000 /dev/zero >large
seq 100000 >small

uploads_left ()
{
  ask GET /-/uploads
}

ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
interrupt "SIGINT in mid-put" INT 130 put large "$bucket/large"
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
check "SIGINT in mid-put: no upload is left" test "$(uploads_left)" = 0
row "SIGINT in mid-put: no object" 1 stat "$bucket/large"

ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
interrupt "SIGTERM in mid-put" TERM 143 put large "$bucket/large"
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
check "SIGTERM in mid-put: no upload is left" test "$(uploads_left)" = 0

mkdir several
cp large several/a
cp large several/b
ask POST /-/faults 'op=UploadPart part=3 action=hold' >/dev/null
interrupt "SIGTERM in a tree of puts" TERM 143 cp -r several "$bucket/several"
check "SIGTERM in a tree of puts: every upload is aborted" test "$(uploads_left)" = 0
check "SIGTERM in a tree of puts: none is named" sh -c '! grep -q upload err'
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null

# What cannot be aborted is named, with how to remove it, whether the service refuses or does not answer.
named ()
{
  sed -n "s|^s3dlio: the unfinished upload upload-[0-9]* of $1 is left behind; to remove it: s3dlio ||p" err
}
ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
ask POST /-/faults 'op=AbortMultipartUpload action=status status=403 code=AccessDenied' >/dev/null
interrupt "SIGINT, and the abort is refused" INT 130 put large "$bucket/the refused one"
check "an abort that is refused: the upload is named" test -n "$(named "$bucket/the refused one")"
check "an abort that is refused: it is left" test "$(uploads_left)" = 1
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
run sh -c "'$s3dlio' $(named "$bucket/the refused one")"
check "what is printed removes it" test "$(uploads_left)" = 0
begun=$(date +%s)
ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
ask POST /-/faults 'op=AbortMultipartUpload action=hold' >/dev/null
interrupt "SIGTERM, and the abort is not answered" TERM 143 --json put large "$bucket/silent"
check "an abort that is not answered: it ends within five seconds and a little" test $(($(date +%s) - begun)) -le 15
check "an abort that is not answered: the upload is named" \
  grep -q '^{"error":{"code":"failed","message":"the unfinished upload upload-[^"]*","uri":"[^"]*/silent"}}$' err
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
ask POST /-/faults 'op=UploadPart part=2 action=status status=403 code=AccessDenied' >/dev/null
ask POST /-/faults 'op=AbortMultipartUpload action=status status=403 code=AccessDenied' >/dev/null
row "a put fails, and its abort too" 1 put large "$bucket/failed"
check "a failed abort: the error names the upload" \
  err_has "AccessDenied.*the unfinished upload upload-[0-9]* of $bucket/failed is left behind: "
ask DELETE /-/faults >/dev/null
run "$s3dlio" rm -r --incomplete --older-than 0 "$bucket"

row "put" 0 put large "$bucket/large"
mkdir down
ask POST /-/faults 'op=GetObject from=8M action=stall after=1000' >/dev/null
interrupt "SIGINT in mid-get" INT 130 get "$bucket/large" down/large
check "SIGINT in mid-get: nothing is left in the directory" sh -c '[ -z "$(ls -A down)" ]'
check "SIGINT in mid-get: no error is printed for what was cancelled" sh -c '! grep -q "large" err'
interrupt "SIGKILL in mid-get" KILL 137 get "$bucket/large" down/large
check "SIGKILL in mid-get: nothing is left in the directory" sh -c '[ -z "$(ls -A down)" ]'
interrupt "SIGINT in a tree" INT 130 cp -r "$bucket" down/tree
check "SIGINT in a tree: no half file" sh -c '[ -z "$(find down -type f)" ]'
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null

# Listing and reading end as well.
ask POST /-/faults 'op=ListObjectsV2 action=hold' >/dev/null
interrupt "SIGINT in a list" INT 130 ls "$bucket"
ask DELETE /-/faults >/dev/null
ask POST /-/release >/dev/null

# A second signal ends it at once, even when the clean end hangs.
ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
ask POST /-/faults 'op=AbortMultipartUpload action=hold' >/dev/null
"$helper" background "$s3dlio" put large "$bucket/large2" >out 2>err &
child=$!
held
send INT $child
sleep 0.5
send INT $child
begun=$(date +%s)
wait $child
status=$?
check "a second signal ends it" test "$status" -eq 130
check "at once" test $(($(date +%s) - begun)) -le 2
ask DELETE /-/faults >/dev/null
ask POST /-/release >/dev/null

# stdin that never ends.
mkfifo never
"$helper" background "$s3dlio" put - "$bucket/never" <never >out 2>err &
child=$!
exec 8>never
printf start >&8
sleep 0.3
send TERM $child
wait $child
status=$?
exec 8>&-
check "SIGTERM while stdin is silent" test "$status" -eq 143
row "no object of it" 1 stat "$bucket/never"

# A FIFO that nobody writes to is waited for, but not for ever.
"$helper" background "$s3dlio" put never "$bucket/fifo" >out 2>err &
child=$!
sleep 0.3
send INT $child
wait $child
status=$?
check "SIGINT while a FIFO has no writer" test "$status" -eq 130
row "no object of it" 1 stat "$bucket/fifo"
"$s3dlio" put never "$bucket/fifo" >out 2>err &
child=$!
cat small >never
wait $child
check "put of a FIFO" test $? -eq 0
row "put of a FIFO: what was written to it" 0 cat "$bucket/fifo"
check "put of a FIFO: all of it" cmp small out

# A closed descriptor is an error, and never one of the command's own.
echo text >closed
timeout 20 "$s3dlio" cat "file://$work/closed" >&- 2>closed-err
check "closed stdout is an error" test $? -eq 1
timeout 20 "$s3dlio" put - "file://$work/closed-put" <&- 2>closed-err
check "closed stdin is an error" test $? -eq 1
check "closed stdin: nothing is written" test ! -e closed-put

# EPIPE on stdout ends quietly.
"$helper" background sh -c '"$1" cat "$2" 2>cat-err; echo $? >cat-status' sh "$s3dlio" "$bucket/large" | head -c 10 >ten
check "EPIPE of cat: quietly" test ! -s cat-err
check "EPIPE of cat: as everybody in a pipe" test "$(cat cat-status)" -eq 141
i=0
while [ $i -lt 30 ]; do
  ask POST "/-/objects?bucket=alpha&key=$(printf %0900d $i)&size=1"
  i=$((i + 1))
done
sh -c '"$1" ls -r "$2" 2>ls-err; echo $? >ls-status' sh "$s3dlio" "$bucket" | true
check "EPIPE of ls: quietly" test ! -s ls-err
check "EPIPE of ls: as everybody in a pipe" test "$(cat ls-status)" -eq 141

# A stdout that is full is an error.
if [ -e /dev/full ]; then
  "$s3dlio" ls "$bucket" >/dev/full 2>err
  check "a full stdout: exit code 1" test $? -eq 1
  check "a full stdout: it is said" err_has 'stdout: '
  "$s3dlio" stat "$bucket/large" >/dev/full 2>err
  check "a full stdout is no object that failed" sh -c 'test "$(wc -l <err)" -eq 1 && ! grep attempted err'
  "$s3dlio" --help >/dev/full 2>err
  check "a full stdout of --help is said" err_has 'stdout: '
  "$s3dlio" cat "$bucket/large" >/dev/full 2>err
  check "a full stdout of cat: exit code 1" test $? -eq 1
else
  skip "a full stdout: exit code 1" "no /dev/full"
  skip "a full stdout: it is said" "no /dev/full"
  skip "a full stdout is no object that failed" "no /dev/full"
  skip "a full stdout of --help is said" "no /dev/full"
  skip "a full stdout of cat: exit code 1" "no /dev/full"
fi

# Progress, on a terminal alone.
ask POST /-/faults 'op=GetObject from=16M action=slow ms=1500' >/dev/null
run "$helper" terminal tty "$s3dlio" get "$bucket/large" shown
check "progress on a terminal: bytes and rate" grep -q 'MiB.*iB/s' tty
check "progress on a terminal: it is wiped at the end" sh -c 'tail -c 20 tty | grep -q "$(printf "\033")\[K"'
check "progress on a terminal: what is left" grep -q ' of 38[.]1 MiB, .*iB/s, 0:[0-9][0-9] left' tty
run "$helper" terminal tty sh -c '"$1" cat "$2" >shown' sh "$s3dlio" "$bucket/large"
check "progress on a terminal: of cat, too" grep -q ' of 38[.]1 MiB, .*iB/s, 0:[0-9][0-9] left' tty
run "$helper" terminal tty "$s3dlio" get --quiet "$bucket/large" shown
check "-q: none at all" test ! -s tty
row "none when piped" 0 get "$bucket/large" shown
check "nothing is printed" silent
ask DELETE /-/faults >/dev/null
ask POST '/-/objects?bucket=alpha&key=many/&size=100000&count=6' >/dev/null
ask POST /-/faults 'op=GetObject action=slow ms=500' >/dev/null
run "$helper" terminal tty "$s3dlio" cp -r -j 2 "$bucket/many/" many
check "progress on a terminal: objects" grep -q ', [0-5] of [2-6]+* objects, ' tty
ask DELETE /-/faults >/dev/null

finish

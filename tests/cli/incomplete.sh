#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rm --incomplete: what killed writers leave is seen and removed, that alone, and on every store.

. "$(dirname "$0")/cli.sh"

mkfifo never
# Where the file system could hide what is being written, nothing would be left behind.
S3DLIO_TEST_NO_TMPFILE=yes
export S3DLIO_TEST_NO_TMPFILE

# seen N ARG...: so many uploads are found.
seen ()
{
  seen_wanted=$1
  shift
  "$s3dlio" rm --incomplete --older-than 0 --dry-run "$@" >seen-out 2>seen-err
  [ "$(wc -l <seen-out)" -eq "$seen_wanted" ] && [ ! -s seen-err ] || { cat seen-out seen-err; return 1; }
}

# kill_writer URI: a put that is killed once its upload is there.
kill_writer ()
{
  "$s3dlio" put --part-size 5Mi --multipart-threshold 5Mi - "$1" <never >/dev/null 2>&1 &
  writer=$!
  exec 8>never
  head -c 12000000 /dev/zero >&8
  writer_waited=0
  until "$s3dlio" rm -r --incomplete --older-than 0 --dry-run "${1%/*}" 2>/dev/null | grep -q abort; do
    sleep 0.1
    writer_waited=$((writer_waited + 1))
    [ $writer_waited -lt 300 ] || break
  done
  kill -KILL $writer
  wait $writer 2>/dev/null
  exec 8>&-
}

every_store ()
{
  t="$store:"

  row "$t nothing to abort is no error" 0 rm -r --incomplete --older-than 0 "$base"
  check "$t and nothing is said" silent
  if [ "$store" = file ]; then mkdir -p "$work/store/dir" "$work/store/other"; fi
  echo text >object
  row "$t an object beside it" 0 put object "$base/dir/object"
  kill_writer "$base/dir/killed"
  kill_writer "$base/other/killed"
  check "$t what killed writers leave is seen" seen 2 -r "$base"
  row "$t so many hours ago nothing was begun" 0 rm -r --incomplete -v "$base"
  check "$t nothing is aborted that may be under way" silent
  check "$t -r works at / boundaries" seen 0 -r "$base/di"
  check "$t -r means what lies below" seen 1 -r "$base/dir"
  check "$t a filter is of the key" seen 1 -r --include 'dir/*' "$base"
  row "$t --dry-run" 0 rm -r --incomplete --older-than 0 --dry-run "$base/dir/"
  upload=$(sed 's/^abort \([^ ]*\) [^ ]*$/\1/' out)
  check "$t --dry-run prints URI and upload" out_has "^abort $base/dir/[^ ]* [^ ][^ ]*\$"
  check "$t the exact name is enough" seen 1 "$upload"
  check "$t another is not meant" seen 0 "${upload%?}"
  row "$t a prefix without -r is an error" 1 rm --incomplete --older-than 0 "$base/dir/"
  check "$t which says so" err_has 'with -r only'
  check "$t and nothing was done" seen 2 -r "$base"
  row "$t the exact name" 0 rm --incomplete --older-than 0 "$upload"
  check "$t it is aborted quietly" silent
  check "$t the other one is still there" seen 1 -r "$base"
  row "$t -v" 0 rm -r -v -j 4 --incomplete --older-than 0s "$base"
  check "$t -v names what is aborted" err_has "^abort $base/other/"
  check "$t nothing is left" seen 0 -r "$base"
  check "$t objects stay" keys_are "$base" dir/object
  row "$t what is missing is no error" 0 rm --incomplete "$base/dir/nothing"
  "$s3dlio" rm -r "$base"
}
on_every_store every_store

# A file's age is that of its last write; links are not followed.
mkdir -p local/sub away
temporary=.s3dlio-0123456789abcdef
echo old >local/sub/$temporary
echo elsewhere >away/$temporary
touch -d '2 days ago' local/sub/$temporary away/$temporary
ln -s "$work/away" local/link
echo mine >local/.s3dlio-notes
row "a directory without -r is an error" 1 rm --incomplete "file://$work/local"
row "a missing directory is none" 0 rm -r --incomplete "file://$work/missing"
row "of two days ago, by default" 0 rm -r --incomplete "file://$work/local"
check "it is gone" tree_is local .s3dlio-notes link
row "a link to a directory" 0 rm -r --incomplete "file://$work/local/link/"
check "links are not followed" tree_is away "$temporary"

# Who is alive has a lock.
bucket=s3://127.0.0.1:$port/alpha
head -c 20000000 /dev/zero | "$s3dlio" put - "$bucket/large"
mkdir -p live/sub
ask POST /-/faults 'op=GetObject from=8M action=hold' >/dev/null
"$s3dlio" get --resume "$bucket/large" live/resumed &
resumed=$!
"$s3dlio" get "$bucket/large" live/sub/named &
named=$!
begun=0
until ls live/.resumed.s3dlio-journal live/.resumed.s3dlio-part live/sub/.s3dlio-* >seen-out 2>&1; do
  sleep 0.05
  begun=$((begun + 1))
  [ $begun -lt 200 ] || break
done
echo dead >live/.dead.s3dlio-part
echo dead >live/.dead.s3dlio-journal
row "what is being written" 1 rm -r --incomplete --older-than 0 "file://$work/live"
check "what is being written is named" test "$(grep -c 'is being written, and left alone' err)" -eq 3
check "what is being written: the rest goes" err_has '5 attempted, 2 succeeded, 3 failed'
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
wait $resumed && wait $named
check "what is being written is not disturbed" test $? -eq 0
check "what is being written is whole" cmp live/resumed live/sub/named
check "what is being written leaves nothing" tree_is live resumed sub/named
"$s3dlio" rm "$bucket/large"

# Ages, as the service tells them.
begin ()
{
  ask POST "/-/uploads?bucket=alpha&key=$1&age=$2"
}
bucket=s3://127.0.0.1:$port/alpha
begin week 604800
begin day 86460
begin day 86460
begin hour 3660
begin now 0
row "--older-than 7d" 0 rm -r --incomplete --older-than 7d --dry-run "$bucket"
check "--older-than in days" test "$(cut -d' ' -f2 out)" = "$bucket/week"
row "24h, when not said" 0 rm -r --incomplete --dry-run "$bucket"
check "by default those of a day or more" test "$(wc -l <out)" -eq 3
row "--older-than 60m" 0 rm -r --incomplete --older-than 60m --dry-run "$bucket"
check "--older-than in minutes" test "$(wc -l <out)" -eq 4
row "--older-than 3600" 0 rm -r --incomplete --older-than 3600 --dry-run "$bucket"
check "--older-than in seconds" test "$(wc -l <out)" -eq 4
row "--older-than 1.5h" 0 rm -r --incomplete --older-than=1.5h --dry-run "$bucket"
check "--older-than in hours" test "$(wc -l <out)" -eq 3
row "--older-than 0" 0 rm -r --incomplete --older-than 0 --dry-run "$bucket"
check "0 is all" test "$(wc -l <out)" -eq 5
row "--json" 0 --json rm --incomplete --dry-run "$bucket/week"
check "--json: what would be aborted" \
  out_has '^{"action":"abort","uri":"'"$bucket"'/week","upload_id":"[^"]*","mtime":"[-0-9]*T[0-9:]*Z"}$'
printf '%s\n' "$bucket/day" "$bucket/nothing" >names
row "--files-from" 0 rm --incomplete --files-from names
check "--files-from: every upload of the key" test "$(ask GET /-/uploads)" = 3

# What cannot be aborted is named, the others are.
ask POST /-/faults 'op=AbortMultipartUpload count=1 action=status status=403 code=AccessDenied' >/dev/null
row "one that cannot be aborted" 1 rm -r --incomplete --older-than 0 -j 1 "$bucket"
check "it is named, with its upload" err_has "upload upload-[0-9]*: abort $bucket/hour: "
check "the others are aborted" err_has '3 attempted, 2 succeeded, 1 failed'
check "it is still there" test "$(ask GET /-/uploads)" = 1
row "--json: one that cannot be listed" 1 --json rm -r --incomplete "${bucket%/*}/nowhere"
check "--json: the error" err_has '{"error":{"code":"not-found"'

# More than a page of them.
begin many/parts '100&count=1100'
ask POST /-/reset
row "more than a page" 0 rm -r --incomplete --older-than 0 "$bucket/many"
check "all of them" test "$(ask GET /-/uploads)" = 1

row "--older-than alone is a usage error" 2 rm --older-than 1h "$bucket/key"
check "it says so" err_has 'older-than goes with --incomplete'
row "--incomplete of another verb" 2 ls --incomplete "$bucket"
for wrong in '' h 5x 5hh -1 1e3 0x10 inf 1.2.3; do
  row "--older-than '$wrong'" 2 rm --incomplete "--older-than=$wrong" "$bucket/key"
done

finish

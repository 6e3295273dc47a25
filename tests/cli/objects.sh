#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One object at a time: put, get, cat, stat, rm, and where things land.

. "$(dirname "$0")/cli.sh"

# What lies on the shelf: a file of 1 MiB whose bytes tell their place.
seq -f '%015.0f' 65536 >big
printf 'hello, world\n' >small
: >empty

objects ()
{
  t=$store:

  row "$t put FILE URI" 0 put small "$base/dir/small"
  check "$t a transfer that went well prints nothing" silent
  row "$t cat URI" 0 cat "$base/dir/small"
  check "$t cat gives the bytes" cmp small out
  row "$t put overwrites" 0 put big "$base/dir/small"
  row "$t get URI FILE" 0 get "$base/dir/small" got
  check "$t get gives the bytes" cmp big got
  row "$t put of nothing" 0 put empty "$base/empty"
  row "$t get of nothing" 0 get "$base/empty" got-empty
  check "$t get of nothing gives an empty file" cmp empty got-empty

  # Where things land.
  row "$t put to a URI that ends in / takes the name" 0 put small "$base/in/"
  check "$t put: the name is taken" keys_are "$base/in" small
  mkdir -p "here-$store" "dir-$store"
  (cd "here-$store" && "$s3dlio" get "$base/dir/small")
  check "$t get without FILE: its basename, here" cmp big "here-$store/small"
  row "$t get to an existing directory" 0 get "$base/in/small" "dir-$store"
  check "$t get to an existing directory: its basename there" cmp small "dir-$store/small"
  row "$t get to a name that ends in /" 0 get "$base/in/small" "new-$store/"
  check "$t get to a name that ends in /: it is made" cmp small "new-$store/small"
  row "$t cp to an exact name" 0 cp small "$base/exact"
  row "$t cp of several to a prefix" 0 cp small empty "$base/several"
  check "$t cp of several: DST is a directory" keys_are "$base/several" empty small
  row "$t cp back to a directory" 0 cp "$base/several/small" "$base/several/empty" "dir-$store"
  check "$t cp back gives the bytes" cmp empty "dir-$store/empty"
  row "$t cp from store to store" 0 cp "$base/dir/small" "$base/copy/"
  row "$t the copy" 0 cat "$base/copy/small"
  check "$t the copy has the bytes" cmp big out

  # Through pipes.
  "$s3dlio" put - "$base/from-stdin" <big
  check "$t put - reads stdin" sh -c '"$1" cat "$2" | cmp big' sh "$s3dlio" "$base/from-stdin"
  printf '' | "$s3dlio" put - "$base/from-nothing"
  check "$t put - of nothing" sh -c '"$1" cat "$2" | cmp empty' sh "$s3dlio" "$base/from-nothing"
  row "$t get URI -" 0 get "$base/dir/small" -
  check "$t get URI - writes to stdout" cmp big out
  row "$t get to /dev/null" 0 get "$base/dir/small" /dev/null
  check "$t /dev/null is still a device" test -c /dev/null
  rm -f fifo
  mkfifo fifo
  cat fifo >from-fifo &
  reader=$!
  row "$t get to a FIFO" 0 get "$base/dir/small" fifo
  wait $reader
  check "$t get to a FIFO gives the bytes" cmp big from-fifo
  ln -sf linked link
  row "$t get to a symlink follows it" 0 get "$base/in/small" link
  check "$t the link is still one" test -L link
  check "$t what it points to has the bytes" cmp small linked

  # Several, and ranges.
  row "$t cat of several" 0 cat "$base/in/small" "$base/empty" "$base/in/small"
  check "$t cat of several joins them" sh -c 'cat small small | cmp - out'
  row "$t cat stops at the first error" 1 cat "$base/in/small" "$base/missing" "$base/in/small"
  check "$t cat wrote what came before" cmp small out
  check "$t cat names what failed" err_has "/missing: "
  check "$t then attempted, succeeded, failed" err_has '^s3dlio: 2 attempted, 1 succeeded, 1 failed$'
  row "$t --range OFFSET:LENGTH" 0 cat --range 7:5 "$base/in/small"
  check "$t those bytes" sh -c 'printf world | cmp - out'
  row "$t --range 7: to the end" 0 cat --range 7: "$base/in/small"
  check "$t to the end" out_is world
  row "$t --range -6: the last six" 0 cat --range -6: "$base/in/small"
  check "$t the last six" out_is world
  row "$t --range beyond the end is clamped" 0 cat --range 7:100 "$base/in/small"
  check "$t clamped" out_is world
  row "$t --range at the very end" 0 cat --range 13: "$base/in/small"
  check "$t at the very end there is nothing" out_empty
  row "$t --range behind the end fails" 1 cat --range 14: "$base/in/small"
  row "$t --range with units" 0 cat --range 1Ki:16 "$base/dir/small"
  check "$t with units" out_is 000000000000065
  row "$t get --range" 0 get --range -16: "$base/dir/small" tail
  check "$t get --range gives those bytes" sh -c 'tail -c 16 big | cmp - tail'
  row "$t get --range -0:" 0 get --range -0: "$base/dir/small" none
  check "$t the last none" cmp empty none

  # What is missing.
  row "$t cat of what is missing" 1 cat "$base/missing"
  check "$t cat of what is missing: stdout stays empty" out_empty
  row "$t stat of what is missing" 1 stat "$base/missing"
  row "$t get of what is missing" 1 get "$base/missing" never
  check "$t get of what is missing leaves no file" test ! -e never
  row "$t rm of what is missing" 0 rm "$base/missing"
  row "$t put of what is missing" 1 put nowhere "$base/never"
  check "$t put of what is missing names it" err_has nowhere
  row "$t --json: an error" 1 --json cat "$base/missing"
  check "$t --json: an error is an object" err_has '^{"error":{"code":"not-found","message":".*","uri":".*missing"}}$'
  check "$t --json: and so is the summary" err_has '^{"summary":{"attempted":1,"succeeded":0,"failed":1}}$'

  # Whole or not at all; modes; times.
  echo before >mode
  chmod 640 mode
  row "$t get over an existing file" 0 get "$base/in/small" mode
  check "$t it keeps its mode" test "$(stat -c %a mode)" = 640
  (umask 027 && "$s3dlio" get "$base/in/small" "masked-$store")
  check "$t a new file has 0666 & ~umask" test "$(stat -c %a "masked-$store")" = 640
  touch -d 2001-02-03T04:05:06Z small
  seen=$("$s3dlio" stat --json "$base/in/small" | sed 's/.*"mtime":"\([^".Z]*\).*/\1/')
  row "$t get" 0 get "$base/in/small" timed
  check "$t its mtime is the object's" test "$(TZ=UTC stat -c %y timed | sed 's/ /T/; s/\..*//')" = "$seen"
  row "$t no-clobber to a file" 0 get -n "$base/dir/small" mode
  check "$t no-clobber leaves the file" cmp small mode
  row "$t no-clobber of a put" 0 put --no-clobber big "$base/in/small"
  row "$t and" 0 cat "$base/in/small"
  check "$t no-clobber leaves the object" cmp small out
  row "$t no-clobber says so with -v" 0 put -n -v big "$base/in/small"
  check "$t it is said" err_has exists
  row "$t no-clobber of what is new" 0 put -n small "$base/new-object"
  row "$t and there it is" 0 stat "$base/new-object"
  echo kept >kept
  row "$t a failed get leaves the file" 1 get "$base/missing" kept
  check "$t it is as before" grep -qx kept kept

  # There are no wildcards in URIs.
  row "$t a key may hold any character" 0 put small "$base/w*[a]"
  row "$t no wildcards in URIs: rm" 0 rm "$base/dir/*"
  row "$t and what they would match is there" 0 stat "$base/dir/small"
  row "$t no wildcards in URIs: cat" 1 cat "$base/dir/sm*ll"
  row "$t but the key itself is found" 0 cat "$base/w*[a]"
  check "$t whole" cmp small out

  # Refusals.
  mkdir -p adir
  row "$t put of a directory" 1 put adir "$base/adir"
  row "$t cp of a directory without -r" 1 cp adir "$base/adir"
  check "$t it says -r" err_has '-r'
  mkdir -p d
  row "$t cp of a directory whose name is in the message" 1 cp d "$base/adir"
  check "$t it is named" err_has '^s3dlio: d: '
  row "$t get of a prefix" 1 get "$base/dir/" .
  check "$t get of a prefix: it says what copies it" err_has 'cp -r'
  row "$t cp of a prefix without -r" 1 cp "$base/dir/" .
  row "$t rm of a prefix without -r" 1 rm "$base/dir/"
  row "$t rm of a prefix without -r, and without a slash" 1 rm "$base/missing" "$base/dir"
  check "$t rm of a prefix without -r names it" err_has "$base/dir: .*-r"
  check "$t rm of a prefix without -r: and nothing else" err_has '2 attempted, 1 succeeded, 1 failed'
  row "$t rm --dry-run of a prefix without -r" 1 rm --dry-run "$base/dir"
  row "$t and it is still there" 0 stat "$base/dir/small"
  row "$t rm -r of an object" "$([ "$store" = file ] && echo 0 || echo 1)" rm -r "$base/copy/small"
  row "$t cp onto itself" 1 cp "$base/dir/small" "$base/dir/small"
  row "$t mv onto itself" 1 mv "$base/dir/small" "$base/dir/"
  row "$t and it is still there" 0 stat "$base/dir/small"

  # Dry runs.
  row "$t put --dry-run" 0 put --dry-run small "$base/dry"
  check "$t it prints what would happen" out_has "^put small .*dry$"
  row "$t get --dry-run" 0 get --dry-run "$base/in/small" dry
  check "$t and writes no file" test ! -e dry
  row "$t get --dry-run of what is missing" 1 get --dry-run "$base/missing" dry
  check "$t get --dry-run of what is missing: it is named" err_has "/missing: "
  check "$t get --dry-run of what is missing: nothing would happen" out_empty
  row "$t put -n --dry-run onto what exists" 0 put -n --dry-run --verbose small "$base/in/small"
  check "$t put -n --dry-run onto what exists: nothing would happen" out_empty
  check "$t put -n --dry-run onto what exists: -v says why" err_has 'left alone, since .*/in/small exists'
  row "$t get -n --dry-run onto what exists" 0 get -n --dry-run "$base/in/small" small
  check "$t get -n --dry-run onto what exists: nothing would happen" silent
  row "$t put -n --dry-run" 0 put -n --dry-run small "$base/dry"
  check "$t put -n --dry-run: it would" out_has '^put small .*dry$'
  row "$t mv --dry-run" 0 mv --dry-run "$base/in/small" "$base/dry"
  check "$t mv --dry-run prints what would happen" out_has '^mv .*/in/small .*/dry$'
  row "$t rm --dry-run" 0 rm --dry-run "$base/in/small"
  check "$t rm --dry-run prints what would happen" out_has '^rm .*/in/small$'
  row "$t and deletes nothing" 0 stat "$base/in/small"
  row "$t nor did put write" 1 stat "$base/dry"

  # Verbose, stat, many names.
  row "$t -v: a line each" 0 put --verbose small "$base/in/small"
  check "$t on stderr" err_has '^put small .*/in/small$'
  check "$t not on stdout" out_empty
  row "$t stat" 0 stat "$base/in/small"
  check "$t stat tells the size" out_has '^  size: 13$'
  row "$t stat of several goes on" 1 stat "$base/missing" "$base/in/small"
  check "$t stat of several" out_has '^  size: 13$'
  row "$t stat --json" 0 stat --json "$base/in/small"
  check "$t an object a line" out_has '^{"uri":".*/in/small","type":"object","size":13,"mtime":"20[^"]*Z"'
  printf '%s\n' "$base/in/small" '' "$base/empty" >list
  row "$t stat --files-from" 0 stat --json --files-from list
  check "$t in the order asked" sh -c 'sed "s/.*\"size\":\([0-9]*\).*/\1/" out | tr "\n" " " | grep -qx "13 0 "'
  run sh -c '"$1" cat --files-from - <list' sh "$s3dlio"
  check "$t cat --files-from -" cmp small out
  row "$t get --files-from" 0 get --files-from list "many-$store"
  check "$t get --files-from: a directory" tree_is "many-$store" empty small
  row "$t --files-from nowhere" 1 cat --files-from nowhere
  check "$t it is named" err_has nowhere
  row "$t --files-from of a directory" 1 cat --files-from "many-$store"
  check "$t --files-from of a directory: it says so" err_has "^s3dlio: many-$store: Is a directory\$"
  row "$t cat of no object" 1 cat "${bucket:-mem://}"
  check "$t cat of no object: it is named once" err_has '^s3dlio: get [^ ]*: it names '
  printf '%s\n' "$base/in/small" "$base/copy/../small" "$base/exact/small" >list
  "$s3dlio" put big "$base/other/small"
  printf '%s\n' "$base/in/small" "$base/other/small" >list
  row "$t two keys for one file: the second fails" 1 get --files-from list "two-$store"
  check "$t the first is there" cmp small "two-$store/small"
  printf '%s\n' "$base/missing" "$base/empty" >list
  row "$t get of several goes on" 1 get --files-from list "on-$store"
  check "$t get of several goes on: the others are there" tree_is "on-$store" empty

  # mv and rm of one.
  row "$t mv to a file" 0 mv "$base/new-object" "moved-$store"
  check "$t the file is there" cmp small "moved-$store"
  row "$t the object is not" 1 stat "$base/new-object"
  row "$t mv from a file" 0 mv "moved-$store" "$base/moved"
  check "$t the file is not" test ! -e "moved-$store"
  row "$t the object is there" 0 cat "$base/moved"
  check "$t whole" cmp small out
  row "$t mv between objects" 0 mv "$base/moved" "$base/moved2"
  row "$t its source is gone" 1 stat "$base/moved"
  row "$t its target is there" 0 stat "$base/moved2"
  cp small stays
  row "$t mv -n onto what exists" 0 mv -n stays "$base/moved2"
  check "$t keeps the source" test -e stays
  row "$t rm" 0 rm "$base/moved2" "$base/exact"
  check "$t rm prints nothing" silent
  row "$t and it is gone" 1 stat "$base/exact"
  "$s3dlio" cp small empty "$base/listed"
  printf '%s\n' "$base/listed/small" "$base/listed/missing" >list
  row "$t rm --files-from" 0 rm --files-from list "$base/listed/empty"
  row "$t rm --files-from: they are gone" 1 stat "$base/listed/small" "$base/listed/empty"
}

on_every_store objects

# What only services of objects keep.
base=s3://127.0.0.1:$port/alpha/base
row "s3: --content-type and --metadata" 0 put --content-type text/x-test --metadata colour=blue \
  --metadata Size=3 small "$base/typed"
row "s3: stat shows them" 0 stat "$base/typed"
check "s3: the content type" out_has '^  content-type: text/x-test$'
check "s3: the metadata" out_has '^  metadata.colour: blue$'
check "s3: its other half" out_has '^  metadata.size: 3$'
row "s3: stat --json" 0 stat --json "$base/typed"
check "s3: the same in JSON" out_has '"content_type":"text/x-test".*"metadata":{.*"colour":"blue"'
check "s3: the etag has no quotes" out_has '"etag":"[^"\\]*"'
row "s3: mv keeps what the object has" 0 cp "$base/typed" "$base/typed2"
row "s3: stat" 0 stat "$base/typed2"
check "s3: the content type came along" out_has '^  content-type: text/x-test$'
cp small page.html
row "s3: put" 0 put page.html "$base/"
row "s3: stat" 0 stat "$base/page.html"
check "s3: the content type is guessed from the name" out_has '^  content-type: text/html$'
ask POST /-/reset
row "s3: no-clobber" 0 put -n small "$base/page.html"
check "s3: no-clobber asks the service: If-None-Match: *" \
  sh -c 'printf "%s" "$1" | grep -qi "if-none-match: \*"' sh "$(ask GET '/-/ledger?op=PutObject')"
row "s3: put to a bucket" 0 put small "s3://127.0.0.1:$port/alpha"
row "s3: a bucket root takes the name" 0 cat "s3://127.0.0.1:$port/alpha/small"
check "s3: a bucket root: the bytes" cmp small out

# rm looks at what it was asked to delete, but not at what a list of names says.
row "s3: put of both" 0 cp small empty "$base/both/"
row "s3: put of both" 0 put small "$base/both"
row "s3: rm of an object that is a prefix too" 0 rm "$base/both"
row "s3: rm of an object that is a prefix too: it is gone" 1 stat "$base/both"
row "s3: rm of an object that is a prefix too: the rest is there" 0 stat "$base/both/small"
row "s3: rm -r of an object" 1 rm -r "$base/both/small"
check "s3: rm -r of an object says so" err_has "$base/both/small: an object.*without -r"
row "s3: rm -r of an object: it is there" 0 stat "$base/both/small"
put_both ()
{
  "$s3dlio" cp small empty "$base/looked/"
  ask POST /-/reset
}
put_both
row "s3: rm of several" 0 rm "$base/looked/small" "$base/looked/empty"
check "s3: rm looks at a name with one request" test "$(ask GET /-/ledger | wc -l)" -eq 3
check "s3: rm looks at a name: no list" test "$(ask GET '/-/ledger?op=ListObjectsV2' | wc -l)" -eq 0
put_both
ask POST /-/faults 'op=HeadObject action=hold' >/dev/null
"$s3dlio" rm -j 2 "$base/looked/small" "$base/looked/empty" "$base/looked/third" &
looking=$!
check "s3: rm looks at as many names at once as -j says" held 2
check "s3: rm looks at as many names at once as -j says, and no more" \
  test "$(ask GET /-/counts | sed 's/.*"held":\([0-9]*\).*/\1/')" -eq 2
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null
wait $looking
check "s3: rm that was held ends well" test $? -eq 0
ask POST /-/reset
row "s3: rm of what is missing" 0 rm "$base/absent"
check "s3: rm looks below what is missing" test "$(ask GET '/-/ledger?op=ListObjectsV2' | wc -l)" -eq 1
seq -f "$base/absent/%.0f" 100 >list
ask POST /-/reset
row "s3: rm --files-from" 0 rm --files-from list
check "s3: rm --files-from does not look" test "$(ask GET '/-/ledger' | wc -l)" -eq 1
ask POST /-/faults 'op=ListObjectsV2 action=status status=403 code=AccessDenied' >/dev/null
row "s3: rm of who may not list" 0 rm "$base/both/small" "$base/absent"
ask DELETE /-/faults >/dev/null
row "s3: rm of who may not list: it is gone" 1 stat "$base/both/small"
put_both
ask POST /-/faults 'op=HeadObject action=status status=403' >/dev/null
row "s3: rm of who may not read" 0 rm "$base/looked/small"
ask DELETE /-/faults >/dev/null
row "s3: rm of who may not read: it is gone" 1 stat "$base/looked/small"
put_both
ask POST /-/faults 'op=HeadObject action=status status=503' >/dev/null
row "s3: rm of a service that fails" 1 rm --retries 2 "$base/looked/small"
check "s3: rm of a service that fails: it is not asked on" test "$(ask GET /-/ledger | wc -l)" -eq 2
ask DELETE /-/faults >/dev/null
row "s3: rm of a service that fails: the object is there" 0 stat "$base/looked/small"
ask POST /-/reset
row "s3: rm in a bucket that is missing" 1 rm "s3://127.0.0.1:$port/nowhere/x"
check "s3: rm in a bucket that is missing: it is named once" \
  err_has '^s3dlio: s3://[^ ]*/nowhere/x: NoSuchBucket: '
cp small unmoved
ask POST /-/faults 'op=PutObject key=*unmoved action=status status=403 code=AccessDenied' >/dev/null
row "s3: mv whose copy fails" 1 mv unmoved "$base/unmoved"
check "s3: mv whose copy fails keeps its source" cmp small unmoved
ask DELETE /-/faults >/dev/null
row "s3: put - guesses from the key" 0 put --dry-run - "$base/x.json"

finish

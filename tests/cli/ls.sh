#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ls: what is listed, and how.

. "$(dirname "$0")/cli.sh"

mkdir -p tree/dir/deep tree/foo
printf 12345 >tree/dir/b
printf 1 >tree/dir/deep/c
printf 123 >tree/foo/x
printf 12 >tree/foobar
: >tree/zero
time='20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z'

listing ()
{
  t=$store:
  "$s3dlio" cp -r tree "$base" || echo "Bail out! cp -r"

  row "$t ls" 0 ls "$base/"
  check "$t a line an entry, no header, no total" test "$(wc -l <out)" -eq 4
  check "$t prefixes: - PRE URI/" out_has "^- PRE $base/dir/\$"
  check "$t objects: TIME SIZE URI" out_has "^$time 2 $base/foobar\$"
  check "$t in byte order" sh -c 'sed "s/^[^ ]* [^ ]* //" out | LC_ALL=C sort -c'
  row "$t the prefix is literal" 0 ls "$base/foo"
  check "$t foo/ and foobar" test "$(wc -l <out)" -eq 2
  row "$t ls -r" 0 ls -r "$base/"
  check "$t every object" test "$(wc -l <out)" -eq 5
  check "$t no prefix" sh -c '! grep PRE out'
  check "$t what is listed can be passed back" \
    sh -c 'sed "s/^[^ ]* [^ ]* //" out | "$1" stat --files-from - >/dev/null' sh "$s3dlio"
  row "$t ls of one object" 0 ls "$base/dir/b"
  check "$t itself" out_has "^$time 5 $base/dir/b\$"
  row "$t nothing found" 1 ls "$base/nothing"
  check "$t it is named" err_has "$base/nothing"
  check "$t nothing on stdout" out_empty
  row "$t --limit" 0 ls -r --limit 2 "$base/"
  check "$t so many" test "$(wc -l <out)" -eq 2
  row "$t --limit over several" 0 ls -r --limit 3 "$base/dir/" "$base/foo"
  check "$t so many in all" test "$(wc -l <out)" -eq 3
  row "$t --count" 0 ls -r --count "$base/"
  check "$t objects and bytes alone" out_is '5 11'
  row "$t --count --json" 0 ls -r --count --json "$base/"
  check "$t the same as JSON" out_is '{"objects":5,"bytes":11}'
  row "$t --json" 0 ls --json "$base/"
  check "$t prefixes have a type" out_has "^{\"uri\":\"$base/dir/\",\"type\":\"prefix\"}\$"
  check "$t objects have size and mtime" \
    out_has "^{\"uri\":\"$base/foobar\",\"type\":\"object\",\"size\":2,\"mtime\":\"20[^\"]*Z\""
  row "$t --include" 0 ls -r --include '*b*' "$base/"
  check "$t only these; * crosses slashes" test "$(wc -l <out)" -eq 2
  row "$t --exclude" 0 ls -r --exclude 'd*c' "$base/"
  check "$t not these" test "$(wc -l <out)" -eq 4
  row "$t the last match wins" 0 ls -r --exclude '*' --include 'foo/*' "$base/"
  check "$t foo/x alone" sh -c 'grep -c . out | grep -qx 1 && grep -q foo/x out'
  row "$t the last match wins, the other way" 0 ls -r --include 'foo*' --exclude '*x' "$base/"
  check "$t foobar alone" sh -c 'grep -c . out | grep -qx 1 && grep -q foobar out'
  row "$t --regex" 0 ls -r --regex '^dir/(b|deep/c)$' "$base/"
  check "$t those that match" test "$(wc -l <out)" -eq 2
  row "$t --limit with filters" 0 ls -r --limit 1 --exclude 'dir/*' "$base/"
  check "$t counts what is shown" sh -c 'grep -c . out | grep -qx 1 && grep -q foo/x out'
  row "$t filters that leave nothing" 1 ls -r --include nothing "$base/"
  row "$t several, one of them missing" 1 ls "$base/foobar" "$base/nothing" "$base/zero"
  check "$t the others go on" test "$(wc -l <out)" -eq 2

  if [ "$store" != file ]; then
    row "$t ls of an empty bucket" 0 mb "$bucket-empty"
    row "$t ls of an empty bucket" 0 ls "$bucket-empty"
    check "$t prints nothing" silent
    row "$t ls s3://HOST:PORT lists the buckets" 0 ls "${bucket%/*}"
    check "$t a line each" out_has "^$time - $bucket-empty/\$"
    row "$t --json: buckets" 0 ls --json "${bucket%/*}/"
    check "$t type container" out_has '"type":"container"'
    row "$t the endpoint as a setting" 0 ls --endpoint-url "http://$(echo "$bucket" | sed 's|s3://||; s|/.*||')"
    check "$t no URI lists the buckets" out_has ' s3://.*-empty/$'
    cp out buckets
    row "$t ls s3://" 0 ls --endpoint-url "http://$(echo "$bucket" | sed 's|s3://||; s|/.*||')" s3://
    check "$t s3:// is the same" cmp buckets out
    row "$t rb of an empty bucket" 0 rb "$bucket-empty"
    row "$t ls of a bucket that is not there" 1 ls "$bucket-empty"
    row "$t ls without one of the buckets" 0 ls "${bucket%/*}"
    check "$t it is gone" sh -c '! grep -- "-empty/" out'
    # shellcheck disable=SC2059 # the format is the name
    printf x | "$s3dlio" put - "$(printf "$base/odd/new\nline\ttab")"
    row "$t control characters" 0 ls "$base/odd/"
    check "$t are escaped" out_has '/odd/new\\nline\\ttab$'
    row "$t but not in JSON" 0 ls --json "$base/odd/"
    check "$t where JSON does it" out_has '/odd/new\\nline\\ttab"'
  fi
}

on_every_store listing

# Local paths.
row "a local directory lists its contents" 0 ls tree
check "a line each" test "$(wc -l <out)" -eq 4
check "as URIs" out_has "^$time 2 file://$work/tree/foobar\$"
row "with a slash at its end" 0 ls tree/
check "a line each" test "$(wc -l <out)" -eq 4
row "a local file" 0 ls tree/foobar
check "itself" out_has "^$time 2 file://$work/tree/foobar\$"
mkdir hollow
row "an empty directory" 0 ls hollow
check "nothing" silent
row "a path that is not there" 1 ls nowhere
check "a path that is not there: it is named once" \
  err_has "^s3dlio: cannot stat $work/nowhere: No such file or directory\$"
row "a device" 0 ls /dev/null
check "a device: it has no size" out_has "^$time - file:///dev/null\$"
row "stat of a local directory" 0 stat hollow
check "stat of a local directory: without a slash, too" out_has "^file://$work/hollow/\$"

# A list costs a request a page, which is of 1000 keys.
ask POST '/-/objects?bucket=alpha&key=many/&size=1&count=2500'
ask POST /-/reset
row "s3: a list of 2500 keys" 0 ls -r --count "s3://127.0.0.1:$port/alpha/many/"
check "s3: all of them" out_is '2500 2500'
check "s3: in three requests" test "$(ask GET '/-/ledger?op=ListObjectsV2' | wc -l)" -eq 3
row "s3: --limit" 0 ls -r --limit 7 "s3://127.0.0.1:$port/alpha/many/"
check "s3: so many" test "$(wc -l <out)" -eq 7
check "s3: in one request more" test "$(ask GET '/-/ledger?op=ListObjectsV2' | wc -l)" -eq 4

finish

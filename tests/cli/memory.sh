#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Budgets: 2 GiB go through 200 MiB, in every direction, and long lists through less.

. "$(dirname "$0")/cli.sh"

# A sanitizer's shadow is memory too: there the same is done with less, and not measured.
case ${TEST_CFLAGS-} in
  *-fsanitize*) measured=false size=64M bytes=67108864 keys=5000 ;;
  *) measured=true size=2G bytes=2147483648 keys=1000000 ;;
esac
limit=204800 # KiB
list_limit=49152
start_server --verify-payload never
bucket=s3://127.0.0.1:$port/alpha
"$s3dlio" mb "$bucket" || exit 99
truncate -s $size sparse
ask POST "/-/objects?bucket=alpha&key=pattern&size=$size&seed=7"

# peak_is NAME LIMIT: what was measured last.
peak_is ()
{
  $measured || return
  echo "# $1: $(cat peak) KiB"
  check "$1: peak RSS at most $2 KiB" test "$(cat peak)" -le "$2"
}

# within NAME COMMAND...
within ()
{
  name=$1
  shift
  run "$helper" measure peak "$@"
  check "$name: exit code 0" test "$status" -eq 0
  show stderr err
  peak_is "$name" $limit
}

within "get of $size" "$s3dlio" get "$bucket/pattern" got
check "get of $size: all of it" test "$(stat -c %s got)" -eq $bytes
run sh -c '"$1" measure peak "$2" cat "$3" | cmp - got' sh "$helper" "$s3dlio" "$bucket/pattern"
check "cat of $size: the same bytes" silent
peak_is "cat of $size" $limit
rm -f got
within "put of $size" "$s3dlio" put --sign-payload never sparse "$bucket/put"
row "put of $size: all of it" 0 stat "$bucket/put"
check "put of $size: its size" out_has "^  size: $bytes\$"
row "rm" 0 rm "$bucket/put"
within "put - of $size" sh -c 'exec "$1" put --sign-payload never - "$2" <sparse' sh "$s3dlio" "$bucket/stdin"
row "put - of $size: all of it" 0 stat "$bucket/stdin"
check "put - of $size: its size" out_has "^  size: $bytes\$"
row "rm" 0 rm "$bucket/stdin"

# Lists stream, and what works on them does.
ask POST "/-/objects?bucket=alpha&key=many/&size=1&count=$keys"
run sh -c '"$1" measure peak "$2" ls -r "$3" | wc -l >count' sh "$helper" "$s3dlio" "$bucket/many/"
check "ls -r of $keys keys: all of them" test "$(cat count)" -eq $keys
peak_is "ls -r of $keys keys" $list_limit
check "ls -r of $keys keys: as many requests as pages" \
  test "$(ask GET '/-/ledger?op=ListObjectsV2' | grep -c 'prefix=many')" -eq $((keys / 1000))
run "$helper" measure peak "$s3dlio" rm -r "$bucket/many"
check "rm -r of $keys keys: exit code 0" test "$status" -eq 0
show stderr err
peak_is "rm -r of $keys keys" $list_limit
check "rm -r of $keys keys: a request a thousand" \
  test "$(ask GET '/-/ledger?op=DeleteObjects' | wc -l)" -eq $((keys / 1000))
check "rm -r of $keys keys: none is left" test -z "$(ask GET '/-/objects?bucket=alpha' | grep many)"

finish

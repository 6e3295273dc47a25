#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Budgets: 2 GiB go through 200 MiB, in every direction, and long lists through less.

. "$(dirname "$0")/cli.sh"

limit=204800 # KiB
start_server --verify-payload never
bucket=s3://127.0.0.1:$port/alpha
"$s3dlio" mb "$bucket" || exit 99
truncate -s 2G sparse
ask POST '/-/objects?bucket=alpha&key=pattern&size=2G&seed=7'

# within NAME COMMAND...
within ()
{
  name=$1
  shift
  run "$helper" measure peak "$@"
  check "$name: exit code 0" test "$status" -eq 0
  show stderr err
  echo "# $name: $(cat peak) KiB"
  check "$name: peak RSS at most $limit KiB" test "$(cat peak)" -le $limit
}

within "get of 2 GiB" "$s3dlio" get "$bucket/pattern" got
check "get of 2 GiB: all of it" test "$(stat -c %s got)" -eq 2147483648
rm -f got
run sh -c '"$1" measure peak "$2" cat "$3" | wc -c >count' sh "$helper" "$s3dlio" "$bucket/pattern"
check "cat of 2 GiB: all of it" test "$(cat count)" -eq 2147483648
echo "# cat of 2 GiB: $(cat peak) KiB"
check "cat of 2 GiB: peak RSS at most $limit KiB" test "$(cat peak)" -le $limit
within "put of 2 GiB" "$s3dlio" put --sign-payload never sparse "$bucket/put"
row "put of 2 GiB: all of it" 0 stat "$bucket/put"
check "put of 2 GiB: its size" out_has '^  size: 2147483648$'
row "rm" 0 rm "$bucket/put"
within "put - of 2 GiB" sh -c 'exec "$1" put --sign-payload never - "$2" <sparse' sh "$s3dlio" "$bucket/stdin"
row "put - of 2 GiB: all of it" 0 stat "$bucket/stdin"
check "put - of 2 GiB: its size" out_has '^  size: 2147483648$'
row "rm" 0 rm "$bucket/stdin"

# Lists stream, and what works on them does.
ask POST '/-/objects?bucket=alpha&key=many/&size=1&count=100000'
list_limit=49152
run sh -c '"$1" measure peak "$2" ls -r "$3" | wc -l >count' sh "$helper" "$s3dlio" "$bucket/many/"
check "ls -r of 100000 keys: all of them" test "$(cat count)" -eq 100000
echo "# ls -r of 100000 keys: $(cat peak) KiB"
check "ls -r of 100000 keys: peak RSS at most $list_limit KiB" test "$(cat peak)" -le $list_limit
check "ls -r of 100000 keys: as many requests as pages" \
  test "$(ask GET '/-/ledger?op=ListObjectsV2' | wc -l)" -eq 100
run "$helper" measure peak "$s3dlio" rm -r "$bucket/many"
check "rm -r of 100000 keys: exit code 0" test "$status" -eq 0
show stderr err
echo "# rm -r of 100000 keys: $(cat peak) KiB"
check "rm -r of 100000 keys: peak RSS at most $list_limit KiB" test "$(cat peak)" -le $list_limit
check "rm -r of 100000 keys: none is left" test -z "$(ask GET '/-/objects?bucket=alpha' | grep many)"

finish

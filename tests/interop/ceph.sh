#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command against a real Ceph gateway, over HTTP and HTTPS: objects from nothing to 1 GiB, 10,000 keys, and what
# another client, s3cmd, wrote and reads.
#
#   tests/interop/rgw run -- tests/run tests/interop/ceph.sh

if [ -z "${S3DLIO_TEST_RGW_ENDPOINT-}" ]; then
  echo "1..0 # SKIP no Ceph gateway (tests/interop/rgw starts one)"
  exit 0
fi

. "$top_srcdir/tests/cli/cli.sh"

AWS_ACCESS_KEY_ID=$S3DLIO_TEST_RGW_ACCESS_KEY
AWS_SECRET_ACCESS_KEY=$S3DLIO_TEST_RGW_SECRET_KEY
AWS_CA_BUNDLE=$S3DLIO_TEST_RGW_CA
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_CA_BUNDLE

bucket=interop-$$

# Bytes that no compression or cache makes the same, quickly: a key stream of zeros.
make_file ()
{
  openssl enc -aes-128-ctr -K "$(printf '%032d' "$1")" -iv 0 </dev/zero 2>/dev/null | head -c "$1" >"$2"
}

round_trip ()
{
  "$s3dlio" put "$work/file" "s3://$bucket/object" && "$s3dlio" get "s3://$bucket/object" "$work/back" &&
    cmp "$work/file" "$work/back"
}

for AWS_ENDPOINT_URL in "$S3DLIO_TEST_RGW_ENDPOINT" "$S3DLIO_TEST_RGW_TLS_ENDPOINT"; do
  export AWS_ENDPOINT_URL
  way=${AWS_ENDPOINT_URL%%:*}
  [ "$way" = https ] || row "$way: a bucket is made" 0 mb "s3://$bucket"
  for size in 0 1 8388608 8388609 16777217 100000000 1073741824; do
    make_file "$size" "$work/file"
    check "$way: $size bytes come back" round_trip
  done
done
rm -f "$work/file" "$work/back"
AWS_ENDPOINT_URL=$S3DLIO_TEST_RGW_ENDPOINT

# ---- many keys

mkdir "$work/many"
(cd "$work/many" && seq -f '%05.0f' 10000 | xargs touch)
count_is () { [ "$("$s3dlio" ls -r "s3://$bucket/$1" | wc -l)" -eq "$2" ]; }
row "10,000 files are copied" 0 cp -r "$work/many" "s3://$bucket/many/"
check "10,000 keys are listed" count_is many/ 10000
row "10,000 objects are removed" 0 rm -r "s3://$bucket/many"
check "none of them is left" [ "$("$s3dlio" ls -r "s3://$bucket/many/" 2>/dev/null | wc -l)" -eq 0 ]

# ---- pieces

printf 0123456789 >"$work/ten"
row "ten bytes are put" 0 put "$work/ten" "s3://$bucket/ten"
piece_is () { [ "$("$s3dlio" cat --range "$1" "s3://$bucket/ten")" = "$2" ]; }
check "the last bytes" piece_is -4: 6789
check "more than there are: all" piece_is -40: 0123456789
check "from an offset on" piece_is 7: 789
check "a piece" piece_is 2:3 234

# ---- another client

authority=${S3DLIO_TEST_RGW_ENDPOINT#*://}
other ()
{
  s3cmd --config=/dev/null --access_key="$AWS_ACCESS_KEY_ID" --secret_key="$AWS_SECRET_ACCESS_KEY" --no-ssl \
    --host="$authority" --host-bucket="$authority" --no-progress "$@"
}

theirs_is_ours ()
{
  other put "$work/file" "s3://$bucket/$1" && "$s3dlio" cat "s3://$bucket/$1" | cmp - "$work/file"
}

ours_is_theirs ()
{
  "$s3dlio" put "$work/file" "s3://$bucket/$1" && other get --force "s3://$bucket/$1" "$work/back" &&
    cmp "$work/file" "$work/back"
}

if command -v s3cmd >/dev/null; then
  for size in 0 4711 40000000; do
    make_file "$size" "$work/file"
    for key in plain 'with space' 'a+b&c=d' 'grün/日本' '100%'; do
      check "what s3cmd wrote is read: $size bytes, $key" theirs_is_ours "theirs/$key"
      check "what was written is read by s3cmd: $size bytes, $key" ours_is_theirs "ours/$key"
    done
  done
  "$s3dlio" ls -r "s3://$bucket/theirs/" | sed 's/.* s3:/s3:/' | sort >"$work/ours.list"
  other ls -r "s3://$bucket/theirs/" | sed 's/.* s3:/s3:/' | sort >"$work/theirs.list"
  check "both list the same" diff "$work/theirs.list" "$work/ours.list"
else
  skip "what s3cmd wrote is read" "no s3cmd"
fi

row "the bucket goes with all that is in it" 0 rb --force "s3://$bucket"
finish

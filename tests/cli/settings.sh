#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every setting is an option, and refuses what it cannot mean; where requests go, and who signs them.

. "$(dirname "$0")/cli.sh"

echo data >file
"$s3dlio" help settings >settings

# Each one: a value of its form is taken, and one that is not is refused by name.
grep -oE '^  --[^ ]+( [^ ]+)?' settings | while read -r option form; do
  name=${option%%\[*}
  case $option$form in
    *yes\|no*) set -- "$name" "$name=no" "$name=perhaps" ;;
    *SIZE) set -- "$name=32Mi" "$name=10M" "$name=large" ;;
    *SECONDS) set -- "$name=2.5" "$name=60" "$name=soon" ;;
    *NUMBER) set -- "$name=5" "$name=1" "$name=-1" ;;
    *URL) set -- "$name=http://127.0.0.1:1" "$name=https://host" "$name=host" ;;
    *\|*) set -- "$name=${form%%|*}" "$name=${form##*|}" "$name=nonsense" ;;
    *) set -- "$name=text" "$name=other" ;;
  esac
  echo "$name $*"
done >table
while read -r name good other bad; do
  row "$name is taken" 0 stat "$good" "file://$work/file"
  row "$name is taken, another way" 0 stat "$other" "file://$work/file"
  if [ -n "$bad" ]; then
    row "$name is refused" 2 stat "$bad" "file://$work/file"
    check "$name is named" err_has "$name"
  fi
done <table

start_server --tls-dir "$work/tls" --region test-region-1
service=s3://127.0.0.1:$port
"$s3dlio" mb "$service/alpha" || exit 99
"$s3dlio" put file "$service/alpha/file" || exit 99
authorization ()
{
  ask GET /-/ledger | grep -oi 'authorization: [^"]*'
}

row "--endpoint-url" 0 cat --endpoint-url "http://127.0.0.1:$port" s3://alpha/file
check "--endpoint-url: from there" cmp file out

tls=$(sed -n 's|.*https://localhost:\([0-9]*\).*|\1|p' server-out)
row "https without a CA that is trusted" 1 cat --retries 1 --endpoint-url "https://localhost:$tls" s3://alpha/file
row "--ca-bundle" 0 cat --ca-bundle tls/ca.pem --endpoint-url "https://localhost:$tls" s3://alpha/file
check "--ca-bundle: the bytes" cmp file out
row "--ca-bundle: another CA" 1 cat --retries 1 --ca-bundle tls/other-ca.pem --endpoint-url "https://localhost:$tls" \
  s3://alpha/file

ask POST /-/reset
row "--addressing-style path" 0 cat --addressing-style path --endpoint-url "http://s3.localhost:$port" s3://alpha/file
check "--addressing-style path: in the path" sh -c 'printf "%s" "$1" | grep -q "\"target\":\"/alpha/file"' sh \
  "$(ask GET /-/ledger)"
ask POST /-/reset
row "--addressing-style virtual" 0 cat --addressing-style virtual --endpoint-url "http://s3.localhost:$port" \
  s3://alpha/file
check "--addressing-style virtual: in the host name" sh -c 'printf "%s" "$1" | grep -q "Host: alpha.s3.localhost"' sh \
  "$(ask GET /-/ledger)"

ask POST /-/reset
row "--region" 0 cat --region test-region-1 "$service/alpha/file"
check "--region: it is signed for" sh -c 'printf "%s" "$1" | grep -q "/test-region-1/s3/aws4_request"' sh \
  "$(authorization)"
ask POST /-/reset
row "--no-sign-request" 1 cat --no-sign-request "$service/alpha/file"
check "--no-sign-request: nothing is signed" test -z "$(authorization)"

# Credentials: of a profile, and by hand.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
mkdir -p "$HOME/.aws"
printf '[other]\naws_access_key_id = testkey\naws_secret_access_key = testsecret\n' >"$HOME/.aws/credentials"
row "no credentials" 1 cat "$service/alpha/file"
row "--profile" 0 cat --profile other "$service/alpha/file"
row "credentials by hand" 0 cat --access-key-id testkey --secret-access-key testsecret "$service/alpha/file"
row "wrong ones" 1 -vv cat --access-key-id testkey --secret-access-key hunter2 "$service/alpha/file"
check "no secret is printed" sh -c '! grep -e hunter2 -e Signature= err'
export AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret

# What is verified, and told; what the other settings do stands in effects.
export AWS_REGION=test-region-1
ask POST /-/reset
row "--verify" 0 put --checksum crc32c --verify file "$service/alpha/summed"
check "--verify: it asks for the checksum" sh -c 'printf "%s" "$1" | grep -q "x-amz-checksum-mode"' sh \
  "$(ask GET '/-/ledger?op=HeadObject')"
ask POST /-/faults 'op=HeadObject action=wrong-checksum' >/dev/null
row "--verify: another checksum" 1 --json put --checksum crc32c --verify file "$service/alpha/summed"
check "--verify: it says so" err_has '"code":"integrity"'
check "--verify: of which object" err_has "$service/alpha/summed"
head -c 20000000 /dev/zero >large
"$s3dlio" put large "$service/alpha/large" || exit 99
ask POST /-/reset
row "--range -5: of cat" 0 cat --range -5: "$service/alpha/large"
row "--range -5: of get" 0 get --range -5: "$service/alpha/large" got
check "--range -5: each is one request" test "$(ask GET /-/ledger | wc -l)" -eq 2

# What cannot be meant is noted, and what happens is told.
S3DLIO_STAL_TIMEOUT=5
export S3DLIO_STAL_TIMEOUT
row "an unknown variable is no error" 0 cat "$service/alpha/file"
check "but noted" err_has S3DLIO_STAL_TIMEOUT
row "-q: no notes" 0 cat -q "$service/alpha/file"
check "none" err_empty
unset S3DLIO_STAL_TIMEOUT
row "-vv" 0 cat -vv "$service/alpha/file"
check "-vv tells of requests" err_has 'GET .*/alpha/file: 206.*attempts: 1'
check "-vv tells no secret" sh -c '! grep -e testsecret -e Signature= err'

ask POST /-/faults 'op=HeadObject action=hold' >/dev/null
row "a duration" 1 stat --stall-timeout 0.3 --retries 1 "$service/alpha/file"
check "a duration: its number is of seconds" err_has 'no byte for 0.3 s'
ask POST /-/release >/dev/null
ask DELETE /-/faults >/dev/null

# -j bounds the objects at once.
ask POST '/-/objects?bucket=alpha&key=tree/&size=10&count=40'
ask POST /-/reset
ask POST /-/faults 'op=GetObject action=latency ms=20' >/dev/null
row "-j" 0 cp -r -j 3 "$service/alpha/tree" tree
check "-j: so many at once, and more than one" sh -c 'printf "%s" "$1" |
  grep -q "\"GetObject\":{\"count\":40,\"in_flight\":[0-9]*,\"max_in_flight\":[23]}"' sh "$(ask GET /-/counts)"

finish

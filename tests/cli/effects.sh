#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every setting does something: as an option, as a variable, and the option beats the variable. A setting that is not
# here fails the last test.

. "$(dirname "$0")/probes.sh"

tested=

variable_of ()
{
  echo "S3DLIO_$(echo "$1" | tr a-z- A-Z_)"
}

# effect KNOB VALUE SEEN OTHER SEEN PROBE
effect ()
{
  knob=$1 value=$2 then=$3 other=$4 else=$5 probe=$6
  variable=$(variable_of "$knob")
  tested="$tested $knob"
  is "--$knob $value" "$then" "$probe" "--$knob=$value"
  is "--$knob $other" "$else" "$probe" "--$knob=$other"
  is "$variable" "$then" with "$variable=$value" "$probe"
  is "--$knob beats $variable" "$else" with "$variable=$value" "$probe" "--$knob=$other"
  case $knob in
    s3-*)
      general=$(variable_of "${knob#s3-}")
      is "$variable beats $general" "$then" with "$general=$other" with "$variable=$value" "$probe"
      is "$general holds where $variable is not set" "$then" with "$general=$value" "$probe"
      ;;
  esac
}

# elsewhere KNOB FILE TEST: a test that exists shows it.
elsewhere ()
{
  tested="$tested $1"
  check "$1: in $2" grep -qF "\"$3\"" "$top_srcdir/tests/$2"
}

# Only TLS 1.2, for --tls-min-version.
printf '[overrides]\ndisabled-version = tls1.3\n' >gnutls
GNUTLS_SYSTEM_PRIORITY_FILE=$work/gnutls
export GNUTLS_SYSTEM_PRIORITY_FILE
start_server --tls-dir "$work/tls" --region region-1 --region-mode ignore
unset GNUTLS_SYSTEM_PRIORITY_FILE
http=http://127.0.0.1:$port
https=$(sed -n 's|.*\(https://localhost:[0-9]*\).*|\1|p' server-out)
alpha=s3://127.0.0.1:$port/alpha

echo data >file
head -c 20000000 /dev/zero >large
"$s3dlio" mb "$alpha" && "$s3dlio" put file "$alpha/file" && "$s3dlio" put large "$alpha/large" || exit 99
ask POST '/-/objects?bucket=alpha&key=tree/&size=10&count=40'

# ---- Objects at once, and limits ----

tree_crowd ()
{
  fresh 'op=GetObject action=latency ms=20'
  try cp -r "$alpha/tree" tree "$@"
  crowd GetObject 3
}
sixteen_jobs ()
{
  tree_crowd -j 16 "$@"
}
connections ()
{
  sixteen_jobs "$@" >/dev/null
  few_of "$(seen GetObject | grep -o '"connection":[0-9]*' | sort -u | wc -l)" 3
}
effect max-concurrent-downloads 3 few 20 many tree_crowd
is "S3DLIO_LOADER_NUM_WORKERS is the same knob" few with S3DLIO_LOADER_NUM_WORKERS=3 tree_crowd
is "-j is the same knob" few tree_crowd -j 3
effect max-total-requests 3 few 20 many sixteen_jobs
effect connections 3 few 20 many connections

# In order, to a pipe, what came early is held: so many ranges of 1 MiB.
held_ranges ()
{
  fresh 'op=GetObject action=latency ms=50'
  timeout "$patience" "$s3dlio" cat --range-split-threshold 1Mi --range-chunk-size 1Mi "$@" "$alpha/large" | wc -c >out
  crowd GetObject 4
}
effect memory-budget 8Mi few 1Gi many held_ranges

# ---- Ranges ----

ranges ()
{
  fresh
  try get "$alpha/large" got "$@"
  requests GetObject
}
split_early ()
{
  ranges --range-split-threshold 1Mi "$@"
}
range_crowd ()
{
  fresh 'op=GetObject action=latency ms=20'
  try get --range-split-threshold 1Mi --range-chunk-size 1Mi "$alpha/large" got "$@"
  crowd GetObject 3
}
stalled_range ()
{
  fresh 'op=GetObject action=stall after=1000'
  outcome get --retries 1 "$alpha/large" got "$@"
}
for prefix in '' s3-; do
  effect ${prefix}enable-range-engine no 1 yes 3 ranges
  effect ${prefix}max-concurrent-ranges 3 few 16 many range_crowd
  effect ${prefix}range-split-threshold 32Mi 1 8Mi 3 ranges
  effect ${prefix}range-chunk-size 5Mi 5 10Mi 3 split_early
  effect ${prefix}range-timeout 0.3 timed-out 60 waits stalled_range
done
elsewhere file-enable-range-engine unit/engine/test-range.c /engine/range/files-switched-off
for knob in max-concurrent-ranges range-split-threshold range-chunk-size; do
  elsewhere file-$knob unit/engine/test-range.c /engine/range/knobs-of-files
done

# ---- Transport ----

silent_stat ()
{
  fresh 'op=HeadObject action=hold'
  outcome stat --retries 1 "$alpha/file" "$@"
}
effect stall-timeout 0.3 timed-out 60 waits silent_stat

"$helper" full "$work/full" <"$work/server-stdin" 9>&- &
until [ -s full ]; do sleep 0.1; done
full=$(cat full)
connecting ()
{
  outcome stat --retries 1 "s3://127.0.0.1:$full/alpha/file" "$@"
}
effect connect-timeout 0.3 timed-out 60 waits connecting

attempts ()
{
  fresh 'op=HeadObject action=status status=503'
  try stat "$alpha/file" "$@"
  requests HeadObject
}
effect retries 2 2 1 1 attempts

over_tls ()
{
  fresh
  outcome stat --retries 1 --endpoint-url "$https" s3://alpha/file "$@"
}
over_trusted_tls ()
{
  over_tls --ca-bundle tls/ca.pem "$@"
}
effect ca-bundle tls/ca.pem ok tls/other-ca.pem network over_tls
effect tls-min-version 1.3 network 1.2 ok over_trusted_tls

redirected ()
{
  fresh "op=HeadObject count=1 action=redirect status=307 location=http://localhost:$port/alpha/file"
  try stat "$alpha/file" "$@"
  requests HeadObject
}
effect follow-redirects yes 2 no 1 redirected

"$helper" hear "$work/heard" "$work/said" <"$work/server-stdin" 9>&- &
until [ -s heard ]; do sleep 0.1; done
heard=$(cat heard)
# What it offers to speak (ALPN).
offer ()
{
  try stat --retries 1 --endpoint-url "https://127.0.0.1:$heard" s3://alpha/file "$@"
  LC_ALL=C grep -aoE '(h2.)?http/1\.1' said | tr -d '\010'
}
effect http2 yes h2http/1.1 no http/1.1 offer

# ---- Writes ----

parts ()
{
  fresh
  try put large "$alpha/new" "$@"
  requests UploadPart
}
part_crowd ()
{
  fresh 'op=UploadPart action=latency ms=20'
  try put --part-size 5Mi --multipart-threshold 5Mi larger "$alpha/new" "$@"
  crowd UploadPart 3
}
copied_parts ()
{
  fresh
  try cp --part-size 6Mi "$alpha/large" "$alpha/new" "$@"
  requests UploadPartCopy
}
truncate -s 60M larger
effect part-size 6Mi 4 8Mi 3 parts
effect multipart-threshold 32Mi 0 10Mi 3 parts
effect multipart-copy-threshold 10Mi 4 1Gi 0 copied_parts
effect concurrent-parts 3 few 10 many part_crowd

payload ()
{
  fresh
  try put file "$alpha/new" "$@"
  header PutObject x-amz-content-sha256 | sed 's/^[0-9a-f]\{64\}$/hash/'
}
payload_over_tls ()
{
  fresh
  try put --ca-bundle tls/ca.pem --endpoint-url "$https" file s3://alpha/new "$@"
  header PutObject x-amz-content-sha256 | sed 's/^[0-9a-f]\{64\}$/hash/'
}
effect sign-payload never UNSIGNED-PAYLOAD always hash payload
is "--sign-payload auto: without TLS" hash payload --sign-payload auto
is "--sign-payload auto: over TLS" UNSIGNED-PAYLOAD payload_over_tls --sign-payload auto
is "--sign-payload always: over TLS" hash payload_over_tls --sign-payload always

sum ()
{
  fresh
  try put file "$alpha/new" "$@"
  header PutObject x-amz-checksum-crc32c
}
# The CRC32C of "data\n".
effect checksum crc32c "GInBvA==" none none sum
is "--checksum auto: not to other services" none sum --checksum auto

verified ()
{
  fresh
  try put file "$alpha/new" "$@"
  requests HeadObject
}
effect verify yes 1 no 0 verified
elsewhere fsync unit/file/test-write.c /file/write/synced-as-set

# ---- S3 ----

at_endpoint ()
{
  fresh
  outcome stat --retries 1 s3://alpha/file "$@"
}
effect endpoint-url "$http" ok http://127.0.0.1:1 network at_endpoint

stat_signed ()
{
  fresh
  try stat "$alpha/file" "$@"
  signed HeadObject
}
effect region region-2 "testkey region-2" region-3 "testkey region-3" stat_signed
effect no-sign-request yes none no "testkey us-east-1" stat_signed

stat_target ()
{
  fresh
  try stat --endpoint-url "http://s3.localhost:$port" s3://alpha/file "$@"
  header HeadObject host
}
effect addressing-style virtual "alpha.s3.localhost:$port" path "s3.localhost:$port" stat_target

mkdir -p "$HOME/.aws"
printf '[one]\naws_access_key_id = key-1\naws_secret_access_key = s\n[two]\naws_access_key_id = key-2\n' \
  >"$HOME/.aws/credentials"
echo 'aws_secret_access_key = s' >>"$HOME/.aws/credentials"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
effect profile one "key-1 us-east-1" two "key-2 us-east-1" stat_signed

with_secret ()
{
  stat_signed --secret-access-key s "$@"
}
with_key ()
{
  fresh
  outcome stat --access-key-id testkey "$alpha/file" "$@"
}
with_token ()
{
  with_secret --access-key-id testkey "$@" >"$work/signed"
  header HeadObject x-amz-security-token
}
effect access-key-id key-3 "key-3 us-east-1" key-4 "key-4 us-east-1" with_secret
effect secret-access-key testsecret ok wrong denied with_key
effect session-token token-1 token-1 token-2 token-2 with_token

# ---- All of them ----

# The settings that are not among $1.
untested ()
{
  "$s3dlio" help settings | sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' | while read -r knob; do
    case " $1 " in
      *" $knob "*) ;;
      *) echo "$knob" ;;
    esac
  done
}
green "every setting has a test of its effect" untested "$tested"
check "red: a setting without one" test "$(untested "${tested% session-token}")" = session-token

finish

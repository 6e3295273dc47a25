#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the AWS tools read (their variables and shared files) does here what it does there; and it stands behind our own
# settings: by hand, then the environment, then the profile, then the default.

. "$(dirname "$0")/probes.sh"

start_server --tls-dir "$work/tls" --region region-1 --region-mode ignore
http=http://127.0.0.1:$port
https=$(sed -n 's|.*\(https://localhost:[0-9]*\).*|\1|p' server-out)
alpha=s3://127.0.0.1:$port/alpha
echo data >file
"$s3dlio" mb "$alpha" && "$s3dlio" put file "$alpha/file" || exit 99

# config LINE..., credentials LINE...: the shared files. Without a LINE there is none.
config ()
{
  shared config "$@"
}
credentials ()
{
  shared credentials "$@"
}
shared ()
{
  shared_file=$HOME/.aws/$1
  shift
  mkdir -p "$HOME/.aws"
  rm -f "$shared_file"
  [ $# -eq 0 ] || printf '%s\n' "$@" >"$shared_file"
}

who ()
{
  fresh
  try stat "$alpha/file" "$@"
  signed HeadObject
}
token ()
{
  who "$@" >"$work/signed"
  header HeadObject x-amz-security-token
}
at ()
{
  fresh
  outcome stat --retries 1 s3://alpha/file "$@"
}
over_tls ()
{
  at --endpoint-url "$https" "$@"
}
attempts ()
{
  fresh 'op=HeadObject action=status status=503'
  try stat "$alpha/file" "$@"
  requests HeadObject
}
host ()
{
  fresh
  try stat --endpoint-url "http://s3.localhost:$port" s3://alpha/file "$@"
  header HeadObject host
}
# The service for a proxy, so that it can be called Amazon.
sum ()
{
  fresh
  with http_proxy="$http" try put --endpoint-url http://s3.region-1.amazonaws.com --addressing-style path \
    file s3://alpha/new "$@"
  header PutObject x-amz-checksum-crc32c
}

# ---- Keys ----

is "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY" "testkey us-east-1" who
is "AWS_SESSION_TOKEN" token-1 with AWS_SESSION_TOKEN=token-1 token
is "the secret of the environment is used" denied with AWS_SECRET_ACCESS_KEY=wrong at --endpoint-url "$http"
is "--access-key-id beats AWS_ACCESS_KEY_ID" "key-0 us-east-1" who --access-key-id key-0 --secret-access-key s
is "S3DLIO_ACCESS_KEY_ID beats AWS_ACCESS_KEY_ID" "key-0 us-east-1" \
  with S3DLIO_ACCESS_KEY_ID=key-0 with S3DLIO_SECRET_ACCESS_KEY=s who

credentials '[default]' 'aws_access_key_id = key-1' 'aws_secret_access_key = s' 'aws_session_token = token-1' \
  '[two]' 'aws_access_key_id = key-2' 'aws_secret_access_key = s'
config '[profile three]' 'aws_access_key_id = key-3' 'aws_secret_access_key = s' 'region = region-3'
is "the environment beats the default profile" "testkey us-east-1" who
is "--profile beats keys of the environment" "key-2 us-east-1" who --profile two
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
is "the default profile" "key-1 us-east-1" who
is "its token" token-1 token
is "AWS_PROFILE" "key-2 us-east-1" with AWS_PROFILE=two who
is "AWS_PROFILE: of the config file" "key-3 region-3" with AWS_PROFILE=three who
is "S3DLIO_PROFILE beats AWS_PROFILE" "key-3 region-3" with AWS_PROFILE=two with S3DLIO_PROFILE=three who
is "--profile beats AWS_PROFILE" "key-3 region-3" with AWS_PROFILE=two who --profile three
is "a profile that is missing is an error" invalid with AWS_PROFILE=four at --endpoint-url "$http"
check "which names it" err_has four

printf '[default]\naws_access_key_id = key-4\naws_secret_access_key = s\n' >elsewhere
is "AWS_SHARED_CREDENTIALS_FILE" "key-4 us-east-1" with AWS_SHARED_CREDENTIALS_FILE="$work/elsewhere" who
printf '[default]\nregion = region-4\n' >elsewhere
is "AWS_CONFIG_FILE" "key-1 region-4" with AWS_CONFIG_FILE="$work/elsewhere" who
is "no request is signed for --no-sign-request" none who --no-sign-request
credentials
is "no keys are an error, not an anonymous request" credentials at --endpoint-url "$http"
check "which sends nothing" test "$(requests HeadObject)" -eq 0

export AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret

# ---- Region ----

config '[default]' 'region = region-5'
is "region of the profile" "testkey region-5" who
is "AWS_DEFAULT_REGION beats the profile" "testkey region-6" with AWS_DEFAULT_REGION=region-6 who
is "AWS_REGION beats AWS_DEFAULT_REGION" "testkey region-7" \
  with AWS_DEFAULT_REGION=region-6 with AWS_REGION=region-7 who
is "S3DLIO_REGION beats AWS_REGION" "testkey region-8" with AWS_REGION=region-7 with S3DLIO_REGION=region-8 who
is "--region beats AWS_REGION" "testkey region-9" with AWS_REGION=region-7 who --region region-9
config
is "us-east-1 when none is given" "testkey us-east-1" who

# ---- Endpoint ----

none=http://127.0.0.1:1
config '[default]' "endpoint_url = $http"
is "endpoint_url of the profile" ok at
config '[default]' "endpoint_url = $none" 'services = local' '[services local]' 's3 =' "  endpoint_url = $http"
is "endpoint_url of the profile's services beats it" ok at
is "AWS_ENDPOINT_URL beats the profile" network with AWS_ENDPOINT_URL=$none at
config '[default]' "endpoint_url = $none"
is "AWS_ENDPOINT_URL" ok with AWS_ENDPOINT_URL="$http" at
is "AWS_ENDPOINT_URL_S3 beats AWS_ENDPOINT_URL" ok with AWS_ENDPOINT_URL=$none with AWS_ENDPOINT_URL_S3="$http" at
is "S3DLIO_ENDPOINT_URL beats AWS_ENDPOINT_URL_S3" ok with AWS_ENDPOINT_URL_S3=$none with S3DLIO_ENDPOINT_URL="$http" at
is "--endpoint-url beats AWS_ENDPOINT_URL_S3" ok with AWS_ENDPOINT_URL_S3=$none at --endpoint-url "$http"
is "HOST:PORT of a URI beats them" "testkey us-east-1" with AWS_ENDPOINT_URL_S3=$none who

# ---- The rest ----

config '[default]' 's3 =' '  addressing_style = virtual'
is "addressing_style of the profile" "alpha.s3.localhost:$port" host
is "S3DLIO_ADDRESSING_STYLE beats it" "s3.localhost:$port" with S3DLIO_ADDRESSING_STYLE=path host
config '[default]' 's3 =' '  addressing_style = sideways'
is "addressing_style of the profile: a wrong one is an error" invalid at --endpoint-url "$http"
check "which names it" err_has "addressing_style"
config

is "AWS_MAX_ATTEMPTS" 2 with AWS_MAX_ATTEMPTS=2 attempts
is "S3DLIO_RETRIES beats AWS_MAX_ATTEMPTS" 1 with AWS_MAX_ATTEMPTS=2 with S3DLIO_RETRIES=1 attempts
is "--retries beats AWS_MAX_ATTEMPTS" 1 with AWS_MAX_ATTEMPTS=2 attempts --retries 1
config '[default]' 'max_attempts = 3'
is "max_attempts of the profile" 3 attempts
is "AWS_MAX_ATTEMPTS beats max_attempts" 2 with AWS_MAX_ATTEMPTS=2 attempts
is "--retries beats max_attempts" 1 attempts --retries 1
config '[default]' 'max_attempts = 3' '[profile two]' 'max_attempts = 2'
is "max_attempts is of the chosen profile" 2 \
  attempts --profile two --access-key-id testkey --secret-access-key testsecret
config '[default]' 'max_attempts = many'
is "max_attempts: a wrong one is an error" invalid outcome stat "$alpha/file"
check "which names it: max_attempts" err_has "the profile's max_attempts"
is "max_attempts: not of who uses no S3" ok outcome stat "file://$work/file"
config
is "AWS_CA_BUNDLE" ok with AWS_CA_BUNDLE=tls/ca.pem over_tls
is "AWS_CA_BUNDLE: another CA" network with AWS_CA_BUNDLE=tls/other-ca.pem over_tls
is "S3DLIO_CA_BUNDLE beats AWS_CA_BUNDLE" ok \
  with AWS_CA_BUNDLE=tls/other-ca.pem with S3DLIO_CA_BUNDLE=tls/ca.pem over_tls
config '[default]' 'ca_bundle = tls/ca.pem'
is "ca_bundle of the profile" ok over_tls
is "AWS_CA_BUNDLE beats ca_bundle" network with AWS_CA_BUNDLE=tls/other-ca.pem over_tls
is "--ca-bundle beats ca_bundle" network over_tls --ca-bundle tls/other-ca.pem
config '[default]' 'ca_bundle = tls/other-ca.pem'
is "ca_bundle of the profile: another CA" network over_tls
config '[default]' 'ca_bundle = nowhere.pem'
is "ca_bundle: a file that is missing is an error" invalid over_tls
check "which names the file" err_has nowhere.pem
is "ca_bundle: not of who uses no TLS" ok at --endpoint-url "$http"
config

is "no checksum unless asked for, also at Amazon" none sum
is "AWS_REQUEST_CHECKSUM_CALCULATION=when_supported" GInBvA== \
  with AWS_REQUEST_CHECKSUM_CALCULATION=when_supported sum
config '[default]' 'request_checksum_calculation = when_supported'
is "request_checksum_calculation of the profile" GInBvA== sum
is "AWS_REQUEST_CHECKSUM_CALCULATION beats it" none with AWS_REQUEST_CHECKSUM_CALCULATION=when_required sum
is "--checksum beats AWS_REQUEST_CHECKSUM_CALCULATION" none with AWS_REQUEST_CHECKSUM_CALCULATION=when_supported \
  sum --checksum none
config '[default]' 'request_checksum_calculation = sometimes'
is "request_checksum_calculation: a wrong one is an error" invalid at --endpoint-url "$http"

# ---- What is wrong ----

config
is "a wrong variable is an error" invalid with AWS_MAX_ATTEMPTS=many outcome stat "$alpha/file"
check "which names it" err_has AWS_MAX_ATTEMPTS
is "but not of who uses no S3" ok with AWS_MAX_ATTEMPTS=many outcome stat "file://$work/file"

finish

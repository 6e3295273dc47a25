#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line: what is wrong with it is exit code 2, before anything is done.

. "$(dirname "$0")/cli.sh"

bad ()
{
  bad_name=$1
  shift
  row "usage: $bad_name" 2 "$@"
  check "usage: $bad_name: it is said on stderr" err_has '^s3dlio: '
  check "usage: $bad_name: stdout is empty" out_empty
}

bad "no verb"
bad "an unknown verb" list s3://b
bad "a second spelling of ls" list
bad "a verb whose turn has not come: presign" presign s3://b/k
bad "a verb whose turn has not come: sync" sync a b
bad "an unknown option" ls --nonsense s3://b
bad "an unknown letter" ls -Z s3://b
bad "an option of another verb: --range" ls --range 0:1 s3://b
bad "an option of another verb: --limit" cat --limit 1 s3://b/k
bad "an option of another verb: -r" get -r s3://b/k
bad "an option of another verb: --force" rm --force s3://b/k
bad "an option of another verb: -j" cat -j 2 s3://b/k
bad "a flag with a value" ls --recursive=yes s3://b
bad "a missing value" ls --limit
bad "a number that is none: --limit" ls --limit ten s3://b
bad "a number that is none: -j" stat -j 0 s3://b/k
check "usage: it says -j" err_has "^s3dlio: -j: '0' is not"
bad "a number out of bounds: --jobs" stat --jobs 99999 s3://b/k
check "usage: it says --jobs" err_has "^s3dlio: --jobs: '99999' is not"
bad "a range that is none" cat --range five s3://b/k
bad "a range from the end with a length" cat --range -5:3 s3://b/k
bad "a regular expression that is none" ls --regex '(' s3://b
bad "metadata that is none" put --metadata novalue f s3://b/k
bad "a setting that does not parse" ls --stall-timeout soon s3://b
check "usage: it names the setting" err_has '\-\-stall-timeout'
bad "a setting out of bounds" ls --retries 0 s3://b
bad "underscores in a setting" ls --stall_timeout 5 s3://b
bad "too few arguments: stat" stat
bad "too few arguments: cp" cp only
bad "too many arguments: put" put a b c
bad "too many arguments: get" get s3://b/k f g
bad "an unknown scheme" ls ftp://host/file
check "usage: it names the scheme" err_has 'ftp'
bad "an unknown scheme as the target of cp" cp a xyz://b/k
echo data >local
for scheme in az://account/container gs://bucket gcs://bucket direct:///bucket; do
  bad "a scheme whose turn has not come: ls $scheme" ls "$scheme"
  check "usage: it names the scheme" err_has "no backend for ${scheme%%:*}\|no backend for gs"
  bad "a scheme whose turn has not come: cp from $scheme" cp "$scheme/key" "$work/copy"
  bad "a scheme whose turn has not come: cp to $scheme" cp local "$scheme/key"
  bad "a scheme whose turn has not come: put $scheme" put local "$scheme/key"
  bad "a scheme whose turn has not come: get $scheme" get "$scheme/key"
  bad "a scheme whose turn has not come: mv to $scheme" mv local "$scheme/key"
  bad "a scheme whose turn has not come: rm $scheme" rm "file://$work/local" "$scheme/key"
  bad "a scheme whose turn has not come: mb $scheme" mb "$scheme"
done
check "a scheme whose turn has not come: nothing was done" test -s local
bad "a setting of a scheme whose turn has not come" ls --direct-range-chunk-size 1Mi s3://b
bad "no URI for rm" rm key
bad "no URI for get" get key
bad "no URI for put" put file key
bad "no URI for mb" mb bucket
bad "a target of get that is no file" get s3://b/k s3://b/k2
bad "a source of put that is no file" put s3://b/k s3://b/k2
bad "stdin without a name" put - s3://b/dir/
bad "stdin to a bucket" put - s3://b
bad "a key for mb" mb s3://b/key
bad "a key for rb" rb --force s3://b/key
bad "no bucket in the target" cp a s3://
bad "attributes of a local file" cp --content-type text/plain s3://b/k file
bad "attributes of a local file: put" put --metadata a=b file "file://$work/copy"
bad "filters without -r" rm --include '*' s3://b/k
bad "many to stdout" get --files-from list -
bad "an empty target of get" get s3://b/k ''
check "an empty target of get: it says so" err_has 'an empty name'
bad "an empty name for --files-from" cat --files-from ''
bad "a metadata name that no header can hold" put --metadata 'a b=c' file s3://b/k
bad "metadata of two lines" put --metadata "a=b
c" file s3://b/k
bad "an empty content type" put --content-type '' file s3://b/k
bad "a limit with a unit" ls --limit 1k s3://b
check "a limit with a unit: what it may be" err_has "'1k' is not a whole number from 1 to 9223372036854775806"
bad "a limit that no number can hold" ls --limit 99999999999999999999 s3://b
bad "an empty verb" ''
check "an empty verb: it can be seen" err_has "^s3dlio: '': "
bad "help of two verbs" help ls get
bad "help of settings and a verb" help settings ls
: >plain
bad "several sources to a file" cp s3://b/a s3://b/c plain

row "usage: --json" 2 --json cat
check "usage: --json: the error is JSON" err_has '^{"error":{"code":"usage","message":".*"}}$'

row "--version" 0 --version
check "--version: it is the version" out_has '^s3dlio [0-9]'
row "--help" 0 --help
check "--help: it names the verbs" out_has '^  ls '
row "--help before other errors" 0 stat --help
check "VERB --help is help VERB" out_has 'Usage: s3dlio stat'
row "help VERB" 0 help stat
check "help VERB is about the verb" out_has 'Usage: s3dlio stat'
row "help of an unknown verb" 2 help nonsense
row "help settings" 0 help settings
check "help settings has every setting" out_has '\-\-stall-timeout SECONDS'
row "no secret in help" 0 help settings --secret-access-key hunter2
check "no secret in help, really" sh -c '! grep hunter2 "$1"' sh "$work/out"

# Options before and after the verb; "--" ends them.
echo data >-file
echo data >file
row "options before the verb" 0 --json stat "file://$work/file"
check "options before the verb count" out_has '^{"uri"'
row "options after the arguments" 0 stat "file://$work/file" --json
check "options after the arguments count" out_has '^{"uri"'
row "-- ends options" 0 cat -- -file
check "-- ends options: the file is read" out_is data
row "an option with = and its value" 0 ls --limit=1 "file://$work/file"
row "letters together" 0 ls -rvq "file://$work/file"
row "a letter with its value" 0 stat -j4 "file://$work/file"
row "a letter and its value" 0 stat -j 4 "file://$work/file"
row "settings as options" 0 stat --stall-timeout 2.5 --part-size 16Mi --http2 --fsync=no "file://$work/file"

head -c 2000000 /dev/zero >zeros
while read -r size bytes; do
  row "a size: $size" 0 cat --range "0:$size" zeros
  check "a size: $size is $bytes" test "$(wc -c <out)" -eq "$bytes"
done <<END
3k 3000
3Ki 3072
1M 1000000
1Mi 1048576
END
row "a size: 1G" 1 cat --range 1G: zeros
check "a size: 1G is a power of 1000" err_has 'offset 1000000000 lies behind'
row "a size: 1Gi" 1 cat --range 1Gi: zeros
check "a size: 1Gi is a power of 1024" err_has 'offset 1073741824 lies behind'

S3DLIO_STALL_TIMEOUT=never
export S3DLIO_STALL_TIMEOUT
row "a wrong setting in the environment" 2 stat "file://$work/file"
check "a wrong setting in the environment is named" err_has S3DLIO_STALL_TIMEOUT
row "an option beats the environment" 0 stat --stall-timeout 5 "file://$work/file"
unset S3DLIO_STALL_TIMEOUT

# What only S3 reads.
while read -r name value; do
  export "$name=$value"
  row "a wrong $name does not concern local files" 0 stat "file://$work/file"
  check "a wrong $name is not mentioned" err_empty
  row "a wrong $name concerns S3" 1 stat s3://127.0.0.1:1/bucket/key
  check "a wrong $name is named" err_has "$name"
  unset "$name"
done <<END
AWS_ENDPOINT_URL nonsense
AWS_REGION a/b
AWS_MAX_ATTEMPTS many
S3DLIO_ADDRESSING_STYLE sideways
END
mkdir -p "$HOME/.aws"
printf '[default\nendpoint_url = nonsense\n' >"$HOME/.aws/config"
row "a broken profile does not concern local files" 0 stat "file://$work/file"
rm -r "$HOME/.aws"

finish

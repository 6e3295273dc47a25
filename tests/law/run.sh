#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/run: what a test sees of the user who runs it.

. "$top_srcdir/tests/tap.sh"

run=$top_srcdir/tests/run

seen ()
{
  env "$1" "$run" /bin/sh -c env | grep "^${1%%=*}=${2-}"
}

for variable in AWS_SECRET_ACCESS_KEY=x AWS_PROFILE=x S3DLIO_RETRIES=1 S3DLIO_=x http_proxy=x \
  https_proxy=x no_proxy=x HTTPS_PROXY=x XDG_CONFIG_HOME=/x; do
  green "${variable%%=*} of the user is not seen" seen "$variable"
done
says "S3DLIO_TEST_ variables are" '^S3DLIO_TEST_X=1$' seen S3DLIO_TEST_X=1
says "G_DEBUG is set" 'G_DEBUG=fatal-warnings' seen G_DEBUG=
says "LC_ALL is set" 'LC_ALL=C.UTF-8' seen LC_ALL=de_DE

green "HOME of the user is not seen" seen HOME=/x /x
kept ()
{
  # shellcheck disable=SC2016 # for the inner shell
  home=$("$run" /bin/sh -c 'mkdir "$HOME/x"; echo "$HOME"')
  [ -n "$home" ] && [ ! -e "$home" ] || echo "$home is still there"
}
green "HOME is gone afterwards" kept

status ()
{
  "$run" "$@"
  echo "status $?"
}
says "a test that fails fails" 'status 3' status /bin/sh -c 'exit 3'
says "a test that hangs is ended" 'Bail out!' env S3DLIO_TEST_TIMEOUT=1 "$run" /bin/sleep 60
says "a test runs under a wrapper" 'wrapped /bin/true --tap' \
  env S3DLIO_TEST_WRAPPER="echo wrapped" "$run" --tap /bin/true

finish

#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Other machines: arm64 and s390x (big-endian), cross-built and tested under qemu-user, and i386 (32
# bits), which runs natively; from the tarball, in a Debian that has all their libraries.

. "$top_srcdir/tests/tap.sh"
. "$top_srcdir/tests/packages/supported"

tarball=${S3DLIO_TEST_TARBALL:?make check-long says where it is}
cache=${S3DLIO_TEST_CACHE:?make check-long says where it is}
lacking=$(systems_needed)
[ -n "$lacking" ] || command -v mmdebstrap >/dev/null || lacking="no mmdebstrap"
[ "$(uname -m)" = x86_64 ] || lacking="not on x86_64"
if [ -n "$lacking" ]; then
  skip "other machines" "$lacking"
  finish
  exit 0
fi

# The system is made once, and only read from then on: what is built lies beside it.
system=$cache/cross
make_system ()
{
  [ ! -d "$system" ] || return 0
  mkdir -p "$cache"
  includes=gcc,make,openssl,pkgconf,qemu-user,xz-utils
  includes=$includes,gcc-aarch64-linux-gnu,gcc-s390x-linux-gnu,gcc-i686-linux-gnu
  for machine in amd64 arm64 s390x i386; do
    for library in libglib2.0 libcurl4-gnutls libgnutls28 libxml2 libjson-c; do
      includes=$includes,$library-dev:$machine
    done
  done
  apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries|ForceIPv)' >"$work/apt.conf"
  rm -rf --one-file-system "$system.new"
  # The archive that this machine uses itself.
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -v security | head -n 1)
  mmdebstrap --mode=root --variant=minbase --architectures=amd64,arm64,s390x,i386 \
    --aptopt="$work/apt.conf" --include="$includes" bookworm "$system.new" \
    ${archive:+"$archive"} &&
    mv "$system.new" "$system"
}

# check MACHINE: everything inside, in name spaces of its own, so that mounts end with it.
check ()
{
  mkdir -p "$work/$1"
  cp "$tarball" "$top_srcdir/tests/packages/inside-cross" "$work/$1"
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    mount --bind "$2" "$1/mnt" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
      mount -t tmpfs tmpfs "$1/tmp" || exit 125
    exec chroot "$1" /usr/bin/env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      LC_ALL=C.UTF-8 /mnt/inside-cross "$3"
  ' bash "$system" "$work/$1" "$1" </dev/null
}

if logged "a Debian with the libraries of four machines" make_system; then
  for machine in ${S3DLIO_TEST_MACHINES:-i386 arm64 s390x}; do
    logged "$machine: builds, and its tests pass" check "$machine"
    grep -E '^(# (TOTAL|PASS|SKIP|XFAIL|FAIL|XPASS|ERROR):|# computed by|machine:)' "$work/log" | sed 's/^#* */# /'
    rm -rf --one-file-system "${work:?}/$machine"
  done
fi

finish

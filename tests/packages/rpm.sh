#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The RPM packages: built from the tarball, held to rpmlint. On Debian rpmbuild knows nothing of
# what is installed, and its brp scripts do not run by themselves.

. "$top_srcdir/tests/tap.sh"
. "$top_srcdir/tests/packages/supported"

tarball=${S3DLIO_TEST_TARBALL:?make check-long says where it is}
spec=$top_srcdir/packaging/s3dlio.spec
lacking=
for tool in rpmbuild rpmlint g-ir-scanner valac; do
  command -v "$tool" >/dev/null || lacking="$lacking $tool"
done
if [ -n "$lacking" ]; then
  skip "the RPM packages" "no$lacking"
  finish
  exit 0
fi
unset MAKEFLAGS MFLAGS MAKELEVEL

mkdir -p "$work/rpm/SOURCES"
cp "$tarball" "$work/rpm/SOURCES"
nodeps=
strip=
if [ ! -e /var/lib/rpm/rpmdb.sqlite ] || [ -e /etc/debian_version ]; then
  nodeps=--nodeps
  strip="bash /usr/lib/rpm/brp-compress ; bash /usr/lib/rpm/brp-strip /usr/bin/strip"
fi
build ()
{
  # shellcheck disable=SC2086 # an option or none
  rpmbuild $nodeps --nocheck --define "_topdir $work/rpm" ${strip:+--define "__os_install_post $strip"} \
    -ba "$spec"
}

# faults FILE...: errors of rpmlint's.
faults ()
{
  rpmlint -c "$top_srcdir/packaging/rpmlint.toml" "$@" >"$work/rpmlint" 2>&1
  grep -E ': E: |^Traceback|[1-9][0-9]* errors' "$work/rpmlint"
}

if logged "rpmbuild" build; then
  packages=$(find "$work/rpm" -name '*.rpm')
  # shellcheck disable=SC2086 # names are words
  ls -l $packages | awk '{ print "# " $5 " " $9 }'
  # shellcheck disable=SC2086
  green "rpmlint finds no error" faults "$spec" $packages
  grep ': W: ' "$work/rpmlint" | sed 's/^/# /'
  provides ()
  {
    rpm -qp --provides "$work"/rpm/RPMS/*/s3dlio-libs-*.rpm "$work"/rpm/RPMS/*/s3dlio-devel-*.rpm
  }
  says "the library provides its soname" '^libs3dlio\.so\.0' provides
  says "the devel package provides pkgconfig" '^pkgconfig(s3dlio)' provides
fi
mkdir "$work/bad"
sed 's/^Summary:/Sumary:/' "$spec" >"$work/bad/s3dlio.spec"
red "a spec that is none" 'E: ' faults "$work/bad/s3dlio.spec"

finish

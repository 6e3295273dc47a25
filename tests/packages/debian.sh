#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian's packages: built from the tarball in a brand-new Debian 12 and 13, held to lintian, then
# installed, used and purged in other brand-new ones.

. "$top_srcdir/tests/tap.sh"
. "$top_srcdir/tests/packages/supported"

tarball=${S3DLIO_TEST_TARBALL:?make check-long says where it is}
fresh=$top_srcdir/tests/fresh/fresh-debian
inside=$top_srcdir/tests/packages

lacking=$(systems_needed)
if [ -z "$lacking" ] && [ ! -d "$top_srcdir/debian" ]; then
  lacking="debian/ is in the repository only"
fi
if [ -n "$lacking" ]; then
  skip "Debian's packages" "$lacking"
  finish
  exit 0
fi

build=$work/build
mkdir -p "$build/packaging"
cp "$tarball" "$inside/inside-build" "$build"
cp -R "$top_srcdir/debian" "$build"
cp "$top_srcdir/packaging/make-deb" "$build/packaging"

for suite in ${S3DLIO_TEST_SUITES:-bookworm trixie}; do
  packages=$work/$suite
  if ! logged "$suite: the packages build, and lintian says nothing" "$fresh" --tree "$build" \
         --out "$packages" "$suite" ./inside-build "${S3DLIO_TEST_DEB_BUILD_OPTIONS-}"; then
    continue
  fi
  grep -E '^# (TOTAL|PASS|SKIP|FAIL|ERROR)' "$work/log"
  (cd "$packages" && du -b -- *.deb) | sed 's/^/# /'

  use=$work/use-$suite
  mkdir "$use"
  find "$packages" -name '*.deb' ! -name '*-dbgsym_*' -exec cp {} "$use" \;
  cp "$top_srcdir/README.md" "$top_srcdir/examples/roundtrip.py" "$inside/inside-use" "$use"
  logged "$suite: installed, used, purged, and nothing is left" \
    "$fresh" --tree "$use" "$suite" ./inside-use

  own=$work/own-$suite
  mkdir "$own"
  find "$packages" \( -name '*.deb' -o -name '*.dsc' -o -name '*.tar.xz' \) -exec cp {} "$own" \;
  cp "$inside/inside-autopkgtest" "$own"
  logged "$suite: the packages' own tests pass" "$fresh" --tree "$own" "$suite" ./inside-autopkgtest
  grep -E ' (PASS|FAIL|SKIP)' "$work/log" | sed 's/^/# /'

  # The same, with a package that leaves something behind: seen by the same comparison.
  [ "$suite" = bookworm ] || continue
  first=$(ls "$use"/s3dlio_*.deb)
  dpkg-deb -R "$first" "$work/litter"
  printf '#!/bin/sh\nif [ "$1" = purge ]; then touch /etc/litter; fi\n' >"$work/litter/DEBIAN/postrm"
  chmod 755 "$work/litter/DEBIAN/postrm"
  dpkg-deb --root-owner-group -b "$work/litter" "$first" >/dev/null
  rm -rf "$work/litter"
  red "a package that leaves a file" '^> /etc/litter' "$fresh" --tree "$use" "$suite" ./inside-use
done

finish

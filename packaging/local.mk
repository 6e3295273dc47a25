# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Packages. debian/ is not in the tarball, as Debian asks; `make deb` is run in a checkout.

EXTRA_DIST += %D%/make-deb %D%/s3dlio.spec %D%/rpmlint.toml

.PHONY: deb rpm
deb: dist
	$(top_srcdir)/%D%/make-deb $(distdir).tar.xz $(top_srcdir)/debian deb

# Debian's rpmbuild knows nothing of what Debian has installed: NODEPS=--nodeps there.
rpm: dist
	$(MKDIR_P) rpm/SOURCES
	cp $(distdir).tar.xz rpm/SOURCES
	rpmbuild $(NODEPS) --define "_topdir $(abs_top_builddir)/rpm" -ba $(top_srcdir)/%D%/s3dlio.spec

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What other languages read: GIR and typelib, made from the installed headers and the comments of
# the s3dlio-*.c; the Vala interface and the HTML reference, made from the GIR.

EXTRA_DIST += %D%/S3dlio-0.metadata %D%/reference.toml.in %D%/overview.md

if INTROSPECTION
girdir = $(datadir)/gir-1.0
typelibdir = $(libdir)/girepository-1.0
gir_DATA = %D%/S3dlio-0.gir
typelib_DATA = %D%/S3dlio-0.typelib
CLEANFILES += $(gir_DATA) $(typelib_DATA)

gir_flags = \
  --namespace=S3dlio --nsversion=0 --identifier-prefix=S3dlio --symbol-prefix=s3dlio \
  --warn-all --warn-error --include=Gio-2.0 --pkg=gio-2.0 --pkg-export=s3dlio \
  --c-include=s3dlio/s3dlio.h --sources-top-dirs=$(top_srcdir) \
  --sources-top-dirs=$(top_builddir) --library=lib/libs3dlio.la --libtool="$(LIBTOOL)" \
  -DS3DLIO_COMPILATION -I$(top_builddir)/include -I$(top_srcdir)/include -I$(top_srcdir)/lib

# The properties are in a table; what is said of them is read off the class.
noinst_PROGRAMS += %D%/property-comments
%C%_property_comments_CPPFLAGS = $(USER_CPPFLAGS)
%C%_property_comments_LDADD = $(USER_LIBS)
CLEANFILES += %D%/property-comments.h

%D%/property-comments.h: %D%/property-comments$(EXEEXT)
	$(AM_V_GEN)%D%/property-comments$(EXEEXT) >$@.new && mv $@.new $@

# The dump is a program of the scanner's, linked with the library just built.
%D%/S3dlio-0.gir: lib/libs3dlio.la $(public_headers) %D%/property-comments.h include/s3dlio/s3dlio-version.h
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	  CC="$(CC)" CFLAGS="$(CFLAGS)" CPPFLAGS="$(CPPFLAGS)" LDFLAGS="$(LDFLAGS)" \
	  PKG_CONFIG="$(PKG_CONFIG)" $(G_IR_SCANNER) --quiet $(gir_flags) --output=$@.new \
	  `for header in $(public_headers); do echo $(top_srcdir)/$$header; done` \
	  include/s3dlio/s3dlio-version.h %D%/property-comments.h \
	  $(top_srcdir)/lib/*/s3dlio-*.c && mv $@.new $@

%D%/S3dlio-0.typelib: %D%/S3dlio-0.gir
	$(AM_V_GEN)$(G_IR_COMPILER) --output=$@ %D%/S3dlio-0.gir
endif

if VALA
# Under the name of s3dlio.pc, so that valac --pkg s3dlio finds both.
vapidir = $(datadir)/vala/vapi
vapi_DATA = %D%/s3dlio.vapi %D%/s3dlio.deps
CLEANFILES += $(vapi_DATA)

%D%/s3dlio.vapi: %D%/S3dlio-0.gir %D%/S3dlio-0.metadata
	$(AM_V_GEN)$(VAPIGEN) --quiet --library=s3dlio --pkg=gio-2.0 \
	  --metadatadir=$(top_srcdir)/%D% --directory=%D% %D%/S3dlio-0.gir

%D%/s3dlio.deps: Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && echo gio-2.0 >$@
endif

if REFERENCE
all-local: %D%/reference.stamp
CLEANFILES += %D%/reference.stamp
referencedir = $(docdir)/reference

%D%/reference.stamp: %D%/S3dlio-0.gir %D%/reference.toml %D%/overview.md
	$(AM_V_GEN)rm -rf %D%/reference && $(GI_DOCGEN) generate --quiet --fatal-warnings \
	  --config=%D%/reference.toml --content-dir=$(top_srcdir)/%D% --add-include-path=%D% \
	  --no-namespace-dir --output-dir=%D%/reference %D%/S3dlio-0.gir && touch $@

install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(referencedir)
	cp -R %D%/reference/. $(DESTDIR)$(referencedir)
	find $(DESTDIR)$(referencedir) -type f -exec chmod 644 {} +

uninstall-local:
	rm -rf $(DESTDIR)$(referencedir)

clean-local:
	rm -rf %D%/reference
endif

# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual: a page a verb, in reStructuredText. What several verbs have in common stands in parts/.

dist_man_MANS += \
  %D%/s3dlio.1 \
  %D%/s3dlio-cat.1 \
  %D%/s3dlio-cp.1 \
  %D%/s3dlio-get.1 \
  %D%/s3dlio-ls.1 \
  %D%/s3dlio-mb.1 \
  %D%/s3dlio-mv.1 \
  %D%/s3dlio-put.1 \
  %D%/s3dlio-rb.1 \
  %D%/s3dlio-rm.1 \
  %D%/s3dlio-settings.7 \
  %D%/s3dlio-stat.1
manual_parts = \
  %D%/parts/attributes.rst \
  %D%/parts/dry-run.rst \
  %D%/parts/files-from.rst \
  %D%/parts/filters.rst \
  %D%/parts/jobs.rst \
  %D%/parts/no-clobber.rst \
  %D%/parts/range.rst \
  %D%/parts/recursive.rst \
  %D%/parts/resume.rst \
  %D%/parts/see-also.rst
EXTRA_DIST += $(manual_parts) \
  %D%/s3dlio.rst \
  %D%/s3dlio-cat.rst \
  %D%/s3dlio-cp.rst \
  %D%/s3dlio-get.rst \
  %D%/s3dlio-ls.rst \
  %D%/s3dlio-mb.rst \
  %D%/s3dlio-mv.rst \
  %D%/s3dlio-put.rst \
  %D%/s3dlio-rb.rst \
  %D%/s3dlio-rm.rst \
  %D%/s3dlio-settings.rst \
  %D%/s3dlio-stat.rst
MAINTAINERCLEANFILES += $(dist_man_MANS)

# The tarball has the pages, so that only who changes them needs docutils.
$(dist_man_MANS): $(manual_parts)
# Without the font C that older docutils name: groff has no such font, and newer ones say so.
make_page = $(MKDIR_P) $(@D) && $(RST2MAN) --strict $< $@.rst2man && \
  sed '/^\.ft [CP]$$/d' $@.rst2man >$@.tmp && rm $@.rst2man && mv $@.tmp $@
.rst.1:
	$(AM_V_GEN)$(make_page)
.rst.7:
	$(AM_V_GEN)$(make_page)

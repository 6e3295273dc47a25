/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The journal of a get to a file that can be resumed: which object it is of, and which of its bytes are in the part
 * (base-part.h). A line is written after the bytes that it tells of, so that a process that is killed at any moment
 * leaves a journal that is true. */

#include "store/store-op.h"

typedef struct _S3dJournal S3dJournal;

/* What is asked for; that of an interrupted get must have been the same. */
typedef struct
{
  const char *uri;
  gint64 offset, length; /* offset below 0: so many bytes from the end; length -1: to the end */
  const char *if_match;  /* nullable */
} S3dJournalWish;

/* The journal in @dir of the target @name, whose part is open and locked as @fd: both descriptors are duplicated. One
 * that does not fit the part or the wish is dropped, with what the part holds. Blocking; NULL with @error when that
 * cannot be done. */
S3dJournal *s3d_journal_open (int dir, const char *name, int fd, const S3dJournalWish *wish, GError **error);
/* Lets the part's lock go. NULL is allowed. */
void s3d_journal_free (S3dJournal *journal);

/* What an interrupted get has left. @size -1: nothing. */
gint64 s3d_journal_get_size (S3dJournal *journal);        /* of the object */
const char *s3d_journal_get_etag (S3dJournal *journal);
guint64 s3d_journal_get_n_bytes (S3dJournal *journal);    /* in the part */
/* The first byte of the object from @at on that the part lacks, and how many it lacks from there. */
gint64 s3d_journal_skip (S3dJournal *journal, gint64 at);
gint64 s3d_journal_gap (S3dJournal *journal, gint64 at);
/* It is of no use: forgets it, and what the part holds. Blocking. */
gboolean s3d_journal_forget (S3dJournal *journal, GError **error);

/* Which object it is that the part is of now. Without a size or a strong ETag (nullable) there is nothing to resume by.
 * Gives how many bytes a note should tell of at least; G_MAXINT64: there are none to be made. */
gint64 s3d_journal_describe (S3dJournal *journal, gint64 size, const char *etag);
/* These bytes of the object are in the part; any thread. */
void s3d_journal_note (S3dJournal *journal, gint64 start, gint64 length);

/* It was interrupted: makes what is there outlive a crash of the machine. FALSE: it is not worth keeping. Blocking. */
gboolean s3d_journal_keep (S3dJournal *journal);
/* There is nothing to resume any more. Blocking. */
void s3d_journal_remove (S3dJournal *journal);

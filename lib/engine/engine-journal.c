/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The journal of a get that can be resumed. A text file, a line a fact, each with a checksum at its end:
 *
 *   s3dlio-journal-1 INODE SIZE OFFSET LENGTH ETAG URI   the part, the object's size, what was asked for
 *   boot ID                                              the lines that follow were written since that boot
 *   have START LENGTH                                    these bytes of the object are in the part
 *   synced                                               all that stands above is on the disk
 *
 * Reading ends at the first line that is not whole; one of another version has no header that we know. Neither data nor
 * journal are synced while bytes arrive; so that a crash of the machine, which may lose either, is noticed, lines of an
 * earlier boot count only where "synced" follows. Order of writing: bytes, then their line; of dropping: the journal,
 * then the part's bytes; at the end: the part becomes the target, then the journal goes. The journal names the inode of
 * its part, and belongs to who holds the part's lock.
 *
 * A lock of its own, since bytes arrive on several threads; what was left by an earlier get does not change. */

#include "config.h"

#include "engine/engine-journal.h"

#include "base/base-digest.h"
#include "base/base-error.h"
#include "base/base-part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "s3dlio-journal-1"
#define CHECK_SIZE 16              /* characters */
#define JOURNAL_MAX (64 << 20)     /* bytes; what would follow is not noted */
#define NOTE_MIN (1 << 20)         /* bytes a line… */
#define NOTES_MAX 16384            /* …or more, so that there are about so many lines */

/* From and to in the object. */
typedef struct
{
  gint64 start, end;
} Extent;

struct _S3dJournal
{
  GMutex lock;
  int dir, part;
  char *name;    /* of the journal, in dir */
  char *uri;     /* escaped */
  char *if_match;
  gint64 offset, length; /* as wished for */
  char *boot;

  gint64 size;   /* -1: there is nothing to resume by */
  char *etag;
  GArray *have;  /* of Extent, in order, apart from each other; what the part had at the start */

  int fd;        /* -1: not written yet */
  gint64 end;    /* where the next line goes */
  gboolean boot_told;
};

/* --- lines --- */

static void
make_check (const char *text, gsize size, char check[CHECK_SIZE + 1])
{
  guint8 digest[S3D_SHA256_SIZE];

  s3d_sha256 (text, size, digest);
  s3d_hex (digest, CHECK_SIZE / 2, check);
}

/* A line that cannot be written whole is taken back, and is the last attempt: what stands above stays true. */
static gboolean
append (S3dJournal *journal, const char *text)
{
  char check[CHECK_SIZE + 1];
  g_autofree char *line = NULL;
  gsize size;

  if (journal->fd < 0 || journal->end < 0 || journal->end >= JOURNAL_MAX)
    return FALSE;

  make_check (text, strlen (text), check);
  line = g_strdup_printf ("%s %s\n", text, check);
  size = strlen (line);
  if (pwrite (journal->fd, line, size, (off_t) journal->end) == (gssize) size)
    {
      journal->end += (gint64) size;
      return TRUE;
    }

  (void) !ftruncate (journal->fd, (off_t) journal->end);
  journal->end = -1;
  return FALSE;
}

static gboolean
append_header (S3dJournal *journal)
{
  g_autofree char *etag = g_uri_escape_string (journal->etag, NULL, FALSE);
  g_autofree char *text = NULL;
  struct stat st;

  if (fstat (journal->part, &st) != 0)
    return FALSE;

  text = g_strdup_printf (MAGIC " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          " %s %s",
                          (guint64) st.st_ino, journal->size, journal->offset, journal->length, etag, journal->uri);
  return append (journal, text);
}

/* --- reading --- */

/* The text of the next line of @at, which is moved behind it; NULL: it is not whole. */
static char *
next_line (char **at)
{
  char *line = *at;
  char *end = strchr (line, '\n');
  char check[CHECK_SIZE + 1];

  if (end == NULL || end - line < CHECK_SIZE + 1)
    return NULL;

  make_check (line, (gsize) (end - line) - CHECK_SIZE - 1, check);
  if (end[-CHECK_SIZE - 1] != ' ' || memcmp (end - CHECK_SIZE, check, CHECK_SIZE) != 0)
    return NULL;

  *at = end + 1;
  end[-CHECK_SIZE - 1] = '\0';
  return line;
}

static gboolean
parse_number (const char *text, gint64 *number)
{
  return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, number, NULL);
}

static gboolean
read_header (S3dJournal *journal, const char *line, const struct stat *part)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  gint64 offset, length;
  guint64 inode;

  if (g_strv_length (words) != 7 || strcmp (words[0], MAGIC) != 0 || strcmp (words[6], journal->uri) != 0)
    return FALSE;
  if (!g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXUINT64, &inode, NULL) || inode != part->st_ino)
    return FALSE;
  if (!parse_number (words[2], &journal->size) || !parse_number (words[3], &offset)
      || !parse_number (words[4], &length))
    return FALSE;

  journal->etag = g_uri_unescape_string (words[5], NULL);
  return journal->size > 0 && offset == journal->offset && length == journal->length && journal->etag != NULL
         && (journal->if_match == NULL || strcmp (journal->if_match, journal->etag) == 0);
}

static gboolean
read_extent (S3dJournal *journal, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  Extent extent;
  gint64 length;

  if (g_strv_length (words) != 3 || !parse_number (words[1], &extent.start) || !parse_number (words[2], &length))
    return FALSE;
  if (extent.start < 0 || length <= 0 || length > journal->size - extent.start)
    return FALSE;

  extent.end = extent.start + length;
  g_array_append_val (journal->have, extent);
  return TRUE;
}

/* The lines below the header, up to one that is not whole, or not ours. Gives where that begins. */
static char *
read_facts (S3dJournal *journal, char *at)
{
  char *end = at;
  const char *line;
  guint n_synced = 0;

  while ((line = next_line (&at)) != NULL)
    {
      if (g_str_has_prefix (line, "boot "))
        {
          journal->boot_told = strcmp (line + strlen ("boot "), journal->boot) == 0;
          g_array_set_size (journal->have, n_synced);
        }
      else if (strcmp (line, "synced") == 0)
        n_synced = journal->have->len;
      else if (!g_str_has_prefix (line, "have ") || !read_extent (journal, line))
        break;
      end = at;
    }

  if (!journal->boot_told)
    g_array_set_size (journal->have, n_synced);
  return end;
}

static int
compare_extents (gconstpointer a, gconstpointer b)
{
  gint64 first = ((const Extent *) a)->start, second = ((const Extent *) b)->start;

  return (first > second) - (first < second);
}

/* Puts them in order and joins what touches. */
static void
join_extents (S3dJournal *journal)
{
  Extent *extents = (Extent *) (gpointer) journal->have->data;
  guint n = 0;

  g_array_sort (journal->have, compare_extents);
  for (guint i = 1; i < journal->have->len; i++)
    {
      if (extents[i].start > extents[n].end)
        extents[++n] = extents[i];
      else
        extents[n].end = MAX (extents[n].end, extents[i].end);
    }

  if (journal->have->len > 0)
    g_array_set_size (journal->have, n + 1);
}

static gint64
start_of (const S3dJournal *journal)
{
  return journal->offset >= 0 ? journal->offset : MAX (journal->size + journal->offset, 0);
}

static gint64
end_of (const S3dJournal *journal)
{
  gint64 start = start_of (journal);

  return journal->length < 0 || journal->length > journal->size - start ? journal->size : start + journal->length;
}

/* All of it lies in what was asked for, and in the part. Where nothing is missing, the last byte is said to be, so that
 * the service is asked whether the object is still that one. */
static gboolean
check_extents (S3dJournal *journal, gint64 part_size)
{
  gint64 start = start_of (journal), end = end_of (journal);
  Extent *first, *last;

  join_extents (journal);
  if (journal->have->len == 0)
    return FALSE;

  first = &g_array_index (journal->have, Extent, 0);
  last = &g_array_index (journal->have, Extent, journal->have->len - 1);
  if (first->start < start || last->end > end || last->end - start > part_size)
    return FALSE;

  if (first == last && first->start == start && last->end == end)
    last->end--;
  return last->end > last->start;
}

static char *
read_all (int fd)
{
  struct stat st;
  g_autofree char *text = NULL;

  if (fstat (fd, &st) != 0 || st.st_size > 2 * JOURNAL_MAX)
    return NULL;

  text = g_malloc0 ((gsize) st.st_size + 1);
  return pread (fd, text, (gsize) st.st_size, 0) == st.st_size ? g_steal_pointer (&text) : NULL;
}

static int
open_journal (S3dJournal *journal)
{
  int fd = openat (journal->dir, journal->name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || s3d_part_is_ours (fd))
    return fd;

  close (fd);
  return -1;
}

/* FALSE: there is none, or it is of no use. */
static gboolean
load (S3dJournal *journal)
{
  g_autofree char *text = NULL;
  const char *header;
  struct stat part;
  char *at;

  journal->fd = open_journal (journal);
  text = journal->fd >= 0 ? read_all (journal->fd) : NULL;
  if (text == NULL || fstat (journal->part, &part) != 0)
    return FALSE;

  at = text;
  header = next_line (&at);
  if (header == NULL || !read_header (journal, header, &part))
    return FALSE;

  journal->end = read_facts (journal, at) - text;
  return check_extents (journal, part.st_size) && ftruncate (journal->fd, (off_t) journal->end) == 0;
}

/* --- its life --- */

/* A crash of the machine is noticed by it. Tests set S3DLIO_TEST_BOOT_ID. */
static char *
read_boot_id (void)
{
  char *id = g_strdup (g_getenv ("S3DLIO_TEST_BOOT_ID"));

  if (id == NULL && !g_file_get_contents ("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    id = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());

  return g_strstrip (id);
}

S3dJournal *
s3d_journal_open (int dir, const char *name, int fd, const S3dJournalWish *wish, GError **error)
{
  S3dJournal *journal = g_new0 (S3dJournal, 1);

  g_mutex_init (&journal->lock);
  journal->dir = fcntl (dir, F_DUPFD_CLOEXEC, 0);
  journal->part = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  journal->name = s3d_part_name (name, S3D_JOURNAL_SUFFIX);
  journal->uri = g_uri_escape_string (wish->uri, NULL, FALSE);
  journal->if_match = g_strdup (wish->if_match);
  journal->offset = wish->offset;
  journal->length = wish->length;
  journal->boot = read_boot_id ();
  journal->size = -1;
  journal->have = g_array_new (FALSE, FALSE, sizeof (Extent));
  journal->fd = -1;

  if (journal->dir < 0 || journal->part < 0)
    s3d_error_set_errno (error, errno, "cannot write %s", journal->name);
  else if (load (journal) || s3d_journal_forget (journal, error))
    return journal;

  s3d_journal_free (journal);
  return NULL;
}

void
s3d_journal_free (S3dJournal *journal)
{
  if (journal == NULL)
    return;

  if (journal->fd >= 0)
    close (journal->fd);
  if (journal->part >= 0)
    close (journal->part);
  if (journal->dir >= 0)
    close (journal->dir);
  g_array_unref (journal->have);
  g_free (journal->name);
  g_free (journal->uri);
  g_free (journal->if_match);
  g_free (journal->boot);
  g_free (journal->etag);
  g_mutex_clear (&journal->lock);
  g_free (journal);
}

gint64
s3d_journal_get_size (S3dJournal *journal)
{
  return journal->size;
}

const char *
s3d_journal_get_etag (S3dJournal *journal)
{
  return journal->etag;
}

guint64
s3d_journal_get_n_bytes (S3dJournal *journal)
{
  guint64 n = 0;

  for (guint i = 0; i < journal->have->len; i++)
    n += (guint64) (g_array_index (journal->have, Extent, i).end - g_array_index (journal->have, Extent, i).start);

  return n;
}

gint64
s3d_journal_skip (S3dJournal *journal, gint64 at)
{
  for (guint i = 0; i < journal->have->len; i++)
    {
      const Extent *extent = &g_array_index (journal->have, Extent, i);

      if (at >= extent->start && at < extent->end)
        return extent->end;
    }

  return at;
}

gint64
s3d_journal_gap (S3dJournal *journal, gint64 at)
{
  for (guint i = 0; i < journal->have->len; i++)
    {
      const Extent *extent = &g_array_index (journal->have, Extent, i);

      if (extent->start >= at)
        return extent->start - at;
    }

  return G_MAXINT64;
}

gboolean
s3d_journal_forget (S3dJournal *journal, GError **error)
{
  g_array_set_size (journal->have, 0);
  g_clear_pointer (&journal->etag, g_free);
  journal->size = -1;
  journal->end = 0;
  journal->boot_told = FALSE;

  /* On the disk too before the part's bytes change: a crash must not bring it back beside others. */
  if (journal->fd >= 0)
    {
      (void) !ftruncate (journal->fd, 0);
      (void) fdatasync (journal->fd);
      close (journal->fd);
      journal->fd = -1;
    }

  if ((unlinkat (journal->dir, journal->name, 0) == 0 || errno == ENOENT) && ftruncate (journal->part, 0) == 0)
    return TRUE;

  s3d_error_set_errno (error, errno, "cannot drop %s", journal->name);
  return FALSE;
}

gint64
s3d_journal_describe (S3dJournal *journal, gint64 size, const char *etag)
{
  if (size <= 0 || etag == NULL || etag[0] == '\0' || g_str_has_prefix (etag, "W/"))
    return G_MAXINT64;

  g_mutex_lock (&journal->lock);
  if (journal->size < 0)
    {
      journal->size = size;
      journal->etag = g_strdup (etag);
    }
  g_mutex_unlock (&journal->lock);

  return MAX (NOTE_MIN, size / NOTES_MAX);
}

static gboolean
make (S3dJournal *journal)
{
  journal->fd = openat (journal->dir, journal->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  journal->end = journal->fd >= 0 ? 0 : -1;

  return append_header (journal);
}

/* Whether lines may follow. A transfer goes on without a journal where none can be written. */
static gboolean
begin_lines (S3dJournal *journal)
{
  g_autofree char *boot = g_strconcat ("boot ", journal->boot, NULL);

  if (journal->size < 0 || journal->end < 0 || (journal->fd < 0 && !make (journal)))
    return FALSE;

  journal->boot_told = journal->boot_told || append (journal, boot);
  return journal->boot_told;
}

void
s3d_journal_note (S3dJournal *journal, gint64 start, gint64 length)
{
  g_autofree char *have = g_strdup_printf ("have %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, start, length);

  if (length <= 0)
    return;

  g_mutex_lock (&journal->lock);
  if (begin_lines (journal))
    (void) append (journal, have);
  g_mutex_unlock (&journal->lock);
}

gboolean
s3d_journal_keep (S3dJournal *journal)
{
  if (journal->fd < 0)
    return FALSE;

  if (fdatasync (journal->part) == 0 && append (journal, "synced"))
    (void) fdatasync (journal->fd);
  return TRUE;
}

void
s3d_journal_remove (S3dJournal *journal)
{
  (void) unlinkat (journal->dir, journal->name, 0);
}

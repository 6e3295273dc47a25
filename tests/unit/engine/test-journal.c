/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The journal of a get that can be resumed: what it tells the next get, what it does not believe, and the lock of its
 * part. */

#include "config.h"

#include "base/base-part.h"
#include "engine/engine-journal.h"
#include "s3dlio/s3dlio-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 1000
#define ETAG "\"an etag with spaces\nand lines\""

typedef struct
{
  char *path;
  char *journal; /* its path */
  char *part;
  int dir;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->path = g_dir_make_tmp ("s3dlio-journal-XXXXXX", NULL);
  fixture->journal = g_build_filename (fixture->path, ".target" S3D_JOURNAL_SUFFIX, NULL);
  fixture->part = g_build_filename (fixture->path, ".target" S3D_PART_SUFFIX, NULL);
  fixture->dir = open (fixture->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unsetenv ("S3DLIO_TEST_BOOT_ID");
  g_unlink (fixture->journal);
  g_unlink (fixture->part);
  g_assert_cmpint (g_rmdir (fixture->path), ==, 0);
  close (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->journal);
  g_free (fixture->part);
}

static const S3dJournalWish wish = { .uri = "s3://bucket/a key", .offset = 0, .length = -1 };

static S3dJournal *
open_as (Fixture *fixture, const S3dJournalWish *asked)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = s3d_part_name ("target", S3D_PART_SUFFIX);
  int fd = s3d_part_open (fixture->dir, name, 0666);
  S3dJournal *journal;

  g_assert_cmpint (fd, >=, 0);
  journal = s3d_journal_open (fixture->dir, "target", fd, asked, &error);
  g_assert_no_error (error);
  close (fd);

  return journal;
}

/* A get that had come so far: the bytes 100 to 299 and 500 to 599. */
static void
leave (Fixture *fixture)
{
  S3dJournal *journal = open_as (fixture, &wish);

  g_assert_cmpint (s3d_journal_get_size (journal), ==, -1);
  g_assert_cmpint (truncate (fixture->part, 600), ==, 0);
  s3d_journal_describe (journal, SIZE, ETAG);
  s3d_journal_note (journal, 500, 100);
  s3d_journal_note (journal, 200, 100);
  s3d_journal_note (journal, 100, 100);
  s3d_journal_free (journal);
}

static void
assert_left (S3dJournal *journal, guint64 n_bytes)
{
  g_assert_cmpint (s3d_journal_get_size (journal), ==, SIZE);
  g_assert_cmpstr (s3d_journal_get_etag (journal), ==, ETAG);
  g_assert_cmpuint (s3d_journal_get_n_bytes (journal), ==, n_bytes);
  s3d_journal_free (journal);
}

/* The part is empty then, so that nothing old can get into the file. */
static void
assert_anew (Fixture *fixture, S3dJournal *journal)
{
  struct stat part;

  g_assert_cmpint (s3d_journal_get_size (journal), ==, -1);
  g_assert_cmpuint (s3d_journal_get_n_bytes (journal), ==, 0);
  g_assert_cmpint (s3d_journal_skip (journal, 100), ==, 100);
  g_assert_false (g_file_test (fixture->journal, G_FILE_TEST_EXISTS));
  g_assert_cmpint (stat (fixture->part, &part), ==, 0);
  g_assert_cmpint (part.st_size, ==, 0);
  s3d_journal_free (journal);
}

static void
test_tells (Fixture *fixture, gconstpointer data)
{
  S3dJournal *journal;

  leave (fixture);
  journal = open_as (fixture, &wish);
  g_assert_cmpint (s3d_journal_skip (journal, 0), ==, 0);
  g_assert_cmpint (s3d_journal_gap (journal, 0), ==, 100);
  g_assert_cmpint (s3d_journal_skip (journal, 100), ==, 300);
  g_assert_cmpint (s3d_journal_skip (journal, 299), ==, 300);
  g_assert_cmpint (s3d_journal_gap (journal, 300), ==, 200);
  g_assert_cmpint (s3d_journal_skip (journal, 500), ==, 600);
  g_assert_cmpint (s3d_journal_gap (journal, 600), ==, G_MAXINT64);
  assert_left (journal, 300);
}

static void
test_goes_on (Fixture *fixture, gconstpointer data)
{
  S3dJournal *journal;

  leave (fixture);
  journal = open_as (fixture, &wish);
  s3d_journal_describe (journal, SIZE, ETAG);
  s3d_journal_note (journal, 0, 100);
  s3d_journal_free (journal);
  journal = open_as (fixture, &wish);
  g_assert_cmpint (s3d_journal_skip (journal, 0), ==, 300);
  assert_left (journal, 400);
}

/* Cut anywhere, it tells of less, and of nothing that is not there; and what is noted after that is read again. */
static void
test_torn (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize size;

  leave (fixture);
  g_assert_true (g_file_get_contents (fixture->journal, &text, &size, NULL));
  for (gsize cut = 0; cut < size; cut++)
    {
      S3dJournal *journal;
      guint64 left;
      int fd = open (fixture->journal, O_WRONLY | O_CREAT | O_TRUNC, 0600);

      g_assert_cmpint (write (fd, text, cut), ==, (gssize) cut);
      close (fd);
      g_assert_cmpint (truncate (fixture->part, 600), ==, 0);

      journal = open_as (fixture, &wish);
      left = s3d_journal_get_n_bytes (journal);
      g_assert_true (left % 100 == 0 && left < 300);
      g_assert_true (left == 0 || s3d_journal_skip (journal, 500) == 600);
      if (cut == size - 1)
        g_assert_cmpuint (left, ==, 200);
      s3d_journal_describe (journal, SIZE, ETAG);
      g_assert_cmpint (truncate (fixture->part, 600), ==, 0);
      s3d_journal_note (journal, 1, 1);
      s3d_journal_free (journal);
      assert_left (open_as (fixture, &wish), left + 1);
    }
}

static void
test_turned_bit (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize size;

  leave (fixture);
  g_assert_true (g_file_get_contents (fixture->journal, &text, &size, NULL));
  for (gsize at = 0; at < size; at++)
    {
      S3dJournal *journal;
      int fd = open (fixture->journal, O_RDWR | O_CREAT | O_TRUNC, 0600);

      text[at] ^= 1;
      g_assert_cmpint (write (fd, text, size), ==, (gssize) size);
      text[at] ^= 1;
      close (fd);
      g_assert_cmpint (truncate (fixture->part, 600), ==, 0);

      journal = open_as (fixture, &wish);
      g_assert_cmpuint (s3d_journal_get_n_bytes (journal), <, 300);
      s3d_journal_free (journal);
    }
}

static void
test_wish (Fixture *fixture, gconstpointer data)
{
  const S3dJournalWish others[] = {
    { .uri = "s3://bucket/other", .offset = 0, .length = -1 },
    { .uri = "s3://bucket/a key", .offset = 1, .length = -1 },
    { .uri = "s3://bucket/a key", .offset = 0, .length = 700 },
    { .uri = "s3://bucket/a key", .offset = 0, .length = -1, .if_match = "\"another\"" },
  };
  S3dJournalWish same = wish;

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      leave (fixture);
      assert_anew (fixture, open_as (fixture, &others[i]));
    }

  leave (fixture);
  same.if_match = ETAG;
  assert_left (open_as (fixture, &same), 300);
}

static void
test_truncated_part (Fixture *fixture, gconstpointer data)
{
  leave (fixture);
  g_assert_cmpint (truncate (fixture->part, 599), ==, 0);
  assert_anew (fixture, open_as (fixture, &wish));
}

/* Another file in the part's place has other bytes, whatever its size. */
static void
test_replaced_part (Fixture *fixture, gconstpointer data)
{
  g_autofree char *zeros = g_malloc0 (600);

  leave (fixture);
  g_assert_true (g_file_set_contents (fixture->part, zeros, 600, NULL));
  assert_anew (fixture, open_as (fixture, &wish));
}

static void
test_without_journal (Fixture *fixture, gconstpointer data)
{
  leave (fixture);
  g_unlink (fixture->journal);
  assert_anew (fixture, open_as (fixture, &wish));
}

static void
test_version (Fixture *fixture, gconstpointer data)
{
  const char *const texts[] = { "", "\n", "s3dlio-journal-2 in another form\n", "\177ELF" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      leave (fixture);
      g_assert_true (g_file_set_contents (fixture->journal, texts[i], -1, NULL));
      assert_anew (fixture, open_as (fixture, &wish));
    }
}

/* A crash of the machine may have lost bytes of the part that the journal, which was luckier, has. */
static void
test_crash (Fixture *fixture, gconstpointer data)
{
  S3dJournal *journal;

  g_setenv ("S3DLIO_TEST_BOOT_ID", "first", TRUE);
  leave (fixture);
  assert_left (open_as (fixture, &wish), 300);

  g_setenv ("S3DLIO_TEST_BOOT_ID", "second", TRUE);
  assert_anew (fixture, open_as (fixture, &wish));

  leave (fixture);
  journal = open_as (fixture, &wish);
  g_assert_true (s3d_journal_keep (journal));
  s3d_journal_describe (journal, SIZE, ETAG);
  s3d_journal_note (journal, 0, 10);
  s3d_journal_free (journal);
  g_setenv ("S3DLIO_TEST_BOOT_ID", "third", TRUE);
  journal = open_as (fixture, &wish);
  g_assert_cmpint (s3d_journal_skip (journal, 0), ==, 0);
  s3d_journal_describe (journal, SIZE, ETAG);
  s3d_journal_note (journal, 90, 10);
  s3d_journal_free (journal);
  journal = open_as (fixture, &wish);
  g_assert_cmpint (s3d_journal_skip (journal, 0), ==, 0);
  assert_left (journal, 310);
}

/* The service is asked all the same whether it is still that object. */
static void
test_whole (Fixture *fixture, gconstpointer data)
{
  S3dJournal *journal = open_as (fixture, &wish);

  g_assert_cmpint (truncate (fixture->part, SIZE), ==, 0);
  s3d_journal_describe (journal, SIZE, ETAG);
  s3d_journal_note (journal, 0, SIZE);
  s3d_journal_free (journal);
  assert_left (open_as (fixture, &wish), SIZE - 1);
}

static void
test_nothing_to_go_by (Fixture *fixture, gconstpointer data)
{
  const char *const etags[] = { NULL, "", "W/\"weak\"" };
  S3dJournal *journal = open_as (fixture, &wish);

  for (gsize i = 0; i < G_N_ELEMENTS (etags); i++)
    {
      g_assert_cmpint (s3d_journal_describe (journal, SIZE, etags[i]), ==, G_MAXINT64);
      s3d_journal_note (journal, 0, 100);
      g_assert_false (s3d_journal_keep (journal));
    }
  g_assert_false (g_file_test (fixture->journal, G_FILE_TEST_EXISTS));
  s3d_journal_free (journal);
}

static void
test_mode (Fixture *fixture, gconstpointer data)
{
  struct stat st;

  leave (fixture);
  g_assert_cmpint (stat (fixture->journal, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
}

static void
assert_locked (Fixture *fixture)
{
  g_assert_cmpint (s3d_part_open (fixture->dir, ".target" S3D_PART_SUFFIX, 0666), ==, -1);
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
}

static void
test_lock (Fixture *fixture, gconstpointer data)
{
  S3dJournal *journal = open_as (fixture, &wish);

  assert_locked (fixture);
  s3d_journal_free (journal);
  s3d_journal_free (open_as (fixture, &wish));
}

/* In a directory that is everybody's somebody may have laid something there: it is neither written to nor believed. */
static void
test_laid_there (Fixture *fixture, gconstpointer data)
{
  g_autofree char *victim = g_build_filename (fixture->path, "victim", NULL);
  g_autofree char *text = NULL;
  struct stat st;

  g_assert_true (g_file_set_contents (victim, "mine", -1, NULL));
  g_assert_cmpint (symlink (victim, fixture->part), ==, 0);
  g_assert_cmpint (symlink (victim, fixture->journal), ==, 0);
  leave (fixture);
  g_assert_true (g_file_get_contents (victim, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  g_assert_cmpint (lstat (fixture->part, &st), ==, 0);
  g_assert_true (S_ISREG (st.st_mode));

  g_unlink (fixture->part);
  g_assert_cmpint (link (victim, fixture->part), ==, 0);
  s3d_journal_free (open_as (fixture, &wish));
  g_assert_cmpint (stat (victim, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 4);
  g_assert_cmpuint (st.st_nlink, ==, 1);

  g_unlink (fixture->part);
  g_assert_cmpint (mkfifo (fixture->part, 0600), ==, 0);
  s3d_journal_free (open_as (fixture, &wish));
  g_unlink (victim);
}

static void
test_long_names (void)
{
  g_autofree char *name = g_strnfill (255, 'n');
  g_autofree char *other = g_strnfill (255, 'n');
  g_autofree char *part = s3d_part_name (name, S3D_PART_SUFFIX);
  g_autofree char *second = NULL;

  other[254] = 'm';
  second = s3d_part_name (other, S3D_PART_SUFFIX);
  g_assert_cmpuint (strlen (part), <=, 255);
  g_assert_true (s3d_part_is_name (part));
  g_assert_cmpstr (part, !=, second);

  for (gsize size = 230; size <= 255; size++)
    {
      g_autofree char *target = g_strnfill (size, 'n');
      g_autofree char *of_part = s3d_part_name (target, S3D_PART_SUFFIX);
      g_autofree char *of_journal = s3d_part_name (target, S3D_JOURNAL_SUFFIX);

      g_assert_cmpuint (strlen (of_journal), <=, 255);
      of_part[strlen (of_part) - strlen (S3D_PART_SUFFIX)] = '\0';
      of_journal[strlen (of_journal) - strlen (S3D_JOURNAL_SUFFIX)] = '\0';
      g_assert_cmpstr (of_part, ==, of_journal);
    }
}

int
main (int argc, char **argv)
{
  const struct
  {
    const char *name;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "tells-what-is-there", test_tells },
    { "is-gone-on-with", test_goes_on },
    { "last-line-that-is-torn-is-ignored", test_torn },
    { "turned-bit-is-noticed", test_turned_bit },
    { "of-something-else-is-dropped", test_wish },
    { "part-that-is-too-short-is-dropped", test_truncated_part },
    { "part-that-was-replaced-is-dropped", test_replaced_part },
    { "part-without-journal-is-dropped", test_without_journal },
    { "other-version-is-dropped", test_version },
    { "after-a-crash-only-what-was-synced-counts", test_crash },
    { "whole-part-lacks-its-last-byte", test_whole },
    { "without-strong-etag-there-is-none", test_nothing_to_go_by },
    { "is-its-owners-alone", test_mode },
    { "lock-is-of-one", test_lock },
    { "what-others-laid-there-is-left-alone", test_laid_there },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/journal/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
  g_test_add_func ("/engine/journal/long-names-fit", test_long_names);

  return g_test_run ();
}

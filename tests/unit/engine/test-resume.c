/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A get to a file that goes on where an earlier one was interrupted: what it asks for again, and when it begins anew.
 * Requests are budgets: exact. */

#include "config.h"

#include "base/base-error.h"
#include "base/base-part.h"
#include "box.h"
#include "engine/engine-get-file.h"
#include "engine/engine-journal.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Threshold 100, chunks of 40, one after the other. */
#define SMALL "range-split-threshold=100 range-chunk-size=40 max-concurrent-ranges=1 retries=2"
#define SIZE 250

typedef struct
{
  Box *box;
  char *dir, *path, *part, *journal;
  S3dGetFile wanted;

  /* What is to break: the reads from here on. */
  gint64 breaks_from;
  gboolean with_body; /* after 10 bytes of the first of them */
} Fixture;

static void
script (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  const Fixture *fixture = data;

  if (op->kind != S3D_OP_READ || fixture->breaks_from < 0 || op->offset < fixture->breaks_from)
    return;

  fault->cut = 10;
  fault->cuts = fixture->with_body && op->offset == fixture->breaks_from;
  if (!fault->cuts)
    g_set_error_literal (&fault->error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK, "gone");
}

static void
set_up (Fixture *fixture, gconstpointer settings)
{
  fixture->dir = g_dir_make_tmp ("s3dlio-resume-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->dir, "target", NULL);
  fixture->part = g_build_filename (fixture->dir, ".target" S3D_PART_SUFFIX, NULL);
  fixture->journal = g_build_filename (fixture->dir, ".target" S3D_JOURNAL_SUFFIX, NULL);
  fixture->breaks_from = -1;
  fixture->wanted = (S3dGetFile) { .path = fixture->path, .length = -1, .resume = TRUE };
  fixture->box = box_new (settings ? settings : SMALL, script, fixture);
  box_put (fixture->box, "k", SIZE);
}

static void
tear_down (Fixture *fixture, gconstpointer settings)
{
  box_free (fixture->box);
  g_unlink (fixture->path);
  g_unlink (fixture->part);
  g_unlink (fixture->journal);
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->part);
  g_free (fixture->journal);
}

static gboolean
get (Fixture *fixture, GError **error)
{
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autoptr (S3dSequence) sequence
      = s3d_get_file_new (fixture->box->store, fixture->box->budget, uri, &fixture->wanted);

  return s3d_call_run (sequence, NULL, NULL, NULL, error);
}

static gboolean
is_there (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* A get that breaks at @from; what it leaves. */
static void
interrupt (Fixture *fixture, gint64 from)
{
  g_autoptr (GError) error = NULL;

  fixture->breaks_from = from;
  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK);
  fixture->breaks_from = -1;
  g_assert_false (is_there (fixture->path));
}

/* The rest of it; @reads: those of both gets. */
static void
finish (Fixture *fixture, const char *reads)
{
  g_autofree char *found = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) stored = box_get (fixture->box, "k");
  g_autoptr (GBytes) expected = NULL;
  gint64 offset = fixture->wanted.offset;
  gint64 length = fixture->wanted.length;
  gsize size;

  get (fixture, &error);
  g_assert_no_error (error);
  found = fault_store_reads (fixture->box->fault);
  g_assert_cmpstr (found, ==, reads);

  g_assert_true (g_file_get_contents (fixture->path, &text, &size, NULL));
  bytes = g_bytes_new_take (g_steal_pointer (&text), size);
  if (offset < 0)
    offset += (gint64) g_bytes_get_size (stored);
  if (length < 0)
    length = (gint64) g_bytes_get_size (stored) - offset;
  expected = g_bytes_new_from_bytes (stored, (gsize) offset, (gsize) length);
  g_assert_true (g_bytes_equal (bytes, expected));
  g_assert_false (is_there (fixture->part));
  g_assert_false (is_there (fixture->journal));
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  finish (fixture, "0+100 100+40 140+40 180+40 220+30");
}

static void
test_rest (Fixture *fixture, gconstpointer data)
{
  interrupt (fixture, 140);
  g_assert_true (is_there (fixture->part) && is_there (fixture->journal));
  finish (fixture, "0+100 100+40 140+40 140+40 180+40 220+30");
}

/* What came of a range that broke is there. */
static void
test_inside_range (Fixture *fixture, gconstpointer data)
{
  fixture->with_body = TRUE;
  interrupt (fixture, 140);
  finish (fixture, "0+100 100+40 140+40 150+30 150+40 190+40 230+20");
}

static void
test_again_and_again (Fixture *fixture, gconstpointer data)
{
  interrupt (fixture, 140);
  interrupt (fixture, 180);
  interrupt (fixture, 180);
  finish (fixture, "0+100 100+40 140+40 140+40 180+40 180+40 180+40 220+30");
}

static void
test_range (Fixture *fixture, gconstpointer data)
{
  fixture->wanted.offset = 50;
  fixture->wanted.length = 170;
  interrupt (fixture, 150);
  finish (fixture, "50+100 150+40 150+40 190+30");
}

static void
test_last_bytes (Fixture *fixture, gconstpointer data)
{
  fixture->wanted.offset = -200;
  interrupt (fixture, 90);
  finish (fixture, "-100+-1 50+40 90+40 90+40 130+20");
}

/* With holes: ranges that were out together end in any order. */
static void
test_holes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = box_get (fixture->box, "k");
  g_autoptr (S3dlioUri) uri = box_uri ("k");
  g_autofree char *name = s3dlio_uri_to_string (uri);
  const S3dJournalWish wish = { .uri = name, .length = -1 };
  int dir = open (fixture->dir, O_PATH | O_DIRECTORY);
  S3dJournal *journal;
  int fd;

  interrupt (fixture, 140);
  fd = open (fixture->part, O_WRONLY);
  g_assert_cmpint (pwrite (fd, (const guint8 *) g_bytes_get_data (bytes, NULL) + 200, 30, 200), ==, 30);
  journal = s3d_journal_open (dir, "target", fd, &wish, NULL);
  s3d_journal_note (journal, 200, 30);
  s3d_journal_free (journal);
  close (fd);
  close (dir);
  finish (fixture, "0+100 100+40 140+40 140+40 180+20 230+20");
}

static void
test_changed (Fixture *fixture, gconstpointer data)
{
  interrupt (fixture, 140);
  box_put (fixture->box, "k", SIZE + 1);
  finish (fixture, "0+100 100+40 140+40 140+40 0+100 100+40 140+40 180+40 220+31");
}

static void
test_changed_in_place (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_strnfill (SIZE, 'o');
  g_autoptr (GBytes) bytes = g_bytes_new (other, SIZE);

  interrupt (fixture, 140);
  box_put_bytes (fixture->box, "k", bytes);
  finish (fixture, "0+100 100+40 140+40 140+40 0+100 100+40 140+40 180+40 220+30");
}

static void
test_shrunk (Fixture *fixture, gconstpointer data)
{
  interrupt (fixture, 180);
  box_put (fixture->box, "k", 90);
  finish (fixture, "0+100 100+40 140+40 180+40 180+40 0+100");
}

/* Answers are looked at, for those services that do not honour If-Match. */
static void
test_careless (Fixture *fixture, gconstpointer data)
{
  const FaultManners manners = { .ignores_match = TRUE };
  g_autofree char *other = g_strnfill (SIZE, 'o');
  g_autoptr (GBytes) bytes = g_bytes_new (other, SIZE);

  fault_store_set_manners (fixture->box->fault, &manners);
  interrupt (fixture, 140);
  box_put_bytes (fixture->box, "k", bytes);
  finish (fixture, "0+100 100+40 140+40 140+40 0+100 100+40 140+40 180+40 220+30");
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  interrupt (fixture, 140);
  box_delete (fixture->box, "k");
  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_false (is_there (fixture->path));
  box_put (fixture->box, "k", SIZE);
  finish (fixture, "0+100 100+40 140+40 140+40 140+40 0+100 100+40 140+40 180+40 220+30");
}

static void
test_own_condition (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->wanted.if_match = "\"no such\"";
  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
  g_assert_false (is_there (fixture->part) || is_there (fixture->journal));
}

static void
test_without_etag (Fixture *fixture, gconstpointer data)
{
  const FaultManners manners = { .without_etag = TRUE };

  fault_store_set_manners (fixture->box->fault, &manners);
  interrupt (fixture, 140);
  g_assert_false (is_there (fixture->part) || is_there (fixture->journal));
  finish (fixture, "0+100 100+40 140+40 0+100 100+40 140+40 180+40 220+30");
}

/* What cannot be told to be the same is not taken for it. */
static void
test_etag_is_gone (Fixture *fixture, gconstpointer data)
{
  const FaultManners manners = { .without_etag = TRUE };

  interrupt (fixture, 140);
  fault_store_set_manners (fixture->box->fault, &manners);
  finish (fixture, "0+100 100+40 140+40 140+40 0+100 100+40 140+40 180+40 220+30");
}

static void
test_without_ranges (Fixture *fixture, gconstpointer data)
{
  const FaultManners manners = { .ignores_ranges = TRUE };

  interrupt (fixture, 140);
  fault_store_set_manners (fixture->box->fault, &manners);
  finish (fixture, "0+100 100+40 140+40 140+40 0+100");
}

static void
test_small (Fixture *fixture, gconstpointer data)
{
  box_put (fixture->box, "k", 100);
  finish (fixture, "0+100");
}

static void
test_mode (Fixture *fixture, gconstpointer data)
{
  struct stat st;

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_cmpint (chmod (fixture->path, 0640), ==, 0);
  fixture->breaks_from = 140;
  g_assert_false (get (fixture, NULL));
  g_assert_cmpint (stat (fixture->part, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
  fixture->breaks_from = -1;
  finish (fixture, "0+100 100+40 140+40 140+40 180+40 220+30");
  g_assert_cmpint (stat (fixture->path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0640);
}

static void
test_no_clobber (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  fixture->wanted.no_clobber = TRUE;
  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
  g_assert_cmpuint (fault_store_total (fixture->box->fault), ==, 0);
  g_assert_false (is_there (fixture->part));
}

static void
test_two (Fixture *fixture, gconstpointer data)
{
  int dir = open (fixture->dir, O_PATH | O_DIRECTORY);
  int fd = s3d_part_open (dir, ".target" S3D_PART_SUFFIX, 0666);
  g_autoptr (GError) error = NULL;

  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_assert_true (is_there (fixture->part));
  close (fd);
  close (dir);
  finish (fixture, "0+100 100+40 140+40 180+40 220+30");
}

static void
test_no_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->wanted.path = "/dev/null";
  g_assert_false (get (fixture, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED);
}

static void
test_not_asked_for (Fixture *fixture, gconstpointer data)
{
  fixture->wanted.resume = FALSE;
  interrupt (fixture, 140);
  g_assert_false (is_there (fixture->part) || is_there (fixture->journal));
}

int
main (int argc, char **argv)
{
  const struct
  {
    const char *name;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "uninterrupted-is-a-get", test_whole },
    { "asks-for-the-rest", test_rest },
    { "asks-for-the-rest-of-a-range", test_inside_range },
    { "any-number-of-times", test_again_and_again },
    { "of-a-range", test_range },
    { "of-the-last-bytes", test_last_bytes },
    { "fills-holes", test_holes },
    { "of-another-size-begins-anew", test_changed },
    { "of-another-etag-begins-anew", test_changed_in_place },
    { "of-a-shorter-object-begins-anew", test_shrunk },
    { "of-another-etag-without-if-match-begins-anew", test_careless },
    { "of-what-is-gone-fails", test_gone },
    { "own-condition-fails", test_own_condition },
    { "without-etag-begins-anew", test_without_etag },
    { "etag-no-longer-told-begins-anew", test_etag_is_gone },
    { "without-ranges-begins-anew", test_without_ranges },
    { "small-object-is-one-request", test_small },
    { "mode-of-the-old-file-is-kept", test_mode },
    { "no-clobber", test_no_clobber },
    { "second-at-once-is-refused", test_two },
    { "device-is-refused", test_no_file },
    { "not-asked-for-leaves-nothing", test_not_asked_for },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/engine/resume/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }

  return g_test_run ();
}

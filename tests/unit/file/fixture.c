/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of lib/file share. */

#include "config.h"

#include "fixture.h"

#include "directory.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean done;
} Waiter;

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (S3dlioUri) uri = NULL;

  if (data)
    g_setenv ("S3DLIO_TEST_NO_TMPFILE", "1", TRUE);
  fixture->dir = g_dir_make_tmp ("s3dlio-file-XXXXXX", NULL);
  fixture->settings = s3d_settings_new (NULL, NULL);
  uri = s3dlio_uri_new_for_path (fixture->dir);
  fixture->store = s3d_file_store_open (uri, fixture->settings, NULL);
  g_assert_nonnull (fixture->store);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->store, s3d_store_unref);
  s3d_settings_unref (fixture->settings);
  if (data)
    g_unsetenv ("S3DLIO_TEST_NO_TMPFILE");
  directory_remove (fixture->dir);
  g_assert_false (g_file_test (fixture->dir, G_FILE_TEST_EXISTS));
  g_free (fixture->dir);
}

void
fixture_be_nobody (Fixture *fixture, gboolean nobody)
{
  const uid_t uid = 65534;

  if (getuid () != 0)
    return;
  if (nobody)
    g_assert_no_errno (chown (fixture->dir, uid, (gid_t) -1));
  g_assert_no_errno (seteuid (nobody ? uid : 0));
}

char *
fixture_path (Fixture *fixture, const char *name)
{
  return g_strconcat (fixture->dir, "/", name, NULL);
}

S3dlioUri *
fixture_uri (Fixture *fixture, const char *name)
{
  g_autofree char *path = fixture_path (fixture, name);
  g_autofree char *base = g_strconcat ("file://", fixture->dir, NULL);
  g_autoptr (S3dlioUri) uri = s3dlio_uri_parse (base, NULL);

  return s3dlio_uri_with_key (uri, path);
}

void
fixture_make (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = fixture_path (fixture, name);
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (dir, 0777));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
large_bytes (gsize from, gsize size)
{
  char *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (char) ((from + i) * 2654435761u >> 13);

  return data;
}

void
fixture_make_large (Fixture *fixture, const char *name, gsize size)
{
  g_autofree char *path = fixture_path (fixture, name);
  g_autofree char *data = large_bytes (0, size);

  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
}

void
fixture_make_link (Fixture *fixture, const char *to, const char *name)
{
  g_autofree char *path = fixture_path (fixture, name);

  g_assert_no_errno (symlink (to, path));
}

void
fixture_assert_text (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = fixture_path (fixture, name);
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpstr (contents, ==, text);
  g_assert_cmpuint (length, ==, strlen (text));
}

gboolean
fixture_is_empty (Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);

  return g_dir_read_name (dir) == NULL;
}

void
fixture_assert_large (const char *data, gsize from, gsize size)
{
  g_autofree char *expected = large_bytes (from, size);

  /* Not g_assert_cmpmem(), which would print them. */
  g_assert_true (memcmp (data, expected, size) == 0);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
fixture_assert_names (Fixture *fixture, const char *names)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_autofree char *text = NULL;
  const char *name;

  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (found, (gpointer) name);
  g_ptr_array_sort (found, compare_texts);
  g_ptr_array_add (found, NULL);
  text = g_strjoinv (" ", (char **) found->pdata);
  g_assert_cmpstr (text, ==, names);
}

static void
op_done (S3dOp *op, gpointer data)
{
  Waiter *waiter = data;

  g_mutex_lock (&waiter->lock);
  waiter->done = TRUE;
  g_cond_signal (&waiter->cond);
  g_mutex_unlock (&waiter->lock);
}

S3dOp *
fixture_op (Fixture *fixture, S3dOpKind kind, const char *name)
{
  g_autoptr (S3dlioUri) uri = fixture_uri (fixture, name);

  return s3d_op_new (kind, uri, op_done, NULL);
}

S3dOp *
fixture_op_from (Fixture *fixture, S3dOpKind kind, const char *from, const char *to)
{
  S3dOp *op = fixture_op (fixture, kind, to);

  op->from = fixture_uri (fixture, from);

  return op;
}

void
fixture_start (Fixture *fixture, S3dOp *op)
{
  Waiter *waiter = g_new0 (Waiter, 1);
  g_autoptr (GError) error = NULL;

  g_mutex_init (&waiter->lock);
  g_cond_init (&waiter->cond);
  op->done_data = waiter;
  g_assert_true (s3d_store_start (fixture->store, op, &error));
  g_assert_no_error (error);
}

void
fixture_wait (S3dOp *op)
{
  Waiter *waiter = op->done_data;

  g_mutex_lock (&waiter->lock);
  while (!waiter->done)
    g_cond_wait (&waiter->cond, &waiter->lock);
  g_mutex_unlock (&waiter->lock);
  g_mutex_clear (&waiter->lock);
  g_cond_clear (&waiter->cond);
  g_free (waiter);
}

void
fixture_run (Fixture *fixture, S3dOp *op)
{
  fixture_start (fixture, op);
  fixture_wait (op);
}

void
fixture_run_ok (Fixture *fixture, S3dOp *op)
{
  fixture_run (fixture, op);
  g_assert_no_error (op->error);
}

void
fixture_run_bad (Fixture *fixture, S3dOp *op, S3dlioError code, const char *text)
{
  fixture_run (fixture, op);
  g_assert_error (op->error, S3DLIO_ERROR, (int) code);
  g_test_message ("%s", op->error->message);
  g_assert_nonnull (strstr (op->error->message, text));
}

char *
fixture_read (Fixture *fixture, const char *name)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_READ, name);
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (1 << 20);
  g_autoptr (GBytes) bytes = NULL;

  op->sink = sink;
  fixture_run_ok (fixture, op);
  bytes = s3d_sink_steal_bytes (sink);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

char *
fixture_etag (Fixture *fixture, const char *name)
{
  g_autoptr (S3dOp) op = fixture_op (fixture, S3D_OP_STAT, name);

  fixture_run_ok (fixture, op);

  return g_strdup (s3dlio_object_info_get_etag (op->info));
}

S3dSource *
fixture_source (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return s3d_source_new_bytes (bytes);
}

void
fixture_cancel_into_fifo (Fixture *fixture, S3dOp *op, const char *name)
{
  g_autofree char *path = fixture_path (fixture, name);
  struct pollfd pollfd = { .events = POLLIN };

  g_assert_no_errno (mkfifo (path, 0600));
  pollfd.fd = g_open (path, O_RDONLY | O_NONBLOCK, 0);
  fixture_start (fixture, op);
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  s3d_op_cancel (op);
  fixture_wait (op);
  g_assert_error (op->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  close (pollfd.fd);
}

gpointer
fixture_read_all (gpointer path)
{
  int fd = g_open (path, O_RDONLY, 0);
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[1000];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_byte_array_append (all, buffer, (guint) n);
  close (fd);

  return all;
}

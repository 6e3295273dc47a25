/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the range engine promises of descriptors that cannot seek. */

#include "config.h"

#include "base/base-error.h"
#include "box.h"
#include "engine/engine-get.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (128 * 1024)
#define WINDOW 4
/* Half the budget is held at most: 4 chunks. */
#define SMALL "range-split-threshold=128Ki range-chunk-size=128Ki memory-budget=1Mi retries=3"

typedef struct
{
  Box *box;
  int fd;
  gsize stop_at; /* closes there; 0: never */
  gsize capacity;
  GByteArray *got;
} Reader;

/* Reads to the end, and sees that never more is fetched than may be held. */
static gpointer
read_all (gpointer data)
{
  Reader *reader = data;
  guint8 buffer[10000];
  gssize n;

  while ((n = read (reader->fd, buffer, sizeof buffer)) > 0)
    {
      gsize fetched = (gsize) fault_store_count (reader->box->fault, S3D_OP_READ) * CHUNK;

      g_assert_cmpuint (fetched, <=, reader->got->len + (gsize) n + reader->capacity + (WINDOW + 1) * CHUNK);
      g_byte_array_append (reader->got, buffer, (guint) n);
      if (reader->stop_at > 0 && reader->got->len >= reader->stop_at)
        break;
    }
  g_assert_cmpint (n, >=, 0);
  close (reader->fd);

  return NULL;
}

static S3dSequence *
get_new (Box *box, gint64 offset, gint64 length, int fd)
{
  const S3dGetDestination order = { .kind = S3D_GET_FILE, .fd = fd, .in_order = TRUE };
  g_autoptr (S3dlioUri) uri = box_uri ("k");

  return s3d_get_new (box->store, box->budget, uri, offset, length, NULL, &order);
}

static void
pass_through (Box *box, int out, int in, gsize capacity, gsize size, gint64 offset)
{
  Reader reader = { .box = box, .fd = in, .capacity = capacity, .got = g_byte_array_new () };
  g_autoptr (S3dSequence) get = get_new (box, offset, -1, out);
  g_autoptr (GBytes) pattern = box_pattern (size);
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("reader", read_all, &reader);

  if (offset < 0)
    offset += (gint64) size;
  box_put (box, "k", size);
  s3d_call_run (get, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  close (out);
  g_thread_join (thread);
  g_assert_cmpmem (reader.got->data, reader.got->len, (const guint8 *) g_bytes_get_data (pattern, NULL) + offset,
                   size - (gsize) offset);
  g_byte_array_unref (reader.got);
}

static void
test_pipe (void)
{
  const gsize sizes[] = { 0, 1, CHUNK, CHUNK + 1, 5000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      int fds[2];

      g_assert_cmpint (pipe (fds), ==, 0);
      pass_through (box, fds[1], fds[0], 65536, sizes[i], 0);
      g_assert_cmpuint (fault_store_total (box->fault), ==, MAX ((sizes[i] + CHUNK - 1) / CHUNK, 1));
    }
}

static void
test_pipe_from_offset (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  pass_through (box, fds[1], fds[0], 65536, 1000000, 12345);
}

static void
test_pipe_last_bytes (void)
{
  const gint64 offsets[] = { -1, -CHUNK, -CHUNK - 1, -900000 };

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
      int fds[2];

      g_assert_cmpint (pipe (fds), ==, 0);
      pass_through (box, fds[1], fds[0], 65536, 1000000, offsets[i]);
      g_assert_cmpint (fault_store_total (box->fault), ==, (CHUNK - 1 - offsets[i]) / CHUNK);
    }
}

static void
test_socket (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  pass_through (box, fds[1], fds[0], 4 << 20, 5000000, 0);
}

static void
test_engine_off (void)
{
  g_autoptr (Box) box = box_new (SMALL " enable-range-engine=false", NULL, NULL);
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  pass_through (box, fds[1], fds[0], 65536, 5000000, 0);
  g_assert_cmpuint (fault_store_most (box->fault, S3D_OP_READ), <=, 2);
}

static void
test_size_hidden (void)
{
  const FaultManners manners = { .hides_size = TRUE, .ignores_ranges = TRUE };
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fds[2];

  fault_store_set_manners (box->fault, &manners);
  g_assert_cmpint (pipe (fds), ==, 0);
  pass_through (box, fds[1], fds[0], 65536, 300000, 0);
}

static void
test_order_restored (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fds[2];

  /* The second to fifth ranges all wait, and come in whatever order the pool runs them. */
  fault_store_gate (box->fault, S3D_OP_READ, 1, WINDOW);
  g_assert_cmpint (pipe (fds), ==, 0);
  pass_through (box, fds[1], fds[0], 65536, 2000000, 0);
}

static guint own_threads; /* a sanitizer has one of its own, from the first on */

static guint
count_threads (void)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (tasks))
    n++;
  g_dir_close (tasks);

  return n;
}

static void
nothing (gpointer data)
{
}

static gpointer
start_and_end (gpointer data)
{
  return NULL;
}

static void
test_reader_gone (void)
{
  /* Started here, its threads have our signal mask when they leave: a SIGPIPE that waits would end the process. */
  S3dPool *pool = s3d_pool_get (S3D_POOL_DOWNLOAD);
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fds[2];
  Reader reader = { .box = box, .stop_at = 200000, .capacity = 65536, .got = g_byte_array_new () };
  g_autoptr (S3dSequence) get = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;

  s3d_pool_push (pool, nothing, NULL);
  g_assert_cmpint (pipe (fds), ==, 0);
  reader.fd = fds[0];
  box_put (box, "k", 5000000);
  get = get_new (box, 0, -1, fds[1]);
  thread = g_thread_new ("reader", read_all, &reader);
  g_assert_false (s3d_call_run (get, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NETWORK);
  g_thread_join (thread);
  close (fds[1]);
  g_byte_array_unref (reader.got);
  g_clear_pointer (&get, s3d_sequence_unref);
  g_clear_pointer (&box, box_free);
  s3d_pool_unref (pool);
  while (count_threads () > own_threads)
    g_thread_yield ();
}

static void
break_third (FaultStore *store, S3dOp *op, guint nth, Fault *fault, gpointer data)
{
  if (op->kind == S3D_OP_READ && op->offset == 2 * CHUNK)
    fault->error = g_error_new_literal (S3DLIO_ERROR, S3DLIO_ERROR_DENIED, "broken by the test");
}

static void
test_nothing_behind_a_gap (void)
{
  g_autoptr (Box) box = box_new (SMALL, break_third, NULL);
  int fds[2];
  Reader reader = { .box = box, .capacity = 65536, .got = g_byte_array_new () };
  g_autoptr (S3dSequence) get = NULL;
  g_autoptr (GBytes) pattern = box_pattern (1000000);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_assert_cmpint (pipe (fds), ==, 0);
  reader.fd = fds[0];
  box_put (box, "k", 1000000);
  get = get_new (box, 0, -1, fds[1]);
  thread = g_thread_new ("reader", read_all, &reader);
  g_assert_false (s3d_call_run (get, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  close (fds[1]);
  g_thread_join (thread);
  g_assert_cmpuint (reader.got->len, <=, 2 * CHUNK);
  g_assert_cmpint (memcmp (reader.got->data ? reader.got->data : (guint8 *) "", g_bytes_get_data (pattern, NULL),
                           reader.got->len), ==, 0);
  g_byte_array_unref (reader.got);
}

typedef struct
{
  Box *box;
  GCancellable *cancellable;
} Canceller;

/* Nobody reads: the pipe is full and all buffers are. */
static gpointer
cancel_when_full (gpointer data)
{
  Canceller *canceller = data;

  while (fault_store_count (canceller->box->fault, S3D_OP_READ) < WINDOW)
    g_thread_yield ();
  g_cancellable_cancel (canceller->cancellable);

  return NULL;
}

static void
test_cancel_blocked (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { .box = box, .cancellable = cancellable };
  g_autoptr (S3dSequence) get = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  box_put (box, "k", 5000000);
  get = get_new (box, 0, -1, fds[1]);
  thread = g_thread_new ("cancel", cancel_when_full, &canceller);
  g_assert_false (s3d_call_run (get, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  close (fds[0]);
  close (fds[1]);
}

static void
test_dev_null (void)
{
  g_autoptr (Box) box = box_new (SMALL, NULL, NULL);
  int fd = open ("/dev/null", O_WRONLY);
  g_autoptr (S3dSequence) get = get_new (box, 0, -1, fd);
  g_autoptr (GError) error = NULL;

  box_put (box, "k", 5000000);
  s3d_call_run (get, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s3d_get_get_length (get), ==, 5000000);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_thread_join (g_thread_new ("first", start_and_end, NULL));
  own_threads = count_threads ();

  g_test_add_func ("/engine/order/pipe-in-bounded-memory", test_pipe);
  g_test_add_func ("/engine/order/pipe-from-an-offset", test_pipe_from_offset);
  g_test_add_func ("/engine/order/pipe-of-the-last-bytes", test_pipe_last_bytes);
  g_test_add_func ("/engine/order/socket-in-bounded-memory", test_socket);
  g_test_add_func ("/engine/order/engine-off-in-bounded-memory", test_engine_off);
  g_test_add_func ("/engine/order/body-of-unknown-length", test_size_hidden);
  g_test_add_func ("/engine/order/ranges-that-come-late-are-waited-for", test_order_restored);
  g_test_add_func ("/engine/order/reader-that-is-gone-ends-it", test_reader_gone);
  g_test_add_func ("/engine/order/nothing-is-written-behind-a-gap", test_nothing_behind_a_gap);
  g_test_add_func ("/engine/order/cancelled-while-nobody-reads", test_cancel_blocked);
  g_test_add_func ("/engine/order/dev-null", test_dev_null);

  return g_test_run ();
}

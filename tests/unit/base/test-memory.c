/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Blocks are aligned, reused, bounded while idle, and carried by GBytes without a copy. */

#include "config.h"

#include "base/base-memory.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB ((gsize) 1024)
#define MIB ((gsize) 1024 * 1024)

static void
test_alignment (void)
{
  const gsize sizes[] = { 64 * KIB, 64 * KIB + 1, 100 * KIB, 2 * MIB - 1, 2 * MIB, 8 * MIB, 8 * MIB + 1, 17 * MIB + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *memory = s3d_memory_alloc (sizes[i], NULL);

      g_assert_nonnull (memory);
      g_assert_cmpuint ((guintptr) memory % 4096, ==, 0);
      memory[0] = 1;
      memory[sizes[i] - 1] = 1;
      s3d_memory_free (memory, sizes[i]);
    }
}

static void
test_small_and_empty (void)
{
  for (gsize size = 0; size < 2000; size += 37)
    {
      gpointer memory = s3d_memory_alloc (size, NULL);

      g_assert_nonnull (memory);
      memset (memory, 7, size);
      s3d_memory_free (memory, size);
    }
  s3d_memory_free (NULL, 0);
}

static void
test_absurd_size_is_an_error (void)
{
  const guint64 sizes[] = { G_MAXUINT64, G_MAXSIZE, G_MAXSSIZE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (s3d_memory_alloc (sizes[i], &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE);
    }
}

static void
test_freed_block_is_reused (void)
{
  const gsize sizes[] = { 64 * KIB, 1 * MIB, 8 * MIB, 33 * MIB + 12345 };

  s3d_memory_set_idle_cap (256 * MIB);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gpointer memory = s3d_memory_alloc (sizes[i], NULL);
      gpointer again;

      s3d_memory_free (memory, sizes[i]);
      g_assert_cmpuint (s3d_memory_idle (), >=, sizes[i]);
      again = s3d_memory_alloc (sizes[i], NULL);
      g_assert_true (again == memory);
      g_assert_cmpuint (s3d_memory_idle (), ==, 0);
      s3d_memory_free (again, sizes[i]);
      s3d_memory_trim ();
      g_assert_cmpuint (s3d_memory_idle (), ==, 0);
    }
}

/* An idle list full of yesterday's sizes makes room for today's. */
static void
test_idle_is_bounded (void)
{
  const gsize sizes[] = { 8 * MIB, 3 * MIB, 256 * KIB };
  gpointer blocks[64];

  s3d_memory_set_idle_cap (16 * MIB);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        blocks[j] = s3d_memory_alloc (sizes[i], NULL);
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        {
          s3d_memory_free (blocks[j], sizes[i]);
          g_assert_cmpuint (s3d_memory_idle (), <=, 64 * MIB);
        }
      blocks[0] = s3d_memory_alloc (sizes[i], NULL);
      g_assert_cmpuint (s3d_memory_idle (), >, 0);
      g_assert_true (blocks[0] == blocks[G_N_ELEMENTS (blocks) - 1]);
      memset (blocks[0], 1, sizes[i]);
      s3d_memory_free (blocks[0], sizes[i]);
    }
  s3d_memory_trim ();
  g_assert_cmpuint (s3d_memory_idle (), ==, 0);
}

static void
test_no_cap_no_idle (void)
{
  s3d_memory_set_idle_cap (0);
  s3d_memory_free (s3d_memory_alloc (8 * MIB, NULL), 8 * MIB);
  s3d_memory_free (s3d_memory_alloc (128 * KIB, NULL), 128 * KIB);
  g_assert_cmpuint (s3d_memory_idle (), ==, 0);
}

static void
test_bytes_without_copy (void)
{
  const gsize sizes[] = { 1, 5000, 64 * KIB, 8 * MIB };

  s3d_memory_set_idle_cap (256 * MIB);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *memory = s3d_memory_alloc (sizes[i], NULL);
      GBytes *bytes;

      memset (memory, 42, sizes[i]);
      bytes = s3d_memory_to_bytes (memory, sizes[i], sizes[i]);
      g_assert_true (g_bytes_get_data (bytes, NULL) == (gconstpointer) memory);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, sizes[i]);
      g_bytes_unref (bytes);
    }
  g_assert_cmpuint (s3d_memory_idle (), ==, 8 * MIB + 64 * KIB);
  s3d_memory_trim ();
}

static void
test_bytes_do_not_pin (void)
{
  guint8 *memory = s3d_memory_alloc (8 * MIB, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) empty = NULL;

  s3d_memory_set_idle_cap (256 * MIB);
  memset (memory, 42, 8 * MIB);
  bytes = s3d_memory_to_bytes (memory, 8 * MIB, 1000);
  g_assert_true (g_bytes_get_data (bytes, NULL) != (gconstpointer) memory);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 1000);
  g_assert_cmpuint (s3d_memory_idle (), ==, 8 * MIB);

  empty = s3d_memory_to_bytes (s3d_memory_alloc (100, NULL), 100, 0);
  g_assert_cmpuint (g_bytes_get_size (empty), ==, 0);
  s3d_memory_trim ();
}

static gpointer
churn (gpointer data)
{
  GRand *rand = g_rand_new_with_seed (GPOINTER_TO_UINT (data));

  for (guint i = 0; i < 2000; i++)
    {
      gsize size = (gsize) 1 << g_rand_int_range (rand, 15, 23);
      guint8 *memory = s3d_memory_alloc (size, NULL);

      memory[0] = memory[size - 1] = (guint8) i;
      g_assert_cmpuint (memory[0], ==, (guint8) i);
      s3d_memory_free (memory, size);
    }
  g_rand_free (rand);

  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  s3d_memory_set_idle_cap (4 * MIB);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("churn", churn, GUINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (s3d_memory_idle (), <=, 16 * MIB);
  s3d_memory_trim ();
}

/* What the parent had idle is not the child's; what it had in use is. */
static void
test_child_starts_empty (void)
{
  gpointer idle, used;
  int status;
  pid_t pid;

  s3d_memory_set_idle_cap (256 * MIB);
  idle = s3d_memory_alloc (8 * MIB, NULL);
  used = s3d_memory_alloc (4 * MIB, NULL);
  s3d_memory_free (idle, 8 * MIB);
  g_assert_cmpuint (s3d_memory_idle (), ==, 8 * MIB);

  pid = fork ();
  if (pid == 0)
    {
      gboolean ok = s3d_memory_idle () == 0;

      s3d_memory_free (used, 4 * MIB);
      ok = ok && s3d_memory_idle () == 4 * MIB;
      _exit (ok ? 0 : 1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (s3d_memory_idle (), ==, 8 * MIB);
  s3d_memory_free (used, 4 * MIB);
  s3d_memory_trim ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/memory/alignment", test_alignment);
  g_test_add_func ("/base/memory/small-and-empty", test_small_and_empty);
  g_test_add_func ("/base/memory/absurd-size-is-an-error", test_absurd_size_is_an_error);
  g_test_add_func ("/base/memory/freed-block-is-reused", test_freed_block_is_reused);
  g_test_add_func ("/base/memory/idle-is-bounded", test_idle_is_bounded);
  g_test_add_func ("/base/memory/no-cap-no-idle", test_no_cap_no_idle);
  g_test_add_func ("/base/memory/bytes-without-copy", test_bytes_without_copy);
  g_test_add_func ("/base/memory/bytes-do-not-pin", test_bytes_do_not_pin);
  g_test_add_func ("/base/memory/threads", test_threads);
  g_test_add_func ("/base/memory/child-starts-empty", test_child_starts_empty);

  return g_test_run ();
}

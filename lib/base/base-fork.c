/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a forked child must do at once, and no more: note that it is another process, and close the sockets it
 * inherited, so that the parent's connections are not kept open by it. The handler runs where only
 * async-signal-safe calls are allowed and while other threads of the parent may have been anywhere; so the table
 * of descriptors has no lock: slots are claimed and freed by compare and swap, and its chunks are never moved or
 * freed. Any thread. */

#include "config.h"

#include "base/base-fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define SLOTS 126

/* A slot holds the descriptor plus one; 0 is free. */
typedef struct _Chunk Chunk;
struct _Chunk
{
  atomic_int slots[SLOTS];
  _Atomic (Chunk *) next;
};

static atomic_uint generation = 1;
static Chunk first_chunk;

static void
in_child (void)
{
  atomic_fetch_add (&generation, 1);

  for (Chunk *chunk = &first_chunk; chunk != NULL; chunk = atomic_load (&chunk->next))
    {
      for (guint i = 0; i < SLOTS; i++)
        {
          int slot = atomic_exchange (&chunk->slots[i], 0);

          if (slot != 0)
            close (slot - 1);
        }
    }
}

static void
install (void)
{
  static gsize installed;

  if (!g_once_init_enter (&installed))
    return;

  pthread_atfork (NULL, NULL, in_child);
  g_once_init_leave (&installed, 1);
}

guint
s3d_fork_generation (void)
{
  install ();
  return atomic_load (&generation);
}

static gboolean
replace_slot (Chunk *chunk, int from, int to)
{
  for (guint i = 0; i < SLOTS; i++)
    {
      int expected = from;

      if (atomic_compare_exchange_strong (&chunk->slots[i], &expected, to))
        return TRUE;
    }

  return FALSE;
}

static Chunk *
next_chunk (Chunk *chunk)
{
  Chunk *next = atomic_load (&chunk->next);
  Chunk *fresh;

  if (next != NULL)
    return next;

  fresh = g_new0 (Chunk, 1);
  if (atomic_compare_exchange_strong (&chunk->next, &next, fresh))
    return fresh;

  g_free (fresh);
  return next;
}

void
s3d_fork_track_fd (int fd)
{
  Chunk *chunk = &first_chunk;

  g_return_if_fail (fd >= 0);

  install ();
  while (!replace_slot (chunk, 0, fd + 1))
    chunk = next_chunk (chunk);
}

void
s3d_fork_untrack_fd (int fd)
{
  g_return_if_fail (fd >= 0);

  for (Chunk *chunk = &first_chunk; chunk != NULL; chunk = atomic_load (&chunk->next))
    {
      if (replace_slot (chunk, fd + 1, 0))
        return;
    }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory for object data, in three sizes: below 64 KiB from malloc; up to 2 MiB page-aligned from malloc's heap;
 * from 2 MiB on a mapping of its own, aligned to huge pages. Blocks from 64 KiB on come in classes (eight a power
 * of two, so at most an eighth is lost, and the parts of usual sizes fit exactly), and a freed one is kept on an
 * idle list by class: its pages are there already, which saves more than the transfer of the bytes costs.
 *
 * The idle list is bounded twice. Up to the cap blocks keep their pages. Beyond it, up to COLD_FACTOR times the
 * cap, mappings are kept but lent back with MADV_FREE: the kernel takes their pages when it wants them, and until
 * then they cost nothing to use again. Past that the block that has been idle longest is unmapped.
 *
 * Any thread; one lock, held for a few list operations and never while the kernel works. A forked child begins
 * with an empty list and a lock of its own, since another thread may have held the parent's; it leaks what was
 * idle then. The caller owns a block until s3d_memory_free() with the same size.
 *
 * Under valgrind and AddressSanitizer all blocks come from malloc and none is kept (unless a cap is set), so that
 * leaks and late uses are seen. */

#include "config.h"

#include "base/base-memory.h"

#include "base/base-fork.h"
#include "s3dlio/s3dlio-error.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAPPED ((gsize) 2 * 1024 * 1024) /* and the alignment of mappings: a huge page of x86-64 and arm64 */
#define ALIGNMENT ((gsize) 4096)         /* what O_DIRECT asks for, at most */
#define IDLE_CAP ((gsize) 256 * 1024 * 1024)
#define COLD_FACTOR 4
#define MIN_SHIFT 16 /* 64 KiB */
#define CLASSES ((GLIB_SIZEOF_SIZE_T * 8 - MIN_SHIFT) * 8)

#if defined (__SANITIZE_ADDRESS__)
#define SANITIZED TRUE
#elif defined (__has_feature)
#if __has_feature (address_sanitizer)
#define SANITIZED TRUE
#endif
#endif
#ifndef SANITIZED
#define SANITIZED FALSE
#endif

typedef struct
{
  GList by_age;   /* in State.ages */
  GList by_class; /* in State.classes */
  gpointer memory;
  gsize size;
  guint klass;
  gboolean cold;
} Idle;

typedef struct _State State;
struct _State
{
  guint generation;
  GMutex lock;
  GQueue classes[CLASSES]; /* the latest first */
  GQueue ages;             /* the oldest first */
  gsize idle;              /* bytes on the list */
  gsize warm;              /* of them not lent back */
  State *parent;           /* the process's before a fork, leaked but still reachable */
};

static _Atomic (State *) current;
static atomic_size_t idle_cap = IDLE_CAP;

static gboolean
watched (void)
{
  static gsize answer; /* 1 no, 2 yes */

  if (g_once_init_enter (&answer))
    {
      const char *preload = g_getenv ("LD_PRELOAD");
      gboolean yes = SANITIZED || (preload != NULL && strstr (preload, "vgpreload") != NULL);

      if (yes)
        atomic_store (&idle_cap, 0);
      g_once_init_leave (&answer, yes ? 2 : 1);
    }

  return answer == 2;
}

static State *
state_get (void)
{
  guint generation = s3d_fork_generation ();
  State *state = atomic_load (&current);

  while (state == NULL || state->generation != generation)
    {
      State *fresh = g_new0 (State, 1);

      fresh->generation = generation;
      fresh->parent = state;
      g_mutex_init (&fresh->lock);
      if (atomic_compare_exchange_strong (&current, &state, fresh))
        return fresh;
      g_free (fresh);
    }

  return state;
}

/* --- blocks --- */

/* The size of the class that @size falls into, and the class; 0 when there is none so large. */
static gsize
class_of (gsize size, guint *klass)
{
  guint shift = g_bit_storage (size) - 1;
  gsize step = (gsize) 1 << (shift - 3);
  gsize rounded;

  if (size > G_MAXSSIZE - step)
    return 0;

  rounded = (size + step - 1) & ~(step - 1);
  *klass = (shift - MIN_SHIFT) * 8 + (guint) (rounded >> (shift - 3)) - 8;
  return rounded;
}

static gboolean
is_mapped (gsize size)
{
  return size >= MAPPED && !watched ();
}

static gpointer
map_pages (gsize size)
{
  gpointer memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return memory != MAP_FAILED ? memory : NULL;
}

/* Newer kernels align by themselves; elsewhere the edges of a larger mapping are cut off. */
static gpointer
map_aligned (gsize size)
{
  guint8 *memory = map_pages (size);
  gsize before;

  if (memory == NULL || ((guintptr) memory & (MAPPED - 1)) == 0)
    return memory;

  munmap (memory, size);
  memory = map_pages (size + MAPPED);
  if (memory == NULL)
    return NULL;

  before = (MAPPED - ((guintptr) memory & (MAPPED - 1))) & (MAPPED - 1);
  if (before > 0)
    munmap (memory, before);
  if (before < MAPPED)
    munmap (memory + before + size, MAPPED - before);

  return memory + before;
}

static gpointer
block_new (gsize size)
{
  gpointer memory = NULL;

  if (!is_mapped (size))
    return posix_memalign (&memory, ALIGNMENT, size) == 0 ? memory : NULL;

  memory = map_aligned (size);
#ifdef MADV_HUGEPAGE
  if (memory != NULL)
    (void) madvise (memory, size, MADV_HUGEPAGE);
#endif
  return memory;
}

static void
block_release (gpointer memory, gsize size)
{
  if (is_mapped (size))
    munmap (memory, size);
  else
    free (memory);
}

/* --- the idle list, under the lock --- */

static void
idle_insert (State *state, Idle *idle)
{
  idle->by_age.data = idle;
  idle->by_class.data = idle;
  g_queue_push_tail_link (&state->ages, &idle->by_age);
  g_queue_push_head_link (&state->classes[idle->klass], &idle->by_class);
  state->idle += idle->size;
  if (!idle->cold)
    state->warm += idle->size;
}

static void
idle_remove (State *state, Idle *idle)
{
  g_queue_unlink (&state->ages, &idle->by_age);
  g_queue_unlink (&state->classes[idle->klass], &idle->by_class);
  state->idle -= idle->size;
  if (!idle->cold)
    state->warm -= idle->size;
}

/* Makes room for @size bytes: the oldest leave, chained to @leaving by their by_age.next. */
static void
evict (State *state, gboolean mapped, gsize size, gsize limit, GList **leaving)
{
  while (state->ages.head != NULL && (mapped ? state->idle : state->warm) + size > limit)
    {
      Idle *idle = state->ages.head->data;

      idle_remove (state, idle);
      idle->by_age.next = *leaving;
      *leaving = &idle->by_age;
    }
}

static void
release_all (GList *leaving)
{
  while (leaving != NULL)
    {
      Idle *idle = leaving->data;

      leaving = leaving->next;
      block_release (idle->memory, idle->size);
      g_free (idle);
    }
}

static gpointer
take_idle (guint klass)
{
  State *state = state_get ();
  gpointer memory = NULL;
  Idle *idle = NULL;

  g_mutex_lock (&state->lock);
  if (state->classes[klass].head != NULL)
    {
      idle = state->classes[klass].head->data;
      idle_remove (state, idle);
      memory = idle->memory;
    }
  g_mutex_unlock (&state->lock);

  g_free (idle);
  return memory;
}

/* Keeps the block, or gives it back. */
static void
keep_idle (gpointer memory, gsize size, guint klass)
{
  State *state = state_get ();
  gboolean mapped = is_mapped (size);
  gsize cap = atomic_load (&idle_cap);
  gsize limit = mapped ? (cap <= G_MAXSIZE / COLD_FACTOR ? cap * COLD_FACTOR : G_MAXSIZE) : cap;
  GList *leaving = NULL;
  gboolean cold;
  Idle *idle;

  if (size > limit)
    {
      block_release (memory, size);
      return;
    }

  idle = g_new0 (Idle, 1);
  idle->memory = memory;
  idle->size = size;
  idle->klass = klass;

  g_mutex_lock (&state->lock);
  evict (state, mapped, size, limit, &leaving);
  cold = mapped && state->warm + size > cap;
  idle->cold = cold;
  if (!cold)
    idle_insert (state, idle);
  g_mutex_unlock (&state->lock);

  if (cold)
    {
      (void) madvise (memory, size, MADV_FREE);
      g_mutex_lock (&state->lock);
      idle_insert (state, idle);
      g_mutex_unlock (&state->lock);
    }
  release_all (leaving);
}

static gpointer
block_take (gsize size)
{
  guint klass = 0;
  gpointer memory;

  size = class_of (size, &klass);
  if (size == 0)
    return NULL;

  memory = take_idle (klass);
  if (memory == NULL)
    memory = block_new (size);
  if (memory == NULL)
    {
      s3d_memory_trim ();
      memory = block_new (size);
    }

  return memory;
}

/* --- what the floors call --- */

gpointer
s3d_memory_alloc (guint64 size, GError **error)
{
  gpointer memory = NULL;

  if (size < S3D_MEMORY_LARGE)
    memory = malloc (MAX ((gsize) size, 1));
  else if (size <= G_MAXSSIZE)
    memory = block_take ((gsize) size);
  if (memory == NULL)
    g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NO_SPACE, "no memory for %" G_GUINT64_FORMAT " bytes", size);

  return memory;
}

void
s3d_memory_free (gpointer memory, gsize size)
{
  guint klass = 0;

  if (memory == NULL)
    return;
  if (size < S3D_MEMORY_LARGE)
    {
      free (memory);
      return;
    }

  size = class_of (size, &klass);
  keep_idle (memory, size, klass);
}

typedef struct
{
  gpointer memory;
  gsize size;
} Block;

static void
block_free (gpointer data)
{
  Block *block = data;

  s3d_memory_free (block->memory, block->size);
  g_free (block);
}

GBytes *
s3d_memory_to_bytes (gpointer memory, gsize size, gsize used)
{
  GBytes *bytes;
  Block *block;

  if (used == size && size > 0 && size < S3D_MEMORY_LARGE)
    return g_bytes_new_with_free_func (memory, used, free, memory);

  if (size - used > used / 2 || used == 0)
    {
      bytes = used > 0 ? g_bytes_new (memory, used) : g_bytes_new_static ("", 0);
      s3d_memory_free (memory, size);
      return bytes;
    }

  block = g_new (Block, 1);
  block->memory = memory;
  block->size = size;
  return g_bytes_new_with_free_func (memory, used, block_free, block);
}

gsize
s3d_memory_idle (void)
{
  State *state = state_get ();
  gsize idle;

  g_mutex_lock (&state->lock);
  idle = state->idle;
  g_mutex_unlock (&state->lock);

  return idle;
}

void
s3d_memory_trim (void)
{
  State *state = state_get ();
  GList *leaving = NULL;

  g_mutex_lock (&state->lock);
  evict (state, TRUE, 1, 0, &leaving);
  g_mutex_unlock (&state->lock);

  release_all (leaving);
}

void
s3d_memory_set_idle_cap (gsize bytes)
{
  (void) watched ();
  atomic_store (&idle_cap, bytes);
  s3d_memory_trim ();
}

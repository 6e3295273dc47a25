/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process environment.
 * Any thread, as far as the program does not change its environment meanwhile. */

#include "config.h"

#include "base/base-env.h"

char *
s3d_env_get (const char *name)
{
  const char *value = g_getenv (name);

  if (value == NULL)
    return NULL;

  g_autofree char *stripped = g_strstrip (g_strdup (value));

  return *stripped != '\0' ? g_steal_pointer (&stripped) : NULL;
}

static gboolean
is_unknown (const char *name, const char *const *known)
{
  return g_str_has_prefix (name, "S3DLIO_") && !g_str_has_prefix (name, "S3DLIO_TEST_")
         && !g_strv_contains (known, name);
}

void
s3d_env_note_unknown (const char *const *known)
{
  static gsize noted = 0;

  if (!g_once_init_enter (&noted))
    return;

  g_auto (GStrv) names = g_listenv ();
  for (gsize i = 0; names[i] != NULL; i++)
    {
      /* The name alone: the value may be a secret that was meant for another variable. */
      if (is_unknown (names[i], known))
        g_message ("the environment variable %s is not one of s3dlio's and has no effect", names[i]);
    }
  g_once_init_leave (&noted, 1);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The transport's face: one S3dHttp for each settings snapshot, found again as long as somebody holds it. Any
 * thread. The handle outlives a fork; what is behind it (the core, with its loops) belongs to one process, and a
 * forked child makes its own with its first request. */

#include "config.h"

#include "base/base-fork.h"
#include "http/http-core.h"

struct _S3dHttp
{
  int refs; /* the step to 0 under the table's lock */
  S3dSettings *settings;
  S3dHttpCore *core; /* atomic */
};

static GMutex table_lock;
static GHashTable *table; /* S3dSettings → S3dHttp, weak; NULL while it is empty */

static void
init_curl (void)
{
  static gsize initialised;

  if (!g_once_init_enter (&initialised))
    return;
  curl_global_init (CURL_GLOBAL_ALL);
  g_once_init_leave (&initialised, 1);
}

S3dHttp *
s3d_http_get (S3dSettings *settings)
{
  S3dHttp *http = NULL;

  init_curl ();
  g_mutex_lock (&table_lock);
  if (table == NULL)
    table = g_hash_table_new (NULL, NULL);
  http = g_hash_table_lookup (table, settings);
  if (http == NULL)
    {
      http = g_new0 (S3dHttp, 1);
      http->settings = s3d_settings_ref (settings);
      http->core = s3d_http_core_new (settings);
      g_hash_table_insert (table, settings, http);
    }
  g_atomic_int_inc (&http->refs);
  g_mutex_unlock (&table_lock);
  return http;
}

static gboolean
drop (S3dHttp *http)
{
  gboolean last;

  g_mutex_lock (&table_lock);
  last = g_atomic_int_dec_and_test (&http->refs);
  if (last)
    {
      g_hash_table_remove (table, http->settings);
      if (g_hash_table_size (table) == 0)
        g_clear_pointer (&table, g_hash_table_unref);
    }
  g_mutex_unlock (&table_lock);
  return last;
}

void
s3d_http_unref (S3dHttp *http)
{
  S3dHttpCore *core;

  if (!drop (http))
    return;
  core = g_atomic_pointer_get (&http->core);
  if (core->generation == s3d_fork_generation ())
    s3d_http_core_close (core);
  s3d_settings_unref (http->settings);
  g_free (http);
}

/* An inherited core is left as it is: its threads are not here, and its connections are the parent's. */
static S3dHttpCore *
get_core (S3dHttp *http)
{
  S3dHttpCore *core = g_atomic_pointer_get (&http->core);
  S3dHttpCore *fresh;

  if (G_LIKELY (core->generation == s3d_fork_generation ()))
    return core;
  fresh = s3d_http_core_new (http->settings);
  if (g_atomic_pointer_compare_and_exchange (&http->core, core, fresh))
    return fresh;
  s3d_http_core_unref (fresh);
  return g_atomic_pointer_get (&http->core);
}

void
s3d_http_submit (S3dHttp *http, S3dHttpRequest *request)
{
  s3d_http_core_submit (get_core (http), request);
}

void
s3d_http_cancel (S3dHttp *http, S3dHttpRequest *request)
{
  s3d_http_core_cancel (get_core (http), request);
}

void
s3d_http_wake (S3dHttp *http, S3dHttpRequest *request)
{
  s3d_http_core_wake (get_core (http), request);
}

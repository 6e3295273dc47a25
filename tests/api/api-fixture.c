/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of endpoints and what a test gets of them. Servers start with the first test that needs them and end with
 * the program. Real servers are named by the environment (tests/interop/rgw sets it) and are left out where it does
 * not. S3DLIO_TEST_ENDPOINTS ("mem,file") leaves out all others. */

#include "config.h"

#include "api-fixture.h"

#include "directory.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct _ApiEndpoint
{
  const char *name;
  /* Fills in the client's configuration, and gives the root (transfer full); NULL: it is not there. */
  char *(*open) (S3dlioConfig *config);
  gboolean containers;
  gboolean own_server;
};

static TestServer *servers[2]; /* plain, TLS */
static char *temporary;
static guint n_tests;
static GPtrArray *texts; /* what lives as long as the current test */

static TestServer *
get_server (gboolean tls)
{
  const TestServerOptions options = { .buckets = "suite", .etag_mode = TS_ETAG_FAST, .tls = tls };

  if (servers[tls] == NULL)
    servers[tls] = ts_server_new (&options);
  return servers[tls];
}

static void
set_credentials (S3dlioConfig *config, const char *access_key, const char *secret_key)
{
  g_object_set (config, "access-key-id", access_key, "secret-access-key", secret_key, NULL);
}

/* A bucket that the test makes when it is not there: "s3://HOST:PORT/suite/". */
static char *
s3_root (const char *url)
{
  const char *authority = strstr (url, "://") + 3;

  return g_strdup_printf ("s3://%s/suite/", authority);
}

static char *
open_mem (S3dlioConfig *config)
{
  return g_strdup ("mem://suite/");
}

static char *
open_file (S3dlioConfig *config)
{
  g_autofree char *uri = g_filename_to_uri (temporary, NULL, NULL);

  return g_strconcat (uri, "/objects/", NULL);
}

static char *
open_server (S3dlioConfig *config)
{
  set_credentials (config, TS_ACCESS_KEY, TS_SECRET_KEY);
  return s3_root (ts_server_get_url (get_server (FALSE)));
}

static char *
open_server_tls (S3dlioConfig *config)
{
  TestServer *server = get_server (TRUE);

  set_credentials (config, TS_ACCESS_KEY, TS_SECRET_KEY);
  g_object_set (config, "ca-bundle", ts_server_get_ca_file (server), "endpoint-url", ts_server_get_tls_url (server),
                NULL);
  return g_strdup ("s3://suite/");
}

static char *
open_rgw_at (S3dlioConfig *config, const char *variable)
{
  const char *endpoint = g_getenv (variable);

  if (endpoint == NULL)
    return NULL;

  set_credentials (config, g_getenv ("S3DLIO_TEST_RGW_ACCESS_KEY"), g_getenv ("S3DLIO_TEST_RGW_SECRET_KEY"));
  g_object_set (config, "endpoint-url", endpoint, "ca-bundle", g_getenv ("S3DLIO_TEST_RGW_CA"), NULL);
  return g_strdup ("s3://suite/");
}

static char *
open_rgw (S3dlioConfig *config)
{
  return open_rgw_at (config, "S3DLIO_TEST_RGW_ENDPOINT");
}

static char *
open_rgw_tls (S3dlioConfig *config)
{
  return open_rgw_at (config, "S3DLIO_TEST_RGW_TLS_ENDPOINT");
}

static const ApiEndpoint endpoints[] = {
  { "mem", open_mem, TRUE, FALSE },
  { "file", open_file, FALSE, FALSE },
  { "server", open_server, TRUE, TRUE },
  { "server-tls", open_server_tls, TRUE, FALSE },
  { "rgw", open_rgw, TRUE, FALSE },
  { "rgw-tls", open_rgw_tls, TRUE, FALSE },
};

typedef struct
{
  const ApiEndpoint *endpoint;
  ApiFunc func;
} Registered;

static S3dlioClient *
open_client (const ApiEndpoint *endpoint, S3dlioConfig *config, char **root)
{
  g_autoptr (GError) error = NULL;
  S3dlioClient *client;

  *root = endpoint->open (config);
  client = s3dlio_client_new (config, &error);
  g_assert_no_error (error);
  return client;
}

static void
run_test (gconstpointer data)
{
  const Registered *registered = data;
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *root = NULL;
  ApiTest test = { .endpoint = registered->endpoint };

  texts = g_ptr_array_new_with_free_func (g_free);
  test.client = open_client (test.endpoint, config, &root);
  test.root = g_strdup_printf ("%stest-%d-%u/", root, (int) getpid (), n_tests++);

  if (test.endpoint->containers)
    {
      g_autofree char *container = g_strndup (root, strlen (root) - 1);

      if (!s3dlio_client_create_container (test.client, container, NULL, NULL, &error))
        {
          g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
          g_clear_error (&error);
        }
    }

  if (test.endpoint->own_server)
    {
      test.server = get_server (FALSE);
      ts_server_clear_faults (test.server);
      ts_server_reset_ledger (test.server);
    }

  registered->func (&test);

  if (test.server != NULL)
    ts_server_clear_faults (test.server);
  g_clear_object (&test.client);
  g_free (test.root);
  g_clear_pointer (&texts, g_ptr_array_unref);
}

static gboolean
is_wanted (const ApiEndpoint *endpoint)
{
  const char *names = g_getenv ("S3DLIO_TEST_ENDPOINTS");
  g_auto (GStrv) wanted = g_strsplit (names != NULL ? names : "", ",", -1);

  return names == NULL || g_strv_contains ((const char *const *) wanted, endpoint->name);
}

void
api_add (const char *name, ApiNeeds needs, ApiFunc func)
{
  for (gsize i = 0; i < G_N_ELEMENTS (endpoints); i++)
    {
      const ApiEndpoint *endpoint = &endpoints[i];
      g_autofree char *path = g_strdup_printf ("/api/%s%s", endpoint->name, name);
      g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
      g_autofree char *root = NULL;
      Registered *registered;

      if (((needs & API_SERVER) != 0 && !endpoint->own_server)
          || ((needs & API_CONTAINERS) != 0 && !endpoint->containers) || !is_wanted (endpoint))
        continue;

      if (temporary == NULL)
        temporary = g_dir_make_tmp ("s3dlio-api-XXXXXX", NULL);

      root = endpoint->open (config);
      if (root == NULL || ((needs & API_S3) != 0 && !g_str_has_prefix (root, "s3:")))
        continue;

      registered = g_new (Registered, 1);
      registered->endpoint = endpoint;
      registered->func = func;
      g_test_add_data_func_full (path, registered, run_test, g_free);

      if ((needs & API_SLOW) != 0)
        break;
    }
}

int
api_run (void)
{
  int status = g_test_run ();

  for (gsize i = 0; i < G_N_ELEMENTS (servers); i++)
    g_clear_pointer (&servers[i], ts_server_free);

  if (temporary != NULL)
    directory_remove (temporary);
  g_clear_pointer (&temporary, g_free);
  return status;
}

S3dlioClient *
api_client_with (ApiTest *test, ...)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autofree char *root = NULL;
  const char *setting;
  va_list settings;

  va_start (settings, test);
  while ((setting = va_arg (settings, const char *)) != NULL)
    {
      g_auto (GStrv) parts = g_strsplit (setting, "=", 2);
      g_autoptr (GError) error = NULL;

      s3dlio_config_set_from_string (config, parts[0], parts[1], &error);
      g_assert_no_error (error);
    }
  va_end (settings);

  return open_client (test->endpoint, config, &root);
}

static const char *
keep (char *text)
{
  g_ptr_array_add (texts, text);
  return text;
}

/* Keys are verbatim, but for file URIs, which are percent-encoded. */
const char *
api_uri (ApiTest *test, const char *key)
{
  g_autofree char *escaped = g_uri_escape_string (key, "/!$&'()*+,:=@", FALSE);

  return keep (g_strconcat (test->root, g_str_has_prefix (test->root, "file:") ? escaped : key, NULL));
}

char *
api_new_container (ApiTest *test)
{
  const char *end = test->root + strlen (test->root);

  /* Two components off: the test's place and the container. */
  for (guint slashes = 0; slashes < 3; end--)
    slashes += end[-1] == '/';

  return g_strdup_printf ("%.*s/suite-new-%d-%u", (int) (end - test->root), test->root, (int) getpid (), n_tests);
}

GBytes *
api_bytes (gsize size, guint32 seed)
{
  guint8 *data = g_malloc (size);

  ts_pattern_fill (data, size, 0, seed);
  return g_bytes_new_take (data, size);
}

void
api_assert_pattern (GBytes *bytes, gsize size, guint32 seed)
{
  g_assert_nonnull (bytes);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
  g_assert_cmpuint (ts_pattern_check (g_bytes_get_data (bytes, NULL), size, 0, seed), ==, size);
}

void
api_make_elsewhere (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  if (!s3dlio_client_create_container (test->client, API_ELSEWHERE, NULL, NULL, &error))
    g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
}

void
api_put (ApiTest *test, const char *key, gsize size, guint32 seed)
{
  g_autoptr (GBytes) bytes = api_bytes (size, seed);
  g_autoptr (GError) error = NULL;

  s3dlio_client_put (test->client, api_uri (test, key), bytes, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

const char *
api_path (ApiTest *test, const char *name)
{
  g_autofree char *dir = g_strdup_printf ("%s/files-%u", temporary, n_tests);

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  return keep (g_build_filename (dir, name, NULL));
}

guint
api_count (ApiTest *test, const char *operation)
{
  return ts_server_count (test->server, operation);
}

void
api_forget (ApiTest *test)
{
  ts_server_reset_ledger (test->server);
}

typedef struct
{
  TestServer *server;
  guint n;
  GCancellable *cancellable;
  const char *path;
} WhenHeld;

static gpointer
cancel_when_held (gpointer data)
{
  g_autofree WhenHeld *what = data;

  g_assert_true (ts_server_wait_held (what->server, what->n, 30000));
  g_cancellable_cancel (what->cancellable);
  return NULL;
}

GThread *
api_cancel_when_held (ApiTest *test, guint n, GCancellable *cancellable)
{
  WhenHeld what = { .server = test->server, .n = n, .cancellable = cancellable };

  return g_thread_new ("cancel", cancel_when_held, g_memdup2 (&what, sizeof what));
}

static gpointer
grow_when_held (gpointer data)
{
  g_autofree WhenHeld *what = data;
  int fd = open (what->path, O_WRONLY | O_APPEND | O_CLOEXEC);

  g_assert_true (ts_server_wait_held (what->server, 1, 30000));
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
  close (fd);
  ts_server_release (what->server);
  return NULL;
}

GThread *
api_grow_when_held (ApiTest *test, const char *path)
{
  WhenHeld what = { .server = test->server, .path = path };

  return g_thread_new ("change", grow_when_held, g_memdup2 (&what, sizeof what));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Places: local paths and URIs, their last components, and whether two of them are one. One thread. */

#include "config.h"

#include "tool-names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

ToolPlace *
tool_place_parse (const char *text, GError **error)
{
  g_autoptr (ToolPlace) place = g_new0 (ToolPlace, 1);
  const char *scheme;

  if (*text == '\0')
    {
      g_set_error_literal (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "an empty name");
      return NULL;
    }
  if (!s3dlio_uri_has_scheme (text))
    {
      place->path = g_strdup (text);
      place->text = g_strdup (text);
      return g_steal_pointer (&place);
    }

  place->uri = s3dlio_uri_parse (text, error);
  if (place->uri == NULL)
    return NULL;

  scheme = s3dlio_uri_get_scheme (place->uri);
  if (!s3dlio_supports_scheme (scheme))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_UNSUPPORTED, "%s: this version has no backend for %s://", text,
                   scheme);
      return NULL;
    }

  place->text = s3dlio_uri_to_string (place->uri);
  if (strcmp (scheme, "file") == 0)
    {
      place->path = g_strdup (s3dlio_uri_get_key (place->uri));
      g_clear_pointer (&place->uri, s3dlio_uri_unref);
    }

  return g_steal_pointer (&place);
}

void
tool_place_free (ToolPlace *place)
{
  g_free (place->path);
  g_free (place->text);
  g_clear_pointer (&place->uri, s3dlio_uri_unref);
  g_free (place);
}

static const char *
name_of (const ToolPlace *place)
{
  return place->path != NULL ? place->path : s3dlio_uri_get_key (place->uri);
}

gboolean
tool_place_is_prefix (const ToolPlace *place)
{
  const char *name = name_of (place);

  return *name == '\0' || g_str_has_suffix (name, "/");
}

gboolean
tool_place_takes_names (const ToolPlace *place)
{
  return tool_place_is_prefix (place) || (place->path != NULL && g_file_test (place->path, G_FILE_TEST_IS_DIR));
}

char *
tool_place_basename (const ToolPlace *place, GError **error)
{
  g_autofree char *name = g_strdup (name_of (place));
  gsize length = strlen (name);
  const char *slash;
  const char *base;

  /* "dir/" is called "dir"; an object "dir/" has no name that a file could have. */
  while (place->path != NULL && length > 0 && name[length - 1] == '/')
    name[--length] = '\0';
  slash = strrchr (name, '/');
  base = slash != NULL ? slash + 1 : name;

  if (*base == '\0' || strcmp (base, ".") == 0 || strcmp (base, "..") == 0)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s: it has no name that could be given to its copy",
                   place->text);
      return NULL;
    }

  return g_strdup (base);
}

char *
tool_place_join (const ToolPlace *place, const char *key)
{
  const char *name = name_of (place);
  const gboolean joined = *name == '\0' || g_str_has_suffix (name, "/");
  g_autofree char *whole = g_strconcat (name, joined ? "" : "/", key, NULL);
  g_autoptr (S3dlioUri) uri = NULL;

  if (place->path != NULL)
    return g_steal_pointer (&whole);

  uri = s3dlio_uri_with_key (place->uri, whole);
  return s3dlio_uri_to_string (uri);
}

S3dlioUri *
tool_place_prefix (const ToolPlace *place)
{
  const char *key = s3dlio_uri_get_key (place->uri);
  g_autofree char *prefix = NULL;

  if (*key == '\0' || g_str_has_suffix (key, "/"))
    return s3dlio_uri_ref (place->uri);

  prefix = g_strconcat (key, "/", NULL);
  return s3dlio_uri_with_key (place->uri, prefix);
}

/* --- whether two places are one --- */

/* HOST:PORT of the service that a URI means: its own, or that of the configuration. "": the service's own. */
static char *
endpoint_of (Tool *tool, S3dlioUri *uri)
{
  const char *authority = s3dlio_uri_get_authority (uri);
  g_autofree char *url = NULL;
  g_autofree char *host = NULL;
  g_autoptr (GUri) parsed = NULL;
  int port;

  if (authority != NULL || strcmp (s3dlio_uri_get_scheme (uri), "s3") != 0)
    return g_ascii_strdown (authority != NULL ? authority : "", -1);

  g_object_get (tool->config, "endpoint-url", &url, NULL);
  parsed = url != NULL ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;
  if (parsed == NULL || g_uri_get_host (parsed) == NULL)
    return g_strdup ("");

  port = g_uri_get_port (parsed);
  if (port < 0)
    port = strcmp (g_uri_get_scheme (parsed), "https") == 0 ? 443 : 80;
  host = g_ascii_strdown (g_uri_get_host (parsed), -1);
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, port);
}

/* One container of one service. Where one URI names an endpoint and the other leaves it to a configuration that names
 * none (a profile may), the answer is yes; and for mv, which deletes, two endpoints are never known to be different:
 * they may be two names of one. A refusal is better than a loss. */
static gboolean
same_container (Tool *tool, S3dlioUri *a, S3dlioUri *b)
{
  g_autofree char *endpoint_a = NULL;
  g_autofree char *endpoint_b = NULL;

  if (strcmp (s3dlio_uri_get_scheme (a), s3dlio_uri_get_scheme (b)) != 0
      || g_strcmp0 (s3dlio_uri_get_container (a), s3dlio_uri_get_container (b)) != 0)
    return FALSE;
  if (tool->verb->bit == TOOL_MV)
    return TRUE;

  endpoint_a = endpoint_of (tool, a);
  endpoint_b = endpoint_of (tool, b);
  return *endpoint_a == '\0' || *endpoint_b == '\0' || strcmp (endpoint_a, endpoint_b) == 0;
}

gboolean
tool_place_same (Tool *tool, const ToolPlace *a, const ToolPlace *b)
{
  struct stat stat_a, stat_b;

  if ((a->path == NULL) != (b->path == NULL))
    return FALSE;
  if (a->path != NULL)
    return stat (a->path, &stat_a) == 0 && stat (b->path, &stat_b) == 0 && stat_a.st_dev == stat_b.st_dev
           && stat_a.st_ino == stat_b.st_ino;

  return same_container (tool, a->uri, b->uri)
         && strcmp (s3dlio_uri_get_key (a->uri), s3dlio_uri_get_key (b->uri)) == 0;
}

/* @path, or the nearest thing above it that exists, without symbolic links. */
static char *
nearest_real_path (const char *path)
{
  g_autoptr (S3dlioUri) absolute = s3dlio_uri_new_for_path (path);
  g_autofree char *rest = g_strdup (s3dlio_uri_get_key (absolute));
  char *real = realpath (rest, NULL);

  while (real == NULL && strcmp (rest, "/") != 0)
    {
      char *parent = g_path_get_dirname (rest);

      g_free (rest);
      rest = parent;
      real = realpath (rest, NULL);
    }

  return real;
}

static gboolean
is_below (const char *tree, const char *inner)
{
  gsize length = strlen (tree);

  while (length > 0 && tree[length - 1] == '/')
    length--;

  return length == 0
         || (strncmp (tree, inner, length) == 0 && (inner[length] == '\0' || inner[length] == '/'));
}

gboolean
tool_place_contains (Tool *tool, const ToolPlace *tree, const ToolPlace *inner)
{
  if ((tree->path == NULL) != (inner->path == NULL))
    return FALSE;

  if (tree->path != NULL)
    {
      char *real_tree = nearest_real_path (tree->path);
      char *real_inner = nearest_real_path (inner->path);

      /* What does not exist yet lies where its nearest directory does. */
      const gboolean below = real_tree != NULL && real_inner != NULL && is_below (real_tree, real_inner);

      free (real_tree);
      free (real_inner);
      return below;
    }

  return same_container (tool, tree->uri, inner->uri)
         && is_below (s3dlio_uri_get_key (tree->uri), s3dlio_uri_get_key (inner->uri));
}

char *
tool_path_bare (const char *path)
{
  gsize length = strlen (path);

  while (length > 1 && path[length - 1] == '/')
    length--;

  return g_strndup (path, length);
}

gboolean
tool_make_directories (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0777) == 0)
    return TRUE;

  g_set_error (error, S3DLIO_ERROR, errno == EACCES || errno == EPERM ? S3DLIO_ERROR_DENIED : S3DLIO_ERROR_FAILED,
               "%s: %s", path, g_strerror (errno));
  return FALSE;
}

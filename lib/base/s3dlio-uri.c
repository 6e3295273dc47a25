/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The public face of URIs; base-uri.c reads and writes them. Immutable and reference-counted: any thread. */

#include "config.h"

#include "base/base-uri.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (S3dlioUri, s3dlio_uri, s3dlio_uri_ref, s3dlio_uri_unref)

/**
 * s3dlio_uri_ref:
 * @uri: a URI
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @uri
 *
 * Since: 0.9
 */
S3dlioUri *
s3dlio_uri_ref (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  g_atomic_ref_count_inc (&uri->refs);

  return uri;
}

/**
 * s3dlio_uri_unref:
 * @uri: (transfer full): a URI
 *
 * Drops a reference; the last one frees it.
 *
 * Since: 0.9
 */
void
s3dlio_uri_unref (S3dlioUri *uri)
{
  g_return_if_fail (uri != NULL);

  if (!g_atomic_ref_count_dec (&uri->refs))
    return;

  g_free (uri->scheme);
  g_free (uri->authority);
  g_free (uri->container);
  g_free (uri->key);
  g_free (uri);
}

/**
 * s3dlio_uri_has_scheme:
 * @text: what a user gave
 *
 * Whether a text is meant as a URI rather than as a local path: it begins with a scheme, known or not, and `://`.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.9
 */
gboolean
s3dlio_uri_has_scheme (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return s3d_uri_scheme_length (text) > 0;
}

/**
 * s3dlio_uri_parse:
 * @text: a URI
 * @error: return location for an error
 *
 * Reads a URI. An authority in front of the bucket is an endpoint only when it has a port
 * (`s3://127.0.0.1:9000/bucket/key`, `s3://[::1]:9000/bucket/key`). `s3://`, `s3://bucket` and `s3://bucket/` name the
 * service, and the bucket. `gcs://` is read and becomes `gs://`.
 *
 * Errors are %S3DLIO_ERROR_INVALID; the message names the part that is wrong.
 *
 * Returns: (transfer full): a new URI, or %NULL with @error set
 *
 * Since: 0.9
 */
S3dlioUri *
s3dlio_uri_parse (const char *text, GError **error)
{
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return s3d_uri_parse (text, error);
}

static char *
current_dir (void)
{
  /* Not $PWD, which g_get_current_dir() trusts: through a symlink, its ".." is not the kernel's. */
  char buffer[4096];
  const char *dir = getcwd (buffer, sizeof buffer);

  return dir != NULL ? g_strdup (dir) : g_get_current_dir ();
}

/* Drops empty and "." components, and resolves a ".." only while @out is known to hold no symlink: before the first
 * name. */
static void
append_path (GString *out, const char *path, gboolean resolve)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  gboolean wants_slash = FALSE;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      const char *part = parts[i];

      wants_slash = *part == '\0' || (strcmp (part, ".") == 0 && i > 0);
      if (*part == '\0' || strcmp (part, ".") == 0)
        continue;
      if (resolve && strcmp (part, "..") == 0)
        {
          const char *slash = strrchr (out->str, '/');

          g_string_truncate (out, slash != NULL ? (gsize) (slash - out->str) : 0);
          continue;
        }
      resolve = FALSE;
      g_string_append_c (out, '/');
      g_string_append (out, part);
    }
  if (wants_slash || out->len == 0)
    g_string_append_c (out, '/');
}

/**
 * s3dlio_uri_new_for_path:
 * @path: (type filename): a local path, absolute or relative to the current directory
 *
 * Makes the `file` URI of a local path. `.` components and repeated slashes go; a slash at the end stays; `..` stays
 * behind a name, which may be a symbolic link. The path may hold any bytes.
 *
 * Returns: (transfer full): a new URI
 *
 * Since: 0.9
 */
S3dlioUri *
s3dlio_uri_new_for_path (const char *path)
{
  g_return_val_if_fail (path != NULL && *path != '\0', NULL);

  g_autoptr (GString) out = g_string_new (NULL);
  if (!g_path_is_absolute (path))
    {
      g_autofree char *dir = current_dir ();

      if (strcmp (dir, "/") != 0)
        g_string_append (out, dir);
    }
  append_path (out, path, TRUE);

  return s3d_uri_new ("file", NULL, "", out->str);
}

/**
 * s3dlio_uri_get_scheme:
 * @uri: a URI
 *
 * The canonical scheme: "s3", "az", "gs", "file", "direct" or "mem".
 *
 * Returns: (transfer none): the scheme
 *
 * Since: 0.9
 */
const char *
s3dlio_uri_get_scheme (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  return uri->scheme;
}

/**
 * s3dlio_uri_get_authority:
 * @uri: a URI
 *
 * The `HOST:PORT` of an S3 endpoint that the URI names, or the account of an `az` URI.
 *
 * Returns: (transfer none) (nullable): the authority, or %NULL when the URI has none
 *
 * Since: 0.9
 */
const char *
s3dlio_uri_get_authority (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  return uri->authority;
}

/**
 * s3dlio_uri_get_container:
 * @uri: a URI
 *
 * The bucket or container; of a `mem` URI the store. Always "" for `file` and `direct`.
 *
 * Returns: (transfer none) (nullable): the container, or %NULL when the URI names only the service
 *
 * Since: 0.9
 */
const char *
s3dlio_uri_get_container (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  return uri->container;
}

/**
 * s3dlio_uri_get_key:
 * @uri: a URI
 *
 * The key of the object, verbatim and without a slash before it; of `file` and `direct` the decoded absolute path,
 * which may hold bytes that are not UTF-8.
 *
 * Returns: (transfer none) (type filename): the key, "" when the URI names a container or a service
 *
 * Since: 0.9
 */
const char *
s3dlio_uri_get_key (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  return uri->key;
}

/**
 * s3dlio_uri_with_key:
 * @uri: a URI that names a container, or one of `file` or `direct`
 * @key: (type filename): the other key, UTF-8; for `file` and `direct` a path of any bytes, to which a slash at the
 *   beginning is added when it has none
 *
 * Makes the URI of another key in the same container.
 *
 * Returns: (transfer full): a new URI
 *
 * Since: 0.9
 */
S3dlioUri *
s3dlio_uri_with_key (S3dlioUri *uri, const char *key)
{
  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (uri->container != NULL || *key == '\0', NULL);
  g_return_val_if_fail (s3d_uri_is_path (uri) || g_utf8_validate (key, -1, NULL), NULL);

  return s3d_uri_new_sibling (uri, uri->container, key);
}

/**
 * s3dlio_uri_to_string:
 * @uri: a URI
 *
 * The text of a URI, which [func@S3dlio.Uri.parse] reads as the same URI. A container's ends with a slash.
 *
 * Returns: (transfer full): a new string
 *
 * Since: 0.9
 */
char *
s3dlio_uri_to_string (S3dlioUri *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  g_autofree char *root = s3d_uri_root (uri);
  g_autoptr (GString) out = g_string_new (root);

  s3d_uri_append_key (uri, out, uri->key);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

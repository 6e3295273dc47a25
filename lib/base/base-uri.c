/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* URIs of objects: parsing, with errors that name the part that is wrong, and the way back to text.
 *
 * Keys of object stores are any UTF-8, verbatim: what follows the container's slash, up to the end of the text.
 * file and direct follow RFC 8089 as GLib's g_filename_from_uri() and g_filename_to_uri() do, except that an
 * unescaped "?" or "#" is an error instead of a file of another name (GLib changed its mind about them in 2.78).
 *
 * Any thread. */

#include "config.h"

#include "base/base-uri.h"

#include "base/base-digest.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

typedef enum
{
  LAYOUT_BUCKET,  /* CONTAINER/KEY, for s3 with an optional HOST:PORT/ before it */
  LAYOUT_ACCOUNT, /* ACCOUNT/CONTAINER/KEY */
  LAYOUT_PATH     /* /PATH */
} Layout;

typedef struct
{
  const char *name;
  const char *canonical;
  Layout layout;
  gboolean endpoint; /* may begin with HOST:PORT */
  const char *container; /* what the service calls it */
} Scheme;

static const Scheme schemes[] = {
  { "s3", "s3", LAYOUT_BUCKET, TRUE, "bucket" },      { "az", "az", LAYOUT_ACCOUNT, FALSE, "container" },
  { "gs", "gs", LAYOUT_BUCKET, FALSE, "bucket" },     { "gcs", "gs", LAYOUT_BUCKET, FALSE, "bucket" },
  { "file", "file", LAYOUT_PATH, FALSE, NULL },       { "direct", "direct", LAYOUT_PATH, FALSE, NULL },
  { "mem", "mem", LAYOUT_BUCKET, FALSE, "store" },
};

#define KNOWN_SCHEMES "s3, az, gs, file, direct, mem"

static void set_invalid (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
set_invalid (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autoptr (GError) invalid = g_error_new_valist (S3DLIO_ERROR, S3DLIO_ERROR_INVALID, format, args);
  va_end (args);
  g_propagate_error (error, g_steal_pointer (&invalid));
}

S3dlioUri *
s3d_uri_new (const char *scheme, const char *authority, const char *container, const char *key)
{
  S3dlioUri *uri = g_new0 (S3dlioUri, 1);

  g_atomic_ref_count_init (&uri->refs);
  uri->scheme = g_strdup (scheme);
  uri->authority = g_strdup (authority);
  uri->container = g_strdup (container);
  uri->key = g_strdup (key);

  return uri;
}

gsize
s3d_uri_scheme_length (const char *text)
{
  gsize length = 0;

  if (!g_ascii_isalpha (text[0]))
    return 0;
  while (g_ascii_isalnum (text[length]) || (text[length] != '\0' && strchr ("+-.", text[length]) != NULL))
    length++;

  return g_str_has_prefix (text + length, "://") ? length : 0;
}

/* Containers go into host names and paths, so nothing else may stand in them than what every service allows. */
static gboolean
check_name (const char *text, const char *part, const char *name, const char *extra, GError **error)
{
  if (*name == '\0')
    {
      set_invalid (error, "%s: the %s is missing", text, part);
      return FALSE;
    }
  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    {
      set_invalid (error, "%s: '%s' cannot be a %s", text, name, part);
      return FALSE;
    }
  if (strlen (name) > 255)
    {
      set_invalid (error, "%s: the %s is longer than 255 characters", text, part);
      return FALSE;
    }
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (g_ascii_isalnum (*p) || strchr (extra, *p) != NULL)
        continue;
      set_invalid (error, "%s: the %s '%s' holds the character U+%04X", text, part, name, g_utf8_get_char (p));
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_host (const char *host)
{
  if (host[0] == '[')
    {
      const gsize length = strlen (host);
      g_autofree char *address = g_strndup (host + 1, length > 2 ? length - 2 : 0);

      return host[length - 1] == ']' && strchr (address, ':') != NULL && strchr (address, '%') == NULL
             && g_hostname_is_ip_address (address);
    }
  for (const char *p = host; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && *p != '.' && *p != '-' && *p != '_')
        return FALSE;
    }

  return host[0] != '\0';
}

static gboolean
is_port (const char *port)
{
  guint64 number = 0;

  return g_ascii_string_to_unsigned (port, 10, 1, 65535, &number, NULL);
}

static gboolean
check_endpoint (const char *text, const char *endpoint, GError **error)
{
  const char *bracket = strchr (endpoint, ']');
  const char *colon = strrchr (bracket != NULL ? bracket : endpoint, ':');
  g_autofree char *host = colon != NULL ? g_strndup (endpoint, (gsize) (colon - endpoint)) : g_strdup (endpoint);

  if (!is_host (host))
    {
      set_invalid (error, "%s: the host '%s' is neither a name nor an address", text, host);
      return FALSE;
    }
  if (colon == NULL)
    {
      set_invalid (error, "%s: the endpoint '%s' has no port; write %s:PORT", text, endpoint, endpoint);
      return FALSE;
    }
  if (!is_port (colon + 1))
    {
      set_invalid (error, "%s: the port '%s' is not a number from 1 to 65535", text, colon + 1);
      return FALSE;
    }

  return TRUE;
}

/* Cuts the text before the next slash off @rest; @slash says whether there was one. */
static char *
take_segment (const char **rest, gboolean *slash)
{
  const char *end = strchr (*rest, '/');

  *slash = end != NULL;
  if (end == NULL)
    end = *rest + strlen (*rest);

  char *segment = g_strndup (*rest, (gsize) (end - *rest));
  *rest = *slash ? end + 1 : end;

  return segment;
}

static S3dlioUri *
parse_bucket (const Scheme *scheme, const char *text, const char *rest, GError **error)
{
  g_autofree char *endpoint = NULL;
  g_autofree char *container = NULL;
  gboolean slash = FALSE;

  if (*rest == '\0')
    return s3d_uri_new (scheme->canonical, NULL, NULL, "");

  container = take_segment (&rest, &slash);
  if (strchr (container, '@') != NULL)
    {
      /* What stands before the "@" may be a secret: no text in this message. */
      set_invalid (error, "%s://…@…: a URI carries no user name and no password", scheme->name);
      return NULL;
    }
  if (scheme->endpoint && strpbrk (container, ":[") != NULL)
    {
      if (!check_endpoint (text, container, error))
        return NULL;
      endpoint = g_steal_pointer (&container);
      if (*rest == '\0')
        return s3d_uri_new (scheme->canonical, endpoint, NULL, "");
      container = take_segment (&rest, &slash);
    }
  if (!check_name (text, scheme->container, container, "-._", error))
    return NULL;

  return s3d_uri_new (scheme->canonical, endpoint, container, rest);
}

static S3dlioUri *
parse_account (const Scheme *scheme, const char *text, const char *rest, GError **error)
{
  g_autofree char *account = NULL;
  g_autofree char *container = NULL;
  gboolean slash = FALSE;

  if (*rest == '\0')
    return s3d_uri_new (scheme->canonical, NULL, NULL, "");

  account = take_segment (&rest, &slash);
  if (!check_name (text, "account", account, "-", error))
    return NULL;
  if (*rest == '\0')
    return s3d_uri_new (scheme->canonical, account, NULL, "");

  /* "$root", "$web" and "$logs" are containers too. */
  container = take_segment (&rest, &slash);
  if (!check_name (text, scheme->container, container, "-$", error))
    return NULL;

  return s3d_uri_new (scheme->canonical, account, container, rest);
}

/* The bytes of a percent-encoded path; what a path cannot hold is an error. */
static char *
decode_path (const char *text, const char *path, GError **error)
{
  g_autoptr (GString) out = g_string_sized_new (strlen (path));

  for (const char *p = path; *p != '\0'; p++)
    {
      if (*p == '?' || *p == '#')
        {
          set_invalid (error, "%s: the path holds an unescaped '%c'; write %%%02X", text, *p, (guint) *p);
          return NULL;
        }
      if (*p != '%')
        {
          g_string_append_c (out, *p);
          continue;
        }

      const int byte = s3d_unhex (p + 1);

      if (byte < 0)
        {
          set_invalid (error, "%s: the path holds a '%%' that is not followed by two hex digits; write %%25", text);
          return NULL;
        }
      if (byte == '\0' || byte == '/')
        {
          set_invalid (error, "%s: the path holds '%.3s', which no file name can hold", text, p);
          return NULL;
        }
      g_string_append_c (out, (char) byte);
      p += 2;
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static S3dlioUri *
parse_path (const Scheme *scheme, const char *text, const char *rest, GError **error)
{
  const char *path = strchr (rest, '/');
  g_autofree char *host = path != NULL ? g_strndup (rest, (gsize) (path - rest)) : g_strdup (rest);

  if (*host != '\0' && g_ascii_strcasecmp (host, "localhost") != 0)
    {
      set_invalid (error, "%s: the path is not absolute; write %s:///PATH", text, scheme->name);
      return NULL;
    }
  if (path == NULL)
    {
      set_invalid (error, "%s: the path is missing; write %s:///PATH", text, scheme->name);
      return NULL;
    }

  g_autofree char *decoded = decode_path (text, path, error);

  return decoded != NULL ? s3d_uri_new (scheme->canonical, NULL, "", decoded) : NULL;
}

static const Scheme *
find_scheme (const char *text, gsize length)
{
  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      if (strlen (schemes[i].name) == length && g_ascii_strncasecmp (schemes[i].name, text, length) == 0)
        return &schemes[i];
    }

  return NULL;
}

S3dlioUri *
s3d_uri_parse (const char *text, GError **error)
{
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *valid = g_utf8_make_valid (text, -1);

      set_invalid (error, "%s: the URI is not valid UTF-8", valid);
      return NULL;
    }

  const gsize length = s3d_uri_scheme_length (text);
  if (length == 0)
    {
      set_invalid (error, "'%s' is not a URI: it does not begin with a scheme and '://'", text);
      return NULL;
    }

  const Scheme *scheme = find_scheme (text, length);
  if (scheme == NULL)
    {
      set_invalid (error, "%s: the scheme '%.*s' is none of %s", text, (int) length, text, KNOWN_SCHEMES);
      return NULL;
    }

  const char *rest = text + length + strlen ("://");
  switch (scheme->layout)
    {
    case LAYOUT_BUCKET:
      return parse_bucket (scheme, text, rest, error);
    case LAYOUT_ACCOUNT:
      return parse_account (scheme, text, rest, error);
    case LAYOUT_PATH:
    default:
      return parse_path (scheme, text, rest, error);
    }
}

S3dlioUri *
s3d_uri_new_sibling (S3dlioUri *uri, const char *container, const char *key)
{
  g_autofree char *path = s3d_uri_is_path (uri) && *key != '/' ? g_strconcat ("/", key, NULL) : NULL;

  return s3d_uri_new (uri->scheme, uri->authority, container, path != NULL ? path : key);
}

gboolean
s3d_uri_is_path (const S3dlioUri *uri)
{
  return find_scheme (uri->scheme, strlen (uri->scheme))->layout == LAYOUT_PATH;
}

char *
s3d_uri_root (S3dlioUri *uri)
{
  g_autoptr (GString) out = g_string_new (uri->scheme);

  g_string_append (out, "://");
  if (s3d_uri_is_path (uri))
    return g_string_free (g_steal_pointer (&out), FALSE);

  if (uri->authority != NULL)
    g_string_append_printf (out, "%s/", uri->authority);
  if (uri->container != NULL)
    g_string_append_printf (out, "%s/", uri->container);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
append_encoded (GString *out, const char *text, const char *kept)
{
  static const char digits[] = "0123456789ABCDEF";

  for (const char *p = text; *p != '\0'; p++)
    {
      const guchar byte = (guchar) *p;

      if (g_ascii_isalnum (*p) || strchr (kept, *p) != NULL)
        {
          g_string_append_c (out, *p);
          continue;
        }
      g_string_append_c (out, '%');
      g_string_append_c (out, digits[byte >> 4]);
      g_string_append_c (out, digits[byte & 15]);
    }
}

void
s3d_uri_append_key (const S3dlioUri *uri, GString *out, const char *key)
{
  if (s3d_uri_is_path (uri))
    append_encoded (out, key, "-_.!~*'()&=+$,/:@"); /* as g_filename_to_uri() */
  else
    g_string_append (out, key);
}

void
s3d_uri_encode (GString *out, const char *text, gboolean keep_slash)
{
  append_encoded (out, text, keep_slash ? "-._~/" : "-._~");
}

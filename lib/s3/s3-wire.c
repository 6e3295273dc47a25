/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Endpoints, addressing styles, request targets.
 *
 * Path style (endpoint/bucket/key) goes with any endpoint that was named, virtual-host style (bucket.endpoint/key)
 * with Amazon's own; settings may say otherwise. Buckets whose name cannot be a host name, or has dots that a
 * wildcard certificate does not cover, are always in path style.
 *
 * Pure functions over immutable data; any thread. */

#include "config.h"

#include "s3/s3-wire.h"

#include "base/base-error.h"

#include <string.h>

#define DEFAULT_REGION "us-east-1"

static gboolean
bad_setting (const char *what, const char *text, const char *why, GError **error)
{
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s \"%s\": %s", what, text, why);
  return FALSE;
}

/* "HOST", "HOST:PORT", "[V6]:PORT" in lower case and without a port that the scheme implies. */
static char *
normal_authority (const char *authority, gboolean tls)
{
  char *normal = g_ascii_strdown (authority, -1);
  const char *implied = tls ? ":443" : ":80";

  if (g_str_has_suffix (normal, implied))
    normal[strlen (normal) - strlen (implied)] = '\0';
  return normal;
}

static gboolean
use_url (S3dS3Endpoint *endpoint, const char *what, const char *url, GError **error)
{
  const char *rest;

  if (g_ascii_strncasecmp (url, "https://", 8) == 0)
    {
      endpoint->tls = TRUE;
      rest = url + 8;
    }
  else if (g_ascii_strncasecmp (url, "http://", 7) == 0)
    rest = url + 7;
  else
    return bad_setting (what, url, "it must begin with http:// or https://", error);

  gsize length = strcspn (rest, "/?#");
  g_autofree char *authority = g_strndup (rest, length);
  if (strchr (authority, '@') != NULL) /* not shown: it may hold a password */
    return bad_setting (what, "…@…", "a user name has no place in it", error);
  g_autoptr (GUri) parsed = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  if (parsed == NULL || length == 0 || *g_uri_get_host (parsed) == '\0')
    return bad_setting (what, url, "not a URL with a host", error);
  if (strpbrk (rest, "?#") != NULL)
    return bad_setting (what, url, "a query or fragment has no place in it", error);

  endpoint->authority = normal_authority (authority, endpoint->tls);
  gsize path_length = strlen (rest + length);
  while (path_length > 0 && rest[length + path_length - 1] == '/')
    path_length--;
  endpoint->path = g_strndup (rest + length, path_length);
  return TRUE;
}

/* A host and port in a URI: https when the configuration says so of this very one, or the port does. */
static void
use_authority (S3dS3Endpoint *endpoint, const char *authority, const S3dS3Endpoint *configured)
{
  endpoint->tls = g_str_has_suffix (authority, ":443");
  endpoint->authority = normal_authority (authority, endpoint->tls);
  endpoint->path = g_strdup ("");
  if (configured == NULL || !configured->tls)
    return;
  g_autofree char *as_tls = normal_authority (authority, TRUE);
  endpoint->tls = endpoint->tls || strcmp (as_tls, configured->authority) == 0;
}

/* What settings and profile name; NULL without @error: nothing. */
static S3dS3Endpoint *
configured_endpoint (const S3dSettings *settings, const S3dProfile *profile, GError **error)
{
  static const char *const names[] = { "s3.endpoint_url", "endpoint_url" };
  g_autoptr (S3dS3Endpoint) endpoint = g_new0 (S3dS3Endpoint, 1);
  const char *what = "endpoint-url";
  const char *url = settings->endpoint_url;

  for (guint i = 0; i < G_N_ELEMENTS (names) && url == NULL; i++)
    {
      what = "the profile's endpoint_url";
      url = s3d_profile_get (profile, names[i]);
    }
  if (url == NULL || !use_url (endpoint, what, url, error))
    return NULL;
  return g_steal_pointer (&endpoint);
}

/* Which of @words the profile says under @name; -1: it says nothing. */
static gboolean
profile_word (const S3dProfile *profile, const char *name, const char *const *words, int *word, GError **error)
{
  const char *text = s3d_profile_get (profile, name);

  *word = -1;
  if (text == NULL)
    return TRUE;
  for (int i = 0; words[i] != NULL; i++)
    {
      if (g_ascii_strcasecmp (text, words[i]) == 0)
        *word = i;
    }
  if (*word >= 0)
    return TRUE;
  g_autofree char *what = g_strconcat ("the profile's ", name, NULL);
  g_autofree char *any = g_strjoinv (", ", (char **) words);
  g_autofree char *why = g_strconcat ("it is one of ", any, NULL);
  return bad_setting (what, text, why, error);
}

static gboolean
configure_addressing (S3dS3Endpoint *endpoint, const S3dSettings *settings, const S3dProfile *profile, GError **error)
{
  static const char *const styles[] = { "auto", "path", "virtual", NULL }; /* as S3dAddressing */
  int style = -1;

  endpoint->addressing = settings->addressing_style;
  if (endpoint->addressing != S3D_ADDRESSING_AUTO)
    return TRUE;
  if (!profile_word (profile, "s3.addressing_style", styles, &style, error))
    return FALSE;
  if (style >= 0)
    endpoint->addressing = (S3dAddressing) style;
  return TRUE;
}

/* Also where it was named, as those of one region, of FIPS and of private links are. */
static gboolean
is_amazon (const S3dS3Endpoint *endpoint)
{
  if (endpoint->aws)
    return TRUE;
  g_autofree char *host = g_strndup (endpoint->authority, strcspn (endpoint->authority, ":"));
  return g_str_has_suffix (host, ".amazonaws.com") || g_str_has_suffix (host, ".amazonaws.com.cn");
}

static gboolean
configure_checksums (S3dS3Endpoint *endpoint, const S3dSettings *settings, const S3dProfile *profile, GError **error)
{
  static const char *const wishes[] = { "when_required", "when_supported", NULL };
  S3dChecksum wanted = settings->checksum;
  int wish = -1;

  if (settings->checksum_is_default
      && !profile_word (profile, "request_checksum_calculation", wishes, &wish, error))
    return FALSE;
  if (wish >= 0)
    wanted = wish == 1 ? S3D_CHECKSUM_AUTO : S3D_CHECKSUM_NONE;
  endpoint->checksums = wanted == S3D_CHECKSUM_CRC32C || (wanted == S3D_CHECKSUM_AUTO && endpoint->amazon);
  return TRUE;
}

S3dS3Endpoint *
s3d_s3_endpoint_new (S3dlioUri *uri, const S3dSettings *settings, const S3dProfile *profile, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (S3dS3Endpoint) configured = configured_endpoint (settings, profile, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  g_autoptr (S3dS3Endpoint) endpoint = NULL;
  if (uri->authority != NULL)
    {
      endpoint = g_new0 (S3dS3Endpoint, 1);
      use_authority (endpoint, uri->authority, configured);
    }
  else if (configured != NULL)
    endpoint = g_steal_pointer (&configured);
  else
    {
      endpoint = g_new0 (S3dS3Endpoint, 1);
      endpoint->tls = TRUE;
      endpoint->aws = TRUE;
      endpoint->path = g_strdup ("");
    }

  const char *region = settings->region != NULL ? settings->region : s3d_profile_get (profile, "region");
  if (region != NULL && !s3d_s3_is_region (region))
    {
      bad_setting ("region", region, "letters, digits and hyphens make its name", error);
      return NULL;
    }
  endpoint->region = g_strdup (region != NULL ? region : DEFAULT_REGION);
  endpoint->amazon = is_amazon (endpoint);
  if (!configure_addressing (endpoint, settings, profile, error)
      || !configure_checksums (endpoint, settings, profile, error))
    return NULL;
  return g_steal_pointer (&endpoint);
}

void
s3d_s3_endpoint_free (S3dS3Endpoint *endpoint)
{
  if (endpoint == NULL)
    return;
  g_free (endpoint->authority);
  g_free (endpoint->path);
  g_free (endpoint->region);
  g_free (endpoint);
}

static gboolean
can_be_host (const char *bucket)
{
  gsize length = strlen (bucket);

  if (length < 3 || length > 63)
    return FALSE;
  for (const char *p = bucket; *p != '\0'; p++)
    {
      if (!g_ascii_islower (*p) && !g_ascii_isdigit (*p) && *p != '-' && *p != '.')
        return FALSE;
    }
  return g_ascii_isalnum (bucket[0]) && g_ascii_isalnum (bucket[length - 1]) && strstr (bucket, "..") == NULL;
}

static gboolean
is_ip_address (const char *authority)
{
  if (*authority == '[')
    return TRUE;
  g_autofree char *host = g_strndup (authority, strcspn (authority, ":"));
  return g_hostname_is_ip_address (host);
}

static gboolean
use_virtual_host (const S3dS3Endpoint *endpoint, const char *bucket)
{
  if (endpoint->addressing == S3D_ADDRESSING_PATH || !can_be_host (bucket))
    return FALSE;
  if (endpoint->addressing == S3D_ADDRESSING_VIRTUAL)
    return endpoint->aws || !is_ip_address (endpoint->authority);
  return endpoint->aws && strchr (bucket, '.') == NULL;
}

gboolean
s3d_s3_is_region (const char *text)
{
  gsize length = 0;

  for (; text[length] != '\0'; length++)
    {
      if (!g_ascii_isalnum (text[length]) && text[length] != '-' && text[length] != '_')
        return FALSE;
    }
  return length > 0 && length < 64;
}

static char *
authority_in_region (const S3dS3Endpoint *endpoint, const char *region)
{
  if (!endpoint->aws)
    return g_strdup (endpoint->authority);
  return g_strconcat ("s3.", region, g_str_has_prefix (region, "cn-") ? ".amazonaws.com.cn" : ".amazonaws.com", NULL);
}

S3dS3Place *
s3d_s3_place_new (const S3dS3Endpoint *endpoint, const char *bucket, const char *region)
{
  S3dS3Place *place = g_new0 (S3dS3Place, 1);

  g_atomic_ref_count_init (&place->refs);
  place->region = g_strdup (region != NULL ? region : endpoint->region);

  g_autofree char *authority = authority_in_region (endpoint, place->region);
  const char *scheme = endpoint->tls ? "https://" : "http://";
  g_autoptr (GString) path = g_string_new (endpoint->path);
  gboolean named = bucket != NULL && *bucket != '\0';
  if (named && use_virtual_host (endpoint, bucket))
    place->origin = g_strconcat (scheme, bucket, ".", authority, NULL);
  else
    {
      place->origin = g_strconcat (scheme, authority, NULL);
      if (named)
        {
          g_string_append_c (path, '/');
          s3d_uri_encode (path, bucket, FALSE);
        }
    }
  place->path = g_string_free (g_steal_pointer (&path), FALSE);
  return place;
}

S3dS3Place *
s3d_s3_place_ref (S3dS3Place *place)
{
  g_atomic_ref_count_inc (&place->refs);
  return place;
}

void
s3d_s3_place_unref (S3dS3Place *place)
{
  if (place == NULL || !g_atomic_ref_count_dec (&place->refs))
    return;
  g_free (place->origin);
  g_free (place->path);
  g_free (place->region);
  g_free (place);
}

void
s3d_s3_append_target (GString *out, const S3dS3Place *place, const char *key, const char *query)
{
  gboolean has_key = key != NULL && *key != '\0';

  g_string_append (out, place->path);
  if (has_key || *place->path == '\0')
    g_string_append_c (out, '/');
  if (has_key)
    s3d_uri_encode (out, key, TRUE);
  if (query == NULL)
    return;
  g_string_append_c (out, '?');
  g_string_append (out, query);
}

char *
s3d_s3_copy_source (const char *bucket, const char *key)
{
  GString *text = g_string_new ("/");

  s3d_uri_encode (text, bucket, FALSE);
  g_string_append_c (text, '/');
  s3d_uri_encode (text, key, TRUE);
  return g_string_free (text, FALSE);
}

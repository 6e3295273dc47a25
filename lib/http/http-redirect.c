/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A followed redirect is one more exchange of the same request, at another place. On the same host it is signed
 * anew; to another host goes no signature, no token and no cookie, and the sign hook does not run. Never from
 * https to http. Runs on the request's loop; the request owns where it leads. RFC 9110 §15.4. */

#include "config.h"

#include "http/http-redirect.h"

#include "http/http-core.h"

#include <string.h>

static gboolean
may_be_followed (const S3dHttpRequest *request)
{
  gboolean reads = strcmp (request->method, "GET") == 0 || strcmp (request->method, "HEAD") == 0;

  if (!request->core->settings->follow_redirects || request->redirects >= S3D_HTTP_MAX_REDIRECTS)
    return FALSE;
  /* 301 to 303 would turn a PUT into a GET. */
  return request->status == 307 || request->status == 308
         || (reads && request->status >= 301 && request->status <= 303);
}

static int
get_port (GUri *uri)
{
  int port = g_uri_get_port (uri);

  if (port != -1)
    return port;
  return strcmp (g_uri_get_scheme (uri), "https") == 0 ? 443 : 80;
}

static gboolean
is_same_host (GUri *from, GUri *to)
{
  gboolean upgrade = get_port (from) == 80 && get_port (to) == 443;

  return g_ascii_strcasecmp (g_uri_get_host (from), g_uri_get_host (to)) == 0
         && (get_port (from) == get_port (to) || upgrade);
}

static char *
make_origin (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  gboolean ipv6 = strchr (host, ':') != NULL;

  if (g_uri_get_port (uri) == -1)
    return g_strdup_printf ("%s://%s%s%s", g_uri_get_scheme (uri), ipv6 ? "[" : "", host, ipv6 ? "]" : "");
  return g_strdup_printf ("%s://%s%s%s:%d", g_uri_get_scheme (uri), ipv6 ? "[" : "", host, ipv6 ? "]" : "",
                          g_uri_get_port (uri));
}

static char *
make_target (GUri *uri)
{
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);

  if (path[0] == '\0')
    path = "/";
  return query != NULL ? g_strdup_printf ("%s?%s", path, query) : g_strdup (path);
}

gboolean
s3d_http_redirect_follow (S3dHttpRequest *request)
{
  const char *location = s3d_http_headers_get (&request->answer, "location");
  g_autofree char *here = NULL;
  g_autoptr (GUri) from = NULL;
  g_autoptr (GUri) to = NULL;

  if (location == NULL || !may_be_followed (request))
    return FALSE;
  here = g_strconcat (s3d_http_request_effective_origin (request), s3d_http_request_effective_target (request), NULL);
  from = g_uri_parse (here, G_URI_FLAGS_ENCODED, NULL);
  if (from == NULL)
    return FALSE;
  to = g_uri_parse_relative (from, location, G_URI_FLAGS_ENCODED, NULL);
  if (to == NULL || g_uri_get_host (to) == NULL || g_uri_get_host (to)[0] == '\0' || g_uri_get_userinfo (to) != NULL)
    return FALSE;
  if (strcmp (g_uri_get_scheme (to), "https") != 0
      && (strcmp (g_uri_get_scheme (to), "http") != 0 || strcmp (g_uri_get_scheme (from), "http") != 0))
    return FALSE;

  request->foreign = request->foreign || !is_same_host (from, to);
  g_free (request->redirect_origin);
  g_free (request->redirect_target);
  request->redirect_origin = make_origin (to);
  request->redirect_target = make_target (to);
  request->redirects++;
  return TRUE;
}

void
s3d_http_redirect_forget (S3dHttpRequest *request)
{
  g_clear_pointer (&request->redirect_origin, g_free);
  g_clear_pointer (&request->redirect_target, g_free);
  request->redirects = 0;
  request->foreign = FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options that all transfers share: signals, names, connections, proxies, trust. Immutable after init, so that
 * every loop reads them; the core owns them. */

#include "config.h"

#include "http/http-options.h"

#include <unistd.h>

/* An idle connection older than this is not used again: by then the other side, or a firewall between, has often
 * forgotten it. */
#define IDLE_SECONDS 60
/* Connections that are opened together share an answer, later ones ask again: with the order shuffled they spread
 * over the service's addresses. */
#define DNS_SECONDS 2

/* One file, not a folder: libcurl with GnuTLS reads a folder of CAs anew, for 25 ms, with each connection. */
static char *
find_ca_file (const S3dSettings *settings)
{
  static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
    "/etc/ssl/ca-bundle.pem",             /* openSUSE */
    "/etc/ssl/cert.pem",                  /* Alpine */
  };

  if (settings->ca_bundle != NULL)
    return g_strdup (settings->ca_bundle);
  for (gsize i = 0; i < G_N_ELEMENTS (bundles); i++)
    if (access (bundles[i], R_OK) == 0)
      return g_strdup (bundles[i]);
  return NULL;
}

static gboolean
proxies_are_set (void)
{
  static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]) != NULL)
      return TRUE;
  return FALSE;
}

void
s3d_http_options_init (S3dHttpOptions *options, const S3dSettings *settings)
{
  options->ca_file = find_ca_file (settings);
  options->no_proxy = !proxies_are_set ();
  options->http_version = settings->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  options->tls_version = g_strcmp0 (settings->tls_min_version, "1.3") == 0 ? CURL_SSLVERSION_TLSv1_3
                                                                           : CURL_SSLVERSION_TLSv1_2;
  options->connect_timeout_ms = MIN (settings->connect_timeout_ms, G_MAXINT);
}

void
s3d_http_options_clear (S3dHttpOptions *options)
{
  g_clear_pointer (&options->ca_file, g_free);
}

static gboolean
apply_trust (const S3dHttpOptions *options, CURL *easy)
{
  if (curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK
      || curl_easy_setopt (easy, CURLOPT_SSLVERSION, options->tls_version) != CURLE_OK
      || curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK
      || curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK)
    return FALSE;
  if (options->ca_file == NULL)
    return TRUE;
  return curl_easy_setopt (easy, CURLOPT_CAINFO, options->ca_file) == CURLE_OK
         && curl_easy_setopt (easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

gboolean
s3d_http_options_apply (const S3dHttpOptions *options, CURL *easy)
{
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L); /* a silent DNS server freezes no loop */
  curl_easy_setopt (easy, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
  curl_easy_setopt (easy, CURLOPT_DNS_CACHE_TIMEOUT, (long) DNS_SECONDS);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms);
  curl_easy_setopt (easy, CURLOPT_MAXAGE_CONN, (long) IDLE_SECONDS);
  curl_easy_setopt (easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt (easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt (easy, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt (easy, CURLOPT_TCP_KEEPINTVL, 10L);
  curl_easy_setopt (easy, CURLOPT_HTTP_VERSION, options->http_version);
  /* Rather than a handshake each, requests that come together wait to see whether the first connection carries many. */
  curl_easy_setopt (easy, CURLOPT_PIPEWAIT, options->http_version == CURL_HTTP_VERSION_1_1 ? 0L : 1L);
  curl_easy_setopt (easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt (easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt (easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "s3dlio/" PACKAGE_VERSION);
  if (options->no_proxy)
    curl_easy_setopt (easy, CURLOPT_PROXY, "");
  return apply_trust (options, easy);
}

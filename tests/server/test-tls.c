/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server over TLS: its throw-away certificates verify, or fail for the one reason that each is
 * made for.
 */
#include "config.h"

#include "test-server.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  int fd;
  gnutls_session_t session;
  gnutls_certificate_credentials_t trust;
} TlsClient;

static void
tls_client_open (TlsClient *client, TestServer *server)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int result;

  address.sin_port = htons (ts_server_get_tls_port (server));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  client->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (client->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  gnutls_certificate_allocate_credentials (&client->trust);
  result = gnutls_certificate_set_x509_trust_file (client->trust, ts_server_get_ca_file (server),
                                                   GNUTLS_X509_FMT_PEM);
  g_assert_cmpint (result, ==, 1);
  gnutls_init (&client->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
  gnutls_set_default_priority (client->session);
  gnutls_credentials_set (client->session, GNUTLS_CRD_CERTIFICATE, client->trust);
  gnutls_transport_set_int (client->session, client->fd);
  do
    result = gnutls_handshake (client->session);
  while (result < 0 && !gnutls_error_is_fatal (result));
  g_assert_cmpint (result, ==, 0);
}

static void
tls_client_close (TlsClient *client)
{
  gnutls_deinit (client->session);
  gnutls_certificate_free_credentials (client->trust);
  close (client->fd);
}

static guint
verify (TestServer *server, const char *name)
{
  TlsClient client;
  guint status = 0;

  tls_client_open (&client, server);
  g_assert_cmpint (gnutls_certificate_verify_peers3 (client.session, name, &status), ==, 0);
  tls_client_close (&client);
  return status;
}

static TestServer *
server_with (const char *variant)
{
  const TestServerOptions options = { .buckets = "bucket", .anonymous = TRUE, .tls = TRUE,
                                      .tls_variant = variant };

  return ts_server_new (&options);
}

static void
test_good (void)
{
  g_autoptr (TestServer) server = server_with (NULL);

  g_assert_cmpuint (verify (server, "localhost"), ==, 0);
  g_assert_cmpuint (verify (server, "127.0.0.1"), ==, 0);
  g_assert_cmpuint (verify (server, "::1"), ==, 0);
  g_assert_cmpuint (verify (server, "bucket.s3.localhost"), ==, 0);
  g_assert_cmpuint (verify (server, "elsewhere.example"), !=, 0);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *variant;
    guint status;
  } cases[] = {
    { "expired", GNUTLS_CERT_EXPIRED },
    { "wrong-name", GNUTLS_CERT_UNEXPECTED_OWNER },
    { "self-signed", GNUTLS_CERT_SIGNER_NOT_FOUND },
    { "other-server", GNUTLS_CERT_SIGNER_NOT_FOUND },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (TestServer) server = server_with (cases[i].variant);

      g_assert_cmpuint (verify (server, "localhost"), ==, GNUTLS_CERT_INVALID | cases[i].status);
    }
}

static char *
ask (TlsClient *client, TestServer *server, const char *target)
{
  g_autofree char *request
      = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n\r\n",
                         target, ts_server_get_tls_port (server));
  GString *answer = g_string_new (NULL);
  char data[4096];
  gssize n;

  g_assert_cmpint (gnutls_record_send (client->session, request, strlen (request)), >, 0);
  while ((n = gnutls_record_recv (client->session, data, sizeof data)) > 0)
    g_string_append_len (answer, data, n);
  return g_string_free (answer, FALSE);
}

static void
test_requests (void)
{
  g_autoptr (TestServer) server = server_with (NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("0123456789", 10);
  g_autofree char *answer = NULL;
  g_autofree char *cut = NULL;
  TlsClient client;
  g_autoptr (GPtrArray) requests = NULL;

  ts_server_put_object (server, "bucket", "k", bytes);
  ts_server_add_fault (server, "tls=yes nth=2 action=reset after=4");
  tls_client_open (&client, server);
  answer = ask (&client, server, "/bucket/k");
  tls_client_close (&client);
  tls_client_open (&client, server);
  cut = ask (&client, server, "/bucket/k");
  tls_client_close (&client);
  g_assert_true (g_str_has_suffix (answer, "\r\n\r\n0123456789"));
  g_assert_true (g_str_has_suffix (cut, "\r\n\r\n0123"));
  requests = ts_server_get_requests (server, "GetObject");
  g_assert_cmpuint (requests->len, ==, 2);
  g_assert_true (((TsRequest *) g_ptr_array_index (requests, 0))->tls);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/tls/good-certificate", test_good);
  g_test_add_func ("/server/tls/each-bad-certificate-for-its-reason", test_bad);
  g_test_add_func ("/server/tls/requests-and-faults", test_requests);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Throw-away certificates (RFC 5280), made with GnuTLS so that tests need no other tool, and the
 * loading of one for the listening side. No state; any thread.
 */
#include "config.h"

#include "server-private.h"

#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

#define DAY (24 * 3600)

/* A certificate with its key, both owned. */
typedef struct
{
  gnutls_x509_crt_t crt;
  gnutls_x509_privkey_t key;
} Identity;

static gboolean
check (int result, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "certificates: %s",
               gnutls_strerror (result));
  return FALSE;
}

static void
identity_clear (Identity *identity)
{
  if (identity->crt != NULL)
    gnutls_x509_crt_deinit (identity->crt);
  if (identity->key != NULL)
    gnutls_x509_privkey_deinit (identity->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Identity, identity_clear)

static gboolean
write_pem (const char *dir, const char *name, const char *suffix, gnutls_datum_t *pem, GError **error)
{
  g_autofree char *base = g_strconcat (name, suffix, NULL);
  g_autofree char *path = g_build_filename (dir, base, NULL);
  gboolean written = g_file_set_contents (path, (const char *) pem->data, pem->size, error);

  gnutls_free (pem->data);
  return written;
}

static gboolean
write_identity (const char *dir, const char *name, const Identity *identity, GError **error)
{
  gnutls_datum_t crt = { NULL, 0 };
  gnutls_datum_t key = { NULL, 0 };

  return check (gnutls_x509_crt_export2 (identity->crt, GNUTLS_X509_FMT_PEM, &crt), error)
         && write_pem (dir, name, ".pem", &crt, error)
         && check (gnutls_x509_privkey_export2_pkcs8 (identity->key, GNUTLS_X509_FMT_PEM, NULL,
                                                      GNUTLS_PKCS_PLAIN, &key), error)
         && write_pem (dir, name, "-key.pem", &key, error);
}

/* A key and a certificate that is not signed; valid from @from to @until, seconds from now. */
static gboolean
begin_identity (Identity *identity, const char *common_name, gint64 from, gint64 until, GError **error)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guint64 serial = GUINT64_TO_BE ((guint64) g_get_real_time ());
  gnutls_x509_crt_t crt;
  guint bits = GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1);

  if (!check (gnutls_x509_privkey_init (&identity->key), error)
      || !check (gnutls_x509_privkey_generate (identity->key, GNUTLS_PK_ECDSA, bits, 0), error)
      || !check (gnutls_x509_crt_init (&identity->crt), error))
    return FALSE;
  crt = identity->crt;
  return check (gnutls_x509_crt_set_version (crt, 3), error)
         && check (gnutls_x509_crt_set_serial (crt, &serial, sizeof serial), error)
         && check (gnutls_x509_crt_set_activation_time (crt, (time_t) (now + from)), error)
         && check (gnutls_x509_crt_set_expiration_time (crt, (time_t) (now + until)), error)
         && check (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
                                                  (guint) strlen (common_name)), error)
         && check (gnutls_x509_crt_set_key (crt, identity->key), error);
}

static gboolean
end_identity (Identity *identity, const Identity *issuer, GError **error)
{
  return check (gnutls_x509_crt_sign2 (identity->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256,
                                       0), error);
}

static gboolean
make_ca (Identity *ca, const char *common_name, GError **error)
{
  return begin_identity (ca, common_name, -DAY, 30 * DAY, error)
         && check (gnutls_x509_crt_set_basic_constraints (ca->crt, 1, -1), error)
         && check (gnutls_x509_crt_set_key_usage (ca->crt, GNUTLS_KEY_KEY_CERT_SIGN), error)
         && end_identity (ca, ca, error);
}

static gboolean
add_name (gnutls_x509_crt_t crt, const char *name, GError **error)
{
  return check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, name,
                                                      (guint) strlen (name), GNUTLS_FSAN_APPEND),
                error);
}

static gboolean
add_loopback_names (gnutls_x509_crt_t crt, GError **error)
{
  static const guint8 v4[4] = { 127, 0, 0, 1 };
  static const guint8 v6[16] = { [15] = 1 };

  return add_name (crt, "localhost", error) && add_name (crt, "s3.localhost", error)
         && add_name (crt, "*.s3.localhost", error)
         && check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, v4, sizeof v4,
                                                         GNUTLS_FSAN_APPEND), error)
         && check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS, v6, sizeof v6,
                                                         GNUTLS_FSAN_APPEND), error);
}

/* Makes and writes one for a server; @issuer NULL: signed by itself. */
static gboolean
make_server (const char *dir, const char *name, const Identity *issuer, gboolean right_name, gint64 from, gint64 until,
             GError **error)
{
  g_auto (Identity) server = { NULL, NULL };

  return begin_identity (&server, right_name ? "localhost" : "elsewhere.example", from, until,
                         error)
         && (right_name ? add_loopback_names (server.crt, error)
                        : add_name (server.crt, "elsewhere.example", error))
         && check (gnutls_x509_crt_set_basic_constraints (server.crt, 0, -1), error)
         && check (gnutls_x509_crt_set_key_usage (server.crt, GNUTLS_KEY_DIGITAL_SIGNATURE), error)
         && check (gnutls_x509_crt_set_key_purpose_oid (server.crt, GNUTLS_KP_TLS_WWW_SERVER, 0),
                   error)
         && end_identity (&server, issuer != NULL ? issuer : &server, error)
         && write_identity (dir, name, &server, error);
}

gboolean
ts_tls_make_directory (const char *dir, GError **error)
{
  g_auto (Identity) ca = { NULL, NULL };
  g_auto (Identity) other = { NULL, NULL };

  return make_ca (&ca, "s3dlio test CA", error) && write_identity (dir, "ca", &ca, error)
         && make_ca (&other, "another test CA", error)
         && write_identity (dir, "other-ca", &other, error)
         && make_server (dir, "server", &ca, TRUE, -DAY, 7 * DAY, error)
         && make_server (dir, "expired", &ca, TRUE, -3 * DAY, -2 * DAY, error)
         && make_server (dir, "wrong-name", &ca, FALSE, -DAY, 7 * DAY, error)
         && make_server (dir, "self-signed", NULL, TRUE, -DAY, 7 * DAY, error)
         && make_server (dir, "other-server", &other, TRUE, -DAY, 7 * DAY, error);
}

gnutls_certificate_credentials_t
ts_tls_load (const char *dir, const char *variant, GError **error)
{
  gnutls_certificate_credentials_t credentials = NULL;
  g_autofree char *crt_name = g_strconcat (variant, ".pem", NULL);
  g_autofree char *key_name = g_strconcat (variant, "-key.pem", NULL);
  g_autofree char *crt = g_build_filename (dir, crt_name, NULL);
  g_autofree char *key = g_build_filename (dir, key_name, NULL);

  if (!check (gnutls_certificate_allocate_credentials (&credentials), error))
    return NULL;
  if (check (gnutls_certificate_set_x509_key_file (credentials, crt, key, GNUTLS_X509_FMT_PEM),
             error))
    return credentials;
  gnutls_certificate_free_credentials (credentials);
  return NULL;
}

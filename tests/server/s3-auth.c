/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AWS Signature Version 4 as the service verifies it: in the Authorization header or in the query
 * (presigned), rebuilt from what came over the wire. “Authenticating Requests (AWS Signature
 * Version 4)” in the Amazon S3 API Reference. Deliberately shares nothing with the client's signer.
 */
#include "config.h"

#include "s3-private.h"

#include <gnutls/crypto.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define MAX_SKEW 900
#define MAX_EXPIRES (7 * 24 * 3600)
#define SMALL_PAYLOAD (64 * 1024)

/* What the request says of its signature. */
typedef struct
{
  gboolean presigned;
  char *access_key;
  char *day;
  char *region;
  char *scope; /* day/region/s3/aws4_request */
  char **signed_headers;
  char *signed_list; /* as it came, joined by ";" */
  char *signature;
  char *date;        /* 20130524T000000Z */
  gint64 time;
  const char *payload;
  const char *token;
} Claim;

static void
claim_free (Claim *claim)
{
  g_free (claim->access_key);
  g_free (claim->day);
  g_free (claim->region);
  g_free (claim->scope);
  g_strfreev (claim->signed_headers);
  g_free (claim->signed_list);
  g_free (claim->signature);
  g_free (claim->date);
  g_free (claim);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Claim, claim_free)

static gboolean
malformed (TsCall *call, const Claim *claim, const char *message)
{
  ts_s3_error (call, 400,
               claim->presigned ? "AuthorizationQueryParametersError"
                                : "AuthorizationHeaderMalformed",
               message);
  return FALSE;
}

/* ---- reading the claim ---- */

/* KEY/20130524/us-east-1/s3/aws4_request; the key itself may hold slashes. */
static gboolean
read_credential (TsCall *call, Claim *claim, const char *credential)
{
  g_auto (GStrv) words = g_strsplit (credential, "/", -1);
  guint n = g_strv_length (words);

  if (n < 5 || !g_str_equal (words[n - 1], "aws4_request") || !g_str_equal (words[n - 2], "s3"))
    return malformed (call, claim, "The Credential is mal-formed; expecting "
                                   "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  claim->region = g_strdup (words[n - 3]);
  claim->day = g_strdup (words[n - 4]);
  claim->scope = g_strdup_printf ("%s/%s/s3/aws4_request", claim->day, claim->region);
  g_clear_pointer (&words[n - 4], g_free);
  claim->access_key = g_strjoinv ("/", words);
  for (guint i = n - 3; i < n; i++)
    g_clear_pointer (&words[i], g_free);
  return TRUE;
}

static void
read_signed_headers (Claim *claim, const char *list)
{
  claim->signed_list = g_strdup (list);
  claim->signed_headers = g_strsplit (list, ";", -1);
}

static gboolean
read_authorization (TsCall *call, Claim *claim, const char *text)
{
  g_auto (GStrv) fields = NULL;

  if (!g_str_has_prefix (text, ALGORITHM " "))
    {
      ts_s3_error (call, 400, "InvalidRequest",
                   "The authorization mechanism you have provided is not supported. "
                   "Please use AWS4-HMAC-SHA256.");
      return FALSE;
    }
  fields = g_strsplit (text + strlen (ALGORITHM " "), ",", -1);
  for (char **field = fields; *field != NULL; field++)
    {
      const char *name = g_strstrip (*field);

      if (g_str_has_prefix (name, "Credential=") && claim->access_key == NULL)
        {
          if (!read_credential (call, claim, name + strlen ("Credential=")))
            return FALSE;
        }
      else if (g_str_has_prefix (name, "SignedHeaders=") && claim->signed_list == NULL)
        read_signed_headers (claim, name + strlen ("SignedHeaders="));
      else if (g_str_has_prefix (name, "Signature=") && claim->signature == NULL)
        claim->signature = g_strdup (name + strlen ("Signature="));
      else
        return malformed (call, claim, "The authorization header is malformed.");
    }
  if (claim->access_key == NULL || claim->signed_list == NULL || claim->signature == NULL)
    return malformed (call, claim, "The authorization header is malformed; it lacks a field.");
  return TRUE;
}

/* x-amz-date, or Date in either form. */
static gboolean
read_date (TsCall *call, Claim *claim)
{
  const char *amz = ts_call_header (call, "x-amz-date");
  const char *date = amz != NULL ? amz : ts_call_header (call, "Date");
  g_autoptr (GDateTime) t = NULL;

  claim->time = date != NULL ? ts_basic_date_parse (date) : -1;
  if (claim->time < 0 && date != NULL && amz == NULL)
    claim->time = ts_http_date_parse (date);
  if (claim->time < 0)
    {
      ts_s3_error (call, 403, "AccessDenied",
                   "AWS authentication requires a valid Date or x-amz-date header");
      return FALSE;
    }
  t = g_date_time_new_from_unix_utc (claim->time);
  claim->date = g_date_time_format (t, "%Y%m%dT%H%M%SZ");
  return TRUE;
}

static gboolean
read_header_claim (TsCall *call, Claim *claim, const char *authorization)
{
  if (!read_authorization (call, claim, authorization) || !read_date (call, claim))
    return FALSE;
  claim->payload = ts_call_header (call, "x-amz-content-sha256");
  claim->token = ts_call_header (call, "x-amz-security-token");
  if (claim->payload == NULL)
    {
      ts_s3_error (call, 400, "InvalidRequest",
                   "Missing required header for this request: x-amz-content-sha256");
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_query_claim (TsCall *call, Claim *claim)
{
  const char *credential = ts_call_param (call, "X-Amz-Credential");
  const char *list = ts_call_param (call, "X-Amz-SignedHeaders");
  const char *signature = ts_call_param (call, "X-Amz-Signature");
  const char *date = ts_call_param (call, "X-Amz-Date");
  const char *expires = ts_call_param (call, "X-Amz-Expires");
  guint64 seconds;
  gint64 now = ts_server_now (call->server);

  claim->presigned = TRUE;
  if (g_strcmp0 (ts_call_param (call, "X-Amz-Algorithm"), ALGORITHM) != 0 || credential == NULL
      || list == NULL || signature == NULL || date == NULL || expires == NULL)
    return malformed (call, claim,
                      "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                      "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                      "X-Amz-Expires parameters.");
  if (!read_credential (call, claim, credential))
    return FALSE;
  read_signed_headers (claim, list);
  claim->signature = g_strdup (signature);
  claim->date = g_strdup (date);
  claim->time = ts_basic_date_parse (date);
  claim->payload = ts_call_header (call, "x-amz-content-sha256");
  claim->token = ts_call_param (call, "X-Amz-Security-Token");
  if (claim->payload == NULL)
    claim->payload = "UNSIGNED-PAYLOAD";
  if (claim->time < 0
      || !g_ascii_string_to_unsigned (expires, 10, 1, MAX_EXPIRES, &seconds, NULL))
    return malformed (call, claim, "X-Amz-Date or X-Amz-Expires is not valid.");
  if (now > claim->time + (gint64) seconds)
    {
      ts_s3_error (call, 403, "AccessDenied", "Request has expired");
      return FALSE;
    }
  return TRUE;
}

/* ---- the canonical request ---- */

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const TsPair *one = *(TsPair *const *) a;
  const TsPair *two = *(TsPair *const *) b;
  int order = strcmp (one->name, two->name);

  return order != 0 ? order : strcmp (one->value, two->value);
}

static void
append_query (GString *out, TsCall *call, const Claim *claim)
{
  g_autoptr (GPtrArray) encoded = ts_pairs_new ();

  for (guint i = 0; i < call->params->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->params, i);
      g_autoptr (GString) name = g_string_new (NULL);
      g_autoptr (GString) value = g_string_new (NULL);

      if (claim->presigned && g_str_equal (pair->name, "X-Amz-Signature"))
        continue;
      ts_uri_append (name, pair->name, FALSE);
      ts_uri_append (value, pair->value, FALSE);
      ts_pairs_add (encoded, name->str, value->str);
    }
  g_ptr_array_sort (encoded, compare_pairs);
  for (guint i = 0; i < encoded->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (encoded, i);

      g_string_append_printf (out, "%s%s=%s", i > 0 ? "&" : "", pair->name, pair->value);
    }
}

/* The values of one header, runs of blanks made one; FALSE: it did not come. */
static gboolean
append_header (GString *out, TsCall *call, const char *name)
{
  guint n = 0;

  g_string_append_printf (out, "%s:", name);
  for (guint i = 0; i < call->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->headers, i);

      if (g_ascii_strcasecmp (pair->name, name) != 0)
        continue;
      if (n++ > 0)
        g_string_append_c (out, ',');
      for (const char *p = pair->value; *p != '\0'; p++)
        if (*p != ' ' || p[1] != ' ')
          g_string_append_c (out, *p);
    }
  g_string_append_c (out, '\n');
  return n > 0;
}

static gboolean
append_headers (GString *out, TsCall *call, const Claim *claim)
{
  for (char **name = claim->signed_headers; *name != NULL; name++)
    {
      g_autofree char *lower = g_ascii_strdown (*name, -1);

      if (!g_str_equal (lower, *name) || (name[1] != NULL && strcmp (*name, name[1]) >= 0)
          || !append_header (out, call, *name))
        return malformed (call, claim,
                          "SignedHeaders must be lower case, sorted, and in the request.");
    }
  return TRUE;
}

static GString *
canonical_request (TsCall *call, const Claim *claim)
{
  g_autoptr (GString) out = g_string_new (call->method);
  g_autofree char *path = ts_uri_decode (call->path, -1, FALSE);

  g_string_append_c (out, '\n');
  ts_uri_append (out, path, TRUE);
  g_string_append_c (out, '\n');
  append_query (out, call, claim);
  g_string_append_c (out, '\n');
  if (!append_headers (out, call, claim))
    return NULL;
  g_string_append_printf (out, "\n%s\n%s", claim->signed_list, claim->payload);
  return g_steal_pointer (&out);
}

/* Whatever the service acts on must be covered by the signature. */
static gboolean
check_signed_headers (TsCall *call, const Claim *claim)
{
  const char *const *list = (const char *const *) claim->signed_headers;

  if (!g_strv_contains (list, "host"))
    return malformed (call, claim, "SignedHeaders must hold host.");
  for (guint i = 0; i < call->headers->len; i++)
    {
      const TsPair *pair = g_ptr_array_index (call->headers, i);
      g_autofree char *name = g_ascii_strdown (pair->name, -1);

      if (g_str_has_prefix (name, "x-amz-") && !g_strv_contains (list, name)
          && !(claim->presigned && g_str_equal (name, "x-amz-content-sha256")))
        {
          g_autofree char *message = g_strdup_printf (
              "There were headers present in the request which were not signed: %s", name);

          ts_s3_error (call, 403, "AccessDenied", message);
          return FALSE;
        }
    }
  return TRUE;
}

/* ---- the signature ---- */

static void
hmac (const guint8 *key, gsize key_size, const char *text, guint8 *out)
{
  g_autoptr (GHmac) mac = g_hmac_new (G_CHECKSUM_SHA256, key, key_size);
  gsize size = 32;

  g_hmac_update (mac, (const guchar *) text, -1);
  g_hmac_get_digest (mac, out, &size);
}

static char *
sign (const Claim *claim, const char *secret_key, const char *to_sign)
{
  g_autofree char *first = g_strconcat ("AWS4", secret_key, NULL);
  guint8 key[32];
  GString *hex = g_string_new (NULL);

  hmac ((const guint8 *) first, strlen (first), claim->day, key);
  hmac (key, sizeof key, claim->region, key);
  hmac (key, sizeof key, "s3", key);
  hmac (key, sizeof key, "aws4_request", key);
  hmac (key, sizeof key, to_sign, key);
  for (gsize i = 0; i < sizeof key; i++)
    g_string_append_printf (hex, "%02x", key[i]);
  return g_string_free (hex, FALSE);
}

static gboolean
check_signature (TsCall *call, const Claim *claim, const char *secret_key)
{
  g_autoptr (GString) canonical = canonical_request (call, claim);
  g_autoptr (GString) details = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *to_sign = NULL;
  g_autofree char *wanted = NULL;

  if (canonical == NULL)
    return FALSE;
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical->str, -1);
  to_sign = g_strdup_printf (ALGORITHM "\n%s\n%s\n%s", claim->date, claim->scope, hash);
  wanted = sign (claim, secret_key, to_sign);
  if (g_str_equal (wanted, claim->signature))
    return TRUE;
  details = g_string_new (NULL);
  ts_xml_element (details, "StringToSign", to_sign);
  ts_xml_element (details, "CanonicalRequest", canonical->str);
  ts_s3_error_with (call, 403, "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.",
                    details->str);
  return FALSE;
}

/* ---- who and where ---- */

static gboolean
check_credentials (TsCall *call, const Claim *claim, TsCredentials *credentials)
{
  if (!ts_server_find_credentials (call->server, claim->access_key, credentials)
      || (credentials->session_token != NULL && claim->token == NULL))
    {
      ts_s3_error (call, 403, "InvalidAccessKeyId",
                   "The AWS Access Key Id you provided does not exist in our records.");
      return FALSE;
    }
  if (credentials->expired)
    {
      ts_s3_error (call, 400, "ExpiredToken", "The provided token has expired.");
      return FALSE;
    }
  if (g_strcmp0 (credentials->session_token, claim->token) != 0)
    {
      ts_s3_error (call, 400, "InvalidToken",
                   "The provided token is malformed or otherwise invalid.");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_time (TsCall *call, const Claim *claim)
{
  gint64 now = ts_server_now (call->server);
  g_autoptr (GString) details = NULL;
  g_autofree char *server_time = NULL;

  if (strncmp (claim->date, claim->day, 8) != 0 || strlen (claim->day) != 8)
    return malformed (call, claim, "Invalid credential date. It is not the date of the request.");
  if (claim->presigned ? claim->time <= now + MAX_SKEW : ABS (now - claim->time) <= MAX_SKEW)
    return TRUE;
  server_time = ts_iso_date (now);
  details = g_string_new (NULL);
  ts_xml_element (details, "RequestTime", claim->date);
  ts_xml_element (details, "ServerTime", server_time);
  ts_xml_element (details, "MaxAllowedSkewMilliseconds", "900000");
  ts_s3_error_with (call, 403, "RequestTimeTooSkewed",
                    "The difference between the request time and the current time is too large.",
                    details->str);
  return FALSE;
}

static char *
region_of_call (TsCall *call)
{
  TsBucket *bucket = NULL;
  char *region;

  ts_store_lock (call->server->store);
  if (call->bucket != NULL)
    bucket = ts_store_bucket_locked (call->server->store, call->bucket);
  region = g_strdup (bucket != NULL ? bucket->region : call->server->region);
  ts_store_unlock (call->server->store);
  return region;
}

static gboolean
check_region (TsCall *call, const Claim *claim)
{
  g_autofree char *region = region_of_call (call);
  g_autoptr (GString) details = NULL;
  g_autofree char *message = NULL;

  if (call->server->region_mode == TS_REGION_IGNORE || g_str_equal (region, claim->region)
      || g_str_equal (call->operation, "GetBucketLocation"))
    return TRUE;
  details = g_string_new (NULL);
  if (call->server->region_mode == TS_REGION_MALFORMED || call->bucket == NULL)
    {
      message = g_strdup_printf ("The authorization header is malformed; the region '%s' is "
                                 "wrong; expecting '%s'", claim->region, region);
      ts_xml_element (details, "Region", region);
      ts_s3_error_with (call, 400, "AuthorizationHeaderMalformed", message, details->str);
    }
  else
    {
      ts_xml_element (details, "Endpoint", call->host);
      ts_xml_element (details, "Bucket", call->bucket);
      ts_s3_error_with (call, 301, "PermanentRedirect",
                        "The bucket you are attempting to access must be addressed using the "
                        "specified endpoint. Please send all future requests to this endpoint.",
                        details->str);
    }
  ts_call_set_header (call, "x-amz-bucket-region", region);
  return FALSE;
}

static gboolean
check_claim (TsCall *call, const Claim *claim)
{
  TsCredentials credentials = { NULL, NULL, FALSE };
  gboolean good = check_credentials (call, claim, &credentials) && check_time (call, claim)
                  && check_region (call, claim) && check_signed_headers (call, claim)
                  && check_signature (call, claim, credentials.secret_key);

  g_free (credentials.secret_key);
  g_free (credentials.session_token);
  return good;
}

gboolean
ts_s3_authenticate (TsCall *call)
{
  const char *authorization = ts_call_header (call, "Authorization");
  gboolean presigned = ts_call_param (call, "X-Amz-Signature") != NULL
                       || ts_call_param (call, "X-Amz-Algorithm") != NULL;
  g_autoptr (Claim) claim = g_new0 (Claim, 1);

  if (authorization != NULL && presigned)
    {
      ts_s3_error (call, 400, "InvalidArgument", "Only one auth mechanism allowed");
      return FALSE;
    }
  if (authorization == NULL && !presigned)
    {
      if (call->server->anonymous)
        return TRUE;
      ts_s3_error (call, 403, "AccessDenied", "Access Denied");
      return FALSE;
    }
  if (presigned ? !read_query_claim (call, claim) : !read_header_claim (call, claim, authorization))
    return FALSE;
  return check_claim (call, claim);
}

/* ---- the payload ---- */

/* Takes one line from @data, without its CR LF; NULL: there is no whole line. */
static char *
take_line (const char **data, const char *end)
{
  const char *start = *data;
  const char *stop = memmem (start, (gsize) (end - start), "\r\n", 2);

  if (stop == NULL)
    return NULL;
  *data = stop + 2;
  return g_strndup (start, (gsize) (stop - start));
}

/* aws-chunked: SIZE[;chunk-signature=…] CRLF data CRLF … 0 CRLF [trailers] CRLF */
static GBytes *
unpack_chunks (GBytes *packed)
{
  gsize size;
  const char *data = g_bytes_get_data (packed, &size);
  const char *end = data + size;
  g_autoptr (GByteArray) out = g_byte_array_new ();

  while (size > 0)
    {
      g_autofree char *line = take_line (&data, end);
      guint64 length;

      if (line == NULL || !g_ascii_isxdigit (*line))
        return NULL;
      length = g_ascii_strtoull (line, NULL, 16);
      if (length == 0)
        break;
      if (length > (guint64) (end - data) || (guint64) (end - data) - length < 2)
        return NULL;
      g_byte_array_append (out, (const guint8 *) data, (guint) length);
      data += length + 2;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

static gboolean
check_streaming (TsCall *call)
{
  const char *declared = ts_call_header (call, "x-amz-decoded-content-length");
  g_autoptr (GBytes) body = NULL;
  guint64 length;

  if (!call->server->streaming)
    {
      ts_s3_error (call, 501, "NotImplemented",
                   "A header you provided implies functionality that is not implemented");
      return FALSE;
    }
  body = unpack_chunks (call->body);
  if (body == NULL || declared == NULL
      || !g_ascii_string_to_unsigned (declared, 10, 0, G_MAXINT64, &length, NULL)
      || length != g_bytes_get_size (body))
    {
      ts_s3_error (call, 400, "IncompleteBody",
                   "You did not provide the number of bytes specified by the "
                   "x-amz-decoded-content-length header");
      return FALSE;
    }
  g_bytes_unref (call->body);
  call->body = g_steal_pointer (&body);
  return TRUE;
}

static gboolean
hash_is (GBytes *body, const char *declared)
{
  gsize size;
  const void *data = g_bytes_get_data (body, &size);
  guint8 digest[32];

  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, data, size, digest) < 0)
    return FALSE;
  for (gsize i = 0; i < sizeof digest; i++)
    if (g_ascii_xdigit_value (declared[2 * i]) != digest[i] >> 4
        || g_ascii_xdigit_value (declared[2 * i + 1]) != (digest[i] & 15))
      return FALSE;
  return TRUE;
}

gboolean
ts_s3_check_payload (TsCall *call)
{
  const char *declared = ts_call_header (call, "x-amz-content-sha256");
  TsVerifyPayload verify = call->server->verify_payload;

  if (declared == NULL || g_str_equal (declared, "UNSIGNED-PAYLOAD"))
    return TRUE;
  if (g_str_has_prefix (declared, "STREAMING-"))
    return check_streaming (call);
  if (strlen (declared) != 64 || strspn (declared, "0123456789abcdef") != 64)
    {
      ts_s3_error (call, 400, "InvalidArgument",
                   "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                   "STREAMING-…, or a valid sha256 value.");
      return FALSE;
    }
  if (verify == TS_VERIFY_NEVER
      || (verify == TS_VERIFY_SMALL && g_bytes_get_size (call->body) > SMALL_PAYLOAD)
      || hash_is (call->body, declared))
    return TRUE;
  ts_s3_error (call, 400, "XAmzContentSHA256Mismatch",
               "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return FALSE;
}

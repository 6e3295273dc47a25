/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* AWS Signature Version 4, header form.
 *
 * A signature is one SHA-256 of the canonical request and one HMAC with the day key, built in a buffer on the stack.
 * The day key (four HMACs deep) depends on secret, date, region and service alone, so the last few are kept.
 *
 * Follows https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, where paths are encoded
 * once. Thread-safe: the lock covers the lookup of the day key only. */

#include "config.h"

#include "auth/auth-sigv4.h"

#include "base/base-digest.h"
#include "base/base-time.h"

#include <string.h>

#define N_DAY_KEYS 4
#define DATE_LENGTH 8
#define REGION_ROOM 40
#define HEX_ROOM (2 * S3D_SHA256_SIZE + 1)
#define TEXT_ROOM 3072
#define FEW_PARTS 32

/* Set, changed or dropped on the way by proxies and by the transport. */
static const char *const unsigned_headers[] = { "accept", "accept-encoding", "authorization", "connection",
                                                "content-length", "expect", "transfer-encoding", "user-agent" };

typedef struct
{
  char date[DATE_LENGTH + 1];
  char region[REGION_ROOM];
  char *secret;
  guint8 key[S3D_SHA256_SIZE];
} DayKey;

struct _S3dSigv4
{
  char *service;
  GMutex lock;
  DayKey keys[N_DAY_KEYS];
  guint oldest;
};

/* A string that lives on the stack while it is short. */
typedef struct
{
  char *data;
  gsize used;
  gsize size;
  char room[TEXT_ROOM];
} Text;

typedef struct
{
  const char *name; /* a parameter's: with its value, up to the next "&" */
  const char *value;
  gsize length;
} Part;

static void
text_init (Text *text)
{
  text->data = text->room;
  text->used = 0;
  text->size = sizeof text->room;
}

static void
text_clear (Text *text)
{
  if (text->data != text->room)
    g_free (text->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Text, text_clear)

static void
text_reserve (Text *text, gsize more)
{
  if (text->used + more < text->size)
    return;
  text->size = MAX (2 * text->size, text->used + more + 1);
  if (text->data != text->room)
    {
      text->data = g_realloc (text->data, text->size);
      return;
    }
  text->data = g_malloc (text->size);
  memcpy (text->data, text->room, text->used);
}

static void
text_append_n (Text *text, const char *string, gsize length)
{
  text_reserve (text, length);
  memcpy (text->data + text->used, string, length);
  text->used += length;
  text->data[text->used] = '\0';
}

static void
text_append (Text *text, const char *string)
{
  text_append_n (text, string, strlen (string));
}

/* Header names are ASCII, and compared often enough for a call a character to show. */
static inline char
lower (char c)
{
  return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
}

static void
text_append_lower (Text *text, const char *string)
{
  gsize length = strlen (string);

  text_reserve (text, length);
  for (gsize i = 0; i < length; i++)
    text->data[text->used++] = lower (string[i]);
  text->data[text->used] = '\0';
}

/* Trimmed, and with every run of blanks as one. */
static void
text_append_value (Text *text, const char *value)
{
  gboolean blank = FALSE;
  gsize start = text->used;

  text_reserve (text, strlen (value) + 1);
  for (; *value != '\0'; value++)
    {
      if (*value == ' ' || *value == '\t')
        {
          blank = text->used > start;
          continue;
        }
      if (blank)
        text->data[text->used++] = ' ';
      blank = FALSE;
      text->data[text->used++] = *value;
    }
  text->data[text->used] = '\0';
}

static int
compare_headers (const Part *a, const Part *b)
{
  const char *p = a->name;
  const char *q = b->name;

  for (; *p != '\0' && lower (*p) == lower (*q); p++)
    q++;
  return (guchar) lower (*p) - (guchar) lower (*q);
}

/* By name, then by value: "=" is what ends a name, and no encoded character sorts before a missing one. */
static int
compare_parameters (const Part *a, const Part *b)
{
  gsize a_name = strcspn (a->name, "=&");
  gsize b_name = strcspn (b->name, "=&");
  int order = memcmp (a->name, b->name, MIN (a_name, b_name));

  if (order != 0)
    return order;
  if (a_name != b_name)
    return a_name < b_name ? -1 : 1;
  order = memcmp (a->name, b->name, MIN (a->length, b->length));
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* There are few, and mostly in order. */
static void
sort (Part *parts, guint n, int (*compare) (const Part *a, const Part *b))
{
  for (guint i = 1; i < n; i++)
    {
      Part part = parts[i];
      guint j = i;

      for (; j > 0 && compare (&parts[j - 1], &part) > 0; j--)
        parts[j] = parts[j - 1];
      parts[j] = part;
    }
}

static gboolean
is_signed (const char *name)
{
  if (lower (*name) == 'x' || lower (*name) == 'h') /* most are x-amz-… and host */
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (unsigned_headers); i++)
    {
      if (g_ascii_strcasecmp (name, unsigned_headers[i]) == 0)
        return FALSE;
    }
  return TRUE;
}

static void
append_query (Text *text, const char *query)
{
  Part few[FEW_PARTS];
  g_autofree Part *many = NULL;
  Part *parts = few;
  guint n = 1;

  for (const char *p = query; *p != '\0'; p++)
    n += *p == '&';
  if (n > FEW_PARTS)
    parts = many = g_new (Part, n);

  n = 0;
  while (query != NULL)
    {
      const char *end = strchr (query, '&');
      gsize length = end != NULL ? (gsize) (end - query) : strlen (query);

      if (length > 0)
        parts[n++] = (Part){ .name = query, .length = length };
      query = end != NULL ? end + 1 : NULL;
    }
  sort (parts, n, compare_parameters);
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        text_append (text, "&");
      text_append_n (text, parts[i].name, parts[i].length);
      if (memchr (parts[i].name, '=', parts[i].length) == NULL)
        text_append (text, "=");
    }
}

/* Appends the canonical headers, an empty line, and their names; tells where the names begin. */
static gsize
append_headers (Text *text, S3dHttpRequest *request)
{
  Part few[FEW_PARTS];
  g_autofree Part *many = NULL;
  Part *parts = few;
  guint n_headers = s3d_http_request_get_n_headers (request);

  if (n_headers > FEW_PARTS)
    parts = many = g_new (Part, n_headers);

  guint n = 0;
  for (guint i = 0; i < n_headers; i++)
    {
      Part part = { 0 };

      s3d_http_request_get_nth_header (request, i, &part.name, &part.value);
      if (is_signed (part.name))
        parts[n++] = part;
    }
  sort (parts, n, compare_headers);
  for (guint i = 0; i < n; i++)
    {
      text_append_lower (text, parts[i].name);
      text_append (text, ":");
      text_append_value (text, parts[i].value);
      text_append (text, "\n");
    }
  text_append (text, "\n");
  gsize names = text->used;
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        text_append (text, ";");
      text_append_lower (text, parts[i].name);
    }
  return names;
}

/* Authority of the origin as it goes into the Host header: without a port that the scheme implies. */
static void
set_host (S3dHttpRequest *request)
{
  const char *origin = s3d_http_request_get_origin (request);
  const char *host = strstr (origin, "://");

  if (host == NULL)
    return;
  host += 3;
  const char *implied = g_str_has_prefix (origin, "https:") ? ":443" : ":80";
  if (g_str_has_suffix (host, implied))
    {
      g_autofree char *bare = g_strndup (host, strlen (host) - strlen (implied));

      s3d_http_request_set_header (request, "host", bare);
      return;
    }
  if (g_strcmp0 (s3d_http_request_get_header (request, "host"), host) != 0)
    s3d_http_request_set_header (request, "host", host);
}

static void
derive_day_key (const S3dSigv4 *signer, const char *secret, const char *date, const char *region,
                guint8 key[S3D_SHA256_SIZE])
{
  g_autofree char *first = g_strconcat ("AWS4", secret, NULL);

  s3d_hmac_sha256 (first, strlen (first), date, DATE_LENGTH, key);
  s3d_hmac_sha256 (key, S3D_SHA256_SIZE, region, strlen (region), key);
  s3d_hmac_sha256 (key, S3D_SHA256_SIZE, signer->service, strlen (signer->service), key);
  s3d_hmac_sha256 (key, S3D_SHA256_SIZE, "aws4_request", strlen ("aws4_request"), key);
}

static gboolean
find_day_key (S3dSigv4 *signer, const char *secret, const char *date, const char *region, guint8 key[S3D_SHA256_SIZE])
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&signer->lock);

  for (guint i = 0; i < N_DAY_KEYS; i++)
    {
      const DayKey *kept = &signer->keys[i];

      if (kept->secret != NULL && memcmp (kept->date, date, DATE_LENGTH) == 0 && strcmp (kept->region, region) == 0
          && strcmp (kept->secret, secret) == 0)
        {
          memcpy (key, kept->key, S3D_SHA256_SIZE);
          return TRUE;
        }
    }
  return FALSE;
}

static void
keep_day_key (S3dSigv4 *signer, const char *secret, const char *date, const char *region,
              const guint8 key[S3D_SHA256_SIZE])
{
  if (strlen (region) >= REGION_ROOM)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&signer->lock);
  DayKey *kept = &signer->keys[signer->oldest++ % N_DAY_KEYS];
  g_free (kept->secret);
  kept->secret = g_strdup (secret);
  memcpy (kept->date, date, DATE_LENGTH);
  g_strlcpy (kept->region, region, sizeof kept->region);
  memcpy (kept->key, key, S3D_SHA256_SIZE);
}

static void
get_day_key (S3dSigv4 *signer, const char *secret, const char *date, const char *region, guint8 key[S3D_SHA256_SIZE])
{
  if (find_day_key (signer, secret, date, region, key))
    return;
  derive_day_key (signer, secret, date, region, key);
  keep_day_key (signer, secret, date, region, key);
}

S3dSigv4 *
s3d_sigv4_new (const char *service)
{
  S3dSigv4 *signer = g_new0 (S3dSigv4, 1);

  signer->service = g_strdup (service);
  g_mutex_init (&signer->lock);
  return signer;
}

void
s3d_sigv4_free (S3dSigv4 *signer)
{
  if (signer == NULL)
    return;
  for (guint i = 0; i < N_DAY_KEYS; i++)
    g_free (signer->keys[i].secret);
  g_mutex_clear (&signer->lock);
  g_free (signer->service);
  g_free (signer);
}

/* Writes the canonical request into @text; returns where the names of the signed headers begin. */
static gsize
append_canonical_request (Text *text, S3dHttpRequest *request, const char *payload_hash, gsize *names_length)
{
  const char *target = s3d_http_request_get_target (request);
  const char *query = strchr (target, '?');

  text_append (text, s3d_http_request_get_method (request));
  text_append (text, "\n");
  text_append_n (text, target, query != NULL ? (gsize) (query - target) : strlen (target));
  text_append (text, "\n");
  if (query != NULL)
    append_query (text, query + 1);
  text_append (text, "\n");
  gsize names = append_headers (text, request);
  *names_length = text->used - names;
  text_append (text, "\n");
  text_append (text, payload_hash);
  return names;
}

static void
append_scope (Text *text, const char *date, const char *region, const char *service)
{
  text_append_n (text, date, DATE_LENGTH);
  text_append (text, "/");
  text_append (text, region);
  text_append (text, "/");
  text_append (text, service);
  text_append (text, "/aws4_request");
}

void
s3d_sigv4_sign (S3dSigv4 *signer, S3dHttpRequest *request, const S3dCredentials *credentials, const char *region,
                const char *payload_hash, gint64 now)
{
  char date[17];

  s3d_time_to_basic (now, date);
  set_host (request);
  s3d_http_request_set_header (request, "x-amz-date", date);
  s3d_http_request_set_header (request, "x-amz-content-sha256", payload_hash);
  s3d_http_request_set_header (request, "x-amz-security-token", credentials->session_token);

  g_auto (Text) canonical;
  text_init (&canonical);
  gsize names_length;
  gsize names = append_canonical_request (&canonical, request, payload_hash, &names_length);
  guint8 digest[S3D_SHA256_SIZE];
  char hex[HEX_ROOM];
  s3d_sha256 (canonical.data, canonical.used, digest);
  s3d_hex (digest, sizeof digest, hex);

  g_auto (Text) scope;
  text_init (&scope);
  append_scope (&scope, date, region, signer->service);

  g_auto (Text) text;
  text_init (&text);
  text_append (&text, "AWS4-HMAC-SHA256\n");
  text_append (&text, date);
  text_append (&text, "\n");
  text_append (&text, scope.data);
  text_append (&text, "\n");
  text_append (&text, hex);

  guint8 key[S3D_SHA256_SIZE];
  get_day_key (signer, credentials->secret_access_key, date, region, key);
  s3d_hmac_sha256 (key, sizeof key, text.data, text.used, digest);
  s3d_hex (digest, sizeof digest, hex);

  text.used = 0;
  text_append (&text, "AWS4-HMAC-SHA256 Credential=");
  text_append (&text, credentials->access_key_id);
  text_append (&text, "/");
  text_append (&text, scope.data);
  text_append (&text, ",SignedHeaders=");
  text_append_n (&text, canonical.data + names, names_length);
  text_append (&text, ",Signature=");
  text_append (&text, hex);
  s3d_http_request_set_header (request, "authorization", text.data);
}

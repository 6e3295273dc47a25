/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of knobs: every setting once, with its bounds and its default.
 * Constant; any thread. */

#include "config.h"

#include "base/base-knobs.h"

#include <stddef.h>
#include <string.h>

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

#define FIELD(member) .field = offsetof (S3dSettings, member)

static const char *const tristate_words[] = { "auto", "always", "never", NULL };
static const char *const checksum_words[] = { "none", "auto", "crc32c", NULL };
static const char *const checksum_aliases[] = { "when_required", "when_supported", NULL };
static const char *const addressing_words[] = { "auto", "path", "virtual", NULL };
static const char *const tls_words[] = { "1.2", "1.3", NULL };

static const char *const num_workers[] = { "S3DLIO_LOADER_NUM_WORKERS", NULL };
static const char *const max_attempts[] = { "AWS_MAX_ATTEMPTS", NULL };
static const char *const checksum[] = { "AWS_REQUEST_CHECKSUM_CALCULATION", NULL };
static const char *const ca_bundle[] = { "AWS_CA_BUNDLE", NULL };
static const char *const endpoint_url[] = { "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", NULL };
static const char *const region[] = { "AWS_REGION", "AWS_DEFAULT_REGION", NULL };
static const char *const profile[] = { "AWS_PROFILE", NULL };

static gboolean
is_endpoint_url (const char *text, const char **why)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;

  *why = "an http:// or https:// URL of a host";
  if (g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0)
    return FALSE;
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return FALSE;
  *why = "a URL without user name, query and fragment";

  return g_uri_get_userinfo (uri) == NULL && g_uri_get_query (uri) == NULL && g_uri_get_fragment (uri) == NULL;
}

/* It goes into the scope of signatures and into host names. */
static gboolean
is_region (const char *text, const char **why)
{
  *why = "a region: letters, digits, '-', '_', '.' and ':'";
  for (const char *p = text; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("-_.:", *p) == NULL)
        return FALSE;
    }

  return TRUE;
}

/* What a knob falls back to: that of all schemes, or what stands above that. */
#define OF_ALL(name, above) above
#define OF_SCHEME(name, above) name

/* The range layer, for all schemes and for one. Defaults: a network needs large reads split early, since one
 * connection carries a fraction of the link; direct I/O wants deep queues of large reads; the page cache reads
 * ahead by itself, so that ranges only cost there. A new scheme is a line of it in the table below, one of
 * RANGE_TIMEOUT if its reads can be given up while they wait, and a line in s3d_settings_range(). */
#define RANGE_LAYER(prefix, of, place, member, on, ranges, threshold, chunk)                                          \
  {                                                                                                                   \
    .name = prefix "enable-range-engine", .kind = S3D_KNOB_BOOLEAN, .general = of ("enable-range-engine", NULL),      \
    .fallback = on, FIELD (member.enabled), .blurb = "Read large objects" place " as parallel ranges",                \
  },                                                                                                                  \
  {                                                                                                                   \
    .name = prefix "max-concurrent-ranges", .kind = S3D_KNOB_COUNT, .general = of ("max-concurrent-ranges", NULL),    \
    .min = 1, .max = 1024, .fallback = ranges, FIELD (member.concurrent),                                             \
    .blurb = "Ranges at once of one object" place,                                                                    \
  },                                                                                                                  \
  {                                                                                                                   \
    .name = prefix "range-split-threshold", .kind = S3D_KNOB_SIZE, .general = of ("range-split-threshold", NULL),     \
    .min = 1, .max = TIB, .fallback = threshold, FIELD (member.split_threshold),                                      \
    .blurb = "Read objects" place " up to this size with one request",                                                \
  },                                                                                                                  \
  {                                                                                                                   \
    .name = prefix "range-chunk-size", .kind = S3D_KNOB_SIZE, .general = of ("range-chunk-size", NULL), .min = 1,     \
    .max = TIB, .fallback = chunk, FIELD (member.chunk_size),                                                         \
    .grows = offsetof (S3dSettings, member.chunk_grows), .blurb = "Length of a range of an object" place,             \
  }
#define RANGE_TIMEOUT(prefix, of, place, member)                                                                      \
  {                                                                                                                   \
    .name = prefix "range-timeout", .kind = S3D_KNOB_SECONDS, .general = of ("range-timeout", "stall-timeout"),       \
    .min = 1, .max = 86400000, .fallback = 30000, FIELD (member.timeout_ms),                                          \
    .blurb = "Time without a byte after which a range of an object" place " has failed",                              \
  }

const S3dKnob s3d_knobs[] = {
  /* The pool layer, and limits. */
  {
    .name = "max-concurrent-downloads", .kind = S3D_KNOB_COUNT, .min = 1, .max = 4096, .fallback = 32,
    .variables = num_workers, FIELD (max_concurrent_downloads), .blurb = "Objects at once",
  },
  {
    .name = "max-total-requests", .kind = S3D_KNOB_COUNT, .min = 1, .max = 65536, .fallback = 256,
    FIELD (max_total_requests), .blurb = "Requests at once, of all objects together",
  },
  /* Enough for all ranges of four large objects; small beside the memory of a machine that needs it. */
  {
    .name = "memory-budget", .kind = S3D_KNOB_SIZE, .min = MIB, .max = 1024 * TIB, .fallback = GIB,
    FIELD (memory_budget), .blurb = "Bytes of objects in flight",
  },

  RANGE_LAYER ("", OF_ALL, "", range_network, TRUE, 32, 8 * MIB, 8 * MIB),
  RANGE_TIMEOUT ("", OF_ALL, "", range_network),
  RANGE_LAYER ("s3-", OF_SCHEME, " in S3", range_s3, TRUE, 32, 8 * MIB, 8 * MIB),
  RANGE_TIMEOUT ("s3-", OF_SCHEME, " in S3", range_s3),
  RANGE_LAYER ("file-", OF_SCHEME, " in file://", range_file, FALSE, 8, 64 * MIB, 64 * MIB),

  /* Transport. */
  {
    .name = "connect-timeout", .kind = S3D_KNOB_SECONDS, .min = 1, .max = 86400000, .fallback = 5000,
    FIELD (connect_timeout_ms), .blurb = "Time to connect in",
  },
  {
    .name = "stall-timeout", .kind = S3D_KNOB_SECONDS, .min = 1, .max = 86400000, .fallback = 30000,
    FIELD (stall_timeout_ms), .blurb = "Time without a byte after which a transfer has failed",
  },
  {
    .name = "retries", .kind = S3D_KNOB_COUNT, .min = 1, .max = 1000, .fallback = 10, .variables = max_attempts,
    FIELD (retries), .grows = offsetof (S3dSettings, retries_are_default),
    .blurb = "Attempts in all, the first one included",
  },
  /* Where the rate of small requests stops rising on loopback; and at the 90 MB/s that services give one
   * connection, more than 40 Gb/s. Fewer than the requests at once would shake hands over and over. */
  {
    .name = "connections", .kind = S3D_KNOB_COUNT, .min = 1, .max = 4096, .fallback = 64, FIELD (connections),
    .blurb = "Connections at once to one host",
  },
  {
    .name = "ca-bundle", .kind = S3D_KNOB_STRING, .form = "FILE", .variables = ca_bundle, FIELD (ca_bundle),
    .blurb = "Trusted certificates (PEM) instead of the system's",
  },
  {
    .name = "tls-min-version", .kind = S3D_KNOB_STRING, .words = tls_words, .fallback_text = "1.2",
    FIELD (tls_min_version), .blurb = "Oldest version of TLS to accept",
  },
  /* One multiplexed connection caps the throughput of bulk transfers. */
  {
    .name = "http2", .kind = S3D_KNOB_BOOLEAN, .fallback = FALSE, FIELD (http2),
    .blurb = "Use HTTP/2 where the server offers it",
  },
  {
    .name = "follow-redirects", .kind = S3D_KNOB_BOOLEAN, .fallback = FALSE, FIELD (follow_redirects),
    .blurb = "Follow redirects to other hosts",
  },

  /* Writes. */
  {
    .name = "part-size", .kind = S3D_KNOB_SIZE, .min = 64 * KIB, .max = 5 * GIB, .fallback = 8 * MIB,
    FIELD (part_size), .grows = offsetof (S3dSettings, part_grows),
    .blurb = "Length of a part of a multipart upload, at least; more where the service needs it",
  },
  {
    .name = "multipart-threshold", .kind = S3D_KNOB_SIZE, .min = 1, .max = 5 * GIB, .fallback = 16 * MIB,
    FIELD (multipart_threshold), .blurb = "Write objects up to this size with one request",
  },
  {
    .name = "multipart-copy-threshold", .kind = S3D_KNOB_SIZE, .min = 1, .max = 5 * GIB, .fallback = 5 * GIB,
    FIELD (multipart_copy_threshold), .blurb = "Copy objects up to this size inside a service with one request",
  },
  {
    .name = "concurrent-parts", .kind = S3D_KNOB_COUNT, .min = 1, .max = 1024, .fallback = 8,
    FIELD (concurrent_parts), .blurb = "Parts of one upload at once",
  },
  {
    .name = "sign-payload", .kind = S3D_KNOB_CHOICE, .words = tristate_words, .fallback = S3D_AUTO,
    FIELD (sign_payload), .blurb = "Sign the bytes of uploads too (auto: only without TLS)",
  },
  {
    .name = "checksum", .kind = S3D_KNOB_CHOICE, .words = checksum_words, .aliases = checksum_aliases,
    .fallback = S3D_CHECKSUM_NONE, .variables = checksum, FIELD (checksum),
    .grows = offsetof (S3dSettings, checksum_is_default),
    .blurb = "Send a checksum along with uploads (auto: only to Amazon; many other services refuse it)",
  },
  {
    .name = "verify", .kind = S3D_KNOB_BOOLEAN, .fallback = FALSE, FIELD (verify),
    .blurb = "After a write, ask the service for size and checksum of what it has: one request more",
  },
  {
    .name = "fsync", .kind = S3D_KNOB_BOOLEAN, .fallback = FALSE, FIELD (fsync),
    .blurb = "Wait until written files are on the disk",
  },

  /* S3. */
  {
    .name = "endpoint-url", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "URL", .variables = endpoint_url,
    .check = is_endpoint_url, FIELD (endpoint_url), .blurb = "S3 service to use instead of Amazon's",
  },
  {
    .name = "region", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "NAME", .variables = region, .check = is_region,
    FIELD (region), .blurb = "Region of the buckets",
  },
  {
    .name = "profile", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "NAME", .variables = profile, FIELD (profile),
    .blurb = "Profile of the AWS configuration and credentials files",
  },
  {
    .name = "addressing-style", .of_s3 = TRUE, .kind = S3D_KNOB_CHOICE, .words = addressing_words,
    .fallback = S3D_ADDRESSING_AUTO, FIELD (addressing_style),
    .blurb = "Where the bucket stands: in the path, or in the host name (virtual)",
  },
  {
    .name = "no-sign-request", .of_s3 = TRUE, .kind = S3D_KNOB_BOOLEAN, .fallback = FALSE, FIELD (no_sign_request),
    .blurb = "Send requests without credentials",
  },
  {
    .name = "access-key-id", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "ID", .secret = TRUE,
    FIELD (access_key_id), .blurb = "Access key id; together with secret-access-key",
  },
  {
    .name = "secret-access-key", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "SECRET", .secret = TRUE,
    FIELD (secret_access_key), .blurb = "Secret access key",
  },
  {
    .name = "session-token", .of_s3 = TRUE, .kind = S3D_KNOB_STRING, .form = "SECRET", .secret = TRUE,
    FIELD (session_token), .blurb = "Session token of temporary credentials",
  },
};

const guint s3d_n_knobs = G_N_ELEMENTS (s3d_knobs);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The project's own object server, for tests: in process through this header, or as the program
 * s3dlio-test-server.
 *
 * It keeps objects in memory, verifies signatures with its own code, records every request in a
 * ledger and breaks things as it is told. It never uses the library that it tests. A thread serves
 * each connection.
 *
 *   TestServerOptions options = { .buckets = "alpha,beta" };
 *   TestServer *server = ts_server_new (&options);
 *   ts_server_add_fault (server, "op=GetObject nth=1 action=reset after=1000");
 *   … run the client against ts_server_get_url (server) …
 *   g_assert_cmpuint (ts_server_count (server, "GetObject"), ==, 2);
 *   ts_server_free (server);
 *
 * Every function may be called from any thread. What cannot be set up (a socket, a certificate, a
 * fault line that does not parse) aborts the test with a message, but for the functions that take a
 * GError.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define TS_ACCESS_KEY "TESTACCESSKEY"
#define TS_SECRET_KEY "test/secret+key"

typedef struct _TestServer TestServer;

typedef enum
{
  /* as S3 makes them: MD5; for multipart the MD5 of the parts' MD5s, "-" and their number */
  TS_ETAG_MD5,
  /* above 1 MiB a made-up one, unique for each write: MD5 of a GiB takes two seconds */
  TS_ETAG_FAST,
} TsEtagMode;

typedef enum
{
  TS_VERIFY_SMALL, /* declared payload hashes are checked for bodies up to 64 KiB */
  TS_VERIFY_ALWAYS,
  TS_VERIFY_NEVER,
} TsVerifyPayload;

/* What the service knows of x-amz-checksum-crc32c. */
typedef enum
{
  TS_CHECKSUM_FULL,      /* verified, kept and told; of uploads of both types */
  TS_CHECKSUM_COMPOSITE, /* the same, of uploads of type COMPOSITE alone */
  TS_CHECKSUM_IGNORE,    /* nothing (as Ceph RGW 16) */
} TsChecksumMode;

typedef enum
{
  /* a request signed for another region: 400 AuthorizationHeaderMalformed that names the right
   * one */
  TS_REGION_MALFORMED,
  TS_REGION_REDIRECT,  /* 301 PermanentRedirect with x-amz-bucket-region */
  TS_REGION_IGNORE,    /* any region will do (as Ceph RGW) */
} TsRegionMode;

/* All zero is a useful server: plain HTTP on 127.0.0.1, signatures required from TS_ACCESS_KEY. */
typedef struct
{
  /* names made at start, separated by commas; "name@region" assigns a region */
  const char *buckets;
  const char *access_key;    /* NULL: TS_ACCESS_KEY */
  const char *secret_key;    /* NULL: TS_SECRET_KEY */
  const char *session_token; /* when set, x-amz-security-token must equal it */
  const char *region;        /* NULL: "us-east-1" */
  TsRegionMode region_mode;
  const char *domain;        /* NULL: "s3.localhost"; BUCKET.DOMAIN in Host is virtual-host style */
  gboolean anonymous;        /* unsigned requests are served */
  TsEtagMode etag_mode;
  TsVerifyPayload verify_payload;
  TsChecksumMode checksum_mode;
  /* accept STREAMING-… payloads (aws-chunked; chunk signatures are not checked) */
  gboolean streaming;
  /* 0: 5 MiB; smaller parts but the last give EntityTooSmall.  1 allows anything */
  guint64 min_part_size;
  gint64 clock_offset;       /* seconds that the server's clock is ahead */
  guint16 port;              /* 0: any free one */
  gboolean ipv6;             /* listen on ::1 too, on the same port */
  gboolean tls;              /* listen for HTTPS too, on a port of its own */
  /* a directory from ts_tls_make_directory(); NULL: one made, and removed, by the server */
  const char *tls_dir;
  /* which certificate in it: NULL or "server", "expired", "wrong-name", "self-signed" or
   * "other-server" */
  const char *tls_variant;
  guint ledger_limit;        /* 0: 200000; of requests beyond it only the counts are kept */
} TestServerOptions;

/* Makes a server and starts it: it listens when this returns. @options may be NULL; its strings
 * are copied. */
TestServer *ts_server_new (const TestServerOptions *options);

/* As ts_server_new(), but gives NULL and @error where that would abort. */
TestServer *ts_server_try_new (const TestServerOptions *options, GError **error);

/* Closes every connection, joins every thread, frees everything. NULL is allowed. */
void ts_server_free (TestServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestServer, ts_server_free)

guint16 ts_server_get_port (TestServer *server);
guint16 ts_server_get_tls_port (TestServer *server);     /* 0 without TLS */
const char *ts_server_get_url (TestServer *server);      /* "http://127.0.0.1:PORT" */
const char *ts_server_get_tls_url (TestServer *server);  /* "https://localhost:PORT", or NULL */
const char *ts_server_get_ca_file (TestServer *server);  /* PEM, for the client; NULL without TLS */

/* Further credentials: all that were added are valid at once.  @session_token may be NULL. */
void ts_server_add_credentials (TestServer *server, const char *access_key, const char *secret_key,
                                const char *session_token);

/* From now on requests signed with @access_key get 400 ExpiredToken. */
void ts_server_expire_credentials (TestServer *server, const char *access_key);

/* ---- What it holds ---- */

/* @region may be NULL: the server's. A bucket that exists is given the region. */
void ts_server_add_bucket (TestServer *server, const char *bucket, const char *region);
gboolean ts_server_has_bucket (TestServer *server, const char *bucket);

/* Makes the bucket when it is missing.  @data is shared, not copied. */
void ts_server_put_object (TestServer *server, const char *bucket, const char *key, GBytes *data);

/* An object of @size bytes that depend on @seed and the position alone, see ts_pattern_fill(). */
void ts_server_put_pattern (TestServer *server, const char *bucket, const char *key, guint64 size, guint32 seed);
void ts_server_remove_object (TestServer *server, const char *bucket, const char *key);

/* NULL when there is none; of an object made from parts this is a copy. */
GBytes *ts_server_get_object (TestServer *server, const char *bucket, const char *key);

/* The ETag with its quotes; content-type, x-amz-meta-…; NULL when the object or the header is
 * missing. */
char *ts_server_get_object_header (TestServer *server, const char *bucket, const char *key, const char *header);

/* Keys in byte order. */
char **ts_server_list_keys (TestServer *server, const char *bucket);
guint ts_server_count_objects (TestServer *server, const char *bucket);

/* Multipart uploads that are begun and neither completed nor aborted; @bucket NULL: in all. */
guint ts_server_count_uploads (TestServer *server, const char *bucket);
/* One that was begun so many seconds ago, in a bucket that there is. */
void ts_server_begin_upload (TestServer *server, const char *bucket, const char *key, guint64 age);

/* Writes the pattern of @seed for the bytes [@offset, @offset + @size) of an object. */
void ts_pattern_fill (guint8 *buffer, gsize size, guint64 offset, guint32 seed);

/* Position of the first byte that is not the pattern's, or @size. */
gsize ts_pattern_check (const guint8 *buffer, gsize size, guint64 offset, guint32 seed);

/* ---- Ledger ---- */

/* One request. Operations are named as S3 does: GetObject HeadObject PutObject CopyObject
 * DeleteObject DeleteObjects CreateMultipartUpload UploadPart UploadPartCopy ListParts
 * CompleteMultipartUpload AbortMultipartUpload ListMultipartUploads ListObjectsV2 ListBuckets
 * CreateBucket DeleteBucket HeadBucket GetBucketLocation ListObjects (version 1),
 * others Unknown. */
typedef struct
{
  guint64 sequence;   /* from 1, in order of arrival */
  gint64 started_us;  /* g_get_monotonic_time () when the head had been read */
  gint64 finished_us; /* 0 while it runs */
  guint64 connection; /* from 1, in order of acceptance */
  gboolean tls;
  char *method;
  char *target;       /* as on the wire */
  char *operation;
  char *bucket;       /* decoded; NULL when there is none */
  char *key;          /* decoded; NULL when there is none */
  char *query;        /* as on the wire, without "?"; "" when there is none */
  char **headers;     /* "Name: value" as on the wire */
  guint status;       /* 0: none was sent */
  char *code;         /* of an error, or NULL */
  guint64 bytes_in;   /* body */
  guint64 bytes_out;  /* body */
  guint in_flight;    /* requests of any kind at its start, itself included */
  guint faults;       /* rules that fired */
} TsRequest;

void ts_request_free (TsRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TsRequest, ts_request_free)

/* The value of the first header of this name, in any case; NULL when it is missing. */
const char *ts_request_get_header (const TsRequest *request, const char *name);

/* Copies of the records, in order of arrival; @operation NULL: all. Elements are TsRequest,
 * freed with the array. */
GPtrArray *ts_server_get_requests (TestServer *server, const char *operation);

/* How many requests arrived; @operation NULL: of any kind. */
guint ts_server_count (TestServer *server, const char *operation);

/* How many at once, at most. A request is in flight from its head read to just before its last
 * byte is sent, so that a client that waits for an answer before it asks again is never seen
 * with one request too many. */
guint ts_server_max_in_flight (TestServer *server, const char *operation);
guint ts_server_count_accepted (TestServer *server); /* connections */
guint ts_server_count_open (TestServer *server);     /* connections now */

/* Forgets records and counts (open connections and requests in flight stay counted). */
void ts_server_reset_ledger (TestServer *server);

/* Waits; FALSE when @timeout_ms has passed. count: so many requests of @operation (NULL: any)
 * have arrived since the last reset. held: so many wait in a hold or a stall. idle: none is in
 * flight. open: at most so many connections. */
gboolean ts_server_wait_count (TestServer *server, const char *operation, guint n, guint timeout_ms);
gboolean ts_server_wait_held (TestServer *server, guint n, guint timeout_ms);
gboolean ts_server_wait_idle (TestServer *server, guint timeout_ms);
gboolean ts_server_wait_open (TestServer *server, guint n, guint timeout_ms);

/* ---- Faults ----
 *
 * A rule is a line of words NAME=VALUE, quoted as in a shell: which requests, and what happens to
 * them. All rules that match a request act on it, in the order in which they were added; of two
 * that exclude each other the first does. Numbers may end in K, M or G (binary).
 *
 * Which (all must hold; a rule without any matches every request but the admin paths):
 *   op=GetObject,UploadPart   method=GET   bucket=GLOB   key=GLOB   tls=yes|no
 *   offset=N     the first byte asked for (Range; no Range counts as 0)
 *   from=N       that or a later one
 *   part=N       partNumber
 *   nth=N        the Nth request that matches, from 1; nth=N-M; nth=N- (that and all after it)
 *   every=N      each Nth
 *   count=N      at most N times
 *   prob=P seed=S   at random, the same for a seed
 *
 * What:
 *   action=status status=503 [code=SlowDown] [message=TEXT] [retry-after=VALUE] [body=TEXT]
 *                              [type=MIME]
 *   action=reset [after=N]     the connection is reset: instead of an answer, or after N body bytes
 *   action=close [after=N]     the same, closed in order
 *   action=stall [after=N]     nothing more until ts_server_release(), or until the client closes
 *   action=reset-request after=N       reset when N bytes of the request's body were read
 *   action=early status=403 [code=…]   answered and closed before the body is read
 *   action=hold                nothing happens until ts_server_release()
 *   action=latency ms=N        before the request is handled
 *   action=slow ms=N           between the handling and the first byte of the answer
 *   action=bandwidth rate=N    bytes a second, for this connection from now on, both ways
 *   action=trickle [size=N] [us=N]     the body in pieces of N bytes (1), N microseconds apart (0)
 *   action=corrupt at=N        one bit of body byte N is turned
 *   action=corrupt-request at=N        … of the request's body, before anyone looks at it
 *   action=wrong-checksum      the answer tells another checksum than there is
 *   action=header name=NAME [value=TEXT]   a header of the answer replaced, or taken away
 *   action=content-range value=TEXT        a wrong Content-Range
 *   action=ignore-range        200 and the whole object to a ranged request
 *   action=etag                the object has another ETag from now on, and the same bytes
 *   action=overwrite           … other bytes (each one inverted) and another ETag from now on
 *   action=range-error mode=content-range|actual-size|none    what a 416 tells of the size
 *   action=ok-error [code=InternalError] [message=TEXT] [spaces=N] [ms=N]   200 with an error body
 *   action=spaces spaces=N [ms=N]      N blanks, N ms apart, after the answer's XML declaration
 *   action=delete-error code=AccessDenied [match=GLOB]   for these keys of DeleteObjects
 *   action=garbage             a body that is no XML
 *   action=huge-header [size=N]        64 KiB unless told
 *   action=redirect [status=307] location=URL
 *   action=expired-token       400 ExpiredToken
 *   action=no-length           the body goes out chunked
 *   action=drop                the connection is closed after the answer, unannounced
 *
 * An action that answers instead of the service (status, redirect, expired-token, ok-error, reset
 * and close without after=) leaves the store as it was; with applied=yes the request is carried out
 * first and its answer is lost.
 */

/* Returns the rule's number, for ts_server_count_fault(). */
guint ts_server_add_fault (TestServer *server, const char *line);

/* 0 and @error when the line does not parse. */
guint ts_server_try_add_fault (TestServer *server, const char *line, GError **error);
guint ts_server_count_fault (TestServer *server, guint rule); /* how often it acted */
void ts_server_clear_faults (TestServer *server);

/* Lets go all requests that are held or stalled; what matches a rule later is held again. */
void ts_server_release (TestServer *server);

/* ---- TLS ---- */

/* Makes throw-away certificates in @dir (which exists): ca.pem and other-ca.pem to trust or not,
 * and NAME.pem with NAME-key.pem for server (localhost, s3.localhost, *.s3.localhost, 127.0.0.1,
 * ::1), expired, wrong-name, self-signed and other-server (signed by other-ca). */
gboolean ts_tls_make_directory (const char *dir, GError **error);

G_END_DECLS

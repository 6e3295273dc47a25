/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the test server share. How a request travels:
 *
 *   server.c          accepts, a thread for each connection
 *   server-http.c     reads head and body, drives the stages of a call
 *   server-faults.c   says what shall go wrong with it
 *   s3-service.c …    the service: names the operation, checks the signature, carries it out
 *   server-send.c     sends the answer, or the part of it that the faults allow
 *   server-ledger.c   keeps the record
 *
 * A TsCall belongs to its connection's thread. Ledger, faults and store each have a lock of their
 * own and are never called with another one held.
 */
#pragma once

#include "test-server.h"

#include <gnutls/gnutls.h>
#include <sys/uio.h>

typedef struct _TsCall TsCall;
typedef struct _TsFaults TsFaults;
typedef struct _TsLedger TsLedger;
typedef struct _TsRecord TsRecord;
typedef struct _TsStore TsStore;

/* ---- server-util.c ---- */

typedef struct
{
  char *name;
  char *value;
} TsPair;

/* Arrays of TsPair, which they own. */
GPtrArray *ts_pairs_new (void);
void ts_pairs_add (GPtrArray *pairs, const char *name, const char *value);
void ts_pairs_set (GPtrArray *pairs, const char *name, const char *value); /* NULL removes */
const char *ts_pairs_get (GPtrArray *pairs, const char *name);             /* in any case */
GPtrArray *ts_pairs_copy (GPtrArray *pairs);

/* NULL when an escape is malformed or gives NUL.  @plus: "+" is a space, as in queries. */
char *ts_uri_decode (const char *text, gssize length, gboolean plus);
void ts_uri_append (GString *out, const char *text, gboolean keep_slash);

char *ts_http_date (gint64 unix_time);
gint64 ts_http_date_parse (const char *text); /* -1: not a date */
char *ts_iso_date (gint64 unix_time);         /* 2006-02-03T16:45:09.000Z */
gint64 ts_basic_date_parse (const char *text); /* 20060203T164509Z; -1: not a date */

void ts_xml_append (GString *out, const char *text);
void ts_xml_element (GString *out, const char *name, const char *text);
void ts_json_append (GString *out, const char *text); /* with its quotes; NULL gives null */
gboolean ts_parse_size (const char *text, guint64 *out);

/* ---- server-stream.c: bytes over a socket, plain or TLS ---- */

typedef struct
{
  int fd;
  gnutls_session_t tls; /* NULL: plain */
  guint64 rate;         /* bytes a second; 0: no cap */
  gint64 rate_ready_us; /* when the next byte may pass */
  guint64 connection;   /* number */
  gboolean over_tls;
  TestServer *server;
  int wake_fd;          /* an eventfd while someone may wait, or -1 */
  guint generation;     /* of the release that this waiter is older than */
  char *buffer;
  gsize start;
  gsize end;
} TsStream;

TsStream *ts_stream_new (TestServer *server, int fd, guint64 connection);
void ts_stream_free (TsStream *stream);
gssize ts_stream_read (TsStream *stream, void *data, gsize size); /* 0: end; -1: error */
/* more into buffer; FALSE: end, error or full */
gboolean ts_stream_fill (TsStream *stream);
gboolean ts_stream_writev (TsStream *stream, struct iovec *vector, int n);
void ts_stream_reset (TsStream *stream); /* RST, once what was written has been received */
void ts_stream_close (TsStream *stream); /* FIN */

/* Both return FALSE when the peer has closed or the server stops. */
gboolean ts_stream_sleep (TsStream *stream, gint64 us);
gboolean ts_stream_wait_release (TsStream *stream);

/* ---- server-faults.c ---- */

typedef enum
{
  TS_ANSWER_SERVICE,
  TS_ANSWER_STATUS,
  TS_ANSWER_EARLY,
  TS_ANSWER_RESET,
  TS_ANSWER_CLOSE,
  TS_ANSWER_RESET_REQUEST,
  TS_ANSWER_OK_ERROR,
} TsAnswer;

typedef enum
{
  TS_CUT_NONE,
  TS_CUT_RESET,
  TS_CUT_CLOSE,
  TS_CUT_STALL,
} TsCut;

typedef enum
{
  TS_RANGE_ERROR_ALL,
  TS_RANGE_ERROR_CONTENT_RANGE,
  TS_RANGE_ERROR_ACTUAL_SIZE,
  TS_RANGE_ERROR_NONE,
} TsRangeError;

/* What shall happen to one request. Strings belong to the rules, which the plan holds. */
typedef struct
{
  GPtrArray *rules;
  TsAnswer answer;
  gboolean applied;
  guint status;
  const char *code;
  const char *message;
  const char *retry_after;
  const char *body;
  const char *type;
  const char *location;
  guint64 request_after;
  gboolean hold;
  guint latency_ms;
  guint slow_ms;
  TsCut cut;
  gboolean stall_first; /* before the head */
  guint64 cut_after;
  guint64 trickle_size; /* 0: none */
  guint trickle_us;
  gboolean corrupt;
  guint64 corrupt_at;
  gboolean corrupt_request;
  guint64 corrupt_request_at;
  gboolean wrong_checksum;
  GPtrArray *headers;   /* TsPair, value NULL: take away; or NULL */
  gboolean ignore_range;
  gboolean new_etag;
  gboolean overwrite;
  TsRangeError range_error;
  guint spaces;
  guint spaces_ms;
  const char *delete_code;
  GPatternSpec *delete_match;
  gboolean garbage;
  guint64 huge_header;
  gboolean no_length;
  gboolean drop;
  guint64 rate;
} TsPlan;

TsFaults *ts_faults_new (void);
void ts_faults_free (TsFaults *faults);
guint ts_faults_add (TsFaults *faults, const char *line, GError **error);
guint ts_faults_count (TsFaults *faults, guint rule);
void ts_faults_clear (TsFaults *faults);
char *ts_faults_to_text (TsFaults *faults); /* a line each: number, how often, the rule */
void ts_faults_plan (TsFaults *faults, TsCall *call);
void ts_plan_clear (TsPlan *plan);

/* ---- a request and its answer ---- */

struct _TsCall
{
  TestServer *server;
  TsStream *stream;

  char *method;
  char *target;
  char *path;  /* as on the wire */
  char *query; /* as on the wire, "" when there is none */
  char *host;  /* lower case, with its port */
  gboolean http10;
  gboolean keep_alive;
  gboolean expect;
  gboolean chunked;
  gboolean has_length;
  guint64 content_length;
  GPtrArray *headers; /* TsPair */
  GBytes *body;       /* NULL before it was read */
  guint64 bytes_in;
  guint64 bytes_out;

  /* filled by the service's classify */
  const char *operation;
  char *bucket;
  char *key;
  GPtrArray *params; /* TsPair, decoded */
  guint64 first;     /* of Range */
  guint part;
  const char *refuse_code; /* the request cannot even be read: 400 with this code */

  TsPlan plan;
  TsRecord *record;

  guint status;
  const char *code;
  GPtrArray *out_headers;
  GPtrArray *segments; /* GBytes */
  guint64 out_length;  /* of segments */
  guint64 claimed_length; /* Content-Length of an answer to HEAD */
  guint64 spaces_from; /* where the plan's blanks stand in the body */
  gboolean head_only;
  gboolean close;      /* the connection ends with this answer */
};

const char *ts_call_header (TsCall *call, const char *name);
const char *ts_call_param (TsCall *call, const char *name);
void ts_call_set_header (TsCall *call, const char *name, const char *value);
void ts_call_set_headerf (TsCall *call, const char *name, const char *format, ...) G_GNUC_PRINTF (3, 4);
void ts_call_clear_answer (TsCall *call);
/* Before the operation is known: the call ends with this error, the first of them, and its connection with it. */
void ts_call_refuse (TsCall *call, const char *code);
void ts_call_take_body (TsCall *call, const char *type, GString *text);
void ts_call_add_segment (TsCall *call, GBytes *bytes, gsize offset, gsize length);

/* What speaks a protocol. All run in the connection's thread. */
typedef struct
{
  void (*classify) (TsCall *call);
  /* FALSE: the answer is set; asked before a body that waits for 100-continue */
  gboolean (*admit) (TsCall *call);
  void (*handle) (TsCall *call);
  void (*error) (TsCall *call, guint status, const char *code, const char *message);
} TsService;

extern const TsService ts_s3_service;

/* server-http.c: serves requests until the connection ends. */
void ts_http_serve (TsStream *stream);

/* server-send.c: FALSE when the connection is not to be used again. */
gboolean ts_send (TsCall *call);
gboolean ts_send_continue (TsCall *call);

/* server-admin.c */
gboolean ts_admin_wants (TsCall *call);
void ts_admin_handle (TsCall *call);

/* ---- server-ledger.c ---- */

TsLedger *ts_ledger_new (guint limit);
void ts_ledger_free (TsLedger *ledger);
guint64 ts_ledger_accept (TsLedger *ledger); /* the connection's number */
void ts_ledger_hang_up (TsLedger *ledger);
void ts_ledger_begin (TsLedger *ledger, TsCall *call);
void ts_ledger_status (TsLedger *ledger, TsCall *call);
/* no longer in flight; a second time does nothing */
void ts_ledger_land (TsLedger *ledger, TsCall *call);
void ts_ledger_end (TsLedger *ledger, TsCall *call);
void ts_ledger_hold (TsLedger *ledger, int change);
char *ts_ledger_to_json (TsLedger *ledger, const char *operation);
char *ts_ledger_counts_json (TsLedger *ledger);
GPtrArray *ts_ledger_get (TsLedger *ledger, const char *operation);
guint ts_ledger_count (TsLedger *ledger, const char *operation);
guint ts_ledger_max_in_flight (TsLedger *ledger, const char *operation);
guint ts_ledger_accepted (TsLedger *ledger);
guint ts_ledger_open (TsLedger *ledger);
void ts_ledger_reset (TsLedger *ledger);

typedef enum
{
  TS_WAIT_COUNT,
  TS_WAIT_HELD,
  TS_WAIT_IDLE,
  TS_WAIT_OPEN,
} TsWait;

gboolean ts_ledger_wait (TsLedger *ledger, TsWait what, const char *operation, guint n, guint timeout_ms);

/* ---- server-tls.c ---- */

gnutls_certificate_credentials_t ts_tls_load (const char *dir, const char *variant, GError **error);

/* ---- the server ---- */

typedef struct
{
  char *secret_key;
  char *session_token;
  gboolean expired;
} TsCredentials;

struct _TestServer
{
  /* constant after the start */
  char *region;
  TsRegionMode region_mode;
  char *domain;
  gboolean anonymous;
  TsEtagMode etag_mode;
  TsVerifyPayload verify_payload;
  TsChecksumMode checksum_mode;
  gboolean streaming;
  guint64 min_part_size;
  gint64 clock_offset;
  guint16 port;
  guint16 tls_port;
  char *url;
  char *tls_url;
  char *ca_file;
  char *made_dir; /* certificates to remove */
  gnutls_certificate_credentials_t tls;
  const TsService *service;
  TsLedger *ledger;
  TsFaults *faults;
  TsStore *store;
  GArray *listeners; /* Listener, see server.c */
  GThread *acceptor;
  int stop_fd;       /* an eventfd, readable when the server stops */

  GMutex lock;       /* for what follows */
  gboolean stopping;
  GHashTable *connections; /* TsStream → GThread */
  GSList *finished;        /* GThread, to be joined */
  guint generation;        /* of releases */
  GHashTable *credentials; /* access key → TsCredentials */
};

gint64 ts_server_now (TestServer *server); /* Unix time by the server's clock */

/* Copies what is known of @access_key; FALSE: nothing. */
gboolean ts_server_find_credentials (TestServer *server, const char *access_key, TsCredentials *out);

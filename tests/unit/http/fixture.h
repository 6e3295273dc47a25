/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests of the transport share: a server that sends exactly the bytes a test says, and calls that wait. */

#include "base/base-error.h"
#include "http/http.h"

/* --- a raw server: the handler is run for each connection, in a thread of its own --- */

typedef struct _RawServer RawServer;

typedef struct
{
  RawServer *server;
  int fd;
  guint number;  /* of the connection, from 1 */
  GString *head; /* of the request that was read last */
  GString *body;
  GString *rest; /* read and not used */
} RawConnection;

typedef void (*RawHandler) (RawConnection *connection, gpointer data);

RawServer *raw_server_new (RawHandler handler, gpointer data);
void raw_server_free (RawServer *server); /* ends every connection, joins every thread */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawServer, raw_server_free)
const char *raw_server_get_url (RawServer *server);
guint raw_server_count_connections (RawServer *server);
guint raw_server_count_requests (RawServer *server);
guint raw_server_max_open (RawServer *server); /* connections at once, at most */
guint raw_server_max_active (RawServer *server); /* requests at once, at most */
gboolean raw_server_wait_open (RawServer *server, guint n); /* at most so many; FALSE after ten seconds */

/* FALSE: the client closed the connection. */
gboolean raw_read_head (RawConnection *connection);
gboolean raw_read_request (RawConnection *connection); /* with its body */
gssize raw_read (RawConnection *connection, gpointer buffer, gsize size);
void raw_send (RawConnection *connection, const char *text);
void raw_send_bytes (RawConnection *connection, gconstpointer bytes, gsize size);
void raw_answer (RawConnection *connection, guint status, const char *headers, const char *body);
void raw_reset (RawConnection *connection); /* the connection ends in an RST */
/* Until the client closes it, whatever it sends. */
void raw_wait_for_close (RawConnection *connection);
/* The value of a header of the request. (transfer full) */
char *raw_get_header (RawConnection *connection, const char *name);

/* --- settings, calls --- */

/* Small limits: 16 connections, 64 requests, 3 attempts. */
S3dSettings *fixture_settings (void);

typedef struct
{
  S3dHttp *http;
  S3dHttpRequest *request;
  S3dSink *sink;     /* a growing one, begun by the headers hook; NULL: the body is captured */
  gboolean no_sink;  /* set before start */
  S3dHttpSign (*sign) (S3dHttpRequest *request, gpointer data, GError **error); /* gets the call */
  S3dHttpVerdict (*classify) (S3dHttpRequest *request, gpointer data, GError **error);
  gboolean (*headers) (S3dHttpRequest *request, gpointer data, GError **error);
  void (*done) (gpointer data); /* before the waiter is told */
  gpointer data;
  int n_signed, n_headers, n_classified; /* atomic */
  GMutex lock;
  GCond cond;
  gboolean is_done;
} Call;

Call *call_new (S3dHttp *http, const char *method, const char *origin, const char *target);
void call_free (Call *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)
void call_start (Call *call);
void call_wait (Call *call); /* fails the test after a minute */
gboolean call_wait_for (Call *call, guint ms);
void call_run (Call *call);
const GError *call_error (Call *call);
GBytes *call_steal_bytes (Call *call); /* what the sink holds */
void call_assert_body (Call *call, const char *text);
void call_assert_error (Call *call, S3dlioError code, const char *part); /* whose message holds @part */

/* A server and a transport of its own settings. */
typedef struct
{
  S3dSettings *settings;
  S3dHttp *http;
  RawServer *server;
  const char *url;
} World;

void world_set_up (World *world, RawHandler handler, gpointer data);
void world_clear (World *world);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (World, world_clear)

/* --- what a process has --- */

/* The end of a forked child that went well: as another program, so that nobody looks for leaks in what it inherited. */
G_NORETURN void leave_child (void);

guint count_threads (void);
guint count_descriptors (void);
/* Until there are no more; FALSE after ten seconds. */
gboolean wait_for_threads (guint n);
gboolean wait_for_descriptors (guint n);

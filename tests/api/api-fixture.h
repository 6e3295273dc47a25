/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one suite over a table of endpoints: every test is registered once for each endpoint that is there, as
 * /api/ENDPOINT/NAME, and sees the library as its users do. A new backend is a row in api-fixture.c. */

#pragma once

#include <s3dlio/s3dlio.h>

#include "server/test-server.h"

typedef struct _ApiEndpoint ApiEndpoint;

/* What a test gets: a client of its own (which it may drop), and a place of its own to put objects. */
typedef struct
{
  const ApiEndpoint *endpoint;
  S3dlioClient *client;
  char *root;         /* ends in "/"; a key can be appended: "s3://127.0.0.1:9000/bucket/test-1-7/" */
  TestServer *server; /* our own server, where the endpoint is that; its ledger is empty. Else NULL */
} ApiTest;

typedef enum
{
  API_ANY = 0,
  API_SERVER = 1 << 0,     /* needs our server's ledger and faults */
  API_CONTAINERS = 1 << 1, /* needs containers that can be made */
  API_S3 = 1 << 2,         /* needs a service that is asked by S3's requests */
  API_SLOW = 1 << 3        /* only once: at the first endpoint that fits */
} ApiNeeds;

typedef void (*ApiFunc) (ApiTest *test);

/* Registers @func for every endpoint that has what @needs asks. @name: "/get/empty-object-is-one-request". */
void api_add (const char *name, ApiNeeds needs, ApiFunc func);

/* Between g_test_init() and the exit. */
int api_run (void);

/* A further client for the same endpoint with settings "name=value", ended by NULL. (transfer full) */
S3dlioClient *api_client_with (ApiTest *test, ...) G_GNUC_NULL_TERMINATED;

/* The URI of @key in the test's place; lives as long as the test. */
const char *api_uri (ApiTest *test, const char *key);

/* The container part of the root, with a fresh name that does not exist yet. (transfer full) */
char *api_new_container (ApiTest *test);

/* Bytes that depend on @seed and the position. */
GBytes *api_bytes (gsize size, guint32 seed);
void api_assert_pattern (GBytes *bytes, gsize size, guint32 seed);

/* Writes an object of @size pattern bytes. */
void api_put (ApiTest *test, const char *key, gsize size, guint32 seed);

/* Another store, for what goes from one to the other. */
#define API_ELSEWHERE "mem://elsewhere"
void api_make_elsewhere (ApiTest *test);

/* A path in a temporary directory that goes with the test. */
const char *api_path (ApiTest *test, const char *name);

/* How many requests of a kind our server has seen since the test began. */
guint api_count (ApiTest *test, const char *operation);
void api_forget (ApiTest *test);

/* Threads to be joined. Cancels once @n requests are held. */
GThread *api_cancel_when_held (ApiTest *test, guint n, GCancellable *cancellable);
/* One byte more in the file, once a request is held; then lets it go. @path: lives as long as the thread. */
GThread *api_grow_when_held (ApiTest *test, const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least that can ask an HTTP server: a socket, what is written to it as it is, and answers
 * taken apart. For tests of the test server, which must not rely on the library that it tests.
 */
#pragma once

#include "test-server.h"

typedef struct
{
  int fd;
  GByteArray *buffer;
} RawClient;

typedef enum
{
  RAW_WHOLE,  /* all that was announced */
  RAW_CLOSED, /* ended before that, in order */
  RAW_RESET,
} RawEnd;

typedef struct
{
  RawEnd end;
  guint status; /* 0: the head is not whole */
  char *head;
  char *body;   /* with a NUL after it */
  gsize size;
} RawAnswer;

RawClient *raw_client_new (TestServer *server);
void raw_client_free (RawClient *client);
void raw_answer_free (RawAnswer *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawClient, raw_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawAnswer, raw_answer_free)

void raw_client_send (RawClient *client, const char *data, gssize size);

/* Waits at most ten seconds for bytes; @head: the answer to a HEAD. */
RawAnswer *raw_client_receive (RawClient *client, gboolean head);

/* Whether the server has closed: no byte, but the end. */
gboolean raw_client_at_end (RawClient *client);

/* One request and its answer. @headers is "Name: value\r\n"… or NULL; @body NULL: none. */
RawAnswer *raw_client_ask (RawClient *client, const char *method, const char *target, const char *headers,
                           const char *body);

/* The same over a connection of its own. */
RawAnswer *raw_ask (TestServer *server, const char *method, const char *target, const char *headers, const char *body);

/* The value of a header of the answer, or NULL. Free it. */
char *raw_answer_header (RawAnswer *answer, const char *name);

/* What stands in the first <element>, or NULL. Free it. */
char *raw_answer_element (RawAnswer *answer, const char *element);

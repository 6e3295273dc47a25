/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The knobs: one table from which the properties of S3dlioConfig, their environment variables, their
 * text forms, their bounds and the fields of S3dSettings come. A new setting is a row here and a
 * field there. Constant; any thread. */

#include <glib.h>

#include "base/base-settings.h"

typedef enum
{
  S3D_KNOB_BOOLEAN, /* field: gboolean */
  S3D_KNOB_COUNT,   /* guint */
  S3D_KNOB_SIZE,    /* guint64, bytes */
  S3D_KNOB_SECONDS, /* guint, milliseconds */
  S3D_KNOB_CHOICE,  /* an enum: the index of the word */
  S3D_KNOB_STRING   /* char *, nullable */
} S3dKnobKind;

/* Of a STRING beyond what holds for all (no control characters); @why is a static sentence. */
typedef gboolean (*S3dKnobCheck) (const char *text, const char **why);

typedef struct
{
  const char *name;  /* of the property */
  const char *blurb; /* one sentence */
  S3dKnobKind kind;
  const char *general; /* name of the knob that holds where this one is not set; nullable */
  gboolean secret;   /* write-only, and in no message */
  gboolean of_s3;    /* what the environment says of it does not matter to others */
  guint64 min, max;  /* numbers; of SECONDS in milliseconds */
  guint64 fallback;  /* of numbers and CHOICE: what holds when nothing is set */
  const char *fallback_text;
  const char *const *words;     /* CHOICE, or the only values of a STRING; NULL-terminated */
  const char *const *aliases;   /* of the words, what others call them; NULL-terminated, nullable */
  const char *form;             /* of the text: "FILE", "URL" */
  const char *const *variables; /* that count after S3DLIO_NAME; NULL-terminated, nullable */
  S3dKnobCheck check;
  gsize field;                  /* in S3dSettings */
  gsize grows;                  /* a gboolean in S3dSettings that is TRUE for the fallback; 0: none */
} S3dKnob;

/* A value of a knob. Of CHOICE and STRING the text counts, else the number (not yet checked). */
typedef struct
{
  gboolean set;
  guint64 number;
  char *text;
} S3dKnobValue;

extern const S3dKnob s3d_knobs[];
extern const guint s3d_n_knobs;

/* The index of @name ("-" and "_" are the same), or -1. */
int s3d_knob_find (const char *name);
/* The more general knob behind @index, or -1. */
int s3d_knob_find_general (guint index);
char *s3d_knob_variable (const S3dKnob *knob); /* S3DLIO_… (transfer full) */
/* SIZE, SECONDS, auto|always|never, … (transfer full) */
char *s3d_knob_form (const S3dKnob *knob);

/* Reads a text; INVALID errors begin with @label, the name of the property or variable. */
gboolean s3d_knob_parse (const S3dKnob *knob, const char *label, const char *text, S3dKnobValue *value, GError **error);
/* Whether a value that is set, from wherever, is in bounds. */
gboolean s3d_knob_check (const S3dKnob *knob, const char *label, const S3dKnobValue *value, GError **error);
/* G_MAXUINT64, which no bound allows, for what is no time. */
guint64 s3d_knob_milliseconds (double seconds);
/* The index of @text among the words or their aliases, or -1. Any case. */
int s3d_knob_word (const S3dKnob *knob, const char *text);

void s3d_knob_value_clear (S3dKnobValue *value);
void s3d_knob_value_set (S3dKnobValue *value, guint64 number, const char *text);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (S3dKnobValue, s3d_knob_value_clear)

/* A copy of what was set by hand; FALSE when nothing was. (s3dlio-config.c) */
gboolean s3d_config_peek (S3dlioConfig *config, guint index, S3dKnobValue *value);

/* By hand over environment over fallback, in each of them the knob before more general ones; @config may be NULL. An
 * error names property or variable. A wrong variable that only S3 reads counts as not set, and goes to @s3_error, if
 * that is the first. With value->set FALSE it is the fallback. (base-settings.c) */
gboolean s3d_knob_resolve (S3dlioConfig *config, guint index, S3dKnobValue *value, GError **s3_error, GError **error);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From knobs to a snapshot of settings: what was set by hand, else the environment, else the default;
 * in each of these a scheme's own knob before the one for all, and that before the one it is a case of.
 * Immutable and reference-counted: any thread. */

#include "config.h"

#include "base/base-env.h"
#include "base/base-knobs.h"

#include <string.h>

/* TRUE when the knob @index is set by hand; a knob that was set is checked under its own name. */
static gboolean
take_by_hand (S3dlioConfig *config, guint index, S3dKnobValue *value, GError **error)
{
  if (config == NULL || !s3d_config_peek (config, index, value))
    return TRUE;

  return s3d_knob_check (&s3d_knobs[index], s3d_knobs[index].name, value, error);
}

static gboolean
take_variable (const S3dKnob *knob, const char *variable, S3dKnobValue *value, GError **s3_error, GError **error)
{
  g_autofree char *text = s3d_env_get (variable);
  GError *wrong = NULL;

  if (text == NULL || s3d_knob_parse (knob, variable, text, value, &wrong))
    return TRUE;

  if (!knob->of_s3 && !g_str_has_prefix (variable, "AWS_"))
    {
      g_propagate_error (error, wrong);
      return FALSE;
    }

  s3d_knob_value_clear (value);
  if (*s3_error == NULL)
    *s3_error = wrong;
  else
    g_error_free (wrong);

  return TRUE;
}

static gboolean
take_environment (guint index, S3dKnobValue *value, GError **s3_error, GError **error)
{
  const S3dKnob *knob = &s3d_knobs[index];
  g_autofree char *own = s3d_knob_variable (knob);

  if (!take_variable (knob, own, value, s3_error, error))
    return FALSE;
  for (gsize i = 0; knob->variables != NULL && knob->variables[i] != NULL && !value->set; i++)
    {
      if (!take_variable (knob, knob->variables[i], value, s3_error, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
s3d_knob_resolve (S3dlioConfig *config, guint index, S3dKnobValue *value, GError **s3_error, GError **error)
{
  const S3dKnob *knob = &s3d_knobs[index];

  s3d_knob_value_clear (value);
  for (int i = (int) index; i >= 0 && !value->set; i = s3d_knob_find_general ((guint) i))
    {
      if (!take_by_hand (config, (guint) i, value, error))
        return FALSE;
    }
  for (int i = (int) index; i >= 0 && !value->set; i = s3d_knob_find_general ((guint) i))
    {
      if (!take_environment ((guint) i, value, s3_error, error))
        return FALSE;
    }
  if (value->set)
    return TRUE;

  s3d_knob_value_set (value, knob->fallback,
                      knob->kind == S3D_KNOB_CHOICE ? knob->words[knob->fallback] : knob->fallback_text);
  value->set = FALSE;

  return TRUE;
}

/* Only the text of an endpoint may end in slashes; it is put before paths that begin with one. */
static char *
settings_text (const S3dKnob *knob, const char *text)
{
  if (text == NULL || *text == '\0')
    return NULL;
  if (knob->words != NULL)
    return g_strdup (knob->words[s3d_knob_word (knob, text)]);

  char *copy = g_strdup (text);
  if (strcmp (knob->name, "endpoint-url") == 0)
    {
      for (gsize length = strlen (copy); length > 0 && copy[length - 1] == '/'; length--)
        copy[length - 1] = '\0';
    }

  return copy;
}

static void
set_field (S3dSettings *settings, const S3dKnob *knob, const S3dKnobValue *value)
{
  gpointer field = (char *) settings + knob->field;

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      *(gboolean *) field = value->number != 0;
      break;
    case S3D_KNOB_COUNT:
    case S3D_KNOB_SECONDS:
      *(guint *) field = (guint) value->number;
      break;
    case S3D_KNOB_SIZE:
      *(guint64 *) field = value->number;
      break;
    case S3D_KNOB_CHOICE:
      *(int *) field = s3d_knob_word (knob, value->text);
      break;
    case S3D_KNOB_STRING:
    default:
      *(char **) field = settings_text (knob, value->text);
      break;
    }

  if (knob->grows > 0)
    *(gboolean *) ((char *) settings + knob->grows) = !value->set;
}

G_STATIC_ASSERT (sizeof (S3dTristate) == sizeof (int));
G_STATIC_ASSERT (sizeof (S3dAddressing) == sizeof (int));
G_STATIC_ASSERT (sizeof (S3dChecksum) == sizeof (int));

static void
note_unknown_variables (void)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      const S3dKnob *knob = &s3d_knobs[i];

      g_ptr_array_add (known, s3d_knob_variable (knob));
      for (gsize j = 0; knob->variables != NULL && knob->variables[j] != NULL; j++)
        g_ptr_array_add (known, g_strdup (knob->variables[j]));
    }
  g_ptr_array_add (known, NULL);
  s3d_env_note_unknown ((const char *const *) known->pdata);
}

S3dSettings *
s3d_settings_new (S3dlioConfig *config, GError **error)
{
  g_autoptr (S3dSettings) settings = g_new0 (S3dSettings, 1);

  g_atomic_ref_count_init (&settings->refs);
  note_unknown_variables ();
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      g_auto (S3dKnobValue) value = { 0 };

      if (!s3d_knob_resolve (config, i, &value, &settings->s3_error, error))
        return NULL;
      set_field (settings, &s3d_knobs[i], &value);
    }

  return g_steal_pointer (&settings);
}

static S3dSettings *
copy (const S3dSettings *settings)
{
  S3dSettings *new = g_memdup2 (settings, sizeof *settings);

  g_atomic_ref_count_init (&new->refs);
  new->with_profile = NULL;
  if (settings->s3_error != NULL)
    new->s3_error = g_error_copy (settings->s3_error);
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      char **text = (char **) ((char *) new + s3d_knobs[i].field);

      if (s3d_knobs[i].kind == S3D_KNOB_STRING)
        *text = g_strdup (*text);
    }

  return new;
}

/* Reads @text into the field of the knob @name. */
static gboolean
take_profile (S3dSettings *settings, const char *name, const char *label, const char *text, GError **error)
{
  const S3dKnob *knob = &s3d_knobs[s3d_knob_find (name)];
  g_auto (S3dKnobValue) value = { 0 };

  if (!s3d_knob_parse (knob, label, text, &value, error))
    return FALSE;
  set_field (settings, knob, &value);

  return TRUE;
}

/* What was made first is kept, as long as @settings; files that change meanwhile make a new one each time. */
static S3dSettings *
keep (S3dSettings *settings, S3dSettings *new)
{
  static GMutex lock;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  S3dSettings *kept = settings->with_profile;

  if (kept == NULL)
    settings->with_profile = s3d_settings_ref (new);
  else if (kept->retries == new->retries && g_strcmp0 (kept->ca_bundle, new->ca_bundle) == 0)
    {
      s3d_settings_unref (new);
      return s3d_settings_ref (kept);
    }

  return new;
}

S3dSettings *
s3d_settings_with_profile (S3dSettings *settings, const char *max_attempts, const char *ca_bundle, GError **error)
{
  const gboolean takes_attempts = settings->retries_are_default && max_attempts != NULL;
  const gboolean takes_bundle = settings->ca_bundle == NULL && ca_bundle != NULL;
  g_autoptr (S3dSettings) new = NULL;

  if (!takes_attempts && !takes_bundle)
    return s3d_settings_ref (settings);

  new = copy (settings);
  if ((takes_attempts && !take_profile (new, "retries", "the profile's max_attempts", max_attempts, error))
      || (takes_bundle && !take_profile (new, "ca-bundle", "the profile's ca_bundle", ca_bundle, error)))
    return NULL;

  return keep (settings, g_steal_pointer (&new));
}

S3dSettings *
s3d_settings_ref (S3dSettings *settings)
{
  g_atomic_ref_count_inc (&settings->refs);

  return settings;
}

void
s3d_settings_unref (S3dSettings *settings)
{
  if (!g_atomic_ref_count_dec (&settings->refs))
    return;

  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      if (s3d_knobs[i].kind == S3D_KNOB_STRING)
        g_free (*(char **) ((char *) settings + s3d_knobs[i].field));
    }
  g_clear_error (&settings->s3_error);
  g_clear_pointer ((S3dSettings **) &settings->with_profile, s3d_settings_unref);
  g_free (settings);
}

const S3dRangeSettings *
s3d_settings_range (const S3dSettings *settings, const char *scheme)
{
  if (strcmp (scheme, "s3") == 0)
    return &settings->range_s3;
  if (strcmp (scheme, "file") == 0)
    return &settings->range_file;

  return &settings->range_network;
}

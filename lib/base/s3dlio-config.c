/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration as an object: the knobs of base-knobs.c as properties, of which it remembers which
 * were set by hand; and sizes as text.
 *
 * Values are not refused when they are set, since g_object_set() cannot fail, but when they are used
 * or checked: the error then names the property.
 *
 * Any thread: the values stand under a lock. */

#include "config.h"

#include "base/base-knobs.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

struct _S3dlioConfig
{
  GObject parent_instance;

  GMutex lock;
  S3dKnobValue *values; /* what was set by hand, by index in s3d_knobs */
};

G_DEFINE_FINAL_TYPE (S3dlioConfig, s3dlio_config, G_TYPE_OBJECT)

static void
keep (S3dlioConfig *config, guint index, guint64 number, const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&config->lock);

  s3d_knob_value_set (&config->values[index], number, text);
}

static void
forget (S3dlioConfig *config, guint index)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&config->lock);

  s3d_knob_value_clear (&config->values[index]);
}

gboolean
s3d_config_peek (S3dlioConfig *config, guint index, S3dKnobValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&config->lock);
  const S3dKnobValue *own = &config->values[index];

  if (!own->set)
    return FALSE;
  s3d_knob_value_set (value, own->number, own->text);

  return TRUE;
}

static void
s3dlio_config_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  S3dlioConfig *config = S3DLIO_CONFIG (object);
  const guint index = id - 1;
  const char *text = NULL;

  switch (s3d_knobs[index].kind)
    {
    case S3D_KNOB_BOOLEAN:
      keep (config, index, g_value_get_boolean (value) ? 1 : 0, NULL);
      break;
    case S3D_KNOB_COUNT:
      keep (config, index, g_value_get_uint (value), NULL);
      break;
    case S3D_KNOB_SIZE:
      keep (config, index, g_value_get_uint64 (value), NULL);
      break;
    case S3D_KNOB_SECONDS:
      keep (config, index, s3d_knob_milliseconds (g_value_get_double (value)), NULL);
      break;
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      text = g_value_get_string (value);
      if (text != NULL)
        keep (config, index, 0, text);
      else
        forget (config, index);
      break;
    }
}

/* What holds now, for the knob @index: what was set, or the default when that is wrong. */
static void
effective (S3dlioConfig *config, guint index, S3dKnobValue *value)
{
  const S3dKnob *knob = &s3d_knobs[index];
  g_autoptr (GError) s3_error = NULL;

  if (s3d_config_peek (config, index, value) || s3d_knob_resolve (config, index, value, &s3_error, NULL))
    return;

  s3d_knob_value_set (value, knob->fallback,
                      knob->kind == S3D_KNOB_CHOICE ? knob->words[knob->fallback] : knob->fallback_text);
}

static void
s3dlio_config_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const guint index = id - 1;
  g_auto (S3dKnobValue) own = { 0 };

  effective (S3DLIO_CONFIG (object), index, &own);
  switch (s3d_knobs[index].kind)
    {
    case S3D_KNOB_BOOLEAN:
      g_value_set_boolean (value, own.number != 0);
      break;
    case S3D_KNOB_COUNT:
      g_value_set_uint (value, (guint) own.number);
      break;
    case S3D_KNOB_SIZE:
      g_value_set_uint64 (value, own.number);
      break;
    case S3D_KNOB_SECONDS:
      g_value_set_double (value, (double) own.number / 1000);
      break;
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      g_value_set_string (value, own.text);
      break;
    }
}

static void
s3dlio_config_finalize (GObject *object)
{
  S3dlioConfig *config = S3DLIO_CONFIG (object);

  for (guint i = 0; i < s3d_n_knobs; i++)
    s3d_knob_value_clear (&config->values[i]);
  g_free (config->values);
  g_mutex_clear (&config->lock);

  G_OBJECT_CLASS (s3dlio_config_parent_class)->finalize (object);
}

/* The bounds of the table are not those of the property: GObject would ignore a value with a g_warning(), where
 * an error is due. */
static GParamSpec *
param_spec (const S3dKnob *knob)
{
  const GParamFlags flags =
    (knob->secret ? G_PARAM_WRITABLE : G_PARAM_READWRITE) | G_PARAM_STATIC_NAME | G_PARAM_STATIC_BLURB;
  g_autofree char *form = s3d_knob_form (knob);

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      return g_param_spec_boolean (knob->name, form, knob->blurb, knob->fallback != 0, flags);
    case S3D_KNOB_COUNT:
      return g_param_spec_uint (knob->name, form, knob->blurb, 0, G_MAXUINT, (guint) knob->fallback, flags);
    case S3D_KNOB_SIZE:
      return g_param_spec_uint64 (knob->name, form, knob->blurb, 0, G_MAXUINT64, knob->fallback, flags);
    case S3D_KNOB_SECONDS:
      return g_param_spec_double (knob->name, form, knob->blurb, -G_MAXDOUBLE, G_MAXDOUBLE,
                                  (double) knob->fallback / 1000, flags);
    case S3D_KNOB_CHOICE:
      return g_param_spec_string (knob->name, form, knob->blurb, knob->words[knob->fallback], flags);
    case S3D_KNOB_STRING:
    default:
      return g_param_spec_string (knob->name, form, knob->blurb, knob->fallback_text, flags);
    }
}

static void
s3dlio_config_class_init (S3dlioConfigClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = s3dlio_config_set_property;
  object_class->get_property = s3dlio_config_get_property;
  object_class->finalize = s3dlio_config_finalize;
  for (guint i = 0; i < s3d_n_knobs; i++)
    g_object_class_install_property (object_class, i + 1, param_spec (&s3d_knobs[i]));
}

static void
s3dlio_config_init (S3dlioConfig *config)
{
  g_mutex_init (&config->lock);
  config->values = g_new0 (S3dKnobValue, s3d_n_knobs);
}

/**
 * s3dlio_config_new:
 *
 * Makes a configuration in which nothing is set: the environment and the defaults hold.
 *
 * Returns: (transfer full): a new configuration
 *
 * Since: 0.9
 */
S3dlioConfig *
s3dlio_config_new (void)
{
  return g_object_new (S3DLIO_TYPE_CONFIG, NULL);
}

/**
 * s3dlio_config_set_from_string:
 * @config: a configuration
 * @name: the name of a property
 * @value: (nullable): its value as text, or %NULL to take back what was set
 * @error: return location for an error
 *
 * Sets a property from text, in any locale: sizes as [func@S3dlio.parse_size] reads them, durations as decimal
 * seconds, booleans as 1, 0, true, false, yes, no, on, off. A blank text is a value like any other: it sets a
 * string to nothing, over what the environment says.
 *
 * Errors are %S3DLIO_ERROR_INVALID; the message names the property and what its value should be. Nothing is
 * changed then.
 *
 * Returns: %TRUE if the property was set, %FALSE with @error set otherwise
 *
 * Since: 0.9
 */
gboolean
s3dlio_config_set_from_string (S3dlioConfig *config, const char *name, const char *value, GError **error)
{
  g_return_val_if_fail (S3DLIO_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_auto (S3dKnobValue) parsed = { 0 };
  const int index = s3d_knob_find (name);

  if (index < 0)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "there is no setting '%s'", name);
      return FALSE;
    }
  if (value == NULL)
    forget (config, (guint) index);
  else if (s3d_knob_parse (&s3d_knobs[index], s3d_knobs[index].name, value, &parsed, error))
    keep (config, (guint) index, parsed.number, parsed.text);
  else
    return FALSE;
  g_object_notify (G_OBJECT (config), s3d_knobs[index].name);

  return TRUE;
}

/**
 * s3dlio_config_check:
 * @config: a configuration
 * @error: return location for an error
 *
 * Whether every setting, from a property or from the environment, can be used. A client checks the same when it is
 * made, but for variables that only S3 reads, such as `AWS_ENDPOINT_URL`: those when it first uses S3.
 *
 * Errors are %S3DLIO_ERROR_INVALID; the message begins with the name of the property or environment variable.
 *
 * Returns: %TRUE if all is well, %FALSE with @error set otherwise
 *
 * Since: 0.9
 */
gboolean
s3dlio_config_check (S3dlioConfig *config, GError **error)
{
  g_return_val_if_fail (S3DLIO_IS_CONFIG (config), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr (S3dSettings) settings = s3d_settings_new (config, error);

  if (settings == NULL)
    return FALSE;
  if (settings->s3_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&settings->s3_error));

  return FALSE;
}

static guint64
effective_number (S3dlioConfig *config, const char *prefix, const char *name)
{
  g_autofree char *full = g_strconcat (prefix, name, NULL);
  g_auto (S3dKnobValue) value = { 0 };
  int index = s3d_knob_find (full);

  if (index < 0)
    index = s3d_knob_find (name);
  effective (config, (guint) index, &value);

  return value.number;
}

/**
 * s3dlio_config_get_max_total_parallelism:
 * @config: a configuration
 * @scheme: (nullable): the scheme of the objects, such as "s3"; %NULL for those of a network
 *
 * How many requests there can be at once: `max-concurrent-downloads` times the ranges of one object
 * (`max-concurrent-ranges` of that scheme, or 1 where its range engine is off), but never more than
 * `max-total-requests`.
 *
 * Returns: the number of requests, at least 1
 *
 * Since: 0.9
 */
guint
s3dlio_config_get_max_total_parallelism (S3dlioConfig *config, const char *scheme)
{
  g_return_val_if_fail (S3DLIO_IS_CONFIG (config), 1);

  g_autofree char *prefix = scheme != NULL ? g_strconcat (scheme, "-", NULL) : g_strdup ("");
  const gboolean splits = effective_number (config, prefix, "enable-range-engine") != 0;
  const guint64 ranges = splits ? effective_number (config, prefix, "max-concurrent-ranges") : 1;
  const guint64 objects = effective_number (config, "", "max-concurrent-downloads");
  const guint64 limit = effective_number (config, "", "max-total-requests");

  return (guint) CLAMP (objects * ranges, 1, MAX (limit, 1));
}

static guint64
unit_of (const char *text, const char **end)
{
  static const char letters[] = "kmgt";
  const char *letter = *text != '\0' ? strchr (letters, g_ascii_tolower (*text)) : NULL;
  const gboolean binary = letter != NULL && g_ascii_tolower (text[1]) == 'i';
  guint64 unit = 1;

  *end = text;
  if (letter != NULL)
    {
      *end += binary ? 2 : 1;
      for (const char *p = letters; p <= letter; p++)
        unit *= binary ? 1024 : 1000;
    }
  if (**end == 'B')
    (*end)++;

  return unit;
}

/* Digits behind the point, at most nine of them, as billionths. */
static guint64
take_fraction (const char **text)
{
  guint64 billionths = 0;
  guint64 scale = 100000000;

  if (**text != '.')
    return 0;
  for ((*text)++; g_ascii_isdigit (**text) && scale > 0; (*text)++, scale /= 10)
    billionths += (guint64) (**text - '0') * scale;

  return billionths;
}

/**
 * s3dlio_parse_size:
 * @text: a size
 * @size: (out): return location for the number of bytes
 * @error: return location for an error
 *
 * Reads a size as people write it: a number, and k, M, G or T (powers of 1000) or Ki, Mi, Gi or Ti (powers of
 * 1024), in any case and with an optional B. A fraction is allowed when it comes to whole bytes: `1.5Gi`.
 *
 * Errors are %S3DLIO_ERROR_INVALID.
 *
 * Returns: %TRUE if @text is a size, %FALSE with @error set otherwise
 *
 * Since: 0.9
 */
gboolean
s3dlio_parse_size (const char *text, guint64 *size, GError **error)
{
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (size != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  const guint64 billion = 1000000000;
  const char *rest = text;
  gboolean fine = g_ascii_isdigit (*rest);
  guint64 whole = 0;
  guint64 bytes = 0;

  for (; fine && g_ascii_isdigit (*rest); rest++)
    fine = g_uint64_checked_mul (&whole, whole, 10) && g_uint64_checked_add (&whole, whole, (guint64) (*rest - '0'));

  const guint64 billionths = take_fraction (&rest);
  const guint64 unit = unit_of (rest, &rest);

  /* unit is 2^40 at most; so the product below is taken in two steps that fit. */
  const guint64 high = billionths / 1000 * unit;
  const guint64 low = billionths % 1000 * unit;
  const guint64 part = high / 1000000 + (high % 1000000 * 1000 + low) / billion;
  const gboolean exact = (high % 1000000 * 1000 + low) % billion == 0;

  fine = fine && *rest == '\0' && exact && g_uint64_checked_mul (&bytes, whole, unit)
         && g_uint64_checked_add (&bytes, bytes, part);
  if (!fine)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   "'%s' is not a size: a number, with k, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti (powers of 1024)",
                   text);
      return FALSE;
    }
  *size = bytes;

  return TRUE;
}

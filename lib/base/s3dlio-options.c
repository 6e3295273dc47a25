/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of operations, by name. Setting one never fails; the operation that is given them checks
 * names, types and values, and refuses what it does not know.
 *
 * Reference-counted. Read from any thread; changed by one, while no operation uses it. */

#include "config.h"

#include "base/base-options.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

typedef struct
{
  GType type; /* G_TYPE_STRING, G_TYPE_BOOLEAN or G_TYPE_INT64 */
  gint64 number;
  char *text;
} Option;

/* A function of the caller's, and what it is called with. */
typedef struct
{
  GCallback func; /* NULL: not set */
  gpointer data;
  GDestroyNotify destroy;
} Hook;

struct _S3dlioOptions
{
  gatomicrefcount refs;
  GHashTable *options;  /* name → Option */
  GHashTable *metadata; /* name → value; NULL until one is set */
  gint64 *ranges;       /* offset, length, offset, length…; NULL until they are set */
  gsize n_ranges;
  Hook progress;
  Hook deleted;
  Hook report;
};

G_DEFINE_BOXED_TYPE (S3dlioOptions, s3dlio_options, s3dlio_options_ref, s3dlio_options_unref)

/* What every option is, wherever it applies. */
static const struct
{
  const char *name;
  GType type;
  gint64 min;
} kinds[] = {
  { S3DLIO_OPTION_IF_MATCH, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_NO_CLOBBER, G_TYPE_BOOLEAN, 0 },
  { S3DLIO_OPTION_CONTENT_TYPE, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_CONTENT_ENCODING, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_CONTENT_LANGUAGE, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_CONTENT_DISPOSITION, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_CACHE_CONTROL, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_STORAGE_CLASS, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_OFFSET, G_TYPE_INT64, G_MININT64 },
  { S3DLIO_OPTION_LENGTH, G_TYPE_INT64, -1 },
  { S3DLIO_OPTION_LIMIT, G_TYPE_INT64, 0 },
  { S3DLIO_OPTION_GLOB, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_REGEX, G_TYPE_STRING, 0 },
  { S3DLIO_OPTION_PRESERVE_MTIME, G_TYPE_BOOLEAN, 0 },
  { S3DLIO_OPTION_RESUME, G_TYPE_BOOLEAN, 0 },
};

static void
option_free (gpointer data)
{
  Option *option = data;

  g_free (option->text);
  g_free (option);
}

/**
 * s3dlio_options_new:
 *
 * Makes an empty set of options.
 *
 * Returns: (transfer full): new options
 *
 * Since: 0.9
 */
S3dlioOptions *
s3dlio_options_new (void)
{
  S3dlioOptions *options = g_new0 (S3dlioOptions, 1);

  g_atomic_ref_count_init (&options->refs);
  options->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, option_free);

  return options;
}

/**
 * s3dlio_options_ref:
 * @options: options
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @options
 *
 * Since: 0.9
 */
S3dlioOptions *
s3dlio_options_ref (S3dlioOptions *options)
{
  g_return_val_if_fail (options != NULL, NULL);

  g_atomic_ref_count_inc (&options->refs);

  return options;
}

static void
hook_drop (Hook *hook)
{
  const Hook old = *hook;

  *hook = (Hook){ NULL, NULL, NULL };
  if (old.destroy != NULL)
    old.destroy (old.data);
}

static void
hook_set (Hook *hook, GCallback func, gpointer data, GDestroyNotify destroy)
{
  hook_drop (hook);
  *hook = (Hook){ func, data, destroy };
}

/**
 * s3dlio_options_unref:
 * @options: (transfer full): options
 *
 * Drops a reference; the last one frees them.
 *
 * Since: 0.9
 */
void
s3dlio_options_unref (S3dlioOptions *options)
{
  g_return_if_fail (options != NULL);

  if (!g_atomic_ref_count_dec (&options->refs))
    return;

  hook_drop (&options->progress);
  hook_drop (&options->deleted);
  hook_drop (&options->report);
  g_hash_table_unref (options->options);
  g_clear_pointer (&options->metadata, g_hash_table_unref);
  g_free (options->ranges);
  g_free (options);
}

static void
set_option (S3dlioOptions *options, const char *name, GType type, gint64 number, const char *text)
{
  Option *option = g_new0 (Option, 1);

  option->type = type;
  option->number = number;
  option->text = g_strdup (text);
  g_hash_table_replace (options->options, g_strdup (name), option);
}

/**
 * s3dlio_options_set_string:
 * @options: options
 * @name: the name of an option, such as %S3DLIO_OPTION_CONTENT_TYPE
 * @value: (nullable): its value, or %NULL to take it back
 *
 * Sets an option that is text.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_string (S3dlioOptions *options, const char *name, const char *value)
{
  g_return_if_fail (options != NULL);
  g_return_if_fail (name != NULL);

  if (value != NULL)
    set_option (options, name, G_TYPE_STRING, 0, value);
  else
    g_hash_table_remove (options->options, name);
}

/**
 * s3dlio_options_set_boolean:
 * @options: options
 * @name: the name of an option, such as %S3DLIO_OPTION_NO_CLOBBER
 * @value: its value
 *
 * Sets an option that is true or false.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_boolean (S3dlioOptions *options, const char *name, gboolean value)
{
  g_return_if_fail (options != NULL);
  g_return_if_fail (name != NULL);

  set_option (options, name, G_TYPE_BOOLEAN, value != FALSE, NULL);
}

/**
 * s3dlio_options_set_int64:
 * @options: options
 * @name: the name of an option, such as %S3DLIO_OPTION_LIMIT
 * @value: its value
 *
 * Sets an option that is a number.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_int64 (S3dlioOptions *options, const char *name, gint64 value)
{
  g_return_if_fail (options != NULL);
  g_return_if_fail (name != NULL);

  set_option (options, name, G_TYPE_INT64, value, NULL);
}

/**
 * s3dlio_options_set_metadata:
 * @options: options
 * @name: a name, without the prefix that the service gives it (`x-amz-meta-`); its case does not count
 * @value: (nullable): its value, or %NULL to take it back
 *
 * Sets a name and value that an object is to carry (put, copy). Names are letters, digits and the few signs
 * that header fields allow; values are text of one line, of any language. An operation refuses others. Ceph writes `_`
 * in a name as `-`.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_metadata (S3dlioOptions *options, const char *name, const char *value)
{
  g_return_if_fail (options != NULL);
  g_return_if_fail (name != NULL);

  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (options->metadata == NULL)
    options->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (value != NULL)
    g_hash_table_replace (options->metadata, g_steal_pointer (&lower), g_strdup (value));
  else
    g_hash_table_remove (options->metadata, lower);
}

/**
 * s3dlio_options_set_ranges:
 * @options: options
 * @offsets: (array length=n_ranges): the first byte of each, from 0; or below 0: its last bytes
 * @lengths: (array length=n_ranges): how many bytes of each, or -1: to the end
 * @n_ranges: how many there are, one for each object; 0 takes them back
 *
 * Sets which bytes of each object are wanted, for the operations that get many.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_ranges (S3dlioOptions *options, const gint64 *offsets, const gint64 *lengths, gsize n_ranges)
{
  g_return_if_fail (options != NULL);
  g_return_if_fail (n_ranges == 0 || (offsets != NULL && lengths != NULL));

  g_free (options->ranges);
  options->ranges = n_ranges > 0 ? g_new (gint64, 2 * n_ranges) : NULL;
  options->n_ranges = n_ranges;
  for (gsize i = 0; i < n_ranges; i++)
    {
      options->ranges[2 * i] = offsets[i];
      options->ranges[2 * i + 1] = lengths[i];
    }
}

/**
 * s3dlio_options_set_progress:
 * @options: options
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): called now and then while an
 *   operation runs, or %NULL
 * @user_data: passed to @func
 * @destroy: (nullable): called with @user_data when @func is no longer needed
 *
 * Sets who is told of the progress of an operation.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_progress (S3dlioOptions *options, S3dlioProgressFunc func, gpointer user_data,
                             GDestroyNotify destroy)
{
  g_return_if_fail (options != NULL);

  hook_set (&options->progress, G_CALLBACK (func), user_data, destroy);
}

/**
 * s3dlio_options_set_deleted:
 * @options: options
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): called for each object whose deletion has
 *   ended, or %NULL
 * @user_data: passed to @func
 * @destroy: (nullable): called with @user_data when @func is no longer needed
 *
 * Sets who is told what became of each object that s3dlio_client_delete_many() or s3dlio_client_delete_prefix()
 * deletes.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_deleted (S3dlioOptions *options, S3dlioDeletedFunc func, gpointer user_data, GDestroyNotify destroy)
{
  g_return_if_fail (options != NULL);

  hook_set (&options->deleted, G_CALLBACK (func), user_data, destroy);
}

/**
 * s3dlio_options_set_report:
 * @options: options
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): called when a transfer has ended, or %NULL
 * @user_data: passed to @func
 * @destroy: (nullable): called with @user_data when @func is no longer needed
 *
 * Sets who is told what a transfer cost, and what was chosen for it: requests, ranges and parts, their sizes. For the
 * operations that read, write or copy one object.
 *
 * Since: 0.9
 */
void
s3dlio_options_set_report (S3dlioOptions *options, S3dlioReportFunc func, gpointer user_data, GDestroyNotify destroy)
{
  g_return_if_fail (options != NULL);

  hook_set (&options->report, G_CALLBACK (func), user_data, destroy);
}

static gboolean
fits_header (const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    {
      if (g_ascii_iscntrl (*p))
        return FALSE;
    }

  return g_utf8_validate (value, -1, NULL);
}

/* RFC 9110 §5.6.2. */
static gboolean
is_token (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    {
      if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-.^_`|~", *p) == NULL)
        return FALSE;
    }

  return *name != '\0';
}

static const char *
type_name (GType type)
{
  if (type == G_TYPE_STRING)
    return "text";

  return type == G_TYPE_BOOLEAN ? "a boolean" : "a number";
}

static gboolean
check_option (const char *name, const Option *option, const char *const *known, GError **error)
{
  gsize kind = 0;

  while (kind < G_N_ELEMENTS (kinds) && strcmp (kinds[kind].name, name) != 0)
    kind++;
  if (kind == G_N_ELEMENTS (kinds) || !g_strv_contains (known, name))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   kind == G_N_ELEMENTS (kinds) ? "there is no option '%s'"
                                                : "the option '%s' does not apply here",
                   name);
      return FALSE;
    }
  if (option->type != kinds[kind].type)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the option '%s' is %s, not %s", name,
                   type_name (kinds[kind].type), type_name (option->type));
      return FALSE;
    }
  if (option->number < kinds[kind].min)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   "the option '%s' is %" G_GINT64_FORMAT ", less than %" G_GINT64_FORMAT, name,
                   option->number, kinds[kind].min);
      return FALSE;
    }
  if (option->text != NULL && !fits_header (option->text))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "the option '%s' is not one line of UTF-8",
                   name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_metadata (GHashTable *metadata, const char *const *known, GError **error)
{
  GHashTableIter iter;
  gpointer name, value;

  if (metadata == NULL || g_hash_table_size (metadata) == 0)
    return TRUE;
  if (!g_strv_contains (known, S3D_OPTION_METADATA))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "metadata does not apply here");
      return FALSE;
    }

  g_hash_table_iter_init (&iter, metadata);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      if (is_token (name) && fits_header (value))
        continue;

      g_autofree char *valid = g_utf8_make_valid (name, -1);
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID,
                   is_token (name) ? "the metadata '%s' is not one line of UTF-8"
                                   : "the metadata name '%s' holds a character that no header name can hold",
                   valid);
      return FALSE;
    }

  return TRUE;
}

gboolean
s3d_options_check (S3dlioOptions *options, const char *const *known, GError **error)
{
  static const char *const nothing[] = { NULL };
  GHashTableIter iter;
  gpointer name, option;

  if (options == NULL)
    return TRUE;
  if (known == NULL)
    known = nothing;

  g_hash_table_iter_init (&iter, options->options);
  while (g_hash_table_iter_next (&iter, &name, &option))
    {
      if (!check_option (name, option, known, error))
        return FALSE;
    }
  if (options->ranges != NULL && !g_strv_contains (known, S3D_OPTION_RANGES))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "ranges of many objects do not apply here");
      return FALSE;
    }
  if (options->progress.func != NULL && !g_strv_contains (known, S3D_OPTION_PROGRESS))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "this operation has no progress to tell of");
      return FALSE;
    }
  if (options->deleted.func != NULL && !g_strv_contains (known, S3D_OPTION_DELETED))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "this operation does not delete many objects");
      return FALSE;
    }

  if (options->report.func != NULL && !g_strv_contains (known, S3D_OPTION_REPORT))
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "this operation makes no report");
      return FALSE;
    }

  return check_metadata (options->metadata, known, error);
}

static const Option *
find_option (S3dlioOptions *options, const char *name, GType type)
{
  const Option *option = options != NULL ? g_hash_table_lookup (options->options, name) : NULL;

  return option != NULL && option->type == type ? option : NULL;
}

const char *
s3d_options_get_string (S3dlioOptions *options, const char *name)
{
  const Option *option = find_option (options, name, G_TYPE_STRING);

  return option != NULL ? option->text : NULL;
}

gboolean
s3d_options_get_boolean (S3dlioOptions *options, const char *name)
{
  const Option *option = find_option (options, name, G_TYPE_BOOLEAN);

  return option != NULL && option->number != 0;
}

gint64
s3d_options_get_int64 (S3dlioOptions *options, const char *name, gint64 fallback)
{
  const Option *option = find_option (options, name, G_TYPE_INT64);

  return option != NULL ? option->number : fallback;
}

GHashTable *
s3d_options_get_metadata (S3dlioOptions *options)
{
  return options != NULL ? options->metadata : NULL;
}

const gint64 *
s3d_options_get_ranges (S3dlioOptions *options, gsize *n)
{
  *n = options != NULL ? options->n_ranges : 0;
  return options != NULL ? options->ranges : NULL;
}

S3dlioProgressFunc
s3d_options_get_progress (S3dlioOptions *options, gpointer *user_data)
{
  if (user_data != NULL)
    *user_data = options != NULL ? options->progress.data : NULL;

  return options != NULL ? (S3dlioProgressFunc) options->progress.func : NULL;
}

S3dlioDeletedFunc
s3d_options_get_deleted (S3dlioOptions *options, gpointer *user_data)
{
  *user_data = options != NULL ? options->deleted.data : NULL;

  return options != NULL ? (S3dlioDeletedFunc) options->deleted.func : NULL;
}

S3dlioReportFunc
s3d_options_get_report (S3dlioOptions *options, gpointer *user_data)
{
  *user_data = options != NULL ? options->report.data : NULL;

  return options != NULL ? (S3dlioReportFunc) options->report.func : NULL;
}

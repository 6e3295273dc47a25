/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The AWS shared config and credentials files: a reader of their INI dialect, and the merging of one profile.
 *
 * Sections are [NAME] in the credentials file, [default], [profile NAME] and [services NAME] in the config file. An
 * indented "name = value" below an empty "parent =" is kept as "parent.name". What the credentials file says of a
 * profile beats what the config file says.
 *
 * Follows https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html. Immutable once loaded, so any thread may
 * read it. */

#include "config.h"

#include "auth/auth-profile.h"

#include "base/base-env.h"
#include "base/base-error.h"

#include <string.h>

#define MAX_FILE_SIZE (4 * 1024 * 1024)

struct _S3dProfile
{
  char *description;
  GHashTable *values; /* name → value */
};

typedef struct
{
  char *path;
  GHashTable *sections; /* name → GHashTable of name → value; NULL when the file was not read */
  const char *trouble;  /* why not */
} IniFile;

typedef struct
{
  const char *path;
  guint line;
  gboolean config;     /* the config file, where profiles are [profile NAME] */
  GHashTable *sections;
  GHashTable *section; /* borrowed; NULL in a section that is of no interest */
  gboolean in_section;
  char *parent;        /* the name of the last property that was not indented */
} IniReader;

static void
ini_file_clear (IniFile *file)
{
  g_free (file->path);
  g_clear_pointer (&file->sections, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (IniFile, ini_file_clear)

static void
ini_reader_clear (IniReader *reader)
{
  g_clear_pointer (&reader->sections, g_hash_table_unref);
  g_free (reader->parent);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (IniReader, ini_reader_clear)

static gboolean
malformed (const IniReader *reader, const char *what, GError **error)
{
  /* The line itself may hold a secret. */
  g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s, line %u: %s", reader->path, reader->line, what);
  return FALSE;
}

static gboolean
is_comment (char c)
{
  return c == '#' || c == ';';
}

/* Ends @text where white space and a comment sign follow. */
static void
cut_comment (char *text)
{
  for (char *p = text; *p != '\0'; p++)
    {
      if (is_comment (*p) && (p == text || g_ascii_isspace (p[-1])))
        {
          *p = '\0';
          break;
        }
    }
  g_strchomp (text);
}

/* "profile NAME", "profile \"A NAME\"" → the name behind the word; NULL when @text does not begin with it. */
static char *
name_after_word (const char *text, const char *word)
{
  gsize length = strlen (word);

  if (strncmp (text, word, length) != 0 || !g_ascii_isspace (text[length]))
    return NULL;

  g_autofree char *name = g_strstrip (g_strdup (text + length));
  gsize n = strlen (name);
  if (n >= 2 && (name[0] == '"' || name[0] == '\'') && name[n - 1] == name[0])
    return g_strndup (name + 1, n - 2);
  return g_steal_pointer (&name);
}

/* The name that the section is kept under, or NULL when nobody asks for such a section. */
static char *
section_name (const IniReader *reader, const char *text)
{
  g_autofree char *profile = name_after_word (text, "profile");

  if (!reader->config)
    return profile != NULL ? g_steal_pointer (&profile) : g_strdup (text);
  if (profile != NULL)
    return g_steal_pointer (&profile);
  if (strcmp (text, "default") == 0)
    return g_strdup (text);

  g_autofree char *services = name_after_word (text, "services");
  return services != NULL ? g_strconcat ("services ", services, NULL) : NULL;
}

static gboolean
read_section (IniReader *reader, char *line, GError **error)
{
  char *end = strchr (line, ']');

  if (end == NULL)
    return malformed (reader, "a section without its closing bracket", error);
  *end = '\0';

  g_autofree char *name = section_name (reader, g_strstrip (line + 1));
  reader->in_section = TRUE;
  g_clear_pointer (&reader->parent, g_free);
  reader->section = name != NULL ? g_hash_table_lookup (reader->sections, name) : NULL;
  if (name == NULL || reader->section != NULL)
    return TRUE;
  reader->section = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (reader->sections, g_steal_pointer (&name), reader->section);
  return TRUE;
}

/* A line below a property: part of a nested block, or the continuation of a long value, which nothing here needs. */
static void
read_indented (IniReader *reader, char *line)
{
  const char *outer = g_hash_table_lookup (reader->section, reader->parent);
  char *equals = strchr (line, '=');

  if (equals == NULL || outer == NULL || *outer != '\0')
    return;
  *equals = '\0';
  g_autofree char *name = g_ascii_strdown (g_strstrip (line), -1);
  char *value = g_strchug (equals + 1);
  cut_comment (value);
  g_hash_table_replace (reader->section, g_strconcat (reader->parent, ".", name, NULL), g_strdup (value));
}

static gboolean
read_property (IniReader *reader, char *line, GError **error)
{
  char *equals = strchr (line, '=');

  if (equals == NULL)
    return malformed (reader, "neither a [section] nor name = value", error);
  if (!reader->in_section)
    return malformed (reader, "a setting before the first [section]", error);

  *equals = '\0';
  g_free (reader->parent);
  reader->parent = g_ascii_strdown (g_strstrip (line), -1);
  char *value = g_strchug (equals + 1);
  cut_comment (value);
  if (reader->section != NULL)
    g_hash_table_replace (reader->section, g_strdup (reader->parent), g_strdup (value));
  return TRUE;
}

static gboolean
read_line (IniReader *reader, char *line, GError **error)
{
  gboolean indented = g_ascii_isspace (*line);

  g_strstrip (line);
  if (*line == '\0' || is_comment (*line))
    return TRUE;
  if (*line == '[' && !indented)
    return read_section (reader, line, error);
  if (!indented || reader->parent == NULL)
    return read_property (reader, line, error);
  if (reader->section != NULL)
    read_indented (reader, line);
  return TRUE;
}

static GHashTable *
parse (char *text, const char *path, gboolean config, GError **error)
{
  g_auto (IniReader) reader = { .path = path, .config = config };

  reader.sections = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);

  char *line = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;
  while (line != NULL)
    {
      char *next = strchr (line, '\n');

      if (next != NULL)
        *next++ = '\0';
      reader.line++;
      if (!read_line (&reader, line, error))
        return NULL;
      line = next;
    }
  return g_steal_pointer (&reader.sections);
}

/* A file that is missing or cannot be opened is as good as empty (a container often runs with somebody else's
 * HOME); the error about missing credentials tells of it. */
static gboolean
load_file (IniFile *file, gboolean config, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize size = 0;

  if (!g_file_get_contents (file->path, &text, &size, &local))
    {
      file->trouble = "cannot be read";
      if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          || g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        file->trouble = "no such file";
      else if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_ACCES))
        file->trouble = "permission denied";
      return TRUE;
    }
  if (size > MAX_FILE_SIZE || memchr (text, '\0', size) != NULL)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "%s is not a file of AWS settings", file->path);
      return FALSE;
    }
  file->sections = parse (text, file->path, config, error);
  return file->sections != NULL;
}

static char *
file_path (const char *variable, const char *name)
{
  const char *home = g_get_home_dir ();
  g_autofree char *path = s3d_env_get (variable);

  if (path == NULL)
    return g_build_filename (home, ".aws", name, NULL);
  if (g_str_has_prefix (path, "~/"))
    return g_build_filename (home, path + 2, NULL);
  return g_steal_pointer (&path);
}

static void
describe_file (GString *text, const IniFile *file)
{
  g_string_append (text, file->path);
  if (file->trouble != NULL)
    g_string_append_printf (text, " (%s)", file->trouble);
}

/* Copies what is not there yet; with @below only "BELOW.name". */
static void
merge (GHashTable *values, GHashTable *section, const char *below)
{
  GHashTableIter iter;
  gpointer name, value;

  if (section == NULL)
    return;
  g_hash_table_iter_init (&iter, section);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      if (below != NULL && !g_str_has_prefix (name, below))
        continue;
      if (!g_hash_table_contains (values, name))
        g_hash_table_insert (values, g_strdup (name), g_strdup (value));
    }
}

static gboolean
merge_file (GHashTable *values, const IniFile *file, const char *profile)
{
  GHashTable *section = file->sections != NULL ? g_hash_table_lookup (file->sections, profile) : NULL;

  merge (values, section, NULL);
  return section != NULL;
}

static void
merge_services (GHashTable *values, const IniFile *config)
{
  const char *services = g_hash_table_lookup (values, "services");

  if (services == NULL || config->sections == NULL)
    return;
  g_autofree char *name = g_strconcat ("services ", services, NULL);
  merge (values, g_hash_table_lookup (config->sections, name), "s3.");
}

S3dProfile *
s3d_profile_load (const S3dSettings *settings, GError **error)
{
  const char *name = settings->profile != NULL ? settings->profile : "default";
  g_auto (IniFile) config = { .path = file_path ("AWS_CONFIG_FILE", "config") };
  g_auto (IniFile) credentials = { .path = file_path ("AWS_SHARED_CREDENTIALS_FILE", "credentials") };

  if (!load_file (&credentials, FALSE, error) || !load_file (&config, TRUE, error))
    return NULL;

  g_autoptr (GString) text = g_string_new (NULL);
  g_string_append_printf (text, "the profile \"%s\" in ", name);
  describe_file (text, &credentials);
  g_string_append (text, " and ");
  describe_file (text, &config);

  g_autoptr (S3dProfile) profile = g_new0 (S3dProfile, 1);
  profile->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gboolean found = merge_file (profile->values, &credentials, name);
  found = merge_file (profile->values, &config, name) || found;
  if (!found && strcmp (name, "default") != 0)
    {
      g_set_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID, "cannot find %s", text->str);
      return NULL;
    }
  merge_services (profile->values, &config);
  profile->description = g_string_free (g_steal_pointer (&text), FALSE);
  return g_steal_pointer (&profile);
}

void
s3d_profile_free (S3dProfile *profile)
{
  if (profile == NULL)
    return;
  g_free (profile->description);
  g_clear_pointer (&profile->values, g_hash_table_unref);
  g_free (profile);
}

const char *
s3d_profile_get (const S3dProfile *profile, const char *name)
{
  const char *value = g_hash_table_lookup (profile->values, name);

  return value != NULL && *value != '\0' ? value : NULL;
}

const char *
s3d_profile_describe (const S3dProfile *profile)
{
  return profile->description;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration: every knob by property, by text and by environment; what beats what; and which words
 * a wrong value gets. */

#include "config.h"

#include "base/base-knobs.h"
#include "s3dlio/s3dlio-error.h"

#include <string.h>

#define MIB (1024 * 1024)

static S3dSettings *
settings_of (S3dlioConfig *config)
{
  g_autoptr (GError) error = NULL;
  S3dSettings *settings = s3d_settings_new (config, &error);

  g_assert_no_error (error);

  return settings;
}

static void
set (S3dlioConfig *config, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (s3dlio_config_set_from_string (config, name, value, &error));
  g_assert_no_error (error);
}

static void
test_defaults (void)
{
  g_autoptr (S3dSettings) settings = settings_of (NULL);

  g_assert_cmpuint (settings->max_concurrent_downloads, ==, 32);
  g_assert_cmpuint (settings->max_total_requests, ==, 256);
  g_assert_cmpuint (settings->connect_timeout_ms, ==, 5000);
  g_assert_cmpuint (settings->stall_timeout_ms, ==, 30000);
  g_assert_cmpuint (settings->retries, ==, 10);
  g_assert_cmpuint (settings->part_size, ==, 8 * MIB);
  g_assert_true (settings->part_grows);
  g_assert_cmpuint (settings->multipart_threshold, ==, 16 * MIB);
  g_assert_cmpuint (settings->concurrent_parts, ==, 8);
  g_assert_cmpint (settings->sign_payload, ==, S3D_AUTO);
  g_assert_cmpint (settings->checksum, ==, S3D_CHECKSUM_NONE);
  g_assert_true (settings->checksum_is_default);
  g_assert_false (settings->verify);
  g_assert_cmpint (settings->addressing_style, ==, S3D_ADDRESSING_AUTO);
  g_assert_cmpstr (settings->tls_min_version, ==, "1.2");
  g_assert_false (settings->follow_redirects);
  g_assert_null (settings->endpoint_url);
  g_assert_null (settings->region);
  g_assert_null (settings->secret_access_key);
}

static void
assert_range (const char *scheme, gboolean enabled, guint concurrent, guint64 threshold, guint64 chunk)
{
  g_autoptr (S3dSettings) settings = settings_of (NULL);
  const S3dRangeSettings *range = s3d_settings_range (settings, scheme);

  g_assert_cmpint (range->enabled, ==, enabled);
  g_assert_cmpuint (range->concurrent, ==, concurrent);
  g_assert_cmpuint (range->split_threshold, ==, threshold);
  g_assert_cmpuint (range->chunk_size, ==, chunk);
  g_assert_true (range->chunk_grows);
  g_assert_cmpuint (range->timeout_ms, ==, strcmp (scheme, "file") != 0 ? 30000 : 0);
}

static void
test_range_defaults (void)
{
  assert_range ("s3", TRUE, 32, 8 * MIB, 8 * MIB);
  assert_range ("az", TRUE, 32, 8 * MIB, 8 * MIB);
  assert_range ("gs", TRUE, 32, 8 * MIB, 8 * MIB);
  assert_range ("file", FALSE, 8, 64 * MIB, 64 * MIB);
}

/* A text for each knob that is not its default. */
static const char *
other_text (const S3dKnob *knob)
{
  if (knob->words != NULL)
    return knob->words[1];

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      return knob->fallback ? "off" : "on";
    case S3D_KNOB_COUNT:
      return "7";
    case S3D_KNOB_SIZE:
      return "3Mi";
    case S3D_KNOB_SECONDS:
      return "2.5";
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      return knob->check != NULL && strcmp (knob->form, "URL") == 0 ? "http://other" : "other";
    }
}

static void
assert_field (const S3dSettings *settings, const S3dKnob *knob)
{
  gconstpointer field = (const char *) settings + knob->field;

  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      g_assert_cmpint (*(const gboolean *) field, ==, !knob->fallback);
      break;
    case S3D_KNOB_COUNT:
      g_assert_cmpuint (*(const guint *) field, ==, 7);
      break;
    case S3D_KNOB_SIZE:
      g_assert_cmpuint (*(const guint64 *) field, ==, 3 * MIB);
      break;
    case S3D_KNOB_SECONDS:
      g_assert_cmpuint (*(const guint *) field, ==, 2500);
      break;
    case S3D_KNOB_CHOICE:
      g_assert_cmpint (*(const int *) field, ==, 1);
      break;
    case S3D_KNOB_STRING:
    default:
      g_assert_cmpstr (*(char *const *) field, ==, other_text (knob));
      break;
    }
}

static void
test_every_variable (void)
{
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      const S3dKnob *knob = &s3d_knobs[i];
      g_autofree char *variable = s3d_knob_variable (knob);

      g_setenv (variable, other_text (knob), TRUE);
      g_autoptr (S3dSettings) settings = settings_of (NULL);
      assert_field (settings, knob);
      g_unsetenv (variable);

      for (gsize j = 0; knob->variables != NULL && knob->variables[j] != NULL; j++)
        {
          g_setenv (knob->variables[j], other_text (knob), TRUE);
          g_autoptr (S3dSettings) again = settings_of (NULL);
          assert_field (again, knob);
          g_unsetenv (knob->variables[j]);
        }
    }
}

static void
test_every_text (void)
{
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

      set (config, s3d_knobs[i].name, other_text (&s3d_knobs[i]));
      g_autoptr (S3dSettings) settings = settings_of (config);
      assert_field (settings, &s3d_knobs[i]);

      set (config, s3d_knobs[i].name, NULL);
      g_auto (S3dKnobValue) value = { 0 };
      g_assert_false (s3d_config_peek (config, i, &value));
    }
}

static void
set_property (S3dlioConfig *config, const S3dKnob *knob)
{
  switch (knob->kind)
    {
    case S3D_KNOB_BOOLEAN:
      g_object_set (config, knob->name, !knob->fallback, NULL);
      break;
    case S3D_KNOB_COUNT:
      g_object_set (config, knob->name, 7u, NULL);
      break;
    case S3D_KNOB_SIZE:
      g_object_set (config, knob->name, (guint64) 3 * MIB, NULL);
      break;
    case S3D_KNOB_SECONDS:
      g_object_set (config, knob->name, 2.5, NULL);
      break;
    case S3D_KNOB_CHOICE:
    case S3D_KNOB_STRING:
    default:
      g_object_set (config, knob->name, other_text (knob), NULL);
      break;
    }
}

static void
test_every_property (void)
{
  for (guint i = 0; i < s3d_n_knobs; i++)
    {
      const S3dKnob *knob = &s3d_knobs[i];
      g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

      set_property (config, knob);
      g_autoptr (S3dSettings) settings = settings_of (config);
      assert_field (settings, knob);
    }
}

static void
test_listed (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (S3DLIO_TYPE_CONFIG);
  guint n = 0;
  g_autofree GParamSpec **specs = g_object_class_list_properties (G_OBJECT_CLASS (klass), &n);

  g_assert_cmpuint (n, ==, s3d_n_knobs);
  for (guint i = 0; i < n; i++)
    {
      const S3dKnob *knob = &s3d_knobs[s3d_knob_find (specs[i]->name)];

      g_assert_cmpstr (specs[i]->name, ==, knob->name);
      g_assert_cmpstr (g_param_spec_get_blurb (specs[i]), ==, knob->blurb);
      g_assert_cmpuint (strlen (g_param_spec_get_nick (specs[i])), >, 0);
      g_assert_cmpint ((specs[i]->flags & G_PARAM_READABLE) != 0, ==, !knob->secret);
    }
  g_assert_false (g_object_class_find_property (G_OBJECT_CLASS (klass), "secret-access-key")->flags & G_PARAM_READABLE);
  g_assert_false (g_object_class_find_property (G_OBJECT_CLASS (klass), "session-token")->flags & G_PARAM_READABLE);
}

static void
test_precedence (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (S3dSettings) last = NULL;
  g_autofree char *region = NULL;

  g_setenv ("AWS_DEFAULT_REGION", "d", TRUE);
  g_autoptr (S3dSettings) by_default = settings_of (config);
  g_assert_cmpstr (by_default->region, ==, "d");

  g_setenv ("AWS_REGION", "c", TRUE);
  g_autoptr (S3dSettings) by_aws = settings_of (config);
  g_assert_cmpstr (by_aws->region, ==, "c");

  g_setenv ("S3DLIO_REGION", "b", TRUE);
  g_autoptr (S3dSettings) by_own = settings_of (config);
  g_assert_cmpstr (by_own->region, ==, "b");
  g_object_get (config, "region", &region, NULL);
  g_assert_cmpstr (region, ==, "b");

  g_object_set (config, "region", "a", NULL);
  g_autoptr (S3dSettings) by_hand = settings_of (config);
  g_assert_cmpstr (by_hand->region, ==, "a");

  /* Set to nothing is set. */
  set (config, "region", "");
  g_autoptr (S3dSettings) to_nothing = settings_of (config);
  g_assert_null (to_nothing->region);

  g_object_set (config, "region", NULL, NULL);
  last = settings_of (config);
  g_assert_cmpstr (last->region, ==, "b");

  g_unsetenv ("AWS_DEFAULT_REGION");
  g_unsetenv ("AWS_REGION");
  g_unsetenv ("S3DLIO_REGION");
}

/* What others call the words counts as the words do. */
static void
test_aliases (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autofree char *text = NULL;

  g_setenv ("AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_SUPPORTED", TRUE);
  g_autoptr (S3dSettings) supported = settings_of (config);
  g_assert_cmpint (supported->checksum, ==, S3D_CHECKSUM_AUTO);
  g_assert_false (supported->checksum_is_default);
  g_object_get (config, "checksum", &text, NULL);
  g_assert_cmpstr (text, ==, "auto");

  g_setenv ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required", TRUE);
  g_autoptr (S3dSettings) required = settings_of (config);
  g_assert_cmpint (required->checksum, ==, S3D_CHECKSUM_NONE);
  g_assert_false (required->checksum_is_default);

  g_setenv ("S3DLIO_CHECKSUM", "crc32c", TRUE);
  g_autoptr (S3dSettings) own = settings_of (config);
  g_assert_cmpint (own->checksum, ==, S3D_CHECKSUM_CRC32C);
  g_unsetenv ("S3DLIO_CHECKSUM");
  g_unsetenv ("AWS_REQUEST_CHECKSUM_CALCULATION");
}

static guint64
chunk (S3dlioConfig *config, const char *scheme)
{
  g_autoptr (S3dSettings) settings = settings_of (config);
  const S3dRangeSettings *range = s3d_settings_range (settings, scheme);

  g_assert_cmpint (range->chunk_grows, ==, range->chunk_size >= 8 * MIB);

  return range->chunk_size;
}

static void
test_schemes (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

  g_setenv ("S3DLIO_RANGE_CHUNK_SIZE", "1", TRUE);
  g_assert_cmpuint (chunk (config, "s3"), ==, 1);
  g_assert_cmpuint (chunk (config, "mem"), ==, 1);
  g_setenv ("S3DLIO_S3_RANGE_CHUNK_SIZE", "2", TRUE);
  g_assert_cmpuint (chunk (config, "s3"), ==, 2);
  g_assert_cmpuint (chunk (config, "gs"), ==, 1);
  /* By hand for all beats the environment for one. */
  g_object_set (config, "range-chunk-size", (guint64) 3, NULL);
  g_assert_cmpuint (chunk (config, "s3"), ==, 3);
  g_object_set (config, "s3-range-chunk-size", (guint64) 4, NULL);
  g_assert_cmpuint (chunk (config, "s3"), ==, 4);
  g_assert_cmpuint (chunk (config, "gs"), ==, 3);
  g_assert_cmpuint (chunk (config, "az"), ==, 3);
  g_unsetenv ("S3DLIO_RANGE_CHUNK_SIZE");
  g_unsetenv ("S3DLIO_S3_RANGE_CHUNK_SIZE");
}

static guint
timeout (S3dlioConfig *config, const char *scheme)
{
  g_autoptr (S3dSettings) settings = settings_of (config);

  return s3d_settings_range (settings, scheme)->timeout_ms;
}

static void
test_range_timeout (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

  g_setenv ("S3DLIO_STALL_TIMEOUT", "1", TRUE);
  g_assert_cmpuint (timeout (config, "s3"), ==, 1000);
  g_setenv ("S3DLIO_RANGE_TIMEOUT", "2", TRUE);
  g_assert_cmpuint (timeout (config, "s3"), ==, 2000);
  g_object_set (config, "stall-timeout", 3.0, NULL);
  g_assert_cmpuint (timeout (config, "s3"), ==, 3000);
  g_object_set (config, "s3-range-timeout", 4.0, NULL);
  g_assert_cmpuint (timeout (config, "s3"), ==, 4000);
  g_assert_cmpuint (timeout (config, "gs"), ==, 3000);
  g_unsetenv ("S3DLIO_STALL_TIMEOUT");
  g_unsetenv ("S3DLIO_RANGE_TIMEOUT");
}

static void
assert_wrong (S3dlioConfig *config, const char *begins, const char *holds)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_config_check (config, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  if (!g_str_has_prefix (error->message, begins) || strstr (error->message, holds) == NULL)
    g_error ("'%s' does not begin with '%s' or lacks '%s'", error->message, begins, holds);
}

static void
test_wrong_property (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

  g_assert_true (s3dlio_config_check (config, NULL));
  g_object_set (config, "retries", 0u, NULL);
  assert_wrong (config, "retries: '0' is not a whole number from 1 to 1000", "");
  g_object_set (config, "retries", 1u, "part-size", (guint64) 1024, NULL);
  assert_wrong (config, "part-size: '1Ki' is not a size from 64Ki to 5Gi", "");
  g_object_set (config, "part-size", (guint64) 5 * MIB, "connect-timeout", -1.0, NULL);
  assert_wrong (config, "connect-timeout: '?' is not a number of seconds from 0.001 to 86400", "");
  g_object_set (config, "connect-timeout", 0.0001, NULL);
  assert_wrong (config, "connect-timeout: '0' is not", "");
  g_object_set (config, "connect-timeout", 1.0, "sign-payload", "perhaps", NULL);
  assert_wrong (config, "sign-payload: 'perhaps' is not one of auto, always, never", "");
  g_object_set (config, "sign-payload", "Always", "endpoint-url", "localhost:9000", NULL);
  assert_wrong (config, "endpoint-url: ", "http:// or https:// URL");
  g_object_set (config, "endpoint-url", "http://me:hidden@host/", NULL);
  assert_wrong (config, "endpoint-url: ", "without user name");
  g_object_set (config, "endpoint-url", "http://host:9000/path//", "region", "a/b", NULL);
  assert_wrong (config, "region: ", "a region");
  g_object_set (config, "region", "us-east-1", "access-key-id", "a\nb", NULL);
  assert_wrong (config, "access-key-id: ", "one line");
  g_object_set (config, "access-key-id", "a", NULL);

  g_autoptr (S3dSettings) settings = settings_of (config);
  g_assert_cmpstr (settings->endpoint_url, ==, "http://host:9000/path");
  g_assert_cmpint (settings->sign_payload, ==, S3D_ALWAYS);
  g_assert_false (settings->part_grows);
}

static void
test_wrong_variable (void)
{
  const struct
  {
    const char *name;
    const char *value;
    const char *message;
  } cases[] = {
    { "S3DLIO_RETRIES", "ten", "S3DLIO_RETRIES: 'ten' is not a whole number from 1 to 1000" },
    { "S3DLIO_RETRIES", "-1", "S3DLIO_RETRIES: '-1' is not" },
    { "S3DLIO_RETRIES", "1.5", "S3DLIO_RETRIES: '1.5' is not" },
    { "S3DLIO_RETRIES", "99999999999999999999", "S3DLIO_RETRIES: '99999999999999999999' is not" },
    { "AWS_MAX_ATTEMPTS", "many", "AWS_MAX_ATTEMPTS: 'many' is not" },
    { "AWS_REQUEST_CHECKSUM_CALCULATION", "never",
      "AWS_REQUEST_CHECKSUM_CALCULATION: 'never' is not one of none, auto, crc32c" },
    { "S3DLIO_HTTP2", "maybe", "S3DLIO_HTTP2: 'maybe' is not one of 1, 0, true, false" },
    { "S3DLIO_PART_SIZE", "8 apples", "S3DLIO_PART_SIZE: '8 apples' is not a size from 64Ki to 5Gi" },
    { "S3DLIO_STALL_TIMEOUT", "2,5", "S3DLIO_STALL_TIMEOUT: '2,5' is not a number of seconds" },
    { "S3DLIO_STALL_TIMEOUT", "inf", "S3DLIO_STALL_TIMEOUT: 'inf' is not a number of seconds" },
    { "S3DLIO_STALL_TIMEOUT", "0x10", "S3DLIO_STALL_TIMEOUT: '0x10' is not a number of seconds" },
    { "S3DLIO_STALL_TIMEOUT", "-1", "S3DLIO_STALL_TIMEOUT: '-1' is not a number of seconds" },
    { "S3DLIO_FILE_RANGE_CHUNK_SIZE", "0", "S3DLIO_FILE_RANGE_CHUNK_SIZE: '0' is not" },
    { "S3DLIO_TLS_MIN_VERSION", "1.1", "S3DLIO_TLS_MIN_VERSION: '1.1' is not one of 1.2, 1.3" },
    { "AWS_ENDPOINT_URL", "ftp://host", "AWS_ENDPOINT_URL: the value is not an http" },
  };
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_setenv (cases[i].name, cases[i].value, TRUE);
      assert_wrong (config, cases[i].message, "");
      g_unsetenv (cases[i].name);
    }
  g_assert_true (s3dlio_config_check (config, NULL));
}

/* Only who opens a store of S3 is told. */
static void
test_wrong_s3_variable (void)
{
  static const char *const names[] = { "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_MAX_ATTEMPTS", "S3DLIO_ENDPOINT_URL",
                                       "S3DLIO_ADDRESSING_STYLE" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_setenv (names[i], "not / this", TRUE);
      g_setenv ("AWS_ENDPOINT_URL_S3", i > 0 ? "" : "nor this", TRUE);
      g_autoptr (S3dSettings) settings = settings_of (NULL);
      g_assert_error (settings->s3_error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_assert_true (g_str_has_prefix (settings->s3_error->message, i > 0 ? names[i] : "AWS_ENDPOINT_URL_S3"));
      g_assert_null (settings->endpoint_url);
      g_assert_cmpuint (settings->retries, ==, 10);
      g_unsetenv (names[i]);
    }
  g_unsetenv ("AWS_ENDPOINT_URL_S3");
}

static void
test_wrong_text (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (GError) error = NULL;
  guint retries = 0;

  set (config, "retries", "3");
  g_assert_false (s3dlio_config_set_from_string (config, "retries", "x", &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, "retries: 'x' is not"));
  g_object_get (config, "retries", &retries, NULL);
  g_assert_cmpuint (retries, ==, 3);

  g_clear_error (&error);
  g_assert_false (s3dlio_config_set_from_string (config, "retrys", "1", &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, "there is no setting 'retrys'");
}

static void
test_booleans (void)
{
  const char *yes[] = { "1", "true", "yes", "on", "TRUE", "Yes" };
  const char *no[] = { "0", "false", "no", "off", "OFF" };
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  gboolean value = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (yes); i++)
    {
      set (config, "http2", "no");
      set (config, "http2", yes[i]);
      g_object_get (config, "http2", &value, NULL);
      g_assert_true (value);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (no); i++)
    {
      set (config, "http2", "yes");
      set (config, "http2", no[i]);
      g_object_get (config, "http2", &value, NULL);
      g_assert_false (value);
    }
}

static void
test_effective (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  guint64 size = 0;
  double seconds = 0;
  g_autofree char *style = NULL;

  g_setenv ("S3DLIO_RANGE_CHUNK_SIZE", "3Mi", TRUE);
  g_setenv ("S3DLIO_STALL_TIMEOUT", "0.25", TRUE);
  g_setenv ("S3DLIO_ADDRESSING_STYLE", "nonsense", TRUE);
  g_object_get (config, "file-range-chunk-size", &size, "stall-timeout", &seconds, "addressing-style", &style, NULL);
  g_assert_cmpuint (size, ==, 3 * MIB);
  g_assert_cmpfloat (seconds, ==, 0.25);
  g_assert_cmpstr (style, ==, "auto");
  g_unsetenv ("S3DLIO_RANGE_CHUNK_SIZE");
  g_unsetenv ("S3DLIO_STALL_TIMEOUT");
  g_unsetenv ("S3DLIO_ADDRESSING_STYLE");
}

static void
test_parallelism (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();

  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "s3"), ==, 256);
  g_object_set (config, "max-concurrent-downloads", 3u, "max-concurrent-ranges", 5u, NULL);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "s3"), ==, 15);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "az"), ==, 15);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, NULL), ==, 15);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "file"), ==, 3);
  g_object_set (config, "s3-max-concurrent-ranges", 7u, NULL);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "s3"), ==, 21);
  g_object_set (config, "max-total-requests", 4u, NULL);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "s3"), ==, 4);
  g_object_set (config, "max-concurrent-downloads", G_MAXUINT, "max-concurrent-ranges", G_MAXUINT, NULL);
  g_assert_cmpuint (s3dlio_config_get_max_total_parallelism (config, "s3"), ==, 4);
}

static void
test_sizes (void)
{
  const struct
  {
    const char *text;
    guint64 size;
  } good[] = {
    { "0", 0 },
    { "1", 1 },
    { "5k", 5000 },
    { "5K", 5000 },
    { "5kB", 5000 },
    { "5Ki", 5120 },
    { "5KiB", 5120 },
    { "5ki", 5120 },
    { "8M", 8000000 },
    { "8Mi", 8 * MIB },
    { "2G", 2000000000 },
    { "1.5Gi", G_GUINT64_CONSTANT (1610612736) },
    { "0.001k", 1 },
    { "2T", G_GUINT64_CONSTANT (2000000000000) },
    { "1.123456789T", G_GUINT64_CONSTANT (1123456789000) },
    { "2Ti", G_GUINT64_CONSTANT (2199023255552) },
    { "3B", 3 },
    { "18446744073709551615", G_MAXUINT64 },
  };
  const char *bad[] = { "",     "k",   "-1",  "+1",   " 1",    "1 ",   "1.5", "1.0001k", "0x10",
                        "1P",   "1kk", "1Bk", "1e3",  "1,5k",  "Mi",   ".5k", "1.1234567891T",
                        "18446744073709551616", "18446744073709551615k" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      guint64 size = 42;

      g_assert_true (s3dlio_parse_size (good[i].text, &size, NULL));
      g_assert_cmpuint (size, ==, good[i].size);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      guint64 size = 42;

      if (s3dlio_parse_size (bad[i], &size, &error))
        g_error ("'%s' is taken for a size", bad[i]);
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
      g_assert_cmpuint (size, ==, 42);
    }
}

static gpointer
change (gpointer data)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (S3dSettings) settings = NULL;

      set (data, "region", i % 2 ? "here" : "there");
      settings = settings_of (data);
      g_assert_true (strcmp (settings->region, "here") == 0 || strcmp (settings->region, "there") == 0);
    }

  return NULL;
}

/* Stores that are opened with the same profile share a transport, which is found by the settings. */
static void
test_profile (void)
{
  g_autoptr (S3dSettings) settings = settings_of (NULL);
  g_autoptr (S3dSettings) none = s3d_settings_with_profile (settings, NULL, NULL, NULL);
  g_autoptr (S3dSettings) one = s3d_settings_with_profile (settings, "4", "ca.pem", NULL);
  g_autoptr (S3dSettings) same = s3d_settings_with_profile (settings, "4", "ca.pem", NULL);
  g_autoptr (S3dSettings) other = s3d_settings_with_profile (settings, "5", NULL, NULL);
  g_autoptr (S3dSettings) wrong = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (none == settings);
  g_assert_cmpuint (settings->retries, ==, 10);
  g_assert_true (settings->retries_are_default);
  g_assert_cmpuint (one->retries, ==, 4);
  g_assert_false (one->retries_are_default);
  g_assert_cmpstr (one->ca_bundle, ==, "ca.pem");
  g_assert_cmpuint (one->connections, ==, settings->connections);
  g_assert_true (same == one);
  g_assert_cmpuint (other->retries, ==, 5);
  g_assert_null (other->ca_bundle);
  wrong = s3d_settings_with_profile (settings, "0", NULL, &error);
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, "the profile's max_attempts: "));
}

static void
test_profile_beaten (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_autoptr (S3dSettings) settings = NULL;
  g_autoptr (S3dSettings) beaten = NULL;

  set (config, "retries", "10");
  set (config, "ca-bundle", "own.pem");
  settings = settings_of (config);
  beaten = s3d_settings_with_profile (settings, "4", "ca.pem", NULL);
  g_assert_true (beaten == settings);
}

static void
test_threads (void)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  GThread *threads[2];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("change", change, config);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/settings/defaults", test_defaults);
  g_test_add_func ("/base/settings/range-defaults-by-scheme", test_range_defaults);
  g_test_add_func ("/base/settings/range-timeout-is-the-stall-timeout-unless-set", test_range_timeout);
  g_test_add_func ("/base/settings/every-variable-has-its-effect", test_every_variable);
  g_test_add_func ("/base/settings/every-knob-is-read-from-text", test_every_text);
  g_test_add_func ("/base/settings/every-property-has-its-effect", test_every_property);
  g_test_add_func ("/base/settings/all-are-listed-and-secrets-cannot-be-read", test_listed);
  g_test_add_func ("/base/settings/hand-beats-environment-beats-default", test_precedence);
  g_test_add_func ("/base/settings/words-of-others", test_aliases);
  g_test_add_func ("/base/settings/a-scheme's-own-beats-the-one-for-all", test_schemes);
  g_test_add_func ("/base/settings/errors-name-the-property", test_wrong_property);
  g_test_add_func ("/base/settings/errors-name-the-variable", test_wrong_variable);
  g_test_add_func ("/base/settings/wrong-variable-of-s3-concerns-s3-alone", test_wrong_s3_variable);
  g_test_add_func ("/base/settings/a-wrong-text-changes-nothing", test_wrong_text);
  g_test_add_func ("/base/settings/booleans-in-every-spelling", test_booleans);
  g_test_add_func ("/base/settings/a-property-reads-as-what-holds", test_effective);
  g_test_add_func ("/base/settings/parallelism-is-the-product-clamped", test_parallelism);
  g_test_add_func ("/base/settings/sizes-with-units", test_sizes);
  g_test_add_func ("/base/settings/a-profile-counts-where-nobody-chose", test_profile);
  g_test_add_func ("/base/settings/a-profile-is-beaten-by-what-was-chosen", test_profile_beaten);
  g_test_add_func ("/base/settings/threads-may-share-a-configuration", test_threads);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a filter of keys promises: globs as they are documented, and an end to every match. */

#include "config.h"

#include "base/base-error.h"
#include "engine/engine-filter.h"

#include <string.h>

static void
globs_match_as_documented (void)
{
  static const struct
  {
    const char *glob, *text;
    gboolean matches;
  } rows[] = {
    { "", "", TRUE },
    { "", "a", FALSE },
    { "a", "", FALSE },
    { "abc", "abc", TRUE },
    { "abc", "abcd", FALSE },
    { "*", "", TRUE },
    { "*", "a/b/c", TRUE },
    { "*.bin", "a/b.bin", TRUE },
    { "*.bin", "a.bin.bak", FALSE },
    { "a*c", "a/b/c", TRUE },
    { "a**c", "ac", TRUE },
    { "*a*b*", "xaxbx", TRUE },
    { "*a*b", "xabxbx", FALSE },
    { "*ab", "aab", TRUE },
    { "a?c", "abc", TRUE },
    { "a?c", "a/c", TRUE },
    { "a?c", "ac", FALSE },
    { "gr?n", "gr\xc3\xbcn", TRUE },
    { "?", "\xf0\x9f\x8e\x89", TRUE },
    { "a?b", "a\xff" "b", TRUE },
    { "[abc]", "b", TRUE },
    { "[abc]", "d", FALSE },
    { "[a-c]x", "bx", TRUE },
    { "[!a-c]", "d", TRUE },
    { "[^a-c]", "b", FALSE },
    { "[]a]", "]", TRUE },
    { "[!]a]", "]", FALSE },
    { "[a-]", "-", TRUE },
    { "[\\]]", "]", TRUE },
    { "[\xc3\xa0-\xc3\xbf]", "\xc3\xbc", TRUE },
    { "[a", "[a", TRUE },
    { "[", "[", TRUE },
    { "\\*", "*", TRUE },
    { "\\*", "a", FALSE },
    { "a\\", "a\\", TRUE },
    { "*[0-9].x", "part-7.x", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("\"%s\" and \"%s\"", rows[i].glob, rows[i].text);
      g_assert_cmpint (s3d_glob_match (rows[i].glob, rows[i].text), ==, rows[i].matches);
    }
}

static gboolean
match (const char *glob, const char *regex, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dFilter) filter = s3d_filter_new (glob, regex, &error);
  gboolean yes;

  g_assert_no_error (error);
  s3d_filter_match (filter, key, &yes, &error);
  g_assert_no_error (error);
  return yes;
}

/* The test's time limit is what would find it. */
static void
glob_of_many_stars_ends (void)
{
  g_autoptr (GString) glob = g_string_new (NULL);
  g_autofree char *key = g_strnfill (1024, 'a');

  for (guint i = 0; i < 200; i++)
    g_string_append (glob, "*a");
  g_string_append (glob, "*b");
  g_assert_false (s3d_glob_match (glob->str, key));
}

static void
both_have_to_match (void)
{
  g_assert_true (match ("*.bin", "^a", "a.bin"));
  g_assert_false (match ("*.bin", "^a", "b.bin"));
  g_assert_false (match ("*.bin", "^a", "a.txt"));
}

static void
regex_matches_anywhere (void)
{
  g_assert_true (match (NULL, "b+", "abbc"));
  g_assert_false (match (NULL, "^b", "ab"));
  g_assert_false (match (NULL, "b$", "b\n"));
  g_assert_true (match (NULL, "^gr.n$", "gr\xc3\xbcn"));
  g_assert_false (match (NULL, ".", "\xff"));
}

static void
bad_regex_is_named (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (s3d_filter_new (NULL, "(a+", &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "(a+"));
}

static void
costly_regex_gives_up (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dFilter) filter = s3d_filter_new (NULL, "^(a+)+$", &error);
  gboolean yes;

  g_assert_no_error (error);
  g_assert_false (s3d_filter_match (filter, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &yes, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "^(a+)+$"));
  g_assert_nonnull (strstr (error->message, "aaab"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/filter/globs-match-as-documented", globs_match_as_documented);
  g_test_add_func ("/engine/filter/glob-of-many-stars-ends", glob_of_many_stars_ends);
  g_test_add_func ("/engine/filter/both-have-to-match", both_have_to_match);
  g_test_add_func ("/engine/filter/regex-matches-anywhere", regex_matches_anywhere);
  g_test_add_func ("/engine/filter/bad-regex-is-named", bad_regex_is_named);
  g_test_add_func ("/engine/filter/costly-regex-gives-up", costly_regex_gives_up);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* DeleteObjects on the wire: which keys its document carries and how, and which are left to go alone. */

#include "config.h"

#include "s3-fixture.h"

#include <string.h>

static S3dOp *
delete_keys (Fixture *fixture, const char *const *keys)
{
  S3dOp *op = fixture_op (fixture, S3D_OP_DELETE_MANY, "");

  op->keys = s3d_keys_new (0);
  for (; *keys != NULL; keys++)
    s3d_keys_add (op->keys, *keys);
  fixture_run (fixture, op);
  assert_ok (op);
  return op;
}

static void
make (Fixture *fixture, const char *key)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);

  ts_server_put_object (fixture->server, "bucket", key, bytes);
}

/* Beside each stands what a careless writer or reader of XML would make of it, and stays. */
static void
test_escaped (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *key, *near;
  } pairs[] = {
    { "cr\rx", "cr\nx" },     { "crlf\r\nx", "crlf\nx" }, { "tab\tx", "tab x" },        { "\n", "" },
    { "a&b", "a&amp;b" },     { "lt&lt;x", "lt<x" },       { "a<b", "a" },              { "q\"'", "q&quot;&apos;" },
    { "]]>", "]]&gt;" },      { " lead", "lead" },         { "trail ", "trail" },       { "del\x7f", "del" },
    { "\xf0\x9f\x8e\x89", "\xef\xbf\xbd" },             { "\xe6\x97\xa5\xe6\x9c\xac", "?" },
    { "%41", "A" },           { "a+b", "a b" },            { "&#13;", "&#10;" },        { "c\xc3\xa9", "c\xc3" "\xa8" },
  };
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  guint n_near = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      make (fixture, pairs[i].key);
      if (*pairs[i].near != '\0')
        make (fixture, pairs[i].near);
      n_near += *pairs[i].near != '\0';
      g_ptr_array_add (keys, (char *) pairs[i].key);
    }
  g_ptr_array_add (keys, NULL);

  g_autoptr (S3dOp) op = delete_keys (fixture, (const char *const *) keys->pdata);
  for (guint i = 0; i < op->keys->len; i++)
    {
      g_test_message ("%s", g_array_index (op->keys, S3dKey, i).key);
      g_assert_cmpint (g_array_index (op->keys, S3dKey, i).state, ==, S3D_KEY_GONE);
    }
  g_assert_cmpuint (ts_server_count (fixture->server, "DeleteObjects"), ==, 1);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, n_near);
}

static void
test_impossible (Fixture *fixture, gconstpointer data)
{
  static const char *const good[] = { "a", "b", NULL };
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  guint n_alone = 0;

  for (guint c = 1; c < 0x20; c++)
    {
      if (c != '\t' && c != '\n' && c != '\r')
        g_ptr_array_add (keys, g_strdup_printf ("x%cy", (int) c));
    }
  g_ptr_array_add (keys, g_strdup ("fffe\xef\xbf\xbe"));
  g_ptr_array_add (keys, g_strdup ("ffff\xef\xbf\xbf"));
  n_alone = keys->len;
  for (guint i = 0; good[i] != NULL; i++)
    g_ptr_array_add (keys, g_strdup (good[i]));
  for (guint i = 0; i < keys->len; i++)
    make (fixture, keys->pdata[i]);
  g_ptr_array_add (keys, NULL);

  g_autoptr (S3dOp) op = delete_keys (fixture, (const char *const *) keys->pdata);
  for (guint i = 0; i < op->keys->len; i++)
    g_assert_cmpint (g_array_index (op->keys, S3dKey, i).state, ==, i < n_alone ? S3D_KEY_ALONE : S3D_KEY_GONE);
  g_assert_cmpuint (ts_server_count_objects (fixture->server, "bucket"), ==, n_alone);

  /* When that is all there is, nothing is sent. */
  ts_server_reset_ledger (fixture->server);
  g_ptr_array_set_size (keys, (int) n_alone);
  g_ptr_array_add (keys, NULL);
  g_autoptr (S3dOp) alone = delete_keys (fixture, (const char *const *) keys->pdata);
  g_assert_cmpint (g_array_index (alone->keys, S3dKey, 0).state, ==, S3D_KEY_ALONE);
  g_assert_cmpuint (ts_server_count (fixture->server, NULL), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/s3/delete-many/keys-are-escaped", Fixture, NULL, fixture_set_up, test_escaped, fixture_tear_down);
  g_test_add ("/s3/delete-many/keys-that-xml-cannot-carry-go-alone", Fixture, NULL, fixture_set_up, test_impossible,
              fixture_tear_down);

  return g_test_run ();
}

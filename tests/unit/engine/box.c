/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each box has a container of its own, which is emptied and deleted with it. Test programs are single-threaded but for
 * what the library starts. */

#include "config.h"

#include "box.h"

static guint n_boxes;

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean ended;
} Wait;

static void
wake (S3dOp *op, gpointer data)
{
  Wait *wait = data;

  g_mutex_lock (&wait->lock);
  wait->ended = TRUE;
  g_cond_signal (&wait->cond);
  g_mutex_unlock (&wait->lock);
}

void
box_run (Box *box, S3dOp *op)
{
  Wait wait = { .ended = FALSE };
  g_autoptr (GError) error = NULL;

  op->done = wake;
  op->done_data = &wait;
  s3d_store_start (box->mem, op, &error);
  g_assert_no_error (error);

  g_mutex_lock (&wait.lock);
  while (!wait.ended)
    g_cond_wait (&wait.cond, &wait.lock);
  g_mutex_unlock (&wait.lock);
}

static char *
uri_text (const char *key)
{
  return g_strdup_printf ("mem://box%u/%s", n_boxes, key);
}

S3dlioUri *
box_uri (const char *key)
{
  g_autofree char *text = uri_text (key);
  g_autoptr (GError) error = NULL;
  S3dlioUri *uri = s3dlio_uri_parse (text, &error);

  g_assert_no_error (error);

  return uri;
}

static S3dOp *
op_new (S3dOpKind kind, const char *key)
{
  g_autoptr (S3dlioUri) uri = box_uri (key);

  return s3d_op_new (kind, uri, NULL, NULL);
}

static S3dSettings *
make_settings (const char *text)
{
  g_autoptr (S3dlioConfig) config = s3dlio_config_new ();
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GError) error = NULL;
  S3dSettings *settings;

  for (guint i = 0; words[i]; i++)
    {
      g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);

      if (words[i][0] == '\0')
        continue;
      s3dlio_config_set_from_string (config, pair[0], pair[1], &error);
      g_assert_no_error (error);
    }
  settings = s3d_settings_new (config, &error);
  g_assert_no_error (error);

  return settings;
}

Box *
box_new (const char *settings, FaultScript script, gpointer data)
{
  Box *box = g_new0 (Box, 1);
  g_autoptr (S3dOp) op = NULL;
  g_autoptr (S3dlioUri) uri = NULL;
  g_autoptr (GError) error = NULL;

  n_boxes++;
  uri = box_uri ("");
  box->settings = make_settings (settings);
  box->mem = s3d_mem_store_open (uri, box->settings, &error);
  g_assert_no_error (error);
  s3d_mem_store_set_part_limits (box->mem, 4, 10000);
  box->fault = fault_store_new (box->mem, script, data);
  box->store = (S3dStore *) box->fault;
  box->budget = s3d_budget_new (box->settings->memory_budget);

  op = op_new (S3D_OP_CONTAINER_CREATE, "");
  box_run (box, op);
  g_assert_no_error (op->error);

  return box;
}

void
box_free (Box *box)
{
  S3dCursor cursor = { NULL };

  while (!cursor.at_end)
    {
      g_autoptr (S3dOp) list = op_new (S3D_OP_LIST, "");

      list->recursive = TRUE;
      list->cursor = &cursor;
      box_run (box, list);
      g_assert_no_error (list->error);
      for (guint i = 0; i < list->items->len; i++)
        {
          const char *uri = s3dlio_object_info_get_uri (g_ptr_array_index (list->items, i));
          g_autoptr (S3dlioUri) target = s3dlio_uri_parse (uri, NULL);
          g_autoptr (S3dOp) op = s3d_op_new (S3D_OP_DELETE, target, NULL, NULL);

          box_run (box, op);
        }
    }
  s3d_cursor_clear (&cursor);

  {
    g_autoptr (S3dOp) op = op_new (S3D_OP_CONTAINER_DELETE, "");

    box_run (box, op);
    g_assert_no_error (op->error);
  }

  s3d_budget_unref (box->budget);
  s3d_store_unref (box->store);
  s3d_store_unref (box->mem);
  s3d_settings_unref (box->settings);
  g_free (box);
}

GBytes *
box_pattern (gsize size)
{
  guint8 *data = g_malloc (MAX (size, 1));
  guint32 word = 2463534242u;

  for (gsize i = 0; i < size; i++)
    {
      word ^= word << 13;
      word ^= word >> 17;
      word ^= word << 5;
      data[i] = (guint8) word;
    }

  return g_bytes_new_take (data, size);
}

void
box_put_bytes (Box *box, const char *key, GBytes *bytes)
{
  g_autoptr (S3dOp) op = op_new (S3D_OP_WRITE, key);

  op->source = s3d_source_new_bytes (bytes);
  box_run (box, op);
  g_assert_no_error (op->error);
}

void
box_put (Box *box, const char *key, gsize size)
{
  g_autoptr (GBytes) bytes = box_pattern (size);

  box_put_bytes (box, key, bytes);
}

static gboolean
set_sink (S3dOp *op, gpointer data, GError **error)
{
  op->sink = data;

  return TRUE;
}

GBytes *
box_get (Box *box, const char *key)
{
  g_autoptr (S3dOp) op = op_new (S3D_OP_READ, key);
  g_autoptr (S3dSink) sink = s3d_sink_new_growing (G_MAXSSIZE);

  op->ready = set_sink;
  op->ready_data = sink;
  box_run (box, op);
  if (op->error)
    return NULL;

  return s3d_sink_steal_bytes (sink);
}

void
box_delete (Box *box, const char *key)
{
  g_autoptr (S3dOp) op = op_new (S3D_OP_DELETE, key);

  box_run (box, op);
  g_assert_no_error (op->error);
}

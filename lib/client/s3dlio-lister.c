/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* S3dlioLister: a list on its way. Between two pages only the cursor is kept. One call at a time, from any thread;
 * the call under way keeps the lister alive. */

#include "config.h"

#include "client/client-lister.h"
#include "client/client-private.h"

struct _S3dlioLister
{
  GObject parent_instance;

  S3dStore *store;
  S3dlioUri *prefix;
  char *text;
  S3dListWanted wanted; /* the limit is of what is still to come */
  S3dListPlace place;
};

G_DEFINE_FINAL_TYPE (S3dlioLister, s3dlio_lister, G_TYPE_OBJECT)

static void
s3dlio_lister_finalize (GObject *object)
{
  S3dlioLister *self = S3DLIO_LISTER (object);

  s3d_list_place_clear (&self->place);
  g_clear_pointer (&self->wanted.filter, s3d_filter_unref);
  g_clear_pointer (&self->prefix, s3dlio_uri_unref);
  g_clear_pointer (&self->store, s3d_store_unref);
  g_free (self->text);

  G_OBJECT_CLASS (s3dlio_lister_parent_class)->finalize (object);
}

static void
s3dlio_lister_class_init (S3dlioListerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = s3dlio_lister_finalize;
}

static void
s3dlio_lister_init (S3dlioLister *self)
{
}

S3dlioLister *
s3d_lister_new (S3dStore *store, S3dlioUri *prefix, const char *text, const S3dListWanted *wanted)
{
  S3dlioLister *self = g_object_new (S3DLIO_TYPE_LISTER, NULL);

  self->store = s3d_store_ref (store);
  self->prefix = s3dlio_uri_ref (prefix);
  self->text = g_strdup (text);
  self->wanted = *wanted;
  if (wanted->filter != NULL)
    s3d_filter_ref (wanted->filter);
  return self;
}

/* At the end this is a list whose cursor has nothing more: it ends well, without a request. */
static S3dSequence *
plan_page (S3dlioLister *self)
{
  return s3d_list_new (self->store, self->prefix, &self->wanted, &self->place);
}

/* The end is an empty page, which the caller sees as NULL. */
static GPtrArray *
take_page (S3dlioLister *self, S3dSequence *page)
{
  g_autoptr (GPtrArray) items = s3d_list_steal_items (page);

  if (items->len == 0)
    return NULL;

  if (self->wanted.limit > 0)
    {
      self->wanted.limit -= MIN (self->wanted.limit, items->len);
      self->place.cursor.at_end |= self->wanted.limit == 0;
    }

  return g_steal_pointer (&items);
}

/**
 * s3dlio_lister_next_page:
 * @lister: a list
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gives the next page, of at most 1000 entries. With a glob or a regular expression, pages without a match are passed
 * over. After an error the same page can be asked for again.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo) (nullable): the entries, at least one; %NULL without
 *   @error at the end of the list (in Python an empty list), %NULL with @error when something went wrong
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_lister_next_page (S3dlioLister *lister, GCancellable *cancellable, GError **error)
{
  g_autoptr (S3dSequence) page = NULL;

  g_return_val_if_fail (S3DLIO_IS_LISTER (lister), NULL);

  page = plan_page (lister);
  if (!s3d_client_run (page, "list", lister->text, NULL, cancellable, error))
    return NULL;

  return take_page (lister, page);
}

/**
 * s3dlio_lister_next_page_async:
 * @lister: a list
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Begins what s3dlio_lister_next_page() does, without blocking; s3dlio_lister_next_page_finish() gives its result.
 *
 * Since: 0.9
 */
void
s3dlio_lister_next_page_async (S3dlioLister *lister, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (S3DLIO_IS_LISTER (lister));

  s3d_client_run_async (lister, plan_page (lister), NULL, "list", lister->text, NULL, cancellable, callback, user_data,
                        s3dlio_lister_next_page_async);
}

/**
 * s3dlio_lister_next_page_finish:
 * @lister: a list
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what s3dlio_lister_next_page_async() began.
 *
 * Returns: (transfer container) (element-type S3dlioObjectInfo) (nullable): as s3dlio_lister_next_page()
 *
 * Since: 0.9
 */
GPtrArray *
s3dlio_lister_next_page_finish (S3dlioLister *lister, GAsyncResult *result, GError **error)
{
  S3dSequence *page;

  if (!s3d_client_run_finish (lister, result, s3dlio_lister_next_page_async, &page, error))
    return NULL;

  return take_page (lister, page);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a copy is made between any two stores, and what a write is given beside its bytes. Any thread. */

#include "config.h"

#include "client/client-copy.h"

#include "base/base-error.h"
#include "base/base-options.h"
#include "base/base-path.h"
#include "engine/engine-copy.h"
#include "engine/engine-get-file.h"
#include "s3dlio/s3dlio-error.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <sys/stat.h>
#include <unistd.h>

S3dAttributes *
s3d_client_attributes_of (S3dlioOptions *options)
{
  g_autoptr (S3dAttributes) attributes = s3d_attributes_new ();
  const struct
  {
    const char *name;
    char **field;
  } fields[] = {
    { S3DLIO_OPTION_CONTENT_TYPE, &attributes->content_type },
    { S3DLIO_OPTION_CONTENT_ENCODING, &attributes->content_encoding },
    { S3DLIO_OPTION_CONTENT_LANGUAGE, &attributes->content_language },
    { S3DLIO_OPTION_CONTENT_DISPOSITION, &attributes->content_disposition },
    { S3DLIO_OPTION_CACHE_CONTROL, &attributes->cache_control },
    { S3DLIO_OPTION_STORAGE_CLASS, &attributes->storage_class },
  };
  GHashTable *metadata = s3d_options_get_metadata (options);
  gboolean any = metadata != NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      *fields[i].field = g_strdup (s3d_options_get_string (options, fields[i].name));
      any |= *fields[i].field != NULL;
    }

  if (metadata != NULL)
    attributes->metadata = g_hash_table_ref (metadata);

  return any ? g_steal_pointer (&attributes) : NULL;
}

S3dPutOptions
s3d_client_put_options_of (S3dlioOptions *options, S3dAttributes *attributes)
{
  return (S3dPutOptions){
    .no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER),
    .if_match = s3d_options_get_string (options, S3DLIO_OPTION_IF_MATCH),
    .attributes = attributes,
  };
}

S3dSequence *
s3d_client_plan_copy_op (S3dTarget *from, S3dTarget *to, S3dlioOptions *options, const char *if_match,
                         gboolean preserve_mtime)
{
  S3dOp *op = s3d_op_new (S3D_OP_COPY, to->uri, NULL, NULL);

  op->from = s3dlio_uri_ref (from->uri);
  op->if_match = g_strdup (if_match);
  op->no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER);
  op->preserve_mtime = preserve_mtime;
  op->attributes = s3d_client_attributes_of (options);
  return s3d_single_new (to->store, op);
}

/* A file that is read to its end. */
typedef struct
{
  GInputStream *stream;
  int fd; /* the stream's */
  char *path;
  struct stat found;
} OpenFile;

static OpenFile *
open_file_new (int fd, const char *path, const struct stat *found)
{
  OpenFile *file = g_new0 (OpenFile, 1);

  file->stream = g_unix_input_stream_new (fd, TRUE);
  file->fd = fd;
  file->path = g_strdup (path);
  file->found = *found;
  return file;
}

static void
open_file_free (gpointer data)
{
  OpenFile *file = data;

  g_object_unref (file->stream);
  g_free (file->path);
  g_free (file);
}

/* An empty file that has got bytes meanwhile is not what was to be put; a file of /proc still says that it is empty. */
static gssize
read_open_file (gpointer data, gpointer buffer, gsize size, GCancellable *cancellable, GError **error)
{
  OpenFile *file = data;
  gssize n = g_input_stream_read (file->stream, buffer, size, cancellable, error);

  if (n == 0 && S_ISREG (file->found.st_mode) && !s3d_source_check_file (file->fd, file->path, &file->found, error))
    return -1;

  return n;
}

/* A file whose size is known is read in pieces as they are sent; anything else (a FIFO, a file of /proc that says 0)
 * to its end. The writer of a FIFO is waited for where it is read, and that can be cancelled. */
S3dSequence *
s3d_client_plan_put_path (S3dStore *from, const char *path, S3dTarget *target, S3dBudget *budget,
                          const char *from_if_match, const S3dPutOptions *put, GError **error)
{
  g_autoptr (S3dSource) source = NULL;
  struct stat st;
  int fd = s3d_path_open (path);
  gboolean good = fd >= 0 && fstat (fd, &st) == 0;

  if (!good)
    {
      s3d_error_set_path (error, errno, "read", path);
    }
  else if (S_ISDIR (st.st_mode))
    {
      s3d_error_set_about (error, S3DLIO_ERROR_INVALID, path, "is a directory");
      good = FALSE;
    }

  if (!good || !from->klass->check_local (path, &st, from_if_match, error))
    {
      if (fd >= 0)
        close (fd);
      return NULL;
    }

  if (!S_ISREG (st.st_mode) || st.st_size == 0)
    return s3d_put_new_stream (target->store, budget, target->uri, read_open_file, open_file_new (fd, path, &st),
                               open_file_free, put);

  source = s3d_source_new_path_take (fd, path, &st);
  return s3d_put_new (target->store, budget, target->uri, source, put);
}

static S3dSequence *
plan_copy_to_path (S3dTarget *from, const char *path, S3dBudget *budget, S3dlioOptions *options, const char *if_match,
                   gboolean preserve_mtime)
{
  const S3dGetFile wanted = {
    .path = path,
    .length = -1,
    .if_match = if_match,
    .no_clobber = s3d_options_get_boolean (options, S3DLIO_OPTION_NO_CLOBBER),
    .preserve_mtime = preserve_mtime,
  };

  return s3d_get_file_new (from->store, budget, from->uri, &wanted);
}

gboolean
s3d_client_resolve_copy (S3dlioClient *client, const char *from_uri, const char *to_uri, S3dlioOptions *options,
                         S3dTarget *from, S3dTarget *to, GError **error)
{
  static const char *const known[] = { S3D_PUT_OPTIONS, S3DLIO_OPTION_PRESERVE_MTIME, NULL };

  return s3d_options_check (options, known, error)
         && s3d_client_resolve (client, from_uri, S3D_NAME_OBJECT, from, error)
         && s3d_client_resolve (client, to_uri, S3D_NAME_OBJECT, to, error);
}

S3dSequence *
s3d_client_plan_copy (S3dTarget *from, S3dTarget *to, S3dBudget *budget, S3dlioOptions *options, const char *if_match,
                      gboolean preserve_mtime, GError **error)
{
  gboolean from_file = from->store->klass->local_path != NULL;
  gboolean to_file = to->store->klass->local_path != NULL;
  g_autoptr (S3dAttributes) attributes = s3d_client_attributes_of (options);
  S3dPutOptions put = s3d_client_put_options_of (options, attributes);
  g_autofree char *path = NULL;

  put.if_match = NULL; /* it is of the source */
  if (from->store == to->store && s3d_store_can (to->store, S3D_OP_UPLOAD_PART_COPY))
    return s3d_copy_new_within (to->store, from->uri, to->uri, budget, if_match, &put);

  if (from->store == to->store)
    return s3d_client_plan_copy_op (from, to, options, if_match, preserve_mtime);

  if (from_file)
    {
      path = from->store->klass->local_path (from->store, from->uri);
      return s3d_client_plan_put_path (from->store, path, to, budget, if_match, &put, error);
    }

  if (to_file)
    {
      path = to->store->klass->local_path (to->store, to->uri);
      return plan_copy_to_path (from, path, budget, options, if_match, preserve_mtime);
    }

  return s3d_copy_new (from->store, from->uri, to->store, to->uri, budget, if_match, &put);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What writing promises, on every endpoint: objects are visible whole or not at all, whatever their length and wherever
 * they come from, and nothing is left behind. */

#include "config.h"

#include "api-fixture.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define THRESHOLD (16 * MIB) /* multipart-threshold */

static void
assert_object (ApiTest *test, const char *key, gsize size, guint32 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = s3dlio_client_get (test->client, api_uri (test, key), NULL, NULL, &error);

  g_assert_no_error (error);
  api_assert_pattern (bytes, size, seed);
}

static void
replaces_what_was_there (ApiTest *test)
{
  api_put (test, "object", 20 * MIB, 1);
  api_put (test, "object", 10, 2);
  assert_object (test, "object", 10, 2);
}

static void
tells_what_was_written (ApiTest *test)
{
  const gsize sizes[] = { 100, 20 * MIB };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (S3dlioObjectInfo) put = NULL;
      g_autoptr (S3dlioObjectInfo) stat = NULL;
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 1);
      g_autoptr (GError) error = NULL;

      s3dlio_client_put (test->client, api_uri (test, "object"), bytes, NULL, &put, NULL, &error);
      g_assert_no_error (error);
      stat = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
      g_assert_no_error (error);

      g_assert_nonnull (put);
      g_assert_cmpstr (s3dlio_object_info_get_uri (put), ==, api_uri (test, "object"));
      g_assert_cmpint (s3dlio_object_info_get_size (put), ==, sizes[i]);
      g_assert_cmpint (s3dlio_object_info_get_size (stat), ==, sizes[i]);
      /* Ceph completes a multipart upload without telling the ETag. */
      if (s3dlio_object_info_get_etag (put) != NULL)
        g_assert_cmpstr (s3dlio_object_info_get_etag (put), ==, s3dlio_object_info_get_etag (stat));
    }
}

/* With a checksum where there is such a thing; Ceph 16 takes no notice of it. */
static void
verifies_what_was_written (ApiTest *test)
{
  g_autoptr (S3dlioClient) client
      = api_client_with (test, "verify=yes", "checksum=crc32c", "multipart-threshold=5Mi", "part-size=5Mi",
                         NULL);
  const gsize sizes[] = { 0, 100, 12 * MIB };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 1);
      g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
      g_autoptr (GError) error = NULL;
      const char *path = api_path (test, "file");

      s3dlio_client_put (client, api_uri (test, "memory"), bytes, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      s3dlio_client_put_stream (client, api_uri (test, "stream"), stream, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) sizes[i], &error);
      g_assert_no_error (error);
      s3dlio_client_put_file (client, api_uri (test, "file"), path, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      s3dlio_client_copy (client, api_uri (test, "file"), api_uri (test, "copy"), NULL, NULL, &error);
      g_assert_no_error (error);
      assert_object (test, "memory", sizes[i], 1);
      assert_object (test, "stream", sizes[i], 1);
      assert_object (test, "file", sizes[i], 1);
      assert_object (test, "copy", sizes[i], 1);
    }
}

static void
verify_names_what_is_wrong (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "verify=yes", "checksum=crc32c", NULL);
  g_autoptr (GBytes) bytes = api_bytes (20 * MIB, 1);
  g_autoptr (GError) error = NULL;

  ts_server_add_fault (test->server, "op=HeadObject action=wrong-checksum");
  g_assert_false (s3dlio_client_put (client, api_uri (test, "object"), bytes, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
  g_assert_nonnull (strstr (error->message, api_uri (test, "object")));
  g_assert_nonnull (strstr (error->message, "CRC32C"));
  g_assert_cmpuint (api_count (test, "HeadObject"), ==, 1);
}

static void
no_clobber_keeps_what_is_there (ApiTest *test)
{
  const gsize sizes[] = { 10, 20 * MIB };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 2);
      g_autoptr (GError) error = NULL;

      api_put (test, "object", 100, 1);
      s3dlio_options_set_boolean (options, S3DLIO_OPTION_NO_CLOBBER, TRUE);
      g_assert_false (s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_EXISTS);
      assert_object (test, "object", 100, 1);
    }
}

static void
file_of_any_size (ApiTest *test)
{
  const gsize sizes[] = { 0, 1, MIB, THRESHOLD, THRESHOLD + 1, 26 * MIB + 3 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], i);
      g_autoptr (GError) error = NULL;
      const char *path = api_path (test, "file");

      g_file_set_contents (path, g_bytes_get_data (bytes, NULL), sizes[i], &error);
      g_assert_no_error (error);
      s3dlio_client_put_file (test->client, api_uri (test, "object"), path, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      assert_object (test, "object", sizes[i], i);
    }
}

static void
file_that_changes_is_not_published (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "concurrent-parts=1", NULL);
  const char *path = api_path (test, "changing");
  g_autofree char *from = g_filename_to_uri (path, NULL, NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (20 * MIB, 1);
      g_autoptr (GError) error = NULL;
      GThread *thread;

      g_file_set_contents (path, g_bytes_get_data (bytes, NULL), 20 * MIB, &error);
      g_assert_no_error (error);
      ts_server_add_fault (test->server, "op=UploadPart nth=1 action=hold");
      thread = api_grow_when_held (test, path);
      if (i == 0)
        s3dlio_client_put_file (client, api_uri (test, "object"), path, NULL, NULL, NULL, &error);
      else
        s3dlio_client_copy (client, from, api_uri (test, "object"), NULL, NULL, &error);
      g_thread_join (thread);
      ts_server_clear_faults (test->server);

      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_INTEGRITY);
      g_assert_nonnull (strstr (error->message, "/changing changed while it was read"));
      g_clear_error (&error);
      g_assert_cmpuint (ts_server_count_uploads (test->server, NULL), ==, 0);
      g_assert_false (s3dlio_client_exists (client, api_uri (test, "object"), NULL, NULL, &error));
      g_assert_no_error (error);
    }
}

/* A file of /proc says that it is empty, and is as it was found for all that. */
static void
file_without_a_size_is_read_to_its_end (ApiTest *test)
{
  g_autofree char *text = NULL;
  gsize size;
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents ("/proc/version", &text, &size, &error);
  g_assert_no_error (error);
  s3dlio_client_put_file (test->client, api_uri (test, "object"), "/proc/version", NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  got = s3dlio_client_get (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), text, size);
}

static void
missing_file_is_named (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_put_file (test->client, api_uri (test, "object"), api_path (test, "missing"), NULL,
                                          NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "missing"));
}

typedef struct
{
  GMainLoop *loop;
  GError *error;
} Ended;

static void
put_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  Ended *end = data;

  s3dlio_client_put_file_finish (S3DLIO_CLIENT (source), result, NULL, &end->error);
  g_main_loop_quit (end->loop);
}

/* That nobody writes to: the open of it would block the caller. */
static void
fifo_can_be_cancelled (ApiTest *test)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const char *fifo = api_path (test, "fifo");
  Ended end = { loop, NULL };

  g_assert_no_errno (mkfifo (fifo, 0600));
  s3dlio_client_put_file_async (test->client, api_uri (test, "object"), fifo, NULL, cancellable, put_ended, &end);
  g_cancellable_cancel (cancellable);
  g_main_loop_run (loop);
  g_assert_error (end.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&end.error);
}

static void
directory_is_refused (ApiTest *test)
{
  g_autofree char *dir = g_path_get_dirname (api_path (test, "x"));
  g_autoptr (GError) error = NULL;

  g_assert_false (s3dlio_client_put_file (test->client, api_uri (test, "object"), dir, NULL, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "is a directory"));
}

typedef struct
{
  int fd;
  GBytes *bytes;
} Writer;

static gpointer
write_all (gpointer data)
{
  Writer *writer = data;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (writer->bytes, &size);

  for (gsize at = 0; at < size;)
    {
      gssize n = write (writer->fd, bytes + at, MIN (size - at, 70001));

      g_assert_cmpint (n, >, 0);
      at += n;
    }
  close (writer->fd);
  return NULL;
}

static void
stream_of_unknown_length (ApiTest *test)
{
  g_autoptr (S3dlioClient) client = api_client_with (test, "multipart-threshold=5Mi", "part-size=5Mi", NULL);
  const gsize sizes[] = { 0, 1, MIB, 5 * MIB, 5 * MIB + 1, 28 * MIB + 11 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GInputStream) stream = NULL;
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], i);
      g_autoptr (GError) error = NULL;
      Writer writer = { .bytes = bytes };
      GThread *thread;
      int fds[2];

      g_assert_no_errno (pipe2 (fds, O_CLOEXEC));
      writer.fd = fds[1];
      thread = g_thread_new ("writer", write_all, &writer);
      stream = g_unix_input_stream_new (fds[0], TRUE);
      s3dlio_client_put_stream (client, api_uri (test, "object"), stream, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      g_thread_join (thread);
      assert_object (test, "object", sizes[i], i);
    }
}

static void
stream_that_fails_leaves_nothing (ApiTest *test)
{
  /* Reading a directory's descriptor is an error at once. */
  g_autofree char *dir = g_path_get_dirname (api_path (test, "x"));
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (open (dir, O_RDONLY | O_CLOEXEC), TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_false (
      s3dlio_client_put_stream (test->client, api_uri (test, "object"), stream, NULL, NULL, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
cancelled_stream_leaves_nothing (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;
  int fds[2];

  /* Nobody writes to the pipe: only the cancellation can end this. */
  g_assert_no_errno (pipe2 (fds, O_CLOEXEC));
  stream = g_unix_input_stream_new (fds[0], TRUE);
  thread = g_thread_new ("cancel", (GThreadFunc) (void (*) (void)) g_cancellable_cancel, cancellable);
  g_assert_false (
      s3dlio_client_put_stream (test->client, api_uri (test, "object"), stream, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  close (fds[1]);
}

/* Everything that an object can be given beside its bytes. */
static const struct
{
  const char *option, *value;
} attributes[] = {
  { S3DLIO_OPTION_CONTENT_TYPE, "text/x-test; charset=utf-8" },
  { S3DLIO_OPTION_CONTENT_ENCODING, "x-test" },
  { S3DLIO_OPTION_CONTENT_LANGUAGE, "de-AT, en" },
  { S3DLIO_OPTION_CONTENT_DISPOSITION, "attachment; filename=\"a b.txt\"" },
  { S3DLIO_OPTION_CACHE_CONTROL, "no-cache, max-age=7" },
};

static void
assert_attributes (ApiTest *test, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (S3dlioObjectInfo) info = s3dlio_client_stat (test->client, api_uri (test, key), NULL, NULL, &error);
  const char *storage_class;

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++)
    g_assert_cmpstr (s3dlio_object_info_get_attribute (info, attributes[i].option), ==, attributes[i].value);
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "colour"), ==, "dark blue");
  g_assert_cmpstr (s3dlio_object_info_get_metadata (info, "farbe"), ==, "grün, \"日本\"");

  /* Services do not tell the one that is meant when none is told. */
  storage_class = s3dlio_object_info_get_attribute (info, "storage-class");
  g_assert_true (storage_class == NULL || strcmp (storage_class, "STANDARD") == 0);
}

static void
attributes_are_kept (ApiTest *test)
{
  const gsize sizes[] = { 0, 10, 20 * MIB };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (attributes); i++)
    s3dlio_options_set_string (options, attributes[i].option, attributes[i].value);
  s3dlio_options_set_string (options, S3DLIO_OPTION_STORAGE_CLASS, "STANDARD");
  s3dlio_options_set_metadata (options, "colour", "dark blue");
  s3dlio_options_set_metadata (options, "farbe", "grün, \"日本\"");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 1);
      g_autoptr (GError) error = NULL;

      s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
      g_assert_no_error (error);
      assert_attributes (test, "object");
      s3dlio_client_copy (test->client, api_uri (test, "object"), api_uri (test, "copy"), NULL, NULL, &error);
      g_assert_no_error (error);
      assert_attributes (test, "copy");
    }
}

/* Twice, since what an endpoint needs may be learnt from the first. */
static void
if_match_replaces_that_version (ApiTest *test)
{
  const gsize sizes[] = { 20, 20 * MIB, 30, 0 };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();

  api_put (test, "object", 10, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (S3dlioObjectInfo) present = NULL;
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], i);
      g_autoptr (GError) error = NULL;

      present = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
      g_assert_no_error (error);
      s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (present));
      s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
      g_assert_no_error (error);
      assert_object (test, "object", sizes[i], i);
    }
}

static void
if_match_spares_another_version (ApiTest *test)
{
  const gsize sizes[] = { 20, 20 * MIB, 20 };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (S3dlioObjectInfo) first = NULL;
  g_autoptr (GError) error = NULL;

  api_put (test, "object", 10, 1);
  first = s3dlio_client_stat (test->client, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, s3dlio_object_info_get_etag (first));
  api_put (test, "object", 30, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 2);

      g_assert_false (s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error));
      g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_PRECONDITION);
      g_clear_error (&error);
      assert_object (test, "object", 30, 3);
    }
}

static void
if_match_of_what_is_missing_is_not_found (ApiTest *test)
{
  const gsize sizes[] = { 20, 20 * MIB };
  const char *etags[] = { "0123456789abcdef0123456789abcdef", "*" };

  if_match_replaces_that_version (test); /* once more, since what an endpoint needs may be learnt */
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (etags); k++)
      {
        g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
        g_autoptr (GBytes) bytes = api_bytes (sizes[i], 1);
        g_autoptr (GError) error = NULL;

        s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, etags[k]);
        g_assert_false (s3dlio_client_put (test->client, api_uri (test, "x"), bytes, options, NULL, NULL, &error));
        g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
      }
}

static void
if_match_any_is_any_that_there_is (ApiTest *test)
{
  const gsize sizes[] = { 20, 20 * MIB };
  g_autoptr (S3dlioOptions) options = s3dlio_options_new ();
  g_autoptr (GError) error = NULL;

  s3dlio_options_set_string (options, S3DLIO_OPTION_IF_MATCH, "*");
  api_put (test, "object", 10, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) bytes = api_bytes (sizes[i], 2);
      g_autoptr (GBytes) back = NULL;

      s3dlio_client_put (test->client, api_uri (test, "object"), bytes, options, NULL, NULL, &error);
      g_assert_no_error (error);
      back = s3dlio_client_get (test->client, api_uri (test, "object"), options, NULL, &error);
      g_assert_no_error (error);
      api_assert_pattern (back, sizes[i], 2);
      s3dlio_client_copy (test->client, api_uri (test, "object"), api_uri (test, "copy"), options, NULL, &error);
      g_assert_no_error (error);
      assert_object (test, "copy", sizes[i], 2);
      s3dlio_client_rename (test->client, api_uri (test, "copy"), api_uri (test, "moved"), options, NULL, &error);
      g_assert_no_error (error);
    }
  s3dlio_client_delete (test->client, api_uri (test, "object"), options, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
copy_has_the_same_bytes (ApiTest *test)
{
  const char *names[] = { "copy", "a b+c%41&=?#", "grün/日本", "tab\there" };

  api_put (test, "source +%/x", 20 * MIB + 1, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      s3dlio_client_copy (test->client, api_uri (test, "source +%/x"), api_uri (test, names[i]), NULL, NULL, &error);
      g_assert_no_error (error);
      assert_object (test, names[i], 20 * MIB + 1, 1);
    }
}

static void
copy_of_what_is_missing_is_not_found (ApiTest *test)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      s3dlio_client_copy (test->client, api_uri (test, "missing"), api_uri (test, "copy"), NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_NOT_FOUND);
}

static void
copy_between_files_and_objects (ApiTest *test)
{
  g_autofree char *file = g_filename_to_uri (api_path (test, "in"), NULL, NULL);
  g_autofree char *back = g_filename_to_uri (api_path (test, "out"), NULL, NULL);
  g_autoptr (GBytes) bytes = api_bytes (20 * MIB + 9, 7);
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  g_file_set_contents (api_path (test, "in"), g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  s3dlio_client_copy (test->client, file, api_uri (test, "object"), NULL, NULL, &error);
  g_assert_no_error (error);
  s3dlio_client_copy (test->client, api_uri (test, "object"), back, NULL, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (api_path (test, "out"), &contents, &length, NULL);
  g_assert_cmpmem (contents, length, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
small_put_is_one_request (ApiTest *test)
{
  api_put (test, "object", 0, 1);
  g_assert_cmpuint (api_count (test, NULL), ==, 1);
  api_put (test, "object", THRESHOLD, 1);
  g_assert_cmpuint (api_count (test, NULL), ==, 2);
  g_assert_cmpuint (api_count (test, "PutObject"), ==, 2);
}

static void
large_put_is_its_parts_and_two (ApiTest *test)
{
  api_put (test, "object", 100 * MIB, 1);
  g_assert_cmpuint (api_count (test, "UploadPart"), >, 1);
  g_assert_cmpuint (api_count (test, NULL), ==, api_count (test, "UploadPart") + 2);
  g_assert_cmpuint (ts_server_max_in_flight (test->server, "UploadPart"), <=, 8);
  assert_object (test, "object", 100 * MIB, 1);
}

static void
failed_part_aborts_the_upload (ApiTest *test)
{
  g_autoptr (GBytes) bytes = api_bytes (60 * MIB, 1);
  g_autoptr (GError) error = NULL;

  ts_server_add_fault (test->server, "op=UploadPart nth=3- action=status status=403 code=AccessDenied");
  g_assert_false (s3dlio_client_put (test->client, api_uri (test, "object"), bytes, NULL, NULL, NULL, &error));
  g_assert_error (error, S3DLIO_ERROR, S3DLIO_ERROR_DENIED);
  g_assert_cmpuint (ts_server_count_uploads (test->server, NULL), ==, 0);
  g_clear_error (&error);
  g_assert_false (s3dlio_client_exists (test->client, api_uri (test, "object"), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
cancelled_put_aborts_the_upload (ApiTest *test)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) bytes = api_bytes (60 * MIB, 1);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  ts_server_add_fault (test->server, "op=UploadPart nth=2- action=hold");
  thread = api_cancel_when_held (test, 2, cancellable);
  g_assert_false (s3dlio_client_put (test->client, api_uri (test, "object"), bytes, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  ts_server_release (test->server);
  g_assert_cmpuint (ts_server_count_uploads (test->server, NULL), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  api_add ("/put/replaces-what-was-there", API_ANY, replaces_what_was_there);
  api_add ("/put/tells-what-was-written", API_ANY, tells_what_was_written);
  api_add ("/put/verifies-what-was-written", API_ANY, verifies_what_was_written);
  api_add ("/put/verify-names-what-is-wrong", API_SERVER, verify_names_what_is_wrong);
  api_add ("/put/no-clobber-keeps-what-is-there", API_ANY, no_clobber_keeps_what_is_there);
  api_add ("/put/if-match-replaces-that-version", API_ANY, if_match_replaces_that_version);
  api_add ("/put/if-match-spares-another-version", API_ANY, if_match_spares_another_version);
  api_add ("/put/if-match-of-what-is-missing-is-not-found", API_ANY, if_match_of_what_is_missing_is_not_found);
  api_add ("/if-match/any-is-any-that-there-is", API_ANY, if_match_any_is_any_that_there_is);
  api_add ("/put/attributes-are-kept", API_CONTAINERS, attributes_are_kept);
  api_add ("/put/small-is-one-request", API_SERVER, small_put_is_one_request);
  api_add ("/put/large-is-its-parts-and-two", API_SERVER, large_put_is_its_parts_and_two);
  api_add ("/put/failed-part-aborts-the-upload", API_SERVER, failed_part_aborts_the_upload);
  api_add ("/put/cancelled-put-aborts-the-upload", API_SERVER, cancelled_put_aborts_the_upload);
  api_add ("/put-file/of-any-size", API_ANY, file_of_any_size);
  api_add ("/put-file/that-changes-is-not-published", API_SERVER, file_that_changes_is_not_published);
  api_add ("/put-file/without-a-size-is-read-to-its-end", API_ANY, file_without_a_size_is_read_to_its_end);
  api_add ("/put-file/missing-file-is-named", API_ANY, missing_file_is_named);
  api_add ("/put-file/fifo-can-be-cancelled", API_ANY, fifo_can_be_cancelled);
  api_add ("/put-file/directory-is-refused", API_ANY, directory_is_refused);
  api_add ("/put-stream/of-unknown-length", API_ANY, stream_of_unknown_length);
  api_add ("/put-stream/that-fails-leaves-nothing", API_ANY, stream_that_fails_leaves_nothing);
  api_add ("/put-stream/cancelled-leaves-nothing", API_ANY, cancelled_stream_leaves_nothing);
  api_add ("/copy/has-the-same-bytes", API_ANY, copy_has_the_same_bytes);
  api_add ("/copy/of-what-is-missing-is-not-found", API_ANY, copy_of_what_is_missing_is_not_found);
  api_add ("/copy/between-files-and-objects", API_ANY, copy_between_files_and_objects);

  return api_run ();
}

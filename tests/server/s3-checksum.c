/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checksums as S3 has them, of the one kind that the library sends: CRC32C, computed here by table, a byte at a time.
 *
 * An object written in one request, and one made from parts of an upload of type FULL_OBJECT, has the CRC32C of its
 * bytes; one of type COMPOSITE that of its parts' CRC32Cs, with "-" and their number. Asked with x-amz-checksum-mode,
 * GET and HEAD tell it. Follows
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html.
 */
#include "config.h"

#include "s3-private.h"

#include <string.h>

#define HEADER "x-amz-checksum-crc32c"

static guint32
update (guint32 crc, GBytes *bytes)
{
  static guint32 table[256];
  static gsize filled;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (g_once_init_enter (&filled))
    {
      for (guint32 i = 0; i < 256; i++)
        {
          table[i] = i;
          for (guint bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0x82f63b78 : 0);
        }
      g_once_init_leave (&filled, 1);
    }
  crc = ~crc;
  for (gsize i = 0; i < size; i++)
    crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
  return ~crc;
}

static char *
to_text (guint32 crc)
{
  guint8 bytes[4] = { (guint8) (crc >> 24), (guint8) (crc >> 16), (guint8) (crc >> 8), (guint8) crc };

  return g_base64_encode (bytes, sizeof bytes);
}

static char *
text_of_object (const TsObject *object)
{
  guint32 crc = 0;

  for (guint i = 0; i < object->segments->len; i++)
    crc = update (crc, g_ptr_array_index (object->segments, i));
  return to_text (crc);
}

static gboolean
is_ignored (TsCall *call)
{
  return call->server->checksum_mode == TS_CHECKSUM_IGNORE;
}

/* What the answer says of it, which a fault may falsify. */
static char *
told (TsCall *call, const char *text)
{
  char *copy = g_strdup (text);

  if (call->plan.wrong_checksum)
    copy[0] = copy[0] == 'A' ? 'B' : 'A';
  return copy;
}

static const char *
type_of (const char *text)
{
  return strchr (text, '-') != NULL ? "COMPOSITE" : "FULL_OBJECT";
}

void
ts_s3_describe_checksum (TsCall *call, const TsObject *object)
{
  g_autofree char *text = NULL;

  if (object->checksum == NULL)
    return;
  text = told (call, object->checksum);
  ts_call_set_header (call, HEADER, text);
  ts_call_set_header (call, "x-amz-checksum-type", type_of (object->checksum));
}

static gboolean
refuse (TsCall *call, const char *code, const char *message)
{
  ts_s3_error (call, 400, code, message);
  return FALSE;
}

gboolean
ts_s3_check_checksum (TsCall *call, TsObject *object)
{
  const char *declared = ts_call_header (call, HEADER);
  const char *algorithm = ts_call_header (call, "x-amz-sdk-checksum-algorithm");
  gsize size = 0;

  if (is_ignored (call))
    return TRUE;
  if (algorithm != NULL && (declared == NULL || g_ascii_strcasecmp (algorithm, "CRC32C") != 0))
    return refuse (call, "InvalidRequest",
                   "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* header was found.");
  if (declared == NULL)
    return TRUE;
  g_free (g_base64_decode (declared, &size));
  if (size != 4)
    return refuse (call, "InvalidRequest", "Value for " HEADER " header is invalid.");
  object->checksum = text_of_object (object);
  if (strcmp (object->checksum, declared) == 0)
    return TRUE;
  return refuse (call, "BadDigest", "The CRC32C you specified did not match the calculated checksum.");
}

/* ---- uploads ---- */

gboolean
ts_s3_begin_checksum (TsCall *call, TsUpload *upload)
{
  const char *algorithm = ts_call_header (call, "x-amz-checksum-algorithm");
  const char *type = ts_call_header (call, "x-amz-checksum-type");

  if (is_ignored (call))
    return TRUE;
  if (algorithm == NULL && type != NULL)
    return refuse (call, "InvalidRequest", "x-amz-checksum-type needs an x-amz-checksum-algorithm.");
  if (algorithm == NULL)
    return TRUE;
  if (!g_str_equal (algorithm, "CRC32C"))
    return refuse (call, "InvalidRequest", "Checksum algorithm provided is unsupported.");
  upload->checksum = TRUE;
  ts_call_set_header (call, "x-amz-checksum-algorithm", algorithm);
  if (call->server->checksum_mode == TS_CHECKSUM_COMPOSITE)
    return TRUE;
  upload->whole_checksum = g_strcmp0 (type, "FULL_OBJECT") == 0;
  ts_call_set_header (call, "x-amz-checksum-type", upload->whole_checksum ? "FULL_OBJECT" : "COMPOSITE");
  return TRUE;
}

gboolean
ts_s3_part_checksum_fits (const TsUpload *upload, const TsObject *part, const char *named)
{
  if (!upload->checksum)
    return TRUE;
  /* Of type FULL_OBJECT the parts may be named without. */
  return named == NULL ? upload->whole_checksum : g_strcmp0 (named, part->checksum) == 0;
}

gboolean
ts_s3_join_checksums (TsCall *call, const TsUpload *upload, GPtrArray *parts, TsObject *object)
{
  const char *declared = ts_call_header (call, HEADER);
  const char *type = ts_call_header (call, "x-amz-checksum-type");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (!upload->checksum)
    return TRUE;
  for (guint i = 0; i < parts->len; i++)
    {
      const TsObject *part = g_ptr_array_index (parts, i);
      gsize size = 0;
      g_autofree guint8 *crc = part->checksum != NULL ? g_base64_decode (part->checksum, &size) : NULL;

      g_byte_array_append (bytes, crc, (guint) size);
    }
  if (upload->whole_checksum)
    object->checksum = text_of_object (object);
  else
    {
      g_autoptr (GBytes) all = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
      g_autofree char *text = to_text (update (0, all));

      object->checksum = g_strdup_printf ("%s-%u", text, parts->len);
    }
  if (type != NULL && !g_str_equal (type, type_of (object->checksum)))
    return refuse (call, "InvalidRequest", "The upload was created using another checksum type.");
  if (declared == NULL || g_str_equal (declared, object->checksum))
    return TRUE;
  return refuse (call, "BadDigest", "The CRC32C you specified did not match the calculated checksum.");
}

void
ts_s3_append_checksum (TsCall *call, GString *xml, const char *checksum)
{
  g_autofree char *text = NULL;

  if (checksum == NULL)
    return;
  text = told (call, checksum);
  ts_xml_element (xml, "ChecksumCRC32C", text);
  ts_xml_element (xml, "ChecksumType", type_of (checksum));
}

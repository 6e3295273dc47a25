/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the S3 service share: s3-service.c names and dispatches operations, s3-auth.c
 * verifies signatures, the others carry operations out. Each handler sets the whole answer.
 */
#pragma once

#include "server-store.h"

#include <libxml/tree.h>

#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* ---- s3-service.c ---- */

/* Sets an error answer; @details are more XML elements, or NULL.  @message NULL: a usual one. */
void ts_s3_error (TsCall *call, guint status, const char *code, const char *message);
void ts_s3_error_with (TsCall *call, guint status, const char *code, const char *message, const char *details);
void ts_s3_xml (TsCall *call, GString *text);  /* takes it; 200 */
GString *ts_s3_xml_begin (const char *element); /* declaration and root with its namespace */

/* The bucket, locked store; NULL: unlocked, and NoSuchBucket is the answer. */
TsBucket *ts_s3_lock_bucket (TsCall *call);

/* The request's body as XML with the root @element; NULL: MalformedXML is the answer. */
xmlDoc *ts_s3_read_xml (TsCall *call, const char *element);
xmlNode *ts_s3_xml_child (xmlNode *parent, const char *name);
char *ts_s3_xml_text (xmlNode *parent, const char *name); /* of the child; NULL: there is none */

/* Content-MD5 against the body; FALSE: the answer is set. */
gboolean ts_s3_check_md5 (TsCall *call, gboolean required);

/* Reads a number from a query parameter; FALSE: InvalidArgument is the answer. */
gboolean ts_s3_number_param (TsCall *call, const char *name, guint least, guint most, guint otherwise, guint *out);

/* ---- s3-auth.c: FALSE when the answer is set ---- */

gboolean ts_s3_authenticate (TsCall *call);
gboolean ts_s3_check_payload (TsCall *call); /* also unpacks aws-chunked */

/* ---- s3-object.c ---- */

void ts_s3_get_object (TsCall *call); /* and HEAD */
void ts_s3_put_object (TsCall *call);
void ts_s3_copy_object (TsCall *call);
void ts_s3_delete_object (TsCall *call);
GPtrArray *ts_s3_object_headers (TsCall *call); /* those that are kept with an object */
/* If-Match, If-None-Match; FALSE: answered */
gboolean ts_s3_check_write (TsCall *call, TsObject *present);

/* The object that x-amz-copy-source names, its conditions checked; NULL: answered. */
TsObject *ts_s3_copy_source (TsCall *call);

/* "bytes=…" over @size: 0 not a range to honour, 1 a range, -1 not satisfiable. */
int ts_s3_parse_range (const char *text, guint64 size, guint64 *first, guint64 *length);

/* ---- s3-checksum.c: FALSE when the answer is set ---- */

void ts_s3_describe_checksum (TsCall *call, const TsObject *object); /* headers of the answer */
/* What the request says of @object, which holds its body; kept with it. */
gboolean ts_s3_check_checksum (TsCall *call, TsObject *object);
gboolean ts_s3_begin_checksum (TsCall *call, TsUpload *upload);
/* Whether what a completion says of a part, or does not say (NULL), fits it. */
gboolean ts_s3_part_checksum_fits (const TsUpload *upload, const TsObject *part, const char *named);
gboolean ts_s3_join_checksums (TsCall *call, const TsUpload *upload, GPtrArray *parts, TsObject *object);
void ts_s3_append_checksum (TsCall *call, GString *xml, const char *checksum); /* NULL: nothing */

/* ---- s3-list.c ---- */

/* An element that holds a key; @url: as encoding-type=url has it. */
void ts_s3_append_name (GString *out, const char *element, const char *name, gboolean url);

void ts_s3_list_objects (TsCall *call); /* both versions */

/* ---- s3-delete.c ---- */

void ts_s3_delete_objects (TsCall *call);

/* ---- s3-multipart.c ---- */

void ts_s3_create_upload (TsCall *call);
void ts_s3_upload_part (TsCall *call);
void ts_s3_upload_part_copy (TsCall *call);
void ts_s3_list_parts (TsCall *call);
void ts_s3_complete_upload (TsCall *call);
void ts_s3_abort_upload (TsCall *call);
void ts_s3_list_uploads (TsCall *call);

/* ---- s3-bucket.c ---- */

void ts_s3_list_buckets (TsCall *call);
void ts_s3_create_bucket (TsCall *call);
void ts_s3_delete_bucket (TsCall *call);
void ts_s3_head_bucket (TsCall *call);
void ts_s3_get_bucket_location (TsCall *call);

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# roundtrip.py PREFIX
#
# Writes three objects below PREFIX (file:///tmp/x/, s3://bucket/x/), lists them, reads one in the
# background of a main loop, and meets one that does not exist; from Python, by introspection.

import sys

import gi

gi.require_version("S3dlio", "0")
from gi.repository import GLib, S3dlio  # noqa: E402

prefix = sys.argv[1]
client = S3dlio.Client.new(None)

for word in ("alpha", "beta", "gamma"):
    client.put(prefix + word, GLib.Bytes.new(word.encode()), None, None)

for info in client.list(prefix, S3dlio.ListFlags.RECURSIVE, None, None):
    print(info.get_uri().rpartition("/")[2], info.get_size())

loop = GLib.MainLoop()


def ready(client, result):
    print("read:", client.get_finish(result).get_data().decode())
    loop.quit()


client.get_async(prefix + "beta", None, None, ready)
loop.run()

try:
    client.get(prefix + "delta", None, None)
except GLib.Error as error:
    if not error.matches(S3dlio.error_quark(), S3dlio.Error.NOT_FOUND):
        raise
    print("delta:", S3dlio.error_code_to_string(error.code))

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* roundtrip PREFIX
 *
 * Writes three objects below PREFIX (file:///tmp/x/, s3://bucket/x/), lists them, reads one in the
 * background of a main loop, and meets one that does not exist; from Vala. Built with
 *   valac --pkg s3dlio roundtrip.vala */

async void
read_one (S3dlio.Client client, string uri) throws Error
{
  var bytes = yield client.get_async (uri, null, null);
  unowned var text = (string) bytes.get_data ();

  print ("read: %s\n", text.substring (0, bytes.length));
}

int
main (string[] args)
{
  var prefix = args[1];
  var loop = new MainLoop ();

  try {
    var client = new S3dlio.Client (null);

    foreach (var word in new string[] { "alpha", "beta", "gamma" })
      client.put (prefix + word, new Bytes (word.data), null, null);

    foreach (unowned var info in client.list (prefix, S3dlio.ListFlags.RECURSIVE, null))
      print ("%s %s\n", Path.get_basename (info.get_uri ()), info.get_size ().to_string ());

    read_one.begin (client, prefix + "beta", (source, result) => {
      try {
        read_one.end (result);
      } catch (Error error) {
        printerr ("%s\n", error.message);
      }
      loop.quit ();
    });
    loop.run ();

    client.get (prefix + "delta", null);
  } catch (S3dlio.Error.NOT_FOUND error) {
    print ("delta: not-found\n");
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }
  return 0;
}

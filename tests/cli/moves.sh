#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mv, and what it must not lose: sources that change while they are moved, links, directories.

. "$(dirname "$0")/cli.sh"

start_server
bucket=s3://127.0.0.1:$port/alpha
"$s3dlio" mb "$bucket" || exit 99

# while_held NAME ARG...: the command is begun; when a request of it is held, "$change" is done, and it goes on.
while_held ()
{
  name=$1
  shift
  "$s3dlio" "$@" >out 2>err &
  child=$!
  held || echo "# nothing is held"
  eval "$change"
  ask POST /-/release >/dev/null
  wait "$child"
  status=$?
  ask DELETE /-/faults >/dev/null
  check "$name: exit code 1" test "$status" -eq 1
}

# ---- Sources that change meanwhile ----

head -c 20000000 /dev/zero >large
echo small >small
change='printf x >>large'
ask POST /-/faults 'op=UploadPart part=2 action=hold' >/dev/null
while_held "mv of a file that grows while it is sent" mv large "$bucket/large"
check "mv of a file that grows while it is sent: it stays" test "$(stat -c %s large)" -eq 20000001
check "mv of a file that grows while it is sent: it is named" err_has large
ask POST /-/faults 'op=CompleteMultipartUpload action=hold' >/dev/null
while_held "mv of a file that grows once it is read" mv large "$bucket/large"
check "mv of a file that grows once it is read: it stays" test "$(stat -c %s large)" -eq 20000002
check "mv of a file that grows once it is read: it is named" err_has 'large.*source is left'
change='echo more >>small'
ask POST /-/faults 'op=PutObject action=hold' >/dev/null
while_held "mv of a small file that grows" mv small "$bucket/small"
check "mv of a small file that grows: it stays" grep -qx more small
change='rm small; echo another >small'
ask POST /-/faults 'op=PutObject action=hold' >/dev/null
while_held "mv of a file that is replaced" mv small "$bucket/small"
check "mv of a file that is replaced: the new one stays" grep -qx another small

echo text | "$s3dlio" put - "$bucket/source"
change='echo other | "$s3dlio" put - "$bucket/source"'
ask POST /-/faults 'op=CopyObject action=hold' >/dev/null
while_held "mv of an object that is overwritten before its copy" mv "$bucket/source" "$bucket/target"
check "mv of an object that is overwritten before its copy: it is named" err_has "$bucket/source"
row "mv of an object that is overwritten before its copy: it stays" 0 cat "$bucket/source"
check "mv of an object that is overwritten before its copy: the new one" out_is other
for fault in 'op=HeadObject nth=2' 'op=DeleteObject nth=1'; do
  t="mv of an object that is overwritten at $fault"
  ask POST /-/faults "$fault action=overwrite" >/dev/null
  row "$t" 1 mv "$bucket/source" "$bucket/target"
  check "$t: it is named" err_has "$bucket/source: it was copied, but its source is left"
  ask DELETE /-/faults >/dev/null
  row "$t: it stays" 0 stat "$bucket/source"
done
ask POST /-/reset >/dev/null
row "mv between objects" 0 mv "$bucket/source" "$bucket/moved"
check "mv deletes with If-Match" \
  sh -c 'printf "%s" "$1" | grep -qi "if-match: "' sh "$(ask GET '/-/ledger?op=DeleteObject')"
ask POST /-/faults "op=GetObject nth=1 action=overwrite" >/dev/null
row "mv down of an object that is overwritten" 1 mv "$bucket/moved" moved
check "mv down of an object that is overwritten: there is no file" test ! -e moved
ask DELETE /-/faults >/dev/null
row "mv down of an object that is overwritten: it stays" 0 stat "$bucket/moved"
ask POST /-/faults 'op=DeleteObject action=status status=403 code=AccessDenied' >/dev/null
row "mv of what cannot be deleted" 1 mv "$bucket/moved" moved
check "mv of what cannot be deleted: it says where it is" err_has 'it was copied, but its source is left'
ask DELETE /-/faults >/dev/null

# ---- Between files ----

echo text >one
inode=$(stat -c %i one)
row "mv between files is a rename" 0 mv one deep/er/two
check "mv between files is a rename: of that very file" test "$(stat -c %i deep/er/two)" = "$inode"
there=$(mktemp -d /dev/shm/s3dlio-cli-XXXXXX 2>/dev/null) || there=
if [ -n "$there" ] && [ "$(stat -c %d "$there")" != "$(stat -c %d .)" ]; then
  touch -d 2001-02-03T04:05:06Z deep/er/two
  chmod 700 deep/er/two
  row "mv to another file system" 0 mv deep/er/two "$there/two"
  check "mv to another file system: the source is gone" test ! -e deep/er/two
  check "mv to another file system: its time came along" test "$(TZ=UTC stat -c %Y "$there/two")" -eq 981173106
  check "mv to another file system: its permissions came along" test "$(stat -c %a "$there/two")" -eq 700
  row "mv back" 0 mv "$there/two" deep/er/two
else
  skip "mv to another file system" "there is but one file system"
fi
[ -z "$there" ] || rm -rf "$there"

# ---- Links, devices and FIFOs ----

echo behind >behind
ln -s behind link
row "mv of a symlink is refused" 1 mv link "$bucket/link"
check "mv of a symlink is refused: it is named" err_has '^s3dlio: link: '
check "mv of a symlink is refused: both stay" test -L link -a -s behind
row "mv of a symlink to a file is refused" 1 mv link elsewhere
check "mv of a symlink to a file is refused: both stay" test -L link -a -s behind -a ! -e elsewhere
echo new >new
row "mv onto a symlink follows it, as cp does" 0 mv new link
check "mv onto a symlink: it is still one" test -L link -a ! -e new
check "mv onto a symlink: what it points to is new" grep -qx new behind
echo new | "$s3dlio" put - "$bucket/new"
ln -s nowhere dangling
row "mv down onto a symlink to nothing" 0 mv "$bucket/new" dangling
check "mv down onto a symlink to nothing: it is still one" test -L dangling
check "mv down onto a symlink to nothing: the file is there" grep -qx new nowhere
mkfifo fifo
for target in fifo /dev/null; do
  row "mv onto $target is refused" 1 mv behind $target
  check "mv onto $target: the file stays" grep -qx new behind
  "$s3dlio" cp behind "$bucket/behind"
  row "mv down onto $target is refused" 1 mv "$bucket/behind" $target
  row "mv down onto $target: the object stays" 0 stat "$bucket/behind"
done
row "mv of a FIFO is refused" 1 mv fifo "$bucket/fifo"
check "mv of a FIFO is refused: it is there" test -p fifo

# ---- Directories of trees ----

mkdir -p tree/sub/deep tree/stays tree/hollow/inner
echo 1 >tree/sub/deep/1
echo 2 >tree/2
echo 3 >tree/stays/3
ask POST /-/faults 'op=PutObject key=*stays/3 action=status status=403 code=AccessDenied' >/dev/null
row "mv -r with a failure" 1 mv -r tree "$bucket/tree"
ask DELETE /-/faults >/dev/null
check "mv -r with a failure: what failed stays" grep -qx 3 tree/stays/3
check "mv -r removes the directories that it emptied" test ! -e tree/sub
check "mv -r leaves the directories that were empty before" test -d tree/hollow/inner
row "mv -r that is refused" 1 mv -r tree tree/within
check "mv -r that is refused removes no directory" test -d tree/hollow/inner -a -d tree/stays
ask POST /-/faults 'op=PutObject action=status status=403 code=AccessDenied' >/dev/null
row "mv -r that fails" 1 mv -r tree "$bucket/other"
ask DELETE /-/faults >/dev/null
check "mv -r that fails removes no directory" test -d tree/hollow/inner -a -s tree/stays/3
"$s3dlio" cp small "$bucket/tree/stays/3"
row "mv -r -n" 0 mv -r -n tree "$bucket/tree"
check "mv -r -n removes no directory of what stays" test -s tree/stays/3
mkdir -p gone/a/b
echo x >gone/a/b/x
row "mv -r with a slash" 0 mv -r gone/ arrived
check "mv -r with a slash: the tree is gone" test ! -e gone -a -s arrived/a/b/x

finish

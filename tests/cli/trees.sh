#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Trees: cp -r, mv -r, rm -r, and the names that they must get right.

. "$(dirname "$0")/cli.sh"

mkdir -p tree/a/b tree/c 'tree/odd names' tree/hollow
echo one >tree/a/one
echo two >tree/a/b/two
echo three >tree/three
echo four >'tree/odd names/a+b&c=d %41 #?ü'
: >tree/c/nothing

trees ()
{
  t=$store:
  tree_of tree >want

  row "$t cp -r up" 0 cp -r tree "$base/up"
  check "$t prints nothing" silent
  row "$t cp -r down" 0 cp -r "$base/up" "down-$store"
  check "$t the tree is kept" sh -c '(cd "$1" && find . -type f | sed "s|^./||" | LC_ALL=C sort) | diff want -' sh \
    "down-$store"
  check "$t and its bytes" diff -r tree/a "down-$store/a"
  check "$t and odd names" diff -r 'tree/odd names' "down-$store/odd names"
  check "$t empty directories are not sent" test ! -e "down-$store/hollow"
  row "$t a trailing slash makes no difference" 0 cp -r "$base/up/" "slash-$store/"
  check "$t the same tree" diff -r "down-$store" "slash-$store"
  row "$t into what exists: the contents land there" 0 cp -r "$base/up/a" "slash-$store/c"
  check "$t not below its name" test -e "slash-$store/c/one"
  row "$t cp -r from store to store" 0 cp -r "$base/up" "$base/side"
  row "$t and down" 0 cp -r "$base/side" "side-$store"
  check "$t the same tree" diff -r "down-$store" "side-$store"

  # At "/" boundaries.
  "$s3dlio" put tree/three "$base/up-not"
  "$s3dlio" put tree/three "$base/upper/x"
  row "$t foo means foo/, never foobar" 0 cp -r "$base/up" "bound-$store"
  check "$t nothing else came along" diff -r "down-$store" "bound-$store"
  row "$t rm -r at slashes" 0 rm -r "$base/up"
  check "$t prints nothing" silent
  row "$t nothing is left" 1 ls -r "$base/up/"
  row "$t what only begins alike is" 0 stat "$base/up-not" "$base/upper/x"
  row "$t rm -r again" 0 rm -r "$base/up"
  row "$t cp -r of what is missing" 1 cp -r "$base/up" "never-$store/a/b"
  check "$t cp -r of what is missing makes no directory" test ! -e "never-$store"

  # Filters.
  row "$t cp -r --include" 0 cp -r --include '*o' tree "$base/some"
  check "$t only these" keys_are "$base/some" a/b/two
  row "$t cp -r --exclude" 0 cp -r --exclude 'a/*' --exclude 'odd*' tree "$base/others"
  check "$t all but these" keys_are "$base/others" c/nothing three
  row "$t rm -r --include" 0 rm -r --include three "$base/others"
  check "$t only this" keys_are "$base/others" c/nothing

  # -v, --json, --dry-run, -j.
  row "$t cp -r -v" 0 cp -r -v -j 1 tree/a "$base/verbose"
  check "$t a line each" test "$(grep -c '^cp tree/a/' err)" -eq 2
  row "$t cp -r --dry-run" 0 cp -r --dry-run tree "$base/dry"
  check "$t a line each, on stdout" test "$(grep -c '^cp tree/' out)" -eq 5
  row "$t and nothing done" 1 ls "$base/dry/"
  row "$t cp -r --dry-run down" 0 cp -r --dry-run "$base/side" "dry-$store"
  check "$t makes no directory" test ! -e "dry-$store"
  row "$t rm -r --dry-run" 0 rm -r --dry-run "$base/side"
  check "$t a line each" test "$(grep -c '^rm ' out)" -eq 5
  row "$t and deletes nothing" 0 ls "$base/side/three"
  row "$t -j" 0 cp -r -j 3 "$base/side" "jobs-$store"
  check "$t the same tree" diff -r "down-$store" "jobs-$store"

  # No clobber in trees.
  mkdir -p "keep-$store"
  echo mine >"keep-$store/three"
  row "$t cp -r -n" 0 cp -r -n "$base/side" "keep-$store"
  check "$t keeps what is there" grep -qx mine "keep-$store/three"
  check "$t and brings the rest" test -e "keep-$store/a/one"

  # Refusals.
  row "$t -r into its own source" 1 cp -r "$base/side" "$base/side/inner"
  row "$t -r onto itself" 1 cp -r "$base/side" "$base/side"
  row "$t mv -r into its own source" 1 mv -r "$base/side" "$base/side/inner"
  row "$t all is there" 0 ls -r --count "$base/side/"
  check "$t all of it" out_has '^5 '

  # Several sources.
  mkdir -p m1 m2
  echo m1 >m1/same
  echo m2 >m2/same
  echo m2 >m2/other
  row "$t several trees: two sources for one target" 1 cp -r m1 m2 "$base/merged"
  check "$t the second fails" err_has 'm2/same'
  check "$t the rest is there" keys_are "$base/merged" other same
  row "$t the first stays" 0 cat "$base/merged/same"
  check "$t as it was" out_is m1

  # mv.
  cp -r tree "gone-$store"
  row "$t mv -r up" 0 mv -r "gone-$store" "$base/moved"
  check "$t the source is gone" sh -c '[ -z "$(find "$1" -type f 2>/dev/null)" ]' sh "gone-$store"
  row "$t mv -r down" 0 mv -r "$base/moved" "came-$store"
  check "$t the tree is kept" diff -r "down-$store" "came-$store"
  row "$t the source is gone" 1 ls -r "$base/moved/"

  # A failure among many.
  row "$t rm -r of the rest" 0 rm -r "$base"
  row "$t nothing is left" 1 ls -r "$base/"
}

on_every_store trees

# ---- Names that are not for files: whoever may write a bucket chooses them ----

store=s3
base=s3://127.0.0.1:$port/alpha/evil
put_key ()
{
  echo "$1" | "$s3dlio" put - "$base/$1"
}
for key in ok ../up a/../../up a/./dot //double a//b /lead .. trail/..; do
  put_key "$key"
done
mkdir -p jail
row "hostile keys: the rest goes on" 1 cp -r "$base" jail/in
check "hostile keys: nothing leaves the target" tree_is jail in/ok
check "hostile keys: each is named" test "$(grep -c 'evil/' err)" -eq 8
check "hostile keys: counted" err_has '9 attempted, 1 succeeded, 8 failed'
row "get of a key that ends in .." 1 get "$base/.."

base=s3://127.0.0.1:$port/alpha/links
put_key inside/x
put_key final
put_key fine
mkdir -p linked outside
ln -s ../outside linked/inside
ln -s ../outside/target linked/final
row "a path through a symlink inside the target" 1 cp -r "$base" linked
check "is not written through" tree_is outside
check "the rest is there" test -f linked/fine
ln -s linked top
rm linked/inside linked/final
row "but the target itself may be one" 0 cp -r "$base" top
check "all is there" test -f linked/inside/x

base=s3://127.0.0.1:$port/alpha/markers
ask POST '/-/objects?bucket=alpha&key=markers/empty/&size=0'
ask POST '/-/objects?bucket=alpha&key=markers/full/&size=5'
ask POST '/-/objects?bucket=alpha&key=markers/deep/er/&size=0'
row "a/ with bytes is an error" 1 cp -r "$base" markers
check "a/ with bytes is named" err_has 'markers/full/'
check "a/ without becomes a directory" test -d markers/empty -a -d markers/deep/er
check "a/ with bytes becomes nothing" test ! -e markers/full

# The marker of the source itself.
base=s3://127.0.0.1:$port/alpha/root
for key in '' sub/ sub/deep/; do
  ask POST "/-/objects?bucket=alpha&key=root/$key&size=0"
done
put_key sub/f
row "a/ that is the source, too" 0 cp -r -v "$base" rooted
check "a/ that is the source, too: a line each" test "$(grep -c '^cp ' err)" -eq 4
check "a/ that is the source, too: the directories" test -d rooted/sub/deep -a -s rooted/sub/f
row "directories from store to store" 0 cp -r "$base" "$base-2"
check "directories from store to store: they are copied" test "$("$s3dlio" ls -r "$base-2/" | grep -c '/$')" -eq 3
row "mv -r up of directories" 0 mv -r "$base-2" "$base-3"
row "mv -r up of directories: nothing stays" 1 ls -r "$base-2/"
row "mv -r down of directories" 0 mv -r "$base" moved-root
check "mv -r down of directories: they are there" test -d moved-root/sub/deep -a -s moved-root/sub/f
row "mv -r down of directories: nothing stays" 1 ls -r "$base/"
"$s3dlio" mb "s3://127.0.0.1:$port/rootless"
row "mv -r of directories to a bucket" 0 mv -r "$base-3" "s3://127.0.0.1:$port/rootless"
row "mv -r of directories to a bucket: nothing stays" 1 ls -r "$base-3/"
ask POST '/-/objects?bucket=alpha&key=loaded/&size=5'
ask POST '/-/objects?bucket=alpha&key=loaded/f&size=5'
base=s3://127.0.0.1:$port/alpha/loaded
row "a/ that is the source, with bytes" 1 mv -r "$base" loaded
check "a/ that is the source, with bytes: it is named" err_has 'loaded/: '
row "a/ that is the source, with bytes: it stays" 0 mv -r "$base" "$base-2"
row "a/ that is the source, with bytes, to a bucket" 1 mv -r "$base-2" "s3://127.0.0.1:$port/rootless"
row "a/ that is the source, with bytes, to a bucket: it stays" 0 ls "$base-2/"

base=s3://127.0.0.1:$port/alpha/clash
put_key a
put_key a/b
put_key 'a!'
row "a beside a/b: the second fails" 1 cp -r "$base" clash
check "the first is there" test -f clash/a -a -f 'clash/a!'
check "the second is named" err_has 'clash/a/b'
echo file >occupied
row "a tree onto a file" 2 cp -r "$base" occupied

# ---- Walks ----

base=s3://127.0.0.1:$port/alpha/walk
mkdir -p walk/dir aside
echo x >walk/dir/x
echo y >aside/y
ln -s ../../aside walk/dir/side
ln -s .. walk/dir/loop
ln -s ../aside/y walk/link
row "symlinks are followed, loops survived" 0 cp -r walk "$base"
check "each file once" keys_are "$base" dir/side/y dir/x link
row "--no-follow-symlinks" 0 cp -r --no-follow-symlinks walk "$base-plain"
check "they are left out" keys_are "$base-plain" dir/x
ln -s nowhere walk/dangling
row "a dangling symlink fails" 1 cp -r walk "$base-dangling"
check "by name" err_has 'walk/dangling'
row "a dangling symlink that is filtered out" 0 cp -r --exclude dangling walk "$base-dangling"
rm walk/dangling
mkfifo walk/fifo
row "special files are skipped" 1 cp -r walk "$base-special"
check "by name" err_has 'walk/fifo'
check "the rest is there" keys_are "$base-special" dir/side/y dir/x link
row "special files that are filtered out" 0 cp -r --exclude '*fifo' walk "$base-special"
rm walk/fifo
bad=$(printf 'bad\377name')
echo z >"walk/$bad"
row "names that are not UTF-8 fail" 1 cp -r walk "$base-utf8"
check "by name" err_has 'walk/bad'
check "the rest is there" keys_are "$base-utf8" dir/side/y dir/x link
row "but not between files" 0 cp -r walk walk-copy
check "where any name will do" test -e "walk-copy/$bad"
rm "walk/$bad"
row "mv -r where symlinks are filtered out" 0 mv -r --include '*/x' walk "$base-mv"
row "and back" 0 mv "$base-mv/dir/x" walk/dir/x
row "mv -r never follows symlinks" 1 mv -r walk "$base-mv"
check "it names them" err_has 'walk/link'
check "what they point to stays" test -e aside/y
check "the file was moved" test ! -e walk/dir/x
mkdir behind && echo kept >behind/file && ln -s behind before
row "mv -r refuses a symlink as its source" 1 mv -r before/ "$base-before"
check "mv -r refuses a symlink as its source: nothing is deleted" test -s behind/file
mkdir -p rmtree/sub
ln -s ../aside rmtree/link
ln -s ../../aside rmtree/sub/link
row "rm -r never follows symlinks" 0 rm -r "file://$work/rmtree"
check "what they point to stays" test -e aside/y
check "the tree is gone" test ! -e rmtree

# What the library writes before a file is whole is no file yet.
mkdir -p unfinished/sub
for f in .big.s3dlio-part .big.s3dlio-journal sub/.s3dlio-0123456789abcdef \
  .s3dlio-0123456789abcde .s3dlio-notes big.s3dlio-part .hidden; do
  echo x >"unfinished/$f"
done
for to in "$base-unfinished" finished; do
  row "unfinished files are left out" 0 cp -r -v unfinished "$to"
  check "unfinished files are left out: with -v each is named" \
    test "$(grep -c 'of a transfer that has not ended; left out' err)" -eq 3
done
check "unfinished files are left out: those alone" tree_is finished .hidden .s3dlio-0123456789abcde .s3dlio-notes \
  big.s3dlio-part
row "unfinished files are left out of mv -r" 0 mv -r unfinished moved-unfinished
check "unfinished files are left out of mv -r: they stay" tree_is unfinished .big.s3dlio-journal .big.s3dlio-part \
  sub/.s3dlio-0123456789abcdef
row "an unfinished file that is named is sent" 0 cp unfinished/.big.s3dlio-part "$base-named"
row "rm -r takes unfinished files too" 0 rm -r --include '*' "file://$work/unfinished"
check "rm -r takes unfinished files too: nothing is left" test ! -e unfinished

mkdir target
echo keep >target/keep
ln -s target pointer
row "rm -r of a symlink" 0 rm -r "file://$work/pointer"
check "is of the link" test -e target/keep -a ! -e pointer
row "rm of a directory without -r" 1 rm "file://$work/target"
row "rm of a directory without -r, with a slash" 1 rm "file://$work/target/"
check "it is still there" test -e target/keep
row "rm -r of the root" 1 rm -r file:///
row "rm -r of a symlink with a slash" 1 rm -r "file://$work/top/"
check "rm -r of a symlink with a slash: nothing is deleted" test -L top -a -f linked/inside/x
mkdir -p chosen/sub/deep chosen/other chosen/hollow
for f in sub/deep/a.tmp sub/a.tmp sub/deep/b.tmp other/a.tmp other/keep; do echo x >"chosen/$f"; done
ln -s ../../aside chosen/other/aside
mkfifo chosen/fifo.tmp
row "rm -r --dry-run of a local tree" 0 rm -r --dry-run "file://$work/chosen"
check "rm -r --dry-run of a local tree: a line each, links and FIFOs too" test "$(grep -c '^rm file://' out)" -eq 7
check "rm -r --dry-run of a local tree deletes nothing" test -p chosen/fifo.tmp -a -s chosen/sub/deep/a.tmp
row "rm -r --include of a local tree" 0 rm -r -v --include '*.tmp' "file://$work/chosen"
check "rm -r --include of a local tree: a line each" test "$(grep -c '^rm file://.*tmp$' err)" -eq 5
check "rm -r --include of a local tree: only these" tree_is chosen other/aside other/keep
check "rm -r --include of a local tree: what it emptied has gone" test ! -e chosen/sub -a -d chosen/hollow
row "rm -r --include that follows no symlink" 0 rm -r --include '*aside*' "file://$work/chosen"
check "rm -r --include that follows no symlink: what it points to stays" test -e aside/y -a ! -L chosen/other/aside

# The command waits, since nobody reads what it says, while a link takes the place of the directory that it is in.
mkdir -p swapped/victim outside-the-tree
seq -f "swapped/victim/a-name-that-is-long-so-that-lines-fill-the-pipe-%06.0f" 3000 | xargs touch
(cd swapped/victim && ls) | sed 's|^|outside-the-tree/|' | xargs touch
mkfifo said
exec 8<>said
"$s3dlio" rm -r -v --include '*' "file://$work/swapped" 2>said 8>&- &
child=$!
swap_waited=0
while [ "$(ls swapped/victim | wc -l)" -eq 3000 ] && [ $swap_waited -lt 200 ]; do
  sleep 0.05
  swap_waited=$((swap_waited + 1))
done
mv swapped/victim swapped/elsewhere
ln -s ../outside-the-tree swapped/victim
cat said >said-text 8>&- &
reader=$!
wait $child
status=$?
exec 8>&-
wait $reader
check "rm -r with a filter, a directory becomes a symlink meanwhile: exit code 0" test "$status" -eq 0
check "rm -r with a filter, a directory becomes a symlink meanwhile: nothing outside is deleted" \
  test "$(ls outside-the-tree | wc -l)" -eq 3000

row "rm -r of a local tree" 0 rm -r -v "file://$work/chosen"
check "rm -r of a local tree: a line each" test "$(grep -c '^rm ' err)" -eq 1
check "rm -r of a local tree: it is gone" test ! -e chosen
# Root may delete anything.
if [ "$(id -u)" -ne 0 ]; then
  mkdir locked
  : >locked/f
  chmod 555 locked
  row "rm -r that fails says so" 1 rm -r "file://$work/locked"
  check "by name" err_has 'locked/f'
  check "counted" err_has '1 attempted, 0 succeeded, 1 failed'
  chmod 755 locked
fi

# ---- Targets that nothing was copied to ----

base=s3://127.0.0.1:$port/alpha/vain
put_key a/x
put_key y
ask POST /-/faults 'op=GetObject key=vain/* action=status status=403 code=AccessDenied' >/dev/null
row "cp -r that fails" 1 cp -r "$base" vain/new
check "cp -r that fails leaves no directory that it made" test ! -e vain
mkdir -p vain/mine
row "cp -r that fails, into what exists" 1 cp -r "$base" vain
check "cp -r that fails, into what exists: what was there stays" test -d vain/mine
row "get that fails" 1 get "$base/y" fresh/y
check "get that fails leaves no directory" test ! -e fresh
ask DELETE /-/faults >/dev/null
base=s3://127.0.0.1:$port/alpha/half
seq -f '%015.0f' 1300000 | "$s3dlio" put - "$base/new/deep/large"
"$s3dlio" cp "$base/new/deep/large" "$base/old/large"
put_key other/x
mkdir -p half/old
ask POST /-/faults 'op=GetObject key=*large from=8M action=status status=403 code=AccessDenied' >/dev/null
row "cp -r that fails in part" 1 cp -r "$base" half
ask DELETE /-/faults >/dev/null
check "cp -r that fails in part: what was copied is there" tree_is half other/x
check "cp -r that fails in part leaves no directory that it made in vain" test ! -e half/new
check "cp -r that fails in part: a directory that was there stays" test -d half/old
row "cp -r of a missing directory" 1 cp -r not-there fresh
check "cp -r of a missing directory makes none" test ! -e fresh
row "cp -r into itself, below what is missing" 1 cp -r tree tree/new/er
check "cp -r into itself makes nothing" test ! -e tree/new
mkdir nothing
row "cp -r of an empty directory" 0 cp -r nothing fresh
check "cp -r of an empty directory makes DST" test -d fresh

# ---- Local copies ----

mkdir -p local/sub
echo l >local/sub/l
row "cp between files" 0 cp local/sub/l l2
check "the bytes" cmp local/sub/l l2
row "cp -r between directories" 0 cp -r local local2
check "the tree" diff -r local local2
row "cp onto itself through another name" 1 cp local/sub/l ./local/../local/sub/l
ln local/sub/l hard
row "cp onto a hard link of itself" 1 cp local/sub/l hard
check "the bytes are there" grep -qx l hard
touch -d 2001-02-03T04:05:06Z local/sub/l
row "cp between files, again" 0 cp local/sub/l l4
chmod 710 l4
row "cp between files: permissions" 0 cp l4 l5
check "cp between files: permissions came along" test "$(stat -c %a l5)" -eq 710
chmod 600 l4
(umask 0 && S3DLIO_TEST_NO_TMPFILE=yes "$s3dlio" cp l4 l6)
check "cp of a secret between files: it stays one" test "$(stat -c %a l6)" -eq 600
row "cp of a secret onto a file" 0 cp l4 l5
check "cp of a secret onto a file: that keeps its mode" test "$(stat -c %a l5)" -eq 710
(umask 027 && "$s3dlio" cp /dev/null l7)
check "cp of a device: 0666 & ~umask" test "$(stat -c %a l7)" -eq 640
check "cp between files: the time came along" test "$(TZ=UTC stat -c %Y l4)" -eq 981173106
row "cp -r of a file:// tree" 0 cp -r "file://$work/local" local4
check "cp -r of a file:// tree: times came along" test "$(TZ=UTC stat -c %Y local4/sub/l)" -eq 981173106
row "cp -r into itself" 1 cp -r local local/inner
check "nothing was made" test ! -e local/inner
for nest in nest "s3://127.0.0.1:$port/alpha/nest"; do
  mkdir -p nest/nest/nest
  echo x >nest/nest/nest/x
  echo y >nest/nest/y
  [ "$nest" = nest ] || "$s3dlio" cp -r nest "$nest"
  for verb in cp mv; do
    row "$verb -r to above itself, into itself" 1 $verb -r "$nest/nest" "$nest"
    check "$verb -r to above itself, into itself: it is named" err_has 'nest/nest/x.*lies in the source'
    row "$verb -r to above itself, into itself: it stays" 0 $verb "$nest/nest/nest/x" "$nest/nest/nest/x2"
    row "$verb -r to above itself: the rest goes" 0 cp "$nest/y" "$nest/nest/y"
    "$s3dlio" mv "$nest/nest/nest/x2" "$nest/nest/nest/x"
  done
done
deep=$(printf 'd/%.0s' $(seq 200))
mkdir -p "deep/$deep"
echo leaf >"deep/${deep}leaf"
run sh -c 'ulimit -Sn 100 && "$@"' sh "$s3dlio" cp -r deep "s3://127.0.0.1:$port/alpha/deep"
check "a deep tree: exit code 0" test "$status" -eq 0
row "a deep tree: down" 0 cp -r "s3://127.0.0.1:$port/alpha/deep" deep2
check "a deep tree: the same" cmp "deep/${deep}leaf" "deep2/${deep}leaf"
run sh -c 'ulimit -Sn 100 && "$@"' sh "$s3dlio" rm -r --include '*' "file://$work/deep"
check "a deep tree, deleted" test "$status" -eq 0 -a ! -e deep
row "mv of a file" 0 mv l2 l3
check "it is the other one" test -e l3 -a ! -e l2
row "mv -r of a tree" 0 mv -r local2 local3
check "it is the other one" test -e local3/sub/l -a ! -e local2
row "mv of a symlink is refused" 1 mv top elsewhere

# ---- Buckets ----

bucket=s3://127.0.0.1:$port/beta
row "mb" 0 mb "$bucket"
row "cp -r to a bucket" 0 cp -r tree "$bucket"
row "rb of a bucket that is not empty" 1 rb "$bucket"
row "all is there" 0 ls -r --count "$bucket"
check "all of it" out_has '^5 '
row "rb --force --dry-run" 0 rb --force --dry-run "$bucket"
row "all is there" 0 ls -r --count "$bucket"
row "rb --force" 0 rb --force "$bucket"
row "it is gone" 1 ls "$bucket"
row "rb of what is missing" 1 rb "$bucket"
row "mb of several goes on" 1 mb "$bucket" "$bucket" "$bucket-2"
check "mb of several goes on: it is there" "$s3dlio" ls "$bucket-2"
row "rb of several goes on" 1 rb "$bucket-none" "$bucket" "$bucket-2"
row "rb of several goes on: it is gone" 1 ls "$bucket-2"
"$s3dlio" mb "$bucket"
"$s3dlio" cp local/sub/l "$bucket/stays" && "$s3dlio" cp local/sub/l "$bucket/x"
ask POST /-/faults 'action=delete-error match=stays code=AccessDenied' >/dev/null
row "rb --force of what cannot be emptied" 1 rb --force "$bucket"
check "rb --force of what cannot be emptied: it is named" err_has "$bucket/stays: .*AccessDenied"
ask DELETE /-/faults >/dev/null
row "rb --force of what cannot be emptied: it stays" 0 stat "$bucket/stays"
row "rb --force" 0 rb --force "$bucket"
row "mb --dry-run" 0 mb --dry-run "$bucket"
row "makes none" 1 ls "$bucket"

# ---- From one service to another: two names of our server are two of them ----

there=s3://localhost:$port/alpha/there
row "cp to another service" 0 cp s3://127.0.0.1:$port/alpha/walk/link "$there/one"
row "it is there" 0 cat "$there/one"
check "its bytes" out_is y
row "cp -r to another service" 0 cp -r s3://127.0.0.1:$port/alpha/walk "$there/tree"
check "the tree" keys_are "$there/tree" dir/side/y dir/x link
row "mv to another service" 0 mv "$there/one" s3://127.0.0.1:$port/alpha/there/two
row "the source is gone" 1 stat "$there/one"
row "mv to what may be itself" 1 mv "$there/two" s3://127.0.0.1:$port/alpha/there/two
row "is refused: it is there" 0 stat "$there/two"
row "mv -r to what may be itself" 1 mv -r "$there/tree" s3://127.0.0.1:$port/alpha/there/tree
check "is refused: the tree is there" keys_are "$there/tree" dir/side/y dir/x link
row "cp onto itself through the configuration" 1 cp --endpoint-url "http://127.0.0.1:$port" s3://alpha/there/two \
  "s3://127.0.0.1:$port/alpha/there/two"

# A service that is not to be used as it is configured.
echo text >lone
row "rm of several services" 1 rm -v --profile missing "file://$work/lone" "s3://127.0.0.1:$port/alpha/there/two"
check "rm: each store that cannot be opened fails alone" test ! -e lone
check "rm: its own objects are named" err_has "127.0.0.1:$port/alpha/there/two: .*profile"
check "rm: and counted" err_has '2 attempted, 1 succeeded, 1 failed'

# Deletes that fail are seen, and name the key.
base=s3://127.0.0.1:$port/alpha/deny
put_key one
put_key two
ask POST /-/faults 'action=delete-error match=*two code=AccessDenied' >/dev/null
row "rm -r with a failure" 1 rm -r "$base"
check "names the key" err_has 'deny/two'
check "counts what failed" err_has '2 attempted, 1 succeeded, 1 failed'
check "and does the rest" keys_are "$base" two
ask DELETE /-/faults >/dev/null

finish

#!/bin/sh
# sandbox.sh FOLDER PROGRAM ARGUMENTS...
#
# Runs a program that attacks the file system where it can do no harm: as nobody, without
# privileges to be had, in a mount namespace of its own in which everything is read-only but
# an empty file system at FOLDER, which is where it starts.
exec unshare --mount --propagation private sh -c '
set -e
folder=$1
shift
mount -t tmpfs -o size=256m,mode=1777 tmpfs "$folder"
findmnt -rn -o TARGET | grep -v -E "^(/proc|/sys)(/|$)" | while read -r place; do
  test "$place" = "$folder" || mount -o remount,bind,ro "$place" 2>/dev/null || true
done
cd "$folder"
if touch /not-read-only 2>/dev/null; then echo "the root is writable" >&2; exit 1; fi
exec prlimit --nofile=256 --fsize=8388608 \
  setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"
' sh "$@"

#!/bin/sh
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
#
# race.sh SECONDS SWAPPER COMMAND...: a host process and a guest move the folders that
# another guest resolves paths in. COMMAND is race.c's program. In sandbox.sh.
mkdir -p root/a/b/c root/swap/dir root/a/swap/dir outside/dir
for folder in root root/a root/swap root/a/swap; do echo inside >$folder/secret; done
echo secret >outside/secret
echo secret >secret
ln -s ../../.. root/a/b/c/up
ln -s "$PWD/outside" link
seconds=$1 swapper=$2
shift 2
"$swapper" &
host=$!
"$@" --wasi-dir=root::/ -- move "$seconds" &
"$@" --wasi-dir=root::/ -- open "$seconds" $(stat -c %d:%i . outside outside/dir outside/secret secret)
kill $host
wait
cat outside/secret secret
test "$(ls -A outside | grep -v '^b$')" = "$(printf 'dir\nsecret')" && test -z "$(ls -A outside/dir)" &&
  test ! -e made && echo "nothing was made"

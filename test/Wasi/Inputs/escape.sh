#!/bin/sh
# Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
#
# escape.sh COMMAND... : makes a tree in the working folder, runs escape.c's program behind
# COMMAND with its options, and compares what lies outside before and after. In sandbox.sh.
set -e
mkdir -p root/sub outside/dir readonly/sub
echo secret >outside/secret
echo fixed >readonly/file
echo mine >root/victim
ln -s secret outside/link
mkfifo root/fifo
(cd root && ln -s ../outside out && ln -s "$PWD/../outside" abs && ln -s chain2 chain &&
  ln -s sub/../out chain2 && ln -s .. up && ln -s ../outside/new dangling &&
  ln -s /proc/self/root magic && ln -s self self && ln -s ../outside/secret link)
ln -s ../../outside root/sub/out && ln -s ../up root/sub/up
(cd readonly && ln -s ../outside out && ln -s ../root sub/up && ln -s .. up)

snapshot() { find outside readonly -printf '%p %i %n %m %s %T@ %C@ %l\n'; ls -A . | grep -v '^snapshot'; }
snapshot >snapshot1
inodes=$(stat -c %d:%i . outside outside/secret outside/dir outside/link /etc /etc/passwd)
"$@" --wasi-dir=root::/ --wasi-dir=readonly::/ro:ro -- $inodes || echo "exit code $?"
snapshot >snapshot2
cmp snapshot1 snapshot2 && echo "nothing has changed"
test "$(cat root/victim)" = mine && test ! -e root/taken && echo "nothing was taken"

// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The host's part of race.sh, until it is killed: swaps a folder of the guest with a
// link that leads outside, and moves folders out of the tree and back.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

int main(void) {
  for (;;) {
    renameat2(AT_FDCWD, "root/swap", AT_FDCWD, "link", RENAME_EXCHANGE);
    rename("root/a/b", "outside/b");
    renameat2(AT_FDCWD, "root/a/swap", AT_FDCWD, "link", RENAME_EXCHANGE);
    rename("outside/b", "root/a/b");
  }
}

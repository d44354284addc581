// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The program `moat`.

#include "Driver.h"

int main(int argc, char **argv) {
  return moat::drive({argv + (argc > 0), argv + argc});
}

// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The names of features.

#include "Wasm/Features.h"

using namespace moat;

StringRef moat::toString(Feature feature) {
  switch (feature) {
#define FEATURE(name, text, built, where)                                      \
  case Feature::name:                                                          \
    return text;
#include "Wasm/Features.def"
  }
  llvm_unreachable("a feature without a row");
}

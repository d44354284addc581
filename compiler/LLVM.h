// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The few names of LLVM's support library that moat uses unqualified.
// Everything about LLVM's IR keeps its `llvm::`, so that wasm's things and
// LLVM's things are told apart by sight.

#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace moat {
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::MutableArrayRef;
using llvm::raw_ostream;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;
} // namespace moat

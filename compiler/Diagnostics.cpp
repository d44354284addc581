// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How an InputError prints.

#include "Diagnostics.h"
#include "llvm/Support/Format.h"

using namespace moat;

char InputError::ID = 0;

void InputError::log(raw_ostream &os) const {
  if (location.offset)
    os << llvm::format_hex(*location.offset, 1) << ": ";
  if (location.function) {
    os << "function " << *location.function;
    if (!location.functionName.empty())
      os << " (" << location.functionName << ")";
    os << ": ";
  }
  os << text;
}

std::error_code InputError::convertToErrorCode() const {
  return llvm::inconvertibleErrorCode();
}

Error moat::errorAt(uint64_t offset, const Twine &text) {
  return llvm::make_error<InputError>(Location{offset, std::nullopt, {}},
                                      text.str());
}

Error moat::errorOf(const Twine &text) {
  return llvm::make_error<InputError>(Location{}, text.str());
}

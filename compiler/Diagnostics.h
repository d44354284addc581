// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The error type of the compiler: what is wrong with the input, and where.
// Errors are returned up to the driver, which alone prints them and chooses the
// exit code.

#pragma once

#include "LLVM.h"
#include <cstdint>
#include <optional>
#include <string>

namespace moat {

/// Where in a module an error lies. All parts are optional.
struct Location {
  /// Byte offset from the start of the binary module.
  std::optional<uint64_t> offset;
  /// Index in the function index space, with the name section's name if there
  /// is one.
  std::optional<uint32_t> function;
  std::string functionName;
};

/// The input is malformed, invalid or cannot be linked. Prints as
/// `offset: function 12 (parse_line): type mismatch: …`; the driver puts the
/// program's and the file's name in front.
class InputError : public llvm::ErrorInfo<InputError> {
public:
  static char ID;
  InputError(Location location, std::string text)
      : location(std::move(location)), text(std::move(text)) {}
  void log(raw_ostream &os) const override;
  std::error_code convertToErrorCode() const override;

  Location location;
  /// Lower case, no full stop; begins with the specification's phrase where it
  /// has one.
  std::string text;
};

/// Makes an error about the byte at \p offset of the module.
Error errorAt(uint64_t offset, const Twine &text);

/// Makes an error that has no place in a module (a file, an option, the
/// linker).
Error errorOf(const Twine &text);

} // namespace moat

// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What libmoatCompiler.so exports.

#include "Library.h"

using namespace moat;

extern "C" __attribute__((visibility("default"))) bool
moat_compile(std::span<const uint8_t> module, const CompileOptions &options,
             const std::string &outputPath, CompileError &error) {
  std::optional<CompileError> failure = compile(module, options, outputPath);
  if (failure)
    error = std::move(*failure);
  return !failure;
}

static_assert(std::is_same_v<decltype(moat_compile), CompileFunction>);
